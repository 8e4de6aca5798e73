//! Packets: what is queued to sessions, encoded once.
//!
//! Owns: the JSON of messages, presences, statuses and signals (protocol, "GET /packets"). Must not: import `sessions`.
//! A packet begins with its type, so that a dialect (a broadcast shown as a unicast, a presence with another type) is
//! another beginning before the same rest.

use std::sync::Arc;

use super::profile::{Profile, UNAVAILABLE};
use crate::base::json;
use crate::base::limits::chat::{PACKET_SHARERS_MAX, TIMESTAMP_NUMBER_BYTES_MAX};

/// How a message is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// To one user.
    Unicast,
    /// To the members of a room.
    Multicast,
    /// To all users of the domain.
    Broadcast,
}

impl MessageType {
    /// The word on the wire.
    pub(crate) fn word(self) -> &'static str {
        match self {
            MessageType::Unicast => "unicast",
            MessageType::Multicast => "multicast",
            MessageType::Broadcast => "broadcast",
        }
    }
}

/// What a presence shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PresenceType {
    /// The user came.
    Online,
    /// The user left.
    Offline,
    /// The user changed its show or status.
    Show,
    /// The user entered a room, which stands in the status.
    Join,
    /// The user left a room, which stands in the status.
    Leave,
}

impl PresenceType {
    fn word(self) -> &'static str {
        match self {
            PresenceType::Online => "online",
            PresenceType::Offline => "offline",
            PresenceType::Show => "show",
            PresenceType::Join => "join",
            PresenceType::Leave => "leave",
        }
    }
}

/// Which list of a poll answer a packet belongs to, and its type there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Something said.
    Message(MessageType),
    /// Who is there.
    Presence(PresenceType),
    /// Typing, for one user.
    Status,
    /// Typing, for the version-6 pages of a room.
    RoomStatus,
    /// Something that has happened to messages, for version-6 pages.
    Signal,
}

/// A message before it is encoded.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The sender's name.
    pub from: &'a str,
    /// What receivers see as the sender.
    pub nick: &'a str,
    /// The receiver, the room, or nothing for a broadcast.
    pub to: &'a str,
    /// When, by the sender's clock.
    pub timestamp: &'a str,
    /// How it is addressed.
    pub kind: MessageType,
    /// What it says.
    pub body: &'a str,
    /// CSS, as the front end likes it.
    pub style: &'a str,
    /// No other message has it.
    pub id: &'a str,
    /// A JSON object for version-6 pages.
    pub meta: Option<&'a str>,
}

