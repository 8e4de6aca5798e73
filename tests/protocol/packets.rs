//! The shapes of `/packets`: JSON, JSONP, packets, escapes, CORS. §3.

use serde_json::{Value, json};

use crate::support::{Response, Setup, Site, each_site, form, get, post, request};

#[test]
fn an_answer_is_a_bare_object_or_a_call() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let say = [("from", "x"), ("to", "alice"), ("body", "hi"), ("id", "1"), ("timestamp", "2")];
        site.post("/messages", &say).ok();
        let message = json!({"from": "x", "nick": "x", "to": "alice", "timestamp": 2, "type": "unicast",
            "body": "hi", "style": "", "id": "1"});
        let expected =
            json!({"status": "ok", "messages": [message], "presences": [], "statuses": [], "seq": 1});
        assert_eq!(alice.poll_with(&[]).json(), expected);
        let answer = alice.poll_with(&[("callback", "cb")]);
        assert_eq!(answer.header("content-type"), Some("application/javascript; charset=utf-8"));
        assert_eq!(answer.status, 200);
        let object = answer.text().strip_prefix("/**/cb(").and_then(|rest| rest.strip_suffix(");"));
        assert_eq!(serde_json::from_str::<Value>(object.expect("a call")).unwrap(), expected);
    });
}

#[test]
fn get_and_post_poll_alike() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        site.push("x", "alice", "hi");
        let params = [("domain", &*site.domain), ("ticket", &*alice.ticket), ("seq", "0")];
        let answers = [site.send(&get("/packets", &params)), site.send(&post("/packets", &params))];
        assert_eq!(answers[0].json(), answers[1].json());
        let body = json!({"domain": site.domain, "ticket": alice.ticket, "seq": 0}).to_string();
        let json_type = [("Content-Type", "application/json")];
        let answer = site.send(&request("POST /packets HTTP/1.1", &json_type, body.as_bytes()));
        assert_eq!(answer.json(), answers[0].json());
    });
}

#[test]
fn a_quiet_poll_ends_with_three_empty_lists() {
    let setup = Setup::calm().timeout("poll_hold_ms_min", 200).timeout("poll_hold_ms_max", 300);
    setup.each(|site| {
        let alice = site.online("alice", &[]);
        let empty =
            |seq| json!({"status": "ok", "messages": [], "presences": [], "statuses": [], "seq": seq});
        assert_eq!(alice.poll_with(&[]).json(), empty(0));
        site.push("x", "alice", "hi");
        let polled = alice.poll_with(&[]).json();
        assert_eq!(polled["seq"], 1);
        let next = get("/packets", &[("domain", &site.domain), ("ticket", &alice.ticket), ("seq", "1")]);
        assert_eq!(site.send(&next).json(), empty(1), "the last number issued");
        assert_eq!(alice.poll_with(&[("callback", "f")]).text(), format!("/**/f({});", compact(&empty(1))));
    });
}

/// The members in the order of the contract, without spaces.
fn compact(answer: &Value) -> String {
    let member = |name: &str| format!("\"{name}\":{}", answer[name]);
    format!("{{{}}}", ["status", "messages", "presences", "statuses", "seq"].map(member).join(","))
}

#[test]
fn packets_have_the_members_of_the_contract() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let alice = site.online("alice", &[("buddies", "bob"), ("nick", "Al"), ("status", "s")]);
        alice.types("bob", "typing");
        let say = |kind, to| {
            let params = [("type", kind), ("to", to), ("body", "b"), ("id", "i"), ("timestamp", "1")];
            alice.call("/messages", &params).ok();
        };
        say("unicast", "bob");
        say("multicast", "r");
        say("broadcast", "");
        let heard = bob.everything();
        let message = |kind: &str, to: &str| {
            json!({"from": "alice", "nick": "Al", "to": to, "timestamp": 1, "type": kind,
                "body": "b", "style": "", "id": "i"})
        };
        let messages =
            json!([message("unicast", "bob"), message("multicast", "r"), message("broadcast", "")]);
        assert_eq!(json!(heard.messages), messages);
        let online =
            json!([{"from": "alice", "nick": "Al", "type": "online", "show": "available", "status": "s"}]);
        assert_eq!(json!(heard.presences), online);
        let typing = json!([{"from": "alice", "nick": "Al", "to": "bob", "show": "typing"}]);
        assert_eq!(json!(heard.statuses), typing);
        site.offline("alice");
        let presence = &bob.everything().presences[0];
        assert_eq!([&presence["type"], &presence["show"]], ["offline", "unavailable"]);
        assert_eq!(presence.as_object().unwrap().len(), 5);
    });
}

