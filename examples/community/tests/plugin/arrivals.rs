//! Whether a sender may know that a message has arrived: only if others see the receiver.

use nextim_community::store::messages;
use serde_json::{Value, json};

use crate::common::{Browser, TestSite, configure};

/// Sends a message to a user or a room, and returns what the answer says of its arrival.
#[track_caller]
fn say(from: &Browser<'_>, kind: &str, to: &str, cid: &str) -> bool {
    let answer = from.done("message", &[("type", kind), ("to", to), ("body", cid), ("cid", cid)]);
    answer["arrived"].as_bool().unwrap_or_else(|| panic!("{answer}"))
}

/// The messages that have arrived, as the history of a reader has them.
#[track_caller]
fn arrived(reader: &Browser<'_>, kind: &str, with: &str) -> Vec<String> {
    marked(&reader.read("history", &[("type", kind), ("id", with)]))
}

#[track_caller]
fn marked(lines: &Value) -> Vec<String> {
    let lines = lines.as_array().unwrap();
    assert!(lines.iter().all(|line| [&Value::Null, &json!(true)].contains(&&line["arrived"])));
    let texts =
        lines.iter().filter(|line| line["arrived"] == true).map(|line| line["body"].as_str().unwrap());
    // All messages before those of a test are of the seed.
    texts.filter(|text| text.starts_with("m-")).map(str::to_owned).collect()
}

#[test]
fn a_message_to_a_visible_user_has_arrived_and_its_sender_alone_may_know() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    for show in ["available", "dnd"] {
        bob.online(&[("show", show)]);
        assert!(say(&alice, "unicast", "bob", &format!("m-{show}")));
    }
    let expected = ["m-available", "m-dnd"];
    assert_eq!(arrived(&alice, "unicast", "bob"), expected);
    let caught_up = alice.online(&[("since", "1"), ("buddy_ids", "bob")]).answer;
    assert_eq!(marked(&caught_up["new_messages"]), expected);
    assert_eq!(marked(&caught_up["histories"]["bob"]), expected);
    assert_eq!(marked(&alice.done("missed", &[("since", "1")])["new_messages"]), expected);
    assert_eq!(arrived(&bob, "unicast", "alice"), [] as [&str; 0]);
    assert_eq!(marked(&bob.online(&[("since", "1")]).answer["new_messages"]), [] as [&str; 0]);
}

#[test]
fn a_message_to_an_invisible_user_looks_like_one_to_a_user_who_is_offline() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let mut at_bob = bob.online(&[("show", "invisible")]);
    let answer = |to: &str| {
        let mut answer = alice.done("message", &[("to", to), ("body", "m-1"), ("cid", to)]);
        let members = answer.as_object_mut().unwrap();
        assert!(members.remove("id").is_some() && members.remove("timestamp").is_some());
        answer
    };
    assert_eq!(answer("bob"), answer("dave"), "dave is offline");
    assert_eq!(answer("bob"), json!({"status": "ok", "arrived": false}), "its retry");
    assert_eq!(at_bob.next("messages", |_| true)["body"], "m-1");
    assert!(site.waiting("bob").is_empty(), "it was delivered");
    assert_eq!(arrived(&alice, "unicast", "bob"), [] as [&str; 0]);
    assert_eq!(alice.done("message", &[("to", "bob"), ("body", "m-2")]), "ok", "without cid");
}

#[test]
fn a_message_that_waited_arrives_when_a_visible_user_comes() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    for to in ["bob", "dave"] {
        assert!(!say(&alice, "unicast", to, &format!("m-{to}")));
    }
    bob.online(&[("show", "away")]);
    assert_eq!(arrived(&alice, "unicast", "bob"), ["m-bob"]);
    assert!(say(&alice, "unicast", "bob", "m-bob"), "a retry is answered what is stored");
    site.log_in("dave").online(&[]);
    assert_eq!(arrived(&alice, "unicast", "dave"), ["m-dave"], "a page that names no show is seen");
}

