//! Texts: forms, JSON, callbacks, tickets.
//!
//! Owns: a second reader and a writer of each. Must not: import a call.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use crate::api::{Context, Route, Routed, policy, route};
use crate::base::domains::{DomainConfig, Domains};
use crate::base::limits::wire::CALLBACK_BYTES_MAX;
use crate::http::flat::{self, Value};
use crate::http::form::{BadText, Decoded, Pair, pairs, pairs_of};
use crate::http::jsonp::is_callback;
use crate::http::parser::{Parsed, Partial, parse};
use crate::router::ids::{TICKET_CHARS, Ticket};
use serde::de::IgnoredAny;

use super::limits::LIMITS;

/// A form has the pairs that a second reader finds, and still has them when it is written again. A part of a value that is
/// no text is marked.
pub fn form(data: &[u8]) {
    let mut found = Vec::new();
    for pair in pairs(data) {
        let (name, value) = parts(pair);
        match (&value, pair.marked_value()) {
            (Ok(text), marked) => assert_eq!(marked.as_deref(), Ok(&**text)),
            (Err(BadText), Ok(marked)) => assert!(marked.contains('\0')),
            (Err(BadText), Err(BadText)) => {}
        }
        found.push((name, value));
    }
    let expected: Vec<_> = data
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = equals.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
            (decoded(name), decoded(value))
        })
        .collect();
    assert_eq!(found, expected);
    if let Ok(text) = std::str::from_utf8(data) {
        assert_eq!(pairs_of(text).map(parts).collect::<Vec<_>>(), found);
    }
    let Some(good) = found.into_iter().map(good_pair).collect::<Option<Vec<_>>>() else { return };
    let written: Vec<String> =
        good.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let written = written.join("&");
    assert_eq!(pairs(written.as_bytes()).map(parts).map(good_pair).collect::<Option<Vec<_>>>(), Some(good));
}

/// The name and the value.
fn parts(pair: Pair<'_>) -> (Decoded<'_>, Decoded<'_>) {
    (pair.name(), pair.value())
}

/// The pair, if both its parts are text.
fn good_pair<'a>((name, value): (Decoded<'a>, Decoded<'a>)) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
    name.ok().zip(value.ok())
}

fn decoded(raw: &[u8]) -> Result<Cow<'static, str>, BadText> {
    let mut bytes = Vec::new();
    let mut rest = raw;
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match first {
            b'+' => b' ',
            b'%' => {
                let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
                let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok()).ok_or(BadText)?;
                rest = &after[2..];
                u8::from_str_radix(digits, 16).map_err(|_| BadText)?
            }
            plain => *plain,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| BadText)?;
    if text.contains('\0') { Err(BadText) } else { Ok(text.into()) }
}

/// Every byte as an escape.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "%{byte:02x}").expect("a string takes all");
        out
    })
}

/// An object is an object for `serde_json`, too; its texts are the same when they are written again; and the written JSON can
/// stand in a script. The same holds for an array.
pub fn json(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut members = Vec::new();
    let read = flat::object(text, |name, value| members.push((name.into_owned(), value)));
    let is_object = serde_json::from_str::<HashMap<String, Option<IgnoredAny>>>(text).is_ok();
    assert_eq!(read.is_ok(), is_object);
    are_names(text, read.is_ok().then_some(&members));
    let mut written = b"{".to_vec();
    for (name, value) in &members {
        is_value(value);
        assert!(!name.contains('\0') || *value == Value::BadText(String::new()));
        if let Value::Text(text) = value {
            written.extend_from_slice(if written.len() > 1 { b"," } else { b"" });
            crate::base::json::write(&mut written, name);
            written.push(b':');
            crate::base::json::write(&mut written, text);
        }
    }
    written.push(b'}');
    is_script_safe(&written);
    let mut again = Vec::new();
    let written = String::from_utf8(written).expect("JSON is UTF-8");
    flat::object(&written, |name, value| again.push((name.into_owned(), value)))
        .expect("what is written is JSON");
    members.retain(|(_, value)| matches!(value, Value::Text(_)));
    assert_eq!(again, members);
    let items = flat::array(text);
    assert_eq!(items.is_ok(), serde_json::from_str::<Vec<IgnoredAny>>(text).is_ok());
    items.unwrap_or_default().iter().for_each(is_value);
    let mut written = Vec::new();
    crate::base::json::write(&mut written, text);
    is_script_safe(&written);
    assert_eq!(serde_json::from_slice::<String>(&written).ok().as_deref(), Some(text));
}

