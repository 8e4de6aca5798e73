//! `/signals`: §4 Extras of a message.

use serde_json::{Value, json};

use crate::support::{Browser, Setup, Site, each_site, form, request};

/// The data of the signals that a page has heard up to now, which must be all it has heard.
#[track_caller]
fn signals_of(page: &mut Browser) -> Vec<Value> {
    let heard = page.everything();
    assert!(
        heard.messages.is_empty() && heard.presences.is_empty() && heard.statuses.is_empty(),
        "{heard:?}"
    );
    heard.signals.into_iter().map(|mut signal| signal["data"].take()).collect()
}

/// The parameters of a signal by the site.
fn signal<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("from", "alice"), ("name", "edit")], more].concat()
}

#[test]
fn a_signal_reaches_the_version_6_sessions_of_the_receiver() {
    each_site(|site| {
        let mut bob = [site.online("bob", &[]), site.online("bob", &[])];
        let old = [site.start("bob", &[]), site.start("bob", &[("version", "3")])];
        let (mut alice, mut carol) = (site.online("alice", &[]), site.online("carol", &[]));
        let data = "{ \"id\":7,\"t\":\"</script>\u{2028}\",\"n\":1e400 }";
        let params = [("to", "bob"), ("name", "edit <b>"), ("data", data)];
        let answer = alice.call("/signals", &params);
        assert_eq!((answer.delivered(), answer.text()), (2, "ok"));
        let expected = r#"{"status":"ok","messages":[],"presences":[],"statuses":[],"signals":[{"from":"alice","to":"bob","name":"edit \u003cb>","data":{ "id":7,"t":"\u003c/script>\u2028","n":1e400 }}],"seq":1}"#;
        for session in &bob {
            assert_eq!(session.poll_with(&[]).text(), expected);
        }
        for session in &mut bob {
            session.seq = Some(1);
        }
        for page in bob.iter_mut().chain([&mut alice, &mut carol]) {
            assert!(page.everything().is_silent());
        }
        for old in old {
            let answer = old.poll_with(&[]).json();
            let messages = answer["messages"].as_array().unwrap().len();
            assert_eq!((answer.get("signals"), &answer["seq"]), (None, &json!(messages)), "{answer}");
        }
    });
}

#[test]
fn a_signal_to_a_room_reaches_its_members_but_the_sender() {
    each_site(|site| {
        let mut bob = [site.online("bob", &[("rooms", "r")]), site.online("bob", &[])];
        let _old = site.start("carol", &[("rooms", "r"), ("version", "3")]);
        let mut dave = site.online("dave", &[("rooms", "q")]);
        let mut alice = site.online("alice", &[("rooms", "r")]);
        let params = [("type", "multicast"), ("to", "r"), ("name", "x"), ("data", "{\"n\":1}")];
        assert_eq!(alice.call("/signals", &params).delivered(), 2);
        assert_eq!(dave.call("/signals", &params).delivered(), 3, "a sender need not be a member");
        for session in &mut bob {
            assert_eq!(signals_of(session), [json!({"n": 1}), json!({"n": 1})]);
        }
        assert_eq!(signals_of(&mut alice), [json!({"n": 1})]);
        assert!(dave.everything().is_silent());
        assert_eq!(
            site.post("/signals", &signal(&[("type", "grpchat"), ("to", "r"), ("data", "{}")])).delivered(),
            2
        );
    });
}

#[test]
fn the_senders_other_pages_of_version_6_get_a_copy_that_is_not_counted() {
    each_site(|site| {
        let mut caller = site.online("alice", &[]);
        let mut other = site.online("alice", &[]);
        let _old = site.start("alice", &[]);
        let mut bob = site.online("bob", &[]);
        assert_eq!(caller.signals("bob", "read", "{\"upto\":1}"), 1);
        assert_eq!(caller.signals("nobody", "read", "{\"upto\":2}"), 0);
        assert_eq!(signals_of(&mut other), [json!({"upto": 1}), json!({"upto": 2})]);
        assert!(caller.everything().is_silent());
        assert_eq!(signals_of(&mut bob), [json!({"upto": 1})]);
        // To oneself it goes as a message does: to every page, once.
        assert_eq!(caller.signals("alice", "read", "{\"upto\":3}"), 2);
        assert_eq!(signals_of(&mut other), [json!({"upto": 3})]);
        assert_eq!(signals_of(&mut caller), [json!({"upto": 3})]);
        assert_eq!(site.post("/signals", &signal(&[("to", "bob"), ("data", "{}")])).delivered(), 1);
        assert_eq!(signals_of(&mut other), [json!({})], "the site speaks for a user");
    });
}

