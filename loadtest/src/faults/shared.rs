//! The ground everybody stands on: where the server is, how it is configured, and what is going on.
//!
//! Owns: times that server and users must agree on, and what players and the conductor tell each other. Must not: do
//! anything.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Instant;

use crate::population::Population;
use crate::wire::Requests;

/// The site's domain.
pub(super) const DOMAIN: &str = "site.example";
/// A domain that comes and goes.
pub(super) const GUEST_DOMAIN: &str = "guest.example";
/// Its apikey.
pub(super) const GUEST_KEY: &str = "guest";
/// The server's times are short, so that each user loses his sessions often in a short run.
pub(super) const SESSION_CUT_MS: u64 = 2_500;
/// See [`SESSION_CUT_MS`].
pub(super) const LINGER_MS: u64 = 2_500;
/// How long the server waits for a reader who takes nothing.
pub(super) const WRITE_MS: u64 = 3_000;
/// How long it waits for calls, and for the site, at the end.
pub(super) const DRAIN_MS: u64 = 10_000;

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// Everybody comes online.
    Gather,
    /// Messages and faults.
    Faults,
    /// No more of either; everybody goes back to his poll.
    Calm,
    /// Everybody leaves.
    Leave,
    /// Messages, while the server goes down.
    Down,
    /// It is over.
    End,
}

const PHASES: [Phase; 6] = [Phase::Gather, Phase::Faults, Phase::Calm, Phase::Leave, Phase::Down, Phase::End];

/// What players are given.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) address: SocketAddr,
    pub(super) population: Population,
    /// Calls each player can make at a time.
    pub(super) callers_per_player: u32,
    /// Messages a second of each player.
    pub(super) rate: f64,
    pub(super) seed: u64,
    base: Instant,
    phase: AtomicU8,
    /// How-manieth apikey is used.
    key: AtomicU64,
    /// Users of each player who are where the phase wants them.
    settled: Vec<AtomicU64>,
}

// None of the atomics orders anything else: each says one thing, and whoever waits for it looks again.
impl Ground {
    /// The ground of a run.
    pub(super) fn new(
        address: SocketAddr,
        population: Population,
        callers_per_player: u32,
        rate: f64,
        seed: u64,
    ) -> Ground {
        let settled = (0..population.parts).map(|_| AtomicU64::new(0)).collect();
        let rate = rate / f64::from(population.parts);
        let (phase, key) = (AtomicU8::new(Phase::Gather as u8), AtomicU64::new(0));
        Ground {
            address,
            population,
            callers_per_player,
            rate,
            seed,
            base: Instant::now(),
            phase,
            key,
            settled,
        }
    }

    /// Milliseconds since the run began.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn phase(&self) -> Phase {
        PHASES[usize::from(self.phase.load(Ordering::SeqCst)) % PHASES.len()]
    }

    pub(super) fn begin(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::SeqCst);
    }

    pub(super) fn key(&self) -> u64 {
        self.key.load(Ordering::SeqCst)
    }

    pub(super) fn use_key(&self, number: u64) {
        self.key.store(number, Ordering::SeqCst);
    }

    /// A player says that he has heard of a phase, and how many of his users are where it wants them.
    pub(super) fn settle(&self, part: u32, phase: Phase, users: u32) {
        self.settled[part as usize].store((phase as u64) << 32 | u64::from(users), Ordering::SeqCst);
    }

    /// How many users are where this phase wants them.
    pub(super) fn settled(&self, phase: Phase) -> u64 {
        let words = self.settled.iter().map(|word| word.load(Ordering::SeqCst));
        words.filter(|word| word >> 32 == phase as u64).map(|word| word & 0xffff_ffff).sum()
    }

    /// Whether all players have heard of this phase.
    pub(super) fn is_heard(&self, phase: Phase) -> bool {
        self.settled.iter().all(|word| word.load(Ordering::SeqCst) >> 32 == phase as u64)
    }

    /// What the site's calls look like with its how-manieth apikey.
    pub(super) fn requests(&self, key: u64) -> Requests {
        Requests::new(&self.address.to_string(), DOMAIN, &apikey(key), true)
    }
}

/// The site's how-manieth apikey.
pub(super) fn apikey(number: u64) -> String {
    format!("key-{number}")
}

/// What the configuration file says.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// The site's apikeys, by number.
    pub(super) keys: Vec<u64>,
    /// Most users of the site.
    pub(super) max_users: u32,
    /// The other domain is there.
    pub(super) with_guest: bool,
    /// Most connections of a shard.
    pub(super) connections_per_shard: u64,
    /// Where undelivered messages are posted.
    pub(super) undelivered_url: String,
}

impl File {
    /// The file's text.
    pub(super) fn text(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(|key| format!("{:?}", apikey(*key))).collect();
        let mut text = format!(
            "[timeouts]\npoll_hold_ms_min = 4000\npoll_hold_ms_max = 5000\nsession_cut_ms = {SESSION_CUT_MS}\n\
             session_idle_ms = 20000\nlinger_ms = {LINGER_MS}\nwrite_ms = {WRITE_MS}\ndrain_ms = {DRAIN_MS}\n\
             [limits]\nconnections_per_shard = {}\nundelivered_bytes = 268435456\n\
             [[domain]]\nname = {DOMAIN:?}\napikeys = [{}]\nmax_users = {}\nundelivered_url = {:?}\n",
            self.connections_per_shard,
            keys.join(", "),
            self.max_users,
            self.undelivered_url,
        );
        if self.with_guest {
            write!(text, "[[domain]]\nname = {GUEST_DOMAIN:?}\napikeys = [{GUEST_KEY:?}]\n")
                .expect("a string takes all");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground() -> Ground {
        let population = Population { users: 10, buddies: 0, room_size: 0, parts: 2 };
        Ground::new("127.0.0.1:1".parse().unwrap(), population, 1, 10.0, 1)
    }

    #[test]
    fn who_has_not_heard_of_a_phase_does_not_count() {
        let ground = ground();
        ground.settle(0, Phase::Calm, 5);
        ground.settle(1, Phase::Faults, 5);
        assert_eq!((ground.settled(Phase::Calm), ground.settled(Phase::Leave)), (5, 0));
        assert!(!ground.is_heard(Phase::Calm));
        ground.settle(1, Phase::Calm, 4);
        assert!(ground.is_heard(Phase::Calm) && ground.settled(Phase::Calm) == 9);
    }

    #[test]
    fn phases() {
        let ground = ground();
        for phase in PHASES {
            ground.begin(phase);
            assert_eq!(ground.phase(), phase);
        }
    }
}
