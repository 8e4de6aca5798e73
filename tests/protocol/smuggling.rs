//! What is no HTTP, and what two readers of HTTP could read in two ways: refused and closed, never half executed.

use crate::support::{Site, each_site, form, post, request};

#[test]
fn garbage_ends_its_connection_and_nothing_else() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        for garbage in [
            &b"GARBAGE\r\n\r\n"[..],
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET / HTTP/3.0\r\n\r\n",
            b"GET  /onlines HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nA\x01B: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nA: a\x00b\r\n\r\n",
            b"\x00\xff\xfe\x00\r\n\r\n",
            b"GET / HTTP/1.1\rHost: a\r\r",
            b"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\r",
            b"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        ] {
            let mut conn = site.connect();
            conn.send(garbage);
            let said = conn.rest();
            let refused = said.starts_with(b"HTTP/1.1 4") || said.starts_with(b"HTTP/1.1 5");
            assert!(said.is_empty() || refused, "{garbage:?}: {:?}", String::from_utf8_lossy(&said));
        }
        assert!(alice.everything().is_silent(), "the others are served");
    });
}

/// Sends a request whose head ends with `headers` and whose body is `body`, with a message behind it: there must
/// be one refusal and the end of the connection, and nobody must hear the message.
#[track_caller]
fn check(site: &Site, headers: &str, body: &str) {
    let mut bob = site.online("bob", &[]);
    let query = form(&site.signed(&[("from", "x"), ("to", "bob"), ("body", "smuggled")]));
    let hidden = format!("POST /messages?{query} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    let mut conn = site.connect();
    let head = "POST /onlines HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded";
    conn.send(format!("{head}\r\n{headers}\r\n\r\n{body}{hidden}").as_bytes());
    let said = String::from_utf8(conn.rest()).unwrap();
    assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "one answer to {headers:?}: {said}");
    assert!(said.starts_with("HTTP/1.1 400 ") || said.starts_with("HTTP/1.1 501 "), "{headers:?}: {said}");
    assert!(bob.everything().is_silent(), "{headers:?}");
}

#[test]
fn a_body_of_two_lengths_is_refused() {
    each_site(|site| {
        check(site, "Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n");
        check(site, "Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n");
        check(site, "Content-Length: 0\r\nContent-Length: 4", "a=bc");
        check(site, "Content-Length: 0, 4", "a=bc");
        check(site, "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n");
    });
}

#[test]
fn a_length_that_is_no_plain_number_is_refused() {
    each_site(|site| {
        for length in ["+0", "-1", "0x0", "0 0", "\"0\"", "", "a", "99999999999999999999999", "1e1"] {
            check(site, &format!("Content-Length: {length}"), "");
        }
    });
}

#[test]
fn a_transfer_coding_other_than_chunked_is_refused() {
    each_site(|site| {
        for coding in
            ["gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "xchunked", "identity", ""]
        {
            check(site, &format!("Transfer-Encoding: {coding}"), "0\r\n\r\n");
        }
    });
}

#[test]
fn chunks_that_are_no_chunks_are_refused() {
    each_site(|site| {
        for body in [
            "g\r\n\r\n",
            "-1\r\n\r\n",
            "+1\r\na\r\n0\r\n\r\n",
            "0x1\r\na\r\n0\r\n\r\n",
            "\r\n",
            "1\r\nab\r\n0\r\n\r\n",
            "FFFFFFFFFFFFFFFFF\r\n",
        ] {
            check(site, "Transfer-Encoding: chunked", body);
        }
    });
}

#[test]
fn headers_that_readers_disagree_about_are_refused() {
    each_site(|site| {
        check(site, "Content-Length : 4", "a=bc");
        check(site, "Transfer-Encoding : chunked", "0\r\n\r\n");
        check(site, "X: a\r\n Content-Length: 4", "a=bc");
        check(site, "X: a\r\n\tb\r\nContent-Length: 0", "");
    });
}

#[test]
fn a_return_alone_is_refused_wherever_it_stands() {
    each_site(|site| {
        for headers in [
            "X: a\rContent-Length: 4",
            "X: a\rTransfer-Encoding: chunked",
            "Content-Length: 4\r\r",
            "Transfer-Encoding: chunked\r",
            "X:\rContent-Length: 4",
            "\rX: y",
        ] {
            check(site, headers, "a=bc");
        }
    });
}

#[test]
fn a_return_between_requests_is_refused_though_it_comes_alone() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let mut conn = site.connect();
        // What comes with a request has been read when that is answered.
        let names = post("/onlines", &site.signed(&[("names", "nobody")]));
        conn.send(&[&*names, b"\r"].concat());
        conn.response().is(200, "");
        conn.send(&site.post_bytes("/messages", &[("from", "x"), ("to", "bob"), ("body", "smuggled")]));
        assert!(conn.rest().starts_with(b"HTTP/1.1 400 "));
        assert!(bob.everything().is_silent());

        let mut conn = site.connect();
        conn.send(&[&*names, b"\r"].concat());
        conn.response().is(200, "");
        conn.send(&[b"\n", &*names].concat());
        conn.response().is(200, "");
    });
}