#[test]
fn messages_and_signals_keep_their_order_between_answers() {
    each_site(|site| {
        let (mut bob, alice) = (site.online("bob", &[]), site.online("alice", &[]));
        alice.say("bob", "m1");
        alice.signals("bob", "edit", "{\"of\":\"m1\"}");
        alice.say("bob", "m2");
        alice.signals("bob", "edit", "{\"of\":\"m2\"}");
        let first = bob.poll();
        assert_eq!(first.bodies(), ["m1", "m2"]);
        let of: Vec<&Value> = first.signals.iter().map(|signal| &signal["data"]["of"]).collect();
        assert_eq!(of, ["m1", "m2"]);
        alice.signals("bob", "edit", "{\"of\":\"m3\"}");
        assert_eq!(bob.poll().signals.len(), 1);
        alice.say("bob", "m4");
        let last = bob.poll();
        assert_eq!((last.bodies(), last.signals.len()), (vec!["m4"], 0));
    });
}

#[test]
fn a_signal_is_acknowledged_and_answered_again_like_a_message() {
    each_site(|site| {
        let (mut bob, alice) = (site.online("bob", &[]), site.online("alice", &[]));
        alice.signals("bob", "edit", "{\"n\":1}");
        for _ in 0..2 {
            let answer = bob.poll_with(&[]).json();
            assert_eq!((&answer["signals"][0]["data"]["n"], &answer["seq"]), (&json!(1), &json!(1)));
        }
        bob.seq = Some(1);
        alice.signals("bob", "edit", "{\"n\":2}");
        assert_eq!(
            bob.poll_with(&[]).json()["signals"],
            json!([{"from": "alice", "to": "bob", "name": "edit", "data": {"n": 2}}])
        );
        assert_eq!(signals_of(&mut bob), [json!({"n": 2})]);
        assert!(bob.everything().is_silent());
    });
}

#[test]
fn a_parked_poll_is_answered_by_a_signal() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let poll = bob.park_surely();
        site.post("/signals", &signal(&[("to", "bob"), ("data", "{}")])).ok();
        assert_eq!(bob.read(poll).signals.len(), 1);
    });
}

