//! What a handler answers.
//!
//! Owns: status, headers and body before they become HTTP. Must not: know who asked.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// What kind of body it is.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
    /// Its other headers.
    pub headers: Vec<(HeaderName, String)>,
}

impl Reply {
    /// An answer of any kind.
    pub fn new(content_type: &'static str, body: impl Into<Vec<u8>>) -> Reply {
        Reply { status: StatusCode::OK, content_type, body: body.into(), headers: Vec::new() }
    }

    /// A page.
    pub fn html(page: String) -> Reply {
        Reply::new("text/html; charset=utf-8", page)
    }

    /// JSON that may stand in a script.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Reply {
        let mut body = Vec::new();
        nextim::base::json::write(&mut body, value);
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

    /// As HTTP. What it says is for one user at one time, unless a handler has said otherwise.
    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            // A value that cannot stand in a header is ours, since users' texts are checked; better without than not at all.
            match HeaderValue::try_from(value) {
                Ok(value) if name == header::SET_COOKIE => drop(headers.append(name, value)),
                Ok(value) => drop(headers.insert(name, value)),
                Err(_) => log::error!("the header {name} could not be sent"),
            }
        }
        response
    }
}
