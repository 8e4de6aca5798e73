//! The answer of a handler.
//!
//! Owns: status, headers and body before they become HTTP. Must not: read a request.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// All but the type of the body.
    pub(crate) headers: Vec<(HeaderName, String)>,
}

impl Reply {
    /// An answer with status 200.
    pub fn new(content_type: &'static str, body: impl Into<Vec<u8>>) -> Reply {
        Reply { status: StatusCode::OK, content_type, body: body.into(), headers: Vec::new() }
    }

    /// A page of HTML.
    pub fn html(page: String) -> Reply {
        Reply::new("text/html; charset=utf-8", page)
    }

    /// JSON that may stand in a script.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Reply {
        let mut body = Vec::new();
        nextim::internals::write_json(&mut body, value);
        Reply::new("application/json", body)
    }

    /// Sends the browser to another page of the site, with GET.
    pub fn redirect(path: &str) -> Reply {
        let reply = Reply::new("text/plain; charset=utf-8", "");
        Reply { status: StatusCode::SEE_OTHER, ..reply }.with(header::LOCATION, path)
    }

    /// The same with another status.
    #[must_use]
    pub fn status(self, status: StatusCode) -> Reply {
        Reply { status, ..self }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// As HTTP. It must not be cached, unless the handler has set a header that allows it: most answers are for one user.
    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            // Users' texts are checked before, so such a value is our fault. The answer is still of use without it.
            match HeaderValue::try_from(value) {
                Ok(value) if name == header::SET_COOKIE => drop(headers.append(name, value)),
                Ok(value) => drop(headers.insert(name, value)),
                Err(_) => log::error!("the header {name} could not be sent"),
            }
        }
        response
    }
}
