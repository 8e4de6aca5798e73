//! Sockets: `/ws` and `/v5/wsocket`, whose frames are what answers to polls would be.
//!
//! Owns: the parameters of a handshake, what the texts of a client mean, and the codes that close a socket. Must not: keep
//! a state of a socket; its connection and its session do.
//!
//! A client of `/ws` acknowledges by texts. A client of version 5 knows no numbers, but every client answers a ping with
//! the payload of that: so each of its frames is followed by a ping whose payload is the number of the last packet.

use std::sync::Arc;

use super::delivery;
use super::packets;
use super::params::Params;
use super::refusal::OTHER_ORIGIN;
use super::shape::{Detail, Form, Shape};
use crate::base::digits;
use crate::base::domains::{Audience, Domains};
use crate::base::limits::wire::{SOCKET_TEXT_BYTES_MAX, V5_SOCKET_TEXT_BYTES_MAX};
use crate::http::rejection::Rejection;
use crate::http::request::Request;
use crate::http::websocket::{CloseCode, Frame, handshake, write_close, write_ping, write_text};
use crate::router::call::{Call, Delivery, Poll, Reason, Refusal, Transport, Verb};
use crate::router::ids::Ticket;

/// Notes the form of the answer to a handshake.
pub(super) fn form(request: &Request<'_>, shape: &mut Shape) -> Result<(), Rejection> {
    let proof = handshake::read(request)?;
    (shape.form, shape.detail) = (Form::Upgrading, Detail::Word(proof.into()));
    Ok(())
}

/// `GET /ws`. Browsers ask no server before a script opens a socket, so the origin is looked at here.
pub(super) fn poll<'a>(params: &mut Params<'_>, shape: &Shape) -> Result<Verb<'a>, Rejection> {
    if shape.is_of_other_origin() {
        return Err(OTHER_ORIGIN);
    }
    let (ticket, seq) = (params.required_ticket()?, packets::seq(params)?);
    Ok(Verb::Poll(Poll { ticket, seq, transport: Transport::Stream }))
}

/// `GET /v5/wsocket`. Returns the proof that the handshake was read. The origin is kept until a domain is named.
pub(super) fn open_v5(request: &Request<'_>, shape: &mut Shape) -> Result<String, Rejection> {
    shape.close = true;
    let proof = handshake::read(request)?;
    shape.form = Form::V5Socket;
    shape.origin = request.origin.map(|origin| Arc::new(origin.into()));
    Ok(proof)
}

/// What a frame of a client means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning<'f> {
    /// Nothing.
    Nothing,
    /// It has everything up to this packet.
    Acknowledges(u64),
    /// It wants to have this back in a pong.
    Asks(&'f [u8]),
    /// The socket is closed, with this code.
    Closes(CloseCode),
}

/// The longest text that the client of such a socket may send.
pub(crate) fn text_bytes_max(shape: &Shape) -> usize {
    if shape.form == Form::V5Socket { V5_SOCKET_TEXT_BYTES_MAX } else { SOCKET_TEXT_BYTES_MAX }
}

/// What a frame means on the socket of a session.
pub(crate) fn meaning<'f>(frame: Frame<'f>, shape: &Shape) -> Meaning<'f> {
    let is_v5 = shape.form == Form::V5Socket;
    match frame {
        Frame::Close(code) => Meaning::Closes(code.unwrap_or(CloseCode::NORMAL)),
        Frame::Ping(payload) => Meaning::Asks(payload),
        // Such as `heartbeat`.
        Frame::Text(_) if is_v5 => Meaning::Nothing,
        Frame::Text(text) => {
            acknowledged(text).map_or(Meaning::Closes(CloseCode::POLICY), Meaning::Acknowledges)
        }
        Frame::Pong(payload) if is_v5 => match payload.try_into() {
            Ok(seq) => Meaning::Acknowledges(u64::from_be_bytes(seq)),
            Err(_) => Meaning::Nothing,
        },
        Frame::Pong(_) => Meaning::Nothing,
    }
}

/// The number in `{"seq":N}`.
fn acknowledged(text: &str) -> Option<u64> {
    let member = text.trim_ascii().strip_prefix('{')?.strip_suffix('}')?;
    let (name, number) = member.split_once(':')?;
    (name.trim_ascii() == "\"seq\"").then(|| digits::number(number.trim_ascii().as_bytes()))?
}