/// A signal before it is encoded.
#[derive(Clone, Copy, Debug)]
pub struct Signal<'a> {
    /// The sender's name.
    pub from: &'a str,
    /// The receiver or the room.
    pub to: &'a str,
    /// What has happened.
    pub name: &'a str,
    /// A JSON object.
    pub data: &'a str,
    /// The hash of its subject: a signal supersedes an older one about the same.
    pub subject: u64,
}

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
    /// Encodes a message.
    pub fn message(message: &Message<'_>) -> Packet {
        let kind = Kind::Message(message.kind);
        let meta = message.meta.unwrap_or_default();
        let mut out = Vec::with_capacity(160 + message.body.len() + message.style.len() + meta.len());
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(message.kind.word().as_bytes());
        out.extend_from_slice(b"\",\"to\":");
        json::write(&mut out, message.to);
        member(&mut out, "from", message.from);
        member(&mut out, "nick", message.nick);
        out.extend_from_slice(b",\"timestamp\":");
        if is_json_number(message.timestamp) {
            out.extend_from_slice(message.timestamp.as_bytes());
        } else {
            json::write(&mut out, message.timestamp);
        }
        member(&mut out, "body", message.body);
        member(&mut out, "style", message.style);
        member(&mut out, "id", message.id);
        let before = out.len();
        if !meta.is_empty() {
            out.extend_from_slice(b",\"meta\":");
            json::write_json(&mut out, meta);
        }
        let meta = u16::try_from(out.len() - before).expect("an object has a limit");
        Packet { meta, ..Packet::close(kind, out) }
    }

    /// Encodes what `profile` now shows.
    pub fn presence(kind: PresenceType, profile: &Profile) -> Packet {
        Packet::presence_of(kind, profile.name(), profile.nick(), profile.show(), profile.status())
    }

    /// Encodes that a user left. The last show or status is not in it, so that going offline and turning
    /// invisible look the same.
    pub(crate) fn offline(profile: &Profile) -> Packet {
        Packet::presence_of(PresenceType::Offline, profile.name(), profile.nick(), UNAVAILABLE, "")
    }

    /// Encodes what others are shown when a user who showed `before` shows `after`; `None` if nothing.
    pub(crate) fn transition(before: &Profile, after: &Profile) -> Option<Packet> {
        match (before.visible(), after.visible()) {
            (true, true) => Some(Packet::presence(PresenceType::Show, after)),
            (true, false) => Some(Packet::offline(after)),
            (false, true) => Some(Packet::presence(PresenceType::Online, after)),
            (false, false) => None,
        }
    }

    /// Encodes that `profile`, as `nick`, entered or left `room`.
    pub(crate) fn room_presence(kind: PresenceType, profile: &Profile, nick: &str, room: &str) -> Packet {
        Packet::presence_of(kind, profile.name(), nick, profile.show(), room)
    }

    fn presence_of(kind: PresenceType, from: &str, nick: &str, show: &str, status: &str) -> Packet {
        let mut out = Vec::with_capacity(96 + from.len() + nick.len() + show.len() + status.len());
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(kind.word().as_bytes());
        out.push(b'"');
        member(&mut out, "from", from);
        member(&mut out, "nick", nick);
        member(&mut out, "show", show);
        member(&mut out, "status", status);
        Packet::close(Kind::Presence(kind), out)
    }

    /// Encodes a typing state.
    pub fn status(from: &str, nick: &str, to: &str, show: &str) -> Packet {
        let mut out = Vec::with_capacity(64 + from.len() + nick.len() + to.len() + show.len());
        out.extend_from_slice(b"{\"from\":");
        json::write(&mut out, from);
        member(&mut out, "nick", nick);
        member(&mut out, "to", to);
        member(&mut out, "show", show);
        Packet::close(Kind::Status, out)
    }

    /// The same for the pages of a room.
    pub fn room_status(from: &str, nick: &str, room: &str, show: &str) -> Packet {
        Packet { kind: Kind::RoomStatus, ..Packet::status(from, nick, room, show) }
    }

    /// Encodes a signal.
    pub fn signal(signal: &Signal<'_>) -> Packet {
        let Signal { from, to, name, data, subject } = *signal;
        let mut out = Vec::with_capacity(64 + from.len() + to.len() + name.len() + data.len());
        out.extend_from_slice(b"{\"from\":");
        json::write(&mut out, from);
        member(&mut out, "to", to);
        member(&mut out, "name", name);
        out.extend_from_slice(b",\"data\":");
        json::write_json(&mut out, data);
        out.push(b'}');
        out.extend_from_slice(&subject.to_le_bytes());
        Packet::of(Kind::Signal, out)
    }

    fn close(kind: Kind, mut out: Vec<u8>) -> Packet {
        out.push(b'}');
        Packet::of(kind, out)
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

    /// Whether it is counted how many sessions it was queued to, and more of it waits only while its domain may make more
    /// wait.
    pub fn is_counted(&self) -> bool {
        matches!(self.kind, Kind::Message(_) | Kind::Signal)
    }

    /// Whether pages of older dialects do not know it.
    pub fn is_for_version_6(&self) -> bool {
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
    pub fn without_meta(&self) -> Option<Packet> {
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

fn member(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    json::write(out, value);
}

/// Whether `text` is a JSON number (RFC 8259 section 6) short enough to be passed on as one.
fn is_json_number(text: &str) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = text.as_bytes();
    if rest.len() > TIMESTAMP_NUMBER_BYTES_MAX {
        return false;
    }
    rest = rest.strip_prefix(b"-").unwrap_or(rest);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = exponent.strip_prefix(b"+").or(exponent.strip_prefix(b"-")).unwrap_or(exponent);
        let count = digits(exponent);
        if count == 0 {
            return false;
        }
        rest = &exponent[count..];
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parsed(packet: &Packet) -> Value {
        serde_json::from_slice(packet.json()).unwrap()
    }

    fn message(kind: MessageType, to: &str, timestamp: &str) -> Packet {
        Packet::message(&Message {
            from: "a\"b",
            nick: "A",
            to,
            timestamp,
            kind,
            body: "<b>hi",
            style: "",
            id: "7",
            meta: None,
        })
    }

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
    fn a_message_has_all_members() {
        assert_eq!(
            parsed(&message(MessageType::Unicast, "bob", "12.5")),
            json!({"from": "a\"b", "nick": "A", "to": "bob", "timestamp": 12.5, "type": "unicast",
                   "body": "<b>hi", "style": "", "id": "7"})
        );
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
    fn timestamps_are_numbers_or_strings() {
        for number in
            ["0", "-0", "1246883572400", "1.5", "1e9", "-1.25E-7", "12345678901234567890123456789012"]
        {
            assert!(is_json_number(number), "{number}");
            let packet = message(MessageType::Unicast, "b", number);
            let text = std::str::from_utf8(packet.json()).unwrap();
            assert!(text.contains(&format!("\"timestamp\":{number},")), "verbatim: {text}");
        }
        for text in [
            "",
            "-",
            "01",
            "1.",
            ".5",
            "1e",
            "1e+",
            "+1",
            "0x1",
            "NaN",
            "1 ",
            "123456789012345678901234567890123",
        ] {
            assert!(!is_json_number(text), "{text}");
            assert_eq!(parsed(&message(MessageType::Unicast, "b", text))["timestamp"], text);
        }
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

    #[test]
    fn a_signal_has_its_data_and_a_subject_behind_its_json() {
        let signal = |subject| {
            Packet::signal(&Signal { from: "a\"", to: "b", name: "react", data: "{ \"k\":\"<\"}", subject })
        };
        let packet = signal(u64::MAX - 7);
        let expected = r#"{"from":"a\"","to":"b","name":"react","data":{ "k":"\u003c"}}"#;
        assert_eq!(std::str::from_utf8(packet.json()).unwrap(), expected);
        assert_eq!((packet.subject(), packet.shared_by(9).subject()), (u64::MAX - 7, u64::MAX - 7));
        assert_eq!(packet.share(), expected.len() + 8);
        assert_ne!(packet, signal(1));
        assert!(!packet.is_unicast_to("b") && packet.is_for_version_6() && packet.without_meta().is_none());
    }

    #[test]
    fn presences_tell_what_is_shown() {
        let profile = Profile::new("bob", "Bob", "away", "lunch");
        assert_eq!(
            parsed(&Packet::presence(PresenceType::Show, &profile)),
            json!({"from": "bob", "nick": "Bob", "type": "show", "show": "away", "status": "lunch"})
        );
        assert_eq!(
            parsed(&Packet::offline(&profile)),
            json!({"from": "bob", "nick": "Bob", "type": "offline", "show": "unavailable", "status": ""})
        );
        assert_eq!(
            Packet::presence(PresenceType::Show, &profile).as_online(),
            Packet::presence(PresenceType::Online, &profile)
        );
        assert_eq!(
            parsed(&Packet::room_presence(PresenceType::Join, &profile, "B", "room1")),
            json!({"from": "bob", "nick": "B", "type": "join", "show": "away", "status": "room1"})
        );
        for status in
            [Packet::status("bob", "Bob", "al", "typing"), Packet::room_status("bob", "Bob", "al", "typing")]
        {
            assert_eq!(parsed(&status), json!({"from": "bob", "nick": "Bob", "to": "al", "show": "typing"}));
        }
    }
}
