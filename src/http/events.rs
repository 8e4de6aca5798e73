//! Event streams: the head of one, its chunks, and the fields of an event (HTML, "Server-sent events").
//!
//! Owns: the form of a stream on the wire. Must not: know what an event is about. Each event is one chunk (RFC 9112
//! section 7.1), so it is written with one call and a reader has it whole.

use super::response::{Manner, header};
use crate::base::digits;

/// The media type of a stream.
pub(super) const EVENT_STREAM: &[u8] = b"text/event-stream";
/// The head of a stream. No proxy may change it, or keep events back until there are more.
const OK_EVENTS: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Content-Type-Options: nosniff\r\n\
                         Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\n";
/// The chunk that ends a stream.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// An event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    /// The id that a browser names when it comes back.
    pub(crate) id: u64,
    /// How long a browser waits before it comes back, in milliseconds, if it is to wait.
    pub(crate) retry_ms: Option<u64>,
    /// Whether the stream ends with it.
    pub(crate) is_last: bool,
}

/// Appends the head of a stream.
pub(crate) fn write_head(out: &mut Vec<u8>, manner: &Manner<'_>) {
    out.extend_from_slice(OK_EVENTS.as_bytes());
    manner.write(out);
    header(out, "Transfer-Encoding: ", |out| out.extend_from_slice(b"chunked"));
    out.extend_from_slice(b"\r\n");
}

/// Appends an event, whose data `data` writes.
pub(crate) fn write_event(out: &mut Vec<u8>, event: Event, data: impl FnOnce(&mut Vec<u8>)) {
    let chunk_at = out.len();
    out.extend_from_slice(b"id: ");
    digits::append(out, event.id);
    if let Some(retry_ms) = event.retry_ms {
        out.extend_from_slice(b"\nretry: ");
        digits::append(out, retry_ms);
    }
    out.extend_from_slice(b"\ndata: ");
    let data_at = out.len();
    data(out);
    split_lines(out, data_at);
    out.extend_from_slice(b"\n\n");
    frame(out, chunk_at);
    if event.is_last {
        out.extend_from_slice(LAST_CHUNK);
    }
}

/// Makes a field of each line of the data from `data_at` on. Hardly any data has a second line: only objects that are
/// passed on as they came may have.
fn split_lines(out: &mut Vec<u8>, data_at: usize) {
    let data = &out[data_at..];
    if !data.contains(&b'\n') && !data.contains(&b'\r') {
        return;
    }
    let data = out.split_off(data_at);
    for byte in data {
        match byte {
            b'\n' | b'\r' => out.extend_from_slice(b"\ndata: "),
            other => out.push(other),
        }
    }
}

/// Makes a chunk of everything from `chunk_at` on. The size is known only now, and goes before it: this moves the event
/// by a few bytes, which costs less than a second buffer.
fn frame(out: &mut Vec<u8>, chunk_at: usize) {
    let before = out.len();
    let size = before - chunk_at;
    let digits = (usize::BITS - size.leading_zeros()).div_ceil(4);
    out.extend((0..digits).rev().map(|place| b"0123456789abcdef"[size >> (4 * place) & 0xF]));
    out.extend_from_slice(b"\r\n");
    let framing = out.len() - before;
    out[chunk_at..].rotate_right(framing);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::super::response::Cors;
    use super::*;

    const EVENT: Event = Event { id: 7, retry_ms: None, is_last: false };

    #[track_caller]
    fn check(event: Event, data: &str, expected: &str) {
        let mut out = b"before".to_vec();
        write_event(&mut out, event, |out| out.extend_from_slice(data.as_bytes()));
        assert_eq!(String::from_utf8(out).unwrap(), format!("before{expected}"));
    }

    #[test]
    fn an_event_is_a_chunk() {
        check(EVENT, "{}", "10\r\nid: 7\ndata: {}\n\n\r\n");
        check(EVENT, "", "e\r\nid: 7\ndata: \n\n\r\n");
        let long = "x".repeat(0xabc);
        check(EVENT, &long, &format!("aca\r\nid: 7\ndata: {long}\n\n\r\n"));
        check(Event { id: u64::MAX, ..EVENT }, "{}", "23\r\nid: 18446744073709551615\ndata: {}\n\n\r\n");
        check(Event { retry_ms: Some(1_500), ..EVENT }, "{}", "1c\r\nid: 7\nretry: 1500\ndata: {}\n\n\r\n");
        check(Event { is_last: true, ..EVENT }, "{}", "10\r\nid: 7\ndata: {}\n\n\r\n0\r\n\r\n");
    }

    #[test]
    fn each_line_of_the_data_is_a_field() {
        check(EVENT, "{\n\"a\":\r\n1}", "2a\r\nid: 7\ndata: {\ndata: \"a\":\ndata: \ndata: 1}\n\n\r\n");
    }

    #[test]
    fn a_head_has_no_length() {
        let mut out = Vec::new();
        let cors = Cors::Allowed("*");
        write_head(&mut out, &Manner { close: false, http10: false, head_only: false, cors });
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Content-Type-Options: nosniff\r\n\
             Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\n\
             Access-Control-Allow-Origin: *\r\nVary: Origin\r\nAccess-Control-Expose-Headers: Retry-After\r\n\
             Transfer-Encoding: chunked\r\n\r\n"
        );
    }
}
