//! A browser page: what holds a ticket, and polls, or has a stream or a socket in place of polls.
//!
//! Owns: sessions as a page sees them, what they hear, and the calls a site makes for them.
//!
//! Waiting is done by polling, never by the clock. That nothing more was heard is shown by a fence
//! ([`Browser::everything`]): calls answer only when their packets are queued, so what a session hears before a
//! marker that was sent last is all there was.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use nextim_testkit::conn::Conn;
use nextim_testkit::events::{Stream, stream_request};
use nextim_testkit::http::{Response, form, get, post};
use nextim_testkit::patience::{PATIENCE, eventually};
use nextim_testkit::socket::{Frame, Socket, handshake};
use serde_json::{Value, json};

use super::poll::{Poll, Transport};
use super::site::Site;

/// The user who sends markers; these are not counted among the messages of a test.
const FENCE: &str = "~fence";

/// One session.
pub(crate) struct Browser {
    /// Whose site the page is of.
    pub(crate) site: Site,
    /// The user.
    pub(crate) name: String,
    /// The session's ticket.
    pub(crate) ticket: String,
    /// The last packet it has, if it acknowledges.
    pub(crate) seq: Option<u64>,
    /// How it waits.
    transport: Transport,
    /// What `/presences/online` answered, without the ticket.
    pub(crate) answer: Value,
}

/// What was heard, in order within each list, markers apart.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Messages.
    pub(crate) messages: Vec<Value>,
    /// Presences.
    pub(crate) presences: Vec<Value>,
    /// Typing states.
    pub(crate) statuses: Vec<Value>,
    /// Signals.
    pub(crate) signals: Vec<Value>,
    marks: Vec<String>,
}

impl Heard {
    /// What an answer brought.
    #[track_caller]
    pub(crate) fn of(mut answer: Value) -> Heard {
        let mut heard = Heard::default();
        heard.add(&mut answer);
        heard
    }

    /// The bodies of the messages.
    pub(crate) fn bodies(&self) -> Vec<&str> {
        self.messages.iter().map(|message| text(message, "body")).collect()
    }

    /// The presences as `from type show`.
    pub(crate) fn moves(&self) -> Vec<String> {
        let told = |presence| ["from", "type", "show"].map(|name| text(presence, name)).join(" ");
        self.presences.iter().map(told).collect()
    }

    /// The presences of one user as `type show`.
    pub(crate) fn moves_of(&self, name: &str) -> Vec<String> {
        let moves = self.moves();
        moves
            .iter()
            .filter_map(|told| told.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned))
            .collect()
    }

    /// Whether there is nothing.
    pub(crate) fn is_silent(&self) -> bool {
        let lists = [&self.messages, &self.presences, &self.statuses, &self.signals];
        lists.iter().all(|list| list.is_empty())
    }

    #[track_caller]
    fn add(&mut self, answer: &mut Value) {
        let mut take = |name: &str| {
            let Value::Array(list) = answer[name].take() else { panic!("{name} is not a list") };
            list
        };
        let (marks, messages) =
            take("messages").into_iter().partition::<Vec<_>, _>(|message| message["from"] == FENCE);
        self.marks.extend(marks.iter().map(|mark| text(mark, "body").to_owned()));
        self.messages.extend(messages);
        self.presences.extend(take("presences"));
        self.statuses.extend(take("statuses"));
        if let Some(signals) = answer.get_mut("signals") {
            let Value::Array(signals) = signals.take() else { panic!("signals are a list") };
            assert!(!signals.is_empty(), "a list of signals is there only if it has one");
            self.signals.extend(signals);
        }
    }
}

#[track_caller]
fn text<'a>(packet: &'a Value, name: &str) -> &'a str {
    packet[name].as_str().unwrap_or_else(|| panic!("no text {name} in {packet}"))
}

/// Whether nothing is in the first event of a stream.
fn is_empty(first: &Value) -> bool {
    let lists = ["messages", "presences", "statuses"];
    lists.iter().all(|list| first[list] == json!([]))
        && first["status"] == "ok"
        && first.get("signals").is_none()
}

impl Browser {
    /// A session that was started with this answer.
    #[track_caller]
    pub(crate) fn new(site: &Site, name: &str, mut answer: Value) -> Browser {
        let ticket = answer.as_object_mut().expect("an object").remove("ticket").expect("a ticket");
        let ticket = ticket.as_str().expect("tickets are text").to_owned();
        let transport = site.transport;
        Browser { site: site.clone(), name: name.to_owned(), ticket, seq: Some(0), transport, answer }
    }

    /// The same session, by polls that do not acknowledge.
    pub(crate) fn without_seq(mut self) -> Browser {
        (self.seq, self.transport) = (None, Transport::Poll);
        self
    }

    /// The same session, by polls.
    pub(crate) fn by_polls(mut self) -> Browser {
        self.transport = Transport::Poll;
        self
    }

