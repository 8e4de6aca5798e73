//! Parameters: where they come from, what is malformed, what is too long. §1 Parameters, Limits of texts.

use serde_json::json;

use crate::support::{Response, Site, each_site, form, get, post, request};

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A POST of this body.
#[track_caller]
pub(crate) fn post_body(site: &Site, path: &str, kind: &str, body: &str) -> Response {
    site.send(&request(&format!("POST {path} HTTP/1.1"), &[("Content-Type", kind)], body.as_bytes()))
}

/// A POST of a JSON object; `members` stand behind domain and apikey.
#[track_caller]
pub(crate) fn post_json(site: &Site, path: &str, members: &str) -> Response {
    let body = format!("{{\"domain\":{:?},\"apikey\":{:?},{members}}}", site.domain, site.apikey);
    post_body(site, path, "application/json", &body)
}

/// A form with the site's credentials and this behind them, as it is.
pub(crate) fn signed_form(site: &Site, rest: &str) -> String {
    format!("{}&{rest}", form(&site.signed(&[])))
}

#[test]
fn parameters_come_from_query_and_form() {
    each_site(|site| {
        site.online("alice", &[]);
        let (auth, names) = (site.signed(&[]), [("names", "alice")]);
        site.send(&get("/onlines", &[&*auth, &names].concat())).is(200, "alice");
        site.send(&post("/onlines", &[&*auth, &names].concat())).is(200, "alice");
        let query = |params: &[(&str, &str)]| format!("/onlines?{}", form(params));
        post_body(site, &query(&auth), FORM, &form(&names)).is(200, "alice");
        post_body(site, &query(&names), FORM, &form(&auth)).is(200, "alice");
        post_body(site, &query(&[&*auth, &names].concat()), FORM, "").is(200, "alice");
        post_body(site, &query(&auth), "Application/X-WWW-Form-URLEncoded; charset=UTF-8", &form(&names))
            .is(200, "alice");
    });
}

#[test]
fn a_post_without_a_body_needs_no_body_type() {
    each_site(|site| {
        let line = format!("POST /presences/online?{} HTTP/1.1", form(&site.signed(&[("name", "alice")])));
        assert_eq!(site.send(&request(&line, &[], b"")).json()["clientnum"], 1);
    });
}

#[test]
fn the_query_wins_over_the_body() {
    each_site(|site| {
        site.online("alice", &[]);
        site.online("bob", &[]);
        let path = format!("/onlines?{}", form(&[("names", "alice")]));
        post_body(site, &path, FORM, &form(&site.signed(&[("names", "bob")]))).is(200, "alice");
        post_json(site, &path, "\"names\":\"bob\"").is(200, "alice");
    });
}

#[test]
fn a_flat_json_object_is_a_body() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let mut answer =
            post_json(site, "/presences/online", r#""name":"b\u006fb","nick":"Bób","version":6"#);
        let mut bob = crate::support::Browser::new(site, "bob", answer.json());
        let say = format!(r#" "ticket" : "{}", "to":"bob" , "body":"\u4f60\n<好>\"", "x":1 "#, alice.ticket);
        answer = post_json(site, "/messages", &say);
        assert_eq!(answer.delivered(), 1);
        assert_eq!(bob.message()["body"], "你\n<好>\"");
        let charset = "application/json; charset=utf-8";
        let body = json!({"domain": site.domain, "apikey": site.apikey, "names": "bob"}).to_string();
        post_body(site, "/onlines", charset, &body).is(200, "bob");
    });
}

