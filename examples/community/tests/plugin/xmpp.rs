//! `xmpp`: the actions of the gateway, with a real message server.

use nextim_community::site::Options;
use nextim_community::store::accounts::{self, NewUser};
use nextim_community::webim::Xmpp;
use nextim_community::webim::host::Person;
use nextim_community::webim::limits::{CHAT_FAILURES_USER, CHAT_PASSWORDS_MAX};
use nextim_community::{passwords, webim};
use serde_json::{Value, json};

use crate::common::{APIKEY, Answer, TestSite, each};

fn site_with(change: impl FnOnce(&mut Options)) -> TestSite {
    let xmpp = Some(Xmpp { domain: "login.example".to_owned(), admins_only: false });
    let mut options = Options { xmpp, ..Options::default() };
    change(&mut options);
    TestSite::with(options, |address| address)
}

fn site() -> TestSite {
    site_with(|_| ())
}

/// A request with these credentials.
fn ask_as(site: &TestSite, credentials: &str, body: &str) -> Answer {
    use base64::Engine;
    let basic = format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(credentials));
    let headers = [("authorization", &*basic), ("content-type", "application/json")];
    site.browser().ask("POST", "/webim/xmpp", &headers, body)
}

/// An action of the gateway.
fn ask(site: &TestSite, action: &str, user: &str, fields: &Value) -> Answer {
    let mut body = json!({"action": action, "user": user});
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    ask_as(site, &format!("{}:{APIKEY}", site.domain), &body.to_string())
}

