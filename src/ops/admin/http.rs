//! HTTP as far as the admin listener needs it: one GET or HEAD, one answer, the end.
//!
//! Owns: parsing a request of bounded length, the check of its `Host`, and the headers of every answer. Must not: read a
//! body or a socket, or name a path.
//!
//! The listener has no password, so a page on the internet must not reach it through an operator's browser. Such a page
//! can point a name of its own to 127.0.0.1 and then read the answers as its own origin (DNS rebinding), but its requests
//! carry that name in `Host`. So names other than `localhost` are refused unless they are configured.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::base::limits::ops::ADMIN_HEAD_BYTES_MAX;
use crate::base::limits::wire::HEADERS_MAX;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AdminRequest {
    /// The target, without its query.
    pub(super) path: String,
    /// The parameter `domain` of the query.
    pub(super) domain: Option<String>,
    /// Whether the answer has no body.
    pub(super) head_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AdminAnswer {
    status: &'static str,
    content_type: &'static str,
    body: Cow<'static, [u8]>,
}

/// Scripts and styles of this server only; no frame of another site, and none in another site.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl AdminAnswer {
    pub(super) fn ok(content_type: &'static str, body: impl Into<Cow<'static, [u8]>>) -> AdminAnswer {
        AdminAnswer { status: "200 OK", content_type, body: body.into() }
    }

    pub(super) fn line(status: &'static str, text: &str) -> AdminAnswer {
        let body = format!("{text}\n").into_bytes().into();
        AdminAnswer { status, content_type: "text/plain; charset=utf-8", body }
    }

    pub(super) fn bytes(&self, head_only: bool) -> Vec<u8> {
        let AdminAnswer { status, content_type, body } = self;
        let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n{allow}Connection: close\r\n\
             Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: {POLICY}\r\n\
             Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n\r\n",
            body.len()
        );
        let mut bytes = head.into_bytes();
        if !head_only {
            bytes.extend_from_slice(body);
        }
        bytes
    }
}

/// Parses a request; `None` while it is incomplete. A request that is too long is refused.
pub(super) fn read(bytes: &[u8], hosts: &[String]) -> Option<Result<AdminRequest, AdminAnswer>> {
    if bytes.len() > ADMIN_HEAD_BYTES_MAX {
        return Some(Err(AdminAnswer::line("431 Request Header Fields Too Large", "headers too large")));
    }
    parse(bytes, hosts)
}

/// Parses a request; `None` while it is incomplete.
fn parse(bytes: &[u8], hosts: &[String]) -> Option<Result<AdminRequest, AdminAnswer>> {
    let malformed = || Some(Err(AdminAnswer::line("400 Bad Request", "malformed request")));
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return None,
        Err(_) => return malformed(),
    }
    let mut named = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    let host = match (named.next(), named.next()) {
        (Some(host), None) => std::str::from_utf8(host.value).ok(),
        // Every browser sends `Host`, so a request without it is not from a page.
        (None, None) if request.version == Some(0) => Some("localhost"),
        (None | Some(_), _) => None,
    };
    let (Some(host), Some(target)) = (host, request.path.filter(|target| target.starts_with('/'))) else {
        return malformed();
    };
    if !is_ours(host, hosts) {
        let hint = "this host name is not in admin_hosts; use the address";
        return Some(Err(AdminAnswer::line("421 Misdirected Request", hint)));
    }
    let head_only = match request.method {
        Some("GET") => false,
        Some("HEAD") => true,
        Some(_) | None => {
            return Some(Err(AdminAnswer::line("405 Method Not Allowed", "method not allowed")));
        }
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let domain = query.split('&').find_map(|pair| pair.strip_prefix("domain=")).map(decoded);
    Some(Ok(AdminRequest { path: path.to_owned(), domain, head_only }))
}

