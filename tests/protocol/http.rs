//! HTTP as every client speaks it: §1 HTTP and the answers that do not depend on a parameter.

use nextim_testkit::paths::site_calls;

use crate::support::{Conn, Response, each_site, form, get, post, request};

#[test]
fn a_connection_serves_many_requests() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let mut conn = site.connect();
        for _ in 0..5 {
            let names = get("/onlines", &site.signed(&[("names", "alice,bob")]));
            conn.call(&names).is(200, "alice");
            conn.call(b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n").is(404, "not found");
            conn.call(
                &site.post_bytes("/messages", &[("ticket", &alice.ticket), ("to", "x"), ("body", "b")]),
            )
            .ok();
        }
    });
}

#[test]
fn pipelined_requests_are_answered_one_after_another() {
    each_site(|site| {
        let mut conn = site.connect();
        let name = |i| format!("user{i}");
        let calls = (0..50).map(|i| site.post_bytes("/presences/online", &[("name", &name(i / 2))]));
        conn.send(&calls.collect::<Vec<_>>().concat());
        for i in 0..50 {
            assert_eq!(conn.response().json()["clientnum"], i % 2 + 1, "answer {i}");
        }
    });
}

#[test]
fn a_request_behind_a_parked_poll_waits_for_its_answer() {
    each_site(|site| {
        let (alice, mut bob) = (site.online("alice", &[]), site.online("bob", &[]));
        let mut conn = site.connect();
        let late = [("from", "x"), ("to", "bob"), ("body", "behind the poll")];
        conn.send(&[alice.poll_bytes(&[]), site.post_bytes("/messages", &late)].concat());
        for i in 0..20 {
            site.push("x", "bob", "before");
            assert_eq!(bob.message()["body"], "before", "round {i}");
        }
        site.push("x", "alice", "for the poll");
        assert_eq!(conn.response().json()["messages"][0]["body"], "for the poll");
        conn.response().ok();
        assert_eq!(bob.message()["body"], "behind the poll");
    });
}

#[test]
fn http_1_0_is_answered_and_closed() {
    each_site(|site| {
        site.online("alice", &[]);
        let query = form(&site.signed(&[("names", "alice")]));
        let mut conn = site.connect();
        conn.send(format!("GET /onlines?{query} HTTP/1.0\r\n\r\n").as_bytes());
        is_last(conn, 200, "alice");
        let mut conn = site.connect();
        conn.send(b"GET /nowhere HTTP/1.0\r\n\r\n");
        is_last(conn, 404, "not found");
    });
}

#[test]
fn connection_close_is_answered_and_closed() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let body = form(&site.signed(&[("ticket", &alice.ticket)]));
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Connection", "close")];
        let mut conn = site.connect();
        conn.send(&request("POST /presences/offline HTTP/1.1", &headers, body.as_bytes()));
        is_last(conn, 200, "ok");
    });
}

#[test]
fn a_parked_poll_of_http_1_0_is_answered_and_closed() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let query = form(&[("domain", &site.domain), ("ticket", &alice.ticket)]);
        let mut conn = site.connect();
        conn.send(format!("GET /packets?{query} HTTP/1.0\r\nHost: a\r\n\r\n").as_bytes());
        site.push("x", "alice", "hello");
        let answer = Response::whole(&conn.rest());
        assert_eq!(answer.header("transfer-encoding"), None);
        assert_eq!(answer.json()["messages"][0]["body"], "hello");
    });
}

#[track_caller]
fn is_last(conn: Conn, status: u16, body: &str) {
    let answer = Response::whole(&conn.rest());
    assert_eq!(answer.header("transfer-encoding"), None);
    answer.is(status, body);
}

#[test]
fn chunked_bodies_are_read() {
    each_site(|site| {
        site.online("alice", &[]);
        let params = form(&site.signed(&[("names", "alice")]));
        let (one, two) = params.split_at(7);
        let (first, second) = (one.len(), two.len());
        let body =
            format!("{first:x}\r\n{one}\r\n{second:X};extension=\"1\"\r\n{two}\r\n0\r\nTrailer: 1\r\n\r\n");
        let headers =
            [("Content-Type", "application/x-www-form-urlencoded"), ("Transfer-Encoding", "chunked")];
        let whole = request("POST /onlines HTTP/1.1", &headers, body.as_bytes());
        let mut conn = site.connect();
        conn.call(&whole).is(200, "alice");
        for byte in &whole {
            conn.send(std::slice::from_ref(byte));
        }
        conn.response().is(200, "alice");
        conn.send(&[&*whole, &*whole].concat());
        conn.response().is(200, "alice");
        conn.response().is(200, "alice");
    });
}

#[test]
fn a_request_may_come_in_any_pieces() {
    each_site(|site| {
        site.online("alice", &[]);
        let whole = post("/onlines", &site.signed(&[("names", "alice")]));
        let mut conn = site.connect();
        for at in [1, 4, whole.len() / 2, whole.len() - 1] {
            let (one, two) = whole.split_at(at);
            conn.send(one);
            conn.send(two);
            conn.response().is(200, "alice");
        }
        for byte in &whole {
            conn.send(std::slice::from_ref(byte));
        }
        conn.response().is(200, "alice");
    });
}

