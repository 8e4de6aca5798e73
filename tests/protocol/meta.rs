//! `meta` of `/messages`: §4 Extras of a message.

use serde_json::{Value, json};

use crate::support::{Site, each_site, form, request};

/// A good object with everything in it that a script must not contain.
const META: &str =
    "{ \"n\":1.50e40,\"a\":[null,true,{}], \"t\":\"</script>\u{2028}\u{2029}\\u2028\\ud83d\\ude00你\" }";
/// The same as it is answered.
const ANSWERED: &str =
    r#"{ "n":1.50e40,"a":[null,true,{}], "t":"\u003c/script>\u2028\u2029\u2028\ud83d\ude00你" }"#;

/// The parameters of a unicast to bob.
fn message<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let said = [("from", "alice"), ("to", "bob"), ("body", "hi"), ("id", "7"), ("timestamp", "1")];
    [&said[..], more].concat()
}

/// A message with this body of a request, in JSON.
#[track_caller]
fn post_json(site: &Site, body: &str) -> (u16, String) {
    let line = format!("POST /messages?{} HTTP/1.1", form(&site.signed(&[])));
    let answer = site.send(&request(&line, &[("Content-Type", "application/json")], body.as_bytes()));
    (answer.status, answer.text().to_owned())
}

#[test]
fn version_6_gets_it_verbatim_as_the_last_member_and_others_get_the_message_without_it() {
    each_site(|site| {
        let (new, papers) = (site.online("bob", &[]), site.start("bob", &[]));
        let three = site.start("bob", &[("version", "3")]);
        assert_eq!(site.post("/messages", &message(&[("meta", META)])).delivered(), 3);
        let plain = r#""type":"unicast","to":"bob","from":"alice","nick":"alice","timestamp":1,"body":"hi","style":"","id":"7""#;
        let answer = |messages: &str| {
            format!(r#"{{"status":"ok","messages":[{messages}],"presences":[],"statuses":[],"seq":1}}"#)
        };
        assert_eq!(new.poll_with(&[]).text(), answer(&format!("{{{plain},\"meta\":{ANSWERED}}}")));
        for old in [papers, three] {
            assert_eq!(old.poll_with(&[]).text(), answer(&format!("{{{plain}}}")));
        }
    });
}

#[test]
fn messages_of_all_types_have_it_and_so_have_the_senders_copies() {
    each_site(|site| {
        let meta = json!({"reply_to": "m-1"});
        let (alice, mut copy) = (site.online("alice", &[]), site.online("alice", &[]));
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let mut old = site.start("bob", &[("version", "3")]);
        for (kind, to) in [("unicast", "bob"), ("multicast", "r"), ("broadcast", "")] {
            let text = meta.to_string();
            let params = [("type", kind), ("to", to), ("body", "hi"), ("meta", &*text)];
            assert_eq!(alice.call("/messages", &params).delivered(), 2, "{kind}");
            for page in [&mut bob, &mut copy] {
                let message = page.message();
                assert_eq!((&message["type"], &message["meta"]), (&json!(kind), &meta));
            }
            let message = old.message();
            assert_eq!((&message["body"], message.get("meta")), (&json!("hi"), None), "{message}");
        }
    });
}

#[test]
fn it_passes_on_from_a_page_that_does_not_know_it() {
    each_site(|site| {
        let old = site.start("bob", &[("version", "3")]);
        site.post("/messages", &message(&[("meta", "{\"a\":1}")])).ok();
        assert_eq!(old.poll_with(&[]).json()["messages"][0].get("meta"), None);
        old.offline();
        assert_eq!(site.online("bob", &[]).message()["meta"], json!({"a": 1}));
    });
}

#[test]
fn it_is_text_in_forms_and_queries_and_an_object_in_json() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let all = form(&site.signed(&message(&[("meta", META)])));
        let query = request(&format!("POST /messages?{all} HTTP/1.1"), &[], b"");
        assert_eq!(site.send(&query).delivered(), 1);
        let first = bob.message();
        let body = |meta: &str| format!(r#"{{"from":"alice","to":"bob","body":"hi","meta":{meta}}}"#);
        assert_eq!(post_json(site, &body(META)), (200, "ok".to_owned()));
        let second = bob.message();
        assert_eq!((first["meta"]["n"].is_number(), &first["meta"]), (true, &second["meta"]));
        for absent in ["null", r#"null,"style":"x""#] {
            assert_eq!(post_json(site, &body(absent)).0, 200);
            assert_eq!(bob.message().get("meta"), None);
        }
        site.post("/messages", &message(&[("meta", "")])).ok();
        assert_eq!(bob.message().get("meta"), None);
        let bad = (400, "bad parameter: meta".to_owned());
        for wrong in [r#""{}""#, "1", "[]", "true", r#""""#, r#"{"a":1,"a":2}"#, r#"{"a":"\ud800"}"#] {
            assert_eq!(post_json(site, &body(wrong)), bad, "{wrong}");
        }
        assert_eq!(post_json(site, &body(r#"{},"meta":{}"#)), bad, "twice");
        assert!(bob.everything().is_silent());
    });
}

/// An object of this many bytes.
fn of_bytes(bytes: usize) -> String {
    format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8))
}

/// An object of this depth.
fn of_depth(depth: usize) -> String {
    format!("{}[]{}", "{\"a\":".repeat(depth - 1), "}".repeat(depth - 1))
}

#[test]
fn what_is_no_object_or_too_large_is_refused_and_nothing_is_sent() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let (long, deep) = (of_bytes(4_097), of_depth(17));
        for bad in [
            "[]",
            "1",
            "x",
            "null",
            "\"a\"",
            "{",
            "{}{}",
            "{a:1}",
            "{'a':1}",
            "{\"a\":1,}",
            "{\"a\":01}",
            "{\"a\":\"\n\"}",
            "{\"a\":NaN}",
            "{\"a\":1,\"\\u0061\":2}",
            "{\"b\":[{\"a\":1,\"a\":1}]}",
            "{\"a\":\"\\ud83d\"}",
            "{\"\\ude00\":1}",
            "{\"a\":\"\\u0000\"}",
            "{\"a\":\"\0\"}",
            &long,
            &deep,
        ] {
            site.post("/messages", &message(&[("meta", bad)])).is(400, "bad parameter: meta");
        }
        site.post("/messages", &message(&[("meta", "{}"), ("meta", "{}")])).is(400, "bad parameter: meta");
        assert!(bob.everything().is_silent());
        for good in [of_bytes(4_096), of_depth(16), "{\"a\":[[],{},\"\",-0]}".to_owned()] {
            site.post("/messages", &message(&[("meta", &good)])).ok();
            assert_eq!(bob.message()["meta"], serde_json::from_str::<Value>(&good).unwrap());
        }
    });
}

#[test]
fn the_longest_message_has_the_longest_object() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let (body, meta) = ("<".repeat(32_768), format!("{{\"a\":\"{}\"}}", "<".repeat(4_088)));
        let params = [("from", "alice"), ("to", "bob"), ("body", &*body), ("meta", &*meta)];
        assert_eq!(site.post("/messages", &params).delivered(), 1);
        let message = bob.message();
        assert_eq!((&message["body"], &message["meta"]["a"]), (&json!(body), &json!("<".repeat(4_088))));
    });
}
