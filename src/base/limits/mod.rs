//! Every cap and budget of the server, with its unit and its reason.
//!
//! Owns: the numbers, by the part of the server that they bound, and how they must stand to each other: each file
//! ends with assertions that the compiler checks. Must not: import what is not in this folder. A number that bounds a
//! queue or a loop anywhere in the crate has its name here.
//!
//! Reading order: [`settings`] (what an operator may change), [`wire`], [`chat`], [`admission`], [`turn`], [`ops`],
//! [`bridges`], [`parked`]. A file imports only from those before it.

pub mod admission;
pub mod bridges;
pub mod chat;
pub mod ops;
pub mod parked;
pub mod settings;
pub(crate) mod table;
pub mod turn;
pub mod wire;

pub use self::settings::{Limits, Timeouts};