#[test]
fn a_timestamp_that_is_a_json_number_stays_one() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let told = |timestamp: &str| {
            let say = [("from", "x"), ("to", "alice"), ("body", "hi"), ("timestamp", timestamp)];
            site.post("/messages", &say).ok();
        };
        let longest = "1".repeat(32);
        let numbers = ["0", "-0", "1246883572400", "1246883572400.50", "1e9", "-1.25E-7", &longest];
        let too_long = "1".repeat(33);
        let others = ["01", "1.", ".5", "+1", "0x1", "NaN", "1 ", "Mon, 6 Jul 2009", "1,2", "-", &too_long];
        numbers.iter().chain(&others).for_each(|timestamp| told(timestamp));
        let answer = alice.poll_with(&[]);
        let mut left = answer.text();
        let numbers = numbers.iter().map(|number| format!("\"timestamp\":{number},"));
        for next in numbers.chain(others.iter().map(|other| format!("\"timestamp\":\"{other}\","))) {
            let found = left.find("\"timestamp\":").expect("another message");
            left = &left[found..];
            assert!(left.starts_with(&next), "{next}: {left}");
            left = &left[next.len()..];
        }
        assert!(!left.contains("\"timestamp\":"), "{left}");
    });
}

#[test]
fn a_callback_is_a_plain_dotted_name() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        site.push("x", "alice", "hi");
        let longest = "a".repeat(128);
        for good in ["a", "$", "_", "jsonp1246883572400", "jQuery.cb_1.$", "A.b", &longest] {
            let answer = alice.poll_with(&[("callback", good)]);
            assert!(answer.text().starts_with(&format!("/**/{good}({{")), "{}", answer.text());
            assert!(answer.text().ends_with("});"));
        }
        let too_long = "a".repeat(129);
        for bad in [
            "",
            "1a",
            ".a",
            "a b",
            "a(",
            "alert(1)//",
            "<script>",
            "a;b",
            "a[0]",
            "a-b",
            "你",
            "a\n",
            "a\"",
            "a%",
            &too_long,
        ] {
            let answer = alice.poll_with(&[("callback", bad)]);
            answer.is(400, "bad parameter: callback");
        }
    });
}

#[test]
fn no_answer_can_close_a_script_or_break_a_line_of_one() {
    each_site(|site| {
        let hostile = "</script>\u{2028}\u{2029}<!--“你”\u{1f600}&>";
        let escaped = "\\u003c/script>\\u2028\\u2029\\u003c!--“你”\u{1f600}&>";
        let bob = site.online(hostile, &[("rooms", hostile), ("status", hostile)]);
        let alice = site.online("alice", &[("buddies", hostile), ("rooms", hostile)]);
        assert!(alice.answer.to_string().contains("</script>"), "it is the same text once read");
        alice.call("/messages", &[("to", hostile), ("body", hostile), ("id", hostile)]).ok();
        alice.call("/statuses", &[("to", hostile), ("show", "<")]).ok();
        let params = [("names", hostile), ("version", "6")];
        let answers = [
            bob.poll_with(&[]),
            bob.poll_with(&[("callback", "f")]),
            site.get("/onlines", &params),
            site.get("/onlines", &[("names", hostile), ("format", "json")]),
            site.get("/room/members", &[("room", hostile)]),
            alice.call("/room/join", &[("room", hostile)]),
            site.post("/presences/online", &[("name", "carol"), ("buddies", hostile), ("rooms", hostile)]),
        ];
        for answer in answers {
            assert_eq!(answer.status, 200);
            let text = answer.text();
            assert!(text.contains(escaped), "{text}");
            assert!(!text.contains(['<', '\u{2028}', '\u{2029}']), "{text}");
        }
    });
}

