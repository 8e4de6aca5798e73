//! Packets: what is queued to sessions, encoded once.
//!
//! Owns: the order of its files. Must not: define a type.
//!
//! `content` is what a packet says, `encode` writes it as JSON, `encoded` is the result, which is shared, and `reader`
//! writes that as the page reads it that it is for.

mod content;
mod encode;
mod encoded;
mod reader;
#[cfg(test)]
mod testing;

pub(crate) use content::{Kind, Signal};
pub use content::{Message, MessageType, PresenceType};
pub use encoded::Packet;
pub use reader::Reader;
