//! Answers: what became of a call, as bytes.
//!
//! Owns: the shapes of answers (and which refusal is which status). Must not: decide anything. An answer is
//! appended to the caller's buffer as a whole, with its length, in one pass; that of a poll, the most
//! frequent one, is packets that were encoded before, strung together.

use serde::Serialize;

use super::refusal;
use super::shape::Shape;
use crate::base::json;
use crate::http::methods::MethodSet;
use crate::http::rejection::Rejection;
use crate::http::response::{self, Cors, Manner, OK_JSON, OK_SCRIPT, OK_TEXT, Open};
use crate::router::call::{Answer, Delivery, JoinedRoom, MemberList, Started, Version};
use crate::router::packet::{Kind, Packet};
use crate::router::profile::Profile;

/// Appends the whole HTTP answer to a call. `poll_url` is the URL of `/packets` that browsers are told; `chance`, any
/// number, spreads those who are refused.
pub fn write_answer(out: &mut Vec<u8>, answer: &Answer, shape: &Shape, poll_url: &str, chance: u32) {
    match answer {
        Answer::Done => with_body(out, OK_TEXT, shape, |out| out.extend_from_slice(b"ok")),
        Answer::Delivered(count) => delivered(out, *count, shape),
        Answer::Online(session) => {
            with_body(out, OK_JSON, shape, |out| started(out, session, shape, poll_url));
        }
        Answer::Onlines(profiles) => onlines(out, profiles, shape),
        Answer::Members(MemberList { room, members }) => with_body(out, OK_JSON, shape, |out| {
            out.push(b'{');
            member(out, room);
            list(out, members, |out, profile| {
                json::write(out, &Member { id: profile.name(), nick: profile.nick() });
            });
            out.push(b'}');
        }),
        Answer::Joined(JoinedRoom { room, members }) => with_body(out, OK_JSON, shape, |out| {
            out.push(b'{');
            member(out, room);
            json::write(out, members);
            out.push(b'}');
        }),
        Answer::Packets(delivery) => packets(out, delivery, shape),
        Answer::Refused(refusal) => write_rejection(out, &refusal::of(*refusal), Some(shape), chance),
    }
}

/// Appends a rejection. Without a `shape` it is of a request that could not be read, and the connection is
/// closed. `chance`, any number, says how much longer than it must be a client is asked to wait.
pub fn write_rejection(out: &mut Vec<u8>, rejection: &Rejection, shape: Option<&Shape>, chance: u32) {
    let cors = if rejection.cross_origin { Cors::Allowed("*") } else { Cors::Off };
    let unread = Manner { close: true, http10: false, head_only: false, cors };
    let manner = shape.map_or(unread, Shape::manner);
    let manner = Manner { close: manner.close || rejection.close, ..manner };
    rejection.spread(chance).write(out, &manner);
}

/// Appends the answer to `OPTIONS` before a call across origins.
pub fn write_preflight(out: &mut Vec<u8>, methods: MethodSet, shape: &Shape) {
    response::write_methods(out, methods, &shape.manner());
}

#[derive(Serialize)]
struct Buddy<'a> {
    name: &'a str,
    nick: &'a str,
    show: &'a str,
    status: &'a str,
}

impl<'a> Buddy<'a> {
    fn of(profile: &'a Profile) -> Buddy<'a> {
        Buddy { name: profile.name(), nick: profile.nick(), show: profile.show(), status: profile.status() }
    }
}

#[derive(Serialize)]
struct Room<'a> {
    name: &'a str,
    total: u32,
}

#[derive(Serialize)]
struct Member<'a> {
    id: &'a str,
    nick: &'a str,
}

fn with_body(out: &mut Vec<u8>, head: &str, shape: &Shape, body: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(head.as_bytes());
    if shape.skipped() > 0 {
        header(out, "X-NextIM-Skipped: ", shape.skipped());
    }
    let open = Open::begin(out, "", &shape.manner());
    body(out);
    open.end(out);
}

fn header(out: &mut Vec<u8>, name: &str, count: u32) {
    out.extend_from_slice(name.as_bytes());
    json::write(out, &count);
    out.extend_from_slice(b"\r\n");
}

