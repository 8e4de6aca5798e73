//! `online`, and the ways in which a page goes offline.

use nextim_community::secret;
use nextim_community::site::Options;
use nextim_community::store::bans;
use nextim_community::webim::server::Address;
use nextim_testkit::patience::eventually;
use serde_json::{Value, json};

use crate::common::{TestSite, each, with_id};

#[test]
fn the_answer_has_all_a_page_needs() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let mut page = alice.online(&[("show", "away"), ("status", "tea"), ("version", "6")]);
    let answer = page.answer.clone();
    assert!(answer["server_time"].as_i64().unwrap() > 1_700_000_000_000);
    let user = &answer["user"];
    assert_eq!((&user["id"], &user["uid"], &user["nick"]), (&json!("alice"), &json!("1"), &json!("Alice")));
    assert_eq!(
        (&user["show"], &user["status"], &user["presence"]),
        (&json!("away"), &json!("tea"), &json!("online"))
    );
    assert_eq!(answer["connection"]["domain"], *site.domain);
    assert!(answer["connection"]["server"].as_str().unwrap().ends_with("/packets"));
    assert_eq!(each(&answer["buddies"], "id"), ["bob", "carol", "xiaoming"]);
    for buddy in answer["buddies"].as_array().unwrap() {
        assert_eq!((&buddy["presence"], &buddy["show"]), (&json!("offline"), &json!("unavailable")));
        for key in ["uid", "nick", "status", "status_time", "url", "pic_url", "default_pic_url"] {
            assert!(buddy[key].is_string(), "{key}");
        }
    }
    assert_eq!(with_id(&answer["buddies"], "bob")["group"], "friend");
    assert_eq!(with_id(&answer["buddies"], "carol")["group"], "Colleagues");
    assert_eq!(answer["buddy_online_ids"], "");
    let rooms = answer["rooms"].as_object().unwrap();
    assert_eq!(rooms.keys().collect::<Vec<_>>(), ["1", "2"]);
    let room = &rooms["1"];
    assert_eq!((&room["id"], &room["count"], &room["all_count"]), (&json!("1"), &json!(1), &json!(4)));
    assert_eq!((&room["blocked"], &room["nick"]), (&json!(false), &json!("Mountain walkers")));
    assert_eq!(answer["new_messages"], json!([]));
    assert_eq!(answer["setting"], json!({"blocked_rooms": []}));
    assert_eq!(each(&answer["menu"], "url")[0], "/forum");
    assert_eq!(each(&answer["channels"], "id"), ["channel:forum"]);
    assert_eq!(page.poll().0, 200);
}

#[test]
fn strangers_and_open_chats_become_contacts() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let params = [("stranger_ids", "8,undefined,99,1"), ("buddy_ids", "dave,bob"), ("room_ids", "1,3")];
    let page = alice.online(&params);
    let buddies = &page.answer["buddies"];
    assert_eq!(each(buddies, "id"), ["bob", "carol", "xiaoming", "dave", "zoe"]);
    assert_eq!(
        (&with_id(buddies, "zoe")["group"], &with_id(buddies, "dave")["group"]),
        (&json!("stranger"), &json!("stranger"))
    );
    assert_eq!(with_id(buddies, "bob")["history"].as_array().unwrap().len(), 4);
    assert_eq!(with_id(buddies, "dave")["history"], json!([]));
    assert!(with_id(buddies, "carol").get("history").is_none());
    assert_eq!(page.answer["rooms"]["1"]["history"].as_array().unwrap().len(), 3);
    let histories = page.answer["histories"].as_object().unwrap();
    assert_eq!(histories.keys().collect::<Vec<_>>(), ["1", "bob", "dave"]);
    let line = &histories["bob"][0];
    let shown = ["from", "nick", "to", "type", "body", "style"].map(|key| line[key].as_str().unwrap());
    assert_eq!(shown, ["bob", "Bob", "alice", "unicast", "Your rear wheel is ready.", ""]);
    assert!(line["timestamp"].is_i64() && line["id"].is_string());
}

#[test]
fn the_chat_bar_can_log_in() {
    let site = TestSite::start();
    let browser = site.browser();
    let answer = browser.post("online", &[("username", "Bob"), ("password", "nextim")]);
    assert_eq!((answer.status, &answer.json()["user"]["id"]), (200, &json!("bob")), "{answer:?}");
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    let mut browser = site.browser();
    cookie.split(';').next().unwrap().clone_into(&mut browser.cookie);
    assert_eq!(browser.get("buddies", &[]).status, 200);
    let again = browser.post("online", &[("username", "bob"), ("password", "nextim")]);
    assert_eq!(again.status, 200);
    assert_eq!(browser.get("buddies", &[]).status, 401, "the former session has ended");
}

#[test]
fn passwords_sessions_and_tickets_are_stored_as_hashes() {
    let site = TestSite::start();
    let answer = site.browser().post("online", &[("username", "bob"), ("password", "nextim")]);
    let cookie = answer.header("set-cookie").split_once('=').unwrap().1.split(';').next().unwrap().to_owned();
    let ticket = answer.json()["connection"]["ticket"].as_str().unwrap().to_owned();
    let all = |sql: &str| {
        let db = rusqlite::Connection::open(site.file()).unwrap();
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap()
    };
    let passwords = all("SELECT password FROM users");
    assert!(passwords.len() > 5 && passwords.iter().all(|stored| stored.starts_with("$argon2id$")));
    assert_eq!(all("SELECT token FROM sessions"), [secret::hash(&cookie)]);
    assert_eq!(all("SELECT ticket FROM tickets"), [secret::hash(&ticket)]);
    let files = std::fs::read_dir(site.file().parent().unwrap()).unwrap();
    for file in files.map(|file| file.unwrap().path()) {
        let bytes = std::fs::read(&file).unwrap();
        for secret in [&cookie, &ticket] {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{}", file.display());
        }
    }
}

