//! Packets that are encoded, and shared by all who receive them.
//!
//! Owns: [`Packet`]: the block of bytes, where its parts are, and what each holder counts it for. Must not: import
//! `sessions`, or write for a dialect; `reader` does. A packet begins with its type, so that a dialect, and a presence
//! with another type, is another beginning before the same rest.

use std::sync::Arc;

use super::content::{Kind, MessageType, PresenceType};
use crate::base::json;
use crate::base::limits::chat::PACKET_SHARERS_MAX;

/// Bytes of the subject of a signal, behind its JSON.
const SUBJECT_BYTES: usize = 8;

/// One immutable encoded packet, shared by all who receive it.
#[derive(Clone, PartialEq, Eq)]
pub struct Packet {
    kind: Kind,
    /// Bytes at its end that a dialect needs to know: of a message its member `meta` with the comma before it, of a
    /// presence in a room the value of its `status`, which is the room. 0: there are none.
    tail: u16,
    /// What each of its holders counts it for.
    share: u32,
    /// Its JSON, and behind that, of a signal, the subject.
    block: Arc<[u8]>,
}

// Queues hold very many. The length of the tail stands where nothing would.
const _: () = assert!(size_of::<Packet>() <= 24);

impl Packet {
    /// Encoded so far as `out`, which lacks the last brace.
    pub(super) fn close(kind: Kind, mut out: Vec<u8>) -> Packet {
        out.push(b'}');
        Packet::of(kind, out)
    }

    /// A signal, which lacks the last brace.
    pub(super) fn close_signal(mut out: Vec<u8>, subject: u64) -> Packet {
        out.push(b'}');
        out.extend_from_slice(&subject.to_le_bytes());
        Packet::of(Kind::Signal, out)
    }

    /// The same packet, with a tail of this many bytes before the brace.
    pub(super) fn with_tail(self, bytes: usize) -> Packet {
        Packet { tail: u16::try_from(bytes).expect("objects and rooms have a limit"), ..self }
    }

    /// Its JSON before its tail, and the tail without the brace behind it.
    pub(super) fn parts(&self) -> (&[u8], &[u8]) {
        let json = self.json();
        json[..json.len() - 1].split_at(json.len() - 1 - usize::from(self.tail))
    }

    fn of(kind: Kind, block: Vec<u8>) -> Packet {
        let share = u32::try_from(block.len()).expect("it is smaller than the request it came in, six times");
        Packet { kind, tail: 0, share, block: block.into() }
    }

    /// What another node needs to make the same packet: the length of its tail, and its bytes.
    pub(crate) fn encoded(&self) -> (u16, &[u8]) {
        (self.tail, &self.block)
    }

    /// The packet that another node has encoded; `None` if it cannot have.
    pub(crate) fn from_encoded(kind: Kind, tail: u16, block: &[u8]) -> Option<Packet> {
        let behind = if kind == Kind::Signal { SUBJECT_BYTES } else { 0 };
        let json = block.get(..block.len().checked_sub(behind)?)?;
        let (begins, fits) = match kind {
            Kind::Message(MessageType::Broadcast) => {
                ("{\"type\":\"broadcast\",\"to\":\"\",".to_owned(), true)
            }
            Kind::Message(kind) => (format!("{{\"type\":\"{}\",\"to\":", kind.word()), true),
            Kind::Presence(kind) => {
                (format!("{{\"type\":\"{}\",", kind.word()), kind.is_of_room() || tail == 0)
            }
            Kind::Status | Kind::RoomStatus | Kind::Signal => ("{\"from\":".to_owned(), tail == 0),
        };
        let is_one = fits
            && json.starts_with(begins.as_bytes())
            && json.ends_with(b"}")
            && usize::from(tail) + begins.len() < json.len()
            && std::str::from_utf8(json).is_ok()
            && u32::try_from(block.len()).is_ok();
        is_one.then(|| Packet { tail, ..Packet::of(kind, block.to_vec()) })
    }

