//! A page: what holds a ticket and polls, and does what an answer says.
//!
//! Owns: one session after the other of one user, and what they have heard. Must not: judge what it hears.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use nextim_testkit::http::get;
use serde_json::Value;

use super::site::{Site, text};
use super::wire::{try_call, within};

/// How long a page waits for an answer to a poll, which the nodes hold for a second.
const PATIENCE: Duration = Duration::from_secs(6);
/// How long a page waits for news.
const NEWS: Duration = Duration::from_mins(1);

/// A page of a user.
#[derive(Debug)]
pub(crate) struct Page {
    site: Site,
    pub(crate) name: String,
    params: Vec<(String, String)>,
    /// Where it polls.
    pub(crate) server: SocketAddr,
    pub(crate) ticket: String,
    pub(crate) seq: u64,
    /// What the last call of `/presences/online` was answered with.
    pub(crate) answer: Value,
    /// How often it has gone online.
    pub(crate) starts: usize,
    pub(crate) heard: Heard,
}

/// What a page has heard, in order within each list.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) messages: Vec<Value>,
    pub(crate) presences: Vec<Value>,
    pub(crate) statuses: Vec<Value>,
    pub(crate) signals: Vec<Value>,
}

/// What a poll came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// An answer of its session, which may be empty.
    Answered,
    /// Its session is at another node, where the next poll goes.
    Moved,
    /// Its session has ended, for this reason.
    Stopped(String),
    /// There is no such session, or no node.
    Lost,
    /// The node answers later.
    Refused,
}

impl Heard {
    /// The bodies of the messages.
    pub(crate) fn bodies(&self) -> Vec<&str> {
        self.messages.iter().map(|message| message["body"].as_str().expect("a body")).collect()
    }

    /// Whether it has a message with this body.
    pub(crate) fn has(&self, body: &str) -> bool {
        self.bodies().contains(&body)
    }

    /// The types of the presences of one user.
    pub(crate) fn moves_of(&self, name: &str) -> Vec<String> {
        self.presences.iter().filter(|presence| presence["from"] == name).map(|it| text(it, "type")).collect()
    }

    /// The last of what it has heard.
    fn summary(&self) -> String {
        let last = |list: &[Value]| format!("{:?}", &list[list.len().saturating_sub(5)..]);
        let Heard { messages, presences, statuses, signals } = self;
        [messages, presences, statuses, signals].map(|list| last(list)).join("; ")
    }

    fn add(&mut self, answer: &mut Value) {
        let lists = [
            ("messages", &mut self.messages),
            ("presences", &mut self.presences),
            ("statuses", &mut self.statuses),
            ("signals", &mut self.signals),
        ];
        for (name, list) in lists {
            if let Value::Array(news) = answer[name].take() {
                list.extend(news);
            }
        }
    }
}

impl Page {
    /// A user comes online.
    #[track_caller]
    pub(super) fn open(site: &Site, name: &str, params: &[(&str, &str)]) -> Page {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut page = Page {
            site: site.clone(),
            name: name.to_owned(),
            params,
            server: SocketAddr::from(([127, 0, 0, 1], 0)),
            ticket: String::new(),
            seq: 0,
            answer: Value::Null,
            starts: 0,
            heard: Heard::default(),
        };
        page.go_online();
        page
    }

    /// Goes online by the site, which calls one node after the other until one answers.
    #[track_caller]
    fn go_online(&mut self) {
        let params = self.params.iter().map(|(name, value)| (&**name, &**value));
        let params: Vec<_> = [("name", &*self.name), ("version", "6")].into_iter().chain(params).collect();
        let answer = within("a node takes the user", || {
            let answer = self.site.try_post("/presences/online", &params);
            let answer = answer.filter(|answer| answer.status == 200);
            if answer.is_none() {
                self.site.turn();
            }
            answer
        });
        self.answer = answer.json();
        (self.ticket, self.seq) = (text(&self.answer, "ticket"), 0);
        self.server = address_in(&text(&self.answer, "server"));
        self.starts += 1;
    }

    /// The names of the buddies who were there when the page came online, sorted.
    #[track_caller]
    pub(crate) fn buddies(&self) -> Vec<String> {
        let mut names: Vec<_> = self.answer["buddies"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|buddy| text(buddy, "name"))
            .collect();
        names.sort_unstable();
        names
    }

    /// A poll at its node, with these parameters besides.
    pub(crate) fn poll_bytes(&self, params: &[(&str, &str)]) -> Vec<u8> {
        let seq = self.seq.to_string();
        let own = [("domain", &*self.site.domain), ("ticket", &*self.ticket), ("seq", &*seq)];
        get("/packets", &[&own, params].concat())
    }

    /// Polls once, and takes what comes.
    #[track_caller]
    pub(crate) fn poll(&mut self) -> Turn {
        let Some(answer) = try_call(self.server, &self.poll_bytes(&[]), PATIENCE) else { return Turn::Lost };
        match answer.status {
            200 => {}
            404 => return Turn::Lost,
            429 | 503 => return Turn::Refused,
            status => panic!("{status} {}", answer.text()),
        }
        self.take(answer.json())
    }

    /// Takes the answer to a poll.
    #[track_caller]
    pub(crate) fn take(&mut self, mut answer: Value) -> Turn {
        if answer["status"] == "stopped" {
            let reason = text(&answer, "reason");
            if reason != "moved" {
                return Turn::Stopped(reason);
            }
            self.server = address_in(&text(&answer, "server"));
            return Turn::Moved;
        }
        self.heard.add(&mut answer);
        self.seq = answer["seq"].as_u64().expect("a number");
        Turn::Answered
    }

    /// Polls once, and does what the answer says: a page whose session is lost goes online again.
    #[track_caller]
    pub(crate) fn follow(&mut self) -> Turn {
        let turn = self.poll();
        match &turn {
            Turn::Answered | Turn::Moved => {}
            Turn::Refused => thread::sleep(Duration::from_millis(200)),
            Turn::Lost => self.go_online(),
            Turn::Stopped(reason) => {
                assert!(
                    ["shutdown", "renew", "limit"].contains(&&**reason),
                    "{} was stopped: {reason}",
                    self.name
                );
                self.go_online();
            }
        }
        turn
    }

    /// Polls on as long as this holds.
    pub(crate) fn follow_while(&mut self, goes_on: impl Fn() -> bool) {
        while goes_on() {
            self.follow();
        }
    }

    /// Polls on until this holds of what it has heard.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&Heard) -> bool) {
        let end = Instant::now() + NEWS;
        while !holds(&self.heard) {
            assert!(Instant::now() < end, "{} waited too long: {what}; {}", self.name, self.heard.summary());
            self.follow();
        }
    }
}

/// The address in a URL.
#[track_caller]
fn address_in(url: &str) -> SocketAddr {
    let host = url.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    host.and_then(|host| host.parse().ok()).unwrap_or_else(|| panic!("no address in {url}"))
}
