//! Requests to an Nchan as bytes, and where its answers say that the next poll goes on.
//!
//! Owns: the names of channels and the form of messages. Must not: hold state of a connection. An Nchan carries any
//! body; ours is the message as `NextIM` would deliver it, so that as many bytes arrive, and are read in the same way.

use nextim_testkit::load::digits::{digits, hexadecimal, number};
use nextim_testkit::load::wire::{LENGTH_DIGITS, Recipient, Ticket, field};

/// The channel of all users, which the configuration names, too.
pub(super) const EVERYBODY: &str = "all";
/// How long a time is that HTTP writes down (RFC 9110, 5.6.7), in bytes.
const TIME_BYTES: usize = b"Sun, 06 Nov 1994 08:49:37 GMT".len();

/// What writes requests.
#[derive(Debug)]
pub(crate) struct Channels {
    host: String,
}

impl Channels {
    /// Requests to this host.
    pub(crate) fn new(host: &str) -> Channels {
        Channels { host: host.to_owned() }
    }

    /// Appends a message.
    pub(crate) fn message(&self, out: &mut Vec<u8>, sender: u32, receiver: Recipient, id: u64) {
        out.extend_from_slice(b"POST /pub?id=");
        channel(out, receiver);
        self.end_line(out);
        out.extend_from_slice(b"Content-Type: application/json\r\nContent-Length: ");
        let length_at = out.len();
        out.extend_from_slice(&[b'0'; LENGTH_DIGITS]);
        out.extend_from_slice(b"\r\n\r\n");
        let body_at = out.len();
        out.extend_from_slice(match receiver {
            Recipient::User(_) => b"{\"type\":\"unicast\",\"to\":\"",
            Recipient::Room(_) => b"{\"type\":\"multicast\",\"to\":\"",
            Recipient::All => b"{\"type\":\"broadcast\",\"to\":\"",
        });
        channel(out, receiver);
        out.extend_from_slice(b"\",\"from\":\"");
        number(out, b'u', sender);
        out.extend_from_slice(b"\",\"nick\":\"");
        number(out, b'u', sender);
        out.extend_from_slice(
            b"\",\"timestamp\":1795296645202,\"body\":\"shall we meet at the usual place?\",\"style\":\"\",\"id\":\"",
        );
        hexadecimal(out, id);
        out.extend_from_slice(b"\"}");
        let length = out.len() - body_at;
        digits(&mut out[length_at..length_at + LENGTH_DIGITS], length as u64);
    }

    /// Appends a poll that goes on where the last answer ended. Without a ticket it begins with the oldest message
    /// there is.
    pub(crate) fn poll(&self, out: &mut Vec<u8>, user: u32, place: &Ticket) {
        out.extend_from_slice(b"GET /sub?id=");
        channel(out, Recipient::User(user));
        self.end_line(out);
        if let Some((time, tag)) = place.text().split_at_checked(TIME_BYTES) {
            for part in [b"If-Modified-Since: ", time, b"\r\nIf-None-Match: ", tag, b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    fn end_line(&self, out: &mut Vec<u8>) {
        for part in [" HTTP/1.1\r\nHost: ", &self.host, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }

    /// The id of the message in an answer: the time and the tag of its head.
    pub(crate) fn place(head: &[u8]) -> Option<Ticket> {
        let (time, tag) = (field(head, b"last-modified:")?, field(head, b"etag:")?);
        Ticket::of([time, tag]).filter(|_| time.len() == TIME_BYTES)
    }
}

fn channel(out: &mut Vec<u8>, receiver: Recipient) {
    match receiver {
        Recipient::User(user) => number(out, b'u', user),
        Recipient::Room(room) => number(out, b'r', room),
        Recipient::All => out.extend_from_slice(EVERYBODY.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nextim_testkit::load::wire::{News, NewsReader, content_length};

    #[test]
    fn messages() {
        let check = |receiver, path: &str, said: &str| {
            let mut out = Vec::new();
            Channels::new("h:1").message(&mut out, 7, receiver, 0xab);
            let text = String::from_utf8(out).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("POST {path} HTTP/1.1\r\nHost: h:1\r\n")), "{head}");
            assert_eq!(content_length(head.as_bytes()), Some(body.len()), "{text}");
            let value: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!((&value["to"], &value["from"]), (&said.into(), &"u00000007".into()));
            let mut ids = Vec::new();
            let news = NewsReader::default().read(body.as_bytes(), |id| ids.push(id));
            assert_eq!(
                (news, ids),
                (News { stopped: false, seq: None, retry_ms: None, presences: 0 }, vec![0xab])
            );
        };
        check(Recipient::User(3), "/pub?id=u00000003", "u00000003");
        check(Recipient::All, "/pub?id=all", "all");
    }

    #[test]
    fn polls_go_on_where_the_last_answer_says() {
        let poll = |place: &Ticket| {
            let mut out = Vec::new();
            Channels::new("h:1").poll(&mut out, 3, place);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(poll(&Ticket::NONE), "GET /sub?id=u00000003 HTTP/1.1\r\nHost: h:1\r\n\r\n");
        let check = |head: &str, expected: Option<&str>| {
            let place = Channels::place(head.as_bytes());
            assert_eq!(place.as_ref().map(poll).as_deref(), expected, "{head}");
        };
        check(
            "HTTP/1.1 200 OK\r\nLast-Modified: Sat, 21 Nov 2026 23:23:14 GMT\r\nEtag: [12],-\r\n\r\n",
            Some(
                "GET /sub?id=u00000003 HTTP/1.1\r\nHost: h:1\r\n\
                 If-Modified-Since: Sat, 21 Nov 2026 23:23:14 GMT\r\nIf-None-Match: [12],-\r\n\r\n",
            ),
        );
        check("HTTP/1.1 200 OK\r\nEtag: 1\r\n\r\n", None);
        check("HTTP/1.1 200 OK\r\nLast-Modified: Saturday\r\nEtag: 1\r\n\r\n", None);
    }
}
