//! Requests, and the chunks of their bodies.
//!
//! Owns: a second reader of chunks, and a writer of requests. Must not: import a call.

use std::fmt::Write as _;

use crate::api::policy;
use crate::base::limits::wire::{BLANK_BYTES_MAX, HEAD_BYTES_MAX, TARGET_BYTES_MAX};
use crate::http::content_type::ContentType;
use crate::http::parser::{Parsed, Partial, parse};
use crate::http::request::{Method, Request};

use super::call::is_routed;
use super::limits::LIMITS;

/// The head before the chunks of the target `chunked`.
const CHUNKED: &str = "POST /messages HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
/// Inputs up to this length are also read byte by byte.
const BYTEWISE_MAX: usize = 1_024;

/// A request is the same however it is cut; it lies within the limits; it is the same when it is written again; bytes behind
/// it change nothing; and it is a call or is refused.
pub fn request(data: &[u8]) {
    let mut scratch = Vec::new();
    let whole = parse(data, &mut Partial::default(), &mut scratch, &policy(&LIMITS));
    is_same_in_pieces(data, &whole);
    match whole {
        Parsed::Incomplete => {
            let most = BLANK_BYTES_MAX + HEAD_BYTES_MAX + 3 * LIMITS.list_body_bytes + 16 * 1_024;
            assert!(data.len() < most, "something this long is a request or none");
        }
        Parsed::Rejected(rejection) => {
            assert!([400, 413, 417, 431].contains(&rejection.status) && rejection.close);
        }
        Parsed::Complete { request, bytes } => {
            is_within_limits(&request, data, bytes);
            is_same(&data[..bytes], &request, bytes, "alone");
            is_same(
                &[&data[..bytes], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"].concat(),
                &request,
                bytes,
                "before another",
            );
            is_same_when_written_again(&request);
            is_routed(&request);
        }
    }
}

/// A body in chunks has the content that a second reader finds, and the same content in other chunks.
pub fn chunked(data: &[u8]) {
    let input = [CHUNKED.as_bytes(), data].concat();
    let mut scratch = Vec::new();
    let whole = parse(&input, &mut Partial::default(), &mut scratch, &policy(&LIMITS));
    is_same_in_pieces(&input, &whole);
    let Parsed::Complete { request, bytes } = whole else { return };
    assert!(request.body.len() <= LIMITS.body_bytes);
    let (body, sent_bytes) = unchunked(data).expect("a body that was read has an end");
    assert!(body == request.body && CHUNKED.len() + sent_bytes == bytes, "two readers disagree");
    let size = data.len() % 7 + 1;
    let mut again = CHUNKED.as_bytes().to_vec();
    for chunk in request.body.chunks(size.max(request.body.len() / 40 + 1)) {
        again.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        again.extend_from_slice(chunk);
        again.extend_from_slice(b"\r\n");
    }
    again.extend_from_slice(b"0\r\n\r\n");
    let (bytes, mut scratch) = (again.len(), Vec::new());
    match parse(&again, &mut Partial::default(), &mut scratch, &policy(&LIMITS)) {
        Parsed::Complete { request: same, bytes: read } => assert!(same.body == body && read == bytes),
        Parsed::Incomplete | Parsed::Rejected(_) => panic!("the same body in other chunks is none"),
    }
}

/// The content and the end of a body in chunks, read in the most obvious way.
fn unchunked(data: &[u8]) -> Option<(Vec<u8>, usize)> {
    let line_at = |from: usize| {
        let end = data[from..].windows(2).position(|pair| pair == b"\r\n")?;
        Some((&data[from..from + end], from + end + 2))
    };
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let (line, data_at) = line_at(at)?;
        let digits = line.split(|byte| *byte == b';').next()?;
        let size = usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        if size == 0 {
            at = data_at;
            break;
        }
        body.extend_from_slice(data.get(data_at..data_at + size)?);
        at = data_at + size + 2;
    }
    loop {
        let (trailer, next) = line_at(at)?;
        at = next;
        if trailer.is_empty() {
            return Some((body, at));
        }
    }
}

/// Reads the input as it arrives in pieces of several lengths.
fn is_same_in_pieces(data: &[u8], whole: &Parsed<'_>) {
    if data.len() <= BYTEWISE_MAX {
        is_same_in_pieces_of(1, data, whole);
    }
    is_same_in_pieces_of(data.len() % 61 + 2, data, whole);
    is_same_in_pieces_of(data.len() / 2 + 1, data, whole);
}

