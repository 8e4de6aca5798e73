//! The PHP library 5.0 of 2013, and what else sent `version=5`: groups, and answers with lists.
//!
//! Owns: the calls that only this library has. Must not: repeat what later clients call.

use super::client::{OK, Params};
use super::page::Page;
use crate::support::{Site, each_site, form, request};

/// A call by this library.
#[track_caller]
fn call(site: &Site, method: &str, path: &str, params: &Params<'_>) -> String {
    let form = form(&site.signed(&[&[("version", "5")], params].concat()));
    let typed = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = match method {
        "GET" => site.send(&request(&format!("GET {path}?{form} HTTP/1.0"), &[], b"")),
        _ => site.send(&request(&format!("{method} {path} HTTP/1.0"), &typed, form.as_bytes())),
    };
    super::client::read(&answer)
}

/// A session, whose answer has this behind the addresses of the poll; its ticket.
#[track_caller]
fn online(site: &Site, params: &Params<'_>, rest: &str) -> String {
    let text = call(site, "POST", "/v5/presences/online", params);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let ticket = json["ticket"].as_str().expect("a ticket").to_owned();
    let (poll, socket) = ("https://im.example/v5/packets", "wss://im.example/v5/wsocket");
    assert_eq!(
        text,
        format!(
            r#"{{"success":true,"ticket":"{ticket}","server":"{poll}","jsonpd":"{poll}","websocket":"{socket}",{rest}}}"#
        )
    );
    ticket
}

#[test]
fn the_first_library_has_its_day() {
    each_site(|site| {
        let alice =
            [("name", "alice"), ("nick", "Alice"), ("buddies", ""), ("groups", "g1,g2"), ("show", "dnd")];
        let groups = r#"[{"name":"g1","total":1},{"name":"g2","total":1}]"#;
        let rest =
            format!(r#""presences":{{}},"buddies":[],"groups":{groups},"rooms":{groups},"clientnum":1"#);
        let alice = online(site, &alice, &rest);
        let rest = concat!(
            r#""presences":{"alice":"dnd"},"#,
            r#""buddies":[{"name":"alice","nick":"Alice","show":"dnd","status":""}],"#,
            r#""groups":[{"name":"g1","total":2}],"rooms":[{"name":"g1","total":2}],"clientnum":1"#
        );
        let bob = [("name", "bob"), ("buddies", "alice"), ("rooms", "g1"), ("groups", "never")];
        let bob = online(site, &bob, rest);
        let mut page = Page::of(site, "alice", &alice);
        let group = |ticket| [("ticket", ticket), ("nick", "B"), ("group", "g2")];
        assert_eq!(call(site, "POST", "/v5/group/join", &group(&*bob)), r#"{"g2":2}"#);
        assert_eq!(call(site, "POST", "/v5/group/leave", &group(&*alice)), OK);
        let members = [("ticket", &*bob), ("room", "g2")];
        assert_eq!(call(site, "GET", "/v5/group/members", &members), r#"{"g2":[{"id":"bob","nick":"bob"}]}"#);
        let heard = page.everything();
        let join = r#"{"type":"join","to":"g2","from":"bob","nick":"B","show":"available","status":"g2"}"#;
        assert!(heard.contains(join), "{heard}");
        let answer = site.get("/v5/group/members", &[("group", "never")]);
        answer.is(200, r#"{"never":[]}"#);
    });
}
