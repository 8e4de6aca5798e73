//! Rejections: requests that are answered with an error.
//!
//! Owns: [`Rejection`], its form on the wire, and the texts of HTTP's own errors. Must not: hold a text of the API;
//! `api/refusal.rs` has those.

use super::methods::MethodSet;
use super::response::{JSON_PART, Manner, Open, TEXT_PART, header};
use crate::base::{digits, json};

/// A header that only some rejections have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extra {
    None,
    /// The methods of the path.
    Allow(MethodSet),
    /// Seconds to wait.
    RetryAfter(u32),
    /// A whole header, or several, without the end of the last line.
    Line(&'static str),
}

/// The form of the body that has the text of a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorForm {
    /// The text alone.
    Text,
    /// The text as a JSON string, between these parts of an object.
    Json {
        /// The beginning of the object.
        before: &'static str,
        /// Its end.
        after: &'static str,
    },
}

/// A request that is refused before it is a call, or instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The connection must be closed, because the beginning of the next request is unknown.
    pub(crate) close: bool,
    /// Scripts of any origin may read it. This counts where the request is not understood: then its domain is unknown,
    /// and the text is the same for everybody.
    pub(crate) cross_origin: bool,
    text: &'static str,
    detail: &'static str,
    extra: Extra,
}

impl Rejection {
    /// A rejection with this status and text.
    pub(crate) const fn new(status: u16, text: &'static str) -> Rejection {
        Rejection { status, close: false, cross_origin: false, text, detail: "", extra: Extra::None }
    }

    /// 404: no such path.
    pub(crate) const fn not_found() -> Rejection {
        Rejection::new(404, "not found")
    }

    /// 405: the path takes only the methods `allowed`.
    pub(crate) const fn method(allowed: MethodSet) -> Rejection {
        Rejection { extra: Extra::Allow(allowed), ..Rejection::new(405, "method not allowed") }
    }

    /// 429: there are too many of something; the client waits and tries again.
    pub(crate) const fn too_many(text: &'static str, retry_s: u32) -> Rejection {
        Rejection { extra: Extra::RetryAfter(retry_s), ..Rejection::new(429, text) }
    }

    /// 503: the client waits and tries again.
    pub(crate) const fn unavailable(text: &'static str, retry_s: u32) -> Rejection {
        Rejection { extra: Extra::RetryAfter(retry_s), ..Rejection::new(503, text) }
    }

    /// 408: the request did not arrive in time.
    pub(crate) const fn timed_out() -> Rejection {
        Rejection::new(408, "request timed out").closing()
    }

    /// 400: this is not HTTP, or two readers could read it differently.
    pub(crate) const fn malformed() -> Rejection {
        Rejection::new(400, "malformed request").closing()
    }

    /// 413.
    pub(crate) const fn body_too_large() -> Rejection {
        Rejection::new(413, "body too large").closing()
    }

    /// 426: the path is for sockets, and the request asks for none of the version that is spoken here.
    pub(crate) const fn upgrade_required() -> Rejection {
        Rejection::new(426, "upgrade to a WebSocket of version 13")
            .with_header("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13")
    }

    /// 417: an expectation other than `100-continue`.
    pub(crate) const fn unexpected() -> Rejection {
        Rejection::new(417, "expectation failed").closing()
    }

    /// 431: the request line and headers are too long or too many.
    pub(crate) const fn head_too_large() -> Rejection {
        Rejection::new(431, "headers too large").closing()
    }

    /// The same, with `detail` behind its text.
    #[must_use]
    pub(crate) const fn with_detail(mut self, detail: &'static str) -> Rejection {
        self.detail = detail;
        self
    }

    /// The same, with this header, which is a whole line without its end, or with several.
    #[must_use]
    pub(crate) const fn with_header(mut self, line: &'static str) -> Rejection {
        self.extra = Extra::Line(line);
        self
    }

    /// The same; scripts of any origin may read it if `cross_origin`.
    #[must_use]
    pub(crate) const fn with_cross_origin(mut self, cross_origin: bool) -> Rejection {
        self.cross_origin = cross_origin;
        self
    }

    /// The same, and the connection is closed.
    #[must_use]
    pub(crate) const fn closing(mut self) -> Rejection {
        self.close = true;
        self
    }

    /// The same, to be tried again after once to twice the time; `chance` is any number. So clients that are refused
    /// together do not come back together.
    #[must_use]
    pub(crate) fn spread(mut self, chance: u32) -> Rejection {
        if let Extra::RetryAfter(seconds) = &mut self.extra {
            *seconds += chance % (*seconds + 1);
        }
        self
    }

    /// Its text, in two parts.
    #[cfg(test)]
    pub(crate) fn text(&self) -> (&'static str, &'static str) {
        (self.text, self.detail)
    }

