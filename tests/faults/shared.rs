//! The state that the conductor and the players share: the server's address and configuration, and the phase.
//!
//! Owns: the times that server and users agree on, the phase, and each player's progress in it. Must not: use a
//! socket or a thread.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Instant;

use nextim_testkit::load::population::Population;
use nextim_testkit::load::wire::Requests;

use super::plan::Plan;

/// The domain of the site.
pub(crate) const DOMAIN: &str = "site.example";
/// A second domain, which reloads add and remove.
pub(crate) const GUEST_DOMAIN: &str = "guest.example";
/// The apikey of the second domain.
pub(crate) const GUEST_KEY: &str = "guest";
/// The server's timeouts are short, so that each user loses sessions often in a short run.
pub(crate) const SESSION_CUT_MS: u64 = 2_500;
/// See [`SESSION_CUT_MS`].
pub(crate) const LINGER_MS: u64 = 2_500;
/// How long the server waits for a client that does not read.
pub(crate) const WRITE_MS: u64 = 3_000;
/// How long the server waits for calls, and for the site, when it ends.
pub(crate) const DRAIN_MS: u64 = 10_000;

/// The phase of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// All users come online.
    Gather,
    /// Messages are sent and faults are injected.
    Faults,
    /// Neither messages nor faults; all users return to their polls.
    Calm,
    /// All users leave.
    Leave,
    /// Messages are sent while the server shuts down.
    Down,
    /// The players end.
    End,
}

const PHASES: [Phase; 6] = [Phase::Gather, Phase::Faults, Phase::Calm, Phase::Leave, Phase::Down, Phase::End];

/// The shared state of a run.
#[derive(Debug)]
pub(crate) struct SharedState {
    pub(crate) address: SocketAddr,
    pub(crate) population: Population,
    /// How many calls each player makes at a time, at most.
    pub(crate) callers_per_player: u32,
    /// How many messages each player sends in a second.
    pub(crate) rate: u64,
    pub(crate) seed: u64,
    base: Instant,
    phase: AtomicU8,
    /// The number of the apikey in use.
    key: AtomicU64,
    /// For each player the phase it has reached, and how many of its users have settled in it.
    settled: Vec<AtomicU64>,
}

// No atomic orders another: each holds one value, and its reader polls.
impl SharedState {
    /// The state at the start of a run.
    pub(crate) fn new(address: SocketAddr, plan: &Plan) -> SharedState {
        let population = plan.population();
        SharedState {
            address,
            callers_per_player: plan.callers_per_player(),
            rate: (plan.rate / u64::from(population.parts)).max(1),
            seed: plan.seed,
            base: Instant::now(),
            phase: AtomicU8::new(Phase::Gather as u8),
            key: AtomicU64::new(0),
            settled: (0..population.parts).map(|_| AtomicU64::new(0)).collect(),
            population,
        }
    }

    /// Milliseconds since the run began.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn phase(&self) -> Phase {
        PHASES[usize::from(self.phase.load(Ordering::SeqCst)) % PHASES.len()]
    }

    pub(crate) fn begin(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::SeqCst);
    }

    pub(crate) fn key(&self) -> u64 {
        self.key.load(Ordering::SeqCst)
    }

    pub(crate) fn use_key(&self, number: u64) {
        self.key.store(number, Ordering::SeqCst);
    }

    /// Notes the phase a player has reached, and how many of its users have settled in it.
    pub(crate) fn settle(&self, part: u32, phase: Phase, users: u32) {
        self.settled[part as usize].store((phase as u64) << 32 | u64::from(users), Ordering::SeqCst);
    }

    /// How many users have settled in this phase.
    pub(crate) fn settled(&self, phase: Phase) -> u64 {
        let words = self.settled.iter().map(|word| word.load(Ordering::SeqCst));
        words.filter(|word| word >> 32 == phase as u64).map(|word| word & 0xffff_ffff).sum()
    }

    /// Whether all players have reached this phase.
    pub(crate) fn is_followed(&self, phase: Phase) -> bool {
        self.settled.iter().all(|word| word.load(Ordering::SeqCst) >> 32 == phase as u64)
    }

    /// The calls of the site, with its nth apikey.
    pub(crate) fn requests(&self, key: u64) -> Requests {
        Requests::new(&self.address.to_string(), DOMAIN, &apikey(key), true)
    }
}

/// The site's nth apikey.
pub(crate) fn apikey(number: u64) -> String {
    format!("key-{number}")
}

/// The settings of the server that a run changes.
#[derive(Clone, Debug)]
pub(crate) struct ServerConfig {
    /// The numbers of the site's apikeys.
    pub(crate) keys: Vec<u64>,
    /// The site's `max_users`.
    pub(crate) max_users: u32,
    /// Whether the second domain is configured.
    pub(crate) with_guest: bool,
    pub(crate) connections_per_shard: u64,
    /// Where the server posts undelivered messages.
    pub(crate) undelivered_url: String,
}

impl ServerConfig {
    /// The configuration that the server starts with.
    pub(crate) fn new(plan: &Plan, undelivered_url: String) -> ServerConfig {
        // More than an even share, for the kernel does not spread connections evenly, and fewer than a crowd opens.
        let connections_per_shard = plan.connections() * 3 / 2 / u64::from(plan.shards) + 100;
        ServerConfig {
            keys: vec![0],
            max_users: u32::MAX,
            with_guest: false,
            connections_per_shard,
            undelivered_url,
        }
    }

    /// The text of the configuration file.
    pub(crate) fn text(&self) -> String {
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

    fn shared() -> SharedState {
        let plan = Plan { users: 10, rate: 10, seconds: 1, shards: 1, seed: 1, faketime: None };
        let population = Population { parts: 2, ..plan.population() };
        let settled = (0..2).map(|_| AtomicU64::new(0)).collect();
        SharedState { population, settled, ..SharedState::new("127.0.0.1:1".parse().unwrap(), &plan) }
    }

    #[test]
    fn only_players_in_a_phase_count() {
        let shared = shared();
        shared.settle(0, Phase::Calm, 5);
        shared.settle(1, Phase::Faults, 5);
        assert_eq!((shared.settled(Phase::Calm), shared.settled(Phase::Leave)), (5, 0));
        assert!(!shared.is_followed(Phase::Calm));
        shared.settle(1, Phase::Calm, 4);
        assert!(shared.is_followed(Phase::Calm) && shared.settled(Phase::Calm) == 9);
    }

    #[test]
    fn phases() {
        let shared = shared();
        for phase in PHASES {
            shared.begin(phase);
            assert_eq!(shared.phase(), phase);
        }
    }
}
