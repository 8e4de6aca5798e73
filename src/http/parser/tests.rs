//! Requests that are read, cut in every way, and refused.
//!
//! Owns: the tables of these requests. Must not: import a path of the API.

use proptest::prelude::*;

use super::super::content_type::ContentType;
use super::super::policy::testing::policy;
use super::super::request::Method;
use super::*;

const LIMITS: Limits = Limits { body_bytes: 100, list_body_bytes: 200, ..Limits::DEFAULT };

/// A result that owns its bytes.
#[derive(Debug, PartialEq)]
enum ParseOutcome {
    Incomplete,
    Complete { text: String, body: Vec<u8>, bytes: usize },
    Rejected(Rejection),
}

fn outcome(parsed: &Parsed<'_>) -> ParseOutcome {
    match *parsed {
        Parsed::Incomplete => ParseOutcome::Incomplete,
        Parsed::Complete { request, bytes } => {
            let text = format!("{:?}", Request { body: &[], ..request });
            ParseOutcome::Complete { text, body: request.body.to_vec(), bytes }
        }
        Parsed::Rejected(rejection) => ParseOutcome::Rejected(rejection),
    }
}

fn whole(input: &[u8]) -> ParseOutcome {
    outcome(&parse(input, &mut Partial::default(), &mut Vec::new(), &policy(&LIMITS)))
}

/// The result when the input arrives in pieces that end at `cuts`.
fn pieces(input: &[u8], cuts: impl IntoIterator<Item = usize>) -> ParseOutcome {
    let mut partial = Partial::default();
    for cut in cuts.into_iter().chain([input.len()]) {
        // The scratch buffer is shared with other connections.
        let mut scratch = b"other".to_vec();
        let found = outcome(&parse(&input[..cut], &mut partial, &mut scratch, &policy(&LIMITS)));
        if found != ParseOutcome::Incomplete {
            return found;
        }
    }
    ParseOutcome::Incomplete
}

#[track_caller]
fn check(input: &str, body: &str, rest: usize) {
    let ParseOutcome::Complete { body: found, bytes, .. } = whole(input.as_bytes()) else {
        panic!("{input:?}: {:?}", whole(input.as_bytes()))
    };
    assert_eq!((String::from_utf8_lossy(&found).as_ref(), input.len() - bytes), (body, rest), "{input:?}");
    assert_eq!(whole(input.as_bytes()), pieces(input.as_bytes(), 0..input.len()), "byte by byte: {input:?}");
}

#[track_caller]
fn check_rejected(input: &[u8], status: u16, cross_origin: bool) {
    let ParseOutcome::Rejected(found) = whole(input) else { panic!("{:?}", String::from_utf8_lossy(input)) };
    assert_eq!(
        (found.status, found.cross_origin, found.close),
        (status, cross_origin, true),
        "{:?}",
        String::from_utf8_lossy(input)
    );
    assert_eq!(whole(input), pieces(input, 0..input.len()), "byte by byte");
}

#[test]
fn requests_are_read() {
    check("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", 0);
    check("GET / HTTP/1.1\nHost: a\n\n", "", 0);
    check("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET ", "", 4);
    check("POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcd", "abc", 1);
    check(
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\nGET",
        "abcd",
        3,
    );
    check(
        &format!("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{}", "a".repeat(100)),
        &"a".repeat(100),
        0,
    );
    check(
        &format!("POST /lists HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n{}", "a".repeat(101)),
        &"a".repeat(101),
        0,
    );
}

#[test]
fn a_request_is_taken_apart() {
    let mut scratch = Vec::new();
    let head = "OPTIONS http://im/open?a=b HTTP/1.0\r\nConnection: keep-alive\r\nOrigin: null\r\nContent-Encoding: gzip\r\n\r\n";
    let parsed = parse(head.as_bytes(), &mut Partial::default(), &mut scratch, &policy(&LIMITS));
    let request = Request {
        method: Method::Options,
        path: "/open",
        query: "a=b",
        body: &[],
        content_type: ContentType::None,
        content_encoded: true,
        basic: None,
        origin: Some("null"),
        accepts_events: false,
        keep_alive: true,
        http10: true,
        head: head.as_bytes(),
    };
    assert_eq!(parsed, Parsed::Complete { request, bytes: head.len() });
}

