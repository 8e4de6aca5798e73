//! The object that comes with a message: it comes back as it came, or the message is refused.

use nextim_community::webim::limits::{META_BYTES_MAX, META_DEPTH_MAX};
use nextim_testkit::http::form;
use serde_json::{Value, json};

use crate::common::{Answer, Browser, TestSite, with_id};
use crate::puppet::Puppet;

/// Characters that break pages and texts in careless hands, and numbers that programs change when they read them.
const HOSTILE: &str = "{ \"reply_to\":{\"id\":\"7\",\"body\":\"</script><!-- \u{2028}\u{2029} \u{202e}עברית 👩‍👩‍👧 \\ud83d\\ude00 ]]>\"},
    \"__proto__\":{\"null\":null},\"a\":[1e400,-0.0,1.0,12345678901234567890123],\"\":[] }";

/// Sends a message with an object, and returns its id.
#[track_caller]
fn say(from: &Browser<'_>, kind: &str, to: &str, meta: &str) -> String {
    let cid = format!("{kind} to {to}");
    let params = [("type", kind), ("to", to), ("body", "x"), ("cid", &*cid), ("meta", meta)];
    from.done("message", &params)["id"].as_str().unwrap().to_owned()
}

/// The object as an answer must have it.
fn safe() -> String {
    HOSTILE.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Checks that the object is in an answer, this many times, as it came, and that the answer can stand in a page.
#[track_caller]
fn check(answer: &Answer, times: usize) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let found = answer.body.matches(&format!("\"meta\":{}", safe())).count();
    assert_eq!(found, times, "{}", answer.body);
    assert!(!answer.body.contains(['<', '\u{2028}', '\u{2029}']), "{}", answer.body);
}

#[test]
fn it_comes_back_as_it_came_with_every_answer() {
    assert!(
        HOSTILE.contains(['\u{2028}']) && HOSTILE.contains(['\u{2029}']) && HOSTILE.contains(['\u{202e}'])
    );
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let seen = say(&alice, "multicast", "1", HOSTILE);
    let chat = [("buddy_ids", "alice"), ("room_ids", "1"), ("since", "1")];
    let waited = alice.post("message", &[("to", "bob"), ("body", "waits"), ("meta", HOSTILE)]);
    assert_eq!(waited.json(), "ok");
    check(&bob.post("online", &[]), 1);
    // In the chat of alice, among all chats, and missed: for the user; and for the room.
    check(&bob.post("online", &chat), 3 + 3);
    check(&bob.post("missed", &[("since", "1")]), 2);
    for reader in [&alice, &bob] {
        let other = if reader.cookie == alice.cookie { "bob" } else { "alice" };
        check(&reader.get("history", &[("type", "unicast"), ("id", other)]), 1);
        check(&reader.get("history", &[("type", "multicast"), ("id", "1")]), 1);
        check(&reader.get("histories", &[("type", "unicast"), ("ids", &format!("{other},xiaoming"))]), 1);
    }
    // Those that alice has sent, as missed lines, and the chat that the missed line opens.
    check(&alice.post("online", &[("since", &seen)]), 4);
    let script = alice.post("history", &[("type", "multicast"), ("id", "1"), ("callback", "f")]);
    assert!(script.body.starts_with("/**/f(["), "{}", script.body);
    check(&script, 1);
    let file = alice.get("download_history", &[("type", "multicast"), ("id", "1")]);
    assert!(file.body.contains(">x<") && !file.body.contains("reply_to"), "a file has the texts alone");
}

#[test]
fn it_reaches_open_pages() {
    let site = TestSite::start();
    let (alice, bob, admin) = (site.log_in("alice"), site.log_in("bob"), site.log_in("admin"));
    let mut at_bob = bob.online(&[]);
    let meta = json!({"reply_to": "</script>\u{2028}\u{202e}👩‍👩‍👧"});
    let ids = [
        say(&alice, "unicast", "bob", &meta.to_string()),
        say(&alice, "multicast", "1", &meta.to_string().replace("reply_to", "\\u0072eply_to")),
        say(&admin, "broadcast", "", &meta.to_string()),
    ];
    let got = json!(at_bob.messages());
    for id in ids {
        assert_eq!(with_id(&got, &id)["meta"], meta);
    }
}

#[test]
fn the_message_server_gets_it_as_it_came() {
    let (puppet, site) = Puppet::with_site();
    let alice = site.log_in("alice");
    say(&alice, "unicast", "bob", HOSTILE);
    assert_eq!(puppet.last("/messages").find("meta"), Some(HOSTILE));
    alice.done("message", &[("to", "bob"), ("body", "x")]);
    assert_eq!(puppet.last("/messages").find("meta"), None);
}

