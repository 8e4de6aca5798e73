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
mod tests;