/// An action that must succeed. Returns the JSON.
#[track_caller]
fn done(site: &TestSite, action: &str, user: &str, fields: &Value) -> Value {
    let answer = ask(site, action, user, fields);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[track_caller]
fn refused(site: &TestSite, action: &str, user: &str, fields: &Value) -> u16 {
    ask(site, action, user, fields).refusal().0
}

fn person(site: &TestSite, id: &str) -> Person {
    use nextim_community::webim::host::Host;
    site.community.site().read(|db| db.person(id)).unwrap().unwrap()
}

fn make(site: &TestSite, user: &str, name: &str) -> String {
    webim::make_chat_password(site.community.site(), &person(site, user), name).unwrap()
}

/// Which passwords a user has: number, name, and whether one was used.
fn passwords_of(site: &TestSite, user: &str) -> Vec<(i64, String, bool)> {
    use nextim_community::webim::host::Host;
    let found = site.community.site().read(|db| db.chat_passwords(user)).unwrap();
    found.into_iter().map(|one| (one.id, one.name, one.used > 0)).collect()
}

#[test]
fn only_the_apikey_asks_and_only_known_actions_are_served() {
    let site = site();
    for credentials in [format!("{}:wrong", site.domain), format!("other:{APIKEY}"), String::new()] {
        assert_eq!(ask_as(&site, &credentials, "{}").status, 401, "{credentials}");
    }
    for (body, status) in [("", 400), ("[]", 400), ("{}", 400), (r#"{"user":"alice"}"#, 400)] {
        assert_eq!(ask_as(&site, &format!("{}:{APIKEY}", site.domain), body).status, status, "{body}");
    }
    assert_eq!(refused(&site, "subscribe", "alice", &json!({"to": "zoe"})), 501);
    assert_eq!(refused(&site, "online", "nobody", &json!({})), 403);
    assert_eq!(refused(&site, "online", "1", &json!({})), 403, "a number is no name here");
    assert_eq!(site.log_in("alice").get("xmpp", &[]).status, 405);
}

#[test]
fn a_client_logs_in_by_a_chat_password_of_its_user_and_nothing_else() {
    let site = site();
    let password = make(&site, "alice", " My phone ");
    assert_eq!(passwords_of(&site, "alice"), [(1, "My phone".to_owned(), false)]);
    let auth = |user: &str, password: &str| {
        ask(&site, "auth", user, &json!({"password": password, "address": "192.0.2.1"}))
    };
    assert_eq!(auth("alice", &password).json(), json!({"user": "alice"}));
    assert!(passwords_of(&site, "alice")[0].2, "the log-in is noted");
    for (user, password) in [("bob", &*password), ("alice", "nextim"), ("alice", ""), ("nobody", &*password)]
    {
        assert_eq!(auth(user, password).status, 401, "{user} {password}");
    }
}

#[test]
fn failures_are_limited_and_stop_no_right_password() {
    let site = site();
    let password = make(&site, "alice", "phone");
    let auth = |password: &str| {
        ask(&site, "auth", "alice", &json!({"password": password, "address": "192.0.2.1"})).status
    };
    assert!((0..CHAT_FAILURES_USER).all(|_| auth("wrong") == 401));
    assert_eq!((auth("wrong"), auth(&password)), (429, 200));
}

#[test]
fn the_sites_own_password_is_taken_only_where_the_operator_says_so() {
    let site = site_with(|options| options.xmpp_own_passwords = true);
    let auth =
        |password: &str| ask(&site, "auth", "alice", &json!({"password": password, "address": "a"})).status;
    assert!((0..=CHAT_FAILURES_USER).all(|_| auth("nextim") == 200), "a right one is no failure");
    assert_eq!(auth("wrong"), 401);
}

#[test]
fn clients_are_off_or_for_administrators_only() {
    let off = site_with(|options| options.xmpp = None);
    let some = site_with(|options| options.xmpp.as_mut().unwrap().admins_only = true);
    for site in [&off, &some] {
        let made = webim::make_chat_password(site.community.site(), &person(site, "alice"), "phone");
        assert!(made.is_err());
        assert_eq!(refused(site, "online", "alice", &json!({})), 403);
    }
    assert_eq!(refused(&off, "online", "admin", &json!({})), 403);
    let password = make(&some, "admin", "phone");
    assert_eq!(done(&some, "auth", "admin", &json!({"password": password})), json!({"user": "admin"}));
    done(&some, "online", "admin", &json!({}));
}

#[test]
fn online_says_all_that_a_client_needs_and_hands_over_what_waited_once() {
    let site = site();
    let (bob, zoe) = (site.log_in("bob"), site.log_in("zoe"));
    bob.done("message", &[("to", "alice"), ("body", "while you were away")]);
    zoe.done("message", &[("to", "alice"), ("body", "from a stranger")]);
    let bobs = bob.online(&[("show", "away"), ("status", "lunch")]);
    let answer = done(&site, "online", "alice", &json!({}));
    assert_eq!((&answer["user"], &answer["nick"]), (&json!("alice"), &json!("Alice")));
    assert!(answer["server"].as_str().unwrap().ends_with("/packets"));
    assert_eq!(each(&answer["buddies"], "name"), ["bob", "carol", "xiaoming"]);
    let expected = json!({"name": "bob", "nick": "Bob", "group": "friend", "pic": "/avatar/bob.svg", "show": "away", "status": "lunch"});
    assert_eq!(answer["buddies"][0], expected);
    assert_eq!(answer["buddies"][1]["show"], "unavailable");
    assert_eq!(answer["rooms"][0], json!({"name": "1", "nick": "Mountain walkers"}));
    assert_eq!(answer["channels"], json!([{"name": "channel:forum", "nick": "Forum", "url": "/forum"}]));
    assert_eq!(each(&answer["messages"], "body"), ["while you were away", "from a stranger"]);
    assert_eq!(done(&site, "online", "alice", &json!({}))["messages"], json!([]));
    drop(bobs);
}

#[test]
fn messages_of_clients_go_the_way_of_all_messages() {
    let site = site();
    let bob = site.log_in("bob");
    let mut page = bob.online(&[("show", "available")]);
    let ticket = done(&site, "online", "alice", &json!({}))["ticket"].clone();
    let fields =
        json!({"ticket": ticket, "to": "bob", "type": "unicast", "body": "from a phone", "cid": "c1"});
    let first = done(&site, "message", "alice", &fields);
    assert!(first["id"].is_string(), "{first}");
    assert_eq!(done(&site, "message", "alice", &fields)["id"], first["id"], "one cid is one message");
    let came = page.next("messages", |message| message["from"] == "alice");
    assert_eq!(
        (&came["body"], &came["id"], &came["nick"]),
        (&json!("from a phone"), &first["id"], &json!("Alice"))
    );
    let room = json!({"ticket": ticket, "to": "1", "type": "multicast", "body": "to the walkers"});
    done(&site, "message", "alice", &room);
    page.next("messages", |message| message["body"] == "to the walkers" && message["to"] == "1");
    for (field, value, status) in [
        ("body", json!("x".repeat(32_769)), 400),
        ("to", json!("nobody"), 404),
        ("to", json!("alice"), 403),
        ("type", json!("multicast"), 404),
        ("type", json!("broadcast"), 403),
    ] {
        let mut fields = fields.clone();
        fields[field] = value;
        fields["cid"] = json!(format!("{field} {status}"));
        assert_eq!(refused(&site, "message", "alice", &fields), status, "{field}");
    }
    bob.done("block", &[("id", "alice")]);
    assert_eq!(refused(&site, "message", "alice", &json!({"ticket": ticket, "to": "bob", "body": "x"})), 403);
    assert_eq!(refused(&site, "message", "carol", &fields), 403, "a ticket is its user's");
}

#[test]
fn presence_rooms_cards_and_histories_are_those_of_pages() {
    let site = site();
    let bob = site.log_in("bob");
    let mut page = bob.online(&[("show", "available")]);
    let ticket = done(&site, "online", "alice", &json!({}))["ticket"].clone();
    page.next("presences", |presence| presence["from"] == "alice" && presence["type"] == "online");
    done(&site, "presence", "alice", &json!({"ticket": ticket, "show": "dnd", "status": "busy"}));
    page.next("presences", |presence| presence["show"] == "dnd" && presence["status"] == "busy");
    done(&site, "status", "alice", &json!({"ticket": ticket, "to": "bob", "show": "typing"}));
    page.next("statuses", |status| status["from"] == "alice" && status["show"] == "typing");
    let members = done(&site, "members", "alice", &json!({"ticket": ticket, "id": "1"}));
    assert!(each(&members, "id").contains(&"alice".to_owned()), "{members}");
    assert_eq!(done(&site, "join", "alice", &json!({"ticket": ticket, "id": 1}))["nick"], "Mountain walkers");
    assert_eq!(refused(&site, "join", "alice", &json!({"ticket": ticket, "id": "999"})), 404);
    assert_eq!(done(&site, "vcard", "alice", &json!({"to": "zoe"}))["nick"], "Zoë Öztürk");
    assert_eq!(refused(&site, "vcard", "alice", &json!({"to": "nobody"})), 404);
    bob.done("message", &[("to", "1"), ("type", "multicast"), ("body", "one")]);
    bob.done("message", &[("to", "1"), ("type", "multicast"), ("body", "two")]);
    let last = done(&site, "history", "alice", &json!({"to": "1", "type": "multicast", "max": 1}));
    assert_eq!(each(&last, "body"), ["two"]);
    done(&site, "offline", "alice", &json!({"ticket": ticket}));
    page.next("presences", |presence| presence["from"] == "alice" && presence["type"] == "offline");
}

#[test]
fn missed_messages_wait_again() {
    let site = site();
    let bob = site.log_in("bob");
    let ticket = done(&site, "online", "alice", &json!({}))["ticket"].clone();
    bob.done("message", &[("to", "alice"), ("body", "lost on the way"), ("cid", "c")]);
    assert!(site.waiting("alice").is_empty());
    let history = bob.read("history", &[("id", "alice"), ("type", "unicast")]);
    let id = history.as_array().unwrap().last().unwrap()["id"].clone();
    done(&site, "missed", "alice", &json!({"messages": [{"id": id}, {"id": "999"}, {"id": 7}, null]}));
    assert_eq!(site.waiting("alice").len(), 1);
    assert_eq!(refused(&site, "missed", "alice", &json!({"messages": "7"})), 400);
    done(&site, "offline", "alice", &json!({"ticket": ticket}));
    assert_eq!(each(&done(&site, "online", "alice", &json!({}))["messages"], "body"), ["lost on the way"]);
}

#[test]
fn a_revoked_password_logs_all_clients_out_until_one_logs_in_again() {
    let site = site();
    let (stolen, kept) = (make(&site, "alice", "phone"), make(&site, "alice", "desk"));
    let auth = |password: &str| ask(&site, "auth", "alice", &json!({"password": password})).status;
    assert_eq!(auth(&stolen), 200);
    done(&site, "online", "alice", &json!({}));
    let (host, alice) = (site.community.site(), person(&site, "alice"));
    assert!(webim::revoke_chat_password(host, &person(&site, "bob"), 1).is_err(), "only one's own");
    webim::revoke_chat_password(host, &alice, 1).unwrap();
    assert_eq!(refused(&site, "online", "alice", &json!({})), 401);
    assert_eq!((auth(&stolen), refused(&site, "online", "alice", &json!({}))), (401, 401));
    assert_eq!(auth(&kept), 200);
    done(&site, "online", "alice", &json!({}));
    let names: Vec<_> =
        (2..=CHAT_PASSWORDS_MAX).map(|n| make(&site, "alice", &format!("device {n}"))).collect();
    assert!(webim::make_chat_password(host, &alice, "one more").is_err(), "after {} more", names.len());
    for name in ["", " ", "a\nb", &"x".repeat(41)] {
        assert!(webim::make_chat_password(host, &person(&site, "bob"), name).is_err(), "{name:?}");
    }
}

#[test]
fn names_that_addresses_must_escape_are_users_as_all_others() {
    let site = site();
    let hash = passwords::hash("x").unwrap();
    for id in ["o'hara", "a b", "你好"] {
        let new = NewUser { id, nick: id, password: &hash, is_admin: false, bio: "" };
        site.community.site().store.write(|db| accounts::add(db, &new)).unwrap();
        let password = make(&site, id, "phone");
        assert_eq!(done(&site, "auth", id, &json!({"password": password})), json!({"user": id}));
        assert_eq!(done(&site, "online", id, &json!({}))["user"], id);
    }
}
