//! Assets: files that are the same for everybody, and that browsers and proxies keep.
//!
//! Owns: which form of an asset answers a request, whether its body is sent, and the head of that answer. Must not: copy
//! an asset, or name one. A body is never appended to a buffer; it is sent from its place in the binary.

use super::negotiation;
use super::request::Request;
use super::response::Manner;
use crate::base::digits;

/// A file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asset {
    /// Its `Content-Type`.
    pub(crate) content_type: &'static str,
    /// Its `Cache-Control`: how long browsers and proxies may use a copy without a request.
    pub(crate) cache_control: &'static str,
    /// The file as it is.
    pub(crate) plain: Form,
    /// The file for clients that accept gzip. To HTTP this is another representation, with a tag of its own.
    pub(crate) gzip: Form,
}

/// An asset in the bytes that are sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// The bytes.
    pub(crate) bytes: &'static [u8],
    /// Their `ETag`; no other bytes have the same.
    pub(crate) etag: &'static str,
}

/// The form of an asset that answers a request.
#[derive(Clone, Copy, Debug)]
pub struct Selected {
    asset: &'static Asset,
    gzip: bool,
    /// The client has this form already.
    known: bool,
}

/// The headers of all answers with an asset. Any page may load it, also a page that isolates itself or checks integrity.
const COMMON: &str = "Vary: Accept-Encoding\r\n\
                      X-Content-Type-Options: nosniff\r\n\
                      Access-Control-Allow-Origin: *\r\n\
                      Cross-Origin-Resource-Policy: cross-origin\r\n";

impl Asset {
    /// The form that answers a `GET` or `HEAD` of the asset.
    pub(crate) fn select(&'static self, request: &Request<'_>) -> Selected {
        let gzip = negotiation::wants_gzip(request.values("Accept-Encoding"));
        let selected = Selected { asset: self, gzip, known: false };
        let known = negotiation::has(request.values("If-None-Match"), selected.form().etag);
        Selected { known, ..selected }
    }
}

impl Selected {
    fn form(&self) -> &'static Form {
        if self.gzip { &self.asset.gzip } else { &self.asset.plain }
    }

    /// Appends the head of the answer. Returns the body, which is sent behind it.
    ///
    /// A 304 has those headers of the 200 that keep a stored copy good.
    pub(crate) fn write(&self, out: &mut Vec<u8>, manner: &Manner<'_>) -> &'static [u8] {
        let Form { bytes, etag } = *self.form();
        if self.known {
            out.extend_from_slice(b"HTTP/1.1 304 Not Modified\r\n");
        } else {
            out.extend_from_slice(b"HTTP/1.1 200 OK\r\nContent-Type: ");
            out.extend_from_slice(self.asset.content_type.as_bytes());
            out.extend_from_slice(b"\r\n");
            if self.gzip {
                out.extend_from_slice(b"Content-Encoding: gzip\r\n");
            }
        }
        out.extend_from_slice(b"ETag: ");
        out.extend_from_slice(etag.as_bytes());
        out.extend_from_slice(b"\r\nCache-Control: ");
        out.extend_from_slice(self.asset.cache_control.as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(COMMON.as_bytes());
        manner.write(out);
        if !self.known {
            out.extend_from_slice(b"Content-Length: ");
            digits::append(out, bytes.len() as u64);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        if self.known || manner.head_only { &[] } else { bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parser::{Parsed, Partial, parse};
    use super::super::policy::testing::policy;
    use super::super::response::Cors;
    use super::*;
    use crate::base::limits::Limits;

    static ASSET: Asset = Asset {
        content_type: "text/x",
        cache_control: "private",
        plain: Form { bytes: b"twelve bytes", etag: "\"p\"" },
        gzip: Form { bytes: b"nine byte", etag: "\"g\"" },
    };
    const PLAIN: Manner<'_> = Manner { close: false, http10: false, head_only: false, cors: Cors::Off };

    /// Checks the answer to a request with these headers; `COMMON` stands for the headers of all answers.
    #[track_caller]
    fn check(headers: &str, manner: Manner<'_>, expected: &str) {
        let (input, mut scratch) = (format!("GET /a HTTP/1.1\r\nHost: a\r\n{headers}\r\n"), Vec::new());
        let policy = policy(&Limits::DEFAULT);
        let parsed = parse(input.as_bytes(), &mut Partial::default(), &mut scratch, &policy);
        let Parsed::Complete { request, .. } = parsed else { panic!("{parsed:?}") };
        let mut out = b"before".to_vec();
        let body = ASSET.select(&request).write(&mut out, &manner);
        out.extend_from_slice(body);
        let expected = expected
            .replace('\n', "\r\n")
            .replace("COMMON\r\n", &format!("Cache-Control: private\r\n{COMMON}"));
        assert_eq!(String::from_utf8(out).unwrap(), format!("before{expected}"), "{headers:?}");
    }

    #[test]
    fn each_form_has_its_own_head() {
        let head = "HTTP/1.1 200 OK\nContent-Type: text/x\n";
        let plain = format!("{head}ETag: \"p\"\nCOMMON\nContent-Length: 12\n\ntwelve bytes");
        let gzip =
            format!("{head}Content-Encoding: gzip\nETag: \"g\"\nCOMMON\nContent-Length: 9\n\nnine byte");
        check("", PLAIN, &plain);
        check("Accept-Encoding: br\r\n", PLAIN, &plain);
        check("accept-encoding: br\r\nAccept-Encoding: gzip\r\n", PLAIN, &gzip);
        check("If-None-Match: \"g\"\r\n", PLAIN, &plain);
        check("If-None-Match: \"p\"\r\nAccept-Encoding: gzip\r\n", PLAIN, &gzip);
    }

    #[test]
    fn a_client_with_a_copy_is_sent_no_body() {
        let plain = "HTTP/1.1 304 Not Modified\nETag: \"p\"\nCOMMON\n\n";
        let gzip = "HTTP/1.1 304 Not Modified\nETag: \"g\"\nCOMMON\n\n";
        check("If-None-Match: \"x\"\r\nIf-None-Match: W/\"p\"\r\n", PLAIN, plain);
        check("If-None-Match: *\r\n", PLAIN, plain);
        check("If-None-Match: \"p\", \"g\"\r\nAccept-Encoding: gzip\r\n", PLAIN, gzip);
        check("If-None-Match: *\r\n", Manner { head_only: true, ..PLAIN }, plain);
    }

    #[test]
    fn manners_are_kept() {
        let head = "HTTP/1.1 200 OK\nContent-Type: text/x\nETag: \"p\"\nCOMMON\n";
        let length = "Content-Length: 12\n\n";
        check("", Manner { head_only: true, ..PLAIN }, &format!("{head}{length}"));
        check("", Manner { close: true, ..PLAIN }, &format!("{head}Connection: close\n{length}twelve bytes"));
        check(
            "If-None-Match: *\r\n",
            Manner { http10: true, ..PLAIN },
            "HTTP/1.1 304 Not Modified\nETag: \"p\"\nCOMMON\nConnection: keep-alive\n\n",
        );
    }
}
