//! Streams of events, as they are read from a socket.
//!
//! Owns: where the head of a stream and each of its events end. Must not: hold state of a connection, or read the data of
//! an event; that is what an answer to a poll would be. The server sends each event as one chunk, and so it is read.

use memchr::memmem;

use super::answers::field;

/// What is at the beginning of what was read of a stream or a socket.
#[derive(Debug, PartialEq, Eq)]
pub enum StreamPart<'a> {
    /// Nothing whole yet.
    Partial,
    /// Nothing that it may have.
    Broken,
    /// The end.
    End,
    /// An event, or a text.
    Event {
        /// Its data.
        data: &'a [u8],
        /// Bytes of all of it.
        bytes: usize,
    },
    /// What has to be sent back.
    Ping {
        /// What goes with it.
        payload: &'a [u8],
        /// Bytes of all of it.
        bytes: usize,
    },
}

/// The length of the head of a stream; `None` if it is another answer, or not whole.
pub(super) fn stream_head(bytes: &[u8]) -> Option<usize> {
    let head_bytes = memmem::find(bytes, b"\r\n\r\n")? + 4;
    let is_stream = field(&bytes[..head_bytes], b"content-type:") == Some(b"text/event-stream");
    is_stream.then_some(head_bytes)
}

/// Reads what comes behind the head of a stream.
pub(super) fn stream_part(bytes: &[u8]) -> StreamPart<'_> {
    let Some(line) = memmem::find(bytes, b"\r\n") else { return StreamPart::Partial };
    let digits = std::str::from_utf8(&bytes[..line]).ok();
    let Some(size) = digits.and_then(|digits| usize::from_str_radix(digits, 16).ok()) else {
        return StreamPart::Broken;
    };
    let (from, to) = (line + 2, line + 2 + size);
    match bytes.get(from..to + 2) {
        None => StreamPart::Partial,
        Some(b"\r\n") => StreamPart::End,
        Some(chunk) => match data(&chunk[..size]) {
            Some(data) => StreamPart::Event { data, bytes: to + 2 },
            None => StreamPart::Broken,
        },
    }
}

/// The data of an event, which has one line of it.
fn data(event: &[u8]) -> Option<&[u8]> {
    let at = memmem::find(event, b"\ndata: ")? + b"\ndata: ".len();
    event[at..].strip_suffix(b"\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nA: b\r\n\r\n";
        assert_eq!(stream_head(format!("{head}12").as_bytes()), Some(head.len()));
        assert_eq!(stream_head(&head.as_bytes()[..head.len() - 1]), None);
        assert_eq!(stream_head(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), None);
    }

    #[test]
    fn events() {
        let check = |text: &str, expected| assert_eq!(stream_part(text.as_bytes()), expected, "{text:?}");
        let event = |bytes| StreamPart::Event { data: b"{\"seq\":3}", bytes };
        check("17\r\nid: 3\ndata: {\"seq\":3}\n\n\r\n", event(29));
        check("17\r\nid: 3\ndata: {\"seq\":3}\n\n\r\n0\r\n", event(29));
        check("20\r\nid: 3\nretry: 2\ndata: {\"seq\":3}\n\n\r\n", event(38));
        check("17\r\nid: 3\ndata: {\"seq\":3}\n\n\r", StreamPart::Partial);
        check("1", StreamPart::Partial);
        check("0\r\n\r\n", StreamPart::End);
        check("HTTP\r\n", StreamPart::Broken);
        check("3\r\nabc\r\n", StreamPart::Broken);
    }
}
