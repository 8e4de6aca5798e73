//! Domains are separate worlds: §4 Domains.

use serde_json::json;

use crate::support::{each_site, get};

#[test]
fn the_same_names_and_rooms_never_meet() {
    each_site(|site| {
        let other = site.neighbour();
        let mut here =
            ["alice", "bob"].map(|name| site.online(name, &[("buddies", "alice,bob"), ("rooms", "r")]));
        let mut there = other.online("alice", &[("buddies", "alice,bob"), ("rooms", "r")]);
        assert_eq!(there.answer["buddies"], json!([]));
        assert_eq!(there.answer["rooms"], json!([{"name": "r", "total": 1}]));
        assert_eq!(there.answer["clientnum"], 1);
        assert_eq!([other.onlines("alice,bob"), other.members("r")], ["alice"; 2]);
        for user in &mut here {
            user.everything();
        }
        assert_eq!(there.say("bob", "1"), 0);
        assert_eq!(there.say_in("r", "2"), 0);
        assert_eq!(there.say_to_all("3"), 0);
        there.types("bob", "typing");
        there.show("away");
        there.leave("r");
        other.offline("alice");
        for user in &mut here {
            assert!(user.everything().is_silent());
        }
        assert_eq!([site.onlines("alice,bob"), site.members("r")], ["alice,bob"; 2]);
        assert_eq!(site.push("x", "alice", "hello"), 1);
        there = other.online("alice", &[]);
        assert!(there.everything().is_silent());
    });
}

#[test]
fn a_ticket_of_another_domain_finds_nobody() {
    each_site(|site| {
        let other = site.neighbour();
        let mut alice = site.online("alice", &[]);
        site.push("x", "alice", "hello");
        let poll = [("domain", &*other.domain), ("ticket", &*alice.ticket)];
        other.send(&get("/packets", &poll)).is(404, "no client found");
        for (path, params) in [
            ("/presences/offline", &[][..]),
            ("/presences/show", &[("show", "away")]),
            ("/statuses", &[("to", "bob"), ("show", "typing")]),
            ("/messages", &[("to", "alice"), ("body", "hi")]),
            ("/onlines", &[("names", "alice")]),
            ("/room/members", &[("room", "r")]),
            ("/room/join", &[("room", "r")]),
            ("/room/leave", &[("room", "r")]),
        ] {
            let answer = other.post(path, &[&[("ticket", &*alice.ticket)], params].concat());
            answer.is(404, "no client found");
        }
        assert_eq!(alice.everything().bodies(), ["hello"]);
    });
}

#[test]
fn a_domain_that_is_not_served_has_no_polls() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let poll = [("domain", "nowhere.example"), ("ticket", &*alice.ticket)];
        assert_ne!(site.send(&get("/packets", &poll)).status, 200);
    });
}