/// A value of a query. What is not percent-encoded as it should be stays as it is: no domain has such a name.
fn decoded(value: &str) -> String {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if let (b'%', [high, low, after @ ..]) = (first, after)
            && let (Some(high), Some(low)) = (digit(high), digit(low))
        {
            bytes.push(16 * high + low);
            rest = after;
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a `Host` names this server.
fn is_ours(host: &str, hosts: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() && !port.starts_with('+') => name,
        Some(_) | None => host,
    };
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    let known = || hosts.iter().any(|known| known.eq_ignore_ascii_case(name));
    address.parse::<IpAddr>().is_ok() || name.eq_ignore_ascii_case("localhost") || known()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(request: &str) -> String {
        match read(request.as_bytes(), &["im.internal".to_owned()]) {
            None => "incomplete".to_owned(),
            Some(Ok(AdminRequest { path, domain, head_only })) => {
                let domain = domain.map(|domain| format!(" of {domain}")).unwrap_or_default();
                format!("{path}{domain}{}", if head_only { " head" } else { "" })
            }
            Some(Err(answer)) => answer.status[..3].to_owned(),
        }
    }

    #[test]
    fn requests() {
        let check = |request: &str, expected: &str| assert_eq!(status(request), expected, "{request:?}");
        check("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "/");
        check("HEAD /metrics?a=b HTTP/1.1\r\nhost: 127.0.0.1:8001\r\n\r\n", "/metrics head");
        check("GET / HTTP/1.0\r\n\r\n", "/");
        let of = |query: &str, expected: &str| {
            check(&format!("GET /metrics?{query} HTTP/1.0\r\n\r\n"), &format!("/metrics{expected}"));
        };
        of("a=b&domain=forum.example", " of forum.example");
        of("domain=%E7%A4%BE+%41%2b&domain=b", " of 社 A+");
        of("domain=%4&c", " of %4");
        of("domain=%+1%zz%ff", " of % 1%zz\u{fffd}");
        of("domain=", " of ");
        of("adomain=b", "");
        check("GET / HTTP/1.1\r\nHost: localhost\r\n", "incomplete");
        check("", "incomplete");
        check("GET / HTTP/1.1\r\n\r\n", "400");
        check("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", "400");
        check("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "400");
        check("GET / HTTP/1.1\r\nHost: \u{fffd}\r\n\r\n", "421");
        check("nonsense\r\n\r\n", "400");
        check("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", "405");
        check("POST / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "421");
        check(&"x".repeat(ADMIN_HEAD_BYTES_MAX + 1), "431");
    }

    #[test]
    fn only_known_hosts_are_answered() {
        for host in ["127.0.0.1", "127.0.0.1:8001", "[::1]:8001", "[::1]", "10.0.0.7:1", "LOCALHOST:8001"] {
            assert!(is_ours(host, &[]), "{host}");
        }
        let own = ["im.internal".to_owned()];
        assert!(is_ours("im.internal:8001", &own) && is_ours("IM.internal", &own));
        for host in
            ["evil.example", "evil.example:8001", "127.0.0.1.evil.example", "im.internal", "", ":8001"]
        {
            assert!(!is_ours(host, &[]), "{host}");
        }
        assert!(!is_ours("im.internal:x", &own) && !is_ours("x.im.internal", &own));
    }

    #[test]
    fn every_answer_has_its_headers() {
        for answer in [
            AdminAnswer::ok("text/html; charset=utf-8", b"page".as_slice()),
            AdminAnswer::line("404 Not Found", "x"),
        ] {
            let text = String::from_utf8(answer.bytes(false)).unwrap();
            for header in [
                "Connection: close",
                "Cache-Control: no-store",
                "X-Content-Type-Options: nosniff",
                "Content-Security-Policy: default-src 'none'; script-src 'self';",
            ] {
                assert!(text.contains(&format!("\r\n{header}")), "{header} is not in {text}");
            }
            let head = String::from_utf8(answer.bytes(true)).unwrap();
            assert!(text.starts_with(&head) && head.ends_with("\r\n\r\n"), "{head}");
        }
    }
}
