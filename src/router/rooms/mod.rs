//! Rooms and their members.
//!
//! Owns: the order of its files. Must not: define a type.

mod room;
pub(super) mod table;
