//! Parameters: where they come from, what is malformed, what is too long. §1 Parameters, Versions, Limits of texts.

use serde_json::json;

use crate::support::{Response, Site, each_site, form, get, post, request};

const FORM: &str = "application/x-www-form-urlencoded";

/// A POST of this body.
#[track_caller]
fn post_body(site: &Site, path: &str, kind: &str, body: &str) -> Response {
    site.send(&request(&format!("POST {path} HTTP/1.1"), &[("Content-Type", kind)], body.as_bytes()))
}

/// A POST of a JSON object; `members` stand behind domain and apikey.
#[track_caller]
fn post_json(site: &Site, path: &str, members: &str) -> Response {
    let body = format!("{{\"domain\":{:?},\"apikey\":{:?},{members}}}", site.domain, site.apikey);
    post_body(site, path, "application/json", &body)
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
fn lists_are_trimmed_and_what_is_empty_double_or_oneself_is_skipped() {
    each_site(|site| {
        for name in ["bob", "carol", "d d"] {
            site.online(name, &[]);
        }
        let lists = [("buddies", " bob ,,carol,\tbob, alice,d d,"), ("rooms", "r1 , ,r2,r1")];
        let alice = site.online("alice", &lists);
        let names = |list: &str, member: &str| {
            let entries = alice.answer[list].as_array().unwrap().iter();
            let mut names: Vec<_> = entries.map(|entry| entry[member].as_str().unwrap()).collect();
            names.sort_unstable();
            names.join("|")
        };
        assert_eq!(names("buddies", "name"), "bob|carol|d d");
        assert_eq!(names("rooms", "name"), "r1|r2");
        assert_eq!(site.onlines(" bob,,carol ,bob"), "bob,carol");
        let nobody = site.online("eve", &[("buddies", " , ,"), ("rooms", "")]);
        assert_eq!(nobody.answer["buddies"], json!([]));
        assert_eq!(nobody.answer["rooms"], json!([]));
    });
}

#[test]
fn lists_may_be_json_arrays_or_objects_of_names() {
    each_site(|site| {
        site.online("bob", &[]);
        site.online("\"q", &[]);
        assert_eq!(site.onlines(r#"["bob","\"q","nobody","bob"]"#), "\"q,bob");
        assert_eq!(site.onlines(r#"{"bob":"available","nobody":"dnd"}"#), "bob");
        assert_eq!(site.onlines("[]"), "");
        let alice = site.online("alice", &[("buddies", r#"{"bob":"away"}"#), ("rooms", r#"["r"]"#)]);
        assert_eq!(alice.answer["buddies"][0]["name"], "bob");
        assert_eq!(alice.answer["rooms"], json!([{"name": "r", "total": 1}]));
    });
}

/// A form with the site's credentials and this behind them, as it is.
fn signed_form(site: &Site, rest: &str) -> String {
    format!("{}&{rest}", form(&site.signed(&[])))
}

/// Must be answered with these names, sorted, of which those of `skipped` entries are none.
#[track_caller]
fn are_online(answer: &Response, names: &str, skipped: u32) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut found: Vec<&str> = answer.text().split(',').filter(|name| !name.is_empty()).collect();
    found.sort_unstable();
    assert_eq!(found.join(","), names);
    let expected = (skipped > 0).then(|| skipped.to_string());
    assert_eq!(answer.header("x-nextim-skipped"), expected.as_deref());
}

#[test]
fn lists_come_entry_by_entry_as_php_and_jquery_write_them() {
    each_site(|site| {
        for name in ["bob", "carol", " dave", "r1"] {
            site.online(name, &[]);
        }
        for (form, names) in [
            ("names[]=bob&names[]=carol", "bob,carol"),
            ("names%5B%5D=bob&names%5b%5d=carol", "bob,carol"),
            ("names[0]=carol&x=y&names[1]=bob", "bob,carol"),
            ("names%5B10%5D=bob&names%5B2%5D=carol", "bob,carol"),
            ("names[]=+dave&names[0]=nobody", " dave"),
            ("names[]=", ""),
            ("names[]=bob&buddies[]=carol", "bob"),
        ] {
            let (get, whole) =
                (format!("GET /onlines?{} HTTP/1.1", signed_form(site, form)), signed_form(site, form));
            are_online(&site.send(&request(&get, &[], b"")), names, 0);
            are_online(&post_body(site, "/onlines", FORM, &whole), names, 0);
        }
        let lists = "name=alice&version=6&buddies%5B0%5D=carol&buddies%5B1%5D=bob&buddies%5B2%5D=carol&rooms[]=r2&rooms[]=r1";
        let answer = post_body(site, "/presences/online", FORM, &signed_form(site, lists)).json();
        assert_eq!([&answer["buddies"][0]["name"], &answer["buddies"][1]["name"]], ["carol", "bob"]);
        assert_eq!(answer["rooms"], json!([{"name": "r2", "total": 1}, {"name": "r1", "total": 1}]));
        assert_eq!((&answer["skipped"], &answer["truncated"]), (&json!(null), &json!(null)));
        let removed = signed_form(site, "name=alice&buddies[]=bob&buddies[]=carol");
        post_body(site, "/buddies/remove", FORM, &removed).ok();
    });
}

#[test]
fn lists_that_come_in_two_ways_or_with_other_keys_are_refused() {
    each_site(|site| {
        for bad in [
            "names=bob&names[]=carol",
            "names[]=bob&names=carol",
            "names=bob&names=carol",
            "names[x]=bob",
            "names[]=bob&names[x]=carol",
            "names[0][1]=bob",
            "names%5B0%5D%5B1%5D=bob",
            "names[][]=bob",
            "names[=bob",
            "names[0=bob",
            "names[-1]=bob",
            "names[]=%zz",
            "names[]=bob&names[]=%",
        ] {
            let form = signed_form(site, bad);
            post_body(site, "/onlines", FORM, &form).is(400, "bad parameter: names");
            site.send(&request(&format!("GET /onlines?{form} HTTP/1.1"), &[], b""))
                .is(400, "bad parameter: names");
        }
        let wrong = format!("domain={}&apikey=wrong&names[x]=bob", site.domain);
        assert_eq!(post_body(site, "/onlines", FORM, &wrong).status, 401, "credentials first");
        post_body(site, "/onlines", FORM, &signed_form(site, "name[]=bob"))
            .is(400, "missing parameter: names");
    });
}

#[test]
fn a_json_body_holds_lists_entry_by_entry() {
    each_site(|site| {
        for name in ["bob", "7", " dave"] {
            site.online(name, &[]);
        }
        let onlines = |members: &str| post_json(site, "/onlines", members);
        are_online(&onlines(r#""names[]":"bob""#), "bob", 0);
        are_online(&onlines(r#""names[0]":"bob","names[1]":7,"names[2]":" dave""#), " dave,7,bob", 0);
        are_online(&onlines(r#""names[]":"bob","names[]":null,"names[]":"a,b""#), "bob", 2);
        for bad in [
            r#""names[]":["bob"]"#,
            r#""names[x]":"bob""#,
            r#""names[0][0]":"bob""#,
            r#""names":["bob"],"names[]":"bob""#,
        ] {
            onlines(bad).is(400, "bad parameter: names");
        }
        are_online(&post_json(site, "/onlines?names=bob", r#""names[]":7"#), "bob", 0);
    });
}

#[test]
fn the_list_of_the_query_wins_over_that_of_the_body_as_a_whole() {
    each_site(|site| {
        for name in ["bob", "carol"] {
            site.online(name, &[]);
        }
        for (query, body) in [
            ("names[]=bob", "names=carol"),
            ("names[]=bob", "names[]=bob&names[]=carol"),
            ("names=bob", "names[]=carol&names[1]=bob"),
        ] {
            are_online(
                &post_body(site, &format!("/onlines?{query}"), FORM, &signed_form(site, body)),
                "bob",
                0,
            );
        }
        are_online(&post_body(site, "/onlines?names=", FORM, &signed_form(site, "names[]=bob")), "", 0);
        are_online(&post_json(site, "/onlines?names[]=bob", r#""names":["carol"]"#), "bob", 0);
    });
}

#[test]
fn a_json_body_holds_arrays_and_objects_of_names() {
    each_site(|site| {
        for name in ["bob", "7", "1.50", "zo\u{eb}"] {
            site.online(name, &[]);
        }
        let onlines = |names: &str| post_json(site, "/onlines", &format!("\"names\":{names}"));
        are_online(&onlines(r#"["bob",7,1.50,"zo\u00eb","bob",""]"#), "1.50,7,bob,zo\u{eb}", 0);
        are_online(&onlines(r#"[null,["bob"],{"bob":1},true,"bob"]"#), "bob", 4);
        are_online(&onlines(r#"["a,b","xmpp:x","\u0000","\ud800","bob\u0001","bob"]"#), "bob", 5);
        are_online(&onlines(r#"{"bob":"away","xmpp:x":1,"\udc00":2}"#), "bob", 2);
        are_online(&onlines(r#""bob,\u0000,7,\ud800""#), "7,bob", 2);
        are_online(&onlines("7"), "7", 0);
        are_online(&onlines("[]"), "", 0);
        onlines("true").is(400, "bad parameter: names");
        onlines("null").is(400, "missing parameter: names");
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
fn only_an_array_or_an_object_is_json_and_what_was_cut_off_is_refused() {
    each_site(|site| {
        for name in ["[GM]Bob", "zoe", "null", "12", "[12", "[", "{a}", "\"q\"", "true"] {
            site.online(name, &[]);
        }
        for (list, names) in [
            ("[GM]Bob,zoe", "[GM]Bob,zoe"),
            ("null", "null"),
            ("12", "12"),
            ("[12]", "12"),
            ("[12,zoe", "[12,zoe"),
            ("[", "["),
            ("{a},true", "true,{a}"),
            ("\"q\"", "\"q\""),
            ("{}", ""),
            (" [ \"zoe\" , 12 ] ", "12,zoe"),
        ] {
            are_online(&site.get("/onlines", &[("names", list)]), names, 0);
        }
        for bad in ["[\"a\",\"b", "[\"", "[\"a\"]x", "[\"a\",]", "[]zoe", "{\"a\"}", "{\"a\":1", "{},zoe"] {
            site.get("/onlines", &[("names", bad)]).is(400, "bad parameter: names");
            site.post("/presences/online", &[("name", "eve"), ("rooms", bad)])
                .is(400, "bad parameter: rooms");
        }
        assert_eq!(site.onlines("eve"), "");
    });
}

#[test]
fn one_entry_that_cannot_be_a_name_does_not_refuse_a_log_in() {
    each_site(|site| {
        site.online("bob", &[]);
        site.online("carol", &[]);
        let long = "a".repeat(257);
        for bad in [
            "%ff",
            "%C3",
            "a%ED%A0%80",
            "%00",
            "a%00b",
            "%01",
            "a%7f",
            "xmpp:",
            "xmpp:bob@example.org",
            &long,
        ] {
            for (list, skipped) in [
                (format!("buddies=bob,{bad},carol"), 1),
                (format!("buddies=bob%2C{bad}%2C+,{bad},carol"), 2),
                (format!("buddies[]=bob&buddies[]={bad}&buddies[]=carol&buddies[]="), 1),
                (format!("buddies=bob,carol&rooms={bad},r"), 1),
            ] {
                let body = signed_form(site, &format!("name=alice&version=6&{list}"));
                let answer = post_body(site, "/presences/online", FORM, &body);
                let said = answer.json();
                assert_eq!(said["buddies"].as_array().unwrap().len(), 2, "{list}");
                assert_eq!(said["skipped"], skipped, "{list}");
                assert_eq!(answer.header("x-nextim-skipped"), Some(&*skipped.to_string()), "{list}");
                let papers = post_body(
                    site,
                    "/presences/online",
                    FORM,
                    &signed_form(site, &format!("name=al&{list}")),
                );
                assert_eq!(papers.json()["skipped"], skipped, "{list}");
            }
        }
        let raw = [signed_form(site, "names=bob,").as_bytes(), b"\xff,carol"].concat();
        let answer = site.send(&request("POST /onlines HTTP/1.1", &[("Content-Type", FORM)], &raw));
        are_online(&answer, "bob,carol", 1);
        for list in
            ["[\"bob\",\"%ff\",\"carol\"]", "[\"bob\",\"a%00\",\"carol\"]", "[\"bob\",\"a,b\",\"carol\"]"]
        {
            let body = signed_form(site, &format!("names={list}"));
            are_online(&post_body(site, "/onlines", FORM, &body), "bob,carol", 1);
        }
        let start =
            format!("{{\"domain\":{:?},\"apikey\":{:?},\"names\":[\"bob\",\"", site.domain, site.apikey);
        let body = [start.as_bytes(), b"\xff\",\"carol\"]}"].concat();
        let json = [("Content-Type", "application/json")];
        are_online(&site.send(&request("POST /onlines HTTP/1.1", &json, &body)), "bob,carol", 1);
        let answer = site.post("/buddies/remove", &[("name", "alice"), ("buddies", "bob,xmpp:x,a\u{1}")]);
        answer.ok();
        assert_eq!(answer.header("x-nextim-skipped"), Some("2"));
        for malformed in ["bob,%", "bob,%4", "bob,%zz,%ff"] {
            let body = signed_form(site, &format!("names={malformed}"));
            post_body(site, "/onlines", FORM, &body).is(400, "bad parameter: names");
        }
    });
}

#[test]
fn what_is_empty_double_or_oneself_does_not_count_as_skipped() {
    each_site(|site| {
        let answer = site.post(
            "/presences/online",
            &[("name", "alice"), ("buddies", "bob,,bob, alice,"), ("rooms", "r,r,")],
        );
        assert_eq!((&answer.json()["skipped"], answer.header("x-nextim-skipped")), (&json!(null), None));
        are_online(&site.get("/onlines", &[("names", "alice,,alice")]), "alice", 0);
    });
}

#[test]
fn admin_with_a_space_behind_it_is_somebody_else() {
    each_site(|site| {
        let mut admin = site.online("admin", &[("rooms", "r")]);
        for space in ["\u{3000}", " ", "\u{a0}", "\u{2003}"] {
            let other = format!("admin{space}");
            let mut copy = site.online(&other, &[]);
            assert_eq!(copy.answer["clientnum"], 1);
            // Alone, in an array and entry by entry a name is what it is; between commas the space is not of it.
            let json = serde_json::to_string(&[&other]).unwrap();
            assert_eq!(site.onlines(&json), other);
            site.get("/onlines", &[("names[]", &*other)]).is(200, &other);
            site.get("/onlines", &[("names", &*other)]).is(200, "admin");
            assert_eq!(site.push(&other, &other, "to the other"), 1);
            assert_eq!(site.push("x", "admin", "to admin"), 1);
            assert_eq!(
                (&copy.message()["body"], &admin.message()["body"]),
                (&json!("to the other"), &json!("to admin"))
            );
            copy.join(&format!("r{space}"));
            assert_eq!([site.members("r"), site.members(&format!("r{space}"))], ["admin", &other]);
            site.offline(&other);
            assert_eq!([site.onlines(&json), site.onlines("admin")], ["", "admin"]);
        }
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

#[test]
fn an_unknown_version_is_refused_on_any_call() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        for version in ["1", "4", "5", "7", "03", "6.0", "v6", "x"] {
            let version = [("version", version)];
            let refused = |answer: Response| answer.is(400, "bad parameter: version");
            refused(site.post("/presences/online", &[&[("name", "bob")], &version[..]].concat()));
            refused(site.get("/onlines", &[&[("names", "bob")], &version[..]].concat()));
            refused(site.get("/room/members", &[&[("room", "room")], &version[..]].concat()));
            refused(alice.call("/messages", &[&[("to", "bob"), ("body", "hi")], &version[..]].concat()));
            refused(alice.call("/presences/offline", &version));
        }
        assert_eq!(site.onlines("alice,bob"), "alice");
    });
}

#[test]
fn version_3_is_understood_on_every_call() {
    each_site(|site| {
        let alice = site.start("alice", &[("version", "3")]);
        let v3 = ("version", "3");
        alice.call("/presences/show", &[v3, ("show", "away")]).ok();
        alice.call("/statuses", &[v3, ("to", "bob"), ("show", "typing")]).ok();
        alice.call("/messages", &[v3, ("to", "bob"), ("body", "hi")]).ok();
        assert_eq!(alice.call("/room/join", &[v3, ("room", "r")]).json(), json!({"r": 1}));
        let members = alice.call("/room/members", &[v3, ("room", "r")]).json();
        assert_eq!(members, json!({"r": [{"id": "alice", "nick": "alice"}]}));
        alice.call("/room/leave", &[v3, ("room", "r")]).ok();
        alice.call("/presences/offline", &[v3]).ok();
    });
}
