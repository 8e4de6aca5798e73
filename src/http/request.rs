//! Requests: their parts, in the bytes in which they arrived.
//!
//! Owns: [`Method`] and [`Request`]. Must not: import the parser, or copy a byte.

use super::content_type::ContentType;

/// The methods that some path takes, and all others as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Reads something.
    Get,
    /// Changes something, or reads something by parameters in a body.
    Post,
    /// Asks which methods there are.
    Options,
    /// Reads only the head of the answer.
    Head,
    /// Any other method.
    Other,
}

impl Method {
    /// The method of this name; names of methods are case-sensitive.
    pub(super) fn of(name: &str) -> Method {
        match name {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "OPTIONS" => Method::Options,
            "HEAD" => Method::Head,
            _ => Method::Other,
        }
    }
}

/// One request, in the bytes in which it arrived.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub struct Request<'b> {
    /// The method.
    pub(crate) method: Method,
    /// The target up to its query, still percent-encoded.
    pub(crate) path: &'b str,
    /// The target behind its `?`.
    pub(crate) query: &'b str,
    /// The body, without the framing of chunks.
    pub(crate) body: &'b [u8],
    /// The type of the body.
    pub(crate) content_type: ContentType,
    /// The body has a `Content-Encoding`.
    pub(crate) content_encoded: bool,
    /// The credentials of an `Authorization: Basic`, still in base64.
    pub(crate) basic: Option<&'b str>,
    /// The origin of the page whose script sends the request.
    pub(crate) origin: Option<&'b str>,
    /// The client accepts a stream of events and nothing else.
    pub(crate) accepts_events: bool,
    /// The client keeps the connection open after the answer.
    pub(crate) keep_alive: bool,
    /// The request is HTTP/1.0.
    pub(crate) http10: bool,
    /// The request line and the headers as they arrived.
    pub(crate) head: &'b [u8],
}

impl<'b> Request<'b> {
    /// The values of a header, one for each of its lines. This reads the head once more, so it is meant for headers that
    /// few paths need.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'b [u8]> {
        self.head.split(|byte| *byte == b'\n').filter_map(move |line| {
            let (named, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
            named.eq_ignore_ascii_case(name.as_bytes()).then(|| value[1..].trim_ascii())
        })
    }
}
