//! The plan of a world, which the seed decides.
//!
//! Owns: the size of the world and its time limits. Must not: depend on anything but the seed.

use std::fmt::Write as _;

use nextim_testkit::random::Random;

/// Site names: two communities that know nothing of each other.
pub(crate) const DOMAINS: [&str; 2] = ["a.example", "b.example"];
/// Users of both domains together.
const USERS: usize = 50;
/// Names of a domain whose rosters get full.
const SCARCE_NAMES: usize = 8;
/// Most pages of one user.
pub(crate) const PAGES_MAX: usize = 4;

/// The world that a seed makes.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) shards: u16,
    /// Names in each domain, the same in both.
    pub(crate) names: usize,
    pub(crate) rooms: usize,
    /// How long a round lasts, in milliseconds.
    pub(crate) round_ms: u64,
    /// Site calls that are under way at once. With one, everything that happens has an order.
    pub(crate) parallel: usize,
    /// Links a user may have; few enough to be reached in some worlds.
    pub(crate) roster_links: usize,
    /// Messages that wait for one session.
    pub(crate) queue_messages: usize,
    /// Names an `online` call gives as buddies, of a hundred.
    pub(crate) buddies_percent: usize,
    /// The shortest and the longest hold of a poll.
    pub(crate) hold_ms: (u64, u64),
    pub(crate) session_cut_ms: u64,
    pub(crate) session_idle_ms: u64,
    pub(crate) linger_ms: u64,
    /// How long the server waits for shards that do not report.
    pub(crate) gather_ms: u64,
    /// Rounds of a hundred in which the process is stopped.
    pub(crate) stops: usize,
    /// Rounds of a hundred in which one shard stands still.
    pub(crate) freezes: usize,
}

impl Plan {
    /// `pace` is 1, or more on a machine that was too slow: the time limits that the model must keep are that many
    /// times longer.
    pub(crate) fn new(seed: u64, pace: u64) -> Plan {
        let mut random = Random::new(seed ^ 0x006d_6f64_656c);
        let shards = u16::try_from(1 + random.below(8)).expect("at most 8");
        // In small worlds the same users meet again and again.
        let scarce = random.chance(15);
        let names = if scarce { SCARCE_NAMES } else { random.pick(&[USERS / 2, USERS / 2, 8, 4]) };
        let hold_ms = random.pick(&[(150, 300), (300, 500), (400, 600)]);
        Plan {
            seed,
            shards,
            names,
            rooms: 2 + random.below(4),
            round_ms: random.within(600, 1_200),
            parallel: random.pick(&[1, 1, 4, 12, 40]),
            // A session ends that is behind by twice this number of presences; so it is not much smaller than the domain.
            roster_links: if scarce { SCARCE_NAMES - 2 } else { 4_000 },
            queue_messages: 100,
            buddies_percent: random.pick(&[10, 25, 60]),
            hold_ms,
            session_cut_ms: 700 * pace,
            session_idle_ms: 900 * pace,
            linger_ms: 600 * pace,
            gather_ms: 200 * pace,
            stops: if scarce { 0 } else { 12 },
            freezes: if shards > 1 && !scarce { 35 } else { 0 },
        }
    }

    /// Whether a roster may be full. Then pages do not pause: presences that wait have a bound of that size, too.
    pub(crate) fn scarce(&self) -> bool {
        self.roster_links < self.names
    }

    /// Whether undelivered messages of this domain come back to its site.
    pub(crate) fn takes_back(domain: usize) -> bool {
        domain == 0
    }

    /// The server's configuration.
    pub(crate) fn configuration(&self, undelivered_url: &str) -> String {
        let mut text = format!(
            "listen = [\"127.0.0.1:0\"]\npublic_url = \"https://im.example\"\n[timeouts]\npoll_hold_ms_min = {}\n\
             poll_hold_ms_max = {}\nsession_cut_ms = {}\nsession_idle_ms = {}\nlinger_ms = {}\ngather_ms = {}\n\
             [limits]\nroster_links = {}\nqueue_messages = {}\n",
            self.hold_ms.0,
            self.hold_ms.1,
            self.session_cut_ms,
            self.session_idle_ms,
            self.linger_ms,
            self.gather_ms,
            self.roster_links,
            self.queue_messages,
        );
        for (number, name) in DOMAINS.iter().enumerate() {
            writeln!(text, "[[domain]]\nname = {name:?}\napikeys = [{:?}]", key(number))
                .expect("text takes all");
            if Plan::takes_back(number) {
                writeln!(text, "undelivered_url = {undelivered_url:?}").expect("text takes all");
            }
        }
        text
    }
}

/// The apikey of a domain.
pub(crate) fn key(domain: usize) -> String {
    format!("the-key-of-site-number-{domain}")
}

/// The letter with which all texts of a domain begin, so that a text of the other domain is recognised.
pub(crate) fn mark(domain: usize) -> char {
    if domain == 0 { 'A' } else { 'B' }
}
