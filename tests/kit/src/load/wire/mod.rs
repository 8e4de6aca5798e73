//! The wire: requests of this protocol as bytes, and what is read from answers.
//!
//! Owns: the list. Must not: hold code.

mod answers;
mod requests;

pub use answers::{News, NewsReader, Parsed, answer, content_length, field, whole};
pub use requests::{LENGTH_DIGITS, Recipient, Requests, Ticket};
