//! Rooms and their members.
//!
//! Owns: the order of its files. Must not: hold code.

pub(in crate::router) mod room;