fn is_same_in_pieces_of(step: usize, data: &[u8], whole: &Parsed<'_>) {
    let (mut partial, mut arrived) = (Partial::default(), 0);
    loop {
        arrived = (arrived + step).min(data.len());
        // The server shares the buffer among connections.
        let mut scratch = b"of another connection".to_vec();
        match (parse(&data[..arrived], &mut partial, &mut scratch, &policy(&LIMITS)), whole) {
            (Parsed::Incomplete, _) if arrived < data.len() => {}
            (Parsed::Incomplete, Parsed::Incomplete) => return,
            (Parsed::Rejected(found), Parsed::Rejected(expected)) => {
                return assert!(found == *expected, "in pieces of {step} it is refused otherwise");
            }
            (Parsed::Complete { request, bytes }, Parsed::Complete { request: expected, bytes: end }) => {
                return assert!(request == *expected && bytes == *end, "in pieces of {step} it is another");
            }
            (Parsed::Incomplete | Parsed::Rejected(_) | Parsed::Complete { .. }, _) => {
                panic!("in pieces of {step} it is something else")
            }
        }
    }
}

fn is_within_limits(request: &Request<'_>, data: &[u8], bytes: usize) {
    assert!(bytes > 0 && bytes <= data.len() && data.starts_with(request.head));
    assert!(request.head.len() <= HEAD_BYTES_MAX);
    assert!(request.path.len() + request.query.len() <= TARGET_BYTES_MAX);
    let lists = ["/presences/online", "/onlines"].contains(&request.path);
    let most = if lists { LIMITS.list_body_bytes } else { LIMITS.body_bytes };
    assert!(request.body.len() <= most && bytes >= request.head.len() + request.body.len());
    let is_plain = |text: &str| !text.bytes().any(|byte| byte <= b' ' || byte == 0x7f);
    assert!(is_plain(request.path) && is_plain(request.query));
    assert!(!request.origin.unwrap_or_default().contains(['\r', '\n', '\0']));
}

fn is_same(input: &[u8], expected: &Request<'_>, end: usize, how: &str) {
    let mut scratch = Vec::new();
    match parse(input, &mut Partial::default(), &mut scratch, &policy(&LIMITS)) {
        Parsed::Complete { request, bytes } => assert!(request == *expected && bytes == end, "{how}"),
        Parsed::Incomplete | Parsed::Rejected(_) => panic!("it is no request {how}"),
    }
}

/// Writes the request in the plainest form and reads it again: all but its head must be the same.
fn is_same_when_written_again(request: &Request<'_>) {
    let Some(text) = written(request) else { return };
    let mut scratch = Vec::new();
    match parse(&text, &mut Partial::default(), &mut scratch, &policy(&LIMITS)) {
        Parsed::Complete { request: again, bytes } => {
            assert!(Request { head: request.head, ..again } == *request && bytes == text.len());
        }
        Parsed::Incomplete | Parsed::Rejected(_) => panic!("it is no request when it is written again"),
    }
}

/// The request in the plainest form; `None` if that would be too long.
fn written(request: &Request<'_>) -> Option<Vec<u8>> {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Options => "OPTIONS",
        Method::Head => "HEAD",
        Method::Other => "OTHER",
    };
    let version = u8::from(!request.http10);
    let mut head = format!("{method} {}?{} HTTP/1.{version}\r\nHost: a\r\n", request.path, request.query);
    let mut header = |name: &str, value: &str| {
        write!(head, "{name}: {value}\r\n").expect("a string takes all");
    };
    header("Content-Length", &request.body.len().to_string());
    match request.content_type {
        ContentType::None => {}
        ContentType::Form => header("Content-Type", "application/x-www-form-urlencoded"),
        ContentType::Json => header("Content-Type", "application/json"),
        ContentType::Other => header("Content-Type", "text/plain"),
    }
    if request.content_encoded {
        header("Content-Encoding", "gzip");
    }
    if let Some(credentials) = request.basic {
        header("Authorization", &format!("Basic {credentials}"));
    }
    if let Some(origin) = request.origin {
        header("Origin", origin);
    }
    header("Connection", if request.keep_alive { "keep-alive" } else { "close" });
    head.push_str("\r\n");
    let fits = head.len() <= HEAD_BYTES_MAX && request.path.len() + request.query.len() < TARGET_BYTES_MAX;
    fits.then(|| [head.as_bytes(), request.body].concat())
}
