//! Responses: heads, and the length that is known only when the body is written.
//!
//! Owns: the headers of answers that are not an [`asset`](super::asset). Must not: import a request: no
//! text of a request stands in a head. One text there is not a constant: an origin, which the configuration names.

use super::methods::MethodSet;
use crate::base::digits::{self, Digits};

/// The answer to a client that waits before it sends its body (RFC 9110 section 10.1.1).
pub(crate) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A head with the headers that every answer has, whatever its status and type.
macro_rules! with_common {
    ($head:expr) => {
        concat!($head, "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n")
    };
}

/// The head of a success with text.
pub(crate) const OK_TEXT: &str = with_common!("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8");
/// The head of a success with data.
pub(crate) const OK_JSON: &str = with_common!("HTTP/1.1 200 OK\r\nContent-Type: application/json");
/// The head of a success with data as the argument of a function.
pub(crate) const OK_SCRIPT: &str =
    with_common!("HTTP/1.1 200 OK\r\nContent-Type: application/javascript; charset=utf-8");
/// The head of a page that may load and run nothing.
pub(crate) const OK_HTML: &str = with_common!(
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Security-Policy: default-src 'none'; \
     frame-ancestors 'none'"
);
/// The head of a success without a body.
const OK_EMPTY: &str = with_common!("HTTP/1.1 200 OK");
/// The part of a head behind the status, if the body is text.
pub(super) const TEXT_PART: &str = with_common!("\r\nContent-Type: text/plain; charset=utf-8");
/// The same, if it is JSON.
pub(super) const JSON_PART: &str = with_common!("\r\nContent-Type: application/json");
/// The head of an answer that sends the client elsewhere, with the same method.
const REDIRECT: &str = with_common!("HTTP/1.1 307 Temporary Redirect");
/// The head of the answer to a preflight.
const NO_CONTENT: &str = with_common!("HTTP/1.1 204 No Content");

/// The scripts of other origins that may read an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cors<'a> {
    /// None, whatever the request.
    Off,
    /// None, because of the origin of the request.
    Denied,
    /// Those of this origin; `*`: of any.
    Allowed(&'a str),
}

/// How an answer is sent, whatever its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manner<'a> {
    /// The connection is closed after it.
    pub(crate) close: bool,
    /// The client speaks HTTP/1.0, so the head states that the connection is kept.
    pub(crate) http10: bool,
    /// The request was `HEAD`, so there is no body.
    pub(crate) head_only: bool,
    /// The scripts of other origins that may read it.
    pub(crate) cors: Cors<'a>,
}

impl Manner<'_> {
    /// Appends the headers that depend on it.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        if self.close {
            out.extend_from_slice(b"Connection: close\r\n");
        } else if self.http10 {
            out.extend_from_slice(b"Connection: keep-alive\r\n");
        }
        if let Cors::Allowed(origin) = self.cors {
            out.extend_from_slice(b"Access-Control-Allow-Origin: ");
            out.extend_from_slice(origin.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        if self.cors != Cors::Off {
            out.extend_from_slice(b"Vary: Origin\r\nAccess-Control-Expose-Headers: Retry-After\r\n");
        }
    }
}

/// Digits of most lengths.
const LENGTH_DIGITS: usize = 3;

/// An answer whose body is being written; its length is filled in at the end.
#[must_use = "an answer without its length has no end"]
pub(crate) struct Open {
    length_at: usize,
}

impl Open {
    /// Leaves room for the length, behind all other headers.
    pub(crate) fn length(out: &mut Vec<u8>) -> Open {
        out.extend_from_slice(b"Content-Length: ");
        let length_at = out.len();
        out.extend_from_slice(b"000\r\n\r\n");
        Open { length_at }
    }

    /// Fills in the length of the body that was appended. A length that does not have [`LENGTH_DIGITS`] moves the body,
    /// which costs less than a second buffer.
    pub(crate) fn end(self, out: &mut Vec<u8>) {
        let Open { length_at } = self;
        let behind = length_at + LENGTH_DIGITS;
        let digits = Digits::of((out.len() - behind - b"\r\n\r\n".len()) as u64);
        let digits = digits.as_bytes();
        if let Some(less) = LENGTH_DIGITS.checked_sub(digits.len()) {
            out.copy_within(behind.., behind - less);
            out.truncate(out.len() - less);
        } else {
            let end = out.len();
            let more = digits.len() - LENGTH_DIGITS;
            out.resize(end + more, 0);
            out.copy_within(behind..end, behind + more);
        }
        out[length_at..length_at + digits.len()].copy_from_slice(digits);
    }
}

/// Appends an answer whose body exists already: a head of the constants here and, unless the request was `HEAD`, the
/// body.
pub(crate) fn write_fixed(out: &mut Vec<u8>, head: &str, body: &[u8], manner: &Manner<'_>) {
    out.extend_from_slice(head.as_bytes());
    manner.write(out);
    out.extend_from_slice(b"Content-Length: ");
    digits::append(out, body.len() as u64);
    out.extend_from_slice(b"\r\n\r\n");
    if !manner.head_only {
        out.extend_from_slice(body);
    }
}

/// Appends an answer that sends the client to the URL that `location` writes.
pub(crate) fn write_redirect(out: &mut Vec<u8>, manner: &Manner<'_>, location: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(REDIRECT.as_bytes());
    header(out, "Location: ", location);
    manner.write(out);
    out.extend_from_slice(b"Content-Length: 0\r\n\r\n");
}

