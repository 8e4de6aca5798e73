//! Scripts for pages of other origins, if the operator allows them.

use nextim_community::site::Options;
use serde_json::{Value, json};

use crate::common::{Answer, Browser, TestSite};

const ORIGIN: &str = "http://www.example";
const PAGE: (&str, &str) = ("referer", "http://www.example/page?x");

fn site() -> TestSite {
    let options = Options { jsonp_origins: vec![ORIGIN.to_owned()], ..Options::default() };
    TestSite::with(options, |address| address)
}

fn script(browser: &Browser<'_>, call: &str, headers: &[(&str, &str)]) -> Answer {
    browser.ask("GET", &format!("/webim/{call}"), headers, "")
}

#[track_caller]
fn called(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/javascript; charset=utf-8");
    let inner = answer.body.strip_prefix("/**/jQuery1_2.cb(").and_then(|rest| rest.strip_suffix(");"));
    serde_json::from_str(inner.unwrap_or_else(|| panic!("{answer:?}"))).unwrap()
}

#[test]
fn every_call_may_be_a_script() {
    let site = site();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let run = |call: &str| called(&script(&alice, &format!("{call}&callback=jQuery1_2.cb&_=17"), &[PAGE]));
    let answer = run("online?show=available&buddy_ids=&room_ids=&stranger_ids=");
    let ticket = answer["connection"]["ticket"].as_str().unwrap();
    assert_eq!(
        run(&format!("message?ticket={ticket}&type=unicast&to=bob&body=%3C/script%3E%E2%80%A8&offline=true")),
        "ok"
    );
    assert_eq!(site.waiting("bob")[0].body, "</script>\u{2028}");
    let raw = script(
        &bob,
        "history?type=unicast&id=alice&callback=jQuery1_2.cb",
        &[PAGE, ("sec-fetch-dest", "script")],
    );
    assert!(called(&raw).is_array());
    assert_eq!(run(&format!("presence?ticket={ticket}&show=away")), "ok");
    assert_eq!(run(&format!("status?ticket={ticket}&to=bob&show=typing")), "ok");
    assert_eq!(run("setting?data=%7B%22play_sound%22%3Atrue%7D"), "ok");
    assert_eq!(run("buddies?ids=bob")[0]["id"], "bob");
    assert_eq!(run("rooms?ids=1")[0]["id"], "1");
    assert_eq!(run(&format!("leave?ticket={ticket}&id=1")), "ok");
    assert_eq!(run(&format!("join?ticket={ticket}&id=1"))["id"], "1");
    assert!(run(&format!("members?ticket={ticket}&id=1")).is_array());
    assert_eq!(run("clear_history?type=unicast&id=bob"), "ok");
    assert!(run("notifications?").is_array());
    assert_eq!(run("block?id=bob"), "ok");
    assert_eq!(run("unblock?id=bob"), "ok");
    assert_eq!(run(&format!("refresh?ticket={ticket}")), "ok");
}

#[test]
fn a_script_is_safe_with_any_text() {
    let site = site();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    bob.done("message", &[("to", "alice"), ("body", "</script>\u{2028}<!--")]);
    let answer = script(&alice, "online?callback=jQuery1_2.cb", &[PAGE]);
    assert!(!answer.body.contains('<') && !answer.body.contains('\u{2028}'));
    assert_eq!(called(&answer)["new_messages"][0]["body"], "</script>\u{2028}<!--");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[test]
fn refusals_are_scripts_that_run() {
    let site = site();
    let nobody = site.browser();
    let run = |call: &str| called(&script(&nobody, &format!("{call}callback=jQuery1_2.cb"), &[PAGE]));
    assert_eq!(run("online?"), json!({"success": false, "error_msg": "Not Authorized"}));
    assert_eq!(run("buddies?ids=bob&"), json!({"error": "Please log in.", "status": 401}));
    let alice = site.log_in("alice");
    let refused = script(&alice, "message?to=alice&body=me&callback=jQuery1_2.cb", &[PAGE]);
    assert_eq!(called(&refused), json!({"error": "You cannot write to yourself.", "status": 403}));
}

#[test]
fn a_page_of_an_allowed_origin_may_post_refresh_and_nothing_else() {
    let site = site();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let mut at_bob = bob.online(&[]);
    let page = alice.online(&[]);
    at_bob.next("presences", |presence| presence["from"] == "alice" && presence["type"] == "online");
    let ticket = format!("ticket={}", page.ticket);
    let post = |endpoint: &str, origin: &str, body: &str| {
        let headers = [("origin", origin), ("sec-fetch-site", "same-site"), ("sec-fetch-dest", "empty")];
        alice.ask("POST", &format!("/webim/{endpoint}"), &headers, body).status
    };
    assert_eq!(post("refresh", "http://evil.example", &ticket), 403);
    for endpoint in ["offline", "presence", "message", "block"] {
        assert_eq!(
            post(endpoint, ORIGIN, &format!("{ticket}&to=bob&id=bob&body=x&show=away")),
            403,
            "{endpoint}"
        );
    }
    assert_eq!(post("refresh", ORIGIN, &ticket), 200);
    at_bob.next("presences", |presence| presence["from"] == "alice" && presence["type"] == "offline");
}

#[test]
fn only_allowed_pages_have_scripts() {
    let (open, closed) = (site(), TestSite::start());
    let (alice, other) = (open.log_in("alice"), closed.log_in("alice"));
    let call = "message?to=bob&body=forged&callback=cb";
    let from = |page: &'static str| [("referer", page)];
    for (browser, headers) in [
        (&alice, &[][..]),
        (&alice, &from("http://evil.example/http://www.example")),
        (&alice, &from("http://www.example.evil/")),
        (&alice, &from("https://www.example/")),
        (&alice, &[PAGE, ("sec-fetch-dest", "image")]),
        (&other, &[PAGE]),
        (&other, &[("referer", &*(closed.origin() + "/"))]),
    ] {
        let answer = script(browser, call, headers);
        assert_eq!(answer.refusal().0, 403, "{headers:?}");
        assert_eq!(script(browser, "buddies?ids=bob&callback=cb", headers).refusal().0, 403, "{headers:?}");
    }
    assert!(open.waiting("bob").is_empty() && closed.waiting("bob").is_empty());
}

#[test]
fn a_callback_is_a_plain_name() {
    let site = site();
    let alice = site.log_in("alice");
    for bad in ["alert(1)//", "a%20b", "1a", "%3Cscript%3E", &"x".repeat(129)] {
        let answer = script(&alice, &format!("buddies?ids=bob&callback={bad}"), &[PAGE]);
        assert_eq!(answer.refusal(), (400, "bad parameter: callback".to_owned()));
    }
    let none = script(&alice, "buddies?ids=bob&callback=undefined", &[PAGE]);
    assert_eq!(none.header("content-type"), "application/json");
}

#[test]
fn a_post_of_ours_may_have_a_callback() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let answer = alice.post("message", &[("to", "bob"), ("body", "x"), ("callback", "jQuery1_2.cb")]);
    assert_eq!(called(&answer), "ok");
}
