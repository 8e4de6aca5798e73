//! Sessions: their polls, and the packets that are queued to them.
//!
//! Owns: the order of its files. Must not: define a type.

pub(in crate::router) mod aside;
pub(in crate::router) mod backlog;
mod drain;
pub(in crate::router) mod expiry;
pub(in crate::router) mod label;
pub(in crate::router) mod newest;
mod pace;
mod polls;
pub(in crate::router) mod queue;
pub(in crate::router) mod session;
pub(crate) mod storm;
pub(in crate::router) mod sum;
pub(in crate::router) mod table;