/// The poll that the first text of a client of version 5 stands for: `subscribe DOMAIN TICKET`.
pub(crate) fn subscription(text: &str, shape: &Shape, domains: &Domains) -> Option<Call<'static>> {
    let mut words = text.split_ascii_whitespace();
    let (command, domain, ticket) = (words.next()?, words.next()?, words.next()?);
    if command != "subscribe" || words.next().is_some() {
        return None;
    }
    let (domain, ticket) = (domains.find(domain)?, Ticket::parse(ticket)?);
    let origin = shape.origin.as_ref().map(|origin| &***origin);
    if domain.audience(origin) == Audience::Nobody {
        return None;
    }
    let poll = Poll { ticket, seq: None, transport: Transport::PingedStream };
    Some(Call { domain: domain.id, verb: Verb::Poll(poll) })
}

/// Appends a delivery, and before the first one the answer to the handshake. The last one says that the session has
/// stopped. Those of version 5 are left out if nothing is in them.
pub(super) fn write(out: &mut Vec<u8>, delivery: &Delivery, shape: &Shape) {
    if let Some(proof) = shape.proof() {
        handshake::write_head(out, proof);
    }
    let is_v5 = shape.form == Form::V5Socket;
    let is_empty = delivery.packets.as_slice().is_empty();
    if !(is_v5 && is_empty && delivery.stopped.is_none()) {
        write_text(out, |out| delivery::write(out, delivery));
    }
    match delivery.stopped {
        Some(reason) => write_close(out, code_of(reason, shape)),
        None if is_v5 => write_ping(out, &delivery.seq.to_be_bytes()),
        None if is_empty => write_ping(out, b""),
        None => {}
    }
}

/// Appends the close of a socket whose client was refused what it asked for. A session that ends while it has a socket says
/// so in a last delivery; only a client of version 5 comes too late when its socket is open.
pub(super) fn write_refusal(out: &mut Vec<u8>, refusal: Refusal) {
    let code = match refusal {
        Refusal::NoClient | Refusal::BadSeq => CloseCode::POLICY,
        Refusal::ShuttingDown | Refusal::Unreachable | Refusal::Unserved | Refusal::Isolated => {
            CloseCode::GOING_AWAY
        }
        Refusal::TooManyPolls
        | Refusal::TooManyUsers
        | Refusal::TooManySessions
        | Refusal::TooManyRooms
        | Refusal::ReceiverFull
        | Refusal::Overloaded
        | Refusal::Late => CloseCode::TRY_AGAIN,
    };
    write_close(out, code);
}

