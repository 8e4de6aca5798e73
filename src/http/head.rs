//! Heads: the request line and the headers, as far as they matter here.
//!
//! Owns: the rules that `httparse` leaves open, above all which bytes are the body (RFC 9112 section 6). Where two readers
//! could disagree, the request is refused and the connection closed. Must not: read a byte of the body.

use std::mem::MaybeUninit;

use httparse::Status;

use super::content_type::ContentType;
use super::events::EVENT_STREAM;
use super::host::is_host;
use super::rejection::Rejection;
use super::request::{Method, Request};
use super::target;
use crate::base::digits;
use crate::base::limits::wire::{HEADERS_MAX, TARGET_BYTES_MAX};

/// How the body is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// It has this many bytes.
    Length(u64),
    /// It is sent in chunks.
    Chunked,
}

/// A head that has arrived as a whole.
#[derive(Clone)]
pub(super) struct Head<'b> {
    /// The request, its body still empty.
    pub(super) request: Request<'b>,
    /// The length of the head.
    pub(super) bytes: usize,
    pub(super) framing: Framing,
    /// The client waits for [`CONTINUE`](super::response::CONTINUE) before it sends the body.
    pub(super) expects_continue: bool,
}

impl<'b> Head<'b> {
    /// Reads the head that `input` begins with; `None` if it has not arrived as a whole.
    pub(super) fn parse(input: &'b [u8]) -> Result<Option<Head<'b>>, Rejection> {
        let mut headers = [const { MaybeUninit::uninit() }; HEADERS_MAX];
        let mut parsed = httparse::Request::new(&mut []);
        let bytes = match parsed.parse_with_uninit_headers(input, &mut headers) {
            Ok(Status::Complete(bytes)) => bytes,
            Ok(Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Rejection::head_too_large()),
            Err(_) => return Err(Rejection::malformed()),
        };
        let target = parsed.path.unwrap_or_default();
        if target.len() > TARGET_BYTES_MAX {
            return Err(Rejection::head_too_large());
        }
        let http10 = parsed.version == Some(0);
        let mut fields = Fields::default();
        for header in parsed.headers.iter() {
            fields.read(header.name, header.value)?;
        }
        let (path, query) = target::split(target).ok_or(Rejection::malformed())?;
        let request = Request {
            method: Method::of(parsed.method.unwrap_or_default()),
            path,
            query,
            body: &[],
            content_type: fields.content_type.unwrap_or_default(),
            content_encoded: fields.content_encoded,
            basic: fields.basic,
            origin: fields.origin,
            accepts_events: fields.accepts_events == Some(true),
            keep_alive: !fields.close && (!http10 || fields.keep_alive),
            http10,
            head: &input[..bytes],
        };
        if !(fields.host || http10) {
            return Err(Rejection::malformed());
        }
        let framing = fields.framing(http10)?;
        if framing == Framing::Chunked && has_bare_newline(request.head) {
            return Err(Rejection::malformed());
        }
        // RFC 9110 section 10.1.1: an expectation of HTTP/1.0 is ignored.
        Ok(Some(Head { request, bytes, framing, expects_continue: fields.expects_continue && !http10 }))
    }
}

/// The option of `Connection` that keeps the connection open.
const KEEP_ALIVE: &[u8] = b"keep-alive";

/// The values of the headers that were read so far.
#[derive(Default)]
struct Fields<'b> {
    length: Option<u64>,
    chunked: bool,
    content_type: Option<ContentType>,
    content_encoded: bool,
    basic: Option<&'b str>,
    origin: Option<&'b str>,
    /// Whether a stream of events is all that is accepted; `None` while nothing says what is.
    accepts_events: Option<bool>,
    host: bool,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
}

