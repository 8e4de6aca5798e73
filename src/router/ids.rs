//! Identities: where something lives and which one it is.
//!
//! Owns: places, keys and tickets, and the one mapping from a name to its place. Must not: look anything up.

use std::num::NonZeroU32;

use ahash::RandomState;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base::domains::DomainId;
use crate::base::slots::Slot;

/// Where users and rooms live: a shard of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place(pub u16);

/// Maps (domain, name) to the place that owns it, with a hash that is keyed per process, so that nobody outside
/// can choose names that meet on one shard.
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
    pub fn count(&self) -> u16 {
        self.count
    }

    /// All places.
    pub fn all(&self) -> impl Iterator<Item = Place> + use<> {
        (0..self.count).map(Place)
    }

    /// The keyed hash of a name; tables index by it, too.
    pub fn hash(&self, domain: DomainId, name: &str) -> u64 {
        self.hasher.hash_one((domain, name))
    }

    /// A number that looks random to everybody outside, the same for the same `value`.
    pub fn spread(&self, value: impl std::hash::Hash) -> u64 {
        self.hasher.hash_one(value)
    }

    /// The hasher for tables keyed by what outsiders may choose.
    pub fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// The place that owns the user (or the room) of that name.
    pub fn of(&self, domain: DomainId, name: &str) -> Place {
        // The high bits choose the place: tables use the low ones.
        let scaled = (self.hash(domain, name) >> 32) * u64::from(self.count);
        Place(u16::try_from(scaled >> 32).expect("less than the count"))
    }
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name {
            /// The place that owns it.
            pub place: Place,
            /// Where it is there.
            pub slot: Slot,
        }

        impl From<(Place, Slot)> for $name {
            fn from((place, slot): (Place, Slot)) -> $name {
                $name { place, slot }
            }
        }

        impl From<$name> for (Place, Slot) {
            fn from($name { place, slot }: $name) -> (Place, Slot) {
                (place, slot)
            }
        }
    )*};
}

keys! {
    /// A user.
    UserKey
    /// A session: one browser page of a user.
    SessionKey
    /// A room.
    RoomKey
    /// A question to several places that waits for their reports.
    GatherKey
}

/// A request that waits for its answer: the connection it came on and which of its requests it is. Packed, because
/// every session keeps one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(Rust, packed(2))]
pub struct CallKey {
    /// The shard that accepted the connection.
    pub place: Place,
    /// The connection's index there.
    pub conn: u32,
    /// The request's number on that shard; no other request of the last 2³² has it.
    pub serial: u32,
}

/// What a browser holds instead of a key: names its session and proves the right to it.
///
/// As text: 40 characters of URL-safe base64, of which 128 bits are random.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// The process that gave it out.
    pub epoch: u32,
    /// The session it belongs to.
    pub session: SessionKey,
    /// What nobody can guess.
    pub secret: [u8; 16],
}

/// Bytes of a ticket before it becomes text.
const TICKET_BYTES: usize = 30;
/// Characters of a ticket.
pub const TICKET_CHARS: usize = TICKET_BYTES / 3 * 4;

impl Ticket {
    /// Reads a ticket; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Ticket> {
        let mut bytes = [0; TICKET_BYTES];
        if text.len() != TICKET_CHARS || URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) != Ok(TICKET_BYTES) {
            return None;
        }
        let (epoch, rest) = bytes.split_first_chunk()?;
        let (place, rest) = rest.split_first_chunk()?;
        let (index, rest) = rest.split_first_chunk()?;
        let (generation, secret) = rest.split_first_chunk()?;
        let generation = NonZeroU32::new(u32::from_be_bytes(*generation))?;
        let slot = Slot { index: u32::from_be_bytes(*index), generation };
        let session = SessionKey { place: Place(u16::from_be_bytes(*place)), slot };
        Some(Ticket { epoch: u32::from_be_bytes(*epoch), session, secret: secret.try_into().ok()? })
    }

    /// The ticket as text.
    pub fn text(&self) -> String {
        let mut bytes = Vec::with_capacity(TICKET_BYTES);
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.session.place.0.to_be_bytes());
        bytes.extend_from_slice(&self.session.slot.index.to_be_bytes());
        bytes.extend_from_slice(&self.session.slot.generation.get().to_be_bytes());
        bytes.extend_from_slice(&self.secret);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// Shows which session it is of, never the secret.
impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticket").field("session", &self.session).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_survive_being_text() {
        let slot = Slot { index: 7, generation: NonZeroU32::MAX };
        let session = SessionKey { place: Place(3), slot };
        let ticket = Ticket { epoch: 0xDEAD_BEEF, session, secret: [0xA5; 16] };
        let text = ticket.text();
        assert_eq!(text.len(), TICKET_CHARS);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert!(Ticket::parse(&text) == Some(ticket));
        assert!(!format!("{ticket:?}").contains("165"), "the secret is not shown");
    }

    #[test]
    fn malformed_tickets_are_none() {
        let good = "B".repeat(TICKET_CHARS);
        assert!(Ticket::parse(&good).is_some());
        for bad in [
            "",
            "A",
            &good[1..],
            &format!("{good}B"),
            &format!("{}=", &good[1..]),
            &format!("{}+", &good[1..]),
            &format!("{}é", &good[2..]),
            &"A".repeat(TICKET_CHARS),
            "8633d182-b7fe-42a3-8466-1c4134cfebf2",
        ] {
            assert!(Ticket::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn names_spread_over_places_and_domains_differ() {
        let places = Places::new(7, [1, 2, 3, 4]);
        let mut seen = [0; 7];
        for number in 0..7_000 {
            seen[usize::from(places.of(DomainId(0), &format!("user{number}")).0)] += 1;
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
        // How many names whoever looks for one of them must compare at worst.
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

    proptest::proptest! {
        #[test]
        fn any_text_is_a_ticket_or_none(text in ".{0,60}") {
            if let Some(ticket) = Ticket::parse(&text) {
                proptest::prop_assert_eq!(ticket.text(), text);
            }
        }
    }
}