/// The code with which the socket of a session is closed that has stopped. A page of version 5 is told one that it knows.
fn code_of(reason: Reason, shape: &Shape) -> CloseCode {
    match reason {
        _ if shape.form == Form::V5Socket => CloseCode::NORMAL,
        Reason::Offline | Reason::Replaced | Reason::Limit | Reason::Renew => CloseCode::NORMAL,
        Reason::Shutdown => CloseCode::GOING_AWAY,
        Reason::Overflow => CloseCode::TRY_AGAIN,
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::write_answer;
    use super::super::route::{Route, Routed};
    use super::super::testing::{BASE_URL, SESSION, TICKET, answered, outcome, request, shape, site};
    use super::*;
    use crate::base::domains::{DomainConfig, DomainId};
    use crate::router::call::{Answer, Packets};
    use crate::router::packet::{Packet, Reader};

    const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                           Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const HEAD: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    fn of(form: Form) -> Shape {
        Shape { form, ..Shape::default() }
    }

    #[test]
    fn a_socket_is_a_stream_of_the_same_session() {
        let text = request("GET", &format!("/ws?domain=a&ticket={TICKET}&seq=3"), UPGRADE, "");
        let Routed { route: Route::Call(call), shape } = site(&text) else { panic!("{}", outcome(&text)) };
        let Verb::Poll(Poll { seq, transport, .. }) = call.verb else { panic!("{call:?}") };
        assert_eq!((seq, transport, shape.form), (Some(3), Transport::Stream, Form::Upgrading));
        assert!(shape.close, "a refusal ends the connection");
    }

    #[test]
    fn a_handshake_is_refused_by_a_status() {
        let check = |target: &str, headers: &str, expected: &str| {
            let text = request("GET", target, headers, "");
            assert_eq!(outcome(&text), expected, "{target} {headers}");
            assert!(answered(&text).contains("\r\nConnection: close\r\n"), "{target} {headers}");
        };
        let good = format!("/ws?domain=a&ticket={TICKET}");
        check(&good, "", "426 upgrade to a WebSocket of version 13");
        check("/v5/wsocket", "", "426 upgrade to a WebSocket of version 13");
        check("/ws?domain=a&ticket=x", UPGRADE, "404 invalid ticket");
        check("/ws?domain=a", UPGRADE, "400 missing parameter: ticket");
        check(&format!("/ws?domain=b&ticket={TICKET}"), UPGRADE, "404 no client found");
        check(&format!("/ws?ticket={TICKET}"), UPGRADE, "400 missing parameter: domain");
        check(&format!("{good}&seq=x"), UPGRADE, "400 bad parameter: seq");
        check(&format!("{good}&version=5"), UPGRADE, "400 bad parameter: version");
        let closed = format!("/ws?domain=closed&ticket={TICKET}");
        for origin in ["", "Origin: https://other.example\r\n", "Origin: null\r\n"] {
            check(&closed, &format!("{UPGRADE}{origin}"), "403 origin not allowed");
        }
        let ours = format!("{UPGRADE}Origin: https://closed.example\r\n");
        assert_eq!(outcome(&request("GET", &closed, &ours, "")), "call");
        for path in ["/ws", "/v5/wsocket"] {
            assert_eq!(outcome(&request("POST", path, UPGRADE, "")), "405 method not allowed");
            assert_eq!(outcome(&request("OPTIONS", path, UPGRADE, "")), "405 method not allowed");
        }
        assert_eq!(outcome(&request("GET", "/v5/wsocket", UPGRADE, "")), "socket");
    }

    #[test]
    fn texts_of_a_client_acknowledge_and_do_nothing_else() {
        let check = |text: &str, expected: Option<u64>| {
            let expected = expected.map_or(Meaning::Closes(CloseCode::POLICY), Meaning::Acknowledges);
            assert_eq!(meaning(Frame::Text(text), &of(Form::Socket)), expected, "{text}");
            assert_eq!(meaning(Frame::Text(text), &of(Form::V5Socket)), Meaning::Nothing, "{text}");
        };
        check(r#"{"seq":7}"#, Some(7));
        check(" { \"seq\" : 18446744073709551615 }\n", Some(u64::MAX));
        for bad in [
            "",
            "{}",
            "7",
            "[7]",
            r#"{"seq":}"#,
            r#"{"seq":-1}"#,
            r#"{"seq":1.0}"#,
            r#"{"seq":"7"}"#,
            r#"{"seq":18446744073709551616}"#,
            r#"{"seq":7,"a":1}"#,
            r#"{"seq":7}}"#,
            "{seq:7}",
            "heartbeat",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn pongs_acknowledge_on_sockets_of_version_5() {
        let check = |payload: &[u8], expected: Meaning| {
            assert_eq!(meaning(Frame::Pong(payload), &of(Form::V5Socket)), expected, "{payload:?}");
            assert_eq!(meaning(Frame::Pong(payload), &of(Form::Socket)), Meaning::Nothing, "{payload:?}");
        };
        check(&7_u64.to_be_bytes(), Meaning::Acknowledges(7));
        check(b"", Meaning::Nothing);
        check(b"1234567", Meaning::Nothing);
        check(b"123456789", Meaning::Nothing);
    }

    #[test]
    fn a_close_is_answered_with_its_code() {
        for form in [Form::Socket, Form::V5Socket] {
            let check = |code, expected| {
                assert_eq!(meaning(Frame::Close(code), &of(form)), Meaning::Closes(expected));
            };
            check(None, CloseCode::NORMAL);
            check(Some(CloseCode::GOING_AWAY), CloseCode::GOING_AWAY);
        }
    }

    #[test]
    fn a_subscription_names_a_domain_and_a_ticket() {
        let mut closed = DomainConfig::new("closed", "c");
        closed.origins.push("https://closed.example".to_owned());
        let domains = Domains::new(&[DomainConfig::new("a", "k"), closed]);
        let check = |text: &str, origin: Option<&str>, expected: bool| {
            let origin = origin.map(|origin| Arc::new(origin.into()));
            let shape = Shape { origin, ..of(Form::V5Socket) };
            let found = subscription(&text.replace('T', TICKET), &shape, &domains);
            assert_eq!(found.is_some(), expected, "{text}");
            if let Some(Call { verb: Verb::Poll(poll), .. }) = found {
                assert_eq!((poll.seq, poll.transport), (None, Transport::PingedStream));
            }
        };
        check("subscribe a T", None, true);
        check("subscribe  a T\r\n", Some("https://other.example"), true);
        for bad in [
            "",
            "subscribe",
            "subscribe a",
            "subscribe a x",
            "subscribe b T",
            "Subscribe a T",
            "subscribe a T x",
        ] {
            check(bad, None, false);
        }
        check("heartbeat", None, false);
        check("subscribe closed T", None, false);
        check("subscribe closed T", Some("https://other.example"), false);
        check("subscribe closed T", Some("https://closed.example"), true);
    }

    fn delivery(packets: Packets, stopped: Option<Reason>) -> Answer {
        let (session, domain) = (SESSION, DomainId(0));
        Answer::Packets(Delivery {
            session,
            domain,
            packets,
            reader: Reader::V6,
            seq: 7,
            stopped,
            retry_ms: None,
        })
    }

    fn written(form: Form, answer: &Answer) -> Vec<u8> {
        let detail =
            if form == Form::Upgrading { Detail::Word(HEAD[97..125].into()) } else { Detail::default() };
        let (shape, mut out) = (Shape { form, detail, ..Shape::default() }, Vec::new());
        write_answer(&mut out, answer, &shape, BASE_URL, 0);
        out
    }

    const EMPTY: &str = r#"{"status":"ok","messages":[],"presences":[],"statuses":[],"seq":7}"#;

    #[test]
    fn an_empty_delivery_has_a_ping() {
        let text = [&b"\x81\x42"[..], EMPTY.as_bytes(), b"\x89\x00"].concat();
        let empty = delivery(Packets::None, None);
        assert_eq!(written(Form::Socket, &empty), text);
        assert_eq!(written(Form::Upgrading, &empty), [HEAD.as_bytes(), &text].concat());
        assert_eq!(
            written(Form::V5Socket, &empty),
            b"\x89\x08\0\0\0\0\0\0\0\x07",
            "and nothing else in version 5"
        );
    }

    #[test]
    fn a_delivery_is_one_text_and_in_version_5_a_ping_with_its_number() {
        let news = delivery(Packets::One(Packet::status("a", "", "b", "typing")), None);
        let text = written(Form::Socket, &news);
        assert_eq!((text[0], usize::from(text[1])), (0x81, text.len() - 2));
        assert_eq!(written(Form::V5Socket, &news), [&text[..], b"\x89\x08\0\0\0\0\0\0\0\x07"].concat());
    }

    #[test]
    fn what_has_stopped_is_closed() {
        let check = |reason: Reason, code: u16| {
            let stopped = delivery(Packets::None, Some(reason));
            for (form, code) in [(Form::Upgrading, code), (Form::Socket, code), (Form::V5Socket, 1000)] {
                let out = written(form, &stopped);
                assert!(
                    out.ends_with(&[&b"\x88\x02"[..], &code.to_be_bytes()].concat()),
                    "{form:?} {reason:?}"
                );
                assert_eq!(out.starts_with(b"HTTP/1.1 101 "), form == Form::Upgrading);
                let text = String::from_utf8_lossy(&out).into_owned();
                assert!(
                    text.contains(&format!(r#"{{"status":"stopped","reason":"{}","#, reason.word())),
                    "{text}"
                );
                assert!(!out.contains(&0x89), "{text}");
            }
        };
        for reason in [Reason::Offline, Reason::Replaced, Reason::Limit, Reason::Renew] {
            check(reason, 1000);
        }
        check(Reason::Shutdown, 1001);
        check(Reason::Overflow, 1013);
    }

    #[test]
    fn what_is_refused_is_a_status_before_the_answer_to_the_handshake_and_a_code_after_it() {
        let check = |refusal, status: &str, code: u16| {
            let refused = Answer::Refused(refusal);
            let before = String::from_utf8(written(Form::Upgrading, &refused)).unwrap();
            assert!(before.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{before}");
            for form in [Form::Socket, Form::V5Socket] {
                let closed = [&b"\x88\x02"[..], &code.to_be_bytes()].concat();
                assert_eq!(written(form, &refused), closed, "{refusal:?}");
            }
        };
        check(Refusal::NoClient, "404 Not Found", 1008);
        check(Refusal::BadSeq, "400 Bad Request", 1008);
        check(Refusal::TooManyPolls, "429 Too Many Requests", 1013);
        check(Refusal::ShuttingDown, "503 Service Unavailable", 1001);
    }

    #[test]
    fn a_handshake_that_is_answered_leaves_nothing_behind() {
        let mut shape = shape(&request("GET", &format!("/ws?domain=a&ticket={TICKET}"), UPGRADE, ""));
        assert!(shape.proof().is_some() && shape.callback().is_none() && !shape.is_open_socket());
        shape.begin_stream();
        assert_eq!((shape.detail.clone(), shape.form), (Detail::default(), Form::Socket));
        assert!(shape.is_open_socket());
    }
}