#[test]
fn what_an_invisible_user_is_handed_has_not_arrived() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let nothing = [] as [&str; 0];
    say(&alice, "unicast", "bob", "m-1");
    let page = bob.online(&[("show", "invisible")]);
    assert_eq!(page.answer["new_messages"][0]["body"], "m-1");
    assert_eq!(arrived(&alice, "unicast", "bob"), nothing);
    // Other pages have the user's show, and need not name it.
    for show in ["", "undefined"] {
        bob.online(&[("show", show), ("since", "1")]);
        assert_eq!(arrived(&alice, "unicast", "bob"), nothing, "{show:?}");
    }
    bob.done("missed", &[("since", "1")]);
    assert_eq!(arrived(&alice, "unicast", "bob"), nothing);
    assert!(!say(&alice, "unicast", "bob", "m-1"), "a retry is answered what is stored");
    page.done("presence", &[("show", "available")]);
    bob.done("missed", &[("since", "1")]);
    assert_eq!(arrived(&alice, "unicast", "bob"), ["m-1"], "others see the user now");
}

#[test]
fn a_page_that_comes_back_visibly_makes_what_it_repeats_arrive() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    say(&alice, "unicast", "bob", "m-1");
    bob.online(&[("show", "invisible")]);
    bob.online(&[("show", "available"), ("since", "1")]);
    assert_eq!(arrived(&alice, "unicast", "bob"), ["m-1"]);
    assert_eq!(arrived(&bob, "unicast", "alice"), [] as [&str; 0]);
}

#[test]
fn a_message_to_a_room_arrives_if_one_visible_member_has_it() {
    let site = TestSite::start();
    let (alice, bob, carol) = (site.log_in("alice"), site.log_in("bob"), site.log_in("carol"));
    assert!(!say(&alice, "multicast", "1", "m-nobody"));
    let mine = alice.online(&[]);
    assert!(!say(&alice, "multicast", "1", "m-alone"), "one's own other pages do not count");
    mine.done("offline", &[]);
    bob.online(&[("show", "invisible")]);
    assert!(!say(&alice, "multicast", "1", "m-invisible"));
    carol.online(&[]);
    assert!(say(&alice, "multicast", "1", "m-seen"));
    assert_eq!(arrived(&alice, "multicast", "1"), ["m-seen"]);
    assert_eq!(arrived(&carol, "multicast", "1"), [] as [&str; 0]);
}

#[test]
fn a_broadcast_arrives_if_one_visible_user_has_it() {
    let site = TestSite::start();
    let (admin, bob, zoe) = (site.log_in("admin"), site.log_in("bob"), site.log_in("zoe"));
    bob.online(&[("show", "invisible")]);
    assert!(!say(&admin, "broadcast", "", "m-1"));
    zoe.online(&[]);
    assert!(say(&admin, "broadcast", "", "m-2"));
    assert_eq!(marked(&admin.online(&[("since", "1")]).answer["new_messages"]), ["m-2"]);
    assert!(say(&admin, "broadcast", "", "m-2") && !say(&admin, "broadcast", "", "m-1"));
}

#[test]
fn a_message_that_comes_back_has_not_arrived() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let url = format!("{}/webim/undelivered", site.origin());
    configure(&site.domain, |config| config.undelivered_url = Some(url));
    let page = bob.online(&[]);
    assert!(say(&alice, "unicast", "bob", "m-1"), "it is queued for the page");
    page.done("offline", &[]);
    let has_come_back = || (!site.waiting("bob").is_empty()).then_some(());
    nextim_testkit::patience::eventually("it comes back", has_come_back);
    assert_eq!(arrived(&alice, "unicast", "bob"), [] as [&str; 0], "no page has acknowledged it");
    bob.online(&[]);
    assert_eq!(arrived(&alice, "unicast", "bob"), ["m-1"]);
}

#[test]
fn arrival_is_marked_once_and_never_taken_back_by_a_later_push() {
    let site = TestSite::start();
    let (alice, store) = (site.log_in("alice"), &site.community.site().store);
    let id = alice.done("message", &[("to", "bob"), ("body", "m-1"), ("cid", "1")])["id"].clone();
    let id: i64 = id.as_str().unwrap().parse().unwrap();
    let marks = [false, true, false]
        .map(|is_visible| store.write(|db| messages::set_delivered(db, id, is_visible)).unwrap());
    assert_eq!(marks, [false, true, true]);
    store.write(|db| messages::set_undelivered(db, id)).unwrap();
    let late = store.write(|db| messages::set_delivered(db, id, true)).unwrap();
    assert!(!late, "it came back before its push was answered");
    assert!(!store.write(|db| messages::set_delivered(db, i64::MAX, true)).unwrap());
}
