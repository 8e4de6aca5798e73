//! Attacks with texts: what a client says must not become a header, a line of a log, or a part of a page.

use std::fmt::Write as _;

use nextim_testkit::paths::without_files;
use nix::sys::signal::Signal;

use super::pair::beside_a_pair;
use crate::support::{Browser, Response, Setup, Site, each_site, form, get, post, request};

/// Stands in everything an attacker says.
const MARK: &str = "Zq7Evil";
/// Every header an answer can have that is no file.
const HEADERS: [&str; 21] = [
    "accept-post",
    "content-security-policy",
    "x-nextim-skipped",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "allow",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "retry-after",
    "sec-websocket-version",
    "upgrade",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-nextim-delivered",
    "date",
];
/// Every parameter there is.
const PARAMS: [&str; 20] = [
    "body",
    "buddies",
    "callback",
    "format",
    "from",
    "id",
    "name",
    "names",
    "nick",
    "room",
    "rooms",
    "seq",
    "show",
    "status",
    "style",
    "ticket",
    "timestamp",
    "to",
    "type",
    "version",
];

/// Paths of all but files, and of nothing. A call that ends the session comes before the poll, which then does not wait.
fn paths() -> impl Iterator<Item = &'static str> {
    without_files().chain(["/nowhere"])
}

/// Everything percent-encoded, byte by byte.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "%{byte:02X}").unwrap();
        out
    })
}

