//! A server with an admin listener, and a client of both.
//!
//! Owns: the process and its addresses. Must not: know a metric.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A server that can be watched.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nextim"))
            .args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = between(&line, " listening on ", ";").parse().unwrap();
        let admin = between(&line, "; watch at http://", "/").parse().unwrap();
        Server { child, address, admin }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// A call of the site `a`; its body.
    pub(crate) fn call(&self, path: &str, params: &str) -> String {
        let params = format!("domain=a&apikey=k&{params}");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{params}",
            params.len()
        );
        let (status, _, body) = ask(self.address, &request);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Parks a poll.
    pub(crate) fn park(&self, ticket: &str) -> TcpStream {
        let mut poll = TcpStream::connect(self.address).unwrap();
        write!(poll, "GET /packets?domain=a&ticket={ticket} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        poll
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String, String) {
        ask(self.admin, &format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.admin))
    }

    pub(crate) fn body(&self, path: &str) -> String {
        let (status, _, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) fn stats(&self) -> Value {
        serde_json::from_str(&self.body("/stats")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {text:?}"));
    rest.split(after).next().unwrap()
}

/// Status, head and body of the answer to a request that closes.
pub(crate) fn ask(address: SocketAddr, request: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{request}: {answer:?}"));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
}

#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < until, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A server with two domains on which Alice waits and Bob has said something to her.
pub(crate) fn small_world() -> (Server, TcpStream) {
    let domains = ["--domain", "a", "--apikey", "k", "--domain", "b", "--apikey", "l"];
    // Nobody goes, and no poll ends, while a test looks at them.
    let file = tempfile::NamedTempFile::new().unwrap();
    let timeouts = ["session_cut_ms", "session_idle_ms", "poll_hold_ms_min", "poll_hold_ms_max"];
    let text = timeouts.map(|name| format!("timeouts.{name} = 3_600_000\n")).concat();
    std::fs::write(file.path(), text).unwrap();
    let config = ["--config", file.path().to_str().unwrap(), "--shards", "2"];
    let server = Server::start(&[&domains[..], &config].concat());
    let ticket = |answer: &str| between(answer, "\"ticket\":\"", "\"").to_owned();
    let alice = ticket(&server.call("/presences/online", "name=alicename&rooms=roomname"));
    let bob = ticket(&server.call("/presences/online", "name=bobname&nick=bobnick"));
    server.call("/messages", &format!("ticket={bob}&to=alicename&body=secretbody"));
    // Alice has received it and polls again.
    let mut poll = server.park(&alice);
    poll.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = [0; 4_096];
    let count = poll.read(&mut answer).unwrap();
    assert!(String::from_utf8_lossy(&answer[..count]).contains("secretbody"));
    write!(poll, "GET /packets?domain=a&ticket={alice} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    // One after the other: while the counters lag behind the answers, the poll shown as parked may be the first one.
    let shows = |name: &str, value: u64| (server.stats()["totals"][name] == value).then_some(());
    eventually("all five requests are read", || shows("requests_total", 5));
    eventually("the poll of alice is parked", || shows("connections_parked", 1));
    eventually("the message is acknowledged", || shows("packets_waiting", 0));
    (server, poll)
}
