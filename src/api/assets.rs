//! The browser module, which this server serves itself.
//!
//! Owns: its files, plain and compressed, in the binary. Must not: compress a file or make a tag; `build.rs` has done both.

use super::shape::Shape;
use crate::http::asset::{Asset, Form, Selected};

/// How long a browser may keep a file under a path that stays when the content changes.
///
/// With an hour, a visitor fetches the file once on the way from page to page, and the module of a new server is soon
/// everywhere. After it, browsers ask whether their copy is still good, which costs a few hundred bytes.
const FOR_AN_HOUR: &str = "public, max-age=3600";
/// How long a browser may keep a file under a path that names its build.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

macro_rules! script {
    ($file:expr, $cache_control:expr) => {
        Asset {
            content_type: "text/javascript; charset=utf-8",
            cache_control: $cache_control,
            plain: Form {
                bytes: include_bytes!(concat!("../web/dist/", $file)),
                etag: concat!("\"", env!(concat!("TAG_", $file)), "\""),
            },
            gzip: Form {
                bytes: include_bytes!(concat!(env!("OUT_DIR"), "/", $file, ".gz")),
                etag: concat!("\"", env!(concat!("GZIP_TAG_", $file)), "\""),
            },
        }
    };
}

macro_rules! chunk_path {
    ($name:literal) => {
        concat!("/webim.", env!("WEBIM_BUILD"), ".", $name, ".js")
    };
}

/// The path of the chat bar, which loads the other files when they are needed.
pub(super) const BAR_PATH: &str = "/webim.js";
/// The path of what all that is opened has in common. A file that the bar loads goes only with the bar of its build, so
/// its path names the build.
pub(super) const OPENED_PATH: &str = chunk_path!("opened");
/// The path of the open chat.
pub(super) const CHAT_PATH: &str = chunk_path!("chat");
/// The path of the panels.
pub(super) const PANELS_PATH: &str = chunk_path!("panels");
/// The path of the marks beside links to users.
pub(super) const MARKS_PATH: &str = chunk_path!("strangers");
/// The path of the calls by script tags.
pub(super) const JSONP_PATH: &str = chunk_path!("jsonp");
/// The path of the words in Chinese.
pub(super) const CHINESE_PATH: &str = chunk_path!("zh");

pub(super) static BAR: Asset = script!("webim.js", FOR_AN_HOUR);
pub(super) static OPENED: Asset = script!("webim.opened.js", FOR_EVER);
pub(super) static CHAT: Asset = script!("webim.chat.js", FOR_EVER);
pub(super) static PANELS: Asset = script!("webim.panels.js", FOR_EVER);
pub(super) static MARKS: Asset = script!("webim.strangers.js", FOR_EVER);
pub(super) static JSONP: Asset = script!("webim.jsonp.js", FOR_EVER);
pub(super) static CHINESE: Asset = script!("webim.zh.js", FOR_EVER);

/// Appends the head of the answer to a request for an asset. Returns the body, which is sent behind it.
pub(crate) fn write_asset(out: &mut Vec<u8>, selected: &Selected, shape: &Shape) -> &'static [u8] {
    selected.write(out, &shape.manner())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answered, outcome, request};
    use super::*;

    static FILES: [(&str, &Asset); 7] = [
        (BAR_PATH, &BAR),
        (OPENED_PATH, &OPENED),
        (CHAT_PATH, &CHAT),
        (PANELS_PATH, &PANELS),
        (MARKS_PATH, &MARKS),
        (JSONP_PATH, &JSONP),
        (CHINESE_PATH, &CHINESE),
    ];

    #[test]
    fn assets_are_fetched_by_get_and_head_whatever_the_query() {
        for (path, asset) in FILES {
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
        for (path, _) in FILES {
            for method in ["POST", "OPTIONS", "PUT", "get"] {
                let answer = answered(&request(method, path, "If-None-Match: *\r\n", ""));
                assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("\r\nAllow: GET, HEAD\r\n"));
                assert!(answer.contains("\r\nCache-Control: no-store\r\n"), "{answer}");
            }
        }
        for path in [
            "/webim",
            "/webim.js/",
            "/webim.jsx",
            "/Webim.js",
            "//webim.js",
            "/webim%2ejs",
            "/a/webim.js",
            "/webim.chat.js",
            "/webim.0123456789abcdef.chat.js",
        ] {
            assert_eq!(outcome(&request("GET", path, "", "")), "404 not found", "{path}");
        }
    }

    #[test]
    fn no_two_forms_share_a_tag() {
        let forms = FILES.map(|(_, asset)| [&asset.plain, &asset.gzip]);
        let forms = forms.as_flattened();
        for (at, form) in forms.iter().enumerate() {
            assert_eq!(form.etag.len(), 34, "{}", form.etag);
            assert!(forms[..at].iter().all(|other| other.etag != form.etag), "{}", form.etag);
        }
    }
}