    /// Appends it as an answer.
    pub(crate) fn write(&self, out: &mut Vec<u8>, manner: &Manner<'_>, form: ErrorForm) {
        out.extend_from_slice(b"HTTP/1.1 ");
        digits::append(out, self.status.into());
        out.push(b' ');
        out.extend_from_slice(reason(self.status).as_bytes());
        let type_part = match form {
            ErrorForm::Text => TEXT_PART,
            ErrorForm::Json { .. } => JSON_PART,
        };
        out.extend_from_slice(type_part.as_bytes());
        match self.extra {
            Extra::None => {}
            Extra::Allow(methods) => header(out, "Allow: ", |out| methods.write(out)),
            Extra::RetryAfter(seconds) => {
                header(out, "Retry-After: ", |out| digits::append(out, seconds.into()));
            }
            Extra::Line(line) => header(out, line, |_| {}),
        }
        manner.write(out);
        let open = Open::length(out);
        let body_at = out.len();
        self.write_body(out, form);
        let body_bytes = out.len() - body_at;
        open.end(out);
        if manner.head_only {
            out.truncate(out.len() - body_bytes);
        }
    }

    fn write_body(&self, out: &mut Vec<u8>, form: ErrorForm) {
        let Rejection { text, detail, .. } = self;
        match form {
            ErrorForm::Text => {
                out.extend_from_slice(text.as_bytes());
                out.extend_from_slice(detail.as_bytes());
            }
            ErrorForm::Json { before, after } => {
                out.extend_from_slice(before.as_bytes());
                json::write(out, &format_args!("{text}{detail}"));
                out.extend_from_slice(after.as_bytes());
            }
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Error",
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::Method;
    use super::super::response::Cors;
    use super::*;

    const PLAIN: Manner<'_> = Manner { close: false, http10: false, head_only: false, cors: Cors::Off };

    #[track_caller]
    fn check(rejection: &Rejection, manner: &Manner<'_>, status: &str, extra: &str, body: &str) {
        let mut out = b"before".to_vec();
        rejection.write(&mut out, manner, ErrorForm::Text);
        let bytes = rejection.text().0.len() + rejection.text().1.len();
        let expected = format!(
            "beforeHTTP/1.1 {status}\nContent-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n\
             Cache-Control: no-store\n{extra}Content-Length: {bytes}\n\n"
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected.replace('\n', "\r\n") + body);
    }

    #[test]
    fn a_rejection_is_a_status_a_text_and_at_most_one_header() {
        let check = |rejection: Rejection, status: &str, extra: &str, text: &str| {
            check(&rejection, &PLAIN, status, extra, text);
        };
        check(Rejection::new(400, "bad: ").with_detail("seq"), "400 Bad Request", "", "bad: seq");
        check(Rejection::not_found(), "404 Not Found", "", "not found");
        let allowed = MethodSet::of(&[Method::Post, Method::Get]);
        check(
            Rejection::method(allowed),
            "405 Method Not Allowed",
            "Allow: GET, POST\n",
            "method not allowed",
        );
        check(Rejection::new(401, "who").with_header("X: y"), "401 Unauthorized", "X: y\n", "who");
        check(
            Rejection::upgrade_required(),
            "426 Upgrade Required",
            "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n",
            "upgrade to a WebSocket of version 13",
        );
        check(Rejection::unavailable("full", 30), "503 Service Unavailable", "Retry-After: 30\n", "full");
    }

    #[test]
    fn a_text_may_stand_in_an_object() {
        let mut out = Vec::new();
        let form = ErrorForm::Json { before: "{\"why\":", after: "}" };
        Rejection::new(400, "a \"b\": ").with_detail("seq").write(&mut out, &PLAIN, form);
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"), "{text}");
        assert!(text.ends_with("\r\nContent-Length: 22\r\n\r\n{\"why\":\"a \\\"b\\\": seq\"}"), "{text}");
    }

    #[test]
    fn a_refused_client_comes_back_after_once_to_twice_the_time() {
        let retry_s = |chance| {
            let mut out = Vec::new();
            Rejection::too_many("x", 5).spread(chance).write(&mut out, &PLAIN, ErrorForm::Text);
            let text = String::from_utf8(out).unwrap();
            let (_, rest) = text.split_once("\r\nRetry-After: ").unwrap();
            rest.split("\r\n").next().unwrap().parse::<u32>().unwrap()
        };
        assert_eq!([0, 1, 5, 6, u32::MAX].map(retry_s), [5, 6, 10, 5, 8]);
        assert_eq!(Rejection::not_found().spread(7), Rejection::not_found());
    }

    #[test]
    fn a_head_is_answered_with_a_head() {
        let head = Manner { head_only: true, ..PLAIN };
        check(&Rejection::not_found(), &head, "404 Not Found", "", "");
    }
}
