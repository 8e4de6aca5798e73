//! A request for a server's `/stats`.
//!
//! Owns: one request and one answer of bounded length, in bounded time. Must not: keep a connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::base::clock::Deadline;
use crate::base::limits::ops::{TOP_ANSWER_BYTES_MAX, TOP_MS};
use crate::ops::admin::report::Report;

/// Fetches the report of the server at this admin address. An error explains how to start a server with one.
pub(super) fn stats(admin: SocketAddr) -> io::Result<Report> {
    const ADVISED: [(ErrorKind, &str); 3] = [
        (ErrorKind::ConnectionRefused, "nothing answers there (Connection refused)"),
        (ErrorKind::TimedOut, "nothing answers there in time"),
        (ErrorKind::InvalidData, "another program answers there, not an admin listener"),
    ];
    fetch(admin).map_err(|error| match ADVISED.iter().find(|(kind, _)| *kind == error.kind()) {
        Some((_, wrong)) => advised(admin, wrong),
        None => error,
    })
}

fn advised(admin: SocketAddr, wrong: &str) -> io::Error {
    io::Error::other(format!(
        "{wrong}; start the server with --admin {admin}; then run nextim top --admin {admin}"
    ))
}

fn fetch(admin: SocketAddr) -> io::Result<Report> {
    let deadline = Deadline::after_ms(TOP_MS);
    let left = || deadline.left().ok_or_else(|| io::Error::from(ErrorKind::TimedOut));
    let mut stream = TcpStream::connect_timeout(&admin, left()?)?;
    stream.set_write_timeout(Some(left()?))?;
    stream
        .write_all(format!("GET /stats HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    let mut buffer = [0; 16 * 1_024];
    loop {
        stream.set_read_timeout(Some(left()?))?;
        match stream.read(&mut buffer) {
            Ok(0) => return parse(&answer),
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(ErrorKind::TimedOut.into()),
            Err(error) => return Err(error),
        }
        if answer.len() > TOP_ANSWER_BYTES_MAX {
            return Err(not_a_report());
        }
    }
}

fn parse(answer: &[u8]) -> io::Result<Report> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(not_a_report)?;
    let (head, body) = (&answer[..end], &answer[end + 4..]);
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err(not_a_report());
    }
    serde_json::from_slice(body).map_err(|_| not_a_report())
}

fn not_a_report() -> io::Error {
    ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reports_are_parsed() {
        let report = parse(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n{\"version\":\"9\",\"later\":1}").unwrap();
        assert_eq!((report.version.as_str(), report.uptime_s), ("9", 0));
        for answer in ["", "HTTP/1.1 200 OK\r\n\r\nok", "HTTP/1.1 404 Not Found\r\n\r\n{}", "SSH-2.0-x\r\n"] {
            assert!(parse(answer.as_bytes()).is_err(), "{answer}");
        }
    }
}