fn delivered(out: &mut Vec<u8>, count: u32, shape: &Shape) {
    out.extend_from_slice(OK_TEXT.as_bytes());
    header(out, "X-NextIM-Delivered: ", count);
    with_body(out, "", shape, |out| out.extend_from_slice(b"ok"));
}

fn started(out: &mut Vec<u8>, session: &Started, shape: &Shape, poll_url: &str) {
    out.extend_from_slice(b"{\"ticket\":");
    json::write(out, &session.ticket.text());
    match shape.version {
        Version::Papers => {
            out.extend_from_slice(b",\"buddies\":");
            shows(out, &session.buddies);
            out.extend_from_slice(b",\"roominfo\":");
            object(out, &session.rooms, |out, (room, members)| {
                member(out, room);
                json::write(out, members);
            });
        }
        Version::V3 | Version::V6 => {
            out.extend_from_slice(b",\"rooms\":");
            list(out, &session.rooms, |out, (name, total)| json::write(out, &Room { name, total: *total }));
            out.extend_from_slice(b",\"buddies\":");
            list(out, &session.buddies, |out, profile| json::write(out, &Buddy::of(profile)));
            out.extend_from_slice(b",\"server\":");
            json::write(out, poll_url);
        }
    }
    out.extend_from_slice(b",\"clientnum\":");
    json::write(out, &session.sessions);
    if session.partial {
        out.extend_from_slice(b",\"partial\":true");
    }
    if session.truncated {
        out.extend_from_slice(b",\"truncated\":true");
    }
    if shape.skipped() > 0 {
        out.extend_from_slice(b",\"skipped\":");
        json::write(out, &shape.skipped());
    }
    out.push(b'}');
}

fn onlines(out: &mut Vec<u8>, profiles: &[Profile], shape: &Shape) {
    if shape.as_object {
        return with_body(out, OK_JSON, shape, |out| shows(out, profiles));
    }
    match shape.version {
        Version::Papers => with_body(out, OK_TEXT, shape, |out| {
            separated(out, profiles, |out, profile| out.extend_from_slice(profile.name().as_bytes()));
        }),
        Version::V3 | Version::V6 => with_body(out, OK_JSON, shape, |out| {
            list(out, profiles, |out, profile| json::write(out, &Buddy::of(profile)));
        }),
    }
}

fn packets(out: &mut Vec<u8>, delivery: &Delivery, shape: &Shape) {
    let Some(callback) = shape.callback() else {
        return with_body(out, OK_JSON, shape, |out| poll(out, delivery));
    };
    with_body(out, OK_SCRIPT, shape, |out| {
        // The comment keeps a callback from being the first bytes of a file some other program might take it
        // for.
        out.extend_from_slice(b"/**/");
        out.extend_from_slice(callback.as_bytes());
        out.push(b'(');
        poll(out, delivery);
        out.extend_from_slice(b");");
    });
}

fn poll(out: &mut Vec<u8>, delivery: &Delivery) {
    match delivery.stopped {
        None => out.extend_from_slice(b"{\"status\":\"ok\",\"messages\":"),
        Some(reason) => {
            out.extend_from_slice(b"{\"status\":\"stopped\",\"reason\":\"");
            out.extend_from_slice(reason.word().as_bytes());
            out.extend_from_slice(b"\",\"messages\":");
        }
    }
    let packets = delivery.packets.as_slice();
    let of = |out: &mut Vec<u8>, belongs: fn(&&Packet) -> bool| {
        list(out, packets.iter().filter(belongs), |out, packet| out.extend_from_slice(packet.json()));
    };
    of(out, |packet| matches!(packet.kind(), Kind::Message(_)));
    out.extend_from_slice(b",\"presences\":");
    of(out, |packet| matches!(packet.kind(), Kind::Presence(_)));
    out.extend_from_slice(b",\"statuses\":");
    of(out, |packet| matches!(packet.kind(), Kind::Status));
    out.extend_from_slice(b",\"seq\":");
    json::write(out, &delivery.seq);
    if let Some(retry_ms) = delivery.retry_ms {
        out.extend_from_slice(b",\"retry\":");
        json::write(out, &retry_ms);
    }
    out.push(b'}');
}

