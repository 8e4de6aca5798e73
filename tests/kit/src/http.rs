//! HTTP/1.1 as a client writes and reads it, by hand, so that it shares no mistake with the server.
//!
//! Owns: requests as bytes, and answers. Must not: repair or hide anything, or use a socket; a test that wants an odd request
//! writes its bytes.

use std::fmt::Write as _;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The status line and the headers, as they were sent, without the empty line.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Where an answer ends: the length of its head, with the empty line, and of its body. `None` while its head is not whole.
pub(crate) fn extent(bytes: &[u8], with_body: bool) -> Option<(usize, usize)> {
    let head_bytes = head_bytes(bytes)?;
    let head = Response::of_head(&bytes[..head_bytes]);
    assert_eq!(head.header("transfer-encoding"), None, "only a stream is chunked");
    if !with_body || head.status < 200 || matches!(head.status, 204 | 304) {
        return Some((head_bytes, 0));
    }
    let length = head.header("content-length").expect("Content-Length").parse().expect("a number");
    Some((head_bytes, length))
}

/// The length of a head, up to and including the empty line.
pub(crate) fn head_bytes(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

impl Response {
    pub(crate) fn of_head(bytes: &[u8]) -> Response {
        let text = std::str::from_utf8(bytes).expect("heads are ASCII");
        assert!(text.starts_with("HTTP/1."), "a status line: {text}");
        let status = text[9..12].parse().expect("a status code");
        Response { status, head: text.trim_end_matches("\r\n").to_owned(), body: Vec::new() }
    }

    /// Reads the answer at the beginning of `bytes`, and its length. `None` while it is not whole.
    pub fn parse(bytes: &[u8]) -> Option<(Response, usize)> {
        Response::parse_as(bytes, true)
    }

    pub(crate) fn parse_as(bytes: &[u8], with_body: bool) -> Option<(Response, usize)> {
        let (head_bytes, body_bytes) = extent(bytes, with_body)?;
        let body = bytes[head_bytes..].get(..body_bytes)?.to_vec();
        Some((Response { body, ..Response::of_head(&bytes[..head_bytes]) }, head_bytes + body_bytes))
    }

    /// Reads an answer that is all there is.
    #[track_caller]
    pub fn whole(bytes: &[u8]) -> Response {
        let head_bytes = head_bytes(bytes).expect("a whole head");
        let response =
            Response { body: bytes[head_bytes..].to_vec(), ..Response::of_head(&bytes[..head_bytes]) };
        if let Some(length) = response.header("content-length") {
            assert_eq!(length.parse(), Ok(response.body.len()), "the body is as long as announced");
        }
        response
    }

    /// The headers in their order, with names in lower case.
    pub fn headers(&self) -> Vec<(String, &str)> {
        headers(&self.head).map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()
    }

    /// The value of a header, which must not be there twice.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The body as text.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("bodies are UTF-8")
    }

    /// The body as JSON, which it must call itself.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        let kind = self.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "{kind}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The ticket that an online call has answered.
    #[track_caller]
    pub fn ticket(&self) -> String {
        self.json()["ticket"].as_str().unwrap_or_else(|| panic!("no ticket in {self:?}")).to_owned()
    }

    /// Must be this.
    #[track_caller]
    pub fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.text()), (status, body));
    }

    /// Must refuse with this, and ask to come back: within once and twice the time.
    #[track_caller]
    pub fn refuses(&self, status: u16, body: &str, retry_s: u32) {
        self.is(status, body);
        let after: u32 = self.header("retry-after").expect("Retry-After").parse().expect("a number");
        assert!((retry_s..=2 * retry_s).contains(&after), "{after}");
    }

    /// Must be `ok`.
    #[track_caller]
    pub fn ok(&self) {
        self.is(200, "ok");
    }

    /// Must be `ok`; the number of sessions the message was queued to.
    #[track_caller]
    pub fn delivered(&self) -> u64 {
        self.ok();
        self.header("x-nextim-delivered").expect("X-NextIM-Delivered").parse().expect("a number")
    }
}

/// The names and values of a head's headers.
fn headers(head: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = head.split("\r\n").skip(1);
    lines.map(|line| line.split_once(':').expect("a header")).map(|(name, value)| (name, value.trim()))
}