#[test]
fn expect_100_continue_is_honoured() {
    each_site(|site| {
        site.online("alice", &[]);
        let body = form(&site.signed(&[("names", "alice")]));
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Content-Length", &body.len().to_string()),
            ("Expect", "100-continue"),
        ];
        let mut conn = site.connect();
        for _ in 0..2 {
            conn.send(&request("POST /onlines HTTP/1.1", &headers, b""));
            assert_eq!(conn.response().status, 100);
            conn.send(body.as_bytes());
            conn.response().is(200, "alice");
        }
        // A client that does not wait may be spared the interim answer.
        let mut answer = conn.call(&request("POST /onlines HTTP/1.1", &headers, body.as_bytes()));
        if answer.status == 100 {
            answer = conn.response();
        }
        answer.is(200, "alice");
    });
}

#[test]
fn absolute_form_targets_are_accepted() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        let query = form(&site.signed(&[("names", "alice")]));
        for host in ["http://im.example", "http://im.example:8080", "https://im.example"] {
            let line = format!("GET {host}/onlines?{query} HTTP/1.1");
            site.send(&request(&line, &[], b"")).is(200, "alice");
        }
        site.push("x", "alice", "hello");
        let query = form(&[("domain", &site.domain), ("ticket", &alice.ticket)]);
        let line = format!("GET http://im.example/packets?{query} HTTP/1.1");
        let answer = site.send(&request(&line, &[], b"")).json();
        assert_eq!(answer["messages"][0]["body"], "hello");
        alice.seq = answer["seq"].as_u64();
        assert!(alice.everything().is_silent());
    });
}

#[test]
fn head_is_refused_and_consumes_no_packets() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]).without_seq();
        site.push("x", "alice", "hello");
        let query = form(&[("domain", &site.domain), ("ticket", &alice.ticket)]);
        let mut conn = site.connect();
        for _ in 0..2 {
            conn.send(&request(&format!("HEAD /packets?{query} HTTP/1.1"), &[], b""));
            let answer = conn.bodiless_response();
            assert_eq!(answer.status, 405);
            assert!(answer.header("allow").is_some());
        }
        assert_eq!(alice.message()["body"], "hello");
        for path in site_calls() {
            conn.send(&request(&format!("HEAD {path} HTTP/1.1"), &[], b""));
            assert_eq!(conn.bodiless_response().status, 405, "{path}");
        }
    });
}

#[test]
fn unknown_paths_are_not_found() {
    each_site(|site| {
        for path in [
            "/a",
            "/health/",
            "/packet",
            "/packets/",
            "/presences",
            "/presences/Online",
            "/room",
            "/messages/1",
        ] {
            site.send(&get(path, &[])).is(404, "not found");
            site.post(path, &[]).is(404, "not found");
        }
    });
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    each_site(|site| {
        let check = |method: &str, path: &str, allowed: &[&str]| {
            let line = format!("{method} {path}?{} HTTP/1.1", form(&site.signed(&[("name", "alice")])));
            let answer = site.send(&request(&line, &[], b""));
            assert_eq!(answer.status, 405, "{line}");
            let allow = answer.header("allow").expect("Allow");
            for method in allowed {
                assert!(allow.split(',').any(|have| have.trim() == *method), "{path}: {allow}");
            }
        };
        for path in site_calls() {
            let allowed: &[&str] = match path {
                "/onlines" | "/room/members" => &["GET", "POST"],
                "/v5/presences" | "/v5/rooms/{room}/members" | "/v5/group/members" => &["GET"],
                _ => &["POST"],
            };
            for other in ["GET", "POST"].iter().filter(|method| !allowed.contains(method)) {
                check(other, path, allowed);
            }
            for method in ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"] {
                check(method, path, allowed);
            }
        }
        for method in ["PUT", "DELETE"] {
            check(method, "/packets", &["GET", "POST"]);
            check(method, "/v5/packets", &["GET", "POST"]);
        }
        assert_eq!(site.onlines("alice"), "", "a refused call does nothing");
    });
}

#[test]
fn every_answer_forbids_sniffing_and_storing() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        site.push("x", "alice", "hello");
        let answers = [
            alice.poll_with(&[]),
            alice.poll_with(&[("callback", "cb")]),
            alice.poll_with(&[("callback", "1")]),
            site.post("/presences/online", &[("name", "bob")]),
            site.post("/presences/online", &[]),
            alice.call("/presences/show", &[("show", "away")]),
            site.get("/onlines", &[("names", "alice")]),
            site.send(&post("/messages", &[])),
            site.send(&get("/packets", &[("domain", &site.domain), ("ticket", "x")])),
            site.send(&get("/nowhere", &[])),
            site.send(&get("/messages", &[])),
        ];
        for answer in answers {
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        }
    });
}

#[test]
fn success_without_data_is_ok_and_data_is_json() {
    each_site(|site| {
        let alice = site.online("alice", &[("rooms", "room")]);
        for (path, params) in [
            ("/presences/show", [("show", "away"), ("status", "")]),
            ("/statuses", [("to", "bob"), ("show", "typing")]),
            ("/messages", [("to", "bob"), ("body", "hi")]),
            ("/room/leave", [("room", "other"), ("nick", "A")]),
        ] {
            let answer = alice.call(path, &params);
            answer.ok();
            assert!(
                answer.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")),
                "{path}"
            );
        }
        site.post("/buddies/remove", &[("name", "alice"), ("buddies", "bob")]).ok();
        alice.join("room");
        site.get("/room/members", &[("room", "room")]).json();
        site.get("/onlines", &[("names", "alice"), ("version", "6")]).json();
        alice.offline();
    });
}