/// What each shows, by name.
fn shows(out: &mut Vec<u8>, profiles: &[Profile]) {
    object(out, profiles, |out, profile| {
        member(out, profile.name());
        json::write(out, profile.show());
    });
}

fn member(out: &mut Vec<u8>, name: &str) {
    json::write(out, name);
    out.push(b':');
}

fn object<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, each: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'{');
    separated(out, items, each);
    out.push(b'}');
}

fn list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, each: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    separated(out, items, each);
    out.push(b']');
}

fn separated<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut each: impl FnMut(&mut Vec<u8>, T),
) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        each(out, item);
    }
}

#[cfg(test)]
mod tests {

    use std::num::NonZeroU32;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::shape::Detail;
    use super::*;
    use crate::base::domains::{Audience, DomainId};
    use crate::base::slots::Slot;
    use crate::router::call::{Packets, Reason, Refusal};
    use crate::router::ids::{Place, SessionKey, Ticket};
    use crate::router::packet::{Message, MessageType, PresenceType};

    const SESSION: SessionKey =
        SessionKey { place: Place(0), slot: Slot { index: 0, generation: NonZeroU32::MIN } };

    fn papers() -> Shape {
        Shape::default()
    }

    fn v6() -> Shape {
        Shape { version: Version::V6, ..Shape::default() }
    }

    /// The answer's head and body; its length must be what it says.
    fn answer(answer: &Answer, shape: &Shape) -> (String, String) {
        let mut out = Vec::new();
        write_answer(&mut out, answer, shape, "http://im.example/packets", 0);
        split(out)
    }