/// One answer of every kind `/packets` has, to a page of `origin`.
fn answers_to(site: &Site, origin: Option<&str>) -> Vec<Response> {
    let alice = site.online("alice", &[]);
    site.push("x", "alice", "hi");
    let gone = site.online("gone", &[]);
    gone.offline();
    let (domain, ticket) = (("domain", &*site.domain), ("ticket", &*alice.ticket));
    let queries = [
        ("GET", form(&[domain, ticket, ("seq", "0")])),
        ("GET", form(&[domain, ticket, ("seq", "0"), ("callback", "f")])),
        ("GET", form(&[domain, ticket, ("callback", "1")])),
        ("GET", form(&[domain, ticket, ("seq", "99")])),
        ("GET", form(&[domain, ("ticket", "x")])),
        ("GET", form(&[domain, ("ticket", &gone.ticket)])),
        ("GET", form(&[domain])),
        ("DELETE", form(&[domain, ticket])),
        ("OPTIONS", form(&[domain, ticket])),
    ];
    let origin: Vec<_> = origin.map(|origin| ("Origin", origin)).into_iter().collect();
    let send = |(method, query): &(&str, String)| {
        let line = format!("{method} /packets?{query} HTTP/1.1");
        site.send(&request(&line, &origin, b""))
    };
    queries.iter().map(send).collect()
}

#[test]
fn every_answer_to_a_browser_may_be_read_by_every_page_by_default() {
    each_site(|site| {
        for answer in answers_to(site, Some("https://a.example")) {
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{answer:?}");
            assert_eq!(answer.header("access-control-allow-credentials"), None);
            assert_eq!(answer.header("vary"), Some("Origin"), "{answer:?}");
            assert_eq!(answer.header("access-control-expose-headers"), Some("Retry-After"), "{answer:?}");
        }
    });
}

#[test]
fn only_pages_of_configured_origins_may_read_answers() {
    let setup = Setup::calm().domains("origins = [\"https://a.example\", \"https://b.example\"]");
    setup.each(|site| {
        for origin in ["https://a.example", "https://b.example"] {
            for answer in answers_to(site, Some(origin)) {
                assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{answer:?}");
                assert_eq!(answer.header("vary"), Some("Origin"));
            }
        }
        for origin in [Some("https://evil.example"), Some("null"), Some("https://a.example.evil"), None] {
            for answer in answers_to(site, origin) {
                assert_eq!(answer.header("access-control-allow-origin"), None, "{answer:?}");
                assert_eq!(answer.header("vary"), Some("Origin"));
            }
        }
    });
}

#[test]
fn preflights_are_answered() {
    each_site(|site| {
        let line =
            format!("OPTIONS /packets?{} HTTP/1.1", form(&[("domain", &site.domain), ("ticket", "x")]));
        let headers = [
            ("Origin", "https://a.example"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "content-type"),
        ];
        let mut conn = site.connect();
        for _ in 0..2 {
            let answer = conn.call(&request(&line, &headers, b""));
            assert!([200, 204].contains(&answer.status), "{answer:?}");
            assert!(answer.body.is_empty());
            assert!(answer.header("access-control-max-age").is_some_and(|age| age.parse::<u32>().is_ok()));
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        }
    });
}

#[test]
fn site_calls_never_carry_cors() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let origin = [("Origin", "https://a.example")];
        for (method, path, params) in [
            ("GET", "/onlines", &[("names", "alice")][..]),
            ("GET", "/room/members", &[("room", "r")]),
            ("POST", "/presences/show", &[("ticket", &*alice.ticket)]),
            ("POST", "/presences/show", &[("ticket", "x")]),
            ("POST", "/presences/online", &[]),
            ("OPTIONS", "/messages", &[]),
            ("GET", "/messages", &[]),
            ("GET", "/nowhere", &[]),
        ] {
            let line = format!("{method} {path}?{} HTTP/1.1", form(&site.signed(params)));
            let answer = site.send(&request(&line, &origin, b""));
            let headers = answer.headers();
            let cors = headers.iter().find(|(name, _)| name.starts_with("access-control-"));
            assert_eq!(cors, None, "{line}");
        }
    });
}
