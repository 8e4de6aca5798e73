//! Requests of this protocol, as bytes.
//!
//! Owns: the shape of every request the generator sends to a server of this protocol. Must not: hold state of a
//! connection. Requests are appended to the caller's buffer. Whatever the stand-in server looks up is of fixed width
//! and stands where it finds it without parsing: names and ids have eight and sixteen digits, and an id is the last
//! thing of a message.

use memchr::memmem;

use super::transport::Transport;
use crate::http::encoded;
use crate::load::digits::{decimal, digits, hexadecimal, names, number};

/// Longest ticket, in bytes.
const TICKET_BYTES_MAX: usize = 63;
/// Digits of the length of a request's body: with leading zeros, so that it can be filled in afterwards.
pub const LENGTH_DIGITS: usize = 6;
/// What is said in every message: about as long as what people type.
const TEXT: &str = "shall+we+meet+at+the+usual+place%3F";

/// An object that goes with some messages: a reply.
const META: &str = "&meta=%7B%22reply_to%22%3A%22m-17%22%7D";
/// One of this many messages has it.
const META_EVERY: u64 = 8;
/// What a site in PHP sends in the head of a call, beside what it must.
const SITE_HEAD: &str = "\r\nUser-Agent: NextIM-PHP/1.0\r\nAccept: */*";
/// What a browser sends in the head of a poll by a script.
const BROWSER_HEAD: &str = "\r\nConnection: keep-alive\r\nAccept: */*\r\nReferer: https://forum.example/thread/17\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept-Encoding: gzip, deflate, br\r\n\
    Accept-Language: en-GB,en;q=0.9";
/// What asks for a socket in place of an answer. The key is the example of RFC 6455, section 1.3.
const UPGRADE: &str = "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
/// Where pages differ, one of this many users has a page of version 6.
const NEW_PAGE_EVERY: u32 = 4;

/// A ticket, kept without an allocation.
#[derive(Clone, Copy)]
pub struct Ticket {
    length: u8,
    bytes: [u8; TICKET_BYTES_MAX],
}

impl Ticket {
    /// No ticket.
    pub const NONE: Ticket = Ticket { length: 0, bytes: [0; TICKET_BYTES_MAX] };

    /// The ticket in the answer to an online call.
    pub fn find(body: &[u8]) -> Option<Ticket> {
        let at = memmem::find(body, b"\"ticket\":\"")? + b"\"ticket\":\"".len();
        let text = body.get(at..)?;
        Ticket::of([text.get(..memchr::memchr(b'"', text)?)?, b""])
    }

