//! The wire: requests of this protocol as bytes, and what is read from answers.
//!
//! Owns: the list. Must not: hold code.

mod answers;
mod events;
mod requests;

pub use answers::{News, NewsReader, Parsed, answer, content_length, field, whole};
pub use events::{StreamPart, stream_head, stream_part};
pub use requests::{LENGTH_DIGITS, Recipient, Requests, Ticket};
