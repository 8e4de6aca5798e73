//! Answers: heads, rejections, and the length that is known only when the body is written.
//!
//! Owns: every header an answer can have, but those of an [`asset`](super::asset). Must not: put anything into a head
//! that a request said; the one text that is not a constant is an origin from the configuration.

use super::content_type::READABLE_TYPES;
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
/// What follows the status of a rejection.
const TEXT: &str = with_common!("\r\nContent-Type: text/plain; charset=utf-8");
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

    fn length(out: &mut Vec<u8>) -> Open {
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

/// A header that only some rejections have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extra {
    None,
    /// The methods that work.
    Allow(&'static str),
    /// The types of bodies that can be read.
    AcceptPost(&'static str),
    /// Seconds to wait.
    RetryAfter(u32),
    /// Credentials are wanted.
    Authenticate,
}

/// A request refused before or instead of becoming a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The HTTP status.
    pub status: u16,
    /// Whether the connection must be closed, since nobody knows where the next request begins.
    pub close: bool,
    /// Whether a request that was not understood was one for scripts of other origins. No domain is known
    /// then, so any may read it; it says nothing of anybody.
    pub poll: bool,
    text: &'static str,
    name: &'static str,
    extra: Extra,
}

impl Rejection {
    /// A rejection with this status and text.
    pub const fn new(status: u16, text: &'static str) -> Rejection {
        Rejection { status, close: false, poll: false, text, name: "", extra: Extra::None }
    }

    /// 400: the parameter is required.
    pub const fn missing(name: &'static str) -> Rejection {
        Rejection { name, ..Rejection::new(400, "missing parameter: ") }
    }

    /// 400: the parameter cannot be that.
    pub const fn bad(name: &'static str) -> Rejection {
        Rejection { name, ..Rejection::new(400, "bad parameter: ") }
    }

    /// 401.
    pub const fn unauthorized() -> Rejection {
        Rejection { extra: Extra::Authenticate, ..Rejection::new(401, "authentication failed") }
    }

    /// 404: no such path.
    pub const fn not_found() -> Rejection {
        Rejection::new(404, "not found")
    }

    /// 405: the path knows only the methods `allow`.
    pub const fn method(allow: &'static str) -> Rejection {
        Rejection { extra: Extra::Allow(allow), ..Rejection::new(405, "method not allowed") }
    }

    /// 415: a body that cannot be read.
    pub const fn unsupported_type() -> Rejection {
        const TEXT: &str = "unsupported body type: send application/x-www-form-urlencoded or application/json, \
                            in UTF-8 and without Content-Encoding";
        Rejection { extra: Extra::AcceptPost(READABLE_TYPES), ..Rejection::new(415, TEXT) }
    }

    /// 429: wait and try again, there are too many of something.
    pub const fn too_many(text: &'static str, retry_s: u32) -> Rejection {
        Rejection { extra: Extra::RetryAfter(retry_s), ..Rejection::new(429, text) }
    }

    /// 503: wait and try again.
    pub const fn unavailable(text: &'static str, retry_s: u32) -> Rejection {
        Rejection { extra: Extra::RetryAfter(retry_s), ..Rejection::new(503, text) }
    }

    /// 503 to a newcomer at the connection cap, before he was heard.
    pub const fn busy(retry_s: u32) -> Rejection {
        Rejection::unavailable("too many connections", retry_s).closing()
    }

    /// 429 to a newcomer whose address has all the connections it may have, before he was heard.
    pub const fn crowded(retry_s: u32) -> Rejection {
        Rejection::too_many("too many connections from your address", retry_s).closing()
    }

    /// 429: whoever asks asks too often.
    pub const fn impatient(retry_s: u32) -> Rejection {
        Rejection::too_many("too many requests", retry_s)
    }

    /// 503: the memory there is for what waits is used up.
    pub const fn overloaded(retry_s: u32) -> Rejection {
        Rejection::unavailable("server busy", retry_s)
    }

    /// 503: some shard did not answer in time.
    pub const fn late(retry_s: u32) -> Rejection {
        Rejection::unavailable("not answered in time", retry_s)
    }

    /// 429: requests of the address take long to arrive, and hold too much meanwhile.
    pub const fn unfinished(retry_s: u32) -> Rejection {
        Rejection::too_many("too many unfinished requests", retry_s).closing()
    }

    /// 408: the request did not arrive in time.
    pub const fn timed_out() -> Rejection {
        Rejection::new(408, "request timed out").closing()
    }

    /// 400: this is not HTTP, or not so that everybody would read it alike.
    pub const fn malformed() -> Rejection {
        Rejection::new(400, "malformed request").closing()
    }

    /// 413.
    pub const fn body_too_large() -> Rejection {
        Rejection::new(413, "body too large").closing()
    }

    /// 417: an expectation other than `100-continue`.
    pub const fn unexpected() -> Rejection {
        Rejection::new(417, "expectation failed").closing()
    }

    /// 431: the request line and headers are too long or too many.
    pub const fn head_too_large() -> Rejection {
        Rejection::new(431, "headers too large").closing()
    }

    /// The same, to be read by scripts of any origin if `poll`.
    #[must_use]
    pub const fn for_poll(mut self, poll: bool) -> Rejection {
        self.poll = poll;
        self
    }

    /// The same, and the connection is closed.
    #[must_use]
    pub const fn closing(mut self) -> Rejection {
        self.close = true;
        self
    }

    /// The same, to be tried again after once to twice the time; `chance` is any number. So those who are refused
    /// together do not come back together.
    #[must_use]
    pub fn spread(mut self, chance: u32) -> Rejection {
        if let Extra::RetryAfter(seconds) = &mut self.extra {
            *seconds += chance % (*seconds + 1);
        }
        self
    }

    /// What it says, in two parts.
    pub fn text(&self) -> (&'static str, &'static str) {
        (self.text, self.name)
    }

    /// Appends it as an answer.
    pub fn write(&self, out: &mut Vec<u8>, manner: &Manner<'_>) {
        out.extend_from_slice(b"HTTP/1.1 ");
        json::write(out, &self.status);
        out.push(b' ');
        out.extend_from_slice(reason(self.status).as_bytes());
        out.extend_from_slice(TEXT.as_bytes());
        match self.extra {
            Extra::None => {}
            Extra::Allow(methods) => header(out, "Allow: ", methods),
            Extra::AcceptPost(types) => header(out, "Accept-Post: ", types),
            Extra::RetryAfter(seconds) => {
                out.extend_from_slice(b"Retry-After: ");
                json::write(out, &seconds);
                out.extend_from_slice(b"\r\n");
            }
            Extra::Authenticate => out.extend_from_slice(b"WWW-Authenticate: Basic realm=\"nextim\"\r\n"),
        }
        manner.write(out);
        let open = Open::length(out);
        let body_at = out.len();
        out.extend_from_slice(self.text.as_bytes());
        out.extend_from_slice(self.name.as_bytes());
        let body_bytes = out.len() - body_at;
        open.end(out);
        if manner.head_only {
            out.truncate(out.len() - body_bytes);
        }
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
pub fn write_allowed(out: &mut Vec<u8>, methods: &str, manner: &Manner<'_>) {
    out.extend_from_slice(OK_EMPTY.as_bytes());
    header(out, "Allow: ", methods);
    manner.write(out);
    out.extend_from_slice(b"Content-Length: 0\r\n\r\n");
}

/// Appends the answer to `OPTIONS` before a poll: which methods work, and for scripts of other origins, that they may use
/// them.
///
/// A 204 has no length (RFC 9110 section 8.6). No header a script asks for is echoed: a poll needs one at
/// most.
pub fn write_methods(out: &mut Vec<u8>, methods: &str, manner: &Manner<'_>) {
    out.extend_from_slice(NO_CONTENT.as_bytes());
    header(out, "Allow: ", methods);
    manner.write(out);
    if let Cors::Allowed(_) = manner.cors {
        out.extend_from_slice(b"Access-Control-Allow-Methods: ");
        out.extend_from_slice(methods.as_bytes());
        out.extend_from_slice(
            b"\r\nAccess-Control-Allow-Headers: Content-Type\r\nAccess-Control-Max-Age: 86400\r\n",
        );
    }
    out.extend_from_slice(b"\r\n");
}

fn header(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Error",
    }
}

#[cfg(test)]
mod tests {
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
    fn rejections_say_why() {
        let check = |rejection: Rejection, status: &str, extra: &str, text: &str| {
            let expected = format!(
                "HTTP/1.1 {status}\nContent-Type: text/plain; charset=utf-8\nCOMMON\n{extra}Content-Length: {}\n\n{text}",
                text.len()
            );
            check(|out| rejection.write(out, &PLAIN), &expected);
        };
        check(Rejection::missing("ticket"), "400 Bad Request", "", "missing parameter: ticket");
        check(Rejection::bad("seq"), "400 Bad Request", "", "bad parameter: seq");
        check(
            Rejection::unauthorized(),
            "401 Unauthorized",
            "WWW-Authenticate: Basic realm=\"nextim\"\n",
            "authentication failed",
        );
        check(Rejection::not_found(), "404 Not Found", "", "not found");
        check(Rejection::method("GET"), "405 Method Not Allowed", "Allow: GET\n", "method not allowed");
        check(
            Rejection::unsupported_type(),
            "415 Unsupported Media Type",
            "Accept-Post: application/x-www-form-urlencoded, application/json\n",
            "unsupported body type: send application/x-www-form-urlencoded or application/json, in UTF-8 and without \
             Content-Encoding",
        );
        check(Rejection::unavailable("full", 30), "503 Service Unavailable", "Retry-After: 30\n", "full");
    }

    #[test]
    fn who_is_refused_comes_back_after_once_to_twice_the_time() {
        let retry_s = |chance| {
            let mut out = Vec::new();
            Rejection::too_many("x", 5).spread(chance).write(&mut out, &PLAIN);
            let text = String::from_utf8(out).unwrap();
            let (_, rest) = text.split_once("\r\nRetry-After: ").unwrap();
            rest.split("\r\n").next().unwrap().parse::<u32>().unwrap()
        };
        assert_eq!([0, 1, 5, 6, u32::MAX].map(retry_s), [5, 6, 10, 5, 8]);
        assert_eq!(Rejection::not_found().spread(7), Rejection::not_found());
    }

    #[test]
    fn a_head_is_answered_with_a_head() {
        check(
            |out| Rejection::not_found().write(out, &Manner { head_only: true, ..PLAIN }),
            "HTTP/1.1 404 Not Found\nContent-Type: text/plain; charset=utf-8\nCOMMON\nContent-Length: 9\n\n",
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
            |out| write_allowed(out, "GET", &Manner { close: true, ..PLAIN }),
            "HTTP/1.1 200 OK\nCOMMON\nAllow: GET\nConnection: close\nContent-Length: 0\n\n",
        );
        check(
            |out| write_methods(out, "GET, OPTIONS", &PLAIN),
            "HTTP/1.1 204 No Content\nCOMMON\nAllow: GET, OPTIONS\n\n",
        );
        check(
            |out| write_methods(out, "GET", &Manner { cors: Cors::Allowed("*"), ..PLAIN }),
            "HTTP/1.1 204 No Content\nCOMMON\nAllow: GET\nAccess-Control-Allow-Origin: *\nVary: Origin\n\
             Access-Control-Expose-Headers: Retry-After\nAccess-Control-Allow-Methods: GET\n\
             Access-Control-Allow-Headers: Content-Type\nAccess-Control-Max-Age: 86400\n\n",
        );
    }
}
