//! `message`: the right to write, and that no accepted message is lost.

use nextim_testkit::patience::eventually;
use serde_json::json;

use crate::common::{TestSite, configure, each, remove};

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
fn a_sender_without_cid_is_answered_in_the_old_way() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    assert_eq!(alice.done("message", &[("type", "unicast"), ("to", "bob"), ("body", "null")]), "ok");
    assert_eq!(site.waiting("bob")[0].body, "null", "a user may send this word");
}

#[test]
fn sender_and_presence_in_parameters_are_ignored() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let mut at_bob = bob.online(&[]);
    let forged = [("from", "admin"), ("nick", "Admin"), ("timestamp", "1"), ("id", "x"), ("offline", "true")];
    let params = [&[("to", "bob"), ("body", "trust me")][..], &forged].concat();
    alice.done("message", &params);
    let got = at_bob.next("messages", |_| true);
    assert_eq!((&got["from"], &got["nick"]), (&json!("alice"), &json!("Alice")));
    assert!(got["timestamp"].as_i64().unwrap() > 1 && got["id"] != "x");
    assert!(site.waiting("bob").is_empty(), "the message server knows whether bob is online");
    at_bob.done("offline", &[]);
    eventually("bob is gone", || {
        alice.done("message", &[("to", "bob"), ("body", "offline?"), ("offline", "false")]);
        (!site.waiting("bob").is_empty()).then_some(())
    });
}

#[test]
fn a_message_is_stored_once_by_its_cid() {
    let site = TestSite::start();
    let (alice, bob, carol) = (site.log_in("alice"), site.log_in("bob"), site.log_in("carol"));
    let send = || alice.done("message", &[("to", "bob"), ("body", "once"), ("cid", "c1")]);
    let first = send();
    assert_eq!(send(), first);
    let of_carol = carol.done("message", &[("to", "bob"), ("body", "from carol"), ("cid", "c1")]);
    assert_ne!(of_carol["id"], first["id"], "each sender has own cids");
    let mut at_bob = bob.online(&[]);
    assert_eq!(each(&at_bob.answer["new_messages"], "body"), ["once", "from carol"]);
    let again = send();
    assert_eq!((&again["id"], &again["timestamp"]), (&first["id"], &first["timestamp"]));
    assert_eq!((&first["arrived"], &again["arrived"]), (&json!(false), &json!(true)), "bob has it by now");
    assert!(at_bob.messages().is_empty(), "a delivered message is not pushed again");
}

#[test]
fn a_broadcast_is_stored_once_by_its_cid() {
    let site = TestSite::start();
    let (admin, bob) = (site.log_in("admin"), site.log_in("bob"));
    let mut at_bob = bob.online(&[]);
    let params = [("type", "broadcast"), ("body", "tea time"), ("cid", "c1")];
    let first = admin.done("message", &params);
    assert_eq!((&first["status"], first["id"].is_string()), (&json!("ok"), true));
    assert_eq!(admin.done("message", &params), first);
    let got = at_bob.messages();
    assert_eq!(got.len(), 1, "it is pushed once: {got:?}");
    assert_eq!((&got[0]["id"], &got[0]["body"]), (&first["id"], &json!("tea time")));
    assert_eq!(admin.done("message", &params[..2]), "ok");
    assert_eq!(alice_refused(&site, &params), 403);
}

fn alice_refused(site: &TestSite, params: &[(&str, &str)]) -> u16 {
    site.log_in("alice").post("message", params).refusal().0
}

#[test]
fn only_the_sender_gets_the_cid_back() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    alice.done("message", &[("to", "bob"), ("body", "mine"), ("cid", "c1")]);
    assert!(bob.online(&[]).answer["new_messages"][0]["cid"].is_null());
    for (browser, other, cid) in [(&alice, "bob", "c1".into()), (&bob, "alice", serde_json::Value::Null)] {
        let rows = browser.get("history", &[("type", "unicast"), ("id", other)]).json();
        let last = rows.as_array().and_then(|rows| rows.last()).unwrap();
        assert_eq!((&last["body"], &last["cid"]), (&"mine".into(), &cid), "{other}");
    }
    let caught_up = alice.online(&[("since", "1")]).answer;
    let own = caught_up["new_messages"].as_array().unwrap().last().unwrap();
    assert_eq!(own["cid"], "c1");
}

#[test]
fn bodies_are_checked() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let send = |body: &str| alice.post("message", &[("to", "bob"), ("body", body)]);
    for bad in ["", " \n", &"x".repeat(32_769), "a\0b"] {
        assert_eq!(send(bad).refusal().0, 400);
    }
    assert_eq!(alice.post("message", &[("to", "bob")]).refusal().0, 400);
    assert_eq!(send(&"字".repeat(50_000)).refusal(), (413, "This is too long.".to_owned()));
    assert!(site.waiting("bob").is_empty());
    let (kind, to) = (("type", "shout"), ("to", "bob"));
    assert_eq!(alice.post("message", &[kind, to, ("body", "x")]).refusal().0, 400);
    assert_eq!(alice.post("message", &[to, ("body", "x"), ("cid", &"c".repeat(129))]).refusal().0, 400);
    assert_eq!(alice.post("message", &[("body", "x")]).refusal(), (400, "missing parameter: to".to_owned()));
    assert_eq!(send(&"x".repeat(32_768)).status, 200);
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
fn some_receivers_are_refused() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let send =
        |kind: &str, to: &str| alice.post("message", &[("type", kind), ("to", to), ("body", "x")]).refusal();
    assert_eq!(send("unicast", "nobody").0, 404);
    assert_eq!(send("unicast", "alice").0, 403);
    assert_eq!(send("multicast", "3").0, 404, "no member");
    assert_eq!(send("multicast", "channel:forum").0, 404);
    assert_eq!(send("broadcast", "").0, 403, "no administrator");
}

#[test]
fn a_ticket_must_be_ones_own() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let mut at_bob = bob.online(&[]);
    let foreign = ("ticket", at_bob.ticket.as_str());
    for (endpoint, params) in [
        ("message", vec![("to", "bob"), ("body", "x"), foreign]),
        ("status", vec![("to", "bob"), ("show", "typing"), foreign]),
        ("presence", vec![("show", "away"), foreign]),
        ("offline", vec![foreign]),
        ("refresh", vec![foreign]),
        ("join", vec![("id", "1"), foreign]),
        ("leave", vec![("id", "1"), foreign]),
        ("members", vec![("id", "1"), foreign]),
        ("presence", vec![("show", "away"), ("ticket", "made-up")]),
    ] {
        assert_eq!(alice.post(endpoint, &params).refusal().0, 403, "{endpoint}");
    }
    // A ticket that was never given to a page counts as ended.
    assert_eq!(alice.done("offline", &[("ticket", "made-up")]), "ok");
    assert_eq!(at_bob.poll().0, 200);
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
fn an_administrator_writes_to_all() {
    let site = TestSite::start();
    let (admin, zoe) = (site.log_in("admin"), site.log_in("zoe"));
    let mut at_zoe = zoe.online(&[]);
    admin.done("message", &[("type", "broadcast"), ("body", "tea is ready")]);
    let got = at_zoe.next("messages", |_| true);
    assert_eq!((&got["type"], &got["from"], &got["to"]), (&json!("broadcast"), &json!("admin"), &json!("")));
    let missed = zoe.online(&[("since", "1")]).answer["new_messages"].clone();
    assert_eq!(each(&missed, "body"), ["tea is ready"]);
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
