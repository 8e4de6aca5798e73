//! Packets as the pages of each dialect read them.
//!
//! Owns: [`Reader`], and how a packet that was encoded once is written for it. Must not: copy a packet: a dialect is
//! other bytes around the same ones, which go straight into the answer.

use super::content::{Kind, MessageType, PresenceType};
use super::encoded::Packet;
use crate::base::json;
use crate::router::profile::Profile;

/// The page that packets are written for: its dialect, and its user where packets are addressed to it.
#[derive(Clone, Debug)]
pub enum Reader {
    /// Of version 6: it reads packets as they are encoded.
    V6,
    /// Of the papers or of version 3: it knows no `meta`, and breaks on a third type of message, so that a broadcast is
    /// a unicast to its user.
    Older(Profile),
    /// Of version 5: it has words of its own for the types of messages, and drops presences that are not addressed to
    /// its user or to a room.
    V5(Profile),
}

impl Packet {
    /// Appends the packet as the reader knows it.
    pub fn write(&self, out: &mut Vec<u8>, reader: &Reader) {
        match (reader, self.kind()) {
            (Reader::Older(user), Kind::Message(kind)) => {
                self.write_message(out, kind, user, MessageType::word);
            }
            (Reader::V5(user), Kind::Message(kind)) => self.write_message(out, kind, user, v5_word),
            (Reader::V5(user), Kind::Presence(kind)) => self.write_addressed(out, kind, user),
            (Reader::V6, _)
            | (Reader::Older(_), Kind::Presence(_))
            | (Reader::Older(_) | Reader::V5(_), Kind::Status | Kind::RoomStatus | Kind::Signal) => {
                out.extend_from_slice(self.json());
            }
        }
    }

    /// Appends a message without its object. A broadcast is one to the user.
    fn write_message(
        &self,
        out: &mut Vec<u8>,
        kind: MessageType,
        user: &Profile,
        word: impl Fn(MessageType) -> &'static str,
    ) {
        let (json, _object) = self.parts();
        let rest = after_type(json, kind.word());
        let is_broadcast = kind == MessageType::Broadcast;
        begin(out, word(if is_broadcast { MessageType::Unicast } else { kind }));
        if is_broadcast {
            out.extend_from_slice(b",\"to\":");
            json::write_text(out, user.name());
            out.extend_from_slice(rest.strip_prefix(b",\"to\":\"\"").expect("as it is encoded"));
        } else {
            out.extend_from_slice(rest);
        }
        out.push(b'}');
    }

    /// Appends a presence with its receiver: the room, or else the user.
    fn write_addressed(&self, out: &mut Vec<u8>, kind: PresenceType, user: &Profile) {
        let (_, room) = self.parts();
        begin(out, kind.word());
        out.extend_from_slice(b",\"to\":");
        if kind.is_of_room() {
            out.extend_from_slice(room);
        } else {
            json::write_text(out, user.name());
        }
        out.extend_from_slice(after_type(self.json(), kind.word()));
    }
}

/// The word for messages of this type in version 5, whose front ends break on a third one.
fn v5_word(kind: MessageType) -> &'static str {
    match kind {
        MessageType::Unicast | MessageType::Broadcast => "chat",
        MessageType::Multicast => "grpchat",
    }
}

/// Appends the beginning of a packet, up to its type.
fn begin(out: &mut Vec<u8>, word: &str) {
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(word.as_bytes());
    out.push(b'"');
}

/// What follows the type of a packet.
fn after_type<'j>(json: &'j [u8], word: &str) -> &'j [u8] {
    &json[b"{\"type\":\"\"".len() + word.len()..]
}

#[cfg(test)]
mod tests {
    use super::super::content::Message;
    use super::super::testing::message;
    use super::*;

    /// The packet as this reader gets it.
    fn read(packet: &Packet, reader: &Reader) -> String {
        let mut out = Vec::new();
        packet.write(&mut out, reader);
        String::from_utf8(out).unwrap()
    }

