//! Who may call: §1 Authentication, and tickets wherever they are sent.

use serde_json::json;

use crate::support::{Response, Setup, Site, each_site, form, get, request};

const CALLS: [(&str, &[(&str, &str)]); 10] = [
    ("/presences/online", &[("name", "alice")]),
    ("/presences/offline", &[("name", "alice")]),
    ("/presences/show", &[("name", "alice"), ("show", "away")]),
    ("/statuses", &[("to", "bob"), ("show", "typing")]),
    ("/messages", &[("from", "x"), ("to", "bob"), ("body", "hi")]),
    ("/onlines", &[("names", "alice")]),
    ("/room/members", &[("room", "r")]),
    ("/room/join", &[("name", "alice"), ("room", "r")]),
    ("/room/leave", &[("name", "alice"), ("room", "r")]),
    ("/buddies/remove", &[("name", "alice"), ("buddies", "bob")]),
];

#[track_caller]
fn refused(answer: &Response) {
    answer.is(401, "authentication failed");
    let challenge = answer.header("www-authenticate").expect("WWW-Authenticate");
    assert!(challenge.starts_with("Basic"), "{challenge}");
}

#[test]
fn every_site_call_needs_domain_and_apikey() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let (domain, apikey) = (("domain", &*site.domain), ("apikey", &*site.apikey));
        let neighbour = site.neighbour();
        let wrong = format!("{}x", site.apikey);
        for (path, params) in CALLS {
            for auth in [
                &[][..],
                &[domain],
                &[apikey],
                &[domain, ("apikey", "")],
                &[domain, ("apikey", &wrong)],
                &[domain, ("apikey", &site.apikey[1..])],
                &[domain, ("apikey", &neighbour.apikey)],
                &[("domain", "nowhere"), apikey],
                &[("domain", &neighbour.domain), apikey],
                &[("domain", ""), apikey],
            ] {
                let all = [auth, params, &[("ticket", &alice.ticket)]].concat();
                refused(&site.send(&crate::support::post(path, &all)));
            }
        }
    });
}

#[test]
fn authentication_is_checked_before_all_other_parameters() {
    each_site(|site| {
        let auth = [("domain", &*site.domain), ("apikey", "wrong")];
        for (path, _) in CALLS {
            refused(&site.send(&crate::support::post(path, &auth)));
            let bad = [("ticket", "x"), ("version", "99"), ("name", "a,b"), ("room", ""), ("names", "[")];
            refused(&site.send(&crate::support::post(path, &[&auth[..], &bad].concat())));
        }
    });
}

