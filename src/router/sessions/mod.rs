//! Sessions: their polls, and the packets that are queued to them.
//!
//! Owns: the order of its files. Must not: define a type.

pub(in crate::router) mod backlog;
mod drain;
mod polls;
mod presences;
pub(in crate::router) mod queue;
pub(in crate::router) mod session;
pub(crate) mod storm;
pub(in crate::router) mod table;