/// Each answer is of an exact type that nobody may take for another, and its head has nothing in it that is not ours.
#[track_caller]
fn is_plain(answer: &Response, what: &str) {
    for (name, value) in answer.headers() {
        assert!(HEADERS.contains(&&*name), "{what}: {name}");
        assert!(!value.contains(MARK), "{what}: {name}: {value}");
    }
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    assert_eq!(answer.header("content-encoding"), None, "{what}");
    let kind = answer.header("content-type");
    if answer.status == 204 {
        return assert_eq!(kind, None, "{what}");
    }
    let text = Some("text/plain; charset=utf-8");
    if answer.status != 200 && what.contains("/v5/") && kind == Some("application/json") {
        let text = answer.text().strip_prefix(r#"{"status":"error","message":""#).expect("an error");
        let plain = |char: char| char.is_ascii_alphabetic() || " :_,/-138".contains(char);
        assert!(text.strip_suffix(r#""}"#).expect("an object").chars().all(plain), "{what}: {text}");
    } else if answer.status != 200 {
        assert_eq!(kind, text, "{what}");
        assert!(!answer.text().contains(MARK), "{what}: {}", answer.text());
        let plain = |char: char| char.is_ascii_alphabetic() || " :_,/-138".contains(char);
        assert!(answer.text().chars().all(plain), "{what}: {}", answer.text());
    } else if answer.text().starts_with(['{', '[']) {
        assert_eq!(kind, Some("application/json"), "{what}");
    } else if answer.text().starts_with("/**/") {
        assert_eq!(kind, Some("application/javascript; charset=utf-8"), "{what}");
    } else if answer.text().starts_with("<!doctype html>") {
        assert_eq!(kind, Some("text/html; charset=utf-8"), "{what}");
        assert!(!answer.text().contains(MARK), "{what}: {}", answer.text());
    } else if answer.header("allow").is_some() {
        assert_eq!((kind, answer.text()), (None, ""), "{what}");
    } else {
        assert_eq!(kind, text, "{what}");
    }
}

#[test]
fn every_answer_is_of_an_exact_type_and_no_error_repeats_what_was_said() {
    beside_a_pair(&Setup::calm(), |site, _| {
        let evil = format!("{MARK}<script>alert(1)</script>\"'&\u{2028}");
        let alice = site.online("alice", &[]);
        let signed = site.signed(&[]);
        let no_params: [(&str, &str); 0] = [];
        for path in paths() {
            for method in ["GET", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", MARK] {
                let send = |params: &[(&str, &str)], headers: &[(&str, &str)], body: &[u8]| {
                    let line = format!("{method} {path}?{} HTTP/1.1", form(params));
                    is_plain(&site.send(&request(&line, headers, body)), &line);
                };
                send(&no_params, &[], b"");
                send(&signed, &[], b"");
                let mark = [("domain", &*evil), ("apikey", &evil), ("ticket", &evil), ("name", &evil)];
                send(&mark, &[("Origin", MARK), ("Referer", MARK), ("Cookie", MARK), ("X-Evil", MARK)], b"");
                send(&signed, &[("Content-Type", MARK)], MARK.as_bytes());
                send(&signed, &[("Content-Type", "application/json")], MARK.as_bytes());
                send(&signed, &[("Content-Encoding", MARK)], MARK.as_bytes());
                send(&[("ticket", &alice.ticket)], &[("Expect", MARK)], b"");
                send(&no_params, &[("Authorization", &format!("Basic {MARK}"))], b"");
            }
        }
        for path in paths() {
            for param in PARAMS {
                let all = site.signed(&[("ticket", &alice.ticket), (param, &evil)]);
                is_plain(&site.send(&post(path, &all)), &format!("{path} with {param}"));
                let all = site.signed(&[(param, &evil)]);
                is_plain(&site.send(&get(path, &all)), &format!("{path} with {param}"));
            }
            let line = format!("GET {path}/{MARK}?{MARK}={MARK}%zz HTTP/1.1");
            is_plain(&site.send(&request(&line, &[], b"")), &line);
        }
    });
}

#[test]
fn requests_that_cannot_be_read_are_not_repeated() {
    each_site(|site| {
        for text in [
            format!("{MARK}\r\n\r\n"),
            format!("GET /packets?{MARK}\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: a\r\n{MARK}\r\n\r\n"),
            format!("GET /packets HTTP/9.9\r\nX: {MARK}\r\n\r\n"),
            format!("POST /messages HTTP/1.1\r\nHost: a\r\nContent-Length: {MARK}\r\n\r\n"),
            format!("POST /messages HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{MARK}\r\n"),
            format!("POST /messages HTTP/1.1\r\nHost: a\r\nExpect: {MARK}\r\n\r\n"),
            format!("POST /messages HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", MARK.repeat(3_000)),
            format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", MARK.repeat(2_000)),
        ] {
            let mut conn = site.connect();
            conn.send(text.as_bytes());
            is_plain(&Response::whole(&conn.rest()), &text[..text.len().min(60)]);
        }
    });
}

/// Line ends, and what becomes one if somebody decodes once too often or cuts characters down to bytes.
const LINE_ENDS: [&str; 9] =
    ["\r\n", "\n", "\r", "\u{0b}", "\u{85}", "\u{2028}", "\u{560d}\u{560a}", "%0d%0a", "\\r\\n"];

#[test]
fn no_line_end_of_a_client_ends_a_line_of_a_head() {
    beside_a_pair(&Setup::calm(), |site, _| {
        for end in LINE_ENDS {
            let evil = format!("a{end}X-{MARK}: 1{end}{end}<script>");
            let alice = site.online("alice", &[("rooms", "r")]);
            for path in paths() {
                for param in PARAMS {
                    let value = escaped(&evil);
                    let signed = form(&site.signed(&[]));
                    let ticket =
                        if param == "ticket" { String::new() } else { format!("&ticket={}", alice.ticket) };
                    let params = format!("{signed}{ticket}&{param}={value}");
                    let form_type = [("Content-Type", "application/x-www-form-urlencoded")];
                    let body = request(&format!("POST {path} HTTP/1.1"), &form_type, params.as_bytes());
                    is_plain(&site.send(&body), &format!("{path} {param} {end:?}"));
                }
            }
            // One of the calls has ended her session. What is taken comes back as data, and only so.
            let alice = site.online("alice", &[]);
            let id = format!("1{end}X-{MARK}: 1");
            let say = [("from", "eve"), ("to", "alice"), ("nick", &*evil), ("body", &evil), ("id", &id)];
            site.post("/messages", &say).ok();
            let answer = alice.poll_with(&[("callback", "cb")]);
            is_plain(&answer, "a poll");
            assert!(answer.text().ends_with("});") && !answer.text().contains(['\r', '\n', '<', '\u{2028}']));
            site.offline("alice");
        }
    });
}

#[test]
fn no_origin_is_repeated_that_was_not_configured() {
    Setup::calm().domains("origins = [\"https://a.example\"]").each(|site| {
        for origin in [
            "https://evil.example",
            "https://a.example, https://evil.example",
            "https://a.example https://evil.example",
            "https://a.example%0d%0aX-Evil: 1",
            "https://a.example.evil.example",
            "https://a.example/",
            "*",
            "null",
            "",
        ] {
            let line = format!("GET /packets?domain={} HTTP/1.1", site.domain);
            let mut conn = site.connect();
            conn.send(&request(&line, &[("Origin", origin)], b""));
            let answer = conn.response();
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin:?}");
            assert!(answer.headers().iter().all(|(name, _)| HEADERS.contains(&&**name)), "{answer:?}");
        }
    });
}

#[test]
fn a_callback_in_any_encoding_is_a_plain_name_or_refused() {
    beside_a_pair(&Setup::calm(), |site, _| {
        let alice = site.online("alice", &[]);
        site.push("x", "alice", "hi");
        let poll = |callback: &str| {
            let query = form(&[("domain", &site.domain), ("ticket", &alice.ticket), ("seq", "0")]);
            site.send(&request(&format!("GET /packets?{query}&callback={callback} HTTP/1.1"), &[], b""))
        };
        for bad in [
            "alert(1)",
            "alert%281%29",
            "a%0d%0aX-Evil:1",
            "a%0a",
            "a%E2%80%A8b",
            "a%E2%80%A9",
            "%5Cu0061lert",
            "a%5Cu2028",
            "%3C/script%3E%3Cscript%3E",
            "a;b",
            "a%2Fb",
            "/**/a",
            "a%3D1",
            "a%5B%27b%27%5D",
            "a%60%60",
            "%EF%BC%A1",
            "%C0%AEa",
            "%c3",
            "a%00",
            "a%2500",
            "a+b",
            "-a",
            "%E2%80%8Ba",
            "%F0%9D%92%B6",
            "a&callback=b",
        ] {
            let answer = poll(bad);
            is_plain(&answer, bad);
            assert_eq!((answer.status, answer.text()), (400, "bad parameter: callback"), "{bad}");
        }
        for good in ["a", "%61lert", "a%2Eb", "%24._"] {
            let answer = poll(good);
            is_plain(&answer, good);
            let called = answer.text().strip_prefix("/**/").and_then(|text| text.split_once('(')).unwrap().0;
            assert!(
                called.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$.".contains(&byte)),
                "{called}"
            );
        }
        // JSON has escapes of its own.
        let json = |callback: &str| {
            let body = format!(
                "{{\"domain\":\"{}\",\"ticket\":\"{}\",\"seq\":0,\"callback\":\"{callback}\"}}",
                site.domain, alice.ticket
            );
            site.send(&request(
                "POST /packets HTTP/1.1",
                &[("Content-Type", "application/json")],
                body.as_bytes(),
            ))
        };
        for bad in ["\\u0061\\u0028", "a\\u2028", "a\\n", "\\u003cscript>", "a\\ud800", "a\\u0000"] {
            json(bad).is(400, "bad parameter: callback");
        }
        assert!(json("\\u0061").text().starts_with("/**/a({"));
    });
}

#[test]
fn nothing_is_unpacked_and_nothing_but_files_is_packed() {
    beside_a_pair(&Setup::calm(), |site, _| {
        let alice = site.online("alice", &[]);
        let plain = form(&site.signed(&[("ticket", &alice.ticket), ("names", "alice"), ("room", "r")]));
        for path in paths() {
            for coding in ["gzip", "deflate", "br", "zstd", "compress", "identity", "x", ""] {
                let form_type = ("Content-Type", "application/x-www-form-urlencoded");
                let packed = [form_type, ("Content-Encoding", coding)];
                let answer = site.send(&request(&format!("POST {path} HTTP/1.1"), &packed, plain.as_bytes()));
                let expected = match path {
                    "/nowhere" => 404,
                    "/" | "/health" | "/ws" | "/v5/wsocket" | "/v5/presences" => 405,
                    _ if path.starts_with("/v5/") && path.ends_with("/members") => 405,
                    _ => 415,
                };
                assert_eq!(answer.status, expected, "{path} {coding}");
            }
        }
        // The lengths of compressed answers would let an observer guess their content.
        let names = get("/onlines", &site.signed(&[("names", "alice"), ("version", "6")]));
        let plain = site.send(&names);
        for coding in ["gzip", "gzip, deflate, br, zstd", "*", "identity;q=0, *"] {
            let head = format!("Accept-Encoding: {coding}\r\nHost: ");
            let asked = String::from_utf8(names.clone()).unwrap().replacen("Host: ", &head, 1);
            let answer = site.send(asked.as_bytes());
            assert_eq!((answer.header("content-encoding"), &answer.body), (None, &plain.body), "{coding}");
        }
    });
}

/// Says everything an attacker can say, in every place.
fn say_it_all(site: &Site, alice: &Browser) {
    let forged = format!("{MARK}\r\n[ERROR nextim] {MARK}\n\u{1b}[31m{MARK}\u{2028}{{\"level\":\"error\"}}");
    for path in paths() {
        for param in PARAMS {
            site.send(&post(path, &site.signed(&[(param, &forged)])));
            let with_ticket = site.signed(&[("ticket", &alice.ticket), (param, &forged), ("to", "alice")]);
            site.send(&post(path, &with_ticket));
        }
        let line = format!("GET {path}?{MARK} HTTP/1.1");
        site.send(&request(&line, &[("Origin", MARK), ("User-Agent", MARK), ("X", MARK)], b""));
        site.send(&request(&format!("{MARK} {path} HTTP/1.1"), &[("Authorization", MARK)], MARK.as_bytes()));
    }
    for text in [
        format!("{MARK}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: a\r\n{MARK}\n\r\n"),
        format!("\x16{MARK}"),
    ] {
        let mut conn = site.connect();
        conn.send(text.as_bytes());
        conn.rest();
    }
}

#[test]
fn nothing_a_client_says_is_logged() {
    Setup::calm().own(|server| {
        let site = Site::fresh(server);
        let alice = site.online("alice", &[("rooms", "r")]);
        say_it_all(&site, &alice);
        server.signal(Signal::SIGTERM);
        assert!(server.wait().success());
        let written = server.written();
        assert!(written.contains("draining"), "there is a log: {written}");
        assert!(!written.contains(MARK) && !written.contains(&alice.ticket), "{written}");
        assert!(!written.contains([char::from(27), '\u{2028}', '\r']), "{written}");
    });
}

/// Names that collide in the best-known hash of strings without a key (`s[0]·31ⁿ⁻¹ + …`): "Aa" and "BB" do, and so does
/// everything that is made of them.
fn colliding(count: usize) -> Vec<String> {
    let pair = |bit: bool| if bit { "Aa" } else { "BB" };
    (0..count).map(|number| (0..16).map(|bit| pair(number >> bit & 1 == 1)).collect()).collect()
}

#[test]
fn names_that_collide_elsewhere_are_kept_apart() {
    Setup::calm().limit("buddies_per_call", 20_000).each(|site| {
        let names = colliding(10_000);
        let mut eve =
            site.online("eve", &[("buddies", &*names.join(",")), ("rooms", &*names[..500].join(","))]);
        assert_eq!(eve.answer["rooms"].as_array().unwrap().len(), 500);
        for name in &names[..20] {
            site.online(name, &[]);
        }
        let asked = site.post("/onlines", &[("names", &names.join(","))]);
        let mut found: Vec<&str> = asked.text().split(',').collect();
        found.sort_unstable();
        let mut expected = names[..20].to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected);
        assert!(eve.everything().messages.is_empty());
    });
}