    /// What is put together of these, if there is room.
    pub fn of(parts: [&[u8]; 2]) -> Option<Ticket> {
        let text = parts.concat();
        let mut bytes = [0; TICKET_BYTES_MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(&text);
        Some(Ticket { length: u8::try_from(text.len()).ok()?, bytes })
    }

    /// As it is sent.
    pub fn text(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// Whom a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// The user with this number.
    User(u32),
    /// The room with this number.
    Room(u32),
    /// Everybody.
    All,
}

/// What writes requests: knows the site.
#[derive(Debug)]
pub struct Requests {
    host: String,
    credentials: String,
    domain: String,
    with_seq: bool,
    with_new_pages: bool,
    new_page_every: u32,
    with_heads: bool,
}

impl Requests {
    /// Requests of a site. Polls acknowledge by `seq` if `with_seq`.
    pub fn new(host: &str, domain: &str, apikey: &str, with_seq: bool) -> Requests {
        let domain = encoded(domain);
        let credentials = format!("domain={domain}&apikey={}", encoded(apikey));
        Requests {
            host: host.to_owned(),
            credentials,
            domain,
            with_seq,
            with_new_pages: false,
            new_page_every: NEW_PAGE_EVERY,
            with_heads: false,
        }
    }

    /// The same, where some users have pages of version 6.
    #[must_use]
    pub fn with_new_pages(self) -> Requests {
        Requests { with_new_pages: true, ..self }
    }

    /// The same, where all users have pages of version 6: only these are told of another server.
    #[must_use]
    pub fn with_only_new_pages(self) -> Requests {
        Requests { new_page_every: 1, ..self.with_new_pages() }
    }

    /// The same, with heads as long as those of real sites and browsers. The stand-in server does not read them.
    #[must_use]
    pub fn with_heads(self) -> Requests {
        Requests { with_heads: true, ..self }
    }

    /// A user goes online with buddies and a room.
    pub fn online(
        &self,
        out: &mut Vec<u8>,
        user: u32,
        buddies: impl Iterator<Item = u32>,
        room: Option<u32>,
    ) {
        self.post(out, "/presences/online", |out| {
            out.extend_from_slice(b"&name=");
            number(out, b'u', user);
            if self.with_new_pages && user.is_multiple_of(self.new_page_every) {
                out.extend_from_slice(b"&version=6");
            }
            if let Some(room) = room {
                out.extend_from_slice(b"&rooms=");
                number(out, b'r', room);
            }
            out.extend_from_slice(b"&buddies=");
            names(out, buddies);
        });
    }

    /// A user logs out: all sessions of the user end at once.
    pub fn offline(&self, out: &mut Vec<u8>, user: u32) {
        self.post(out, "/presences/offline", |out| {
            out.extend_from_slice(b"&name=");
            number(out, b'u', user);
        });
    }

    /// A user leaves a page: this session ends, and unless another page opens soon the user is offline.
    pub fn leave(&self, out: &mut Vec<u8>, ticket: &Ticket) {
        self.post(out, "/presences/offline", |out| {
            out.extend_from_slice(b"&ticket=");
            out.extend_from_slice(ticket.text());
        });
    }

    /// A message.
    pub fn message(&self, out: &mut Vec<u8>, ticket: &Ticket, receiver: Recipient, id: u64) {
        self.post(out, "/messages", |out| {
            out.extend_from_slice(b"&ticket=");
            out.extend_from_slice(ticket.text());
            out.extend_from_slice(b"&body=");
            out.extend_from_slice(TEXT.as_bytes());
            match receiver {
                Recipient::User(user) => {
                    out.extend_from_slice(b"&type=unicast&to=");
                    number(out, b'u', user);
                }
                Recipient::Room(room) => {
                    out.extend_from_slice(b"&type=multicast&to=");
                    number(out, b'r', room);
                }
                Recipient::All => {
                    out.extend_from_slice(b"&type=broadcast&to=");
                    number(out, b'a', 0);
                }
            }
            if id.is_multiple_of(META_EVERY) {
                out.extend_from_slice(META.as_bytes());
            }
            out.extend_from_slice(b"&id=");
            hexadecimal(out, id);
        });
    }

    /// A signal to a user: a message was read.
    pub fn signal(&self, out: &mut Vec<u8>, ticket: &Ticket, to: u32) {
        self.post(out, "/signals", |out| {
            out.extend_from_slice(b"&ticket=");
            out.extend_from_slice(ticket.text());
            out.extend_from_slice(b"&to=");
            number(out, b'u', to);
            out.extend_from_slice(b"&name=read&data=%7B%22key%22%3A%22read%22%2C%22upto%22%3A%22m-17%22%7D");
        });
    }

    /// A message of the site itself, so many bytes long.
    pub fn push(&self, out: &mut Vec<u8>, to: u32, id: u64, bytes: usize) {
        self.say(out, to, id, (b'x', bytes));
    }

    fn say(&self, out: &mut Vec<u8>, to: u32, id: u64, (byte, count): (u8, usize)) {
        self.post(out, "/messages", |out| {
            out.extend_from_slice(b"&from=site&type=unicast&to=");
            number(out, b'u', to);
            out.extend_from_slice(b"&body=");
            out.resize(out.len() + count, byte);
            out.extend_from_slice(b"&id=");
            hexadecimal(out, id);
        });
    }

    /// The links of a user with these end.
    pub fn remove(&self, out: &mut Vec<u8>, user: u32, buddies: impl Iterator<Item = u32>) {
        self.post(out, "/buddies/remove", |out| {
            out.extend_from_slice(b"&name=");
            number(out, b'u', user);
            out.extend_from_slice(b"&buddies=");
            names(out, buddies);
        });
    }

    /// A user has another status, a number.
    pub fn show(&self, out: &mut Vec<u8>, user: u32, status: u32) {
        self.post(out, "/presences/show", |out| {
            out.extend_from_slice(b"&name=");
            number(out, b'u', user);
            out.extend_from_slice(b"&show=away&status=");
            decimal(out, status.into());
        });
    }

    /// A message of the site itself, so many bytes long, each of which needs six in JSON.
    pub fn shout(&self, out: &mut Vec<u8>, to: u32, id: u64, bytes: usize) {
        self.say(out, to, id, (b'<', bytes));
    }

    /// Waits for what comes after `seq`, which is acknowledged.
    pub fn wait(&self, out: &mut Vec<u8>, by: Transport, ticket: &Ticket, seq: u64) {
        let browser = if self.with_heads { BROWSER_HEAD } else { "" };
        let (path, parameter, head) = match by {
            Transport::Jsonp => ("/packets", "&callback=cb", browser),
            Transport::Json => ("/packets", "", browser),
            Transport::Stream => ("/packets", "", "\r\nAccept: text/event-stream"),
            Transport::Socket => ("/ws", "", UPGRADE),
        };
        for part in ["GET ", path, "?domain=", &self.domain, "&ticket="] {
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(ticket.text());
        if self.with_seq || by.goes_on() {
            out.extend_from_slice(b"&seq=");
            decimal(out, seq);
        }
        for part in [parameter, " HTTP/1.1\r\nHost: ", &self.host, head, "\r\n\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }

    /// The page of a stream has what came up to `seq`.
    pub fn ack(&self, out: &mut Vec<u8>, ticket: &Ticket, seq: u64) {
        self.post_with(out, "/packets/ack", |out| {
            for part in [b"domain=", self.domain.as_bytes(), b"&ticket=", ticket.text(), b"&seq="] {
                out.extend_from_slice(part);
            }
            decimal(out, seq);
        });
    }

    fn post(&self, out: &mut Vec<u8>, path: &str, parameters: impl FnOnce(&mut Vec<u8>)) {
        self.post_with(out, path, |out| {
            out.extend_from_slice(self.credentials.as_bytes());
            parameters(out);
        });
    }

    fn post_with(&self, out: &mut Vec<u8>, path: &str, body: impl FnOnce(&mut Vec<u8>)) {
        let head = if self.with_heads { SITE_HEAD } else { "" };
        for part in ["POST ", path, " HTTP/1.1\r\nHost: ", &self.host, head] {
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(b"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ");
        let length_at = out.len();
        out.extend_from_slice(&[b'0'; LENGTH_DIGITS]);
        out.extend_from_slice(b"\r\n\r\n");
        let body_at = out.len();
        body(out);
        let length = out.len() - body_at;
        digits(&mut out[length_at..length_at + LENGTH_DIGITS], length as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::super::answers::content_length;
    use super::*;

    #[test]
    fn requests_say_their_length() {
        let requests = Requests::new("127.0.0.1:1", "a b", "k&", true);
        let ticket = Ticket::find(b"{\"ticket\":\"abc\",").expect("a ticket");
        let check = |write: &dyn Fn(&mut Vec<u8>), expected: &str| {
            let mut out = Vec::new();
            write(&mut out);
            let text = String::from_utf8(out).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert_eq!(content_length(head.as_bytes()), Some(body.len()), "{text}");
            assert_eq!(body, format!("domain=a+b&apikey=k%26{expected}"));
        };
        check(
            &|out| requests.online(out, 1, [2, 3].into_iter(), Some(4)),
            "&name=u00000001&rooms=r00000004&buddies=u00000002%2Cu00000003",
        );
        check(&|out| requests.online(out, 1, [].into_iter(), None), "&name=u00000001&buddies=");
        let mixed = Requests::new("127.0.0.1:1", "a b", "k&", true).with_new_pages();
        check(&|out| mixed.online(out, 8, [].into_iter(), None), "&name=u00000008&version=6&buddies=");
        check(&|out| mixed.online(out, 9, [].into_iter(), None), "&name=u00000009&buddies=");
        check(
            &|out| requests.signal(out, &ticket, 5),
            "&ticket=abc&to=u00000005&name=read&data=%7B%22key%22%3A%22read%22%2C%22upto%22%3A%22m-17%22%7D",
        );
        check(&|out| requests.offline(out, 7), "&name=u00000007");
        check(&|out| requests.leave(out, &ticket), "&ticket=abc");
        check(
            &|out| requests.message(out, &ticket, Recipient::Room(5), 0xab),
            &format!("&ticket=abc&body={TEXT}&type=multicast&to=r00000005&id=00000000000000ab"),
        );
        check(
            &|out| requests.message(out, &ticket, Recipient::User(5), 0xa8),
            &format!("&ticket=abc&body={TEXT}&type=unicast&to=u00000005{META}&id=00000000000000a8"),
        );
        check(
            &|out| requests.push(out, 7, 0xab, 3),
            "&from=site&type=unicast&to=u00000007&body=xxx&id=00000000000000ab",
        );
        let waits = |requests: &Requests, by| {
            let mut out = Vec::new();
            requests.wait(&mut out, by, &ticket, 12);
            String::from_utf8(out).unwrap()
        };
        for (by, target, head) in [
            (Transport::Jsonp, "packets?domain=a+b&ticket=abc&seq=12&callback=cb", ""),
            (Transport::Json, "packets?domain=a+b&ticket=abc&seq=12", ""),
            (Transport::Stream, "packets?domain=a+b&ticket=abc&seq=12", "\r\nAccept: text/event-stream"),
            (Transport::Socket, "ws?domain=a+b&ticket=abc&seq=12", UPGRADE),
        ] {
            let expected = format!("GET /{target} HTTP/1.1\r\nHost: 127.0.0.1:1{head}\r\n\r\n");
            assert_eq!(waits(&requests, by), expected);
        }
        let without = Requests::new("127.0.0.1:1", "a b", "k&", false);
        let names_seq = Transport::ALL.map(|by| waits(&without, by).contains("&seq=12"));
        assert_eq!(names_seq, [false, false, true, true], "a poll may come without");
        let mut out = Vec::new();
        requests.ack(&mut out, &ticket, 12);
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with("\r\n\r\ndomain=a+b&ticket=abc&seq=12"), "{text}");
    }

    #[test]
    fn tickets() {
        let check = |body: &str, expected: Option<&str>| {
            let ticket = Ticket::find(body.as_bytes());
            assert_eq!(ticket.as_ref().map(Ticket::text), expected.map(str::as_bytes), "{body}");
        };
        check(r#"{"a":1,"ticket":"x-Y","b":2}"#, Some("x-Y"));
        check(r#"{"ticket":"x"#, None);
        check("no", None);
        check(&format!(r#"{{"ticket":"{}"}}"#, "x".repeat(64)), None);
    }
}