#[test]
fn a_newline_alone_ends_a_line_but_not_before_chunks() {
    each_site(|site| {
        check(site, "X: a\nTransfer-Encoding: chunked", "0\r\n\r\n");
        check(site, "Transfer-Encoding: chunked\nX: a", "0\r\n\r\n");
        check(site, "X: a\nTransfer-Encoding: chunked\nContent-Length: 4", "0\r\n\r\n");
        let (one, two) = ("4\na=bc\r\n0\r\n\r\n", "4\r\na=bc\n0\r\n\r\n");
        for body in [one, two] {
            check(site, "Transfer-Encoding: chunked", body);
        }
        site.online("alice", &[]);
        let names = form(&site.signed(&[("names", "alice")]));
        site.send(format!("GET /onlines?{names} HTTP/1.1\nHost: a\n\n").as_bytes()).is(200, "alice");
        let length = names.len();
        let head = format!("\nPOST /onlines HTTP/1.1\r\nHost: a\nContent-Length: {length}\r\n\n");
        site.send(format!("{head}{names}").as_bytes()).is(200, "alice");
    });
}

#[test]
fn a_host_that_is_missing_doubled_or_none_is_refused() {
    each_site(|site| {
        check(site, "Host: a", "");
        check(site, "host: b", "");
        site.online("alice", &[]);
        let names = form(&site.signed(&[("names", "alice")]));
        let status =
            |line: &str, hosts: &str| site.send(format!("GET {line}\r\n{hosts}\r\n").as_bytes()).status;
        let target = format!("/onlines?{names}");
        let (now, then) = (format!("{target} HTTP/1.1"), format!("{target} HTTP/1.0"));
        assert_eq!(status(&now, ""), 400);
        assert_eq!(status(&format!("http://im.example{now}"), ""), 400);
        assert_eq!(status(&then, ""), 200, "1.0 knows no Host");
        for host in
            ["a b", "a\tb", "a/", "a@b", "a,b", "a\u{1}", "a\u{7f}b", "http://a", "[::1", "::1", "a:b", ":80"]
        {
            assert_eq!(
                [&now, &then].map(|line| status(line, &format!("Host: {host}\r\n"))),
                [400; 2],
                "{host:?}"
            );
        }
        for host in ["", "a", "im.example:8000", "[::1]:8000", "a_b.example"] {
            assert_eq!(
                [&now, &then].map(|line| status(line, &format!("Host: {host}\r\n"))),
                [200; 2],
                "{host:?}"
            );
        }
    });
}

#[test]
fn a_target_whose_authority_is_no_host_is_refused() {
    each_site(|site| {
        site.online("alice", &[]);
        let names = form(&site.signed(&[("names", "alice")]));
        for (authority, status) in [
            ("im.example", 200),
            ("im.example:8000", 200),
            ("[::1]", 200),
            ("u@a", 400),
            ("u:p@a", 400),
            ("", 400),
            (":80", 400),
            ("a:b", 400),
            ("[::1", 400),
            ("a,b", 400),
        ] {
            for scheme in ["http", "HTTPS"] {
                let line = format!("GET {scheme}://{authority}/onlines?{names} HTTP/1.1");
                assert_eq!(site.send(&request(&line, &[], b"")).status, status, "{authority:?}");
            }
        }
        let poll = site.send(&request("GET http://u@a/packets HTTP/1.1", &[("Origin", "http://b")], b""));
        assert_eq!((poll.status, poll.header("access-control-allow-origin")), (400, Some("*")));
    });
}
