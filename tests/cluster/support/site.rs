//! A site: what holds the apikey, and calls whichever node it likes.
//!
//! Owns: the calls of a site. Must not: know who owns a name.

use std::net::SocketAddr;
use std::time::Duration;

use nextim_testkit::http::{Response, get, post};
use serde_json::Value;

use super::page::Page;
use super::wire::try_call;

/// How long a call may take: nodes wait for one another for some seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// A site with its nodes, the first of which it calls.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    nodes: Vec<SocketAddr>,
    pub(crate) domain: String,
}

impl Site {
    /// The site of a domain, at these nodes.
    pub(crate) fn new(nodes: Vec<SocketAddr>, domain: &str) -> Site {
        Site { nodes, domain: domain.to_owned() }
    }

    /// The same site, which calls this node first.
    pub(crate) fn at(&self, number: usize) -> Site {
        let mut site = self.clone();
        site.nodes.rotate_left(number % self.nodes.len());
        site
    }

    /// The same site, which calls the next node.
    pub(crate) fn turn(&mut self) {
        self.nodes.rotate_left(1);
    }

    fn signed<'a>(&'a self, params: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        [&[("domain", &*self.domain), ("apikey", "key")], params].concat()
    }

    /// A call, if the node answers.
    pub(crate) fn try_post(&self, path: &str, params: &[(&str, &str)]) -> Option<Response> {
        try_call(self.nodes[0], &post(path, &self.signed(params)), PATIENCE)
    }

    /// A call.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, params: &[(&str, &str)]) -> Response {
        self.try_post(path, params).unwrap_or_else(|| panic!("no answer to {path} {params:?}"))
    }

    /// A call by GET.
    #[track_caller]
    pub(crate) fn get(&self, path: &str, params: &[(&str, &str)]) -> Response {
        try_call(self.nodes[0], &get(path, &self.signed(params)), PATIENCE).expect("an answer")
    }

    /// A page of a user who comes online.
    #[track_caller]
    pub(crate) fn online(&self, name: &str, params: &[(&str, &str)]) -> Page {
        Page::open(self, name, params)
    }

    /// Ends all sessions of a user.
    #[track_caller]
    pub(crate) fn offline(&self, name: &str) {
        self.post("/presences/offline", &[("name", name)]).ok();
    }

    /// A unicast of the site itself; to how many sessions it went.
    #[track_caller]
    pub(crate) fn push(&self, to: &str, body: &str) -> u64 {
        self.post("/messages", &[("from", "site"), ("to", to), ("body", body)]).delivered()
    }

    /// The same, which counts 0 if it is refused or not answered: then the site keeps it.
    pub(crate) fn try_push(&self, to: &str, body: &str) -> u64 {
        self.try_send("site", to, body)
    }

    /// The same in the name of a user.
    pub(crate) fn try_send(&self, from: &str, to: &str, body: &str) -> u64 {
        let answer = self.try_post("/messages", &[("from", from), ("to", to), ("body", body)]);
        answer.filter(|answer| answer.status == 200).map_or(0, |answer| answer.delivered())
    }

    /// A message of the site itself to a room; to how many sessions it went.
    #[track_caller]
    pub(crate) fn push_to_room(&self, room: &str, body: &str) -> u64 {
        let params = [("from", "site"), ("type", "multicast"), ("to", room), ("body", body)];
        self.post("/messages", &params).delivered()
    }

    /// Those of these names that are online and visible, sorted.
    #[track_caller]
    pub(crate) fn onlines(&self, names: &[&str]) -> Vec<String> {
        let answer = self.get("/onlines", &[("names", &names.join(","))]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let mut found: Vec<_> =
            answer.text().split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        found.sort_unstable();
        found
    }

    /// The visible members of a room, sorted.
    #[track_caller]
    pub(crate) fn members(&self, room: &str) -> Vec<String> {
        let answer = self.get("/room/members", &[("room", room)]).json();
        let ids = answer[room].as_array().expect("a list under the room's name").iter();
        let mut ids: Vec<_> = ids.map(|member| text(member, "id")).collect();
        ids.sort_unstable();
        ids
    }
}

/// The text of a member.
#[track_caller]
pub(crate) fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no text {member} in {value}")).to_owned()
}
