//! Identities: where something lives and which one it is.
//!
//! Owns: places, keys and tickets. Must not: map names to places; [`Owners`](super::owners::Owners) does.

use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base::slots::Slot;

/// Where users and rooms live and calls come in: a shard of this process, or behind
/// those the link to another node. Only [`Places`](super::directory::Places) knows which numbers are shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place(u16);

impl Place {
    /// The place of this number, whether there is one or not.
    pub const fn new(number: u16) -> Place {
        Place(number)
    }

    /// Its number.
    pub fn number(self) -> u16 {
        self.0
    }

    /// Where it stands in a table of places.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

macro_rules! keys {
    ($($(#[$doc:meta])* $public:vis $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $public struct $name {
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
    pub(crate) UserKey
    /// A session: one browser page of a user.
    pub SessionKey
    /// A room.
    pub(crate) RoomKey
    /// A question to several places that waits for their reports.
    pub(crate) GatherKey
}

/// A broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BroadcastKey {
    /// The place that sends it.
    pub(crate) place: Place,
    /// Which of the broadcasts of that place it is.
    pub(crate) number: u32,
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
    /// 128 random bits.
    pub secret: [u8; 16],
}

/// Bytes of a ticket before it becomes text.
const TICKET_BYTES: usize = 30;
/// Characters of a ticket.
pub(crate) const TICKET_CHARS: usize = TICKET_BYTES / 3 * 4;

impl Ticket {
    /// Reads a ticket; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Ticket> {
        let bytes = decode(text.as_bytes().try_into().ok()?)?;
        let [e0, e1, e2, e3, p0, p1, i0, i1, i2, i3, g0, g1, g2, g3, secret @ ..] = bytes;
        let generation = NonZeroU32::new(u32::from_be_bytes([g0, g1, g2, g3]))?;
        let slot = Slot { index: u32::from_be_bytes([i0, i1, i2, i3]), generation };
        let session = SessionKey { place: Place::new(u16::from_be_bytes([p0, p1])), slot };
        Some(Ticket { epoch: u32::from_be_bytes([e0, e1, e2, e3]), session, secret })
    }

    /// The ticket as text.
    pub fn text(&self) -> String {
        let mut bytes = Vec::with_capacity(TICKET_BYTES);
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.session.place.number().to_be_bytes());
        bytes.extend_from_slice(&self.session.slot.index.to_be_bytes());
        bytes.extend_from_slice(&self.session.slot.generation.get().to_be_bytes());
        bytes.extend_from_slice(&self.secret);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// The six bits of each character of URL-safe base64 (RFC 4648 section 5), by its place among four: where they stand in
/// the three bytes that the four make.
const SIX_BITS: [[u32; 256]; 4] = {
    let mut bits = [[NO_BITS; 256]; 4];
    let characters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut value: u32 = 0;
    while (value as usize) < characters.len() {
        let mut place = 0;
        while place < bits.len() {
            bits[place][characters[value as usize] as usize] = value << (18 - 6 * place);
            place += 1;
        }
        value += 1;
    }
    bits
};
/// The value of all other characters: more than three bytes.
const NO_BITS: u32 = 1 << 24;

/// The bytes of a ticket; `None` if a character is not of URL-safe base64. Every poll and every message has a ticket, and
/// one length needs no general decoder.
fn decode(text: &[u8; TICKET_CHARS]) -> Option<[u8; TICKET_BYTES]> {
    let mut bytes = [0; TICKET_BYTES];
    let mut seen = 0;
    for (three, four) in bytes.as_chunks_mut::<3>().0.iter_mut().zip(text.as_chunks::<4>().0) {
        let word = SIX_BITS.iter().zip(four).fold(0, |word, (bits, at)| word | bits[usize::from(*at)]);
        seen |= word;
        let [_, rest @ ..] = word.to_be_bytes();
        *three = rest;
    }
    (seen & NO_BITS == 0).then_some(bytes)
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
        let session = SessionKey { place: Place::new(3), slot };
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

    proptest::proptest! {
        #[test]
        fn any_text_is_a_ticket_or_none(text in ".{0,60}") {
            if let Some(ticket) = Ticket::parse(&text) {
                proptest::prop_assert_eq!(ticket.text(), text);
            }
        }

        #[test]
        fn every_ticket_can_be_read(epoch: u32, place: u16, index: u32, generation in 1..=u32::MAX, secret: [u8; 16]) {
            let slot = Slot { index, generation: NonZeroU32::new(generation).unwrap() };
            let ticket = Ticket { epoch, session: SessionKey { place: Place::new(place), slot }, secret };
            proptest::prop_assert!(Ticket::parse(&ticket.text()) == Some(ticket));
        }
    }
}
