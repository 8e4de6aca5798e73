//! The browser module, which this server brings along.
//!
//! Owns: its files, in the binary, as they are and compressed. Must not: compress, or make tags; `build.rs` has
//! done both.

use super::endpoint::FETCHING;
use super::{Asked, Shape};
use crate::http::asset::{Asset, Form, Selected};
use crate::http::request::{Method, Request};
use crate::http::response::Rejection;

/// `/webim.js`: the chat bar.
pub(super) static SCRIPT: Asset = Asset {
    content_type: "text/javascript; charset=utf-8",
    plain: Form {
        bytes: include_bytes!("../web/dist/webim.js"),
        etag: concat!("\"", env!("WEBIM_JS_TAG"), "\""),
    },
    gzip: Form {
        bytes: include_bytes!(concat!(env!("OUT_DIR"), "/webim.js.gz")),
        etag: concat!("\"", env!("WEBIM_JS_GZIP_TAG"), "\""),
    },
};

/// `/webim.zh.js`: what it says in Chinese.
pub(super) static CHINESE: Asset = Asset {
    content_type: "text/javascript; charset=utf-8",
    plain: Form {
        bytes: include_bytes!("../web/dist/webim.zh.js"),
        etag: concat!("\"", env!("WEBIM_ZH_JS_TAG"), "\""),
    },
    gzip: Form {
        bytes: include_bytes!(concat!(env!("OUT_DIR"), "/webim.zh.js.gz")),
        etag: concat!("\"", env!("WEBIM_ZH_JS_GZIP_TAG"), "\""),
    },
};

/// `/webim.css`: how it looks.
pub(super) static STYLESHEET: Asset = Asset {
    content_type: "text/css; charset=utf-8",
    plain: Form {
        bytes: include_bytes!("../web/dist/webim.css"),
        etag: concat!("\"", env!("WEBIM_CSS_TAG"), "\""),
    },
    gzip: Form {
        bytes: include_bytes!(concat!(env!("OUT_DIR"), "/webim.css.gz")),
        etag: concat!("\"", env!("WEBIM_CSS_GZIP_TAG"), "\""),
    },
};

/// `GET` or `HEAD` of an asset. There is no parameter to be read, so nothing in a query or a body can be wrong.
pub(super) fn fetch<'a>(asset: &'static Asset, request: &Request<'_>) -> Result<Asked<'a>, Rejection> {
    match request.method {
        Method::Get | Method::Head => Ok(Asked::Asset(asset.select(request))),
        Method::Post | Method::Options | Method::Other => Err(Rejection::method(FETCHING)),
    }
}

/// Appends the head of the answer to a request for an asset. Returns the body, which is to be sent behind it.
pub fn write_asset(out: &mut Vec<u8>, selected: &Selected, shape: &Shape) -> &'static [u8] {
    selected.write(out, &shape.manner())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answered, outcome, request};
    use super::*;

    const ALL: [(&str, &Asset); 3] =
        [("/webim.js", &SCRIPT), ("/webim.zh.js", &CHINESE), ("/webim.css", &STYLESHEET)];

    #[test]
    fn assets_are_fetched_by_get_and_head_whatever_the_query() {
        for (path, asset) in ALL {
            for target in [path.to_owned(), format!("{path}?v=2"), format!("{path}?%&domain=%ff&domain=")] {
                let head = answered(&request("HEAD", &target, "", ""));
                let (status, headers) = head.split_once("\r\n").unwrap();
                assert_eq!(status, "HTTP/1.1 200 OK", "{target}");
                assert!(headers.starts_with(&format!("Content-Type: {}\r\n", asset.content_type)), "{head}");
                let body = std::str::from_utf8(asset.plain.bytes).unwrap();
                assert_eq!(answered(&request("GET", &target, "", "")), format!("{head}{body}"));
            }
            let form = "Content-Type: application/x-www-form-urlencoded\r\n";
            assert_eq!(outcome(&request("GET", path, form, "a=%")), "asset");
        }
    }

    #[test]
    fn other_methods_and_paths_are_refused() {
        for (path, _) in ALL {
            for method in ["POST", "OPTIONS", "PUT", "get"] {
                let answer = answered(&request(method, path, "If-None-Match: *\r\n", ""));
                assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("\r\nAllow: GET, HEAD\r\n"));
                assert!(answer.contains("\r\nCache-Control: no-store\r\n"), "{answer}");
            }
        }
        for path in
            ["/webim", "/webim.js/", "/webim.jsx", "/Webim.js", "//webim.css", "/webim%2ejs", "/a/webim.js"]
        {
            assert_eq!(outcome(&request("GET", path, "", "")), "404 not found", "{path}");
        }
    }

    #[test]
    fn no_two_forms_share_a_tag() {
        let forms = ALL.map(|(_, asset)| [&asset.plain, &asset.gzip]);
        let forms = forms.as_flattened();
        for (at, form) in forms.iter().enumerate() {
            assert_eq!(form.etag.len(), 34, "{}", form.etag);
            assert!(forms[..at].iter().all(|other| other.etag != form.etag), "{}", form.etag);
        }
    }
}