#[test]
fn lines_without_it_are_as_before() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let params = [("to", "bob"), ("body", "plain"), ("cid", "c1")];
    for (number, none) in ["", "null", "undefined", " "].into_iter().enumerate() {
        let cid = format!("c{number}");
        alice.done("message", &[params[0], params[1], ("cid", &cid), ("meta", none)]);
    }
    let sent = alice.done("message", &[params[0], params[1], ("cid", "last")]);
    let (id, time) = (sent["id"].as_str().unwrap(), &sent["timestamp"]);
    let line = |rest: &str| {
        format!(
            r#"{{"id":"{id}","from":"alice","nick":"Alice","to":"bob","timestamp":{time},"type":"unicast","body":"plain","style":""{rest}}}"#
        )
    };
    let new = bob.post("online", &[]).body;
    assert!(new.contains(&line(r#","new":true"#)), "{new}");
    let chat = alice.get("history", &[("type", "unicast"), ("id", "bob")]).body;
    assert!(chat.contains("\"cid\":\"last\"") && !chat.contains("meta"), "{chat}");
    assert!(bob.get("history", &[("type", "unicast"), ("id", "alice")]).body.ends_with(&(line("") + "]")));
}

/// Objects and arrays within each other.
fn deep(depth: usize) -> String {
    let within = depth - 1;
    format!("{{\"a\":{}{}}}", "[".repeat(within), "]".repeat(within))
}

/// An object of this length.
fn long(bytes: usize) -> String {
    format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8))
}

#[test]
fn what_parsers_read_differently_is_refused_and_nothing_is_stored() {
    let site = TestSite::start();
    let (alice, bob, admin) = (site.log_in("alice"), site.log_in("bob"), site.log_in("admin"));
    let mut at_bob = bob.online(&[]);
    assert!(at_bob.messages().is_empty()); // a page that has polled may be silent for longer
    let bad = [
        // No objects.
        "1",
        "true",
        "x",
        "[]",
        "[{}]",
        "\"{}\"",
        "{",
        "{}{}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":undefined}",
        "{\"a\":\"\n\"}",
        "\u{feff}{}",
        // Names that stand twice, at any depth, and in any spelling.
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":1}"#,
        r#"{"x":[{"b":{},"b":{}}]}"#,
        // Halves of surrogate pairs, in names too.
        r#"{"a":"\ud83d"}"#,
        r#"{"a":"\ude00\ud83d"}"#,
        r#"{"\udc00":1}"#,
        // U+0000, written in two ways.
        r#"{"a":"\u0000"}"#,
        r#"{"\u0000":1}"#,
        "{\"a\":\"\0\"}",
        &deep(META_DEPTH_MAX + 1),
        &deep(2_000),
        &long(META_BYTES_MAX + 1),
        &format!("{}{}", long(META_BYTES_MAX), " "),
    ];
    let refusal = (400, "bad parameter: meta".to_owned());
    for meta in bad {
        for (sender, kind, to) in
            [(&alice, "unicast", "bob"), (&alice, "multicast", "1"), (&admin, "broadcast", "")]
        {
            let params = [("type", kind), ("to", to), ("body", "x"), ("cid", "c"), ("meta", meta)];
            assert_eq!(sender.post("message", &params).refusal(), refusal, "{kind} {meta:.80}");
        }
    }
    assert!(at_bob.messages().is_empty());
    let stored = "SELECT count(*) FROM messages WHERE body = 'x'";
    let count = |db: &rusqlite::Connection| db.query_row(stored, [], |row| row.get::<_, i64>(0));
    assert_eq!(site.community.site().store.read(count).unwrap(), 0);
    for good in [deep(META_DEPTH_MAX), long(META_BYTES_MAX), "{}".to_owned(), " {\n} ".to_owned()] {
        alice.done("message", &[("to", "bob"), ("body", "x"), ("meta", &good)]);
    }
    assert_eq!(at_bob.messages().len(), 4, "the message server takes what the site takes");
}

#[test]
fn a_second_message_of_one_cid_has_the_object_of_the_first() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    for meta in [r#"{"n":1}"#, r#"{"n":2}"#, ""] {
        alice.done("message", &[("to", "bob"), ("body", "x"), ("cid", "c"), ("meta", meta)]);
    }
    assert_eq!(bob.online(&[]).answer["new_messages"][0]["meta"], json!({"n": 1}));
}

#[test]
fn its_length_counts_for_the_rate() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let meta = format!("{{\"a\":\"{}\"}}", "<".repeat(4_000)); // and six times as long as JSON
    let body = form(&[("to", "bob"), ("body", "x"), ("meta", &meta)]);
    let origin = alice.origin();
    let send = || alice.ask("POST", "/webim/message", &[("origin", &origin)], &body).status;
    let taken = (0..20).take_while(|_| send() == 200).count();
    assert!(taken < 12, "{taken}");
}

#[test]
fn a_stored_value_that_is_no_json_harms_no_line() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    for meta in [r#"{"n":1}"#, r#"{"n":2}"#] {
        alice.done("message", &[("to", "bob"), ("body", meta), ("meta", meta)]);
    }
    let db = rusqlite::Connection::open(site.file()).unwrap();
    db.execute(r#"UPDATE messages SET meta = '{"n":' WHERE body = '{"n":1}'"#, []).unwrap();
    let lines = bob.online(&[]).answer["new_messages"].clone();
    assert_eq!((&lines[0]["meta"], &lines[1]["meta"]), (&Value::Null, &json!({"n": 2})));
}
