//! Answers: the results of calls, as bytes.
//!
//! Owns: which part writes which answer: `delivery` those of polls, `dialect` those that differ between versions. Must
//! not: match on a version. An answer is appended to the caller's buffer as a whole, in one pass.

use super::delivery;
use super::dialect;
use super::parts;
use super::refusal;
use super::reply::Reply;
use super::shape::{Form, Shape};
use super::socket;
use super::stream;
use crate::http::methods::MethodSet;
use crate::http::rejection::{ErrorForm, Rejection};
use crate::http::response::{self, Cors, Manner};
use crate::router::call::{Answer, Delivery, OnlineUsers};

/// Appends the whole HTTP answer to a call. The paths for browsers are below `base_url`. `chance`, any number, spreads
/// refused clients.
pub fn write_answer(out: &mut Vec<u8>, answer: &Answer, shape: &Shape, base_url: &str, chance: u32) {
    let (reply, dialect) = (Reply::new(out, shape), dialect::of(shape.version));
    match answer {
        Answer::Done => dialect.done(reply),
        Answer::Delivered(receivers) => dialect.done(reply.with_receivers(*receivers)),
        Answer::Online(session) => {
            dialect.online(reply, session, session.server.as_deref().unwrap_or(base_url));
        }
        Answer::Onlines(OnlineUsers { users, partial }) if shape.form == Form::Object => {
            reply.with_partial(*partial).json(|out| parts::shows(out, users));
        }
        Answer::Onlines(OnlineUsers { users, partial }) => {
            dialect.onlines(reply.with_partial(*partial), users);
        }
        Answer::Members(list) => dialect.members(reply.with_partial(list.partial), list),
        Answer::Joined(joined) => dialect.joined(reply, joined),
        Answer::Packets(delivery) if shape.is_socket() => socket::write(out, delivery, shape),
        Answer::Packets(delivery) if shape.is_stream() => stream::write(out, delivery, shape),
        Answer::Packets(delivery) => packets(reply, delivery, shape.callback()),
        Answer::Refused(refusal) if shape.is_open_socket() => socket::write_refusal(out, *refusal),
        Answer::Refused(refusal) => write_rejection(out, &refusal::of(*refusal), Some(shape), chance),
    }
}

/// Appends a rejection. Without a `shape` it answers a request that was not understood, and the connection is closed.
/// `chance`, any number, decides how much longer than necessary the client is asked to wait.
pub(crate) fn write_rejection(out: &mut Vec<u8>, rejection: &Rejection, shape: Option<&Shape>, chance: u32) {
    let cors = if rejection.cross_origin { Cors::Allowed("*") } else { Cors::Off };
    let unread = Manner { close: true, http10: false, head_only: false, cors };
    let manner = shape.map_or(unread, Shape::manner);
    let manner = Manner { close: manner.close || rejection.close, ..manner };
    let form = shape.map_or(ErrorForm::Text, |shape| refusal::form(shape.version));
    rejection.spread(chance).write(out, &manner, form);
}

/// Appends the answer to `OPTIONS` before a call across origins.
pub(crate) fn write_preflight(out: &mut Vec<u8>, methods: MethodSet, shape: &Shape) {
    response::write_methods(out, methods, &shape.manner());
}

