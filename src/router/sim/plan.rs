//! What kind of world a seed makes.
//!
//! Owns: [`Plan`]. Must not: import `World`.

use crate::base::domains::DomainConfig;
use crate::base::limits::{Limits, Timeouts};
use nextim_testkit::random::Random;

/// More memory than a run can fill.
pub(super) const PLENTY_BYTES: usize = 1 << 30;

/// What kind of world a seed makes.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) places: u16,
    pub(super) domains: usize,
    pub(super) names: usize,
    pub(super) rooms: usize,
    pub(super) limits: Limits,
    pub(super) timeouts: Timeouts,
    pub(super) max_users: u32,
    /// What may wait at one place.
    pub(super) memory_bytes: usize,
    /// Most receivers that a delivery reaches in a turn.
    pub(super) slice: usize,
    /// Most places that work on a broadcast at a time.
    pub(super) broadcast_places: u16,
    /// Whether sites take back what was not delivered: those of domains with an even number.
    pub(super) takes_back: bool,
    /// Whether mail may be later than gathers wait.
    pub(super) late_mail: bool,
    /// Answers of a hundred that are flushed at once.
    pub(super) flush_at_once: usize,
    /// Flushed answers of a hundred that get lost before they reach a browser.
    pub(super) lost: usize,
    /// Whether a domain is removed in the middle.
    pub(super) remove: bool,
    /// Whether the server goes down before the end.
    pub(super) drain: bool,
}

impl Plan {
    pub(super) fn new(random: &mut Random) -> Plan {
        let small_limits = random.chance(25);
        let mut limits = Limits { sessions_per_user: random.pick(&[2, 3, 32]), ..Limits::DEFAULT };
        let (mut max_users, mut memory_bytes) = (u32::MAX, PLENTY_BYTES);
        if small_limits {
            limits.queue_messages = random.pick(&[2, 5, 1_000]);
            limits.roster_links = random.pick(&[1, 2, 3, 100]);
            limits.rooms_per_user = random.pick(&[1, 2, 100]);
            max_users = random.pick(&[2, u32::MAX]);
            memory_bytes = random.pick(&[1_000, 4_000, PLENTY_BYTES]);
        }
        if random.chance(40) {
            // Room for none, one or a few messages.
            limits.undelivered_bytes = random.pick(&[100, 400, 1_000]);
        }
        Plan {
            places: random.pick(&[1, 2, 3, 7]),
            domains: 1 + random.below(3),
            names: 2 + random.below(5),
            rooms: 1 + random.below(3),
            limits,
            timeouts: Timeouts::DEFAULT,
            max_users,
            memory_bytes,
            slice: random.pick(&[1, 2, usize::MAX]),
            broadcast_places: random.pick(&[1, 2, u16::MAX]),
            takes_back: random.chance(70),
            late_mail: random.chance(25),
            flush_at_once: random.pick(&[20, 60, 95]),
            lost: random.pick(&[0, 10, 40]),
            remove: random.chance(15),
            drain: random.chance(15),
        }
    }

    /// The same in every domain.
    pub(super) fn names(&self) -> Vec<String> {
        (0..self.names).map(|number| format!("user{number}")).collect()
    }

    pub(super) fn rooms(&self) -> Vec<String> {
        (0..self.rooms).map(|number| format!("room{number}")).collect()
    }

    pub(super) fn domain(&self, number: usize) -> DomainConfig {
        let undelivered_url = self.takes_back_in(number).then(|| "http://site/back".to_owned());
        let new = DomainConfig::new(number.to_string(), "key");
        DomainConfig { max_users: self.max_users, undelivered_url, ..new }
    }

    /// Whether the site of a domain takes back what was not delivered.
    pub(super) fn takes_back_in(&self, domain: usize) -> bool {
        self.takes_back && domain.is_multiple_of(2)
    }

    /// Whether a queue may have no room for a message.
    pub(super) fn queues_are_short(&self) -> bool {
        self.limits.queue_messages < Limits::DEFAULT.queue_messages || self.memory_bytes < PLENTY_BYTES
    }

    /// Whether a roster may have no place for another user.
    pub(super) fn rosters_are_short(&self) -> bool {
        self.limits.roster_links < self.names - 1
    }

    /// Whether a user may be in too many rooms.
    pub(super) fn rooms_are_short(&self) -> bool {
        self.limits.rooms_per_user < self.rooms
    }

    /// Whether there may be too little room for what goes back.
    pub(super) fn scarce(&self) -> bool {
        self.limits.undelivered_bytes < Limits::DEFAULT.undelivered_bytes
    }
}
