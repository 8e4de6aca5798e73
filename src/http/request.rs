//! Requests: what a client asks for, in the bytes it was sent in.
//!
//! Owns: [`Method`] and [`Request`]. Must not: import the parser, or copy a byte.

use super::content_type::ContentType;

/// The methods that mean something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `OPTIONS`.
    Options,
    /// `HEAD`, whose answer has no body.
    Head,
    /// Any other.
    Other,
}

impl Method {
    /// The method of that name; names of methods are case-sensitive.
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

/// One request, in the bytes it came in.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub struct Request<'b> {
    /// What to do.
    pub method: Method,
    /// With what: the target up to its query, still percent-encoded.
    pub path: &'b str,
    /// What follows the `?` of the target.
    pub query: &'b str,
    /// The body, out of its chunks.
    pub body: &'b [u8],
    /// What the body is.
    pub content_type: ContentType,
    /// Whether the body is said to be compressed or the like.
    pub content_encoded: bool,
    /// The credentials of an `Authorization: Basic`, still in base64.
    pub basic: Option<&'b str>,
    /// The origin of the page whose script asks.
    pub origin: Option<&'b str>,
    /// Whether the client wants to go on with this connection.
    pub keep_alive: bool,
    /// Whether it is HTTP/1.0.
    pub http10: bool,
    /// The request line and the headers as they came.
    pub head: &'b [u8],
}

impl<'b> Request<'b> {
    /// The values of a header, one for each of its lines. This goes through the head once more: it is for headers that
    /// few paths look at, so that the others need not pay for them.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'b [u8]> {
        self.head.split(|byte| *byte == b'\n').filter_map(move |line| {
            let (named, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
            named.eq_ignore_ascii_case(name.as_bytes()).then(|| value[1..].trim_ascii())
        })
    }
}
