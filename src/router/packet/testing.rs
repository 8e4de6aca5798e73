//! The common part of the tests in this folder.
//!
//! Owns: a message. Must not: be imported outside of tests.

use super::{Message, MessageType, Packet};

/// One whose sender and body must be escaped.
pub(super) fn message(kind: MessageType, to: &str, timestamp: &str) -> Packet {
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
