//! Packets as the pages of each dialect read them.
//!
//! Owns: [`Reader`], and how a packet that was encoded once is written for it. Must not: copy a packet: a dialect is
//! other bytes around the same ones, which go straight into the answer.

use super::content::{Kind, MessageType};
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
}

impl Packet {
    /// Appends the packet as the reader knows it.
    pub fn write(&self, out: &mut Vec<u8>, reader: &Reader) {
        match (reader, self.kind()) {
            (Reader::Older(user), Kind::Message(kind)) => {
                let (json, _) = self.parts();
                match kind {
                    MessageType::Unicast | MessageType::Multicast => out.extend_from_slice(json),
                    MessageType::Broadcast => {
                        out.extend_from_slice(b"{\"type\":\"unicast\"");
                        write_addressed(out, user.name(), json);
                    }
                }
                out.push(b'}');
            }
            (Reader::V6, _)
            | (Reader::Older(_), Kind::Presence(_) | Kind::Status | Kind::RoomStatus | Kind::Signal) => {
                out.extend_from_slice(self.json());
            }
        }
    }
}

/// Appends what follows the type of a broadcast, addressed to the user of this name.
fn write_addressed(out: &mut Vec<u8>, name: &str, broadcast: &[u8]) {
    out.extend_from_slice(b",\"to\":");
    json::write(out, name);
    out.extend_from_slice(
        broadcast.strip_prefix(b"{\"type\":\"broadcast\",\"to\":\"\"").expect("as it is encoded"),
    );
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
}
