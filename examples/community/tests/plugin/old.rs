//! The requests of a front end of 2011, and the answers it expects.
//!
//! It logs in, fetches its contacts, chats, enters a room and reads a history, with the literals, aliases and parameters of
//! its time, once by POST and once as scripts across origins.

use nextim_community::site::Options;
use serde_json::{Value, json};

use crate::common::{Browser, TestSite, each, with_id};

/// How that front end calls: from a page of the site, or from one of another origin, where every call is a script.
#[derive(Clone, Copy)]
enum Mode {
    Ajax,
    Jsonp,
}

#[track_caller]
fn call(browser: &Browser<'_>, mode: Mode, method: &str, endpoint: &str, params: &str) -> Value {
    let answer = match (mode, method) {
        (Mode::Ajax, "POST") => {
            let referer = format!("{}/old", browser.origin());
            browser.ask("POST", &format!("/webim/{endpoint}?version=3"), &[("referer", &referer)], params)
        }
        (Mode::Ajax, _) => {
            browser.ask("GET", &format!("/webim/{endpoint}?{params}&_=1321862400000"), &[], "")
        }
        (Mode::Jsonp, _) => {
            let query = format!("{params}&version=3&callback=jsonp1321862400&_=1321862400000");
            browser.ask(
                "GET",
                &format!("/webim/{endpoint}?{query}"),
                &[("referer", "http://bbs.example/")],
                "",
            )
        }
    };
    assert_eq!(answer.status, 200, "{answer:?}");
    let script = answer.body.strip_prefix("/**/jsonp1321862400(").and_then(|rest| rest.strip_suffix(");"));
    serde_json::from_str(script.unwrap_or(&answer.body)).unwrap()
}

fn whole_visit(mode: Mode) {
    let options = Options { jsonp_origins: vec!["http://bbs.example".to_owned()], ..Options::default() };
    let site = TestSite::with(options, |address| address);
    let mut browser = site.browser();
    let bob = site.log_in("bob");
    let mut at_bob = bob.online(&[("version", "3")]);
    assert_eq!(at_bob.answer["channels"], json!([]), "that front end would open a chat for it");
    let log_in = "username=alice&password=nextim&show=available&status=undefined&buddy_ids=bob&room_ids=1\
        &stranger_ids=8%2Cnull&ticket=undefined&domain=undefined&nick=null";
    let answer = call(&browser, mode, "POST", "online", log_in);
    assert_eq!(answer["success"], true, "{answer}");
    browser.cookie = site.log_in("alice").cookie;
    let connection = &answer["connection"];
    assert!(connection["server"].as_str().unwrap().ends_with("/packets"));
    assert_eq!((&answer["user"]["status"], answer["server_time"].is_i64()), (&json!(""), true));
    assert_eq!(with_id(&answer["buddies"], "bob")["presence"], "online");
    assert_eq!(with_id(&answer["buddies"], "zoe")["group"], "stranger");
    assert!(answer["buddies"].as_array().unwrap().iter().all(|buddy| buddy["show"].is_string()));
    assert_eq!((&answer["rooms"]["1"]["id"], &answer["rooms"]["1"]["blocked"]), (&json!("1"), &json!(false)));
    assert_eq!(with_id(&answer["buddies"], "bob")["history"].as_array().unwrap().len(), 4);
    let ticket = connection["ticket"].as_str().unwrap();
    let with_ticket = |more: &str| format!("{more}&ticket={ticket}&domain={}", site.domain);

    let found = call(&browser, mode, "GET", "buddy", "ids=bob%2Cdave");
    assert_eq!(each(&found, "presence"), ["online", "offline"]);
    let chat = "type=unicast&offline=false&to=bob&from=1&nick=undefined&style=color%3Ared&body=%E4%BD%A0%E5%A5%BD\
        &timestamp=1321862400000";
    assert_eq!(call(&browser, mode, "POST", "message", &with_ticket(chat)), "ok");
    let got = at_bob.next("messages", |_| true);
    assert_eq!(
        (&got["body"], &got["style"], &got["from"]),
        (&json!("你好"), &json!("color:red;"), &json!("alice"))
    );
    for (endpoint, params) in [
        ("status", "to=bob&show=typing&nick=undefined"),
        ("presence", "show=away&status=undefined&nick=undefined"),
        ("leave", "id=1&name=undefined"),
        ("setting", "data=%7B%22play_sound%22%3Afalse%2C%22blocked_rooms%22%3Anull%7D"),
    ] {
        assert_eq!(call(&browser, mode, "POST", endpoint, &with_ticket(params)), "ok", "{endpoint}");
    }
    at_bob.next("statuses", |status| status["show"] == "typing");
    assert_eq!(call(&browser, mode, "POST", "join", &with_ticket("id=1&nick=undefined"))["id"], "1");
    let members = call(&browser, mode, "GET", "members", &with_ticket("id=1"));
    assert_eq!(with_id(&members, "alice")["nick"], "Alice");
    assert_eq!(each(&call(&browser, mode, "GET", "rooms", "ids=1"), "id"), ["1"]);
    let room = "type=multicast&offline=undefined&to=1&body=hi&style=null";
    assert_eq!(call(&browser, mode, "POST", "message", &with_ticket(room)), "ok");
    assert_eq!(at_bob.next("messages", |_| true)["type"], "multicast");
    let history = call(&browser, mode, "GET", "history", "type=unicast&id=bob");
    assert_eq!(history.as_array().unwrap().last().unwrap()["body"], "你好");
    assert_eq!(call(&browser, mode, "GET", "histories", "type=unicast&id=bob"), history);
    assert_eq!(call(&browser, mode, "POST", "clear_history", "type=unicast&id=bob"), "ok");
    assert_eq!(call(&browser, mode, "GET", "history", "type=unicast&id=bob"), json!([]));
    assert!(call(&browser, mode, "GET", "notification", "").is_array());
    assert_eq!(call(&browser, mode, "POST", "refresh", &with_ticket("")), "ok");
    assert_eq!(call(&browser, mode, "POST", "offline", &with_ticket("")), "ok");
}

#[test]
fn a_front_end_of_2011_works() {
    whole_visit(Mode::Ajax);
}

#[test]
fn a_front_end_of_2011_works_across_origins() {
    whole_visit(Mode::Jsonp);
}

#[test]
fn older_front_ends_get_only_types_they_know() {
    let site = TestSite::start();
    let (alice, admin) = (site.log_in("alice"), site.log_in("admin"));
    let mut page = alice.online(&[("version", "3")]);
    site.community.site().webim.push_post(1, "a post");
    admin.done("message", &[("type", "broadcast"), ("body", "to all")]);
    let received = page.messages();
    assert_eq!(received.len(), 1, "{received:?}");
    let shown = ["type", "to", "body"].map(|key| received[0][key].as_str().unwrap());
    assert_eq!(shown, ["unicast", "alice", "to all"], "a broadcast comes as a unicast");
}
