//! The wire: requests of this protocol as bytes, and what is read from answers.
//!
//! Owns: the list. Must not: hold code.

mod answers;
mod events;
mod frames;
mod requests;
mod transport;

pub use answers::{News, NewsReader, Parsed, answer, content_length, field, whole};
pub use events::StreamPart;
pub use requests::{LENGTH_DIGITS, Recipient, Requests, Ticket};
pub use transport::Transport;