/// The names of an object are the names of its members; the values make no difference. JSON holds no U+0000, so there is none
/// to escape.
fn are_names(text: &str, members: Option<&Vec<(String, Value<'_>)>>) {
    let names = flat::names(text);
    if let Some(members) = members {
        assert!(!text.contains('\0') && matches!(flat::with_zeros_escaped(text), Cow::Borrowed(_)));
        let names = names.as_ref().expect("an object has names");
        assert_eq!(names.len(), members.len());
        for (found, (name, _)) in names.iter().zip(members) {
            match found {
                Value::Text(found) => assert!(found == name),
                Value::BadText(marked) => assert!(marked == name && name.contains('\0')),
                Value::Nested(_) | Value::Null | Value::Literal => panic!("a name is a string"),
            }
        }
    }
    for name in names.unwrap_or_default() {
        assert!(matches!(name, Value::Text(_) | Value::BadText(_)));
    }
}

fn is_value(value: &Value<'_>) {
    match value {
        Value::Text(text) => assert!(!text.contains('\0')),
        Value::Nested(json) => {
            assert!(json.starts_with(['[', '{']) && serde_json::from_str::<IgnoredAny>(json).is_ok());
        }
        Value::Null | Value::Literal => {}
        Value::BadText(marked) => assert!(marked.is_empty() || marked.contains('\0')),
    }
}

fn is_script_safe(json: &[u8]) {
    let json = std::str::from_utf8(json).expect("JSON is UTF-8");
    assert!(!json.contains(['<', '\u{2028}', '\u{2029}', '\n', '\r']), "{json}");
}

/// A callback is `[A-Za-z_$][A-Za-z0-9_$.]{0,127}`, and a poll with anything else is refused.
pub fn callback(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let is_first = |char: char| char.is_ascii_alphabetic() || "_$".contains(char);
    let is_other = |char: char| is_first(char) || char.is_ascii_digit() || char == '.';
    let expected =
        text.starts_with(is_first) && text.chars().all(is_other) && text.len() <= CALLBACK_BYTES_MAX;
    assert_eq!(is_callback(text), expected);
    let ticket = "B".repeat(TICKET_CHARS);
    let target = format!("/packets?domain=a&ticket={ticket}&callback={}", encoded(text));
    let input = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
    let domains = Domains::new(&[DomainConfig::new("a", "k")]);
    let context = Context {
        domains: &domains,
        limits: &LIMITS,
        is_put_off: &|_, _| false,
        wall_ms: || 0,
        now_ms: 0,
        secret: [9; 16],
    };
    let mut scratch = Vec::new();
    match parse(input.as_bytes(), &mut Partial::default(), &mut scratch, &policy(&LIMITS)) {
        Parsed::Complete { request, .. } => {
            let Routed { route, shape } = route(&request, &context);
            match route {
                Route::Call(_) => assert!(expected && shape.callback() == Some(text)),
                Route::Refused(rejection) => assert!(!expected && rejection.status == 400),
                Route::Preflight(_)
                | Route::Asset(_)
                | Route::Notice(_)
                | Route::Postponed(_)
                | Route::Upgrade(_) => panic!("a poll is a poll"),
            }
        }
        Parsed::Incomplete | Parsed::Rejected(_) => assert!(!expected, "it was too long for any request"),
    }
}

/// A text is a ticket or none; a ticket has one text, and another text is another ticket.
pub fn ticket(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
    let Some(ticket) = Ticket::parse(text) else {
        // A text of the right form is a ticket, unless its generation is 0: characters 13 to 18 and some bits beside them.
        let looks = text.len() == TICKET_CHARS && text.chars().all(is_plain);
        return assert!(!looks || text[14..18] == *"AAAA", "{text}");
    };
    assert!(text.len() == TICKET_CHARS && text.chars().all(is_plain));
    assert_eq!(ticket.text(), text);
    let at = text.bytes().map(usize::from).sum::<usize>() % TICKET_CHARS;
    let other = if text.as_bytes()[at] == b'B' { "C" } else { "B" };
    let other = format!("{}{other}{}", &text[..at], &text[at + 1..]);
    assert!(Ticket::parse(&other).is_none_or(|other| other != ticket), "{text} {other}");
}
