//! Calls: what requests are parsed as.
//!
//! Owns: what holds for every checked call, from any client. Must not: carry one out.

use std::collections::BTreeMap;

use crate::api::{
    Context, Route, Routed, Shape, policy, route, write_notice, write_preflight, write_rejection,
};
use crate::base::domains::{DomainConfig, Domains};
use crate::base::limits::chat::{
    ID_BYTES_MAX, NAME_BYTES_MAX, NICK_BYTES_MAX, OBJECT_BYTES_MAX, ROOM_BYTES_MAX, SHOW_BYTES_MAX,
    SIGNAL_NAME_BYTES_MAX, STATUS_BYTES_MAX, STYLE_BYTES_MAX, TIMESTAMP_BYTES_MAX,
};
use crate::http::parser::{Parsed, Partial, parse};
use crate::http::request::Request;
use crate::router::call::{
    BuddyRemoval, Looks, MembersQuery, NewMessage, NewSignal, OnlinesQuery, RoomCall, Show, Speaker, Subject,
    Text, Typing, Verb,
};
use crate::router::packet::MessageType;
use serde::de::IgnoredAny;

use super::limits::LIMITS;

/// Paths, and how the parameters come.
const PATHS: [&str; 12] = [
    "/presences/online",
    "/presences/offline",
    "/presences/show",
    "/statuses",
    "/messages",
    "/onlines",
    "/room/members",
    "/room/join",
    "/room/leave",
    "/buddies/remove",
    "/packets",
    "/signals",
];
/// The same of version 5, with their methods.
const V5_PATHS: [(&str, &str); 13] = [
    ("POST", "/v5/presences/online"),
    ("POST", "/v5/presences/offline"),
    ("POST", "/v5/presences/show"),
    ("GET", "/v5/presences"),
    ("POST", "/v5/statuses"),
    ("POST", "/v5/messages"),
    ("GET", "/v5/rooms/%e7%be%a4/1/members"),
    ("POST", "/v5/rooms/%/join"),
    ("POST", "/v5/rooms//leave"),
    ("GET", "/v5/group/members"),
    ("POST", "/v5/group/join"),
    ("POST", "/v5/group/leave"),
    ("GET", "/v5/packets"),
];
/// In the query, in a form and in JSON.
const WAYS: usize = 3;
/// Everything a head of an answer may say that is not a file.
const HEADERS: [&str; 15] = [
    "Accept-Post",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Allow",
    "Cache-Control",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Retry-After",
    "Sec-WebSocket-Version",
    "Upgrade",
    "Vary",
];
/// The same, of names that need not be looked at.
const MORE_HEADERS: [&str; 2] = ["WWW-Authenticate", "X-Content-Type-Options"];

