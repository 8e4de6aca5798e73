//! Answers: heads, rejections, and the length that is known only when the body is written.
//!
//! Owns: every header an answer can have, but those of an [`asset`](super::asset). Must not: put anything into a head
//! that a request said; the one text that is not a constant is an origin from the configuration.

use super::methods::MethodSet;
use crate::base::json;

/// What is sent to a client that waits for leave to send its body (RFC 9110 section 10.1.1).
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What every answer with a body says beside its status and type.
macro_rules! with_common {
    ($head:expr) => {
        concat!($head, "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n")
    };
}

/// The head of a success that is text.
pub const OK_TEXT: &str = with_common!("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8");
/// The head of a success that is data.
pub const OK_JSON: &str = with_common!("HTTP/1.1 200 OK\r\nContent-Type: application/json");
/// The head of a success that is data in a call.
pub const OK_SCRIPT: &str =
    with_common!("HTTP/1.1 200 OK\r\nContent-Type: application/javascript; charset=utf-8");
/// The head of a page, which may load and run nothing.
pub const OK_HTML: &str = with_common!(
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Security-Policy: default-src 'none'; \
     frame-ancestors 'none'"
);
/// The head of a success that says nothing more.
const OK_EMPTY: &str = with_common!("HTTP/1.1 200 OK");
/// What follows the status of an answer that is text.
pub(super) const TEXT_PART: &str = with_common!("\r\nContent-Type: text/plain; charset=utf-8");
/// The head of an answer to a question about methods.
const NO_CONTENT: &str = with_common!("HTTP/1.1 204 No Content");

/// What scripts of other origins may do with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cors<'a> {
    /// Not meant for scripts.
    Off,
    /// Meant for scripts, but not of the origin that asked.
    Denied,
    /// To be read by scripts of this origin; `*`: of any.
    Allowed(&'a str),
}

/// How an answer is sent, whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner<'a> {
    /// The connection is closed after it.
    pub close: bool,
    /// The client speaks HTTP/1.0 and must be told if its connection is kept.
    pub http10: bool,
    /// The head only, for that is what was asked for.
    pub head_only: bool,
    /// Who may read it.
    pub cors: Cors<'a>,
}

impl Manner<'_> {
    /// Appends the headers that depend on it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
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

/// An answer whose body is being written; its length goes in when it is known.
#[must_use = "an answer without its length has no end"]
pub struct Open {
    length_at: usize,
}

impl Open {
    /// Appends the head of an answer: one of the constants here, and what `manner` adds.
    pub fn begin(out: &mut Vec<u8>, head: &str, manner: &Manner<'_>) -> Open {
        out.extend_from_slice(head.as_bytes());
        manner.write(out);
        Open::length(out)
    }

    /// Leaves room for the length.
    pub(super) fn length(out: &mut Vec<u8>) -> Open {
        out.extend_from_slice(b"Content-Length: ");
        let length_at = out.len();
        out.extend_from_slice(b"\r\n\r\n");
        Open { length_at }
    }

    /// Fills in the length of what was appended since. It moves the body by a few bytes, which costs less
    /// than a second buffer would.
    pub fn end(self, out: &mut Vec<u8>) {
        let before = out.len();
        let body_bytes = before - self.length_at - b"\r\n\r\n".len();
        json::write(out, &body_bytes);
        let digits = out.len() - before;
        out[self.length_at..].rotate_right(digits);
    }
}

/// Appends an answer whose body is known before: a head of the constants here, and the body, unless only the head was
/// asked for.
pub fn write_fixed(out: &mut Vec<u8>, head: &str, body: &[u8], manner: &Manner<'_>) {
    out.extend_from_slice(head.as_bytes());
    manner.write(out);
    out.extend_from_slice(b"Content-Length: ");
    json::write(out, &body.len());
    out.extend_from_slice(b"\r\n\r\n");
    if !manner.head_only {
        out.extend_from_slice(body);
    }
}

/// Appends the answer to `OPTIONS` where it is no script that asks: which methods work.
pub fn write_allowed(out: &mut Vec<u8>, methods: MethodSet, manner: &Manner<'_>) {
    out.extend_from_slice(OK_EMPTY.as_bytes());
    header(out, "Allow: ", |out| methods.write(out));
    manner.write(out);
    out.extend_from_slice(b"Content-Length: 0\r\n\r\n");
}

/// Appends the answer to `OPTIONS` before a poll: which methods work, and for scripts of other origins, that they may use
/// them.
///
/// A 204 has no length (RFC 9110 section 8.6). No header a script asks for is echoed: a poll needs one at
/// most.
pub fn write_methods(out: &mut Vec<u8>, methods: MethodSet, manner: &Manner<'_>) {
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

/// Appends a header: its name with the colon, and what `value` writes.
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
        let open = Open::begin(out, OK_TEXT, manner);
        out.extend(std::iter::repeat_n(b'x', bytes));
        open.end(out);
    }

    #[test]
    fn the_length_goes_in_at_the_end() {
        for (bytes, digits) in [(0, "0"), (9, "9"), (10, "10"), (12_345, "12345")] {
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
    fn a_fixed_body_is_left_out_if_only_the_head_was_asked_for() {
        let head = "HTTP/1.1 200 OK\nContent-Type: text/plain; charset=utf-8\nCOMMON\nContent-Length: 2\n\n";
        check(|out| write_fixed(out, OK_TEXT, b"ok", &PLAIN), &format!("{head}ok"));
        check(|out| write_fixed(out, OK_TEXT, b"ok", &Manner { head_only: true, ..PLAIN }), head);
    }

    #[test]
    fn methods_are_told() {
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
