//! Sites of version 5 that use what belongs to another one.
//!
//! Owns: the calls of version 5, each with a ticket or a key of another site. Must not: repeat what these do at home.

use std::collections::BTreeSet;

use nextim_testkit::paths::{ROOM, site_calls};

use super::page::Page;
use crate::support::{each_site, get, post};

/// A call: its method, its path, and its parameters beside the ticket.
type Line = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// All calls but that which takes no ticket.
const CALLS: [Line; 11] = [
    ("POST", "/v5/presences/show", &[("show", "dnd")]),
    ("GET", "/v5/presences", &[("ids", "al")]),
    ("POST", "/v5/statuses", &[("to", "al"), ("show", "typing")]),
    ("POST", "/v5/messages", &[("to", "al"), ("body", "x")]),
    ("GET", "/v5/rooms/{room}/members", &[]),
    ("POST", "/v5/rooms/{room}/join", &[]),
    ("POST", "/v5/rooms/{room}/leave", &[]),
    ("GET", "/v5/group/members", &[("group", "r1")]),
    ("POST", "/v5/group/join", &[("group", "r1")]),
    ("POST", "/v5/group/leave", &[("group", "r1")]),
    ("POST", "/v5/presences/offline", &[]),
];

#[test]
fn the_table_has_every_call_with_a_ticket() {
    let table: BTreeSet<&str> = CALLS.iter().map(|(_, path, _)| *path).collect();
    let calls = site_calls().filter(|path| path.starts_with("/v5/") && *path != "/v5/presences/online");
    assert_eq!(table, calls.collect());
}

#[test]
fn a_ticket_or_a_key_of_another_site_is_none() {
    each_site(|site| {
        let other = site.neighbour();
        let mut al = Page::open(&other, "al", &[("rooms", "r1")]);
        let error = |text: &str| format!(r#"{{"status":"error","message":"{text}"}}"#);
        for (method, path, params) in CALLS {
            let path = path.replace(ROOM, "r1");
            let params = [params, &[("ticket", &*al.ticket)]].concat();
            let send = |domain: &str, apikey: &str| {
                let all = [&params[..], &[("domain", domain), ("apikey", apikey)]].concat();
                site.send(&if method == "GET" { get(&path, &all) } else { post(&path, &all) })
            };
            let answer = send(&site.domain, &site.apikey);
            if path == "/v5/presences/offline" {
                answer.is(200, r#"{"status":"ok"}"#); // as if it had ended: that ends nothing
            } else {
                answer.is(404, &error("no client found"));
            }
            let answer = send(&other.domain, &site.apikey);
            answer.is(401, &error("authentication failed"));
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"nextim\""));
        }
        let heard = al.everything();
        assert!(!heard.contains("\"presences\":[{") && heard.matches("\"body\"").count() == 1, "{heard}");
        assert_eq!(other.members("r1"), "al");
    });
}