    /// A poll as bytes.
    pub(crate) fn poll_bytes(&self, params: &[(&str, &str)]) -> Vec<u8> {
        let seq = self.seq.map(|seq| seq.to_string());
        let mut all = vec![("domain", &*self.site.domain), ("ticket", &*self.ticket)];
        all.extend(seq.as_deref().map(|seq| ("seq", seq)));
        all.extend_from_slice(params);
        get("/packets", &all)
    }

    /// Polls once, whatever the answer.
    #[track_caller]
    pub(crate) fn poll_with(&self, params: &[(&str, &str)]) -> Response {
        self.site.send(&self.poll_bytes(params))
    }

    /// Sends a poll, which is parked soon if nothing is queued (or see [`Browser::park_surely`]), or opens a stream.
    #[track_caller]
    pub(crate) fn park(&self) -> Poll {
        match self.transport {
            by @ (Transport::Poll | Transport::Script) => Poll::Single(self.send_poll(), by),
            Transport::Stream => {
                let mut stream = self.stream();
                let first = stream.event().data;
                Poll::Stream(stream.into(), Some(first).filter(|first| !is_empty(first)))
            }
            Transport::Socket => {
                let mut socket = self.socket();
                let first = socket.text();
                if is_empty(&first) {
                    assert_eq!(socket.frame(), Frame::Ping(vec![]));
                    return Poll::Socket(socket.into(), None);
                }
                Poll::Socket(socket.into(), Some(first))
            }
        }
    }

    fn send_poll(&self) -> Conn {
        let mut conn = self.site.connect();
        conn.send(&self.poll_bytes(self.transport.params()));
        conn
    }

