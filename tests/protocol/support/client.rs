//! A minimal HTTP/1.1 client, written by hand so that it shares no mistake with the server.
//!
//! Owns: connections, requests as bytes, answers. Must not: repair or hide anything; a test that wants an odd
//! request writes its bytes.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::PATIENCE;

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// Reads a head, up to and including the empty line.
    fn head(bytes: &[u8]) -> Response {
        let text = std::str::from_utf8(bytes).expect("heads are ASCII");
        let mut lines = text.split("\r\n");
        let line = lines.next().unwrap();
        assert!(line.starts_with("HTTP/1."), "a status line: {line}");
        let status = line[9..12].parse().expect("a status code");
        let header = |line: &str| {
            let (name, value) = line.split_once(':').expect("a header");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        let headers = lines.take_while(|line| !line.is_empty()).map(header).collect();
        Response { status, headers, body: Vec::new() }
    }

    /// Reads an answer that is all there is.
    pub(crate) fn whole(bytes: &[u8]) -> Response {
        let head = head_bytes(bytes).expect("a whole head");
        let mut response = Response::head(&bytes[..head]);
        response.body = bytes[head..].to_vec();
        if let Some(length) = response.header("content-length") {
            assert_eq!(length.parse(), Ok(response.body.len()), "the body is as long as announced");
        }
        response
    }

    /// The value of a header, which must not be there twice.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(have, _)| have == name).map(|(_, value)| &**value);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} twice");
        value
    }

    /// The body as text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("bodies are UTF-8")
    }

    /// The body as JSON, which it must call itself.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        let kind = self.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "{kind}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Must be this.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.text()), (status, body));
    }

    /// Must be `ok`.
    #[track_caller]
    pub(crate) fn ok(&self) {
        self.is(200, "ok");
    }

    /// Must be `ok`; the number of sessions the message was queued to.
    #[track_caller]
    pub(crate) fn delivered(&self) -> u64 {
        self.ok();
        self.header("x-nextim-delivered").expect("X-NextIM-Delivered").parse().expect("a number")
    }
}

/// A connection.
pub(crate) struct Conn {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Conn {
    /// Connects.
    pub(crate) fn open(addr: SocketAddr) -> Conn {
        let stream = TcpStream::connect(addr).expect("the server accepts");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Conn { stream, buffer: Vec::new() }
    }

    /// Writes bytes.
    #[track_caller]
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }

    /// The same connection, to be written to by another thread.
    pub(crate) fn writer(&self) -> TcpStream {
        self.stream.try_clone().unwrap()
    }

    /// Writes a request and reads its answer.
    #[track_caller]
    pub(crate) fn call(&mut self, request: &[u8]) -> Response {
        self.send(request);
        self.response()
    }

    /// Reads one answer, or one interim answer (1xx).
    #[track_caller]
    pub(crate) fn response(&mut self) -> Response {
        self.try_response(true).expect("an answer")
    }

    /// Reads one answer that has no body, though its head may announce one.
    #[track_caller]
    pub(crate) fn bodiless_response(&mut self) -> Response {
        self.try_response(false).expect("an answer")
    }

    /// Reads one answer; an error if the connection ends or nothing comes.
    pub(crate) fn try_response(&mut self, with_body: bool) -> io::Result<Response> {
        let head = loop {
            match head_bytes(&self.buffer) {
                Some(bytes) => break bytes,
                None => self.fill()?,
            }
        };
        let mut response = Response::head(&self.buffer[..head]);
        assert_eq!(response.header("transfer-encoding"), None, "answers are never chunked");
        self.buffer.drain(..head);
        if !with_body || response.status < 200 || matches!(response.status, 204 | 304) {
            return Ok(response);
        }
        let length = response.header("content-length").expect("Content-Length").parse().expect("a number");
        while self.buffer.len() < length {
            self.fill()?;
        }
        response.body = self.buffer.drain(..length).collect();
        Ok(response)
    }

    /// Reads at least `count` bytes of what comes, and keeps nothing of it.
    pub(crate) fn skip(&mut self, count: usize) {
        while self.buffer.len() < count {
            self.fill().expect("more bytes");
        }
        self.buffer.clear();
    }

    /// Everything up to the end of the connection; a reset counts as its end.
    #[track_caller]
    pub(crate) fn rest(mut self) -> Vec<u8> {
        loop {
            match self.fill() {
                Ok(()) => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    panic!("the server leaves the connection open after {:?}", self.buffer);
                }
                Err(_) => return self.buffer,
            }
        }
    }

    /// Whether bytes, or the end of the connection, are there to be read.
    pub(crate) fn is_readable(&self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).unwrap();
        !matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut chunk = [0; 16 * 1_024];
        let count = self.stream.read(&mut chunk)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.buffer.extend_from_slice(&chunk[..count]);
        Ok(())
    }
}

fn head_bytes(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// A request of this line, these headers and this body, with `Host` and, where there is a body, its length.
pub(crate) fn request(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{line}\r\nHost: im.example\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    let framed = headers.iter().any(|(name, _)| *name == "Transfer-Encoding" || *name == "Content-Length");
    if !framed && (line.starts_with("POST ") || !body.is_empty()) {
        write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// A GET with its parameters in the query.
pub(crate) fn get(path: &str, params: &[(&str, &str)]) -> Vec<u8> {
    request(&format!("GET {path}?{} HTTP/1.1", form(params)), &[], b"")
}

/// A POST with its parameters in a form.
pub(crate) fn post(path: &str, params: &[(&str, &str)]) -> Vec<u8> {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    request(&format!("POST {path} HTTP/1.1"), &headers, form(params).as_bytes())
}

/// Parameters, form-encoded.
pub(crate) fn form(params: &[(&str, &str)]) -> String {
    let pairs = params.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}
