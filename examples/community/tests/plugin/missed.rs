//! The messages that a page has missed: with `online`, and by `missed`.

use nextim_community::store::messages;
use nextim_community::webim::host::NewMessage;
use nextim_community::webim::limits::CATCH_UP_MAX;
use serde_json::Value;

use crate::common::{TestSite, each, with_id};

/// The messages of an answer that are marked as new.
fn news(answer: &Value) -> Vec<String> {
    let lines = answer["new_messages"].as_array().unwrap();
    each(&lines.iter().filter(|line| line["new"] == true).cloned().collect(), "body")
}

#[test]
fn a_repeated_line_is_new_only_if_it_waited() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let say = |to: &str, kind: &str, body: &str| {
        let said = bob.done("message", &[("type", kind), ("to", to), ("body", body), ("cid", body)]);
        said["id"].as_str().unwrap().to_owned()
    };
    say("1", "multicast", "to the walkers");
    let first = say("alice", "unicast", "first");
    let waited = say("alice", "unicast", "waited");
    assert_eq!(news(&alice.online(&[]).answer), ["first", "waited"]);

    let repeated = alice.online(&[("since", &waited)]).answer;
    let bodies = each(&repeated["new_messages"], "body");
    assert!(
        bodies.contains(&"first".to_owned()) && bodies.contains(&"to the walkers".to_owned()),
        "{bodies:?}"
    );
    assert_eq!(news(&repeated), [] as [&str; 0], "it was delivered before");

    let returned = first.parse().unwrap();
    site.community.site().store.write(|db| messages::set_undelivered(db, returned)).unwrap();
    assert_eq!(
        news(&alice.online(&[("since", &waited)]).answer),
        ["first"],
        "it was not delivered after all"
    );

    let mut elsewhere = alice.online(&[]);
    let handed = say("alice", "unicast", "handed to another page");
    assert_eq!(elsewhere.next("messages", |_| true)["id"], *handed);
    say("1", "multicast", "later to the walkers");
    alice.done("message", &[("to", "bob"), ("body", "her own")]);
    for page in [alice.online(&[("since", &waited)]).answer, alice.done("missed", &[("since", &waited)])] {
        assert!(each(&page["new_messages"], "id").contains(&handed));
        assert_eq!(news(&page), ["later to the walkers"]);
    }
    let returned = handed.parse().unwrap();
    site.community.site().store.write(|db| messages::set_undelivered(db, returned)).unwrap();
    let page = alice.done("missed", &[("since", &waited)]);
    assert_eq!(news(&page), ["handed to another page", "later to the walkers"]);
    let history = alice.read("history", &[("type", "unicast"), ("id", "bob")]);
    assert!(history.as_array().unwrap().iter().all(|line| line["new"].is_null()));
}

/// Adds messages to the database, one after another.
fn fill(site: &TestSite, count: usize, message: impl Fn(usize) -> (&'static str, &'static str)) {
    let store = &site.community.site().store;
    let add = |db: &rusqlite::Connection| {
        (0..count).try_for_each(|n| {
            let ((kind, to), body) = (message(n), format!("m{n}"));
            let new = NewMessage {
                kind,
                from: "bob",
                nick: "Bob",
                to,
                body: &body,
                style: "",
                cid: None,
                meta: None,
            };
            messages::add(db, &new).map(drop)
        })
    };
    store.write(add).unwrap();
}

fn bodies(count: std::ops::Range<usize>) -> Vec<String> {
    count.map(|n| format!("m{n}")).collect()
}

#[test]
fn thirty_lines_of_history_are_embedded() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    fill(&site, 31, |_| ("multicast", "1"));
    let rooms = alice.online(&[("room_ids", "1")]).answer["rooms"].clone();
    assert_eq!(each(&rooms["1"]["history"], "body"), bodies(1..31));
    fill(&site, 31, |_| ("unicast", "alice"));
    alice.online(&[]);
    let buddies = alice.online(&[("buddy_ids", "bob")]).answer["buddies"].clone();
    assert_eq!(each(&with_id(&buddies, "bob")["history"], "body"), bodies(1..31));
}

#[test]
fn a_page_that_missed_many_messages_gets_all_in_parts() {
    for beyond in [0, 1, CATCH_UP_MAX + 1] {
        let site = TestSite::start();
        let alice = site.log_in("alice");
        let seen = alice.done("message", &[("to", "bob"), ("body", "seen"), ("cid", "c")])["id"].clone();
        let place = |n: usize| if n.is_multiple_of(2) { ("unicast", "alice") } else { ("multicast", "2") };
        fill(&site, CATCH_UP_MAX + beyond, place);
        let mut answer = alice.online(&[("since", seen.as_str().unwrap())]).answer;
        let mut got = each(&answer["new_messages"], "body");
        let start = got.iter().position(|body| body == "m0").unwrap();
        got.drain(..start);
        let mut asked = 0;
        while let Some(more) = answer["more"].as_str() {
            assert_eq!(answer["new_messages"].as_array().unwrap().last().unwrap()["id"], more);
            let waiting = site.waiting("alice");
            assert!(
                waiting.iter().all(|message| message.id > more.parse().unwrap()),
                "what is handed over is noted, and no more"
            );
            let page = alice.done("missed", &[("since", more)]);
            let rows = each(&page["new_messages"], "body");
            let fresh = rows
                .into_iter()
                .filter(|body| body.starts_with('m') && !got.contains(body))
                .collect::<Vec<_>>();
            got.extend(fresh);
            (answer, asked) = (page, asked + 1);
        }
        assert_eq!(got, bodies(0..CATCH_UP_MAX + beyond), "{beyond}");
        assert_eq!(asked, beyond.div_ceil(CATCH_UP_MAX), "{beyond}");
        assert!(site.waiting("alice").is_empty());
    }
}