#[test]
fn json_numbers_are_taken_as_their_text() {
    each_site(|site| {
        let mut user = site.online("42", &[]);
        for number in ["0", "-1.50", "12345678901234567890123", "1E+2", "0.10"] {
            let say = format!(r#""from":7,"to":42,"body":{number},"id":{number},"timestamp":1"#);
            assert_eq!(post_json(site, "/messages", &say).delivered(), 1);
            let message = user.message();
            assert_eq!([&message["from"], &message["to"]], ["7", "42"]);
            assert_eq!([&message["body"], &message["id"]], [number, number]);
        }
    });
}

#[test]
fn a_json_body_that_is_not_flat_or_not_json_is_refused() {
    each_site(|site| {
        for members in [
            r#""name":true"#,
            r#""name":null"#,
            r#""name":["alice"]"#,
            r#""name":{"a":"b"}"#,
            r#""name":"alice","name":"alice""#,
            r#""name":"alice","nick":"\ud800""#,
            r#""name":"alice","#,
            r#""name":'alice'"#,
            r#""name":01"#,
            r#""name":"alice"} x {"#,
        ] {
            assert_eq!(post_json(site, "/presences/online", members).status, 400, "{members}");
        }
        // Domain and apikey are in the query here: what is refused is the body.
        let path = format!("/presences/online?{}", form(&site.signed(&[("name", "alice")])));
        for body in ["[]", "\"name\"", "1", "{", "{\"name\"}", "\u{feff}x"] {
            assert_eq!(post_body(site, &path, "application/json", body).status, 400, "{body}");
        }
        assert_eq!(site.onlines("alice"), "");
    });
}

#[test]
fn a_known_parameter_twice_in_one_source_is_refused() {
    each_site(|site| {
        let twice = [("name", "alice"), ("name", "alice")];
        site.post("/presences/online", &twice).is(400, "bad parameter: name");
        let path = format!("/presences/online?{}", form(&twice));
        post_body(site, &path, FORM, &form(&site.signed(&[]))).is(400, "bad parameter: name");
        let alice = site.online("alice", &[]);
        alice.poll_with(&[("seq", "0")]).is(400, "bad parameter: seq");
        alice.poll_with(&[("callback", "a"), ("callback", "a")]).is(400, "bad parameter: callback");
    });
}

#[test]
fn unknown_parameters_are_ignored() {
    each_site(|site| {
        let params = [("x", "1"), ("x", "2"), ("names", "alice"), ("", "y"), ("body", "z"), ("_", "123")];
        site.online("alice", &[("x", "1"), ("x", "2")]);
        site.get("/onlines", &params).is(200, "alice");
        let path = format!("/onlines?{}&&x&=&names=alice&", form(&site.signed(&[])));
        site.send(&request(&format!("GET {path} HTTP/1.1"), &[], b"")).is(200, "alice");
    });
}

#[test]
fn values_are_utf_8_and_plus_is_a_space() {
    each_site(|site| {
        let mut alice = site.online("al ice", &[]);
        let start = form(&site.signed(&[("from", "x")]));
        let rest = "to=al+ice&body=%e4%BD%A0+%2B%20%26&style=a=b&nick=\u{597d}";
        assert_eq!(post_body(site, "/messages", FORM, &format!("{start}&{rest}")).delivered(), 1);
        let message = alice.message();
        assert_eq!(message["body"], "你 + &");
        assert_eq!(message["style"], "a=b");
        assert_eq!(message["nick"], "好");
    });
}

#[test]
fn bad_utf_8_and_bad_percent_encoding_are_refused() {
    each_site(|site| {
        let start = form(&site.signed(&[]));
        for bad in ["%", "%4", "%zz", "%ff", "%C3", "%ED%A0%80", "%C0%80", "a%F4%90%80%80", "%00", "a%00b"] {
            let body = format!("{start}&name=alice&nick={bad}");
            post_body(site, "/presences/online", FORM, &body).is(400, "bad parameter: nick");
            let line = format!("POST /presences/online?{body} HTTP/1.1");
            site.send(&request(&line, &[], b"")).is(400, "bad parameter: nick");
        }
        let raw = [format!("{start}&name=alice&nick=").as_bytes(), b"\xff"].concat();
        let answer = site.send(&request("POST /presences/online HTTP/1.1", &[("Content-Type", FORM)], &raw));
        assert_eq!(answer.status, 400);
        let json = [br#"{"name":"alice","nick":""#, &b"\xff\"}"[..]].concat();
        let line = format!("POST /presences/online?{start} HTTP/1.1");
        assert_eq!(site.send(&request(&line, &[("Content-Type", "application/json")], &json)).status, 400);
        assert_eq!(site.onlines("alice"), "");
    });
}

#[test]
fn the_character_u_0000_is_refused_anywhere() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        for (name, value) in [("to", "b\0b"), ("body", "\0"), ("style", "a\0"), ("id", "\0"), ("nick", "\0")]
        {
            let mut params = vec![("to", "bob"), ("body", "hi")];
            params.retain(|(have, _)| *have != name);
            params.push((name, value));
            alice.call("/messages", &params).is(400, &format!("bad parameter: {name}"));
        }
        assert_eq!(post_json(site, "/presences/online", r#""name":"bob","nick":"\u0000""#).status, 400);
        assert_eq!(site.get("/onlines", &[("names", "alice"), ("unknown", "\0")]).status, 400);
        alice.poll_with(&[("callback", "a\0")]).is(400, "bad parameter: callback");
    });
}

#[test]
fn names_and_rooms_are_compared_bytewise() {
    each_site(|site| {
        let all = ["bob", "Bob", "bob ", "b\u{f6}b", "bo\u{308}b", "\u{ff42}ob"];
        site.online("Bob", &[("rooms", "Room")]);
        site.online("bo\u{308}b", &[("rooms", "room")]);
        for name in all {
            let online = name == "Bob" || name == "bo\u{308}b";
            let names = serde_json::to_string(&[name]).unwrap();
            assert_eq!(site.onlines(&names), if online { name } else { "" });
        }
        assert_eq!(site.members("Room"), "Bob");
        assert_eq!(site.members("room"), "bo\u{308}b");
    });
}

#[test]
fn names_that_lists_or_gateways_could_not_bear_are_refused() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        for bad in ["a,b", ",", "a\nb", "\t", "a\u{1f}", "a\u{7f}", "xmpp:bob@example.org", "xmpp:"] {
            site.post("/presences/online", &[("name", bad)]).is(400, "bad parameter: name");
            site.post("/presences/offline", &[("name", bad)]).is(400, "bad parameter: name");
            site.post("/messages", &[("from", bad), ("to", "b"), ("body", "c")])
                .is(400, "bad parameter: from");
            alice.call("/messages", &[("to", bad), ("body", "c")]).is(400, "bad parameter: to");
            alice.call("/statuses", &[("to", bad), ("show", "c")]).is(400, "bad parameter: to");
            alice.call("/room/join", &[("room", bad)]).is(400, "bad parameter: room");
            alice.call("/room/leave", &[("room", bad)]).is(400, "bad parameter: room");
            site.get("/room/members", &[("room", bad)]).is(400, "bad parameter: room");
        }
        for fine in ["xmpp", "XMPP:a", "a:b", "<b>", "a;b", "\u{4f60}", "~", "a b"] {
            site.online(fine, &[]);
        }
    });
}

