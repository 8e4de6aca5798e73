//! Rooms and their members.
//!
//! Owns: the order of its files. Must not: define a type.

mod room;
pub(in crate::router) mod table;
