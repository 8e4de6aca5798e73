//! HTTP/1.1 as the suite speaks it to the site: requests are those of the test kit, answers are read here.
//!
//! The kit reads answers of our own server, which always have a length, and panics at all others. Sites answer in chunks, or
//! to the end of the connection, and what they do wrong is a failed case.
//!
//! Owns: one request a connection, and the answer to its end. Must not: follow a redirect, keep a cookie, or repair an
//! answer.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How long the site may take for an answer: longer than two calls of a message server that hangs.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The first header of this name, which is in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// The address that a URL names, and its host and port as it has them.
pub(crate) fn address(url: &str) -> io::Result<(SocketAddr, String)> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, format!("{url} is no http URL"));
    let rest = url.strip_prefix("http://").ok_or_else(wrong)?;
    let host = rest.split(['/', '?']).next().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    let with_port = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let found = with_port.to_socket_addrs()?.next().ok_or_else(wrong)?;
    Ok((found, host.to_owned()))
}

/// Sends a request, and reads the answer to its end.
pub(crate) fn call(address: SocketAddr, request: &[u8]) -> io::Result<Response> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    stream.set_nodelay(true)?;
    stream.write_all(request)?;
    let mut answered = Vec::new();
    let mut chunk = [0; 16 * 1_024];
    loop {
        if let Some(response) = parse(&answered, false)? {
            return Ok(response);
        }
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer was cut off");
            return parse(&answered, true)?.ok_or_else(cut);
        }
        answered.extend_from_slice(&chunk[..count]);
    }
}

/// The answer in these bytes, if it is whole. Without a length, it is whole when the connection has ended.
fn parse(bytes: &[u8], ended: bool) -> io::Result<Option<Response>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    let parsed = head.parse(bytes).map_err(|error| wrong(format!("no HTTP: {error}")))?;
    let httparse::Status::Complete(head_bytes) = parsed else { return Ok(None) };
    let status = head.code.unwrap_or_default();
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = head.headers.iter().map(|header| (header.name.to_ascii_lowercase(), text(header.value)));
    let mut response = Response { status, headers: headers.collect(), body: Vec::new() };
    let rest = &bytes[head_bytes..];
    if (100..200).contains(&status) {
        return parse(rest, ended);
    }
    if response.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        let Some((body, _)) = unchunked(rest)? else { return Ok(None) };
        response.body = body;
        return Ok(Some(response));
    }
    let length = match response.header("content-length") {
        Some(value) => value.parse().map_err(|_| wrong(format!("Content-Length: {value}")))?,
        None if matches!(status, 204 | 304) => 0,
        None if ended => rest.len(),
        None => return Ok(None),
    };
    let Some(body) = rest.get(..length) else { return Ok(None) };
    response.body = body.to_vec();
    Ok(Some(response))
}

/// The body in these chunks, and their length with the last one, if that is there. Trailers are not read.
pub(crate) fn unchunked(bytes: &[u8]) -> io::Result<Option<(Vec<u8>, usize)>> {
    let (mut body, mut from) = (Vec::new(), 0);
    loop {
        let parsed = httparse::parse_chunk_size(&bytes[from..]).map_err(|_| wrong("no chunk"))?;
        let httparse::Status::Complete((at, size)) = parsed else { return Ok(None) };
        let size = usize::try_from(size).map_err(|_| wrong("a chunk that is too long"))?;
        let Some(chunk) = bytes.get(from + at..from + at + size + 2) else { return Ok(None) };
        body.extend_from_slice(&chunk[..size]);
        from += at + size + 2;
        if size == 0 {
            return Ok(Some((body, from)));
        }
    }
}

fn wrong(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, ended: bool) -> Option<(u16, String)> {
        let response = parse(text.as_bytes(), ended).unwrap()?;
        Some((response.status, String::from_utf8(response.body).unwrap()))
    }

    #[test]
    fn answers_end_by_length_by_chunks_or_with_the_connection() {
        let whole = |status: u16, body: &str| Some((status, body.to_owned()));
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false), whole(200, "ok"));
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", true), None);
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n";
        assert_eq!(read(chunked, false), whole(200, "ok"));
        assert_eq!(read(&chunked[..chunked.len() - 6], false), None);
        assert_eq!(read("HTTP/1.0 404 No\r\n\r\nnothing", false), None);
        assert_eq!(read("HTTP/1.0 404 No\r\n\r\nnothing", true), whole(404, "nothing"));
        assert_eq!(read("HTTP/1.1 204 No\r\n\r\n", false), whole(204, ""));
        assert_eq!(read("HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 204 No\r\n\r\n", false), whole(204, ""));
        assert!(parse(b"SSH-2.0\r\n\r\n", true).is_err());
    }
}