#[test]
fn headers_are_found_in_all_their_lines() {
    let head = "\r\nGET http://im/a HTTP/1.1\r\nHost: a\r\nA: 1\r\nAb: 2\na:\t3, 4:5 \r\nB:\r\n\r\n";
    let (input, mut scratch) = (format!("{head}A: body"), Vec::new());
    let Parsed::Complete { request, .. } =
        parse(input.as_bytes(), &mut Partial::default(), &mut scratch, &policy(&LIMITS))
    else {
        panic!("a request")
    };
    assert_eq!(request.head, head.as_bytes());
    let values = |name| request.values(name).map(String::from_utf8_lossy).collect::<Vec<_>>();
    assert_eq!(values("a"), ["1", "3, 4:5"]);
    assert_eq!(values("AB"), ["2"]);
    assert_eq!(values("b"), [""]);
    assert_eq!((values("c").len(), values("").len()), (0, 0));
}

#[test]
fn large_and_malformed_requests_are_rejected() {
    check_rejected(b"\x16\x03\x01\x02\x00\x01", 400, false);
    check_rejected(b"\x80garbage", 400, false);
    check_rejected(b"\r\n\r\n\r\n\r\n\r\n", 400, false);
    // A line that ends with CR alone would never end.
    check_rejected(b"GET / HTTP/1.1\rHost: a\r\r", 400, false);
    check_rejected(b"GET /open HTTP/1.1\rHost: a\r\r", 400, true);
    check_rejected(b"GET /open HTTP/1.1\r\nHost: a\r\r", 400, true);
    check_rejected(b"\r\rGET /open HTTP/1.1", 400, false);
    check_rejected(b"\rG", 400, false);
    check_rejected(b"GET /open HTTP/3\r\n", 400, true);
    check_rejected(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413, false);
    check_rejected(b"POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413, true);
    check_rejected(b"POST /lists HTTP/1.1\r\nHost: a\r\nContent-Length: 201\r\n\r\n", 413, false);
    check_rejected(
        b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n",
        413,
        false,
    );
    check_rejected(b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", 413, false);
    check_rejected(b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\n", 400, false);
    let long = format!("GET /open HTTP/1.1\r\nHost: a\r\nCookie: {}", "a".repeat(HEAD_BYTES_MAX));
    check_rejected(long.as_bytes(), 431, true);
    let long = format!("GET /open?{}", "a".repeat(HEAD_BYTES_MAX));
    check_rejected(long.as_bytes(), 431, true);
    let late = format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: {}\r\nbad\r\n\r\n", "a".repeat(HEAD_BYTES_MAX));
    check_rejected(late.as_bytes(), 431, false);
}

#[test]
fn a_body_is_asked_for_once() {
    let check = |input: &str, due: bool| {
        let mut partial = Partial::default();
        parse(input.as_bytes(), &mut partial, &mut Vec::new(), &policy(&LIMITS));
        assert_eq!(partial.take_continue(), due, "{input:?}");
        assert!(!partial.take_continue(), "once");
    };
    let head = "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n";
    check(&format!("{head}Content-Length: 3\r\n\r\n"), true);
    check(&format!("{head}Transfer-Encoding: chunked\r\n\r\n"), true);
    check(&format!("{head}Content-Length: 3\r\n\r\na"), false);
    check(&format!("{head}Content-Length: 3\r\n\r\nabc"), false);
    check(&format!("{head}Content-Length: 0\r\n\r\n"), false);
    check(&format!("{head}Content-Length: 101\r\n\r\n"), false);
    check(&format!("{head}Content-Length: 3\r\n"), false);
    check("POST /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", false);
}

#[test]
fn the_state_of_a_partial_request_follows_its_bytes() {
    let mut partial = Partial::default();
    let input = b"POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    let mut scratch = Vec::new();
    assert_eq!(parse(&input[..36], &mut partial, &mut scratch, &policy(&LIMITS)), Parsed::Incomplete);
    let timed_out = Rejection::timed_out();
    assert!(
        !partial.in_body() && !partial.rejected(timed_out).cross_origin && partial.expected_bytes().is_none()
    );
    assert_eq!(parse(&input[..52], &mut partial, &mut scratch, &policy(&LIMITS)), Parsed::Incomplete);
    assert!(partial.in_body() && partial.rejected(timed_out).cross_origin);
    assert!(matches!(parse(input, &mut partial, &mut scratch, &policy(&LIMITS)), Parsed::Complete { .. }));
    assert!(!partial.in_body(), "fit for the next request");
}

#[test]
fn a_partial_request_has_a_head_and_a_body_of_some_length() {
    let mut partial = Partial::default();
    let parse = |input: &str, partial: &mut Partial| {
        assert_eq!(
            super::parse(input.as_bytes(), partial, &mut Vec::new(), &policy(&LIMITS)),
            Parsed::Incomplete
        );
    };
    parse("\r\nPOST /messages?a=b HTTP/1.1\r\nHost: a\r\nX: 1\r\n", &mut partial);
    assert_eq!((partial.head(b"\r\nPOST"), partial.is_body_longer_than(0, 100)), (None, false));
    let head = "\r\nPOST /messages?a=b HTTP/1.1\r\nHost: a\r\nX: 1\r\nContent-Length: 50\r\n\r\n";
    let input = format!("{head}bod");
    parse(&input, &mut partial);
    let request = partial.head(input.as_bytes()).unwrap();
    assert_eq!((request.path, request.query, request.body), ("/messages", "a=b", &b""[..]));
    assert_eq!(request.values("x").collect::<Vec<_>>(), [b"1"]);
    let longer = |partial: &Partial, bytes| partial.is_body_longer_than(bytes, input.len());
    assert!(longer(&partial, 49) && !longer(&partial, 50), "by its head");

    let mut partial = Partial::default();
    let head = "POST /messages HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let input = format!("{head}20\r\n1234567");
    parse(&input, &mut partial);
    let longer = |bytes| partial.is_body_longer_than(bytes, input.len());
    assert!(longer(10) && !longer(11), "by its arrived part");
}

/// Requests and texts that look like them, from parts that matter.
fn requests() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just("GET /open?a=b HTTP/1.1\r\n"),
        Just("POST /a HTTP/1.1\r\n"),
        Just("POST /a HTTP/1.0\r\n"),
        Just("Host: a\r\n"),
        Just("Host: a\n"),
        Just("Content-Length: 9\r\n"),
        Just("Content-Length: 150\r\n"),
        Just("Transfer-Encoding: chunked\r\n"),
        Just("Expect: 100-continue\r\n"),
        Just("X: y\r\n"),
        Just("\r\n"),
        Just("\n"),
        Just("\r"),
        Just(" "),
        Just("4\r\nabcd\r\n"),
        Just("2;x\r\nab\r\n"),
        Just("0\r\n\r\n"),
        Just("\0"),
        Just("012345678"),
    ];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat().into_bytes())
}

proptest! {
    #[test]
    fn pieces_are_as_the_whole(
        start in "(POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n|POST /a HTTP/1.1\r\n(Host: a\r\n)?|)",
        rest in requests(),
        mutation in (any::<prop::sample::Index>(), any::<u8>(), any::<bool>()),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let mut input = [start.into_bytes(), rest].concat();
        let (at, byte, mutated) = mutation;
        if mutated && !input.is_empty() {
            let at = at.index(input.len());
            input[at] = byte;
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        cuts.sort_unstable();
        let expected = whole(&input);
        if let ParseOutcome::Complete { bytes, .. } = &expected {
            prop_assert!(*bytes <= input.len() && *bytes > 0);
        }
        prop_assert_eq!(pieces(&input, cuts), expected);
    }

    #[test]
    fn any_bytes_are_answered(input in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(pieces(&input, 0..input.len()), whole(&input));
    }
}
