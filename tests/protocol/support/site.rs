//! A community site: what holds the apikey.
//!
//! Owns: the calls of a site. Every call takes a connection of its own, so that calls reach all shards.

use std::sync::Arc;

use nextim_testkit::conn::Conn;
use nextim_testkit::http::{Response, get, post};

use super::browser::Browser;
use super::poll::Transport;
use super::server::Server;

/// One domain of a server, with its key.
#[derive(Clone)]
pub(crate) struct Site {
    /// Where it is served.
    pub(crate) server: Arc<Server>,
    /// Its name.
    pub(crate) domain: String,
    /// Its key.
    pub(crate) apikey: String,
    /// How its pages wait.
    pub(crate) transport: Transport,
}

impl Site {
    /// A domain that nobody has used.
    pub(crate) fn fresh(server: &Arc<Server>) -> Site {
        let index = server.take_site();
        let (domain, keys) = server.setup.sites.get(index).expect("DOMAINS is large enough");
        Site::named(server, domain, &keys[0])
    }

    /// This domain.
    pub(crate) fn named(server: &Arc<Server>, domain: &str, apikey: &str) -> Site {
        let (domain, apikey) = (domain.to_owned(), apikey.to_owned());
        Site { server: Arc::clone(server), domain, apikey, transport: Transport::Poll }
    }

    /// The same site, with pages that wait like this.
    pub(crate) fn by(self, transport: Transport) -> Site {
        Site { transport, ..self }
    }

    /// The same site, with pages that poll.
    pub(crate) fn by_polls(&self) -> Site {
        self.clone().by(Transport::Poll)
    }

    /// Another domain of the same server.
    pub(crate) fn neighbour(&self) -> Site {
        Site::fresh(&self.server).by(self.transport)
    }

    /// A new connection to the server.
    pub(crate) fn connect(&self) -> Conn {
        Conn::open(self.server.address)
    }

    /// The parameters with domain and apikey before them.
    pub(crate) fn signed<'a>(&'a self, params: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        [&[("domain", &*self.domain), ("apikey", &*self.apikey)], params].concat()
    }

    /// A call as bytes.
    pub(crate) fn post_bytes(&self, path: &str, params: &[(&str, &str)]) -> Vec<u8> {
        post(path, &self.signed(params))
    }

    /// Sends a request on a connection of its own.
    #[track_caller]
    pub(crate) fn send(&self, request: &[u8]) -> Response {
        self.connect().call(request)
    }

    /// A call.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, params: &[(&str, &str)]) -> Response {
        self.send(&self.post_bytes(path, params))
    }

    /// A call by GET.
    #[track_caller]
    pub(crate) fn get(&self, path: &str, params: &[(&str, &str)]) -> Response {
        self.send(&get(path, &self.signed(params)))
    }

    /// A session of the papers' dialect, or of the version among the parameters.
    #[track_caller]
    pub(crate) fn start(&self, name: &str, params: &[(&str, &str)]) -> Browser {
        let answer = self.post("/presences/online", &[&[("name", name)], params].concat()).json();
        Browser::new(self, name, answer)
    }

    /// A session of version 6.
    #[track_caller]
    pub(crate) fn online(&self, name: &str, params: &[(&str, &str)]) -> Browser {
        self.start(name, &[&[("version", "6")], params].concat())
    }

    /// A unicast of the site itself; to how many sessions it went.
    #[track_caller]
    pub(crate) fn push(&self, from: &str, to: &str, body: &str) -> u64 {
        self.post("/messages", &[("from", from), ("to", to), ("body", body)]).delivered()
    }

    /// Those of these names that are online and visible, sorted.
    #[track_caller]
    pub(crate) fn onlines(&self, names: &str) -> String {
        let answer = self.get("/onlines", &[("names", names)]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let mut found: Vec<&str> = answer.text().split(',').filter(|name| !name.is_empty()).collect();
        found.sort_unstable();
        found.join(",")
    }

    /// The visible members of a room, sorted.
    #[track_caller]
    pub(crate) fn members(&self, room: &str) -> String {
        let answer = self.get("/room/members", &[("room", room)]).json();
        let list = answer[room].as_array().expect("a list under the room's name");
        let mut ids: Vec<&str> = list.iter().map(|member| member["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids.join(",")
    }

    /// Ends all sessions of a user at once.
    #[track_caller]
    pub(crate) fn offline(&self, name: &str) {
        self.post("/presences/offline", &[("name", name)]).ok();
    }
}
