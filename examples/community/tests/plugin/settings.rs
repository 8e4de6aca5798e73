//! Settings, and the request of the message server.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use nextim_community::store::messages;
use nextim_community::webim::host::NewMessage;
use nextim_testkit::patience::eventually;
use serde_json::json;

use crate::common::{APIKEY, TestSite, configure, each};

#[test]
fn settings_are_kept_for_each_user() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let data = json!({"play_sound": false, "theme": "dark", "zoom": 120, "blocked_rooms": ["2"], "is_admin": true,
        "opacity": 7});
    assert_eq!(alice.done("setting", &[("data", &data.to_string())]), "ok");
    let expected = json!({"play_sound": false, "theme": "dark", "zoom": 120, "blocked_rooms": ["2"]});
    let page = alice.online(&[]);
    assert_eq!(page.answer["setting"], expected, "known keys, sensible values");
    assert_eq!(page.answer["rooms"]["2"]["blocked"], true);
    assert_eq!(bob.online(&[]).answer["setting"], json!({"blocked_rooms": []}));
    for bad in ["{", "[]", "7", &format!("{{\"x\":\"{}\"}}", "y".repeat(16_384))] {
        assert_eq!(alice.post("setting", &[("data", bad)]).refusal().0, 400);
    }
}

#[test]
fn settings_may_be_parameters() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let params =
        [("play_sound", "TRUE"), ("buddy_sticky", "0"), ("minimize_layout", "undefined"), ("data", "null")];
    assert_eq!(alice.done("setting", &params), "ok");
    let kept = alice.online(&[]).answer["setting"].clone();
    assert_eq!(kept, json!({"play_sound": true, "buddy_sticky": false, "blocked_rooms": []}));
}

#[test]
fn undelivered_messages_wait_again() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let at_bob = bob.online(&[]);
    let id = alice.done("message", &[("to", "bob"), ("body", "x"), ("cid", "1")])["id"].clone();
    assert!(site.waiting("bob").is_empty());
    let body = json!([{"id": id, "from": "alice"}, {"id": 999}, {"id": "made by the server"}, {"id": null}]);
    let call = |path: &str, headers: &[(&str, &str)], body: &str| {
        let headers = [&[("content-type", "application/json")], headers].concat();
        site.browser().ask("POST", path, &headers, body)
    };
    let basic = |key: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{key}", site.domain)));
    let wrong = basic("wrong");
    for headers in [&[][..], &[("authorization", wrong.as_str())], &[("authorization", "Basic !")]] {
        assert_eq!(call("/webim/undelivered", headers, &body.to_string()).refusal().0, 401);
    }
    assert_eq!(alice.post("undelivered", &[]).refusal().0, 401, "a session cookie is no apikey");
    let right = basic(APIKEY);
    let answer = call("/webim/undelivered", &[("authorization", &right)], &body.to_string());
    assert_eq!((answer.status, answer.json()), (200, json!("ok")));
    assert_eq!(site.waiting("bob").len(), 1);
    assert_eq!(call("/webim/undelivered", &[("authorization", &right)], "{}").refusal().0, 400);
    at_bob.done("offline", &[]);
    assert_eq!(each(&bob.online(&[]).answer["new_messages"], "body"), ["x"]);
    let path = format!("/webim/undelivered?domain={}&apikey=test+key", site.domain);
    assert_eq!(call(&path, &[], &body.to_string()).status, 200);
    assert!(site.waiting("bob").is_empty(), "it came back before, and a page of bob has it");
}

#[test]
fn a_message_that_comes_back_before_its_push_is_answered_waits() {
    let site = TestSite::start();
    let store = &site.community.site().store;
    let new = NewMessage {
        kind: "unicast",
        from: "alice",
        nick: "A",
        to: "bob",
        body: "x",
        style: "",
        cid: None,
        meta: None,
    };
    let message = store.write(|db| messages::add(db, &new)).unwrap();
    store.write(|db| messages::set_undelivered(db, message.id)).unwrap();
    store.write(|db| messages::set_delivered(db, message.id, true)).unwrap();
    assert_eq!(site.waiting("bob").len(), 1);
}

#[test]
fn a_message_to_a_page_that_went_away_arrives_with_the_next_page_once() {
    let site = TestSite::start();
    let url = format!("{}/webim/undelivered", site.origin());
    configure(&site.domain, |config| config.undelivered_url = Some(url));
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let mut at_bob = bob.online(&[]);
    alice.done("message", &[("to", "bob"), ("body", "seen"), ("cid", "1")]);
    at_bob.next("messages", |message| message["body"] == "seen");
    at_bob.poll();
    alice.done("message", &[("to", "bob"), ("body", "not seen"), ("cid", "2")]);
    assert!(site.waiting("bob").is_empty(), "it is queued for the page");
    at_bob.done("offline", &[]);
    eventually("it comes back", || (!site.waiting("bob").is_empty()).then_some(()));
    assert_eq!(each(&bob.online(&[]).answer["new_messages"], "body"), ["not seen"]);
    assert_eq!(bob.online(&[]).answer["new_messages"], json!([]));
}
