//! `message`: the right to write, and that no accepted message is lost.

use nextim_testkit::patience::eventually;
use serde_json::json;

use crate::common::{TestSite, configure, remove};

#[test]
fn a_message_arrives_with_the_sites_id_and_time() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let (at_alice, mut at_bob) = (alice.online(&[]), bob.online(&[]));
    let style = "color:#ff0000;position:fixed;font-weight:bold";
    let params =
        [("type", "unicast"), ("to", "bob"), ("body", "<b>hi</b> 你好"), ("style", style), ("cid", "c1")];
    let answer = at_alice.done("message", &params);
    assert_eq!(answer["status"], "ok");
    let got = at_bob.next("messages", |_| true);
    assert_eq!((&got["id"], &got["timestamp"]), (&answer["id"], &answer["timestamp"]));
    let shown = ["from", "nick", "to", "type", "body", "style"].map(|key| got[key].as_str().unwrap());
    let style = "color:#ff0000;font-weight:bold;";
    assert_eq!(shown, ["alice", "Alice", "bob", "unicast", "<b>hi</b> 你好", style]);
    assert!(site.waiting("bob").is_empty(), "the message server has queued it for a page");
    let history = bob.read("history", &[("type", "unicast"), ("id", "alice")]);
    assert_eq!(history.as_array().unwrap().last().unwrap()["style"], style);
}

#[test]
fn long_messages_count_several_times() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let mut at_bob = bob.online(&[]);
    let send = |body: &str| alice.post("message", &[("to", "bob"), ("body", body)]).status;
    let longest = "<".repeat(32_768); // and six times as long as JSON
    assert_eq!([(); 4].map(|()| send(&longest)), [200, 429, 429, 429]);
    assert_eq!(at_bob.next("messages", |_| true)["body"], longest.as_str());
}

#[test]
fn messages_are_limited_by_user() {
    let site = TestSite::start();
    let (alice, carol) = (site.log_in("alice"), site.log_in("carol"));
    let send = || alice.post("message", &[("to", "bob"), ("body", "x")]);
    let refused = eventually("a message is refused", || Some(send()).filter(|answer| answer.status != 200));
    assert_eq!(refused.header("retry-after"), "5");
    assert_eq!(refused.refusal(), (429, "You are writing too fast. Please wait a moment.".to_owned()));
    carol.done("message", &[("to", "bob"), ("body", "others may")]);
}

#[test]
fn ones_own_other_page_has_a_copy() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let (mut first, mut second) = (alice.online(&[]), alice.online(&[]));
    let id = first.done("message", &[("to", "bob"), ("body", "x"), ("cid", "c")])["id"].clone();
    assert_eq!(second.next("messages", |_| true)["id"], id);
    assert!(first.messages().is_empty(), "the sending page gets no copy");
}

#[test]
fn a_room_receives_the_messages_of_its_members() {
    let site = TestSite::start();
    let (alice, bob, dave) = (site.log_in("alice"), site.log_in("bob"), site.log_in("dave"));
    let (at_alice, mut at_bob, mut at_dave) = (alice.online(&[]), bob.online(&[]), dave.online(&[]));
    at_alice.done("message", &[("type", "multicast"), ("to", "1"), ("body", "walkers")]);
    at_alice.done("message", &[("type", "grpchat"), ("to", "2"), ("body", "kitchen")]);
    let got = at_bob.next("messages", |_| true);
    assert_eq!(
        (&got["to"], &got["type"], &got["body"]),
        (&json!("1"), &json!("multicast"), &json!("walkers"))
    );
    let received: Vec<_> = at_dave.messages().iter().map(|message| message["body"].clone()).collect();
    assert_eq!(received, ["kitchen"], "dave is no member of the walkers");
}

#[test]
fn a_post_is_pushed_to_subscribers_only() {
    let site = TestSite::start();
    let (alice, carol) = (site.log_in("alice"), site.log_in("carol"));
    let (mut at_alice, mut at_carol) = (alice.online(&[]), carol.online(&[]));
    assert_eq!(at_carol.answer["channels"], json!([]));
    site.community.site().webim.push_post(17, "Sunday walk");
    let got = at_alice.next("messages", |_| true);
    let shown = ["from", "nick", "to", "type", "body", "id"].map(|key| got[key].as_str().unwrap());
    assert_eq!(shown, ["forum", "Forum", "channel:forum", "multicast", "Sunday walk", "post-17"]);
    assert!(at_carol.messages().is_empty());
}

#[test]
fn a_restarted_message_server_loses_nothing() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let (mut at_alice, mut at_bob) = (alice.online(&[]), bob.online(&[]));
    remove(&site.domain);
    eventually("refused", || {
        (alice.done("online", &[])["error_msg"] == "IM Server Not Authorized").then_some(())
    });
    configure(&site.domain, |_| {});
    eventually("the old sessions are gone", || {
        (at_alice.poll().0 == 404 && at_bob.poll().0 == 404).then_some(())
    });
    let mut again = bob.online(&[]);
    at_alice.done("message", &[("to", "bob"), ("body", "still here?")]);
    assert_eq!(again.next("messages", |_| true)["body"], "still here?", "pushed without the ticket");
    assert!(site.waiting("bob").is_empty());
    assert_eq!(at_alice.done("presence", &[("show", "away")]), "ok");
    assert_eq!(at_alice.done("status", &[("to", "bob"), ("show", "typing")]), "ok");
    assert_eq!(at_alice.done("refresh", &[]), "ok");
}
