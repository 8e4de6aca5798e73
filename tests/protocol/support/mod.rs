//! What every test needs: servers, sites, browsers, and patience.
//!
//! Owns: the helpers. Must not: know the server's code; everything goes through its sockets, its command line and
//! its signals.

mod browser;
mod client;
mod frozen;
mod inbox;
mod server;
mod setup;
mod site;

use std::thread;
use std::time::{Duration, Instant};

pub(crate) use browser::{Browser, Heard, Poll};
pub(crate) use client::{Conn, Response, form, get, post, request};
pub(crate) use frozen::Frozen;
pub(crate) use inbox::{Closed, Inbox, Reply, basic};
pub(crate) use server::Server;
pub(crate) use setup::{Setup, each_site};
pub(crate) use site::Site;

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until `condition` gives something; the pause in between only spares the processor.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(result) = condition() {
            return result;
        }
        assert!(Instant::now() < deadline, "waited too long: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A small seeded generator of random numbers (splitmix64).
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}
