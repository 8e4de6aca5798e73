//! Rooms and their members.
//!
//! Owns: the order of its files. Must not: hold code.

mod room;
pub(in crate::router) mod table;
