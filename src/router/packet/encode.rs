//! The JSON of packets.
//!
//! Owns: the members of messages, presences, statuses and signals, and their order (protocol, "GET /packets"). Must
//! not: look into a packet that is encoded; `encoded` does.

use super::content::{Kind, Message, PresenceType, Signal};
use super::encoded::Packet;
use crate::base::json;
use crate::base::limits::chat::TIMESTAMP_NUMBER_BYTES_MAX;
use crate::router::profile::{Profile, UNAVAILABLE};

impl Packet {
    /// Encodes a message.
    pub fn message(message: &Message<'_>) -> Packet {
        let kind = Kind::Message(message.kind);
        let meta = message.meta.unwrap_or_default();
        let mut out = Vec::with_capacity(160 + message.body.len() + message.style.len() + meta.len());
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(message.kind.word().as_bytes());
        out.extend_from_slice(b"\",\"to\":");
        json::write_text(&mut out, message.to);
        member(&mut out, b",\"from\":", message.from);
        member(&mut out, b",\"nick\":", message.nick);
        out.extend_from_slice(b",\"timestamp\":");
        if is_json_number(message.timestamp) {
            out.extend_from_slice(message.timestamp.as_bytes());
        } else {
            json::write_text(&mut out, message.timestamp);
        }
        member(&mut out, b",\"body\":", message.body);
        member(&mut out, b",\"style\":", message.style);
        member(&mut out, b",\"id\":", message.id);
        let before = out.len();
        if !meta.is_empty() {
            out.extend_from_slice(b",\"meta\":");
            json::write_json(&mut out, meta);
        }
        let meta = out.len() - before;
        Packet::close(kind, out).with_tail(meta)
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

    /// Encodes that a member of `room` came, or went if others do not see it any more.
    pub(crate) fn group_presence(profile: &Profile, visible: bool, room: &str) -> Packet {
        let (kind, show) = if visible {
            (PresenceType::GroupOnline, profile.show())
        } else {
            (PresenceType::GroupOffline, UNAVAILABLE)
        };
        Packet::presence_of(kind, profile.name(), profile.nick(), show, room)
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
        member(&mut out, b",\"from\":", from);
        member(&mut out, b",\"nick\":", nick);
        member(&mut out, b",\"show\":", show);
        out.extend_from_slice(b",\"status\":");
        let before = out.len();
        json::write_text(&mut out, status);
        let room_bytes = if kind.is_of_room() { out.len() - before } else { 0 };
        Packet::close(Kind::Presence(kind), out).with_tail(room_bytes)
    }

    /// Encodes a typing state.
    pub fn status(from: &str, nick: &str, to: &str, show: &str) -> Packet {
        Packet::close(Kind::Status, typing(from, nick, to, show))
    }

    /// The same for the pages of a room.
    pub(crate) fn room_status(from: &str, nick: &str, room: &str, show: &str) -> Packet {
        Packet::close(Kind::RoomStatus, typing(from, nick, room, show))
    }

    /// Encodes a signal.
    pub fn signal(signal: &Signal<'_>) -> Packet {
        let Signal { from, to, name, data, subject } = *signal;
        let mut out = Vec::with_capacity(64 + from.len() + to.len() + name.len() + data.len());
        out.extend_from_slice(b"{\"from\":");
        json::write_text(&mut out, from);
        member(&mut out, b",\"to\":", to);
        member(&mut out, b",\"name\":", name);
        out.extend_from_slice(b",\"data\":");
        json::write_json(&mut out, data);
        Packet::close_signal(out, subject)
    }
}

/// A typing state, without its last brace.
fn typing(from: &str, nick: &str, to: &str, show: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + from.len() + nick.len() + to.len() + show.len());
    out.extend_from_slice(b"{\"from\":");
    json::write_text(&mut out, from);
    member(&mut out, b",\"nick\":", nick);
    member(&mut out, b",\"to\":", to);
    member(&mut out, b",\"show\":", show);
    out
}

/// Writes a member whose name stands, as JSON, in `before`. As a constant it is copied in a step or two.
#[inline]
fn member<const BYTES: usize>(out: &mut Vec<u8>, before: &[u8; BYTES], value: &str) {
    out.extend_from_slice(before);
    json::write_text(out, value);
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

    use super::super::content::MessageType;
    use super::super::testing::message;
    use super::*;

    fn parsed(packet: &Packet) -> Value {
        serde_json::from_slice(packet.json()).unwrap()
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
        assert!(!packet.is_unicast_to("b"));
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
        for (visible, kind, show) in [(true, "grponline", "away"), (false, "grpoffline", "unavailable")] {
            assert_eq!(
                parsed(&Packet::group_presence(&profile, visible, "room1")),
                json!({"from": "bob", "nick": "Bob", "type": kind, "show": show, "status": "room1"})
            );
        }
        for status in
            [Packet::status("bob", "Bob", "al", "typing"), Packet::room_status("bob", "Bob", "al", "typing")]
        {
            assert_eq!(parsed(&status), json!({"from": "bob", "nick": "Bob", "to": "al", "show": "typing"}));
        }
    }
}
