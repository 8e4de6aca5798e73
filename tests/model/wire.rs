//! Sockets and HTTP, as little as a client needs, written by hand so that no mistake is shared with the server.
//!
//! Owns: connections that never block, requests as bytes, answers. Must not: repair or hide anything.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use serde_json::Value;
use socket2::SockRef;

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Response {
    /// The value of a header, given in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = lines.find(|(have, _)| have.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }

    /// The body as JSON, which it must call itself.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let kind = self.header("content-type").unwrap_or_default();
        assert!(self.status == 200 && kind.starts_with("application/json"), "no JSON: {self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// The outcome of a read.
#[derive(Debug)]
pub(crate) enum ReadResult {
    /// Not all is there yet.
    Waiting,
    /// One answer.
    Whole(Response),
    /// The connection has ended without one.
    Ended,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Conn {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Conn {
    /// Connects; on this machine that is done at once.
    pub(crate) fn open(address: SocketAddr, registry: &Registry, token: Token) -> Conn {
        let stream = std::net::TcpStream::connect_timeout(&address, Duration::from_secs(20))
            .expect("the server accepts");
        Conn::accepted(stream, registry, token)
    }

    /// A connection that is there already.
    pub(crate) fn accepted(stream: std::net::TcpStream, registry: &Registry, token: Token) -> Conn {
        stream.set_nodelay(true).unwrap();
        stream.set_nonblocking(true).unwrap();
        // Closing resets: no port waits for a minute afterwards.
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE).unwrap();
        Conn { stream, buffer: Vec::new() }
    }

    /// Ends the connection in an ordinary way, not by a reset.
    pub(crate) fn close_gently(self) {
        SockRef::from(&self.stream).set_linger(None).unwrap();
    }

    /// Writes a request, which is small enough to be taken whole.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads all bytes that have come.
    pub(crate) fn read(&mut self) -> ReadResult {
        let ended = self.fill();
        let Some(head_bytes) = head_bytes(&self.buffer) else {
            return if ended { ReadResult::Ended } else { ReadResult::Waiting };
        };
        let head = std::str::from_utf8(&self.buffer[..head_bytes]).expect("heads are ASCII");
        let length = length(head);
        if self.buffer.len() < head_bytes + length {
            return if ended { ReadResult::Ended } else { ReadResult::Waiting };
        }
        let status = head[9..12].parse().expect("a status code");
        let head = head.to_owned();
        let body = String::from_utf8(self.buffer[head_bytes..head_bytes + length].to_vec())
            .expect("bodies are UTF-8");
        self.buffer.drain(..head_bytes + length);
        ReadResult::Whole(Response { status, head, body })
    }

    /// Reads a request with a body, as a site does to which something is posted.
    pub(crate) fn read_request(&mut self) -> Option<Result<String, ()>> {
        let ended = self.fill();
        let whole = head_bytes(&self.buffer).and_then(|head| {
            let text = std::str::from_utf8(&self.buffer[..head]).expect("heads are ASCII");
            let length = length(text);
            (self.buffer.len() >= head + length).then_some((head, length))
        });
        match whole {
            Some((head, length)) => {
                let body = String::from_utf8(self.buffer[head..head + length].to_vec()).expect("UTF-8");
                self.buffer.drain(..head + length);
                Some(Ok(body))
            }
            None => ended.then_some(Err(())),
        }
    }

    /// Reads into the buffer. Returns whether the connection has ended.
    fn fill(&mut self) -> bool {
        let mut chunk = [0; 16 * 1_024];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return true,
                Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return true,
            }
        }
    }
}

fn head_bytes(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

fn length(head: &str) -> usize {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next().map_or(0, |(_, value)| value.trim().parse().expect("a length"))
}

/// A request with its parameters in the query, or in a form.
pub(crate) fn request(post: bool, path: &str, params: &[(&str, &str)]) -> Vec<u8> {
    let form = form(params);
    if post {
        let kind = "application/x-www-form-urlencoded";
        let head = format!("Host: im.example\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", form.len());
        format!("POST {path} HTTP/1.1\r\n{head}\r\n{form}").into_bytes()
    } else {
        format!("GET {path}?{form} HTTP/1.1\r\nHost: im.example\r\n\r\n").into_bytes()
    }
}

fn form(params: &[(&str, &str)]) -> String {
    let pairs = params.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").expect("text takes all"),
        }
    }
    out
}
