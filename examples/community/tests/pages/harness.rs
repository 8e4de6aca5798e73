//! A site to visit, and browsers that visit it.
//!
//! Owns: starting both servers, cookies, forms. Must not: name a page of the site but the log-in.

use nextim::{Config, DomainConfig, Handle, Server};
use nextim_community::community::Community;
use nextim_community::seed::PASSWORD;
use nextim_community::site::{Options, Site};
use nextim_community::store::Store;
use nextim_community::webim::server::Address;
use nextim_testkit::conn::call;
use nextim_testkit::http::{self, Response, get, post, request};
use std::net::SocketAddr;
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) const DOMAIN: &str = "localhost";
pub(crate) const APIKEY: &str = "key";

/// A seeded site with its message server. Fields are dropped in order: the site before its folder.
pub(crate) struct World {
    community: Community,
    server: Handle,
    _folder: TempDir,
}

impl World {
    pub(crate) fn new() -> World {
        World::with(Options { show_logins: true, ..Options::default() })
    }

    pub(crate) fn with(options: Options) -> World {
        let local = "127.0.0.1:0".parse().unwrap();
        let domains = vec![DomainConfig::new(DOMAIN, APIKEY.to_owned())];
        let server = Server::start(&Config { listen: vec![local], domains, ..Config::default() }).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let url = format!("http://{}", server.addresses()[0]);
        let address = Address { url, public_url: None, domain: DOMAIN.into(), apikey: APIKEY.into() };
        let community = Community::start(local, &folder.path().join("db"), address, options).unwrap();
        World { community, server, _folder: folder }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.community.site().store
    }

    pub(crate) fn site(&self) -> &Site {
        self.community.site()
    }

    /// A browser in which nobody is logged in.
    pub(crate) fn browser(&self) -> Browser {
        let address = self.community.address();
        Browser { address, origin: format!("http://{address}"), cookie: String::new() }
    }

    /// A browser in which one of the seeded users is logged in.
    pub(crate) fn user(&self, id: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.post("/login", &[("id", id), ("password", PASSWORD)]);
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    /// A call of the message server, as the site makes it.
    pub(crate) fn im(&self, path: &str, params: &[(&str, &str)]) -> serde_json::Value {
        let own = [("domain", DOMAIN), ("apikey", APIKEY), ("version", "6")];
        let answer = call(self.server.addresses()[0], &post(path, &[&own, params].concat()));
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = answer.text();
        serde_json::from_str(text).unwrap_or(serde_json::Value::String(text.to_owned()))
    }

    /// The answer to a poll with this ticket.
    pub(crate) fn poll(&self, ticket: &str) -> serde_json::Value {
        let params = [("domain", DOMAIN), ("ticket", ticket), ("seq", "0")];
        call(self.server.addresses()[0], &get("/packets", &params)).json()
    }
}

/// A browser: it keeps the session's cookie and sends the origin of a form.
pub(crate) struct Browser {
    address: SocketAddr,
    pub(crate) origin: String,
    pub(crate) cookie: String,
}

/// An answer to a browser.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    response: Response,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.response.header(name).unwrap_or_default()
    }

    /// Checks that the page has all of these texts.
    #[track_caller]
    pub(crate) fn has(&self, texts: &[&str]) -> &Answer {
        for text in texts {
            assert!(self.body.contains(text), "no {text} in {}: {}", self.status, self.body);
        }
        self
    }

    /// Checks that the page has none of these texts.
    #[track_caller]
    pub(crate) fn lacks(&self, texts: &[&str]) -> &Answer {
        for text in texts {
            assert!(!self.body.contains(text), "{text} in {}: {}", self.status, self.body);
        }
        self
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Answer {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// Checks for a redirect to this page.
    #[track_caller]
    pub(crate) fn leads_to(&self, place: &str) -> &Answer {
        self.is(303);
        assert_eq!(self.header("location"), place);
        self
    }
}

impl Browser {
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1"), headers, "")
    }

    fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let host = self.address.to_string();
        let mut all = vec![("Host", &*host)];
        if !self.cookie.is_empty() {
            all.push(("Cookie", &self.cookie));
        }
        all.extend_from_slice(headers);
        let response = call(self.address, &request(line, &all, body.as_bytes()));
        let body = String::from_utf8_lossy(&response.body).into_owned();
        Answer { status: response.status, body, response }
    }

    /// Sends a form of a page of the site.
    pub(crate) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let origin = self.origin.clone();
        self.post_from(&origin, path, form)
    }

    /// Sends a form of a page of this origin.
    pub(crate) fn post_from(&mut self, origin: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let answer = self.post_with(path, &[("Origin", origin)], form);
        if let Some((pair, _)) = answer.header("set-cookie").split_once(';') {
            pair.clone_into(&mut self.cookie);
        }
        answer
    }

    /// Sends a form with these headers.
    pub(crate) fn post_with(&self, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Answer {
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let line = format!("POST {path} HTTP/1.1");
        self.ask(&line, &[&[kind], headers].concat(), &http::form(form))
    }

    /// Sends a form, and follows to the page it leads to.
    pub(crate) fn submit(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, form);
        answer.is(303);
        self.get(answer.header("location"))
    }
}

/// The folder of the crate.
pub(crate) fn crate_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
