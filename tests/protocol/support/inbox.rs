//! Where a site takes back what was not delivered.
//!
//! Owns: a tiny HTTP server that notes what is posted to it and answers as it is told. It knows one kind of request, with
//! a length.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use socket2::{Domain, Socket, Type};

use super::eventually;

/// How a post is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// With this status.
    Status(u16),
    /// Not at all: the connection is closed.
    Close,
    /// Not at all: the connection stays open.
    Hang,
}

/// What was posted.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    /// The request's first line.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The list.
    pub(crate) messages: Vec<Value>,
    /// How it was answered.
    pub(crate) reply: Reply,
}

impl Post {
    /// The value of a header.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(have, _)| have == name);
        found.map_or_else(|| panic!("no {name} in {self:?}"), |(_, value)| value)
    }

    /// The ids of the messages.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.messages.iter().map(|message| message["id"].as_str().expect("an id")).collect()
    }
}

/// A site's ear.
#[derive(Clone)]
pub(crate) struct Inbox {
    /// Where messages are posted to.
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    posts: Vec<Post>,
    replies: VecDeque<Reply>,
    /// Those that are never answered.
    hanging: Vec<TcpStream>,
}

/// An address at which nobody listens yet, and which nobody else can take.
pub(crate) struct Closed(Socket);

impl Closed {
    /// Takes a free one.
    pub(crate) fn new() -> Closed {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        Closed(socket)
    }

    /// The URL an inbox there has.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/back?a=b", self.0.local_addr().unwrap().as_socket().unwrap())
    }

    /// Opens it.
    pub(crate) fn open(self) -> Inbox {
        let url = self.url();
        self.0.listen(64).unwrap();
        let listener: TcpListener = self.0.into();
        let inbox = Inbox { url, state: Arc::default() };
        let state = Arc::clone(&inbox.state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&state);
                thread::spawn(move || answer(stream, &state));
            }
        });
        inbox
    }
}

impl Inbox {
    /// One that takes everything.
    pub(crate) fn new() -> Inbox {
        Closed::new().open()
    }

    /// Forgets what was posted and how to answer.
    pub(crate) fn forget(&self) {
        *self.state.lock().unwrap() = State::default();
    }

    /// Answers the next posts like this, and those after them with 200.
    pub(crate) fn replies(&self, replies: &[Reply]) {
        self.state.lock().unwrap().replies.extend(replies);
    }

    /// The line of a domain's configuration that names it.
    pub(crate) fn line(&self) -> String {
        format!("undelivered_url = {:?}", self.url)
    }

    /// All that was posted so far.
    pub(crate) fn posts(&self) -> Vec<Post> {
        self.state.lock().unwrap().posts.clone()
    }

    /// The ids of all messages it has taken, in their order.
    pub(crate) fn taken(&self) -> Vec<String> {
        let posts = self.posts();
        let taken = posts.iter().filter(|post| post.reply == Reply::Status(200));
        taken.flat_map(Post::ids).map(str::to_owned).collect()
    }

    /// Waits until so many posts have come.
    #[track_caller]
    pub(crate) fn wait_for_posts(&self, count: usize) -> Vec<Post> {
        eventually("messages are posted", || Some(self.posts()).filter(|posts| posts.len() >= count))
    }

    /// Waits until it has taken so many messages; then those must be all.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> Vec<String> {
        eventually("messages come back", || Some(self.taken()).filter(|taken| taken.len() >= count))
    }
}

fn answer(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        // A server that has gone has nothing to say.
        match reader.read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line == "\r\n" => break,
            Ok(_) => lines.push(line.trim_end().to_owned()),
        }
    }
    let line = lines.remove(0);
    let header = |line: &String| {
        let (name, value) = line.split_once(':').expect("a header");
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    let headers: Vec<(String, String)> = lines.iter().map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").expect("a length");
    let mut body = vec![0; length.1.parse().expect("a number")];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let messages = serde_json::from_slice(&body).expect("a JSON list");
    let mut state = state.lock().unwrap();
    let reply = state.replies.pop_front().unwrap_or(Reply::Status(200));
    state.posts.push(Post { line, headers, messages, reply });
    match reply {
        Reply::Status(status) => {
            let answer = format!("HTTP/1.1 {status} So\r\nContent-Length: 2\r\nLocation: /else\r\n\r\nok");
            // Whether it was heard is not for us to know.
            (&stream).write_all(answer.as_bytes()).ok();
        }
        Reply::Close => {}
        Reply::Hang => state.hanging.push(stream),
    }
}

/// What a domain proves itself with.
pub(crate) fn basic(domain: &str, apikey: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{domain}:{apikey}")))
}
