//! Heads that are taken and refused.
//!
//! Owns: the tables of these. Must not: read a body.

use super::*;

fn parse(head: &str) -> Result<Head<'_>, u16> {
    Head::parse(head.as_bytes()).map_err(|rejection| rejection.status).map(|head| head.expect("a whole head"))
}

#[track_caller]
fn check<T: PartialEq + std::fmt::Debug>(
    version: u8,
    headers: &str,
    of: impl Fn(&Head<'_>) -> T,
    expected: &Result<T, u16>,
) {
    let head = format!("POST /a HTTP/1.{version}\r\nHost: a\r\n{headers}\r\n");
    assert_eq!(&parse(&head).map(|head| of(&head)), expected, "{headers:?}");
}

#[test]
fn framing_is_unambiguous() {
    let check = |version, headers, expected| check(version, headers, |head| head.framing, &expected);
    check(1, "", Ok(Framing::Length(0)));
    check(1, "Content-Length: 5\r\n", Ok(Framing::Length(5)));
    check(1, "content-length:\t007 \r\n", Ok(Framing::Length(7)));
    check(1, "Content-Length: 5\r\nContent-Length: 5\r\n", Ok(Framing::Length(5)));
    check(1, "Content-Length: 18446744073709551615\r\n", Ok(Framing::Length(u64::MAX)));
    check(1, "Transfer-Encoding: Chunked\r\n", Ok(Framing::Chunked));
    for bad in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length:\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +1\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: \x0bchunked\r\n",
    ] {
        check(1, bad, Err(400));
    }
    check(0, "Transfer-Encoding: chunked\r\n", Err(400));
}

#[test]
fn a_stream_is_accepted_alone() {
    let check = |headers: &str, expected| {
        check(1, headers, |head| head.request.accepts_events, &Ok(expected));
    };
    check("", false);
    check("Accept: text/event-stream\r\n", true);
    check("accept:text/event-stream \r\n", true);
    for other in ["*/*", "", "text/event-stream, */*", "text/event-stream;q=1", "Text/Event-Stream", "text/*"]
    {
        check(&format!("Accept: {other}\r\n"), false);
    }
    for twice in ["text/event-stream", "*/*"] {
        check(&format!("Accept: text/event-stream\r\nAccept: {twice}\r\n"), false);
    }
    check("Accept: */*\r\nAccept: text/event-stream\r\n", false);
}

#[test]
fn a_newline_alone_does_not_stand_before_chunks() {
    let head = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n";
    assert_eq!(parse(head).map(|head| head.framing), Ok(Framing::Chunked));
    for (at, _) in head.match_indices("\r\n") {
        let bare = format!("{}{}", &head[..at], &head[at + 1..]);
        assert_eq!(parse(&bare).err(), Some(400), "{bare:?}");
        let plain = bare.replace("Transfer-Encoding: chunked", "Content-Length: 1");
        assert_eq!(parse(&plain).map(|head| head.framing), Ok(Framing::Length(1)), "{plain:?}");
    }
    for blank in ["\n", "\r\n\n"] {
        assert_eq!(parse(&format!("{blank}{head}")).err(), Some(400));
    }
    assert!(parse(&format!("\r\n{head}")).is_ok());
}

#[test]
fn a_return_alone_stands_nowhere() {
    let head = "\r\nPOST /a?b=c HTTP/1.1\r\nHost: a\r\nX:y \r\nContent-Length: 1\r\nEmpty:\r\n\r\n";
    assert!(parse(head).is_ok());
    for at in 0..head.len() {
        let bare = format!("{}\r{}", &head[..at], &head[at..]);
        assert_eq!(parse(&bare).err(), Some(400), "{bare:?}");
    }
    for (at, _) in head[..head.len() - 2].match_indices("\r\n") {
        let bare = format!("{}{}", &head[..=at], &head[at + 2..]);
        assert_eq!(parse(&bare).err(), Some(400), "{bare:?}");
    }
}

#[test]
fn there_is_one_host() {
    let status = |version, hosts: &str| parse(&format!("GET / HTTP/1.{version}\r\n{hosts}\r\n")).err();
    for good in ["", "a", "im.example:8000", "[::1]:8000", "127.0.0.1", " a\t", "A_b-c", "\u{4f60}.example"] {
        for version in [0, 1] {
            assert_eq!(status(version, &format!("hOST:{good}\r\n")), None, "{good:?}");
        }
    }
    assert_eq!((status(1, ""), status(0, "")), (Some(400), None));
    assert_eq!(parse("GET http://a/ HTTP/1.1\r\n\r\n").err(), Some(400));
    for bad in ["a b", "a/b", "a@b", "@", "a,b", "http://a", "a\u{7f}", "[::1", "a:b", ":80"] {
        for version in [0, 1] {
            assert_eq!(status(version, &format!("Host: {bad}\r\n")), Some(400), "{bad:?}");
        }
    }
    for twice in ["Host: a\r\nHost: a\r\n", "Host: a\r\nX: y\r\nhost: b\r\n", "Host:\r\nHost:\r\n"] {
        assert_eq!((status(1, twice), status(0, twice)), (Some(400), Some(400)), "{twice:?}");
    }
}