impl<'b> Fields<'b> {
    /// Takes a header. Most headers of a browser mean nothing here, and their length alone shows it.
    fn read(&mut self, name: &str, value: &'b [u8]) -> Result<(), Rejection> {
        // Most clients write a name in its usual case.
        let is = |usual: &str| name == usual || name.eq_ignore_ascii_case(usual);
        match name.len() {
            4 if is("Host") => self.read_host(value.trim_ascii()),
            6 if is("Accept") => {
                let is_first = self.accepts_events.is_none();
                self.accepts_events = Some(is_first && value.trim_ascii() == EVENT_STREAM);
                Ok(())
            }
            6 if is("Expect") => self.read_expectation(value.trim_ascii()),
            6 if is("Origin") => {
                self.origin = std::str::from_utf8(value.trim_ascii()).ok();
                Ok(())
            }
            10 if is("Connection") => {
                self.read_connection(value);
                Ok(())
            }
            12 if is("Content-Type") => {
                let again = self.content_type.is_some();
                let found = if again { ContentType::Other } else { ContentType::of(value.trim_ascii()) };
                self.content_type = Some(found);
                Ok(())
            }
            13 if is("Authorization") => {
                self.basic = self.basic.or(basic(value.trim_ascii()));
                Ok(())
            }
            14 if is("Content-Length") => self.read_length(value.trim_ascii()),
            16 if is("Content-Encoding") => {
                self.content_encoded = true;
                Ok(())
            }
            17 if is("Transfer-Encoding") => self.read_coding(value.trim_ascii()),
            _ => Ok(()),
        }
    }

    /// A host may be empty: the target may have none (RFC 9112 section 3.2).
    fn read_host(&mut self, value: &[u8]) -> Result<(), Rejection> {
        let again = std::mem::replace(&mut self.host, true);
        if again || !(value.is_empty() || is_host(value)) { Err(Rejection::malformed()) } else { Ok(()) }
    }

    fn read_expectation(&mut self, value: &[u8]) -> Result<(), Rejection> {
        self.expects_continue = value.eq_ignore_ascii_case(b"100-continue");
        if self.expects_continue { Ok(()) } else { Err(Rejection::unexpected()) }
    }

    fn read_connection(&mut self, value: &[u8]) {
        // As all browsers write it.
        if value == KEEP_ALIVE {
            self.keep_alive = true;
            return;
        }
        for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(KEEP_ALIVE);
        }
    }

    fn read_length(&mut self, value: &[u8]) -> Result<(), Rejection> {
        let length = digits::number(value).ok_or(Rejection::malformed())?;
        match self.length.replace(length) {
            Some(before) if before != length => Err(Rejection::malformed()),
            Some(_) | None => Ok(()),
        }
    }

    fn read_coding(&mut self, value: &[u8]) -> Result<(), Rejection> {
        let again = std::mem::replace(&mut self.chunked, true);
        if again || !value.eq_ignore_ascii_case(b"chunked") { Err(Rejection::malformed()) } else { Ok(()) }
    }

    fn framing(&self, http10: bool) -> Result<Framing, Rejection> {
        match (self.chunked, self.length) {
            (false, length) => Ok(Framing::Length(length.unwrap_or(0))),
            (true, None) if !http10 => Ok(Framing::Chunked),
            (true, _) => Err(Rejection::malformed()),
        }
    }
}

/// Whether a line of a head ends without CR. Such lines are accepted (RFC 9112 section 2.2), but not before chunks: another
/// reader may find another header there, and with it another end of the body.
fn has_bare_newline(head: &[u8]) -> bool {
    head.iter().enumerate().any(|(at, byte)| *byte == b'\n' && (at == 0 || head[at - 1] != b'\r'))
}

/// The credentials of an `Authorization: Basic`, still encoded.
fn basic(value: &[u8]) -> Option<&str> {
    let (scheme, credentials) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then(|| credentials.trim_start_matches(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Result<Head<'_>, u16> {
        Head::parse(head.as_bytes())
            .map_err(|rejection| rejection.status)
            .map(|head| head.expect("a whole head"))
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
        for other in
            ["*/*", "", "text/event-stream, */*", "text/event-stream;q=1", "Text/Event-Stream", "text/*"]
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
        for good in
            ["", "a", "im.example:8000", "[::1]:8000", "127.0.0.1", " a\t", "A_b-c", "\u{4f60}.example"]
        {
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
        let check =
            |version, headers, kept| check(version, headers, |head| head.request.keep_alive, &Ok(kept));
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
        check(
            "Content-Type: application/x-www-form-urlencoded; charset=\"utf-8\"; x=y\r\n",
            ContentType::Form,
        );
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
        let check =
            |version, headers, expected| check(version, headers, |head| head.expects_continue, &expected);
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
}