    fn split(out: Vec<u8>) -> (String, String) {
        let text = String::from_utf8(out).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())), "{head}");
        assert!(
            head.contains("\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"),
            "{head}"
        );
        (head.to_owned(), body.to_owned())
    }

    #[track_caller]
    fn check_text(given: &Answer, shape: &Shape, expected: &str) {
        let (head, body) = answer(given, shape);
        assert_eq!(body, expected);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"), "{head}");
    }

    #[track_caller]
    fn check_json(given: &Answer, shape: &Shape, expected: &Value) {
        let (head, body) = answer(given, shape);
        assert_eq!(&serde_json::from_str::<Value>(&body).unwrap(), expected);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"), "{head}");
    }

    fn profiles() -> Vec<Profile> {
        vec![Profile::new("al", "A<l", "away", "out"), Profile::new("\"b", "", "chat", "")]
    }

    fn session(partial: bool, truncated: bool) -> Answer {
        let ticket = Ticket { epoch: 1, session: SESSION, secret: [2; 16] };
        let rooms = vec![("r1".into(), 3), ("r2".into(), 0)];
        Answer::Online(Box::new(Started {
            ticket,
            sessions: 2,
            buddies: profiles(),
            rooms,
            partial,
            truncated,
        }))
    }

    #[test]
    fn done_is_ok() {
        check_text(&Answer::Done, &papers(), "ok");
        check_text(&Answer::Delivered(12), &v6(), "ok");
        let (head, _) = answer(&Answer::Delivered(12), &papers());
        assert!(head.contains("\r\nX-NextIM-Delivered: 12\r\n"), "{head}");
    }

    #[test]
    fn a_session_is_told_in_three_shapes() {
        let ticket = Ticket { epoch: 1, session: SESSION, secret: [2; 16] }.text();
        check_json(
            &session(false, false),
            &papers(),
            &json!({"ticket": ticket, "buddies": {"al": "away", "\"b": "chat"}, "roominfo": {"r1": 3, "r2": 0},
                    "clientnum": 2}),
        );
        let mut listed = json!({"ticket": ticket, "server": "http://im.example/packets", "clientnum": 2,
            "rooms": [{"name": "r1", "total": 3}, {"name": "r2", "total": 0}],
            "buddies": [{"name": "al", "nick": "A<l", "show": "away", "status": "out"},
                        {"name": "\"b", "nick": "", "show": "chat", "status": ""}]});
        check_json(&session(false, false), &Shape { version: Version::V3, ..papers() }, &listed);
        listed["partial"] = true.into();
        listed["truncated"] = true.into();
        check_json(&session(true, true), &v6(), &listed);
    }

    #[test]
    fn skipped_entries_are_counted_in_a_header_and_where_a_session_is_started() {
        let skipped = |count| Shape { detail: Detail::Skipped(count), ..papers() };
        let onlines = Answer::Onlines(profiles());
        for done in [&Answer::Done, &onlines, &session(true, true)] {
            let (head, _) = answer(done, &skipped(12));
            assert!(head.contains("\r\nX-NextIM-Skipped: 12\r\n"), "{head}");
            let (head, body) = answer(done, &papers());
            assert!(!head.contains("Skipped") && !body.contains("skipped"), "{head} {body}");
        }
        assert!(answer(&session(true, true), &skipped(3)).1.ends_with(r#","truncated":true,"skipped":3}"#));
        let (head, _) = answer(&Answer::Refused(Refusal::Late), &skipped(3));
        assert!(!head.contains("Skipped"), "{head}");
    }

    #[test]
    fn those_online_are_told_in_three_shapes() {
        let two = Answer::Onlines(profiles());
        check_text(&two, &papers(), "al,\"b");
        check_text(&Answer::Onlines(vec![]), &papers(), "");
        check_json(
            &two,
            &v6(),
            &json!([{"name": "al", "nick": "A<l", "show": "away", "status": "out"},
                    {"name": "\"b", "nick": "", "show": "chat", "status": ""}]),
        );
        let as_object = Shape { as_object: true, ..v6() };
        check_json(&two, &as_object, &json!({"al": "away", "\"b": "chat"}));
        check_json(&Answer::Onlines(vec![]), &as_object, &json!({}));
    }

    #[test]
    fn members_are_told_or_counted() {
        let members = Answer::Members(MemberList { room: "r\"".into(), members: profiles() });
        check_json(
            &members,
            &papers(),
            &json!({"r\"": [{"id": "al", "nick": "A<l"}, {"id": "\"b", "nick": ""}]}),
        );
        check_json(
            &Answer::Joined(JoinedRoom { room: "r\"".into(), members: 2 }),
            &papers(),
            &json!({"r\"": 2}),
        );
        assert!(answer(&members, &v6()).1.contains("\\u003c"), "safe in a script");
    }

    fn some_packets() -> Vec<Packet> {
        let message = |body| Message {
            from: "a",
            nick: "",
            to: "b",
            timestamp: "1",
            kind: MessageType::Unicast,
            body,
            style: "",
            id: "",
        };
        vec![
            Packet::message(&message("one")),
            Packet::presence(PresenceType::Online, &profiles()[0]),
            Packet::status("a", "", "b", "typing"),
            Packet::message(&message("two")),
        ]
    }

    fn delivery(packets: Packets) -> Delivery {
        Delivery { session: SESSION, domain: DomainId(0), packets, seq: 7, stopped: None, retry_ms: None }
    }

    fn json_of(packet: &Packet) -> Value {
        serde_json::from_slice(packet.json()).unwrap()
    }

    #[test]
    fn packets_are_told_by_kind_in_order() {
        let empty = json!({"status": "ok", "messages": [], "presences": [], "statuses": [], "seq": 7});
        check_json(&Answer::Packets(delivery(Packets::None)), &papers(), &empty);
        let all = some_packets();
        let mut expected = empty.clone();
        expected["messages"] = json!([json_of(&all[0])]);
        check_json(&Answer::Packets(delivery(Packets::One(all[0].clone()))), &papers(), &expected);
        expected["messages"] = json!([json_of(&all[0]), json_of(&all[3])]);
        expected["presences"] = json!([json_of(&all[1])]);
        expected["statuses"] = json!([json_of(&all[2])]);
        check_json(&Answer::Packets(delivery(Packets::Many(all))), &v6(), &expected);

        let stopped =
            Delivery { stopped: Some(Reason::Shutdown), retry_ms: Some(2_500), ..delivery(Packets::None) };
        let mut expected = empty;
        expected["status"] = "stopped".into();
        expected["reason"] = "shutdown".into();
        expected["retry"] = 2_500.into();
        check_json(&Answer::Packets(stopped), &papers(), &expected);
    }

    #[test]
    fn packets_are_told_in_a_call() {
        let shape = Shape {
            cross_origin: true,
            detail: Detail::Callback("$cb.a".into()),
            ..papers().read_by(Audience::Anybody)
        };
        let (head, body) = answer(&Answer::Packets(delivery(Packets::None)), &shape);
        assert_eq!(body, r#"/**/$cb.a({"status":"ok","messages":[],"presences":[],"statuses":[],"seq":7});"#);
        assert!(
            head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/javascript; charset=utf-8\r\n")
        );
        assert!(head.contains("\r\nAccess-Control-Allow-Origin: *\r\nVary: Origin\r\n"), "{head}");
    }

    #[test]
    fn refusals_are_statuses() {
        let check = |refusal, status: &str, body: &str, retry: bool| {
            let shape = Shape { detail: Detail::Callback("cb".into()), cross_origin: true, ..papers() };
            let (head, found) = answer(&Answer::Refused(refusal), &shape);
            assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\nContent-Type: text/plain;")), "{head}");
            assert_eq!((&*found, head.contains("\r\nRetry-After: ")), (body, retry), "{head}");
            assert!(head.contains("Access-Control-Expose-Headers: Retry-After\r\n"), "{head}");
        };
        check(Refusal::NoClient, "404 Not Found", "no client found", false);
        check(Refusal::BadSeq, "400 Bad Request", "bad parameter: seq", false);
        check(Refusal::TooManyUsers, "429 Too Many Requests", "too many users", true);
        check(Refusal::TooManyRooms, "429 Too Many Requests", "too many rooms", true);
        check(Refusal::TooManyPolls, "429 Too Many Requests", "too many polls", true);
        check(Refusal::ReceiverFull, "503 Service Unavailable", "receiver cannot take more", true);
        check(Refusal::Overloaded, "503 Service Unavailable", "server busy", true);
        check(Refusal::Late, "503 Service Unavailable", "not answered in time", true);
        check(Refusal::ShuttingDown, "503 Service Unavailable", "shutting down", true);
    }

    #[test]
    fn what_could_not_be_read_is_answered_and_closed() {
        let check = |rejection: Rejection, shape: Option<&Shape>, headers: &[&str]| {
            let mut out = Vec::new();
            write_rejection(&mut out, &rejection, shape, 0);
            let (head, _) = split(out);
            for header in ["Connection: close", "Access-Control-Allow-Origin: *"] {
                assert_eq!(head.contains(header), headers.contains(&header), "{head}");
            }
        };
        check(Rejection::malformed(), None, &["Connection: close"]);
        check(Rejection::not_found(), None, &["Connection: close"]);
        check(Rejection::timed_out(), Some(&papers()), &["Connection: close"]);
        check(Rejection::not_found(), Some(&papers()), &[]);
        let polled = Rejection::head_too_large().with_cross_origin(true);
        check(polled, None, &["Connection: close", "Access-Control-Allow-Origin: *"]);
        let open = Shape { cross_origin: true, ..papers().read_by(Audience::Anybody) };
        check(Rejection::unavailable("late", 1), Some(&open), &["Access-Control-Allow-Origin: *"]);
    }

    proptest! {
        #[test]
        fn whatever_is_said_the_answer_is_json(
            name in "[^,\0]{1,20}", nick in any::<String>(), status in any::<String>(), lists in any::<bool>(),
        ) {
            let profile = Profile::new(&name, &nick, "away", &status);
            let shape = if lists { v6() } else { Shape { as_object: true, ..papers() } };
            let (_, body) = answer(&Answer::Onlines(vec![profile]), &shape);
            let closes = body.contains(['<', '\u{2028}', '\u{2029}']);
            prop_assert!(!closes, "not safe in a script");
            let found: Value = serde_json::from_str(&body).unwrap();
            if lists {
                prop_assert_eq!(found, json!([{"name": name, "nick": nick, "show": "away", "status": status}]));
            } else {
                prop_assert_eq!(found, json!({name: "away"}));
            }
        }
    }
}