    /// Which list it belongs to, and its type there.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it is a message: something that must not get lost.
    pub(crate) fn is_message(&self) -> bool {
        matches!(self.kind, Kind::Message(_))
    }

    /// Whether it is counted how many sessions it was queued to, and more of it waits only while its domain may make
    /// more wait.
    pub(crate) fn is_counted(&self) -> bool {
        matches!(self.kind, Kind::Message(_) | Kind::Signal)
    }

    /// The hash of a signal's subject.
    pub fn subject(&self) -> u64 {
        assert_eq!(self.kind, Kind::Signal, "only signals supersede each other");
        let subject = self.block.last_chunk::<SUBJECT_BYTES>().expect("as encoded above");
        u64::from_le_bytes(*subject)
    }

    /// Whether it is a message to this one user, and not the sender's copy of a message to another user.
    pub(crate) fn is_unicast_to(&self, name: &str) -> bool {
        if self.kind != Kind::Message(MessageType::Unicast) {
            return false;
        }
        let mut head = b"{\"type\":\"unicast\",\"to\":".to_vec();
        json::write_text(&mut head, name);
        self.block.strip_prefix(&*head).is_some_and(|rest| rest.starts_with(b",\"from\":"))
    }

    /// The JSON object.
    pub(crate) fn json(&self) -> &[u8] {
        let behind = if self.kind == Kind::Signal { SUBJECT_BYTES } else { 0 };
        &self.block[..self.block.len() - behind]
    }

    /// The same packet, for this many receivers on this shard. It is in memory once, so each of them counts a part.
    #[must_use]
    pub(crate) fn shared_by(&self, receivers: usize) -> Packet {
        let share = self.block.len().div_ceil(receivers.clamp(1, PACKET_SHARERS_MAX));
        Packet { share: u32::try_from(share).expect("no more than the whole"), ..self.clone() }
    }

    /// How many of its bytes each holder counts.
    pub(crate) fn share(&self) -> usize {
        self.share as usize
    }

    /// A change of show as a coming, for pages that were not shown the coming yet.
    #[must_use]
    pub(crate) fn as_online(&self) -> Packet {
        assert_eq!(
            self.kind,
            Kind::Presence(PresenceType::Show),
            "only a change of show has another beginning"
        );
        let rest = self.block.strip_prefix(b"{\"type\":\"show\"").expect("as encoded above");
        let mut out = Vec::with_capacity(self.block.len() + 2);
        out.extend_from_slice(b"{\"type\":\"online\"");
        out.extend_from_slice(rest);
        Packet::of(Kind::Presence(PresenceType::Online), out)
    }
}

/// Shows what it is and how long, never what it says.
impl std::fmt::Debug for Packet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packet")
            .field("kind", &self.kind)
            .field("bytes", &self.json().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::message;
    use super::*;

    #[test]
    fn those_who_share_a_packet_count_it_once() {
        let packet = message(MessageType::Broadcast, "", "1");
        let bytes = packet.json().len();
        for receivers in [0, 1, 2, 7, PACKET_SHARERS_MAX] {
            let counted = packet.shared_by(receivers).share() * receivers.max(1);
            assert!(
                (bytes..bytes + receivers.max(1)).contains(&counted),
                "{receivers}: {counted} of {bytes}"
            );
        }
        let least = bytes.div_ceil(PACKET_SHARERS_MAX);
        assert_eq!((packet.shared_by(1_000_000).share(), packet.share()), (least, bytes));
    }

    #[test]
    fn a_message_knows_whom_it_is_for() {
        let packet = message(MessageType::Unicast, "a\"b", "1");
        assert!(packet.is_unicast_to("a\"b"));
        assert!(!packet.is_unicast_to("a") && !packet.is_unicast_to("a\"b\"") && !packet.is_unicast_to(""));
        for kind in [MessageType::Multicast, MessageType::Broadcast] {
            assert!(!message(kind, "bob", "1").is_unicast_to("bob"));
        }
        assert!(!Packet::status("a", "a", "bob", "typing").is_unicast_to("bob"));
    }
}