#[test]
fn cookies_stay_on_https() {
    let site = TestSite::with(Options { secure: true, ..Options::default() }, |address| address);
    let answer = site.browser().post("online", &[("username", "bob"), ("password", "nextim")]);
    assert!(answer.header("set-cookie").ends_with("; Secure"));
}

#[test]
fn attempts_by_the_bars_form_are_limited() {
    let site = TestSite::start();
    let browser = site.browser();
    let attempt = || browser.post("online", &[("username", "alice"), ("password", "guess")]);
    let refused =
        eventually("an attempt is refused", || Some(attempt()).filter(|answer| answer.status == 429));
    assert!(refused.refusal().1.contains("wait"));
    let other = browser.post("online", &[("username", "bob"), ("password", "nextim")]);
    assert_eq!(other.json()["success"], true, "other users are not limited by that");
}

#[test]
fn the_bar_gets_the_reason_of_a_refused_log_in() {
    let site = TestSite::start();
    site.community.site().store.write(|db| bans::add(db, "dave")).unwrap();
    let log_in = |name: &str, password: &str| {
        let answer = site.browser().post("online", &[("username", name), ("password", password)]);
        assert_eq!((answer.status, answer.header("set-cookie")), (200, ""), "{answer:?}");
        answer.json()
    };
    let closed = log_in("dave", "nextim");
    let shown = ["error_msg", "error", "status"].map(|name| closed[name].clone());
    assert_eq!(
        shown,
        [json!("Forbidden"), json!("This account is closed by the administrator."), json!(403)]
    );
    let wrong = json!({"success": false, "error_msg": "Not Authorized"});
    assert_eq!(log_in("dave", "wrong"), wrong, "only the right password shows the ban");
    site.community.site().store.write(|db| bans::remove(db, "dave")).unwrap();
    assert_eq!(log_in_succeeds(&site, "dave"), "dave");
}

fn log_in_succeeds(site: &TestSite, name: &str) -> Value {
    let answer = site.browser().post("online", &[("username", name), ("password", "nextim")]);
    answer.json()["user"]["id"].clone()
}

#[test]
fn presence_and_status_change() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let (at_alice, mut at_bob) = (alice.online(&[]), bob.online(&[]));
    assert_eq!(at_alice.done("presence", &[("show", "dnd"), ("status", "not now")]), "ok");
    let seen = at_bob.next("presences", |presence| presence["from"] == "alice" && presence["show"] == "dnd");
    assert_eq!(seen["status"], "not now");
    assert_eq!(alice.online(&[]).answer["user"]["status"], "not now", "the line is kept");
    assert_eq!(alice.online(&[("status", "undefined")]).answer["user"]["status"], "not now");
    assert_eq!(alice.online(&[("status", "")]).answer["user"]["status"], "");
    at_alice.done("presence", &[("show", "invisible")]);
    at_bob.next("presences", |presence| presence["from"] == "alice" && presence["type"] == "offline");
    assert_eq!(at_alice.post("presence", &[("status", "x")]).refusal().0, 400);
    assert_eq!(at_alice.post("presence", &[("show", &"x".repeat(33))]).refusal().0, 400);
}

#[test]
fn the_other_sees_typing() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let (at_alice, mut at_bob) = (alice.online(&[]), bob.online(&[]));
    for show in ["typing", "clear"] {
        assert_eq!(at_alice.done("status", &[("to", "bob"), ("show", show)]), "ok");
        let seen = at_bob.next("statuses", |status| status["from"] == "alice");
        assert_eq!((&seen["show"], &seen["nick"]), (&json!(show), &json!("Alice")));
    }
    assert_eq!(at_alice.post("status", &[("to", "nobody"), ("show", "typing")]).refusal().0, 404);
}

#[test]
fn links_have_the_sites_url_if_it_is_set() {
    let options = Options { url: Some("https://site.example".to_owned()), ..Options::default() };
    let site = TestSite::with(options, |address| address);
    let alice = site.log_in("alice");
    let own = [("origin", "https://site.example")];
    let answer = alice.ask("POST", "/webim/online", &own, "").json();
    let links: [&Value; 4] = [
        &answer["user"]["url"],
        &answer["user"]["pic_url"],
        &answer["rooms"]["1"]["url"],
        &answer["menu"][0]["url"],
    ];
    for link in links {
        assert!(link.as_str().unwrap().starts_with("https://site.example/"), "{link}");
    }
}

#[test]
fn browsers_poll_the_url_that_the_operator_sets() {
    let public = |address| Address { public_url: Some("https://im.example".to_owned()), ..address };
    let site = TestSite::with(Options::default(), public);
    let alice = site.log_in("alice");
    assert_eq!(alice.online(&[]).answer["connection"]["server"], "https://im.example/packets");
    let policy = alice.get("buddies", &[]);
    assert!(policy.header("content-security-policy").contains("connect-src 'self' https://im.example;"));
}
