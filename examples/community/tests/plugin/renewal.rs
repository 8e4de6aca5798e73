//! Chat sessions that end at their time. That takes a minute: the message server takes no shorter one.

use std::time::{Duration, Instant};

use nextim_community::limits::SESSION_MS;
use serde_json::{Value, json};

use crate::common::{Page, TestSite, configure, each};

/// The shortest time after which a session ends, in ms.
const SHORTEST_MS: i64 = 60_000;

/// A session that has not ended after this time does not end.
const LATEST: Duration = Duration::from_mins(4);

/// Polls until the session is stopped, and runs `meanwhile` after each poll. Returns the reason.
#[track_caller]
fn until_stopped(page: &mut Page<'_, '_>, mut meanwhile: impl FnMut()) -> String {
    let end = Instant::now() + LATEST;
    loop {
        assert!(Instant::now() < end, "the session goes on");
        let (status, said) = page.poll();
        assert_eq!(status, 200, "{said}");
        if said["status"] == "stopped" {
            assert!(said.get("retry").is_none(), "{said}");
            return said["reason"].as_str().unwrap().to_owned();
        }
        meanwhile();
    }
}

#[test]
fn a_page_comes_back_unseen_and_nothing_is_lost_or_doubled() {
    let site = TestSite::lingering();
    let url = format!("{}/webim/undelivered", site.origin());
    configure(&site.domain, |config| config.undelivered_url = Some(url));
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    alice.log_in_ends_in(SHORTEST_MS);
    let mut at_bob = bob.online(&[]);
    let mut at_alice = alice.online(&[]);
    at_bob.next("presences", |presence| presence["from"] == "alice" && presence["type"] == "online");
    // Meanwhile the log-in is renewed, as sites do it for users who read their pages.
    alice.log_in_ends_in(SESSION_MS);
    let say = |kind: &str, to: &str, body: &str| {
        let params = [("type", kind), ("to", to), ("body", body), ("cid", body)];
        bob.done("message", &params)["id"].as_str().unwrap().to_owned()
    };
    say("unicast", "alice", "before");
    let seen = say("multicast", "1", "before, to the walkers");
    let mut pushed = Vec::new();
    assert_eq!(until_stopped(&mut at_alice, || {}), "renew");
    pushed.extend(at_alice.take_messages());
    say("unicast", "alice", "between");
    say("multicast", "1", "between, to the walkers");
    assert!(each(&bob.read("members", &[("id", "1")]), "id").contains(&"alice".to_owned()));
    assert_eq!(each(&bob.read("buddies", &[("ids", "alice")]), "presence"), ["online"]);

    let mut again = alice.online(&[("since", &seen)]);
    assert_ne!(again.ticket, at_alice.ticket);
    say("unicast", "alice", "after");
    pushed.extend(again.messages());
    let expected =
        ["before", "before, to the walkers", "between", "between, to the walkers", "after"].map(Value::from);
    let bodies: Vec<_> = pushed.iter().map(|message| message["body"].clone()).collect();
    assert_eq!(bodies, expected, "each is pushed once");
    let id_of = |body: &Value| pushed.iter().find(|message| message["body"] == *body).unwrap()["id"].clone();
    for line in again.answer["new_messages"].as_array().unwrap() {
        let body = &line["body"];
        assert!(!expected.contains(body) || line["id"] == id_of(body), "a page shows an id once: {line}");
        assert!(line["type"] != "unicast" || line.get("new").is_none(), "it was pushed: {line}");
    }
    assert!(site.waiting("alice").is_empty());
    assert_eq!(again.done("presence", &[("show", "dnd")]), "ok", "the new session has a ticket of its own");
    at_bob.next("presences", |presence| presence["show"] == "dnd");
    at_bob.got_only("presences", |_| false);
}

#[test]
fn a_page_whose_log_in_is_over_does_not_come_back() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    alice.log_in_ends_in(SHORTEST_MS);
    let mut at_bob = bob.online(&[]);
    let mut at_alice = alice.online(&[]);
    assert_eq!(until_stopped(&mut at_alice, || drop(at_bob.poll())), "renew");
    let refused = alice.post("online", &[]);
    assert_eq!(
        (refused.status, refused.json()),
        (401, json!({"success": false, "error_msg": "Not Authorized"}))
    );
    at_bob.next("presences", |presence| presence["from"] == "alice" && presence["type"] == "offline");
}
