//! What proxies and people ask of the server itself: `/health`, `/`, `OPTIONS`. §1 For proxies and people.

use std::net::TcpStream;

use nix::sys::signal::Signal;

use crate::support::{Conn, Response, Setup, Site, each_site, eventually, get, request};

/// What answers with anything about the server have in common.
#[track_caller]
fn says_little(answer: &Response) {
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for name in ["server", "x-powered-by", "via", "set-cookie", "access-control-allow-origin"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
}

#[track_caller]
fn head(conn: &mut Conn, target: &str) -> Response {
    conn.send(&request(&format!("HEAD {target} HTTP/1.1"), &[], b""));
    conn.bodiless_response()
}

#[test]
fn health_is_ok_by_get_and_head_for_anybody() {
    each_site(|site| {
        let mut conn = site.connect();
        for target in ["/health", "/health?", "/health?x=%&domain=%ff", "http://im.example/health"] {
            let answer =
                conn.call(&request(&format!("GET {target} HTTP/1.1"), &[("Origin", "https://x")], b""));
            answer.ok();
            says_little(&answer);
            assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
            let told = head(&mut conn, target);
            assert_eq!((told.status, told.headers()), (200, answer.headers()), "{target}");
        }
        conn.call(&get("/onlines", &site.signed(&[("names", "nobody")]))).is(200, "");
        let mut conn = site.connect();
        conn.send(b"GET /health HTTP/1.0\r\n\r\n");
        Response::whole(&conn.rest()).ok();
    });
}

#[test]
fn health_does_not_depend_on_users() {
    each_site(|site| {
        let before = site.send(&get("/health", &[]));
        let _somebody = site.online("alice", &[("rooms", "r")]);
        let after = site.send(&get("/health", &[]));
        assert_eq!((before.headers(), &before.body), (after.headers(), &after.body));
    });
}

#[test]
fn the_page_for_people_shows_the_line_of_html_and_no_version_and_no_count() {
    each_site(|site| {
        let mut conn = site.connect();
        for target in ["/", "/?", "/?a=%", "http://im.example", "http://im.example/"] {
            let answer = conn.call(&request(&format!("GET {target} HTTP/1.1"), &[], b""));
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (200, Some("text/html; charset=utf-8"))
            );
            says_little(&answer);
            let page = answer.text();
            assert!(page.starts_with("<!doctype html>") && page.contains("NextIM"), "{page}");
            assert!(page.contains("/webim.js\" data-site=\"/webim\" defer&gt;&lt;/script&gt;"), "{page}");
            assert!(!page.contains(env!("CARGO_PKG_VERSION")) && !page.contains("<script"), "{page}");
            let told = head(&mut conn, target);
            assert_eq!((told.status, told.headers()), (200, answer.headers()), "{target}");
        }
    });
}

#[test]
fn options_of_the_server_and_of_its_root_are_200_with_the_methods() {
    each_site(|site| {
        let mut conn = site.connect();
        for (target, methods) in [
            ("*", &["GET", "HEAD", "POST", "OPTIONS"][..]),
            ("/", &["GET", "HEAD", "OPTIONS"]),
            ("/health", &["GET", "HEAD", "OPTIONS"]),
            ("http://im.example", &["GET", "HEAD", "OPTIONS"]),
        ] {
            let answer = conn.call(&request(&format!("OPTIONS {target} HTTP/1.1"), &[], b""));
            answer.is(200, "");
            says_little(&answer);
            let allowed: Vec<&str> = answer.header("allow").expect("Allow").split(", ").collect();
            assert_eq!(allowed, methods, "{target}");
        }
        // As HAProxy checks by default.
        let mut conn = site.connect();
        conn.send(b"OPTIONS / HTTP/1.0\r\n\r\n");
        Response::whole(&conn.rest()).is(200, "");
    });
}

#[test]
fn other_methods_are_told_the_right_ones() {
    each_site(|site| {
        let mut conn = site.connect();
        for path in ["/", "/health"] {
            for method in ["POST", "PUT", "DELETE", "TRACE", "get"] {
                let answer = conn.call(&request(&format!("{method} {path} HTTP/1.1"), &[], b""));
                answer.is(405, "method not allowed");
                assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"), "{method} {path}");
            }
        }
        conn.call(&request("GET * HTTP/1.1", &[], b"")).is(404, "not found");
    });
}

#[test]
fn a_server_that_goes_down_is_not_healthy_where_it_still_answers() {
    Setup::calm().own(|server| {
        let site = Site::fresh(server);
        let lines = ["GET /health", "HEAD /health", "OPTIONS /health", "OPTIONS /", "GET /"];
        let mut asking = lines.map(|line| {
            let mut conn = site.connect();
            conn.call(&get("/health", &[])).ok();
            // What has begun to arrive is waited for.
            conn.send(format!("{line} HTTP/1.1\r\nHost: a\r\n").as_bytes());
            (line, conn)
        });
        // All of it has arrived when what was sent after it is answered, whichever shard has which.
        for _ in 0..8 * server.shards {
            site.send(&get("/health", &[])).ok();
        }
        server.signal(Signal::SIGTERM);
        eventually("newcomers are refused", || TcpStream::connect(server.address).is_err().then_some(()));
        for (line, conn) in &mut asking {
            conn.send(b"\r\n");
            let answer = if line.starts_with("HEAD") { conn.bodiless_response() } else { conn.response() };
            let expected = if line.ends_with("/health") { 503 } else { 200 };
            assert_eq!((answer.status, answer.header("connection")), (expected, Some("close")), "{line}");
            assert_eq!(answer.header("retry-after").is_some(), expected == 503, "{line}");
        }
        drop(asking);
        assert_eq!(server.wait().code(), Some(0));
    });
}
