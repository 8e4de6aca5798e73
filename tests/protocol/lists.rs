//! Lists and names: how they are written, and which entries are none. §1 Lists and names.

use serde_json::json;

use crate::params::{FORM, post_body, post_json, signed_form};
use crate::support::{Response, each_site, request};

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