    /// Opens a stream.
    #[track_caller]
    pub(crate) fn stream(&self) -> Stream {
        self.stream_with(&[]).unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// Opens a stream with these headers; a refusal if there is none.
    #[track_caller]
    pub(crate) fn stream_with(&self, headers: &[(&str, &str)]) -> Result<Stream, Response> {
        let seq = self.seq.map(|seq| seq.to_string());
        let mut params = vec![("domain", &*self.site.domain), ("ticket", &*self.ticket)];
        params.extend(seq.as_deref().map(|seq| ("seq", seq)));
        Stream::open(self.site.connect(), &stream_request(&params, headers))
    }

    /// Opens a socket.
    #[track_caller]
    pub(crate) fn socket(&self) -> Socket {
        self.socket_with(&[]).unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// Opens a socket with these headers; a refusal if there is none.
    #[track_caller]
    pub(crate) fn socket_with(&self, headers: &[(&str, &str)]) -> Result<Socket, Response> {
        let seq = self.seq.map(|seq| seq.to_string());
        let mut params = vec![("domain", &*self.site.domain), ("ticket", &*self.ticket)];
        params.extend(seq.as_deref().map(|seq| ("seq", seq)));
        Socket::open(self.site.connect(), &handshake(&format!("/ws?{}", form(&params)), headers))
    }

    /// Acknowledges the packets of a stream up to this one.
    #[track_caller]
    pub(crate) fn ack(&self, seq: u64) -> Response {
        let seq = seq.to_string();
        let params = [("domain", &*self.site.domain), ("ticket", &*self.ticket), ("seq", &seq)];
        self.site.send(&post("/packets/ack", &params))
    }

    /// A poll that is parked for certain. No call tells so, but a newer poll replaces a parked one: of two polls
    /// that are sent, whichever came first is answered `replaced`, and then the other one is parked. If the server
    /// has just replaced another, one of them may be one too many; then the game is played again.
    #[track_caller]
    pub(crate) fn park_surely(&self) -> Poll {
        let by = self.transport;
        if by.is_lasting() {
            return self.park(); // its first event says so
        }
        let mut one = self.send_poll();
        eventually("one of two polls is replaced", || {
            let other = self.send_poll();
            let first = eventually("one of two polls is answered", || {
                if one.is_readable() { Some(true) } else { other.is_readable().then_some(false) }
            });
            let parked = if first { other } else { std::mem::replace(&mut one, other) };
            let answered = std::mem::replace(&mut one, parked).response();
            if answered.status == 429 {
                return None;
            }
            assert_eq!(by.read(&answered)["reason"], "replaced");
            Some(())
        });
        Poll::Single(one, by)
    }

    /// Waits for the answer of a poll of this session, or for an event of its stream, which must be `ok`. The stream ends
    /// with it.
    #[track_caller]
    pub(crate) fn read(&mut self, mut poll: Poll) -> Heard {
        let answer = poll.next_answer();
        assert_eq!(answer["status"], "ok", "{answer}");
        poll.close();
        let seq = answer["seq"].as_u64().expect("a seq");
        self.seq = self.seq.map(|_| seq);
        Heard::of(answer)
    }

    /// Polls once.
    #[track_caller]
    pub(crate) fn poll(&mut self) -> Heard {
        self.read(self.park())
    }

    /// Polls until `enough` was heard.
    #[track_caller]
    pub(crate) fn hear(&mut self, enough: impl Fn(&Heard) -> bool) -> Heard {
        let deadline = Instant::now() + PATIENCE;
        let mut heard = Heard::default();
        while !enough(&heard) {
            assert!(Instant::now() < deadline, "{} only heard {heard:?}", self.name);
            let mut more = self.poll();
            heard.messages.append(&mut more.messages);
            heard.presences.append(&mut more.presences);
            heard.statuses.append(&mut more.statuses);
            heard.signals.append(&mut more.signals);
            heard.marks.append(&mut more.marks);
        }
        heard
    }

    /// Everything that was queued to this session up to now. Nothing of it waits any more then.
    #[track_caller]
    pub(crate) fn everything(&mut self) -> Heard {
        let mark = self.mark();
        let mut heard = self.hear(|heard| heard.marks.contains(&mark));
        if self.transport.is_lasting() {
            self.forget_connections(&mut heard);
        }
        heard
    }

    /// Marks the place in what this session hears.
    #[track_caller]
    fn mark(&self) -> String {
        static MARKS: AtomicU64 = AtomicU64::new(0);
        let mark = MARKS.fetch_add(1, Ordering::Relaxed).to_string();
        assert!(self.site.push(FENCE, &self.name, &mark) > 0, "{} has a session", self.name);
        mark
    }

    /// Makes sure that the session knows of no stream or socket. Whose connection has ended may be known to the session's
    /// shard later, and till then it gives what comes to that one, in an event of its own. The answer to a poll leaves
    /// nothing parked for certain.
    #[track_caller]
    fn forget_connections(&mut self, heard: &mut Heard) {
        let mark = self.mark();
        eventually("a poll is answered", || {
            let answer = self.poll_with(&[]);
            if answer.status == 429 {
                return None; // it had to end one, less than a second after another
            }
            let mut answer = answer.json();
            assert_eq!(answer["status"], "ok", "{answer}");
            self.seq = self.seq.map(|_| answer["seq"].as_u64().expect("a seq"));
            heard.add(&mut answer);
            heard.marks.contains(&mark).then_some(())
        });
    }

    /// Polls until a message came; it must be the only one.
    #[track_caller]
    pub(crate) fn message(&mut self) -> Value {
        let mut heard = self.hear(|heard| !heard.messages.is_empty());
        assert_eq!(heard.messages.len(), 1, "{heard:?}");
        heard.messages.remove(0)
    }

    /// A call the site makes for this session.
    #[track_caller]
    pub(crate) fn call(&self, path: &str, params: &[(&str, &str)]) -> Response {
        self.site.post(path, &[&[("ticket", &*self.ticket)], params].concat())
    }

    /// Says something to a user; to how many sessions it went.
    #[track_caller]
    pub(crate) fn say(&self, to: &str, body: &str) -> u64 {
        self.call("/messages", &[("to", to), ("body", body)]).delivered()
    }

    /// Says something in a room; to how many sessions it went.
    #[track_caller]
    pub(crate) fn say_in(&self, room: &str, body: &str) -> u64 {
        self.call("/messages", &[("type", "multicast"), ("to", room), ("body", body)]).delivered()
    }

    /// Says something to everybody; to how many sessions it went.
    #[track_caller]
    pub(crate) fn say_to_all(&self, body: &str) -> u64 {
        self.call("/messages", &[("type", "broadcast"), ("body", body)]).delivered()
    }

    /// Changes the user's show.
    #[track_caller]
    pub(crate) fn show(&self, show: &str) {
        self.call("/presences/show", &[("show", show)]).ok();
    }

    /// Tells a user what this one types.
    #[track_caller]
    pub(crate) fn types(&self, to: &str, show: &str) {
        self.call("/statuses", &[("to", to), ("show", show)]).ok();
    }

    /// Signals something to a user; to how many sessions it went.
    #[track_caller]
    pub(crate) fn signals(&self, to: &str, name: &str, data: &str) -> u64 {
        self.call("/signals", &[("to", to), ("name", name), ("data", data)]).delivered()
    }

    /// Enters a room.
    #[track_caller]
    pub(crate) fn join(&self, room: &str) -> Value {
        self.call("/room/join", &[("room", room)]).json()
    }

    /// Leaves a room.
    #[track_caller]
    pub(crate) fn leave(&self, room: &str) {
        self.call("/room/leave", &[("room", room)]).ok();
    }

    /// Ends this session.
    #[track_caller]
    pub(crate) fn offline(&self) {
        self.call("/presences/offline", &[]).ok();
    }

    /// The session must have ended.
    #[track_caller]
    pub(crate) fn is_gone(&self) {
        self.poll_with(&[]).is(404, "no client found");
    }
}
