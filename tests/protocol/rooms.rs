//! Rooms: §2 members, join and leave, §3 `join` and `leave`, §4 Rooms.

use serde_json::json;

use crate::support::{Setup, each_site};

#[test]
fn members_are_the_users_that_are_online() {
    each_site(|site| {
        site.online("alice", &[("nick", "Al"), ("rooms", "r")]);
        site.online("alice", &[]);
        let members = json!({"r": [{"id": "alice", "nick": "Al"}]});
        assert_eq!(site.get("/room/members", &[("room", "r")]).json(), members);
        assert_eq!(site.post("/room/members", &[("room", "r")]).json(), members);
        site.online("bob", &[("rooms", "r,q")]);
        assert_eq!(site.members("r"), "alice,bob");
        assert_eq!(site.members("q"), "bob");
        assert_eq!(site.get("/room/members", &[("room", "empty")]).json(), json!({"empty": []}));
        site.offline("alice");
        assert_eq!(site.members("r"), "bob");
    });
}

#[test]
fn join_answers_the_count_and_twice_changes_nothing() {
    each_site(|site| {
        let (alice, bob) = (site.online("alice", &[]), site.online("bob", &[]));
        assert_eq!(alice.join("r"), json!({"r": 1}));
        assert_eq!(alice.join("r"), json!({"r": 1}));
        assert_eq!(bob.join("r"), json!({"r": 2}));
        assert_eq!(site.members("r"), "alice,bob");
        assert_eq!(alice.say_in("r", "hi"), 1);
    });
}

#[test]
fn leave_is_ok_even_if_one_is_not_in() {
    each_site(|site| {
        let (alice, mut bob) = (site.online("alice", &[("rooms", "r")]), site.online("bob", &[]));
        bob.join("r");
        bob.leave("r");
        bob.leave("r");
        bob.leave("nowhere");
        assert_eq!(site.members("r"), "alice");
        assert_eq!(alice.say_in("r", "hi"), 0);
        assert!(bob.everything().is_silent());
        alice.leave("r");
        assert_eq!(site.members("r"), "");
        assert_eq!(bob.join("r"), json!({"r": 1}), "an empty room starts from nothing");
    });
}

#[test]
fn join_and_leave_by_name() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        site.online("alice", &[]);
        let params = [("name", "alice"), ("room", "r")];
        assert_eq!(site.post("/room/join", &params).json(), json!({"r": 2}));
        assert_eq!(bob.everything().moves(), ["alice join available"]);
        assert_eq!(site.members("r"), "alice,bob");
        site.post("/room/leave", &params).ok();
        assert_eq!(bob.everything().moves(), ["alice leave available"]);
        assert_eq!(site.members("r"), "bob");
    });
}

#[test]
fn the_other_members_hear_of_join_and_leave_once() {
    each_site(|site| {
        let mut members = [site.online("bob", &[("rooms", "r")]), site.online("carol", &[("rooms", "r")])];
        let mut stranger = site.online("dave", &[("rooms", "q")]);
        let mut alice = site.online("alice", &[("nick", "Al"), ("show", "dnd"), ("status", "s")]);
        let told =
            |kind| json!([{"from": "alice", "nick": "Al", "type": kind, "show": "dnd", "status": "r"}]);
        alice.join("r");
        alice.join("r");
        for member in &mut members {
            let heard = member.everything();
            assert_eq!(json!(heard.presences), told("join"));
            assert!(heard.messages.is_empty() && heard.statuses.is_empty());
        }
        alice.leave("r");
        alice.leave("r");
        for member in &mut members {
            assert_eq!(json!(member.everything().presences), told("leave"));
        }
        assert!(alice.everything().is_silent() && stranger.everything().is_silent());
    });
}

#[test]
fn rooms_entered_by_going_online_and_left_by_going_offline_are_not_announced() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        site.online("alice", &[("rooms", "r")]);
        assert_eq!(site.members("r"), "alice,bob");
        assert!(bob.everything().is_silent());
        site.offline("alice");
        assert_eq!(site.members("r"), "bob");
        assert!(bob.everything().is_silent());
    });
}

#[test]
fn a_nick_given_with_join_is_for_that_packet_only() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let alice = site.online("alice", &[("nick", "Alice")]);
        alice.call("/room/join", &[("room", "r"), ("nick", "A")]).json();
        assert_eq!(bob.everything().presences[0]["nick"], "A");
        let members = site.get("/room/members", &[("room", "r")]).json();
        assert!(members["r"].as_array().unwrap().contains(&json!({"id": "alice", "nick": "Alice"})));
        alice.call("/room/leave", &[("room", "r"), ("nick", "A2")]).ok();
        assert_eq!(bob.everything().presences[0]["nick"], "A2");
    });
}

#[test]
fn membership_belongs_to_the_user_and_not_to_a_session() {
    each_site(|site| {
        let mut first = site.online("alice", &[("rooms", "r")]);
        let second = site.online("alice", &[("rooms", "q")]);
        let bob = site.online("bob", &[]);
        assert_eq!(bob.say_in("q", "to both"), 2);
        assert_eq!(first.message()["body"], "to both");
        second.join("s");
        second.offline();
        assert_eq!([site.members("r"), site.members("q"), site.members("s")], ["alice"; 3]);
        let third = site.online("alice", &[]);
        third.leave("q");
        assert_eq!(bob.say_in("q", "to nobody"), 0);
        assert_eq!(bob.say_in("s", "to both"), 2);
    });
}

#[test]
fn membership_ends_when_the_user_goes_offline() {
    Setup::calm().timeout("linger_ms", 400).each(|site| {
        let mut bob = site.online("bob", &[]);
        let alice = site.online("alice", &[("rooms", "r"), ("buddies", "bob")]);
        bob.everything();
        alice.offline();
        bob.hear(|heard| !heard.presences.is_empty());
        crate::support::eventually("alice is no member any more", || {
            (site.members("r").is_empty()).then_some(())
        });
        let alice = site.online("alice", &[]);
        assert_eq!(site.members("r"), "", "the old rooms do not come back");
        assert_eq!(alice.join("r"), json!({"r": 1}));
    });
}

#[test]
fn at_most_five_thousand_members_are_listed() {
    each_site(|site| {
        let mut conn = site.connect();
        let batch = 100;
        for start in (0..5_100).step_by(batch) {
            let call = |i| {
                let name = format!("user{i}");
                site.post_bytes("/presences/online", &[("name", &name), ("rooms", "crowd")])
            };
            conn.send(&(start..start + batch).map(call).collect::<Vec<_>>().concat());
            for i in start..start + batch {
                assert_eq!(conn.response().json()["roominfo"]["crowd"], i + 1);
            }
        }
        let members = site.get("/room/members", &[("room", "crowd")]).json();
        assert_eq!(members["crowd"].as_array().unwrap().len(), 5_000);
        assert_eq!(site.push("x", "user5099", "hi"), 1);
        let crowd = [("from", "x"), ("type", "multicast"), ("to", "crowd"), ("body", "hi")];
        assert_eq!(site.post("/messages", &crowd).delivered(), 5_100);
    });
}
