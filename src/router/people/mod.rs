//! Users: what each shows, who is linked with whom, and what becomes of their messages.
//!
//! Owns: the order of its files. Must not: define a type.
//!
//! Data: `keys`, `spans`, `mailbox`, `signal_box`, `extras`, `user`; `users`, `sites`, `unlinking`, `tables`, which holds them all. What
//! is done with it, each file by means of those before it: `passing`, `linger`, `handover`, `delivery`, `presence`, `looks`,
//! `roster`, `unlink`, `membership`, `online`.

pub(in crate::router) mod delivery;
mod extras;
mod handover;
mod keys;
mod linger;
mod looks;
pub(in crate::router) mod mailbox;
mod membership;
mod online;
mod passing;
mod presence;
mod roster;
pub(in crate::router) mod signal_box;
mod sites;
mod spans;
pub(in crate::router) mod tables;
mod unlink;
mod unlinking;
pub(in crate::router) mod user;
mod users;
