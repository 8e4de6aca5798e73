//! A browser at the site: its cookies, and the requests of a page.
//!
//! Owns: the form of these requests. Must not: judge an answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nextim_testkit::http::{form, request};

use crate::answer::Answer;
use crate::failure::{Failure, Verdict};
use crate::target::fill;
use crate::wire;

/// Where the site is.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    /// Host and port, as browsers send them.
    pub(crate) host: String,
    /// The origin of its pages.
    pub(crate) origin: String,
    /// The path of an endpoint, with `{endpoint}`.
    pub(crate) url: String,
}

impl Place {
    /// The path of an endpoint with this query.
    pub(crate) fn target(&self, endpoint: &str, query: &str) -> String {
        let path = fill(&self.url, &[("endpoint", endpoint)]);
        let joint = if path.contains('?') { '&' } else { '?' };
        if query.is_empty() { path } else { format!("{path}{joint}{query}") }
    }
}

pub(crate) type Pairs<'a> = &'a [(&'a str, &'a str)];

/// A browser. Clones share its cookies.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    place: Arc<Place>,
    /// Who it is, for the words of a failure.
    name: String,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Visitor {
    /// A browser without cookies.
    pub(crate) fn new(place: &Arc<Place>, name: &str) -> Visitor {
        Visitor { place: Arc::clone(place), name: name.to_owned(), cookies: Arc::default() }
    }

    fn cookies(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the cookies of a `Cookie` header.
    pub(crate) fn take(&self, line: &str) {
        let pairs = line.split(';').filter_map(|pair| pair.trim().split_once('='));
        self.cookies().extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// Whether it has any cookie.
    pub(crate) fn has_cookies(&self) -> bool {
        !self.cookies().is_empty()
    }

    /// The origin of its pages.
    pub(crate) fn origin(&self) -> &str {
        &self.place.origin
    }

    /// GET of an endpoint, as pages of the site do it.
    pub(crate) fn get(&self, endpoint: &str, params: Pairs<'_>) -> Verdict<Answer> {
        let target = self.place.target(endpoint, &form(params));
        self.send("GET", &target, &[("Sec-Fetch-Site", "same-origin")], "", &said(endpoint, params))
    }

    /// POST of an endpoint, as pages of the site do it.
    pub(crate) fn post(&self, endpoint: &str, params: Pairs<'_>) -> Verdict<Answer> {
        let origin = self.place.origin.clone();
        self.post_from(endpoint, params, &[("Origin", &origin), ("Sec-Fetch-Site", "same-origin")])
    }

    /// POST of an endpoint with these headers about where it comes from.
    pub(crate) fn post_from(&self, endpoint: &str, params: Pairs<'_>, from: Pairs<'_>) -> Verdict<Answer> {
        let target = self.place.target(endpoint, "");
        self.send("POST", &target, from, &form(params), &said(endpoint, params))
    }

    /// GET of an endpoint with these headers about where it comes from.
    pub(crate) fn get_from(&self, endpoint: &str, params: Pairs<'_>, from: Pairs<'_>) -> Verdict<Answer> {
        let target = self.place.target(endpoint, &form(params));
        self.send("GET", &target, from, "", &said(endpoint, params))
    }

    /// POST of an endpoint whose form and query are written out already.
    pub(crate) fn post_raw(&self, endpoint: &str, query: &str, body: &str) -> Verdict<Answer> {
        let origin = self.place.origin.clone();
        let target = self.place.target(endpoint, query);
        self.send("POST", &target, &[("Origin", &origin)], body, &format!("{endpoint} ?{query} {body}"))
    }

    /// Any other request to an endpoint.
    pub(crate) fn ask(
        &self,
        method: &str,
        endpoint: &str,
        headers: Pairs<'_>,
        body: &str,
    ) -> Verdict<Answer> {
        self.send(method, &self.place.target(endpoint, ""), headers, body, &format!("{endpoint} {body}"))
    }

    /// A form of the site's own pages.
    pub(crate) fn submit(&self, path: &str, fields: Pairs<'_>) -> Verdict<Answer> {
        let origin = self.place.origin.clone();
        let referer = format!("{origin}{path}");
        let from = [("Origin", &*origin), ("Referer", &*referer), ("Sec-Fetch-Site", "same-origin")];
        let shown: Vec<_> = fields.iter().filter(|(name, _)| !name.contains("pass")).copied().collect();
        self.send("POST", path, &from, &form(fields), &said(path, &shown))
    }

    /// A page of the site.
    pub(crate) fn open(&self, path: &str) -> Verdict<Answer> {
        self.send("GET", path, &[], "", path)
    }

    fn send(
        &self,
        method: &str,
        target: &str,
        headers: Pairs<'_>,
        body: &str,
        said: &str,
    ) -> Verdict<Answer> {
        let has = |name: &str| headers.iter().any(|(sent, _)| sent.eq_ignore_ascii_case(name));
        let cookies: Vec<String> =
            self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut all = vec![("Connection", "close")];
        if !has("Host") {
            all.push(("Host", &self.place.host));
        }
        if !cookies.is_empty() {
            all.push(("Cookie", &cookies));
        }
        if !body.is_empty() && !has("Content-Type") {
            all.push(("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"));
        }
        all.extend_from_slice(headers);
        let odd: Vec<String> = headers
            .iter()
            .filter(|(name, value)| {
                !["Content-Type", "Authorization"].contains(name) && *value != self.place.origin
            })
            .filter(|(name, value)| (*name, *value) != ("Sec-Fetch-Site", "same-origin"))
            .map(|(name, value)| format!(" {name}: {value}"))
            .collect();
        let asked = format!("{method} {said} (as {}){}", self.name, odd.concat());
        let request = request(&format!("{method} {target} HTTP/1.1"), &all, body.as_bytes());
        let response = wire::call(self.place.address, &request)
            .map_err(|error| Failure::new(asked.clone(), error, "the site answers every request"))?;
        let answer = Answer::new(asked, response);
        for cookie in answer.headers("set-cookie") {
            self.keep(cookie);
        }
        Ok(answer)
    }

    fn keep(&self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.trim().split_once('=') else { return };
        let is_gone = value.is_empty() || cookie.to_ascii_lowercase().contains("max-age=0");
        if is_gone {
            self.cookies().remove(name);
        } else {
            self.cookies().insert(name.to_owned(), value.to_owned());
        }
    }
}

/// A request in words.
fn said(endpoint: &str, params: Pairs<'_>) -> String {
    let shown: Vec<String> = params.iter().map(|(name, value)| format!(" {name}={value:?}")).collect();
    format!("{endpoint}{}", shown.concat())
}

/// The value of a hidden field in a page.
pub(crate) fn hidden_field(page: &str, name: &str) -> Option<String> {
    let inputs = page.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
    let value_of = |tag: &str, attribute: &str| {
        let quoted = ['"', '\''].into_iter().find_map(|quote| {
            let (_, rest) = tag.split_once(&format!("{attribute}={quote}"))?;
            rest.split(quote).next()
        });
        quoted.map(str::to_owned)
    };
    let named = |tag: &&str| value_of(tag, " name").is_some_and(|found| found == name);
    inputs.into_iter().find(named).and_then(|tag| value_of(tag, " value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_field_is_found() {
        let page = "<input name=\"a\" value=\"1\"><input type='hidden' name='token' value='x y'>";
        assert_eq!(hidden_field(page, "token").as_deref(), Some("x y"));
        assert_eq!(hidden_field(page, "a").as_deref(), Some("1"));
        assert_eq!(hidden_field(page, "none"), None);
    }

    #[test]
    fn a_url_with_a_query_takes_more_parameters() {
        let place = |url: &str| Place {
            address: ([127, 0, 0, 1], 1).into(),
            host: String::new(),
            origin: String::new(),
            url: url.to_owned(),
        };
        assert_eq!(place("/webim/{endpoint}").target("buddies", "ids=1"), "/webim/buddies?ids=1");
        assert_eq!(place("/?nextim={endpoint}").target("buddies", "ids=1"), "/?nextim=buddies&ids=1");
        assert_eq!(place("/?nextim={endpoint}").target("online", ""), "/?nextim=online");
    }
}
