//! Streams of events, as a browser reads them (HTML, "Server-sent events").
//!
//! Owns: a stream and its events, read by hand. Must not: come back when a stream ends, or acknowledge by itself.

use serde_json::Value;

use super::conn::Conn;
use super::http::{Response, form, request};

/// A stream that is open.
#[derive(Debug)]
pub struct Stream {
    /// The head of the answer.
    pub head: Response,
    conn: Conn,
    /// What has arrived and is no whole event yet.
    text: String,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id, which is the `seq` of its data.
    pub id: u64,
    /// How long a browser waits before it comes back, in milliseconds.
    pub retry: Option<u64>,
    /// What an answer to a poll would be.
    pub data: Value,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As announced, and its connection with it.
    Whole,
    /// Its connection ended in the middle.
    Cut,
}

/// The request for a stream with these parameters and headers.
pub fn stream_request(params: &[(&str, &str)], headers: &[(&str, &str)]) -> Vec<u8> {
    let line = format!("GET /packets?{} HTTP/1.1", form(params));
    request(&line, &[&[("Accept", "text/event-stream")], headers].concat(), b"")
}

impl Stream {
    /// Sends the request for a stream.
    ///
    /// # Errors
    ///
    /// The answer, if it is no stream.
    #[track_caller]
    pub fn open(mut conn: Conn, request: &[u8]) -> Result<Stream, Response> {
        conn.send(request);
        let head = conn.head();
        if head.header("content-type") != Some("text/event-stream") {
            return Err(conn.body_of(head));
        }
        assert_eq!(head.status, 200);
        assert_eq!(head.header("transfer-encoding"), Some("chunked"));
        Ok(Stream { head, conn, text: String::new() })
    }

    /// Waits for the next event.
    #[track_caller]
    pub fn event(&mut self) -> Event {
        self.try_event().unwrap_or_else(|end| panic!("an event, not the end: {end:?}"))
    }

    /// Waits for the next event.
    ///
    /// # Errors
    ///
    /// How the stream ended, if none came.
    #[track_caller]
    pub fn try_event(&mut self) -> Result<Event, End> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (Event::read(event), rest.to_owned());
                self.text = rest;
                return Ok(event);
            }
            match self.conn.chunk() {
                Some(chunk) if chunk.is_empty() => return Err(End::Whole),
                Some(chunk) => self.text.push_str(std::str::from_utf8(&chunk).expect("events are UTF-8")),
                None => return Err(End::Cut),
            }
        }
    }

    /// Waits for the last event, which must say `stopped`, and for the end of the connection. Gives the event.
    #[track_caller]
    pub fn stopped(mut self) -> Event {
        let event = loop {
            let event = self.event();
            if event.data["status"] == "stopped" {
                break event;
            }
        };
        assert_eq!(self.try_event(), Err(End::Whole), "it is the last event");
        assert_eq!(self.conn.rest(), b"", "the connection ends");
        event
    }

    /// Whether bytes, or the end, are there to be read.
    pub fn is_readable(&self) -> bool {
        self.conn.is_readable()
    }

    /// The connection.
    pub fn into_conn(self) -> Conn {
        self.conn
    }
}

impl Event {
    /// Reads the fields of an event.
    #[track_caller]
    fn read(text: &str) -> Event {
        let (mut id, mut retry, mut data) = (None, None, Vec::new());
        for line in text.lines() {
            match line.split_once(": ") {
                Some(("id", value)) => id = Some(value.parse().expect("an id is a number")),
                Some(("retry", value)) => retry = Some(value.parse().expect("a time is a number")),
                Some(("data", value)) => data.push(value),
                Some(_) | None => panic!("no other field is sent: {line:?}"),
            }
        }
        let data: Value = serde_json::from_str(&data.join("\n")).expect("data is JSON");
        let id = id.expect("every event has an id");
        assert_eq!(data["seq"].as_u64(), Some(id), "the id is the seq");
        assert_eq!(data["retry"].as_u64(), retry, "a time to wait is sent in both forms");
        Event { id, retry, data }
    }

    /// The bodies of its messages.
    pub fn bodies(&self) -> Vec<&str> {
        let messages = self.data["messages"].as_array().expect("a list");
        messages.iter().map(|message| message["body"].as_str().expect("a body")).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn events_are_read_wherever_their_chunks_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let conn = Conn::open(listener.local_addr().unwrap());
        let mut server = listener.accept().unwrap().0;
        server
            .write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
            )
            .unwrap();
        server.write_all(b"8\r\nid: 3\nda\r\n23\r\nta: {\"seq\":3,\ndata: \"retry\":null}\n\n\r\n").unwrap();
        server.write_all(b"0\r\n\r\n").unwrap();
        drop(server);
        let mut stream = Stream::open(conn, b"").unwrap();
        assert_eq!(
            stream.event(),
            Event { id: 3, retry: None, data: serde_json::json!({"seq": 3, "retry": null}) }
        );
        assert_eq!(stream.try_event(), Err(End::Whole));
        assert_eq!(stream.try_event(), Err(End::Cut));
    }
}