#[track_caller]
fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut values =
        headers(head).filter(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let value = values.next();
    assert_eq!(values.next(), None, "{name} twice");
    value
}

/// A request that a site has received.
#[derive(Clone, Debug)]
pub struct Request {
    /// The request line and the headers, as they were sent, without the empty line.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// Reads the request at the beginning of `bytes`, and its length. `None` while it is not whole.
    pub fn parse(bytes: &[u8]) -> Option<(Request, usize)> {
        let head_bytes = head_bytes(bytes)?;
        let head = std::str::from_utf8(&bytes[..head_bytes - 4]).expect("heads are ASCII").to_owned();
        let body_bytes: usize =
            header(&head, "content-length").map_or(0, |text| text.parse().expect("a number"));
        let body = bytes[head_bytes..].get(..body_bytes)?.to_vec();
        Some((Request { head, body }, head_bytes + body_bytes))
    }

    /// The request line.
    pub fn line(&self) -> &str {
        self.head.split("\r\n").next().unwrap_or_default()
    }

    /// The value of a header, which must not be there twice.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

/// A request of this line, these headers and this body, with a `Host` and, where there is a body, its length.
pub fn request(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{line}\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        head.push_str("Host: im.example\r\n");
    }
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    let framed = headers.iter().any(|(name, _)| *name == "Transfer-Encoding" || *name == "Content-Length");
    if !framed && (line.starts_with("POST ") || !body.is_empty()) {
        write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// A GET with its parameters in the query.
pub fn get(path: &str, params: &[(&str, &str)]) -> Vec<u8> {
    request(&format!("GET {path}?{} HTTP/1.1", form(params)), &[], b"")
}

/// A POST with its parameters in a form.
pub fn post(path: &str, params: &[(&str, &str)]) -> Vec<u8> {
    post_form(path, &form(params))
}

/// A POST with its parameters in a form, which is encoded already.
pub fn post_form(path: &str, form: &str) -> Vec<u8> {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    request(&format!("POST {path} HTTP/1.1"), &headers, form.as_bytes())
}

/// Parameters, form-encoded.
pub fn form(params: &[(&str, &str)]) -> String {
    let pairs = params.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}

/// The value of `Authorization` for a name and a password.
pub fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let bytes = b"HTTP/1.1 200 OK\r\nA: b\r\ncontent-length:  2\r\n\r\nokHTTP";
        for end in 0..bytes.len() - 4 {
            assert_eq!(Response::parse(&bytes[..end]), None, "{end}");
        }
        let (response, length) = Response::parse(bytes).unwrap();
        assert_eq!(length, bytes.len() - 4);
        response.ok();
        assert_eq!(response.headers(), [("a".to_owned(), "b"), ("content-length".to_owned(), "2")]);
        let (interim, length) = Response::parse(b"HTTP/1.1 100 Continue\r\n\r\nHTTP").unwrap();
        assert_eq!((interim.status, length), (100, 25));
    }

    #[test]
    fn a_request_is_read_when_it_is_whole() {
        let bytes = post("/a", &[("b", "c")]);
        for end in 0..bytes.len() {
            assert!(Request::parse(&bytes[..end]).is_none(), "{end}");
        }
        let (request, length) = Request::parse(&[&bytes[..], b"more"].concat()).unwrap();
        assert_eq!((request.line(), &*request.body, length), ("POST /a HTTP/1.1", &b"b=c"[..], bytes.len()));
        assert_eq!(request.header("host"), Some("im.example"));
    }

    #[test]
    fn a_request_has_its_length_and_its_parameters_encoded() {
        assert_eq!(
            String::from_utf8(post("/a", &[("b", "c d"), ("e", "é&")])).unwrap(),
            "POST /a HTTP/1.1\r\nHost: im.example\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: 17\r\n\r\nb=c+d&e=%C3%A9%26"
        );
        assert_eq!(get("/a", &[("b", "c")]), b"GET /a?b=c HTTP/1.1\r\nHost: im.example\r\n\r\n");
        assert_eq!(basic("a", "b"), "Basic YTpi");
    }
}
