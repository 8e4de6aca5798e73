//! Two well-behaved users, for whom an attack on somebody else must make no difference.
//!
//! Owns: their conversation, on a thread of its own. Each user sends a number after receiving the one before, so that
//! a message that is lost, doubled or late ends it. Must not: use the connections of the attack.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use crate::support::{Browser, Setup, Site, eventually};

/// What both have to say before the pair is said to keep talking.
const ROUNDS: u64 = 3;

/// A pair that talks until it is dropped.
pub(super) struct Pair {
    rounds: Arc<AtomicU64>,
    enough: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Runs an attack on a site, once for every number of shards, while a pair of another site talks.
pub(super) fn beside_a_pair(setup: &Setup, attack: impl Fn(&Site, &Pair)) {
    setup.each(|site| {
        let pair = Pair::of(&site.neighbour());
        pair.keeps_talking();
        attack(site, &pair);
        pair.keeps_talking();
        pair.part();
    });
}

impl Pair {
    fn of(site: &Site) -> Pair {
        let (rounds, enough) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (said, stop) = (Arc::clone(&rounds), Arc::clone(&enough));
        let [mut alice, mut bob] = ["alice", "bob"].map(|name| site.online(name, &[]));
        let thread = thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let number = said.load(Ordering::Relaxed).to_string();
                tell(&alice, &mut bob, &number);
                tell(&bob, &mut alice, &number);
                said.fetch_add(1, Ordering::Relaxed);
            }
            assert!(alice.everything().is_silent() && bob.everything().is_silent());
        });
        Pair { rounds, enough, thread: Some(thread) }
    }

    /// Waits until both have said something that they began to say after this was called.
    #[track_caller]
    pub(super) fn keeps_talking(&self) {
        let before = self.rounds.load(Ordering::Relaxed);
        eventually("the pair keeps talking", || {
            let ended = self.thread.as_ref().is_none_or(JoinHandle::is_finished);
            assert!(!ended, "the pair has ended its conversation");
            (self.rounds.load(Ordering::Relaxed) >= before + ROUNDS).then_some(())
        });
    }

    /// Ends the conversation, of which nothing may have been lost.
    #[track_caller]
    fn part(mut self) {
        self.enough.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(()))), "the conversation of the pair went wrong");
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.enough.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // The test has failed already, of which this may be the cause or a part.
            thread.join().ok();
        }
    }
}

fn tell(from: &Browser, to: &mut Browser, text: &str) {
    assert_eq!(from.say(&to.name, text), 1);
    assert_eq!(to.message()["body"], text);
}
