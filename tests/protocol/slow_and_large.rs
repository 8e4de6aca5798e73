//! What is too slow, too large or too much: idle connections, 408, 413, 431, and the cap of connections.

use crate::support::{Conn, Response, Setup, Site, each_site, eventually, form, get, request};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[test]
fn an_idle_connection_is_closed_silently_and_touches_no_session() {
    Setup::calm().timeout("idle_ms", 1_000).each(|site| {
        let mut alice = site.online("alice", &[]);
        let mut conn = site.connect();
        conn.call(&get("/onlines", &site.signed(&[("names", "alice")]))).is(200, "alice");
        site.push("x", "alice", "hello");
        conn.send(&alice.poll_bytes(&[]));
        assert_eq!(conn.response().json()["messages"][0]["body"], "hello");
        assert_eq!(conn.rest(), b"", "silently");
        assert_eq!(alice.everything().bodies(), ["hello"], "the session lives and nothing was acknowledged");
    });
}

#[test]
fn a_parked_poll_is_not_idle() {
    Setup::calm().timeout("idle_ms", 1_000).each(|site| {
        let mut alice = site.online("alice", &[]);
        let poll = alice.park_surely();
        // Two connections that fall idle one after the other are the clock.
        for _ in 0..2 {
            let mut conn = site.connect();
            conn.call(&get("/onlines", &site.signed(&[("names", "alice")]))).is(200, "alice");
            assert_eq!(conn.rest(), b"");
        }
        site.push("x", "alice", "hello");
        assert_eq!(alice.read(poll).bodies(), ["hello"]);
    });
}

#[test]
fn a_slow_head_is_answered_408_and_closed() {
    Setup::calm().timeout("head_ms", 1_000).each(|site| {
        let mut conn = site.connect();
        conn.send(b"GET /onlines?domain=a HTTP/1.1\r\nHost: a\r\n");
        assert_eq!(Response::whole(&conn.rest()).status, 408);
    });
}

#[test]
fn a_slow_body_is_answered_408_and_closed() {
    Setup::calm().timeout("body_ms", 1_000).each(|site| {
        let body = form(&site.signed(&[("name", "alice")]));
        for headers in [[FORM, ("Content-Length", "10000")], [FORM, ("Transfer-Encoding", "chunked")]] {
            let mut conn = site.connect();
            let chunk = format!("{:x}\r\n{body}\r\n", body.len());
            let sent = if headers[1].1 == "chunked" { &chunk } else { &body };
            conn.send(&request("POST /presences/online HTTP/1.1", &headers, sent.as_bytes()));
            assert_eq!(Response::whole(&conn.rest()).status, 408);
        }
        assert_eq!(site.onlines("alice"), "");
    });
}

#[test]
fn a_body_too_large_is_413() {
    each_site(|site| {
        let kib = 1_024;
        check_413(site, "/messages", 128 * kib);
        check_413(site, "/presences/show", 128 * kib);
        check_413(site, "/presences/online", 512 * kib);
        check_413(site, "/onlines", 512 * kib);
    });
}

/// A body of `most` bytes is read, one byte more is refused, announced or chunked.
#[track_caller]
fn check_413(site: &Site, path: &str, most: usize) {
    let line = format!("POST {path} HTTP/1.1");
    let mut body = form(&site.signed(&[("name", "alice"), ("names", "alice"), ("filler", "")]));
    body.push_str(&"x".repeat(most - body.len()));
    assert_ne!(site.send(&request(&line, &[FORM], body.as_bytes())).status, 413, "{path}");

    // Nothing is sent that the server would have to throw away, so that no reset can overtake the answer.
    let announced = (most + 1).to_string();
    let headers = [FORM, ("Content-Length", &*announced)];
    assert_eq!(site.send(&request(&line, &headers, b"")).status, 413, "{path}");
    let expecting = [FORM, ("Content-Length", &*announced), ("Expect", "100-continue")];
    assert_eq!(site.send(&request(&line, &expecting, b"")).status, 413, "{path}");

    let mut conn = site.connect();
    conn.send(&request(&line, &[FORM, ("Transfer-Encoding", "chunked")], b""));
    conn.send(format!("{most:x}\r\n{body}\r\n1\r\ny").as_bytes());
    assert_eq!(conn.response().status, 413, "{path}");
}

#[test]
fn configured_body_limits_hold() {
    Setup::calm()
        .limit("body_bytes", 4_096)
        .limit("list_body_bytes", 8_192)
        .limit("message_bytes", 1_024)
        .each(|site| {
            check_413(site, "/messages", 4_096);
            check_413(site, "/onlines", 8_192);
        });
}

#[test]
fn headers_over_16_kib_are_431() {
    each_site(|site| {
        let target = format!("/onlines?{}", form(&site.signed(&[("names", "alice")])));
        let head = |bytes: usize| {
            let start = format!("GET {target} HTTP/1.1\r\nHost: a\r\nX: ");
            let filler = "x".repeat(bytes - start.len() - 4);
            format!("{start}{filler}\r\n\r\n")
        };
        assert_eq!(site.send(head(16_000).as_bytes()).status, 200);
        assert_eq!(site.send(head(16 * 1_024 + 1).as_bytes()).status, 431);
        let mut conn = site.connect();
        conn.send(&head(20_000).as_bytes()[..=16 * 1_024]);
        assert_eq!(conn.response().status, 431, "before its end was seen");
    });
}

#[test]
fn connections_beyond_the_cap_are_refused_with_503_and_welcome_later() {
    Setup::calm().limit("connections_per_shard", 10).own(|server| {
        let site = Site::fresh(server);
        let most = 10 * usize::from(server.shards);
        let mut conns: Vec<Conn> = (0..=most).map(|_| site.connect()).collect();
        let refused =
            eventually("one of too many connections is refused", || conns.iter().position(Conn::is_readable));
        let answer = Response::whole(&conns.swap_remove(refused).rest());
        assert_eq!(answer.status, 503);
        assert!(answer.header("retry-after").is_some());
        drop(conns);
        eventually("newcomers are served again", || {
            let mut conn = site.connect();
            conn.send(&get("/onlines", &site.signed(&[("names", "alice")])));
            conn.try_response().filter(|answer| answer.status == 200)
        });
    });
}
