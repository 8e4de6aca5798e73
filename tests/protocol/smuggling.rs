//! What is no HTTP, and what two readers of HTTP could read in two ways: refused and closed, never half executed.

use crate::support::{Site, each_site, form};

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
            b"GET / HTTP/1.1\r\n: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nA\x01B: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nA: a\x00b\r\n\r\n",
            b"\x00\xff\xfe\x00\r\n\r\n",
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
