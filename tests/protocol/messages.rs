//! `/messages`: §2 messages, §4 Messages.

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::support::each_site;

#[test]
fn a_unicast_reaches_every_session_of_the_receiver() {
    each_site(|site| {
        let mut bob =
            [site.online("bob", &[]), site.start("bob", &[]), site.start("bob", &[("version", "3")])];
        let (mut alice, mut carol) = (site.online("alice", &[("nick", "Alice")]), site.online("carol", &[]));
        let params =
            [("to", "bob"), ("body", "hi"), ("style", "color:red"), ("timestamp", "5"), ("id", "i1")];
        assert_eq!(alice.call("/messages", &params).delivered(), 3);
        let expected = json!([{"from": "alice", "nick": "Alice", "to": "bob", "timestamp": 5,
            "type": "unicast", "body": "hi", "style": "color:red", "id": "i1"}]);
        for session in &mut bob {
            assert_eq!(json!(session.everything().messages), expected);
        }
        assert!(alice.everything().is_silent() && carol.everything().is_silent());
    });
}

#[test]
fn a_multicast_reaches_the_members_of_the_room_but_the_sender() {
    each_site(|site| {
        let mut bob = [site.online("bob", &[("rooms", "r")]), site.online("bob", &[])];
        let mut carol = site.start("carol", &[("rooms", "q,r"), ("version", "3")]);
        let mut dave = site.online("dave", &[("rooms", "q")]);
        let mut alice = site.online("alice", &[("rooms", "r")]);
        assert_eq!(alice.say_in("r", "hi"), 3);
        for session in bob.iter_mut().chain([&mut carol]) {
            let message = session.message();
            let fields =
                ["from", "to", "type", "body"].map(|name| message[name].as_str().unwrap().to_owned());
            assert_eq!(fields, ["alice", "r", "multicast", "hi"]);
        }
        assert!(alice.everything().is_silent() && dave.everything().is_silent());
        assert_eq!(dave.say_in("r", "from outside"), 4, "a sender need not be a member");
        assert_eq!(alice.message()["body"], "from outside");
    });
}

#[test]
fn a_broadcast_reaches_everyone_but_the_sender() {
    each_site(|site| {
        let mut bob = [site.online("bob", &[]), site.online("bob", &[])];
        let mut carol = site.online("carol", &[("rooms", "r")]);
        let mut alice = site.online("alice", &[]);
        assert_eq!(alice.say_to_all("hi"), 3);
        for to in ["bob", "r", "a,b", "xmpp:x"] {
            let params = [("type", "broadcast"), ("to", to), ("body", "to is ignored")];
            assert_eq!(alice.call("/messages", &params).delivered(), 3);
        }
        for session in bob.iter_mut().chain([&mut carol]) {
            let heard = session.everything();
            assert_eq!(heard.messages.len(), 5);
            assert!(
                heard.messages.iter().all(|message| message["to"] == "" && message["type"] == "broadcast")
            );
        }
        assert!(alice.everything().is_silent());
    });
}

#[test]
fn a_broadcast_reaches_version_3_and_no_version_as_a_unicast_addressed_to_its_user() {
    each_site(|site| {
        let mut old = [site.start("bob", &[("version", "3")]), site.start("bob", &[])];
        let mut new = site.online("bob", &[]);
        let alice = site.online("alice", &[]);
        let params = [("type", "broadcast"), ("body", "hi"), ("id", "7"), ("timestamp", "1"), ("style", "s")];
        assert_eq!(alice.call("/messages", &params).delivered(), 3);
        let message = |kind: &str, to: &str| {
            json!({"from": "alice", "nick": "alice", "to": to, "timestamp": 1, "type": kind,
                "body": "hi", "style": "s", "id": "7"})
        };
        for session in &mut old {
            assert_eq!(session.message(), message("unicast", "bob"));
        }
        assert_eq!(new.message(), message("broadcast", ""));
    });
}

#[test]
fn the_old_words_for_types_are_understood_and_others_refused() {
    each_site(|site| {
        let (mut bob, alice) = (site.online("bob", &[("rooms", "r")]), site.online("alice", &[]));
        for (word, to, kind) in [
            ("unicast", "bob", "unicast"),
            ("chat", "bob", "unicast"),
            ("multicast", "r", "multicast"),
            ("grpchat", "r", "multicast"),
            ("broadcast", "", "broadcast"),
        ] {
            let params = [("type", word), ("to", to), ("body", word)];
            assert_eq!(alice.call("/messages", &params).delivered(), 1, "{word}");
            let message = bob.message();
            assert_eq!([&message["type"], &message["to"], &message["body"]], [kind, to, word]);
        }
        for word in ["Unicast", "groupchat", "message", "x", "1"] {
            let params = [("type", word), ("to", "bob"), ("body", "hi")];
            alice.call("/messages", &params).is(400, "bad parameter: type");
        }
        assert!(bob.everything().is_silent());
    });
}

#[test]
fn the_senders_other_sessions_get_one_copy_whatever_the_type() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let mut caller = site.online("alice", &[("rooms", "r")]);
        let mut others = [site.online("alice", &[]), site.start("alice", &[])];
        assert_eq!(caller.say("bob", "one"), 1, "copies are not counted");
        assert_eq!(caller.say_in("r", "two"), 1);
        assert_eq!(caller.say_to_all("three"), 1);
        assert_eq!(caller.say("nobody", "four"), 0);
        for session in &mut others {
            let heard = session.everything();
            assert_eq!(heard.bodies(), ["one", "two", "three", "four"]);
            assert_eq!(heard.messages[0]["to"], "bob");
            assert!(heard.messages.iter().all(|message| message["from"] == "alice"));
        }
        assert!(caller.everything().is_silent());
        assert_eq!(bob.everything().bodies(), ["one", "two", "three"]);
    });
}

