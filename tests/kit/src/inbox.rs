//! The place where a site takes back what was not delivered.
//!
//! Owns: an HTTP server that keeps what is posted to it and answers as its test wants. Must not: judge a post.

use std::collections::VecDeque;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use super::conn::receive;
use super::http::Request;
use super::patience::eventually;

/// How a post is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// With this status.
    Status(u16),
    /// Not at all: the connection is closed.
    Close,
    /// Not at all: the connection stays open.
    Hang,
}

/// What was posted.
#[derive(Clone, Debug)]
pub struct Post {
    /// The request.
    pub request: Request,
    /// The list.
    pub messages: Vec<Value>,
    /// How it was answered.
    pub reply: Reply,
}

impl Post {
    /// The ids of the messages.
    pub fn ids(&self) -> Vec<&str> {
        self.messages.iter().map(|message| message["id"].as_str().expect("an id")).collect()
    }
}

/// The inbox of a site.
#[derive(Clone)]
pub struct Inbox {
    /// Where messages are posted to.
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    posts: Vec<Post>,
    replies: VecDeque<Reply>,
    /// Those that are never answered.
    hanging: Vec<TcpStream>,
}

/// An address at which nothing listens yet, and which no other program can take.
pub struct Closed(Socket);

impl Closed {
    /// Takes a free one.
    pub fn take() -> Closed {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        Closed(socket)
    }

    /// The URL an inbox there has.
    pub fn url(&self) -> String {
        format!("http://{}/back?a=b", self.0.local_addr().unwrap().as_socket().unwrap())
    }

    /// Opens it.
    pub fn open(self) -> Inbox {
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
    pub fn start() -> Inbox {
        Closed::take().open()
    }

    /// Forgets what was posted and how to answer.
    pub fn forget(&self) {
        *self.state.lock().unwrap() = State::default();
    }

    /// Answers the next posts like this, and those after them with 200.
    pub fn replies(&self, replies: &[Reply]) {
        self.state.lock().unwrap().replies.extend(replies);
    }

    /// The line of a domain's configuration that names it.
    pub fn line(&self) -> String {
        format!("undelivered_url = {:?}", self.url)
    }

    /// All that was posted so far.
    pub fn posts(&self) -> Vec<Post> {
        self.state.lock().unwrap().posts.clone()
    }

    /// The ids of all messages it has taken, in their order.
    pub fn taken(&self) -> Vec<String> {
        let posts = self.posts();
        let taken = posts.iter().filter(|post| post.reply == Reply::Status(200));
        taken.flat_map(Post::ids).map(str::to_owned).collect()
    }

    /// Waits until this many posts have come.
    #[track_caller]
    pub fn wait_for_posts(&self, count: usize) -> Vec<Post> {
        eventually("messages are posted", || Some(self.posts()).filter(|posts| posts.len() >= count))
    }

    /// Waits until it has taken this many messages.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<String> {
        eventually("messages come back", || Some(self.taken()).filter(|taken| taken.len() >= count))
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) {
    // A server that has gone posts nothing.
    let Ok(request) = receive(&stream) else { return };
    let messages = serde_json::from_slice(&request.body).expect("a JSON list");
    let mut state = state.lock().unwrap();
    let reply = state.replies.pop_front().unwrap_or(Reply::Status(200));
    state.posts.push(Post { request, messages, reply });
    match reply {
        Reply::Status(status) => {
            let answer = format!("HTTP/1.1 {status} So\r\nContent-Length: 2\r\nLocation: /else\r\n\r\nok");
            // The server may have gone.
            stream.write_all(answer.as_bytes()).ok();
        }
        Reply::Close => {}
        Reply::Hang => state.hanging.push(stream),
    }
}
