//! What all threads of the generator are given, and what they share.
//!
//! Owns: the base of time, and the counts that other threads read. Must not: know a thread.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use memchr::memmem;
use mio::Token;
use nextim_testkit::load::population::Population;
use nextim_testkit::load::wire::Transport;

use crate::dialect::Dialect;

/// The token of what wakes a thread.
pub(super) const WAKER: Token = Token(usize::MAX - 2);
/// What names the node of a page, in the answer to an online call.
const SERVER: &[u8] = b"\"server\":\"";
/// Where the reason stands why a session was stopped, in bytes.
const REASON_BYTES: usize = 128;
/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 128 * 1_024;

/// What all threads are given.
pub(crate) struct Setup {
    /// Who there is; its parts are the threads.
    pub(crate) population: Population,
    /// Where the server listens. A part keeps to one address, but for nodes.
    pub(crate) addresses: Vec<SocketAddr>,
    /// The public URLs of the nodes of a cluster, which listen at these addresses; empty: it is one server.
    pub(crate) nodes: Vec<String>,
    /// What the server is told, and what its answers mean.
    pub(crate) dialect: Dialect,
    /// How users wait.
    pub(crate) transport: Transport,
    /// Calls a thread can make at a time.
    pub(crate) callers_per_thread: u32,
    pub(super) base: Instant,
    pub(super) answer_bytes_max: usize,
}

impl Setup {
    /// Sets up what threads are given.
    pub(crate) fn new(
        population: Population,
        addresses: Vec<SocketAddr>,
        dialect: Dialect,
        callers_per_thread: u32,
    ) -> Setup {
        let (base, answer_bytes_max, transport) = (Instant::now(), ANSWER_BYTES_MAX, Transport::default());
        let nodes = Vec::new();
        Setup { population, addresses, nodes, dialect, transport, callers_per_thread, base, answer_bytes_max }
    }

    /// The same, with servers that are nodes of one cluster and have these URLs.
    pub(crate) fn of_nodes(self, nodes: Vec<String>) -> Setup {
        Setup { nodes, ..self }
    }

    /// The node that this answer to an online call sends the page to. Without a cluster there is only one.
    pub(super) fn home(&self, body: &[u8]) -> Option<u8> {
        if self.nodes.is_empty() {
            return Some(0);
        }
        let at = memmem::find(body, SERVER)? + SERVER.len();
        let server = &body[at..];
        let is_here = |url: &String| {
            server
                .strip_prefix(url.as_bytes())
                .is_some_and(|rest| rest.first().is_some_and(|next| b"/\"".contains(next)))
        };
        u8::try_from(self.nodes.iter().position(is_here)?).ok()
    }

    /// Whether an answer to a poll, or an event, sends the page to another node.
    pub(super) fn is_sent_away(&self, body: &[u8]) -> bool {
        let start = &body[..body.len().min(REASON_BYTES)];
        let says = |reason: &[u8]| memmem::find(start, reason).is_some();
        !self.nodes.is_empty()
            && says(b"\"status\":\"stopped\"")
            && (says(b"\"reason\":\"moved\"") || says(b"\"reason\":\"renew\""))
    }

    /// Where the callers of a thread call, counted from 0 in the thread.
    pub(super) fn node_of_caller(&self, thread: u32, caller: usize) -> usize {
        (thread as usize + caller) % self.nodes.len().max(1)
    }

    /// The same, with users who wait like this.
    pub(crate) fn by(self, transport: Transport) -> Setup {
        Setup { transport, ..self }
    }

    pub(super) fn now(&self) -> u64 {
        elapsed(self.base)
    }
}

/// What threads tell all others while they work.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) parked: AtomicU64,
    /// Threads that have heard of a broadcast.
    pub(super) heard: AtomicU64,
    broadcast_sent: AtomicU64,
}

// None of these orders anything else: they are read by people, or, for the broadcast, by threads that hear of it
// through a server that was told of it later.
impl Shared {
    pub(super) fn add_parked(&self) {
        self.parked.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn heard(&self) {
        self.heard.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn broadcast_begins(&self, now: u64) {
        self.broadcast_sent.store(now, Ordering::SeqCst);
    }

    pub(super) fn broadcast_sent(&self) -> u64 {
        self.broadcast_sent.load(Ordering::SeqCst)
    }
}

/// Nanoseconds since `base`.
pub(super) fn elapsed(base: Instant) -> u64 {
    u64::try_from(base.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use nextim_testkit::load::wire::Requests;

    use super::*;

    fn setup(nodes: &[&str]) -> Setup {
        let population = Population { users: 1, buddies: 0, room_size: 0, parts: 1 };
        let dialect = Dialect::Nextim(Requests::new("a", "b", "c", true));
        let nodes = nodes.iter().map(ToString::to_string).collect();
        Setup::new(population, Vec::new(), dialect, 1).of_nodes(nodes)
    }

    #[test]
    fn the_node_of_a_page() {
        let setup = setup(&["http://127.0.0.1:80", "http://127.0.0.1:8001"]);
        let check = |server: &str, expected| {
            let body = format!(r#"{{"ticket":"t","server":"{server}"}}"#);
            assert_eq!(setup.home(body.as_bytes()), expected, "{server}");
        };
        check("http://127.0.0.1:80/packets", Some(0));
        check("http://127.0.0.1:8001/packets", Some(1));
        check("http://127.0.0.1:8001", Some(1));
        check("http://127.0.0.1:8002/packets", None);
        assert_eq!(setup.home(b"{}"), None);
    }

    #[test]
    fn pages_that_are_sent_away() {
        let check = |nodes: &[&str], body: &str, expected| {
            assert_eq!(setup(nodes).is_sent_away(body.as_bytes()), expected, "{nodes:?} {body}");
        };
        let moved = r#"cb({"status":"stopped","reason":"moved","server":"http://b"});"#;
        check(&["http://a"], moved, true);
        check(&[], moved, false);
        check(&["http://a"], &moved.replace("moved", "renew"), true);
        check(&["http://a"], &moved.replace("moved", "offline"), false);
        check(&["http://a"], r#"cb({"status":"ok","messages":[{"body":"\"reason\":\"moved\""}]});"#, false);
    }

    #[test]
    fn callers_call_one_node_after_the_other() {
        let three = setup(&["a", "b", "c"]);
        let nodes: Vec<usize> = (0..4).map(|caller| three.node_of_caller(1, caller)).collect();
        assert_eq!(nodes, [1, 2, 0, 1]);
        let one = setup(&[]);
        assert_eq!((one.home(b"{}"), one.node_of_caller(5, 7)), (Some(0), 0));
    }
}