    fn older() -> Reader {
        Reader::Older(Profile::new("bo\"b", "Bob", "away", ""))
    }

    fn v5() -> Reader {
        Reader::V5(Profile::new("bo\"b", "Bob", "away", ""))
    }

    fn plain(packet: &Packet) -> String {
        std::str::from_utf8(packet.json()).unwrap().to_owned()
    }

    /// The same message as [`message`], with an object.
    fn with_object(kind: MessageType, to: &str) -> Packet {
        Packet::message(&Message {
            from: "a\"b",
            nick: "A",
            to,
            timestamp: "1",
            kind,
            body: "<b>hi",
            style: "",
            id: "7",
            meta: Some(r#"{ "x":"</b>", "n":1e400 }"#),
        })
    }

    #[test]
    fn pages_of_version_6_read_objects() {
        let text = read(&with_object(MessageType::Unicast, "b"), &Reader::V6);
        assert!(text.ends_with(r#","id":"7","meta":{ "x":"\u003c/b>", "n":1e400 }}"#), "{text}");
    }

    #[test]
    fn older_pages_read_no_object_and_no_third_type() {
        for kind in [MessageType::Unicast, MessageType::Multicast] {
            let expected = plain(&message(kind, "b", "1"));
            assert_eq!(read(&with_object(kind, "b"), &older()), expected);
            assert_eq!(read(&message(kind, "b", "1"), &older()), expected);
        }
        let expected = plain(&message(MessageType::Unicast, "bo\"b", "1"));
        assert_eq!(read(&with_object(MessageType::Broadcast, ""), &older()), expected);
        assert_eq!(read(&message(MessageType::Broadcast, "", "1").shared_by(3), &older()), expected);
        let status = Packet::status("a", "A", "b", "typing");
        assert_eq!(read(&status, &older()), plain(&status));
    }

    #[test]
    fn pages_of_version_5_have_their_own_words_for_messages() {
        let check = |kind, to: &str, expected: &str| {
            for packet in [message(kind, to, "1.5E12"), with_object(kind, to)] {
                let found = read(&packet, &v5());
                let timestamp = if packet == with_object(kind, to) { "1" } else { "1.5E12" };
                assert_eq!(found, expected.replace("TIME", timestamp));
            }
        };
        let rest = r#""from":"a\"b","nick":"A","timestamp":TIME,"body":"\u003cb>hi","style":"","id":"7"}"#;
        check(MessageType::Unicast, "al", &format!(r#"{{"type":"chat","to":"al",{rest}"#));
        check(MessageType::Multicast, "r1", &format!(r#"{{"type":"grpchat","to":"r1",{rest}"#));
        check(MessageType::Broadcast, "", &format!(r#"{{"type":"chat","to":"bo\"b",{rest}"#));
    }

    #[test]
    fn presences_of_version_5_are_addressed_to_the_user_or_to_the_room() {
        let al = Profile::new("al", "Al", "away", "\"status\":\"x\"");
        let check = |packet: &Packet, expected: &str| assert_eq!(read(packet, &v5()), expected);
        check(
            &Packet::presence(PresenceType::Show, &al),
            r#"{"type":"show","to":"bo\"b","from":"al","nick":"Al","show":"away","status":"\"status\":\"x\""}"#,
        );
        check(
            &Packet::offline(&al),
            r#"{"type":"offline","to":"bo\"b","from":"al","nick":"Al","show":"unavailable","status":""}"#,
        );
        check(
            &Packet::room_presence(PresenceType::Join, &al, "A", "r\""),
            r#"{"type":"join","to":"r\"","from":"al","nick":"A","show":"away","status":"r\""}"#,
        );
        check(
            &Packet::group_presence(&al, false, "r1"),
            r#"{"type":"grpoffline","to":"r1","from":"al","nick":"Al","show":"unavailable","status":"r1"}"#,
        );
        let status = Packet::status("a", "A", "b", "typing");
        assert_eq!(read(&status, &v5()), plain(&status));
    }
}
