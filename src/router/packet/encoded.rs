//! Packets that are encoded, and shared by all who receive them.
//!
//! Owns: [`Packet`]: the block of bytes, what each holder counts it for, and the forms that other dialects need. Must
//! not: import `sessions`. A packet begins with its type, so that a dialect (a broadcast shown as a unicast, a presence
//! with another type) is another beginning before the same rest.

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
    /// Bytes of the member `meta` at its end, with the comma before it; 0: there is none.
    meta: u16,
    /// What each of its holders counts it for.
    share: u32,
    /// Its JSON, and behind that, of a signal, the subject.
    block: Arc<[u8]>,
}

// Queues hold very many. The length of `meta` stands where nothing would.
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

    /// The same packet, whose last bytes before the brace are the member `meta`.
    pub(super) fn with_meta(self, bytes: usize) -> Packet {
        Packet { meta: u16::try_from(bytes).expect("an object has a limit"), ..self }
    }

    fn of(kind: Kind, block: Vec<u8>) -> Packet {
        let share = u32::try_from(block.len()).expect("it is smaller than the request it came in, six times");
        Packet { kind, meta: 0, share, block: block.into() }
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

    /// Whether pages of older dialects do not know it.
    pub(crate) fn is_for_version_6(&self) -> bool {
        matches!(self.kind, Kind::RoomStatus | Kind::Signal)
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
        json::write(&mut head, name);
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

    /// The same packet without `meta`, for front ends that do not know it; `None`: it has none.
    pub(crate) fn without_meta(&self) -> Option<Packet> {
        let end = self.block.len().checked_sub(usize::from(self.meta) + 1).filter(|_| self.meta > 0)?;
        let mut out = Vec::with_capacity(end + 1);
        out.extend_from_slice(&self.block[..end]);
        Some(Packet::close(self.kind, out))
    }

    /// A broadcast as a unicast to `name`, for front ends that break on a third type.
    #[must_use]
    pub fn addressed(&self, name: &str) -> Packet {
        assert_eq!(self.kind, Kind::Message(MessageType::Broadcast), "only broadcasts have no address");
        let rest = self.block.strip_prefix(b"{\"type\":\"broadcast\",\"to\":\"\"").expect("as encoded above");
        let mut out = Vec::with_capacity(self.block.len() + name.len());
        out.extend_from_slice(b"{\"type\":\"unicast\",\"to\":");
        json::write(&mut out, name);
        out.extend_from_slice(rest);
        Packet { meta: self.meta, ..Packet::of(Kind::Message(MessageType::Unicast), out) }
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
    use super::super::content::Message;
    use super::super::testing::message;
    use super::*;

    #[test]
    fn an_object_goes_last_and_can_be_left_out() {
        let plain = message(MessageType::Broadcast, "", "1");
        assert_eq!(plain.without_meta(), None);
        let with = Packet::message(&Message {
            from: "a\"b",
            nick: "A",
            to: "",
            timestamp: "1",
            kind: MessageType::Broadcast,
            body: "<b>hi",
            style: "",
            id: "7",
            meta: Some(r#"{ "x":"</b>", "n":1e400 }"#),
        });
        let text = std::str::from_utf8(with.json()).unwrap();
        assert!(text.ends_with(r#","id":"7","meta":{ "x":"\u003c/b>", "n":1e400 }}"#), "{text}");
        assert_eq!(with.without_meta(), Some(plain.clone()));
        assert_eq!(with.addressed("bob").without_meta(), Some(plain.addressed("bob")));
        assert_eq!(with.shared_by(3).without_meta(), Some(plain));
    }

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
    fn a_broadcast_can_be_told_as_a_unicast() {
        let told = message(MessageType::Broadcast, "", "1").addressed("bob");
        assert_eq!(told, message(MessageType::Unicast, "bob", "1"));
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
