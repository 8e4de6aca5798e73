//! Routes of real and of wrong requests.
//!
//! Owns: the tables of these. Must not: need a router.

use proptest::prelude::*;

use super::super::endpoint::ENDPOINTS;
use super::super::testing::{TICKET, answered, get, outcome, post, request, shape};
use super::*;
use crate::router::call::Version;

#[track_caller]
fn check(request: &str, expected: &str) {
    assert_eq!(outcome(request), expected, "{request}");
}

/// The row of a call's path and, once it has travelled to another shard, its verb decide the same.
#[test]
fn calls_that_are_always_taken_are_so_by_path_and_by_verb() {
    let mut taken = 0;
    for endpoint in ENDPOINTS {
        let Access::Apikey(call) = endpoint.access else { continue };
        let params = match call {
            SiteCall::Online => "name=x",
            SiteCall::Offline => "ticket=T",
            SiteCall::Show => "ticket=T&show=away",
            SiteCall::Status => "ticket=T&to=x&show=typing",
            SiteCall::Message => "ticket=T&to=x&body=x",
            SiteCall::Signal => "ticket=T&to=x&name=x&data={}",
            SiteCall::Onlines => "names=x&ids=x",
            SiteCall::RemoveBuddies => "name=x&buddies=y",
            SiteCall::Members => "room=x",
            SiteCall::Join | SiteCall::Leave => "ticket=T&room=x",
        };
        let path = endpoint.path;
        let send = if endpoint.methods.contains(Method::Post) { post } else { get };
        let (verb, _) = send(path, &params.replace("=T", &format!("={TICKET}")))
            .unwrap_or_else(|why| panic!("{path}: {why}"));
        assert_eq!(endpoint.is_always_taken(), verb.is_always_taken(), "{path}");
        taken += usize::from(verb.is_always_taken());
    }
    assert_eq!(taken, 8);
}

#[test]
fn calls_of_version_5_are_counted_like_others() {
    let kind = |path: &str| {
        let endpoint = endpoint::find(path).expect("a path");
        let params = format!("name=x&ticket={TICKET}&to=x&show=x&body=x&names=x&ids=x&room=x");
        let send = if endpoint.methods.contains(Method::Post) { post } else { get };
        send(path, &params).unwrap_or_else(|why| panic!("{path}: {why}")).0.kind()
    };
    for (path, other) in [
        ("/v5/presences/online", "/presences/online"),
        ("/v5/presences/offline", "/presences/offline"),
        ("/v5/presences/show", "/presences/show"),
        ("/v5/presences", "/onlines"),
        ("/v5/statuses", "/statuses"),
        ("/v5/messages", "/messages"),
        ("/v5/rooms/r/members", "/room/members"),
        ("/v5/rooms/r/join", "/room/join"),
        ("/v5/rooms/r/leave", "/room/leave"),
        ("/v5/group/members", "/room/members"),
        ("/v5/group/join", "/room/join"),
        ("/v5/group/leave", "/room/leave"),
    ] {
        assert_eq!(kind(path), kind(other), "{path}");
    }
}

#[test]
fn paths_and_methods_are_checked_first() {
    for path in ["/a", "/packet", "/packets/", "/Messages", "/presences", "//packets", "/%70ackets"] {
        check(&request("GET", path, "", ""), "404 not found");
        check(&request("HEAD", path, "", ""), "404 not found");
        check(&request("OPTIONS", path, "", ""), "404 not found");
    }
    let mut site_calls = 0;
    for endpoint in ENDPOINTS {
        let Access::Apikey(_) = endpoint.access else { continue };
        site_calls += 1;
        let path = endpoint.path;
        let (allowed, others): (&str, &[&str]) = if ["/onlines", "/room/members"].contains(&path) {
            ("GET, POST", &["HEAD", "OPTIONS", "DELETE", "get"])
        } else if path == "/v5/presences" || path.starts_with("/v5/") && path.ends_with("/members") {
            ("GET", &["POST", "HEAD", "OPTIONS", "PUT", "get"])
        } else {
            ("POST", &["GET", "HEAD", "OPTIONS", "PUT", "post"])
        };
        for method in others {
            check(&request(method, path, "", ""), "405 method not allowed");
            let allow = format!("\r\nAllow: {allowed}\r\n");
            assert!(answered(&request(method, path, "", "")).contains(&allow), "{path}");
        }
        for method in allowed.split(", ") {
            check(&request(method, path, "", ""), "401 authentication failed");
        }
    }
    assert_eq!(site_calls, 23);
}

