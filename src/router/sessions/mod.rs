//! Sessions: their polls, and the packets that are queued to them.
//!
//! Owns: the order of its files. Must not: define a type.

pub(super) mod aside;
pub(super) mod backlog;
mod drain;
pub(super) mod ended;
pub(in crate::router) mod expiry;
pub(in crate::router) mod label;
mod line;
pub(super) mod newest;
mod pace;
mod polls;
pub(super) mod queue;
pub(super) mod session;
pub(super) mod space;
pub(crate) mod storm;
mod streams;
pub(super) mod sum;
pub(super) mod table;