#[test]
fn null_is_absent() {
    each_site(|site| {
        let all = r#""name":"alice","nick":null,"show":null,"status":null,"buddies":null,"rooms":null,"version":null"#;
        let answer = post_json(site, "/presences/online", all).json();
        assert_eq!((&answer["buddies"], &answer["roominfo"]), (&json!({}), &json!({})));
        assert_eq!(
            site.get("/onlines", &[("names", "alice"), ("format", "json")]).json(),
            json!({"alice": "available"})
        );
        post_json(site, "/presences/online", r#""name":null"#).is(400, "missing parameter: name");
        post_json(site, "/onlines?names=alice", r#""names":null"#).is(200, "alice");
        post_json(site, "/presences/online", r#""name":null,"name":"bob""#).is(400, "bad parameter: name");
    });
}

#[test]
fn a_byte_order_mark_before_a_body_is_dropped() {
    each_site(|site| {
        site.online("alice", &[]);
        let body = format!("\u{feff}{}", signed_form(site, "names=alice"));
        post_body(site, "/onlines", FORM, &body).is(200, "alice");
        let body = json!({"domain": site.domain, "apikey": site.apikey, "names": ["alice"]});
        post_body(site, "/onlines", "application/json", &format!("\u{feff}{body}")).is(200, "alice");
        post_body(site, "/onlines", "application/json", &format!("\u{feff}\u{feff}{body}"))
            .is(401, "authentication failed");
    });
}

#[track_caller]
fn says_what_is_taken(answer: &Response) {
    const TAKEN: [&str; 2] = [FORM, "application/json"];
    assert_eq!((answer.status, answer.header("accept-post")), (415, Some(&*TAKEN.join(", "))));
    assert!(TAKEN.iter().all(|kind| answer.text().contains(kind)), "{}", answer.text());
}

#[test]
fn other_body_types_and_any_content_encoding_are_415() {
    each_site(|site| {
        let body = form(&site.signed(&[("name", "alice")]));
        for kind in ["text/plain", "multipart/form-data; boundary=x", "application/xml", "application/jsonp"]
        {
            says_what_is_taken(&post_body(site, "/presences/online", kind, &body));
            says_what_is_taken(&post_body(site, "/packets", kind, &body));
        }
        for coding in ["gzip", "deflate", "br", "x", "identity"] {
            let headers = [("Content-Type", FORM), ("Content-Encoding", coding)];
            let request = request("POST /presences/online HTTP/1.1", &headers, body.as_bytes());
            says_what_is_taken(&site.send(&request));
        }
        assert_eq!(site.onlines("alice"), "");
    });
}

#[test]
fn required_parameters_are_asked_for_by_name() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let check = |path: &str, params: &[(&str, &str)], missing: &str| {
            site.post(path, params).is(400, &format!("missing parameter: {missing}"));
        };
        let ticket = ("ticket", &*alice.ticket);
        check("/presences/online", &[], "name");
        check("/presences/online", &[("name", "")], "name");
        check("/presences/offline", &[], "ticket");
        check("/presences/show", &[("show", "away")], "ticket");
        check("/statuses", &[("to", "bob"), ("show", "typing")], "ticket");
        check("/statuses", &[ticket, ("show", "typing")], "to");
        check("/statuses", &[ticket, ("to", "bob")], "show");
        check("/messages", &[("to", "bob"), ("body", "hi")], "ticket");
        check("/messages", &[ticket, ("body", "hi")], "to");
        check("/messages", &[ticket, ("to", ""), ("body", "hi")], "to");
        check("/messages", &[ticket, ("type", "multicast"), ("body", "hi")], "to");
        check("/onlines", &[], "names");
        check("/room/members", &[], "room");
        check("/room/members", &[("room", "")], "room");
        check("/room/join", &[("room", "r")], "ticket");
        check("/room/join", &[ticket], "room");
        check("/room/leave", &[("room", "r")], "ticket");
        check("/room/leave", &[ticket], "room");
        check("/buddies/remove", &[("buddies", "bob")], "name");
        check("/buddies/remove", &[("name", "alice")], "buddies");
        let packets = |params: &[(&str, &str)]| site.send(&get("/packets", params));
        packets(&[ticket]).is(400, "missing parameter: domain");
        packets(&[("domain", &site.domain)]).is(400, "missing parameter: ticket");
    });
}

