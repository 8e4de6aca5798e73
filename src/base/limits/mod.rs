//! Every cap and budget of the server, with its unit and its reason.
//!
//! Owns: the numbers, by the part of the server that they bound, and how they must stand to each other: each file
//! ends with assertions that the compiler checks. Must not: import what is not in this folder. A number that bounds a
//! queue or a loop anywhere in the crate has its name here.
//!
//! Reading order: [`settings`] (what an operator may change), [`wire`], [`chat`], [`admission`], [`turn`], [`ops`],
//! [`bridges`], [`cluster`], [`parked`]. A file imports only from those before it.

pub(crate) mod admission;
pub(crate) mod bridges;
pub(crate) mod chat;
pub(crate) mod cluster;
pub(crate) mod ops;
pub(crate) mod parked;
pub(crate) mod settings;
pub(crate) mod table;
pub(crate) mod turn;
pub(crate) mod wire;

pub use self::settings::{Limits, Timeouts};
