//! Buddies, blocks, and notifications.

use nextim_community::store::notices;
use serde_json::json;

use crate::common::{TestSite, each, with_id};

#[test]
fn buddies_always_have_a_presence() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let _page = bob.online(&[("show", "away"), ("status", "out")]);
    for name in ["buddies", "buddy"] {
        let found = alice.read(name, &[("ids", "bob,3,8,nobody,undefined,alice"), ("_", "1")]);
        assert_eq!(each(&found, "id"), ["bob", "carol", "zoe"], "unknown ids are left out");
        assert_eq!(each(&found, "group"), ["friend", "Colleagues", "stranger"]);
        assert_eq!(each(&found, "presence"), ["online", "offline", "offline"]);
        assert_eq!(each(&found, "show"), ["away", "unavailable", "unavailable"]);
        assert_eq!((&found[0]["status"], &found[0]["uid"]), (&json!("out"), &json!("2")));
    }
    let strangers = alice.read("buddies", &[("ids", ""), ("stranger_ids", "8,4,99")]);
    assert_eq!(each(&strangers, "id"), ["zoe", "dave"]);
    assert_eq!(alice.read("buddies", &[]), json!([]));
}

#[test]
fn blocked_users_neither_write_nor_see_presence() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let (mut at_alice, at_bob) = (alice.online(&[]), bob.online(&[]));
    at_alice.next("presences", |presence| presence["from"] == "bob");
    assert_eq!(alice.done("block", &[("id", "bob")]), "ok");
    let (status, text) = at_bob.post("message", &[("to", "alice"), ("body", "x")]).refusal();
    assert_eq!((status, text.as_str()), (403, "Alice does not take messages from you."));
    let (status, text) = at_alice.post("message", &[("to", "bob"), ("body", "x")]).refusal();
    assert_eq!((status, text.as_str()), (403, "You have blocked Bob."));
    assert_eq!(at_bob.post("status", &[("to", "alice"), ("show", "typing")]).refusal().0, 403);
    let seen = &alice.read("buddies", &[("ids", "bob")])[0];
    assert_eq!((&seen["presence"], &seen["blocked"]), (&json!("offline"), &json!(true)));
    let seen = &bob.read("buddies", &[("ids", "alice")])[0];
    assert_eq!(
        (&seen["presence"], seen.get("blocked")),
        (&json!("offline"), None),
        "a blocked user does not see the block"
    );
    let (again, of_bob) = (alice.online(&[]), bob.online(&[]));
    assert_eq!(with_id(&again.answer["buddies"], "bob")["presence"], "offline");
    assert_eq!(with_id(&of_bob.answer["buddies"], "alice")["presence"], "offline");
    at_bob.done("presence", &[("show", "dnd")]);
    at_alice.messages();
    let (_, said) = at_alice.poll();
    assert_eq!(said["presences"], json!([]));
    assert_eq!(alice.done("unblock", &[("id", "2")]), "ok");
    assert_eq!(alice.read("buddies", &[("ids", "bob")])[0]["presence"], "online");
    at_bob.done("message", &[("to", "alice"), ("body", "thanks")]);
    assert_eq!(at_alice.next("messages", |_| true)["body"], "thanks");
}

#[test]
fn a_status_is_hidden_from_blocked_users_and_while_its_user_is_invisible() {
    let site = TestSite::start();
    let (alice, bob, zoe) = (site.log_in("alice"), site.log_in("bob"), site.log_in("zoe"));
    let at_alice = alice.online(&[("show", "available"), ("status", "at home")]);
    let seen_by = |browser: &crate::common::Browser<'_>| {
        let seen = &browser.read("buddies", &[("ids", "alice")])[0];
        (seen["presence"].clone(), seen["status"].clone(), seen["status_time"] == "")
    };
    assert_eq!(seen_by(&zoe), (json!("online"), json!("at home"), false));
    assert_eq!(alice.done("block", &[("id", "zoe")]), "ok");
    assert_eq!(seen_by(&zoe), (json!("offline"), json!(""), true));
    at_alice.done("presence", &[("show", "invisible"), ("status", "a secret")]);
    assert_eq!(seen_by(&bob), (json!("offline"), json!("at home"), false));
    let _page = alice.online(&[("show", "invisible"), ("status", "another")]);
    assert_eq!(seen_by(&bob), (json!("offline"), json!("at home"), false));
}

#[test]
fn notifications_are_requests_and_notices() {
    let site = TestSite::start();
    let (alice, zoe) = (site.log_in("alice"), site.log_in("zoe"));
    let inner = site.community.site();
    inner.store.write(|db| notices::add(db, "alice", "Bob <b>replied</b>", "/forum/1")).unwrap();
    inner.store.write(|db| notices::add(db, "alice", "No link", "")).unwrap();
    let expected = json!([
        {"text": "Dave wants to be your friend", "link": "/friends"},
        {"text": "No link"},
        {"text": "Bob <b>replied</b>", "link": "/forum/1"},
        {"text": "Welcome to the community!", "link": "/"},
    ]);
    for name in ["notifications", "notification"] {
        let mut found = alice.read(name, &[("_", "1")]);
        for entry in found.as_array_mut().unwrap() {
            let time = entry.as_object_mut().unwrap().remove("time");
            assert!(
                time.unwrap().as_i64().is_some_and(|time| time > 1_600_000_000_000),
                "each says when it was"
            );
        }
        assert_eq!(found, expected);
        assert_eq!(zoe.read(name, &[]), json!([]));
    }
    assert!(alice.get("notifications", &[]).body.contains("\\u003cb>"), "safe in a script");
}