#[test]
fn of_waiting_signals_with_one_name_sender_and_key_only_the_newest_is_kept() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let send = |from: &str, name: &str, data: &str| {
            site.post("/signals", &[("from", from), ("to", "bob"), ("name", name), ("data", data)])
                .delivered();
        };
        send("a", "react", r#"{"key":"1","n":1}"#);
        send("a", "react", r#"{"n":2}"#);
        send("b", "react", r#"{"key":"1","n":3}"#);
        send("a", "edit", r#"{"key":"1","n":4}"#);
        send("a", "react", r#"{"key":"2","n":5}"#);
        send("a", "react", r#"{"n":6}"#);
        send("a", "react", r#"{"n":7,"\u006bey":"\u0031"}"#);
        send("a", "react", r#"{"key":"","n":8}"#);
        send("a", "react", r#"{"key":"","n":9}"#);
        let numbers = |signals: Vec<Value>| -> Vec<u64> {
            signals.iter().map(|signal| signal["data"]["n"].as_u64().unwrap()).collect()
        };
        assert_eq!(
            numbers(bob.poll_with(&[]).json()["signals"].as_array().unwrap().clone()),
            [2, 3, 4, 5, 6, 7, 9]
        );
        // What was answered is never touched.
        send("a", "react", r#"{"key":"1","n":10}"#);
        send("a", "react", r#"{"key":"1","n":11}"#);
        assert_eq!(numbers(bob.everything().signals), [2, 3, 4, 5, 6, 7, 9, 11]);
    });
}

#[test]
fn a_storm_of_signals_with_one_key_ends_no_session() {
    Setup::calm().limit("queue_messages", 10).each(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let mut conn = site.connect();
        for number in 0..2_000 {
            let data = format!("{{\"key\":\"line 7\",\"likes\":{number}}}");
            let (kind, to) = [("unicast", "bob"), ("multicast", "r")][number % 2];
            let params = signal(&[("type", kind), ("to", to), ("data", &data)]);
            assert_eq!(conn.call(&site.post_bytes("/signals", &params)).delivered(), 1, "{number}");
        }
        assert_eq!(signals_of(&mut bob), [json!({"key": "line 7", "likes": 1_999})]);
        // Without a key they count like messages: the session that cannot take one more ends.
        let sent = || site.post("/signals", &signal(&[("to", "bob"), ("data", "{}")]));
        let refused = (0..11).map(|_| sent()).find(|answer| answer.status != 200).expect("it has a limit");
        refused.is(503, "receiver cannot take more");
        bob.is_gone();
    });
}

/// A signal in JSON.
#[track_caller]
fn post_json(site: &Site, data: &str) -> (u16, String) {
    let line = format!("POST /signals?{} HTTP/1.1", form(&site.signed(&[])));
    let body = format!(r#"{{"from":"alice","to":"bob","name":"edit","data":{data}}}"#);
    let answer = site.send(&request(&line, &[("Content-Type", "application/json")], body.as_bytes()));
    (answer.status, answer.text().to_owned())
}

#[test]
fn data_is_text_in_forms_and_queries_and_an_object_in_json() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let all = form(&site.signed(&signal(&[("to", "bob"), ("data", "{\"n\":1}")])));
        assert_eq!(site.send(&request(&format!("POST /signals?{all} HTTP/1.1"), &[], b"")).delivered(), 1);
        assert_eq!(post_json(site, "{\"n\":2}"), (200, "ok".to_owned()));
        assert_eq!(signals_of(&mut bob), [json!({"n": 1}), json!({"n": 2})]);
        for wrong in ["\"{}\"", "1", "[]", "true"] {
            assert_eq!(post_json(site, wrong), (400, "bad parameter: data".to_owned()), "{wrong}");
        }
        assert_eq!(post_json(site, "null"), (400, "missing parameter: data".to_owned()));
        assert!(bob.everything().is_silent());
    });
}

#[test]
fn bad_signals_are_refused_and_nothing_is_sent() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let check = |params: &[(&str, &str)], expected: &str| {
            site.post("/signals", params).is(400, expected);
        };
        let to_bob = |data: &str| {
            signal(&[("to", "bob")])
                .into_iter()
                .chain([("data", data)])
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect::<Vec<_>>()
        };
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(4_089));
        let deep = format!("{}{{}}{}", "{\"a\":".repeat(16), "}".repeat(16));
        for bad in [
            "[]",
            "x",
            "{",
            "{\"a\":1,\"a\":2}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\\u0000\"}",
            "{\"key\":1}",
            "{\"key\":null}",
            "{\"key\":true}",
            "{\"key\":[]}",
            "{\"key\":{\"key\":\"x\"}}",
            "{\"key\":\"x\",\"key\":\"x\"}",
            &long,
            &deep,
        ] {
            let params = to_bob(bad);
            let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (&**name, &**value)).collect();
            check(&params, "bad parameter: data");
        }
        let name = "x".repeat(33);
        check(&signal(&[("to", "bob")]), "missing parameter: data");
        check(&[("from", "a"), ("to", "bob"), ("data", "{}")], "missing parameter: name");
        check(&[("from", "a"), ("to", "bob"), ("name", &name), ("data", "{}")], "bad parameter: name");
        check(&[("to", "bob"), ("name", "x"), ("data", "{}")], "missing parameter: ticket");
        check(&signal(&[("data", "{}")]), "missing parameter: to");
        check(&signal(&[("to", ""), ("data", "{}")]), "missing parameter: to");
        check(&signal(&[("to", "a,b"), ("data", "{}")]), "bad parameter: to");
        check(&signal(&[("type", "broadcast"), ("data", "{}")]), "bad parameter: type");
        check(&signal(&[("type", "x"), ("to", "bob"), ("data", "{}")]), "bad parameter: type");
        site.post("/signals", &[("ticket", "x"), ("to", "bob"), ("name", "x"), ("data", "{}")])
            .is(404, "invalid ticket");
        let gone = site.online("gone", &[]);
        gone.offline();
        gone.call("/signals", &[("to", "bob"), ("name", "x"), ("data", "{}")]).is(404, "no client found");
        assert!(bob.everything().is_silent());
        let nowhere = signal(&[("type", "multicast"), ("to", "nowhere"), ("data", "{}")]);
        assert_eq!(site.post("/signals", &nowhere).delivered(), 0);
        assert_eq!(site.post("/signals", &signal(&[("to", "nobody"), ("data", "{}")])).delivered(), 0);
    });
}
