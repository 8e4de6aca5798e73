//! Packets: what is queued to sessions, encoded once.
//!
//! Owns: the order of its files. Must not: define a type.
//!
//! `content` is what a packet says, `encode` writes it as JSON, and `encoded` is the result, which is shared.

mod content;
mod encode;
mod encoded;
#[cfg(test)]
mod testing;

pub(crate) use content::{Kind, Signal};
pub use content::{Message, MessageType, PresenceType};
pub use encoded::Packet;