#[test]
fn an_absolute_target_has_a_host_and_nothing_else_before_its_path() {
    let status =
        |target: &str, version| parse(&format!("GET {target} HTTP/1.{version}\r\nHost: a\r\n\r\n")).err();
    for (target, expected) in [
        ("http://a/health", None),
        ("http://u@a/health", Some(400)),
        ("http:///health", Some(400)),
        ("http://a:b/health", Some(400)),
    ] {
        assert_eq!([status(target, 0), status(target, 1)], [expected; 2], "{target}");
    }
}

#[test]
fn connections_are_kept_or_closed() {
    let check = |version, headers, kept| check(version, headers, |head| head.request.keep_alive, &Ok(kept));
    check(1, "", true);
    check(1, "Connection: close\r\n", false);
    check(1, "Connection: Upgrade, CLOSE\r\n", false);
    check(1, "Connection: keep-alive\r\nConnection: close\r\n", false);
    check(1, "Connection: closed\r\n", true);
    check(0, "", false);
    check(0, "Connection: Keep-Alive\r\n", true);
    check(0, "Connection: keep-alive, close\r\n", false);
}

#[test]
fn types_of_bodies() {
    let check = |headers, kind| check(1, headers, |head| head.request.content_type, &Ok(kind));
    check("", ContentType::None);
    check("Content-Type:\r\n", ContentType::None);
    check("Content-Type: application/x-www-form-urlencoded\r\n", ContentType::Form);
    check("Content-Type: Application/X-WWW-Form-URLEncoded;charset=UTF-8\r\n", ContentType::Form);
    check("Content-Type: application/x-www-form-urlencoded; charset=\"utf-8\"; x=y\r\n", ContentType::Form);
    check("Content-Type: application/x-www-form-urlencoded; charset=gbk\r\n", ContentType::Other);
    check("Content-Type: application/json ; charset=utf8\r\n", ContentType::Json);
    check("Content-Type: application/json; charset=utf-16\r\n", ContentType::Other);
    check("Content-Type: application/jsonp\r\n", ContentType::Other);
    check("Content-Type: text/plain\r\n", ContentType::Other);
    check("Content-Type: multipart/form-data; boundary=x\r\n", ContentType::Other);
    check("Content-Type: application/json\r\nContent-Type: application/json\r\n", ContentType::Other);
}

#[test]
fn expectations() {
    let check = |version, headers, expected| check(version, headers, |head| head.expects_continue, &expected);
    check(1, "", Ok(false));
    check(1, "Expect: 100-Continue\r\n", Ok(true));
    check(0, "Expect: 100-continue\r\n", Ok(false));
    check(1, "Expect: the unexpected\r\n", Err(417));
}

#[test]
fn credentials_and_origins() {
    let check = |headers, expected: (Option<&str>, Option<&str>)| {
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        let head = parse(&head).ok().unwrap();
        assert_eq!((head.request.basic, head.request.origin), expected, "{headers:?}");
    };
    check("", (None, None));
    check(
        "Authorization: Basic YTpi\r\nOrigin: https://a.example\r\n",
        (Some("YTpi"), Some("https://a.example")),
    );
    check("authorization: bAsIc  YTpi \r\n", (Some("YTpi"), None));
    check("Authorization: Bearer YTpi\r\n", (None, None));
    check("Authorization: Basic\r\n", (None, None));
}

#[test]
fn other_protocols_are_refused() {
    for bad in [
        "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\rC: d\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n A: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "PRI * HTTP/2.0\r\nHost: a\r\n\r\n",
    ] {
        assert_eq!(parse(bad).err(), Some(400), "{bad:?}");
    }
    let many = "A: b\r\n".repeat(HEADERS_MAX);
    assert_eq!(parse(&format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")).err(), Some(431));
    assert!(parse(&format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", &many[6..])).is_ok());
    let long = "a".repeat(TARGET_BYTES_MAX);
    assert_eq!(parse(&format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n")).err(), Some(431));
    assert!(parse(&format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", &long[1..])).is_ok());
}
