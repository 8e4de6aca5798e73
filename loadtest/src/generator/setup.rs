//! What all threads of the generator are given, and what they share.
//!
//! Owns: the base of time, and the counts that other threads read. Must not: know a thread.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use mio::Token;
use nextim_testkit::load::population::Population;
use nextim_testkit::load::wire::Transport;

use crate::dialect::Dialect;

/// The token of what wakes a thread.
pub(super) const WAKER: Token = Token(usize::MAX - 2);
/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 128 * 1_024;

/// What all threads are given.
pub(crate) struct Setup {
    /// Who there is; its parts are the threads.
    pub(crate) population: Population,
    /// Where the server listens. A part keeps to one address.
    pub(crate) addresses: Vec<SocketAddr>,
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
        Setup { population, addresses, dialect, transport, callers_per_thread, base, answer_bytes_max }
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
