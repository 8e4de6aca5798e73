//! `online`, and the ways a page ends.

use nextim_community::secret;
use nextim_community::site::Options;
use nextim_community::store::bans;
use nextim_community::store::messages;
use nextim_community::webim::host::NewMessage;
use nextim_community::webim::limits::{CATCH_UP_MAX, UNDELIVERED_MAX};
use nextim_community::webim::server::Address;
use serde_json::{Value, json};

use crate::common::{TestSite, each, wait, with_id};

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
fn friends_see_each_other_come() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let mut at_alice = alice.online(&[]);
    let at_bob = bob.online(&[("show", "dnd")]);
    assert_eq!(at_bob.answer["buddy_online_ids"], "alice");
    let seen = with_id(&at_bob.answer["buddies"], "alice");
    assert_eq!((&seen["presence"], &seen["show"]), (&json!("online"), &json!("available")));
    let seen = at_alice.next("presences", |presence| presence["from"] == "bob");
    assert_eq!((&seen["type"], &seen["show"]), (&json!("online"), &json!("dnd")));
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
fn nobody_is_online_without_a_log_in() {
    let site = TestSite::start();
    let answer = site.browser().post("online", &[]);
    assert_eq!(
        (answer.status, answer.json()),
        (401, json!({"success": false, "error_msg": "Not Authorized"}))
    );
    for (name, password) in [("alice", "wrong"), ("nobody", "nextim"), ("alice", ""), ("undefined", "nextim")]
    {
        let answer = site.browser().post("online", &[("username", name), ("password", password)]);
        let status = if name == "undefined" { 401 } else { 200 };
        let expected = json!({"success": false, "error_msg": "Not Authorized"});
        assert_eq!((answer.status, answer.json()), (status, expected), "{name}");
        assert_eq!(answer.header("set-cookie"), "");
    }
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
    assert_eq!(browser.get("buddies", &[]).status, 401, "the session of before has ended");
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
fn passwords_cannot_be_tried_without_end() {
    let site = TestSite::start();
    let browser = site.browser();
    let attempt = || browser.post("online", &[("username", "alice"), ("password", "guess")]);
    let refused = wait("an attempt is refused", || Some(attempt()).filter(|answer| answer.status == 429));
    assert!(refused.refusal().1.contains("wait"));
    let other = browser.post("online", &[("username", "bob"), ("password", "nextim")]);
    assert_eq!(other.json()["success"], true, "others are not concerned");
}

#[test]
fn what_was_sent_meanwhile_comes_once() {
    let site = TestSite::start();
    let (alice, zoe) = (site.log_in("alice"), site.log_in("zoe"));
    zoe.done("message", &[("type", "unicast"), ("to", "alice"), ("body", "hello?")]);
    let page = alice.online(&[]);
    let new = &page.answer["new_messages"];
    assert_eq!(each(new, "body"), ["hello?"]);
    assert_eq!(with_id(&page.answer["buddies"], "zoe")["group"], "stranger", "the sender is a contact");
    assert_eq!(with_id(&page.answer["buddies"], "zoe")["history"], json!([]), "not told twice");
    assert_eq!(alice.online(&[]).answer["new_messages"], json!([]));
    let history = alice.read("history", &[("type", "unicast"), ("id", "zoe")]);
    assert_eq!(each(&history, "body"), ["hello?"]);
}

#[test]
fn a_page_catches_up_since_what_it_saw_last() {
    let site = TestSite::start();
    let (alice, bob, carol) = (site.log_in("alice"), site.log_in("bob"), site.log_in("carol"));
    let say = |to: &str, kind: &str, body: &str| {
        bob.done("message", &[("type", kind), ("to", to), ("body", body), ("cid", body)])["id"].clone()
    };
    let seen = say("alice", "unicast", "seen");
    say("carol", "unicast", "not hers");
    say("1", "multicast", "walkers");
    say("2", "multicast", "kitchen");
    alice.done("leave", &[("id", "2")]);
    alice.done("message", &[("to", "carol"), ("body", "from her other page")]);
    carol.done("message", &[("to", "3"), ("type", "multicast"), ("body", "not her room")]);
    let since = seen.as_str().unwrap();
    let page = alice.online(&[("since", since)]);
    let bodies = each(&page.answer["new_messages"], "body");
    let after = bodies.iter().skip_while(|body| *body != "seen").cloned().collect::<Vec<_>>();
    assert_eq!(after, ["seen", "walkers", "from her other page"]);
    assert!(bodies.len() > 3, "and some before it, as pushes may overtake one another");
    assert!(site.waiting("alice").is_empty());
    let lost = alice.online(&[("since", since)]).answer["new_messages"].clone();
    assert_eq!(each(&lost, "body"), bodies, "an answer that was lost is answered again");
}

/// What of an answer is marked as news.
fn news(answer: &Value) -> Vec<String> {
    let lines = answer["new_messages"].as_array().unwrap();
    each(&lines.iter().filter(|line| line["new"] == true).cloned().collect(), "body")
}

#[test]
fn a_line_that_is_repeated_is_no_news_unless_it_waited() {
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

/// Adds messages to the database, as if they had been said one after another.
fn fill(site: &TestSite, count: usize, message: impl Fn(usize) -> (&'static str, &'static str)) {
    let store = &site.community.site().store;
    let add = |db: &rusqlite::Connection| {
        (0..count).try_for_each(|n| {
            let ((kind, to), body) = (message(n), format!("m{n}"));
            let new = NewMessage { kind, from: "bob", nick: "Bob", to, body: &body, style: "", cid: None };
            messages::add(db, &new).map(drop)
        })
    };
    store.write(add).unwrap();
}

fn bodies(count: std::ops::Range<usize>) -> Vec<String> {
    count.map(|n| format!("m{n}")).collect()
}

#[test]
fn what_waits_comes_fifty_at_a_time() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    fill(&site, UNDELIVERED_MAX + 1, |_| ("unicast", "alice"));
    let page = alice.online(&[]);
    assert_eq!(each(&page.answer["new_messages"], "body"), bodies(0..UNDELIVERED_MAX));
    assert_eq!(site.waiting("alice").len(), 1, "the rest comes next time");
    assert_eq!(each(&alice.online(&[]).answer["new_messages"], "body"), bodies(50..51));
    assert_eq!(alice.online(&[]).answer["new_messages"], json!([]));
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
fn a_page_that_missed_much_asks_on_until_it_has_all() {
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

#[test]
fn what_is_missed_is_asked_for_by_a_number_and_by_post() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    assert_eq!(alice.post("missed", &[("since", "x")]).refusal(), (400, "bad parameter: since".to_owned()));
    assert_eq!(alice.post("missed", &[]).refusal(), (400, "missing parameter: since".to_owned()));
    assert_eq!(alice.get("missed", &[("since", "1")]).refusal().0, 405);
    assert_eq!(site.browser().post("missed", &[("since", "1")]).refusal().0, 401);
}

#[test]
fn a_locked_room_is_told_without_what_is_said_in_it() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let before = alice.online(&[("room_ids", "1")]).answer["rooms"]["1"]["history"].clone();
    assert_eq!(before.as_array().unwrap().len(), 3);
    alice.done("leave", &[("id", "1")]);
    bob.done("message", &[("type", "multicast"), ("to", "1"), ("body", "unheard")]);
    let answer = alice.online(&[("room_ids", "1")]).answer;
    assert_eq!(answer["rooms"]["1"]["blocked"], true);
    assert!(answer["rooms"]["1"].get("history").is_none());
    assert!(!answer.to_string().contains("unheard"));
    alice.done("join", &[("id", "1")]);
    let answer = alice.online(&[("room_ids", "1")]).answer;
    assert!(each(&answer["rooms"]["1"]["history"], "body").contains(&"unheard".to_owned()));
}

#[test]
fn the_bar_is_told_why_it_may_not_log_in() {
    let site = TestSite::start();
    site.community.site().store.write(|db| bans::add(db, "dave")).unwrap();
    let log_in = |name: &str, password: &str| {
        let answer = site.browser().post("online", &[("username", name), ("password", password)]);
        assert_eq!((answer.status, answer.header("set-cookie")), (200, ""), "{answer:?}");
        answer.json()
    };
    assert_eq!(log_in("dave", "nextim"), json!({"success": false, "error_msg": "Forbidden"}));
    let wrong = json!({"success": false, "error_msg": "Not Authorized"});
    assert_eq!(log_in("dave", "wrong"), wrong, "only he himself learns that he is banned");
    site.community.site().store.write(|db| bans::remove(db, "dave")).unwrap();
    assert_eq!(log_in_succeeds(&site, "dave"), "dave");
}

fn log_in_succeeds(site: &TestSite, name: &str) -> Value {
    let answer = site.browser().post("online", &[("username", name), ("password", "nextim")]);
    answer.json()["user"]["id"].clone()
}

#[test]
fn only_this_page_ends() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let (first, mut second) = (alice.online(&[]), alice.online(&[]));
    let mut at_bob = bob.online(&[]);
    assert_eq!(first.done("refresh", &[]), "ok");
    assert_eq!(second.poll().0, 200);
    assert_eq!(second.done("offline", &[]), "ok");
    at_bob.next("presences", |presence| presence["from"] == "alice" && presence["type"] == "offline");
    assert_eq!(second.done("offline", &[]), "ok", "again is no failure");
    assert_eq!(bob.post("offline", &[]).refusal(), (400, "missing parameter: ticket".to_owned()));
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
fn reasons_are_told_and_nothing_is_taken() {
    let wrong_key = |address| Address { apikey: "another".to_owned(), ..address };
    let site = TestSite::with(Options::default(), wrong_key);
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    assert_eq!(bob.done("message", &[("to", "alice"), ("body", "hi")]), "ok");
    let failed = alice.done("online", &[]);
    assert_eq!(failed, json!({"success": false, "error_msg": "IM Server Not Authorized"}));
    assert_eq!(site.waiting("alice").len(), 1, "the message still waits");
}

#[test]
fn links_work_elsewhere_if_the_site_knows_its_url() {
    let options = Options { url: Some("https://site.example".to_owned()), ..Options::default() };
    let site = TestSite::with(options, |address| address);
    let alice = site.log_in("alice");
    let answer = alice.online(&[]).answer;
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
fn browsers_poll_where_the_operator_says() {
    let public = |address| Address { public_url: Some("https://im.example".to_owned()), ..address };
    let site = TestSite::with(Options::default(), public);
    let alice = site.log_in("alice");
    assert_eq!(alice.online(&[]).answer["connection"]["server"], "https://im.example/packets");
    let policy = alice.get("buddies", &[]);
    assert!(policy.header("content-security-policy").contains("connect-src 'self' https://im.example;"));
}