/// Appends the answer to an `OPTIONS` that is not a preflight: a list of methods.
pub(crate) fn write_allowed(out: &mut Vec<u8>, methods: MethodSet, manner: &Manner<'_>) {
    out.extend_from_slice(OK_EMPTY.as_bytes());
    header(out, "Allow: ", |out| methods.write(out));
    manner.write(out);
    out.extend_from_slice(b"Content-Length: 0\r\n\r\n");
}

/// Appends the answer to a preflight: a list of methods, which scripts of an allowed origin may use.
///
/// A 204 has no length (RFC 9110 section 8.6). The headers that a script wants to send are not echoed: a poll needs one
/// at most.
pub(crate) fn write_methods(out: &mut Vec<u8>, methods: MethodSet, manner: &Manner<'_>) {
    out.extend_from_slice(NO_CONTENT.as_bytes());
    header(out, "Allow: ", |out| methods.write(out));
    manner.write(out);
    if let Cors::Allowed(_) = manner.cors {
        header(out, "Access-Control-Allow-Methods: ", |out| methods.write(out));
        out.extend_from_slice(
            b"Access-Control-Allow-Headers: Content-Type\r\nAccess-Control-Max-Age: 86400\r\n",
        );
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends a header: its name with the colon, and the value that `value` writes.
pub(crate) fn header(out: &mut Vec<u8>, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(name.as_bytes());
    value(out);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::super::request::Method;
    use super::*;

    const PLAIN: Manner<'_> = Manner { close: false, http10: false, head_only: false, cors: Cors::Off };
    const COMMON: &str = "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n";

    #[track_caller]
    fn check(write: impl FnOnce(&mut Vec<u8>), expected: &str) {
        let mut out = b"before".to_vec();
        write(&mut out);
        let expected = expected.replace('\n', "\r\n").replace("COMMON\r\n", COMMON);
        assert_eq!(String::from_utf8(out).unwrap(), format!("before{expected}"));
    }

    fn body(out: &mut Vec<u8>, manner: &Manner<'_>, bytes: usize) {
        out.extend_from_slice(OK_TEXT.as_bytes());
        manner.write(out);
        let open = Open::length(out);
        out.extend(std::iter::repeat_n(b'x', bytes));
        open.end(out);
    }

    #[test]
    fn the_length_is_filled_in_at_the_end() {
        for (bytes, digits) in
            [(0, "0"), (9, "9"), (10, "10"), (100, "100"), (999, "999"), (1_000, "1000"), (12_345, "12345")]
        {
            let head = "HTTP/1.1 200 OK\nContent-Type: text/plain; charset=utf-8\nCOMMON\nContent-Length: ";
            check(|out| body(out, &PLAIN, bytes), &format!("{head}{digits}\n\n{}", "x".repeat(bytes)));
        }
    }

    #[test]
    fn manners_are_headers() {
        let head = "HTTP/1.1 200 OK\nContent-Type: text/plain; charset=utf-8\nCOMMON\n";
        let check = |manner: Manner<'_>, headers: &str| {
            check(|out| body(out, &manner, 0), &format!("{head}{headers}Content-Length: 0\n\n"));
        };
        check(PLAIN, "");
        check(Manner { close: true, ..PLAIN }, "Connection: close\n");
        check(Manner { close: true, http10: true, ..PLAIN }, "Connection: close\n");
        check(Manner { http10: true, ..PLAIN }, "Connection: keep-alive\n");
        let varies = "Vary: Origin\nAccess-Control-Expose-Headers: Retry-After\n";
        check(Manner { cors: Cors::Denied, ..PLAIN }, varies);
        check(
            Manner { cors: Cors::Allowed("https://a.example"), ..PLAIN },
            &format!("Access-Control-Allow-Origin: https://a.example\n{varies}"),
        );
    }

    #[test]
    fn a_fixed_body_is_left_out_after_a_head() {
        let head = "HTTP/1.1 200 OK\nContent-Type: text/plain; charset=utf-8\nCOMMON\nContent-Length: 2\n\n";
        check(|out| write_fixed(out, OK_TEXT, b"ok", &PLAIN), &format!("{head}ok"));
        check(|out| write_fixed(out, OK_TEXT, b"ok", &Manner { head_only: true, ..PLAIN }), head);
    }

    #[test]
    fn methods_are_listed() {
        check(
            |out| write_allowed(out, MethodSet::of(&[Method::Get]), &Manner { close: true, ..PLAIN }),
            "HTTP/1.1 200 OK\nCOMMON\nAllow: GET\nConnection: close\nContent-Length: 0\n\n",
        );
        check(
            |out| write_methods(out, MethodSet::of(&[Method::Get, Method::Options]), &PLAIN),
            "HTTP/1.1 204 No Content\nCOMMON\nAllow: GET, OPTIONS\n\n",
        );
        check(
            |out| {
                write_methods(
                    out,
                    MethodSet::of(&[Method::Get]),
                    &Manner { cors: Cors::Allowed("*"), ..PLAIN },
                );
            },
            "HTTP/1.1 204 No Content\nCOMMON\nAllow: GET\nAccess-Control-Allow-Origin: *\nVary: Origin\n\
             Access-Control-Expose-Headers: Retry-After\nAccess-Control-Allow-Methods: GET\n\
             Access-Control-Allow-Headers: Content-Type\nAccess-Control-Max-Age: 86400\n\n",
        );
    }
}