#[test]
fn texts_have_longest_lengths() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let check = |path: &str, fixed: &[(&str, &str)], name: &str, most: usize| {
            // The limit is of bytes, and an é has two.
            let accents = "é".repeat(most / 2 + 1);
            for (text, fits) in [("a".repeat(most), true), ("a".repeat(most + 1), false), (accents, false)] {
                let answer = site.post(path, &[fixed, &[(name, &text)]].concat());
                if fits {
                    assert_eq!(answer.status, 200, "{path} {name}: {}", answer.text());
                } else {
                    answer.is(400, &format!("bad parameter: {name}"));
                }
            }
        };
        let ticket = ("ticket", &*alice.ticket);
        let say = [ticket, ("to", "bob"), ("body", "hi")];
        check("/presences/online", &[], "name", 256);
        check("/presences/online", &[("name", "bob")], "nick", 256);
        check("/presences/online", &[("name", "bob")], "show", 32);
        check("/presences/online", &[("name", "bob")], "status", 1_024);
        check("/presences/show", &[ticket], "nick", 256);
        check("/presences/show", &[ticket], "show", 32);
        check("/presences/show", &[ticket], "status", 1_024);
        check("/statuses", &[ticket, ("to", "bob")], "show", 32);
        check("/statuses", &[ticket, ("show", "typing")], "to", 256);
        check("/messages", &[ticket, ("body", "hi")], "to", 256);
        check("/messages", &[("to", "bob"), ("body", "hi")], "from", 256);
        check("/messages", &[ticket, ("to", "bob")], "body", 32_768);
        check("/messages", &say, "nick", 256);
        check("/messages", &say, "style", 1_024);
        check("/messages", &say, "id", 64);
        check("/messages", &say, "timestamp", 64);
        check("/room/join", &[ticket], "room", 256);
        check("/room/leave", &[ticket], "room", 256);
        check("/room/members", &[], "room", 256);
    });
}

#[test]
fn a_configured_message_limit_holds() {
    crate::support::Setup::calm().limit("message_bytes", 1_000).each(|site| {
        let alice = site.online("alice", &[]);
        alice.say("bob", &"a".repeat(1_000));
        alice
            .call("/messages", &[("to", "bob"), ("body", &"a".repeat(1_001))])
            .is(400, "bad parameter: body");
    });
}
