//! The puppet: a message server that records the calls of the site, and does what a case tells it.
//!
//! Owns: what it does with the next call, and the calls so far. Must not: know a case, or call the site; a case may do so
//! in a hook.

mod call;
mod people;
mod serve;
mod state;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};

pub(crate) use call::Call;
pub(crate) use state::Act;
use state::{Shared, State};

use crate::failure::{Failure, Verdict};

/// A running puppet.
#[derive(Clone)]
pub(crate) struct Puppet {
    shared: Arc<Shared>,
}

impl Puppet {
    /// Starts one on this port of loopback; 0 takes a free one.
    pub(crate) fn start(port: u16, domain: &str, apikey: &str) -> io::Result<Puppet> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
        let shared = Arc::new(Shared {
            address: listener.local_addr()?,
            domain: domain.to_owned(),
            apikey: apikey.to_owned(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        serve::start(listener, Arc::clone(&shared));
        Ok(Puppet { shared })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Forgets the last case.
    pub(crate) fn reset(&self) {
        let mut state = self.shared.lock();
        let case = state.case + 1;
        *state = State { case, ..State::default() };
        self.shared.changed.notify_all();
    }

    /// Passes all calls on to the real message server.
    pub(crate) fn pass_to(&self, real: SocketAddr) {
        self.shared.lock().real = Some(real);
    }

    /// A user is online there, without the site. Returns the session's ticket.
    pub(crate) fn enter(&self, name: &str, nick: &str, show: &str, rooms: &[&str]) -> String {
        self.shared.lock().people.enter(name, nick, show, rooms)
    }

    /// Does this with every call from now on.
    pub(crate) fn always(&self, act: Act) {
        self.shared.lock().always = (act != Act::Answer).then_some(act);
    }

    /// Does this with the next call of a path.
    pub(crate) fn next(&self, path: &'static str, act: Act) {
        self.hook(path, move |_| act);
    }

    /// Runs this when the next call of a path has come, and before it is answered.
    pub(crate) fn hook(&self, path: &'static str, hook: impl FnOnce(&Call) -> Act + Send + 'static) {
        self.shared.lock().hooks.push_back((path, Box::new(hook)));
    }

    /// All calls of this path.
    pub(crate) fn calls(&self, path: &str) -> Vec<Call> {
        self.shared.lock().calls.iter().filter(|call| call.path == path).cloned().collect()
    }

    /// The paths of all calls, in their order.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.shared.lock().calls.iter().map(|call| call.path.clone()).collect()
    }

    /// Forgets the calls so far.
    pub(crate) fn forget(&self) {
        self.shared.lock().calls.clear();
    }

    /// Whether a session goes on.
    pub(crate) fn has_session(&self, ticket: &str) -> bool {
        self.shared.lock().people.sessions.contains_key(ticket)
    }

    /// Whether a user has a session.
    pub(crate) fn is_online(&self, name: &str) -> bool {
        self.shared.lock().people.sessions.values().any(|session| session.name == name)
    }

    /// The rooms of a session.
    pub(crate) fn rooms_of(&self, ticket: &str) -> Vec<String> {
        let state = self.shared.lock();
        let rooms = state.people.sessions.get(ticket).map(|session| &session.rooms);
        rooms.into_iter().flatten().cloned().collect()
    }

    /// The only call of a path, or a failure.
    pub(crate) fn one(&self, path: &str, event: &str, contract: &str) -> Verdict<Call> {
        let mut calls = self.calls(path);
        match calls.pop() {
            Some(call) if calls.is_empty() => Ok(call),
            _ => Err(self.failure(event, contract)),
        }
    }

    /// A failure, if this does not hold of the calls.
    pub(crate) fn must(&self, holds: bool, event: &str, contract: &str) -> Verdict {
        if holds { Ok(()) } else { Err(self.failure(event, contract)) }
    }

    fn failure(&self, event: &str, contract: &str) -> Failure {
        let calls: Vec<String> = self.shared.lock().calls.iter().map(ToString::to_string).collect();
        let came = if calls.is_empty() { "no call".to_owned() } else { calls.join("; ") };
        Failure::new(event, format!("at the message server: {came}"), contract)
    }
}
