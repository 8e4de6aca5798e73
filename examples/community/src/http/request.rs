//! One request, read to its end.
//!
//! Owns: its parameters, headers and body. Must not: look up who is logged in; the site does.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::{HeaderMap, HeaderName, Method};
use percent_encoding::percent_decode;

/// The parameters of a request: of its query and, if it is a form, of its body.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads these forms. A parameter that is in several of them has its value from the first.
    pub fn read(forms: &[&[u8]]) -> Params {
        Params(forms.iter().flat_map(|form| form_urlencoded::parse(form)).map(owned).collect())
    }

    /// Parameters that came in another form.
    pub fn of(pairs: Vec<(String, String)>) -> Params {
        Params(pairs)
    }

    /// Whether a form is UTF-8. What is not would be stored with other letters than its sender wrote.
    pub fn is_text(form: &[u8]) -> bool {
        percent_decode(form).decode_utf8().is_ok()
    }

    /// A parameter as it was sent.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A parameter as it was sent, or an empty text.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }
}

fn owned<T: Into<String>>((name, value): (T, T)) -> (String, String) {
    (name.into(), value.into())
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Without the question mark.
    pub(crate) query: String,
    pub(crate) params: Params,
    /// For handlers that expect no form.
    pub(crate) body: Vec<u8>,
    pub(crate) headers: HeaderMap,
    /// The client's address, which a trusted proxy may have named.
    pub(crate) address: IpAddr,
    /// The named parts of the path.
    pub(crate) parts: Vec<(String, String)>,
}

impl Request {
    /// A request without parameters.
    pub fn new(method: Method, path: &str, headers: HeaderMap) -> Request {
        Request {
            method,
            path: path.to_owned(),
            query: String::new(),
            params: Params::default(),
            body: Vec::new(),
            headers,
            address: Ipv4Addr::UNSPECIFIED.into(),
            parts: Vec::new(),
        }
    }

    /// The part of the path that the route calls `name`, such as `id` in `/groups/{id}`.
    pub fn part(&self, name: &str) -> &str {
        let found = self.parts.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// A header, if it is text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the method is one that may change something.
    pub fn changes(&self) -> bool {
        ![Method::GET, Method::HEAD, Method::OPTIONS].contains(&self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_utf_8() {
        for form in ["", "a=b", "a=%E4%BD%A0", "a=你", "a=100%", "a=%zz&b=%+1", "%"] {
            assert!(Params::is_text(form.as_bytes()), "{form}");
        }
        for form in ["a=%FF", "a=%E4%BD", "%c3=1"] {
            assert!(!Params::is_text(form.as_bytes()), "{form}");
        }
        assert!(!Params::is_text(b"a=\xff"));
    }
}
