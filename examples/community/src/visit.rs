//! One request, as a handler sees it.
//!
//! Owns: parameters, and who the session says the user is. Must not: believe a parameter that says who he is.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::{HeaderMap, HeaderName, Method};

use crate::http::refusal::Refusal;
use crate::store::accounts::User;

/// The parameters of a request: of its query and, if it is a form, of its body.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads the forms given, the first of which wins.
    pub fn read(forms: &[&[u8]]) -> Params {
        Params(forms.iter().flat_map(|form| form_urlencoded::parse(form)).map(owned).collect())
    }

    /// A parameter as it was sent.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A parameter as it was sent; nothing if it was not.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }
}

fn owned<T: Into<String>>((name, value): (T, T)) -> (String, String) {
    (name.into(), value.into())
}

/// A request.
#[derive(Clone, Debug)]
pub struct Visit {
    /// How it was asked.
    pub method: Method,
    /// The path that was asked for.
    pub path: String,
    /// Its query, without the question mark.
    pub query: String,
    /// Its parameters.
    pub params: Params,
    /// Its body, for those who expect no form.
    pub body: Vec<u8>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Where it came from.
    pub address: IpAddr,
    /// The session's token, hashed, as the cookie gave it.
    pub session: Option<String>,
    /// Who is logged in.
    pub user: Option<User>,
    /// The named parts of its path.
    pub parts: Vec<(String, String)>,
}

impl Visit {
    /// A request without parameters, of somebody unknown.
    pub fn new(method: Method, path: &str, headers: HeaderMap) -> Visit {
        Visit {
            method,
            path: path.to_owned(),
            query: String::new(),
            params: Params::default(),
            body: Vec::new(),
            headers,
            address: Ipv4Addr::UNSPECIFIED.into(),
            session: None,
            user: None,
            parts: Vec::new(),
        }
    }

    /// Who is logged in; refused if nobody is.
    pub fn user(&self) -> Result<&User, Refusal> {
        self.user.as_ref().ok_or_else(Refusal::log_in_first)
    }

    /// The administrator who is logged in; refused to everybody else.
    pub fn admin(&self) -> Result<&User, Refusal> {
        let user = self.user()?;
        if user.is_admin { Ok(user) } else { Err(Refusal::forbidden("Only an administrator may do this.")) }
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

    /// Whether a proxy or browser may have changed something by asking.
    pub fn changes(&self) -> bool {
        ![Method::GET, Method::HEAD, Method::OPTIONS].contains(&self.method)
    }
}