#[test]
fn a_head_is_answered_without_a_body() {
    for path in ["/a", "/packets", "/messages"] {
        let answer = answered(&request("HEAD", path, "", ""));
        assert!(answer.ends_with("\r\n\r\n") && !answer.contains("Content-Length: 0"), "{answer}");
    }
}

#[test]
fn bodies_of_other_types_are_refused_before_credentials() {
    const UNSUPPORTED: &str = "415 unsupported body type: send application/x-www-form-urlencoded or \
                               application/json, in UTF-8 and without Content-Encoding";
    let check = |headers: &str, body: &str, expected: &str| {
        check(&request("POST", "/presences/offline", headers, body), expected);
    };
    let good = format!("domain=a&apikey=k&ticket={TICKET}");
    check("", &good, "call");
    check("Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n", &good, "call");
    check("Content-Type: text/plain\r\n", &good, UNSUPPORTED);
    check("Content-Type: multipart/form-data; boundary=x\r\n", "x", UNSUPPORTED);
    check("Content-Encoding: gzip\r\n", &good, UNSUPPORTED);
    check("Content-Encoding: identity\r\n", &good, UNSUPPORTED);
    check("Content-Encoding: gzip\r\nContent-Type: text/plain\r\n", "", "401 authentication failed");
    check("Content-Type: application/json\r\n", "", "401 authentication failed");
}

#[test]
fn credentials_are_checked_before_parameters() {
    let check = |query: &str, headers: &str, expected: &str| {
        check(&request("GET", &format!("/room/members?{query}"), headers, ""), expected);
    };
    let basic = "Authorization: Basic YTpr\r\n";
    check("domain=a&apikey=k&room=r", "", "call");
    check("room=r", basic, "call");
    check("apikey=wrong&room=r", basic, "401 authentication failed");
    check("domain=a&apikey=wrong&version=9", "", "401 authentication failed");
    check("domain=a&room=%", "", "401 authentication failed");
    check("domain=a&apikey=wrong&domain=a", "", "401 authentication failed");
    check("domain=%ff&apikey=k", "", "401 authentication failed");
    check("domain=a&apikey=k&domain=b", "", "400 bad parameter: domain");
    check("domain=%ff", basic, "400 bad parameter: domain");
    check("domain=a&apikey=k&version=9", "", "400 bad parameter: version");
    assert!(
        answered(&request("GET", "/onlines", "", ""))
            .contains("\r\nWWW-Authenticate: Basic realm=\"nextim\"\r\n")
    );
}

#[test]
fn sites_never_get_cors() {
    for answer in [
        answered(&request("GET", "/onlines", "Origin: https://x\r\n", "")),
        answered(&request("OPTIONS", "/messages", "Origin: https://x\r\n", "")),
        answered(&request("GET", "/nowhere", "Origin: https://x\r\n", "")),
    ] {
        assert!(!answer.contains("Access-Control") && !answer.contains("Vary"), "{answer}");
    }
}

#[test]
fn versions() {
    let version =
        |text| get("/room/members", &format!("room=r&version={text}")).map(|(_, shape)| shape.version);
    assert_eq!(version(""), Ok(Version::Papers));
    assert_eq!(version("3"), Ok(Version::V3));
    assert_eq!(version("6"), Ok(Version::V6));
    for bad in ["5", "06", "3.0", "%203", "six"] {
        assert_eq!(version(bad), Err("400 bad parameter: version".to_owned()));
    }
}

#[test]
fn paths_of_version_5_have_their_version_and_only_the_first_clients_name_another() {
    let version = |path: &str, params: &str| get(path, params).map(|(_, shape)| shape.version);
    for params in ["room=r", "room=r&version=", "room=r&version=v5", "room=r&version=5"] {
        assert_eq!(version("/v5/rooms/r/members", params), Ok(Version::V5));
        assert_eq!(version("/v5/group/members", params), Ok(Version::V50));
    }
    let online = |params: &str| {
        let (verb, shape) = post("/v5/presences/online", params)?;
        let Verb::Online(online) = verb else { panic!("{verb:?}") };
        Ok((shape.version, online.version))
    };
    assert_eq!(online("name=a"), Ok((Version::V5, Version::V5)));
    assert_eq!(online("name=a&version=v5"), Ok((Version::V5, Version::V5)));
    assert_eq!(online("name=a&version=5"), Ok((Version::V50, Version::V50)));
    for bad in ["3", "6", "V5", "5.8", "05"] {
        let refused = Err("400 bad parameter: version".to_owned());
        assert_eq!(online(&format!("name=a&version={bad}")).map(|_| ()), refused);
        check(
            &request("GET", &format!("/v5/packets?domain=a&ticket={TICKET}&version={bad}"), "", ""),
            "400 bad parameter: version",
        );
    }
    check(
        &request("GET", &format!("/v5/packets?domain=a&ticket={TICKET}&version=5&callback="), "", ""),
        "call",
    );
}