/// Any parameters are a call that is within all limits, or are refused. The first byte says which call it is and
/// whether the rest is a query, a form or JSON.
pub fn call(data: &[u8]) {
    let Some((choice, params)) = data.split_first() else { return };
    let (method, path, way) = chosen(usize::from(*choice));
    let credentials = "domain=a&apikey=k";
    let input = match way {
        0 => {
            let Ok(query) = std::str::from_utf8(params) else { return };
            format!("{method} {path}?{credentials}&{query} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
        }
        way => {
            let kind = ["application/x-www-form-urlencoded", "application/json"][way - 1];
            let head = format!(
                "{method} {path}?{credentials} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
                params.len()
            );
            [head.as_bytes(), params].concat()
        }
    };
    let mut scratch = Vec::new();
    if let Parsed::Complete { request, .. } =
        parse(&input, &mut Partial::default(), &mut scratch, &policy(&LIMITS))
    {
        is_routed(&request);
    }
}

/// The method, the path, and how the parameters come.
fn chosen(choice: usize) -> (&'static str, &'static str, usize) {
    match choice.checked_sub(WAYS * PATHS.len()) {
        None => ("POST", PATHS[choice % PATHS.len()], choice / PATHS.len()),
        Some(choice) => {
            let (method, path) = V5_PATHS[choice % V5_PATHS.len()];
            (method, path, choice / V5_PATHS.len() % WAYS)
        }
    }
}

/// What a request is taken for is sound.
pub(super) fn is_routed(request: &Request<'_>) {
    let mut closed = DomainConfig::new("closed", "c");
    closed.origins.push("https://closed.example".to_owned());
    let domains = Domains::new(&[DomainConfig::new("a", "k"), closed]);
    let context = Context {
        domains: &domains,
        limits: &LIMITS,
        is_put_off: &|_, _| false,
        wall_ms: || 1_700_000_000_000,
        now_ms: 0,
        secret: [9; 16],
    };
    let mut answer = Vec::new();
    let Routed { route, shape } = route(request, &context);
    match route {
        Route::Call(call) => {
            is_sound(&call.verb);
            assert!(call.clone().into_owned() == call);
            assert!(shape.callback().is_none() || shape.cross_origin);
        }
        Route::Refused(rejection) => {
            write_rejection(&mut answer, &rejection, Some(&shape), 0);
            is_an_answer(&answer, &shape, request.path.starts_with("/v5/"));
        }
        Route::Preflight(methods) => write_preflight(&mut answer, methods, &shape),
        Route::Asset(_) => {}
        Route::Postponed(_) => unreachable!("nothing was used"),
        Route::Upgrade(proof) => assert!(request.path == "/v5/wsocket" && proof.len() == 28),
        Route::Notice(notice) => {
            assert!(["*", "/", "/health"].contains(&request.path));
            write_notice(&mut answer, notice, &shape);
            assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
            assert!(!shape.head_only || answer.ends_with(b"\r\n\r\n"));
        }
    }
}

/// A head of known headers only, and the body it announces: an error, in an object if `is_json`.
fn is_an_answer(answer: &[u8], shape: &Shape, is_json: bool) {
    let answer = std::str::from_utf8(answer).expect("answers are UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head ends");
    let mut lines = head.split("\r\n");
    assert!(lines.next().is_some_and(|line| line.starts_with("HTTP/1.1 4")));
    let headers: Vec<(&str, &str)> =
        lines.map(|line| line.split_once(": ").expect("a header has a name")).collect();
    let value = |name: &str| headers.iter().find(|(have, _)| *have == name).map(|(_, value)| *value);
    assert!(headers.iter().all(|(name, _)| HEADERS.contains(name) || MORE_HEADERS.contains(name)), "{head}");
    assert_eq!(value("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(
        value("Content-Type"),
        Some(if is_json { "application/json" } else { "text/plain; charset=utf-8" })
    );
    let announced: Option<usize> = value("Content-Length").and_then(|length| length.parse().ok());
    assert!(shape.head_only && body.is_empty() || announced == Some(body.len()));
    let text = if is_json && !shape.head_only {
        let inner = body.strip_prefix(r#"{"status":"error","message":""#).expect("an object");
        inner.strip_suffix(r#""}"#).expect("an object ends")
    } else {
        body
    };
    assert!(!text.contains(['<', '>', '&', '"', '\n']), "{body}");
}

fn is_sound(verb: &Verb<'_>) {
    match verb {
        Verb::Online(online) => {
            is_name(&online.name, NAME_BYTES_MAX);
            are_looks(&online.looks);
            are_names(&online.buddies, LIMITS.buddies_per_call, NAME_BYTES_MAX);
            are_names(&online.rooms, LIMITS.rooms_per_call, ROOM_BYTES_MAX);
            assert!(!online.buddies.contains(&online.name));
        }
        Verb::Offline(subject) => is_subject(subject),
        Verb::Show(Show { subject, looks }) => {
            is_subject(subject);
            are_looks(looks);
        }
        Verb::Status(Typing { ticket: _, to, kind, nick, show }) => {
            is_name(to, NAME_BYTES_MAX.max(ROOM_BYTES_MAX));
            assert_ne!(*kind, MessageType::Broadcast);
            is_short(nick.as_ref(), NICK_BYTES_MAX);
            is_short(Some(show), SHOW_BYTES_MAX);
        }
        Verb::Message(say) => is_said(say),
        Verb::Signal(signal) => is_signalled(signal),
        Verb::Onlines(OnlinesQuery { ticket: _, names }) => are_names(names, usize::MAX, NAME_BYTES_MAX),
        Verb::Members(MembersQuery { ticket: _, room }) => is_name(room, ROOM_BYTES_MAX),
        Verb::Join(RoomCall { subject, room, nick }) | Verb::Leave(RoomCall { subject, room, nick }) => {
            is_subject(subject);
            is_name(room, ROOM_BYTES_MAX);
            is_short(nick.as_ref(), NICK_BYTES_MAX);
        }
        Verb::RemoveBuddies(BuddyRemoval { name, buddies }) => {
            is_name(name, NAME_BYTES_MAX);
            are_names(buddies, LIMITS.buddies_per_call, NAME_BYTES_MAX);
            assert!(!buddies.contains(name));
        }
        Verb::Poll(_) | Verb::Ack(_) | Verb::End(_) => {}
    }
}

fn is_said(say: &NewMessage<'_>) {
    match &say.speaker {
        Speaker::Ticket(_) => assert!(say.beside.is_none()),
        Speaker::Site(name) => is_name(name, NAME_BYTES_MAX),
    }
    match say.kind {
        MessageType::Unicast | MessageType::Multicast => is_name(&say.to, NAME_BYTES_MAX.max(ROOM_BYTES_MAX)),
        MessageType::Broadcast => assert!(say.to.is_empty()),
    }
    is_short(say.nick.as_ref(), NICK_BYTES_MAX);
    is_short(Some(&say.body), LIMITS.message_bytes);
    is_short(say.id.as_ref(), ID_BYTES_MAX);
    is_short(Some(&say.timestamp), TIMESTAMP_BYTES_MAX);
    is_object(say.meta.as_ref());
    assert!(say.style.len() <= STYLE_BYTES_MAX && !say.style.contains('\0'));
}

fn is_signalled(signal: &NewSignal<'_>) {
    if let Speaker::Site(name) = &signal.speaker {
        is_name(name, NAME_BYTES_MAX);
    }
    is_name(&signal.to, NAME_BYTES_MAX.max(ROOM_BYTES_MAX));
    assert_ne!(signal.kind, MessageType::Broadcast);
    is_short(Some(&signal.name), SIGNAL_NAME_BYTES_MAX);
    is_object(Some(&signal.data));
    assert!(signal.key.as_ref().is_none_or(|key| key.len() <= OBJECT_BYTES_MAX && !key.contains('\0')));
}

/// An object that a strict parser reads, too.
fn is_object(json: Option<&Text<'_>>) {
    is_short(json, OBJECT_BYTES_MAX);
    if let Some(json) = json {
        assert!(serde_json::from_str::<BTreeMap<String, Option<IgnoredAny>>>(json).is_ok(), "{json:?}");
    }
}

fn is_subject(subject: &Subject<'_>) {
    match subject {
        Subject::Ticket(_) => {}
        Subject::Name(name) => is_name(name, NAME_BYTES_MAX),
    }
}

fn are_looks(looks: &Looks<'_>) {
    is_short(looks.nick.as_ref(), NICK_BYTES_MAX);
    is_short(looks.show.as_ref(), SHOW_BYTES_MAX);
    let status = looks.status.as_deref().unwrap_or_default();
    assert!(status.len() <= STATUS_BYTES_MAX && !status.contains('\0'));
}

fn are_names(names: &[Text<'_>], count_max: usize, bytes_max: usize) {
    assert!(names.len() <= count_max);
    for name in names {
        is_name(name, bytes_max);
    }
    let mut sorted = names.to_vec();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), names.len(), "no name is there twice");
}

fn is_name(name: &str, bytes_max: usize) {
    assert!(!name.is_empty() && name.len() <= bytes_max && !name.starts_with("xmpp:"), "{name:?}");
    assert!(!name.contains(',') && !name.chars().any(char::is_control), "{name:?}");
}

/// A text that is not empty, if it is there.
fn is_short(text: Option<&Text<'_>>, bytes_max: usize) {
    if let Some(text) = text {
        assert!(!text.is_empty() && text.len() <= bytes_max && !text.contains('\0'), "{text:?}");
    }
}