#[test]
fn a_message_to_oneself_reaches_each_other_session_once() {
    each_site(|site| {
        let (caller, mut other) = (site.online("alice", &[]), site.online("alice", &[]));
        caller.say("alice", "note");
        assert_eq!(other.everything().bodies(), ["note"]);
    });
}

#[test]
fn receivers_that_are_unknown_or_offline_are_ok_and_count_nothing() {
    each_site(|site| {
        let alice = site.online("alice", &[("rooms", "r")]);
        site.online("bob", &[]);
        site.offline("bob");
        assert_eq!(alice.say("nobody", "hi"), 0);
        assert_eq!(alice.say("bob", "hi"), 0);
        assert_eq!(alice.say_in("nowhere", "hi"), 0);
        assert_eq!(alice.say_in("r", "alone"), 0);
        assert_eq!(alice.say_to_all("alone"), 0);
        assert_eq!(site.push("system", "nobody", "hi"), 0);
        assert!(site.online("bob", &[]).everything().is_silent());
    });
}

#[test]
fn the_site_pushes_in_any_name() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let mut carol = site.online("carol", &[]);
        assert_eq!(site.push("system", "bob", "notice"), 1);
        let message = bob.message();
        assert_eq!([&message["from"], &message["nick"], &message["to"]], ["system", "system", "bob"]);
        let push = |kind, to| [("from", "news"), ("nick", "News"), ("type", kind), ("to", to), ("body", "b")];
        assert_eq!(site.post("/messages", &push("multicast", "r")).delivered(), 1);
        let message = bob.message();
        assert_eq!([&message["from"], &message["nick"], &message["to"]], ["news", "News", "r"]);
        assert_eq!(site.post("/messages", &push("broadcast", "")).delivered(), 2);
        assert_eq!(bob.message()["type"], "broadcast");
        assert_eq!(carol.everything().messages.len(), 1);
        assert_eq!(site.onlines("system,news"), "", "a push makes nobody online");
    });
}

#[test]
fn the_server_gives_ids_and_times_where_the_site_gives_none() {
    each_site(|site| {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let (mut bob, alice) = (site.online("bob", &[]), site.online("alice", &[]));
        let before = now();
        for _ in 0..50 {
            alice.say("bob", "hi");
        }
        let heard = bob.everything();
        let after = now();
        let ids: HashSet<&str> =
            heard.messages.iter().map(|message| message["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 50);
        assert!(!ids.contains(""));
        for message in &heard.messages {
            let time = u128::from(message["timestamp"].as_u64().expect("a number"));
            assert!((before..=after).contains(&time), "{before} {time} {after}");
            assert_eq!(message["style"], "");
        }
    });
}

#[test]
fn ids_of_the_site_are_passed_on_as_they_are() {
    each_site(|site| {
        let (mut bob, alice) = (site.online("bob", &[]), site.online("alice", &[]));
        for id in ["1", "a-b", "<i>", "00", "1", "你"] {
            alice.call("/messages", &[("to", "bob"), ("body", "hi"), ("id", id)]).ok();
            assert_eq!(bob.message()["id"], id);
        }
    });
}

#[test]
fn any_text_is_passed_on_as_it_is() {
    each_site(|site| {
        let (mut bob, alice) = (site.online("bob", &[]), site.online("alice", &[]));
        for body in [
            "你好，世界 \u{1f600}",
            "</script><script>alert(1)</script>",
            "\"quotes\" \\ back\\\\slashes / 'single'",
            "lines\r\nand\ttabs \u{1} \u{7f} \u{2028} \u{2029} \u{feff} \u{fffd}",
            " spaces ",
            "{\"json\":[1]}",
            "a=b&c=d%20e+f",
        ] {
            alice.call("/messages", &[("to", "bob"), ("body", body), ("style", body)]).ok();
            let message = bob.message();
            assert_eq!([&message["body"], &message["style"]], [body, body]);
        }
        let long = "界".repeat(10_922);
        alice.say("bob", &long);
        assert_eq!(bob.message()["body"], *long);
    });
}

#[test]
fn a_nick_given_with_a_message_is_used_for_that_message_only() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let alice = site.online("alice", &[("nick", "Alice"), ("rooms", "r")]);
        alice.call("/messages", &[("to", "bob"), ("body", "1"), ("nick", "A")]).ok();
        assert_eq!(bob.message()["nick"], "A");
        alice.say("bob", "2");
        assert_eq!(bob.message()["nick"], "Alice");
        let members = site.get("/room/members", &[("room", "r")]).json();
        assert!(members["r"].as_array().unwrap().contains(&json!({"id": "alice", "nick": "Alice"})));
    });
}

#[test]
fn a_lingering_user_counts_nothing_but_gets_the_message_after_returning() {
    each_site(|site| {
        let (alice, bob) = (site.online("alice", &[]), site.online("bob", &[("rooms", "r")]));
        bob.offline();
        assert_eq!(alice.say("bob", "one"), 0);
        assert_eq!(alice.say_in("r", "two"), 0);
        assert_eq!(alice.say_to_all("three"), 0);
        let mut bob = site.online("bob", &[]);
        assert_eq!(bob.everything().bodies(), ["one", "two", "three"]);
    });
}