#[test]
fn errors_below_v5_are_objects() {
    let check = |method: &str, path: &str, expected: &str| {
        let answer = answered(&request(method, path, "", ""));
        assert!(answer.contains("\r\nContent-Type: application/json\r\n"), "{answer}");
        let body = format!("\r\n\r\n{{\"status\":\"error\",\"message\":\"{expected}\"}}");
        assert!(answer.ends_with(&body), "{answer}");
    };
    check("GET", "/v5/nowhere", "not found");
    check("GET", "/v5/messages", "method not allowed");
    check("POST", "/v5/messages", "authentication failed");
    check("POST", "/v5/messages?domain=a&apikey=k", "missing parameter: ticket");
    check("GET", "/v5/packets?domain=a&ticket=x", "invalid ticket");
    let answer = answered(&request("GET", "/packets?domain=a&ticket=x", "", ""));
    assert!(answer.ends_with("\r\n\r\ninvalid ticket"), "{answer}");
}

#[test]
fn connections_are_kept_as_asked() {
    let kept = |request| (shape(request).close, shape(request).http10);
    assert_eq!(kept("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), (false, false));
    assert_eq!(kept("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), (true, false));
    assert_eq!(kept("GET / HTTP/1.0\r\n\r\n"), (true, true));
    assert_eq!(kept("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), (false, true));
    assert!(
        answered("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            .contains("\r\nConnection: keep-alive\r\n")
    );
}

#[test]
fn nothing_of_a_request_is_in_a_head() {
    let evil = "x%0d%0aSet-Cookie:%20a";
    for path in [
        format!("/packets?domain={evil}&ticket={evil}&callback={evil}"),
        format!("/packets?domain=closed&ticket={TICKET}&callback={evil}"),
        format!("/{evil}"),
    ] {
        let answer = answered(&request("GET", &path, "Origin: https://evil\r\n", ""));
        assert!(!answer.contains("Set-Cookie") && !answer.contains("evil"), "{answer}");
    }
}

proptest! {
    #[test]
    fn any_parameters_are_a_call_or_a_refusal(
        path in "/(packets|messages|signals|onlines|presences/online|room/join|statuses)",
        params in proptest::collection::vec(("(name|to|from|ticket|body|meta|data|show|names|buddies|seq|type|callback)",
            "(%[0-9a-f]{2}|[a-z]|,|\\+|\\[|\"|=|%|.){0,12}"), 0..6),
        json in any::<bool>(),
    ) {
        let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut body = params.join("&");
        let mut headers = String::new();
        if json {
            body = format!("{{\"{}\"}}", body.replace('=', "\":\"").replace('&', "\",\""));
            headers.push_str("Content-Type: application/json\r\n");
        }
        let path = format!("{path}?domain=a&apikey=k");
        let answer = outcome(&request("POST", &path, &headers, &body));
        prop_assert!(answer == "call" || answer.starts_with("400 ") || answer.starts_with("404 "), "{answer}");
    }

    #[test]
    fn any_text_after_the_method_is_answered(text in "(\\?|&|=|%|/packets|domain=a|.){0,20}") {
        let text = text.replace(|char: char| char == ' ' || char.is_ascii_control(), "");
        let answer = outcome(&request("GET", &format!("/packets?{text}"), "", ""));
        prop_assert!(answer.starts_with('4'), "{answer}");
    }
}

#[test]
fn the_query_wins_and_a_body_is_read_on_post_only() {
    let ticket = format!("ticket={TICKET}");
    let query = format!("/presences/offline?domain=a&apikey=k&{ticket}");
    check(&request("POST", &query, "", "ticket=bad"), "call");
    check(&request("POST", &query, "", "ticket=%"), "400 bad parameter: ticket");
    check(&request("GET", "/room/members?domain=a&apikey=k", "", "room=r"), "400 missing parameter: room");
    check(&request("GET", "/room/members?domain=a&apikey=k&room=r", "Content-Type: x/y\r\n", "!"), "call");
    assert_eq!(post("/room/members", "room=r").map(|_| ()), Ok(()));
}
