//! Request targets: a path and a query.
//!
//! Owns: the split of a target, and of the first line of a request that is not well formed. Must not: name a path.

use super::host::is_host;
use crate::base::limits::wire::{BLANK_BYTES_MAX, HEAD_BYTES_MAX};

/// Splits a target into path and query. The query may be empty.
///
/// The absolute form (RFC 9112 section 3.2.2) loses its scheme and authority. If the authority is not a host, it is no
/// target. `*` stays as it is.
pub(super) fn split(target: &str) -> Option<(&str, &str)> {
    let (path, query) = match target.bytes().position(|byte| byte == b'?') {
        Some(at) => (&target[..at], &target[at + 1..]),
        None => (target, ""),
    };
    let (authority, path) = split_authority(path);
    authority.is_none_or(|authority| is_host(authority.as_bytes())).then_some((path, query))
}

/// Splits the part before the query into authority and path. Only the absolute form has an authority.
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

/// The path that the first line of `input` names, as far as it can be read in a request that is not well formed.
///
/// No more of the input is read than was read when the request was refused, so that later bytes make no difference.
pub(super) fn claimed_path(input: &[u8]) -> Option<&str> {
    let window = &input[..input.len().min(HEAD_BYTES_MAX)];
    let blank_bytes = blank_bytes(window);
    // A CR that ends no line is refused before more is read.
    let stray = |at: usize| window[at] == b'\r' && window.get(at + 1) != Some(&b'\n');
    if blank_bytes > BLANK_BYTES_MAX || (0..blank_bytes).any(stray) {
        return None;
    }
    let line = window[blank_bytes..].split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let mut words = line.split(|byte| *byte == b' ');
    // A request that begins with a space is refused before its target has arrived.
    words.next().filter(|method| !method.is_empty() && method.iter().all(u8::is_ascii_graphic))?;
    let path = words.next()?.split(|byte| *byte == b'?').next()?;
    Some(split_authority(std::str::from_utf8(path).ok()?).1)
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
    fn the_first_line_names_a_path() {
        let check = |input: &str, expected: Option<&str>| {
            assert_eq!(claimed_path(input.as_bytes()), expected, "{input:?}");
        };
        check("GET /a HTTP/1.1\r\n", Some("/a"));
        check("\r\nGET /a?x HTTP/1.1\r\n\0", Some("/a"));
        check("GET /a?callback=aaaa", Some("/a"));
        check("POST http://b/a", Some("/a"));
        check("GET http://u@b/a", Some("/a"));
        check("GET /a\n", Some("/a"));
        check("GET /b\r\nX: /a", Some("/b"));
        check("GET  /a", Some(""));
        for nothing in ["", "\r\n", "GET", "\0GET /a HTTP/1.1\r\n", "\n\n\n\n\n\n\n\n\nGET /a"] {
            check(nothing, None);
        }
        for refused in ["\r\r\nGET /a HTTP/1.1\r\n", "\rGET /a", " /a HTTP/1.1\r\n", "\n /a HTTP/1.1\r\n"] {
            check(refused, None);
        }
        assert_eq!(claimed_path(b"\x16\x03\x01 /\xFFa"), None);
    }
}
