//! Users: what each holds, who is linked with whom, and what the last session of a user leaves behind.
//!
//! Owns: the order of its files. Must not: hold code.

pub(in crate::router) mod aside;
pub(in crate::router) mod handover;
pub(in crate::router) mod keys;
pub(in crate::router) mod linger;
pub(in crate::router) mod roster;
pub(in crate::router) mod spans;
pub(in crate::router) mod unlinking;
pub(in crate::router) mod user;
