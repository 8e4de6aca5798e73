//! Pages of 5.8 by JSONP: what two of them show of each other, and how they go on.
//!
//! Owns: chats, presences and the poll. Must not: test rooms; `groups` does.

use super::page::Page;
use crate::support::{each_site, get};

#[test]
fn two_pages_chat_and_show_each_other() {
    each_site(|site| {
        let mut al = Page::open(site, "al", &[("nick", "Al")]);
        let mut bo = Page::open(site, "bo", &[("nick", "Bo"), ("buddies", "al")]);
        let heard = al.everything();
        let online = r#"{"type":"online","to":"al","from":"bo","nick":"Bo","show":"available","status":""}"#;
        assert!(heard.contains(online), "{heard}");
        assert!(!bo.everything().contains("\"from\":\"al\""), "its answer had al");

        al.does("/v5/messages", &[("to", "bo"), ("body", "hi"), ("timestamp", "5"), ("id", "1")]);
        al.does("/v5/statuses", &[("to", "bo"), ("show", "typing")]);
        al.does("/v5/presences/show", &[("show", "away"), ("status", "x")]);
        let heard = bo.everything();
        for packet in [
            r#"{"type":"chat","to":"bo","from":"al","nick":"Al","timestamp":5,"body":"hi","style":"","id":"1"}"#,
            r#"{"from":"al","nick":"Al","to":"bo","show":"typing"}"#,
            r#"{"type":"show","to":"bo","from":"al","nick":"Al","show":"away","status":"x"}"#,
        ] {
            assert!(heard.contains(packet), "{packet}: {heard}");
        }
        bo.does("/v5/presences/show", &[("show", "invisible")]);
        let gone = r#"{"type":"offline","to":"al","from":"bo","nick":"Bo","show":"unavailable","status":""}"#;
        assert!(al.everything().contains(gone));
        bo.does("/v5/presences/show", &[("show", "chat")]);
        assert!(al.everything().contains(&online.replace("available", "chat")));
        site.offline("bo");
        assert!(al.everything().contains(gone));
        assert_eq!(bo.poll().status, 404, "the page gives up");
    });
}

#[test]
fn an_empty_status_changes_nothing() {
    each_site(|site| {
        let al = Page::open(site, "al", &[("status", "lunch")]);
        al.does("/v5/presences/show", &[("show", "away"), ("status", "")]);
        let shown = site.get("/onlines", &[("names", "al"), ("version", "6")]).json();
        assert_eq!(shown[0]["status"], "lunch");
    });
}

#[test]
fn a_copy_keeps_the_other_party_as_its_receiver() {
    each_site(|site| {
        let mut second = Page::open(site, "al", &[]);
        let first = Page::open(site, "al", &[]);
        Page::open(site, "bo", &[("rooms", "r1")]);
        first.does("/v5/messages", &[("to", "bo"), ("body", "one"), ("timestamp", "5"), ("id", "1")]);
        let grpchat = [("to", "r1"), ("type", "grpchat"), ("body", "all"), ("timestamp", "5"), ("id", "2")];
        first.does("/v5/messages", &grpchat);
        let heard = second.everything();
        for start in
            [r#"{"type":"chat","to":"bo","from":"al","#, r#"{"type":"grpchat","to":"r1","from":"al","#]
        {
            assert!(heard.contains(start), "{heard}");
        }
    });
}

#[test]
fn a_broadcast_is_a_chat_to_its_receiver() {
    each_site(|site| {
        let mut al = Page::open(site, "al", &[]);
        let mut six = site.online("six", &[]);
        let say = [("from", "news"), ("type", "broadcast"), ("body", "x"), ("timestamp", "5"), ("id", "1")];
        site.post("/v5/messages", &say).is(200, r#"{"status":"ok"}"#);
        let heard = al.everything();
        let packet = concat!(
            r#"{"type":"chat","to":"al","from":"news","nick":"news","timestamp":5,"#,
            r#""body":"x","style":"","id":"1"}"#
        );
        assert!(heard.contains(packet), "{heard}");
        assert_eq!(six.message()["type"], "broadcast");
    });
}

#[test]
fn packets_are_of_the_sessions_version_whatever_path_is_polled() {
    each_site(|site| {
        let al = Page::open(site, "al", &[]);
        let six = site.online("six", &[]);
        for name in ["al", "six"] {
            site.push("x", name, "hello");
        }
        let poll = |path: &str, ticket: &str| {
            let params = [("domain", &*site.domain), ("ticket", ticket), ("seq", "0")];
            site.send(&get(path, &params)).text().to_owned()
        };
        assert!(poll("/packets", &al.ticket).contains(r#"{"type":"chat","to":"al","#));
        assert!(poll("/v5/packets", &six.ticket).contains(r#"{"type":"unicast","to":"six","#));
        // The ticket is good on both sets of paths.
        site.post("/messages", &[("ticket", &*al.ticket), ("to", "six"), ("body", "x")]).ok();
        six.call("/v5/messages", &[("to", "al"), ("body", "x")]).is(200, r#"{"status":"ok"}"#);
    });
}

#[test]
fn errors_of_a_poll_are_no_200_and_may_be_read_by_scripts() {
    each_site(|site| {
        let poll = |params: &[(&str, &str)]| {
            let params = [&[("domain", &*site.domain)], params].concat();
            let answer = site.send(&get("/v5/packets", &params));
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            (answer.status, answer.text().to_owned())
        };
        let error = |text: &str| format!(r#"{{"status":"error","message":"{text}"}}"#);
        assert_eq!(poll(&[("ticket", "")]), (400, error("missing parameter: ticket")));
        assert_eq!(poll(&[("ticket", "x"), ("callback", "cb")]), (404, error("invalid ticket")));
        let al = Page::open(site, "al", &[]);
        al.does("/v5/presences/offline", &[]);
        assert_eq!(poll(&[("ticket", &*al.ticket)]), (404, error("no client found")));
        let answer = poll(&[("ticket", &*al.ticket), ("version", "6")]);
        assert_eq!(answer, (400, error("bad parameter: version")));
    });
}

#[test]
fn what_was_flushed_is_not_answered_again() {
    each_site(|site| {
        let mut al = Page::open(site, "al", &[]);
        site.push("x", "al", "once only");
        let heard = al.everything() + &al.everything();
        assert_eq!(heard.matches("once only").count(), 1, "{heard}");
    });
}
