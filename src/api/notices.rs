//! Notices: answers to proxies and people about the server itself, at `/health`, `/` and `*`.
//!
//! Owns: these answers, which contain no version and no count. The shard decides whether the server is healthy. Must not:
//! import the router.

use super::shape::Shape;
use crate::http::methods::MethodSet;
use crate::http::response::{self, OK_HTML, OK_TEXT};

/// The page at `/`.
const HOME: &[u8] = include_bytes!("home.html");

/// Something about the server itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The page at `/`.
    Home,
    /// The server serves.
    Health,
    /// The same, with the methods of `/health`: load balancers check by `OPTIONS` if no other method is configured.
    HealthMethods(MethodSet),
    /// The methods of `/`, which load balancers check if no path is configured, or of the server as a whole.
    Methods(MethodSet),
}

impl Notice {
    /// Whether it states that the server is healthy, so that this must be true.
    pub(crate) fn is_of_health(self) -> bool {
        match self {
            Notice::Health | Notice::HealthMethods(_) => true,
            Notice::Home | Notice::Methods(_) => false,
        }
    }
}

/// Appends the answer.
pub(crate) fn write_notice(out: &mut Vec<u8>, notice: Notice, shape: &Shape) {
    let manner = shape.manner();
    match notice {
        Notice::Home => response::write_fixed(out, OK_HTML, HOME, &manner),
        Notice::Health => response::write_fixed(out, OK_TEXT, b"ok", &manner),
        Notice::HealthMethods(methods) | Notice::Methods(methods) => {
            response::write_allowed(out, methods, &manner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answered, outcome, request};

    #[test]
    fn health_and_home_are_read_by_get_and_head_whatever_the_query() {
        for (path, body) in [("/health", "ok"), ("/", include_str!("home.html"))] {
            for target in [path.to_owned(), format!("{path}?%&a=%ff"), format!("http://im{path}")] {
                let head = answered(&request("HEAD", &target, "", ""));
                assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head}");
                assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{head}");
                assert_eq!(answered(&request("GET", &target, "", "")), format!("{head}{body}"));
            }
            let refused = answered(&request("POST", path, "", ""));
            assert!(
                refused.starts_with("HTTP/1.1 405 ") && refused.contains("\r\nAllow: GET, HEAD, OPTIONS\r\n")
            );
        }
        for path in ["/health/", "/Health", "/healthz", "//", "/index.html", "/%68ealth"] {
            assert_eq!(outcome(&request("GET", path, "", "")), "404 not found", "{path}");
        }
    }

    #[test]
    fn methods_are_listed_with_200() {
        for (target, methods) in [
            ("*", "GET, HEAD, POST, OPTIONS"),
            ("/", "GET, HEAD, OPTIONS"),
            ("http://im", "GET, HEAD, OPTIONS"),
            ("/health", "GET, HEAD, OPTIONS"),
        ] {
            let answer = answered(&request("OPTIONS", target, "Origin: https://x\r\n", ""));
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert!(answer.contains(&format!("\r\nAllow: {methods}\r\n")), "{answer}");
            assert!(
                answer.ends_with("\r\nContent-Length: 0\r\n\r\n") && !answer.contains("Access-Control"),
                "{answer}"
            );
        }
        assert_eq!(outcome("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), "404 not found");
    }

    #[test]
    fn the_public_page_holds_no_script_and_no_number() {
        let page = answered(&request("GET", "/", "", ""));
        let (head, body) = page.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("\r\nContent-Type: text/html; charset=utf-8\r\n"), "{head}");
        assert!(
            head.contains("\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"),
            "{head}"
        );
        assert!(!body.contains("<script") && !body.contains(env!("CARGO_PKG_VERSION")), "{body}");
        let shown = body.replace("<h1>", "").replace("</h1>", "").replace("<h2>", "").replace("</h2>", "");
        assert!(!shown.replace("utf-8", "").contains(|char: char| char.is_ascii_digit()), "{body}");
        assert!(body.contains(
            "&lt;script src=\"https://im.example/webim.js\" data-site=\"/webim\" defer&gt;&lt;/script&gt;"
        ));
    }
}