#[track_caller]
fn with_basic(site: &Site, credentials: &str, params: &[(&str, &str)]) -> Response {
    let line = format!("GET /onlines?{} HTTP/1.1", form(params));
    let value = format!("Basic {}", base64(credentials));
    site.send(&request(&line, &[("Authorization", &value)], b""))
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn http_basic_authenticates_too() {
    each_site(|site| {
        site.online("alice", &[]);
        let names = [("names", "alice")];
        with_basic(site, &format!("{}:{}", site.domain, site.apikey), &names).is(200, "alice");
        for wrong in [
            format!("{}:{}x", site.domain, site.apikey),
            format!("{}:", site.domain),
            site.domain.clone(),
            format!(":{}", site.apikey),
            format!("nowhere:{}", site.apikey),
        ] {
            refused(&with_basic(site, &wrong, &names));
        }
        let line = format!("GET /onlines?{} HTTP/1.1", form(&names));
        for odd in ["Basic", "Basic !!!", "Bearer abc", "Basic YQ", ""] {
            refused(&site.send(&request(&line, &[("Authorization", odd)], b"")));
        }
    });
}

#[test]
fn parameters_win_over_http_basic() {
    each_site(|site| {
        site.online("alice", &[]);
        let right = format!("{}:{}", site.domain, site.apikey);
        with_basic(site, "nowhere:wrong", &site.signed(&[("names", "alice")])).is(200, "alice");
        refused(&with_basic(
            site,
            &right,
            &[("domain", &site.domain), ("apikey", "wrong"), ("names", "alice")],
        ));
    });
}

#[test]
fn any_of_the_configured_keys_will_do() {
    let setup = Setup::calm().sites(&[("a.example", &["old", "new"])]);
    setup.own(|server| {
        let site = Site::fresh(server);
        for (apikey, good) in [("old", true), ("new", true), ("oldnew", false), ("ol", false)] {
            let params = [("domain", "a.example"), ("apikey", apikey), ("names", "alice")];
            let answer = site.send(&get("/onlines", &params));
            assert_eq!(answer.status, if good { 200 } else { 401 }, "{apikey}");
        }
    });
}

#[test]
fn a_ticket_that_is_sent_must_be_valid_even_where_it_is_optional() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let (gone, stranger) = (site.online("gone", &[]), site.neighbour().online("alice", &[]));
        gone.offline();
        let optional: [(&str, &[(&str, &str)]); 7] = [
            ("/onlines", &[("names", "alice")]),
            ("/room/members", &[("room", "r")]),
            ("/presences/offline", &[("name", "alice")]),
            ("/presences/show", &[("name", "alice"), ("show", "away")]),
            ("/messages", &[("from", "x"), ("to", "alice"), ("body", "hi")]),
            ("/room/join", &[("name", "alice"), ("room", "r")]),
            ("/room/leave", &[("name", "alice"), ("room", "r")]),
        ];
        for (path, params) in optional {
            let call = |ticket: &str| site.post(path, &[params, &[("ticket", ticket)]].concat());
            call("x").is(404, "invalid ticket");
            call(&gone.ticket).is(404, "no client found");
            call(&stranger.ticket).is(404, "no client found");
        }
        assert_eq!(site.onlines("alice"), "alice");
        assert_eq!(site.members("r"), "");
        site.get("/onlines", &[("names", "alice"), ("ticket", &alice.ticket)]).is(200, "alice");
        assert_eq!(alice.call("/room/members", &[("room", "r")]).json(), json!({"r": []}));
    });
}

#[test]
fn a_malformed_ticket_is_invalid_everywhere() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let longer = format!("{}A", alice.ticket);
        let dotted = format!("{}!", &alice.ticket[1..]);
        for ticket in
            ["x", &alice.ticket[1..], &longer, &dotted, "8633d182-b7fe-42a3-8466-1c4134cfebf2", "你"]
        {
            for (path, params) in
                CALLS.into_iter().filter(|(path, _)| !["/presences/online", "/buddies/remove"].contains(path))
            {
                site.post(path, &[params, &[("ticket", ticket)]].concat()).is(404, "invalid ticket");
            }
            let poll = [("domain", &*site.domain), ("ticket", ticket)];
            site.send(&get("/packets", &poll)).is(404, "invalid ticket");
        }
    });
}

#[test]
fn no_client_is_found_once_a_session_has_ended() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        alice.offline();
        alice.is_gone();
        for (path, params) in [
            ("/presences/offline", &[][..]),
            ("/presences/show", &[("show", "away")]),
            ("/statuses", &[("to", "bob"), ("show", "typing")]),
            ("/messages", &[("to", "bob"), ("body", "hi")]),
            ("/room/join", &[("room", "r")]),
            ("/room/leave", &[("room", "r")]),
        ] {
            alice.call(path, params).is(404, "no client found");
        }
    });
}

#[test]
fn a_ticket_that_was_tampered_with_finds_nobody() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        for at in 0..alice.ticket.len() {
            let mut bytes = alice.ticket.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let ticket = String::from_utf8(bytes).unwrap();
            let poll = [("domain", &*site.domain), ("ticket", &ticket)];
            let answer = site.send(&get("/packets", &poll));
            assert_eq!(answer.status, 404, "character {at}");
        }
    });
}
