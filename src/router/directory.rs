//! Which place a router is, and which place of its process owns what.
//!
//! Owns: [`Places`], the one mapping from a name to its place in this process, and the directory of each router, the
//! same seen from one of the places. Which names are this process's, [`Owners`](super::owners::Owners) says.
//! Must not: hold users, sessions or rooms.

use ahash::RandomState;

use super::ids::{GatherKey, Place, RoomKey, SessionKey, Ticket, UserKey};
use crate::base::domains::DomainId;
use crate::base::slots::Slot;

/// Maps (domain, name) to the place that owns it, with a hash that is keyed per process, so that outsiders
/// cannot choose names that meet on one shard.
#[derive(Clone, Debug)]
pub struct Places {
    count: u16,
    hasher: RandomState,
}

impl Places {
    /// A mapping to `count` places; all routers of a process must be given the same `seeds`.
    pub fn new(count: u16, seeds: [u64; 4]) -> Places {
        assert!(count > 0, "a process has at least one shard");
        let [a, b, c, d] = seeds;
        Places { count, hasher: RandomState::with_seeds(a, b, c, d) }
    }

    /// How many places there are.
    pub(crate) fn count(&self) -> u16 {
        self.count
    }

    /// All places of this process.
    pub(crate) fn all(&self) -> impl Iterator<Item = Place> + use<> {
        (0..self.count).map(Place::new)
    }

    /// Whether it is a place of this process.
    pub(crate) fn contains(&self, place: Place) -> bool {
        place.number() < self.count
    }

    /// The keyed hash of a name; tables index by it, too.
    pub(crate) fn hash(&self, domain: DomainId, name: &str) -> u64 {
        self.hasher.hash_one((domain, name))
    }

    /// A number that looks random to outsiders, the same for the same `value`.
    pub(crate) fn spread(&self, value: impl std::hash::Hash) -> u64 {
        self.hasher.hash_one(value)
    }

    /// The hasher for tables keyed by what outsiders may choose.
    pub(crate) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// The place that owns the user (or the room) of that name, if this process does.
    pub fn of(&self, domain: DomainId, name: &str) -> Place {
        // The high bits choose the place: tables use the low ones.
        let scaled = (self.hash(domain, name) >> 32) * u64::from(self.count);
        Place::new(u16::try_from(scaled >> 32).expect("less than the count"))
    }
}

/// The places, as one of them sees them. Each part of a router has a copy.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    place: Place,
    places: Places,
    epoch: u32,
}

impl Directory {
    /// The directory of the router at `place`. The `epoch` marks the tickets of this process.
    pub(crate) fn new(place: Place, places: Places, epoch: u32) -> Directory {
        Directory { place, places, epoch }
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The key of a user of this place.
    pub(super) fn user_key(&self, slot: Slot) -> UserKey {
        UserKey { place: self.place, slot }
    }

    /// The key of a session of this place.
    pub(super) fn session_key(&self, slot: Slot) -> SessionKey {
        SessionKey { place: self.place, slot }
    }

    /// The key of a room of this place.
    pub(super) fn room_key(&self, slot: Slot) -> RoomKey {
        RoomKey { place: self.place, slot }
    }

    /// The key of a gather of this place.
    pub(super) fn gather_key(&self, slot: Slot) -> GatherKey {
        GatherKey { place: self.place, slot }
    }

    /// The ticket of a session of this place.
    pub(super) fn ticket(&self, session: Slot, secret: [u8; 16]) -> Ticket {
        Ticket { epoch: self.epoch, session: self.session_key(session), secret }
    }

    /// Whether a ticket was given out here, by this process.
    pub(super) fn issued(&self, ticket: &Ticket) -> bool {
        ticket.epoch == self.epoch && ticket.session.place == self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_spread_over_places_and_domains_differ() {
        let places = Places::new(7, [1, 2, 3, 4]);
        let mut seen = [0; 7];
        for number in 0..7_000 {
            seen[places.of(DomainId(0), &format!("user{number}")).index()] += 1;
        }
        assert!(seen.iter().all(|count| (700..1_300).contains(count)), "{seen:?}");
        assert_ne!(places.hash(DomainId(0), "a"), places.hash(DomainId(1), "a"));
    }

    #[test]
    fn names_that_collide_under_one_key_do_not_under_another() {
        // The lowest eight bits: where a small table begins to look.
        let bucket =
            |places: &Places, name: &str| usize::from(places.hash(DomainId(0), name).to_le_bytes()[0]);
        let known = Places::new(1, [1, 2, 3, 4]);
        let names = (0..).map(|number| format!("user{number}"));
        let colliding: Vec<String> = names.filter(|name| bucket(&known, name) == 0).take(500).collect();
        // How many names a search for one of them compares at worst.
        let fullest = |places: &Places| {
            let mut counts = [0; 256];
            for name in &colliding {
                counts[bucket(places, name)] += 1;
            }
            counts.into_iter().max().unwrap()
        };
        assert_eq!(fullest(&known), 500);
        for key in 5..15 {
            let places = Places::new(1, [key, 2, 3, 4]);
            assert!(fullest(&places) < 20, "{} of 500 under {key}", fullest(&places));
        }
    }
}
