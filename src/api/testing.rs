//! The common part of the tests in this folder.
//!
//! Owns: two sites, requests to them, and answers. Must not: be imported outside of tests.

use std::num::NonZeroU32;

use serde_json::Value;

use super::answer::{write_answer, write_preflight, write_rejection};
use super::assets::write_asset;
use super::context::Context;
use super::endpoint::policy;
use super::notices::write_notice;
use super::route::{Route, Routed, route};
use super::shape::Shape;
use crate::base::domains::{DomainConfig, Domains};
use crate::base::limits::Limits;
use crate::base::slots::Slot;
use crate::http::parser::{Parsed, Partial, parse};
use crate::router::call::{Answer, OnlineUsers, Started, Verb};
use crate::router::ids::{Place, SessionKey, Ticket};
use crate::router::profile::Profile;

/// A well-formed ticket.
pub(super) const TICKET: &str = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
/// The server's time in tests.
pub(super) const WALL_MS: u64 = 1_700_000_000_000;
/// Limits that short requests reach.
const LIMITS: Limits =
    Limits { message_bytes: 20, buddies_per_call: 3, rooms_per_call: 2, ..Limits::DEFAULT };

/// The text of a request.
pub(super) fn request(method: &str, target: &str, headers: &str, body: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// The route of a request, on a server with the domains `a` (key `k`) and `closed` (key `c`, one origin).
pub(super) fn site(text: &str) -> Routed<'_> {
    let mut closed = DomainConfig::new("closed", "c");
    closed.origins.push("https://closed.example".to_owned());
    let domains = Domains::new(&[DomainConfig::new("a", "k"), closed]);
    let limits = &LIMITS;
    let context = Context {
        domains: &domains,
        limits,
        is_put_off: &|_, _| false,
        wall_ms: || WALL_MS,
        now_ms: 0,
        secret: [9; 16],
    };
    let scratch = Box::leak(Box::default());
    match parse(text.as_bytes(), &mut Partial::default(), scratch, &policy(&LIMITS)) {
        Parsed::Complete { request, bytes } if bytes == text.len() => route(&request, &context),
        Parsed::Complete { .. } | Parsed::Incomplete | Parsed::Rejected(_) => panic!("one request: {text:?}"),
    }
}

/// The route of a request, in a few words.
pub(super) fn outcome(text: &str) -> String {
    match site(text).route {
        Route::Call(_) => "call".to_owned(),
        Route::Preflight(_) => "methods".to_owned(),
        Route::Asset(_) => "asset".to_owned(),
        Route::Postponed(_) => "postponed".to_owned(),
        Route::Notice(_) => "notice".to_owned(),
        Route::Upgrade(_) => "socket".to_owned(),
        Route::Refused(rejection) => {
            let (text, name) = rejection.text();
            format!("{} {text}{name}", rejection.status)
        }
    }
}

/// The shape of the answer to a request.
pub(super) fn shape(text: &str) -> Shape {
    site(text).shape
}

/// The answer to a request that is not a call.
pub(super) fn answered(text: &str) -> String {
    let mut out = Vec::new();
    let Routed { route, shape } = site(text);
    match route {
        Route::Call(call) => panic!("{call:?}"),
        Route::Postponed(_) => panic!("no call is put off here"),
        Route::Upgrade(_) => panic!("a socket is answered by its shard"),
        Route::Preflight(methods) => write_preflight(&mut out, methods, &shape),
        Route::Asset(selected) => {
            let body = write_asset(&mut out, &selected, &shape);
            out.extend_from_slice(body);
        }
        Route::Notice(notice) => write_notice(&mut out, notice, &shape),
        Route::Refused(rejection) => write_rejection(&mut out, &rejection, Some(&shape), 0),
    }
    String::from_utf8(out).unwrap()
}

/// The call of the site `a` with these parameters, or the text of its rejection.
pub(super) fn post(path: &str, params: &str) -> Result<(Verb<'static>, Shape), String> {
    made(&request("POST", path, "", &format!("domain=a&apikey=k&{params}")))
}

/// The same by `GET`.
pub(super) fn get(path: &str, params: &str) -> Result<(Verb<'static>, Shape), String> {
    made(&request("GET", &format!("{path}?domain=a&apikey=k&{params}"), "", ""))
}

fn made(text: &str) -> Result<(Verb<'static>, Shape), String> {
    let Routed { route, shape } = site(text);
    match route {
        Route::Call(call) => Ok((call.into_owned().verb, shape)),
        Route::Refused(_)
        | Route::Preflight(_)
        | Route::Asset(_)
        | Route::Notice(_)
        | Route::Postponed(_)
        | Route::Upgrade(_) => Err(outcome(text)),
    }
}

/// The URL of the server in tests.
pub(super) const BASE_URL: &str = "http://im.example";

/// The key of the session that answers are about.
pub(super) const SESSION: SessionKey =
    SessionKey { place: Place::new(0), slot: Slot { index: 0, generation: NonZeroU32::MIN } };

/// The text of that session's ticket.
pub(super) fn ticket() -> String {
    Ticket { epoch: 1, session: SESSION, secret: [2; 16] }.text()
}

pub(super) fn users() -> Vec<Profile> {
    vec![Profile::new("al", "A<l", "away", "out"), Profile::new("\"b", "", "chat", "")]
}

/// An answer with these users.
pub(super) fn online(users: Vec<Profile>) -> Answer {
    Answer::Onlines(OnlineUsers { users, partial: false })
}

/// An answer with that session.
pub(super) fn session(partial: bool, truncated: bool) -> Answer {
    let ticket = Ticket { epoch: 1, session: SESSION, secret: [2; 16] };
    let rooms = vec![("r1".into(), 3), ("r2".into(), 0)];
    Answer::Online(Box::new(Started {
        ticket,
        server: None,
        sessions: 2,
        buddies: users(),
        rooms,
        partial,
        truncated,
    }))
}

/// The head and the body of an answer.
pub(super) fn written(answer: &Answer, shape: &Shape) -> (String, String) {
    let mut out = Vec::new();
    write_answer(&mut out, answer, shape, BASE_URL, 0);
    split(out)
}

/// The head and the body, which is as long as the head announces.
pub(super) fn split(out: Vec<u8>) -> (String, String) {
    let text = String::from_utf8(out).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())), "{head}");
    assert!(head.contains("\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"), "{head}");
    (head.to_owned(), body.to_owned())
}

#[track_caller]
pub(super) fn check_text(answer: &Answer, shape: &Shape, expected: &str) {
    let (head, body) = written(answer, shape);
    assert_eq!(body, expected);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"), "{head}");
}

#[track_caller]
pub(super) fn check_json(answer: &Answer, shape: &Shape, expected: &Value) {
    let (head, body) = written(answer, shape);
    assert_eq!(&serde_json::from_str::<Value>(&body).unwrap(), expected);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"), "{head}");
}
