//! Request targets, and what the transport must know of paths before a request is a call.
//!
//! Owns: the split of a target and the few paths whose bodies or rejections differ. Must not: route.

use super::host::is_host;
use crate::base::limits::Limits;
use crate::base::limits::wire::{BLANK_BYTES_MAX, HEAD_BYTES_MAX};

/// The path of the long poll: scripts of other origins must be able to read its rejections.
pub(crate) const POLL_PATH: &str = "/packets";
/// Paths whose calls carry whole rosters.
const LIST_PATHS: [&str; 2] = ["/presences/online", "/onlines"];

/// Splits a target into path and query, of which the latter may be empty.
///
/// The absolute form (RFC 9112 section 3.2.2) loses its scheme and authority. If the authority is no host, it is no
/// target. `*` stays as it is.
pub(super) fn split(target: &str) -> Option<(&str, &str)> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (authority, path) = split_authority(path);
    authority.is_none_or(|authority| is_host(authority.as_bytes())).then_some((path, query))
}

/// Splits what stands before the query into authority and path. Only the absolute form has an authority.
fn split_authority(path: &str) -> (Option<&str>, &str) {
    if path.starts_with('/') {
        return (None, path);
    }
    let Some((scheme, rest)) = path.split_once("://") else { return (None, path) };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return (None, path);
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (Some(authority), if path.is_empty() { "/" } else { path })
}

/// The longest body a request of that path may have, in bytes.
pub(super) fn body_bytes_max(path: &str, limits: &Limits) -> usize {
    if LIST_PATHS.contains(&path) { limits.list_body_bytes } else { limits.body_bytes }
}

/// Whether the input begins like a request of the poll, as far as can be told of one that is not well formed.
///
/// It looks at no more than was looked at when the request was refused, so that it does not matter what came
/// after.
pub(super) fn asks_poll(input: &[u8]) -> bool {
    let window = &input[..input.len().min(HEAD_BYTES_MAX)];
    let blank_bytes = blank_bytes(window);
    // A return that ends no line is refused before more is looked at.
    let stray = |at: usize| window[at] == b'\r' && window.get(at + 1) != Some(&b'\n');
    if blank_bytes > BLANK_BYTES_MAX || (0..blank_bytes).any(stray) {
        return false;
    }
    let line = window[blank_bytes..].split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let method = words.next().unwrap_or_default();
    // What begins with a space is refused before its target has arrived.
    if method.is_empty() || !method.iter().all(u8::is_ascii_graphic) {
        return false;
    }
    let target = words.next().unwrap_or_default();
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    std::str::from_utf8(path).is_ok_and(|path| split_authority(path).1 == POLL_PATH)
}

/// Bytes of empty lines that `input` begins with.
pub(super) fn blank_bytes(input: &[u8]) -> usize {
    input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: &str, path: &str, query: &str) {
        assert_eq!(split(target), Some((path, query)), "{target}");
    }

    #[test]
    fn targets_have_four_forms() {
        check("/packets", "/packets", "");
        check("/packets?", "/packets", "");
        check("/packets?a=b?c", "/packets", "a=b?c");
        check("http://im.example:8000/packets?a=b", "/packets", "a=b");
        check("HTTPS://im.example?a=b", "/", "a=b");
        check("http://im.example", "/", "");
        check("http://im.example?u=/x", "/", "u=/x");
        check("ftp://im.example/packets", "ftp://im.example/packets", "");
        check("/http://x/packets", "/http://x/packets", "");
        check("im.example:443", "im.example:443", "");
        check("*", "*", "");
    }

    #[test]
    fn an_authority_is_a_host() {
        check("http://[::1]:8000/packets", "/packets", "");
        check("http://im.example:?a=b", "/", "a=b");
        for bad in [
            "http://u@a/packets",
            "HTTPS://u:p@a",
            "http://@a/packets",
            "http:///packets",
            "http://",
            "http://?a=b",
            "http://:80/packets",
            "http://a:b/packets",
            "http://[::1/packets",
            "http://a,b/packets",
            "http://a#/packets",
            "http://a\\@b/packets",
        ] {
            assert_eq!(split(bad), None, "{bad}");
        }
        check("/http://u@a/packets", "/http://u@a/packets", "");
        check("ftp://u@a/packets", "ftp://u@a/packets", "");
    }

    #[test]
    fn rosters_have_room() {
        let limits = Limits::DEFAULT;
        assert_eq!(body_bytes_max("/presences/online", &limits), limits.list_body_bytes);
        assert_eq!(body_bytes_max("/onlines", &limits), limits.list_body_bytes);
        assert_eq!(body_bytes_max("/messages", &limits), limits.body_bytes);
        assert_eq!(body_bytes_max("*", &limits), limits.body_bytes);
    }

    #[test]
    fn polls_are_known_by_their_first_line() {
        for poll in [
            "GET /packets HTTP/1.1\r\n",
            "\r\nGET /packets?x HTTP/1.1\r\n\0",
            "GET /packets?callback=aaaa",
            "POST http://a/packets",
            "GET http://u@a/packets",
            "GET /packets\n",
        ] {
            assert!(asks_poll(poll.as_bytes()), "{poll}");
        }
        for other in
            ["", "\r\n", "GET", "GET /packets2", "GET /packet", "GET  /packets", "GET /a\r\nX: /packets"]
        {
            assert!(!asks_poll(other.as_bytes()), "{other}");
        }
        assert!(!asks_poll(b"\0GET /packets HTTP/1.1\r\n") && !asks_poll(b"\n\n\n\n\n\n\n\n\nGET /packets"));
        assert!(!asks_poll(b"\r\r\nGET /packets HTTP/1.1\r\n") && !asks_poll(b"\rGET /packets"));
        assert!(!asks_poll(b" /packets HTTP/1.1\r\n") && !asks_poll(b"\n /packets HTTP/1.1\r\n"));
        assert!(!asks_poll(b"\x16\x03\x01 /\xFFpackets"));
    }
}