fn packets(reply: Reply<'_>, delivery: &Delivery, callback: Option<&str>) {
    let Some(callback) = callback else { return reply.json(|out| delivery::write(out, delivery)) };
    reply.script(|out| {
        // With a comment first the callback is not the beginning of a file that another program would run.
        out.extend_from_slice(b"/**/");
        out.extend_from_slice(callback.as_bytes());
        out.push(b'(');
        delivery::write(out, delivery);
        out.extend_from_slice(b");");
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::shape::Detail;
    use super::super::testing::{SESSION, check_json, check_text, online, session, split, users, written};
    use super::*;
    use crate::base::domains::{Audience, DomainId};
    use crate::router::call::{JoinedRoom, MemberList, Packets, Reason, Receivers, Refusal, Version};
    use crate::router::packet::{Message, MessageType, Packet, PresenceType, Reader};
    use crate::router::profile::Profile;

    fn v6() -> Shape {
        Shape { version: Version::V6, ..Shape::default() }
    }

    #[test]
    fn done_is_ok() {
        check_text(&Answer::Done, &Shape::default(), "ok");
        let receivers = Receivers { sessions: 12, visible: 3, partial: false };
        check_text(&Answer::Delivered(receivers), &v6(), "ok");
        let (head, _) = written(&Answer::Delivered(receivers), &Shape::default());
        assert!(head.contains("\r\nX-NextIM-Delivered: 12\r\nX-NextIM-Visible: 3\r\n"), "{head}");
    }

    #[test]
    fn what_some_owner_did_not_report_is_marked() {
        let members = |partial| Answer::Members(MemberList { room: "r".into(), members: users(), partial });
        let onlines = |partial| Answer::Onlines(OnlineUsers { users: users(), partial });
        let delivered = |partial| Answer::Delivered(Receivers { partial, ..Receivers::default() });
        for version in [Version::Papers, Version::V3, Version::V6] {
            for form in [Form::Usual, Form::Object] {
                let shape = Shape { version, form, ..Shape::default() };
                for (answer, partial) in [false, true].into_iter().flat_map(|partial| {
                    [members(partial), onlines(partial), delivered(partial)].map(|answer| (answer, partial))
                }) {
                    let (head, _) = written(&answer, &shape);
                    assert_eq!(head.contains("\r\nX-NextIM-Partial: 1"), partial, "{head}");
                }
            }
        }
    }

    #[test]
    fn skipped_entries_are_counted_in_a_header_and_in_the_answer_with_a_session() {
        let skipped = |count| Shape { detail: Detail::Skipped(count), ..Shape::default() };
        let onlines = online(users());
        for done in [&Answer::Done, &onlines, &session(true, true)] {
            let (head, _) = written(done, &skipped(12));
            assert!(head.contains("\r\nX-NextIM-Skipped: 12\r\n"), "{head}");
            let (head, body) = written(done, &Shape::default());
            assert!(!head.contains("Skipped") && !body.contains("skipped"), "{head} {body}");
        }
        assert!(written(&session(true, true), &skipped(3)).1.ends_with(r#","truncated":true,"skipped":3}"#));
        let (head, _) = written(&Answer::Refused(Refusal::Late), &skipped(3));
        assert!(!head.contains("Skipped"), "{head}");
    }

    #[test]
    fn online_users_are_an_object_if_asked_for() {
        for version in [Version::Papers, Version::V3, Version::V6] {
            let as_object = Shape { version, form: Form::Object, ..Shape::default() };
            check_json(&online(users()), &as_object, &json!({"al": "away", "\"b": "chat"}));
            check_json(&online(vec![]), &as_object, &json!({}));
        }
    }

    #[test]
    fn members_are_listed_or_counted() {
        let members = Answer::Members(MemberList { room: "r\"".into(), members: users(), partial: false });
        check_json(
            &members,
            &Shape::default(),
            &json!({"r\"": [{"id": "al", "nick": "A<l"}, {"id": "\"b", "nick": ""}]}),
        );
        check_json(
            &Answer::Joined(JoinedRoom { room: "r\"".into(), members: 2 }),
            &Shape::default(),
            &json!({"r\"": 2}),
        );
        assert!(written(&members, &v6()).1.contains("\\u003c"), "safe in a script");
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
            meta: None,
        };
        vec![
            Packet::message(&message("one")),
            Packet::presence(PresenceType::Online, &users()[0]),
            Packet::status("a", "", "b", "typing"),
            Packet::message(&message("two")),
        ]
    }

    fn delivery(packets: Packets) -> Delivery {
        let (session, domain) = (SESSION, DomainId(0));
        Delivery { session, domain, packets, reader: Reader::V6, seq: 7, stopped: None, retry_ms: None }
    }

    fn json_of(packet: &Packet) -> Value {
        serde_json::from_slice(packet.json()).unwrap()
    }

    #[test]
    fn packets_are_listed_by_kind_in_order() {
        let empty = json!({"status": "ok", "messages": [], "presences": [], "statuses": [], "seq": 7});
        check_json(&Answer::Packets(delivery(Packets::None)), &Shape::default(), &empty);
        let all = some_packets();
        let mut expected = empty.clone();
        expected["messages"] = json!([json_of(&all[0])]);
        check_json(&Answer::Packets(delivery(Packets::One(all[0].clone()))), &Shape::default(), &expected);
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
        check_json(&Answer::Packets(stopped), &Shape::default(), &expected);
    }

    #[test]
    fn packets_are_arguments_of_a_callback() {
        let shape = Shape {
            cross_origin: true,
            detail: Detail::Word("$cb.a".into()),
            ..Shape::default().read_by(Audience::Anybody)
        };
        let (head, body) = written(&Answer::Packets(delivery(Packets::None)), &shape);
        assert_eq!(body, r#"/**/$cb.a({"status":"ok","messages":[],"presences":[],"statuses":[],"seq":7});"#);
        assert!(
            head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/javascript; charset=utf-8\r\n")
        );
        assert!(head.contains("\r\nAccess-Control-Allow-Origin: *\r\nVary: Origin\r\n"), "{head}");
    }

    #[test]
    fn refusals_are_statuses() {
        let check = |refusal, status: &str, body: &str, retry: bool| {
            let shape = Shape { detail: Detail::Word("cb".into()), cross_origin: true, ..Shape::default() };
            let (head, found) = written(&Answer::Refused(refusal), &shape);
            assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\nContent-Type: text/plain;")), "{head}");
            assert_eq!((&*found, head.contains("\r\nRetry-After: ")), (body, retry), "{head}");
            assert!(head.contains("Access-Control-Expose-Headers: Retry-After\r\n"), "{head}");
        };
        check(Refusal::NoClient, "404 Not Found", "no client found", false);
        check(Refusal::BadSeq, "400 Bad Request", "bad parameter: seq", false);
        check(Refusal::TooManyUsers, "429 Too Many Requests", "too many users", true);
        check(Refusal::TooManySessions, "429 Too Many Requests", "too many sessions", true);
        check(Refusal::TooManyRooms, "429 Too Many Requests", "too many rooms", true);
        check(Refusal::TooManyPolls, "429 Too Many Requests", "too many polls", true);
        check(Refusal::ReceiverFull, "503 Service Unavailable", "receiver cannot take more", true);
        check(Refusal::Overloaded, "503 Service Unavailable", "server busy", true);
        check(Refusal::Late, "503 Service Unavailable", "not answered in time", true);
        check(Refusal::ShuttingDown, "503 Service Unavailable", "shutting down", true);
    }

    #[test]
    fn a_request_that_is_not_understood_is_answered_and_closed() {
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
        check(Rejection::timed_out(), Some(&Shape::default()), &["Connection: close"]);
        check(Rejection::not_found(), Some(&Shape::default()), &[]);
        let polled = Rejection::head_too_large().with_cross_origin(true);
        check(polled, None, &["Connection: close", "Access-Control-Allow-Origin: *"]);
        let open = Shape { cross_origin: true, ..Shape::default().read_by(Audience::Anybody) };
        check(Rejection::unavailable("late", 1), Some(&open), &["Access-Control-Allow-Origin: *"]);
    }

    proptest! {
        #[test]
        fn answers_with_any_texts_are_json(
            name in "[^,\0]{1,20}", nick in any::<String>(), status in any::<String>(), lists in any::<bool>(),
        ) {
            let profile = Profile::new(&name, &nick, "away", &status);
            let shape = if lists { v6() } else { Shape { form: Form::Object, ..Shape::default() } };
            let (_, body) = written(&online(vec![profile]), &shape);
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
