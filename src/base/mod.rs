//! The base of all other wings: numbers, time, tables, sums.
//!
//! Owns: the limits, the clock, slots, memory accounts, admission, domains, address ranges, JSON text and counters.
//! Must not: do I/O, start a thread, or import another wing.
//!
//! Reading order: [`limits`], [`clock`], [`slots`], [`ranges`], [`domains`], [`memory`], [`admission`], [`stats`],
//! [`json`].

pub mod admission;
pub mod clock;
pub mod domains;
pub mod json;
pub mod limits;
pub mod memory;
pub mod ranges;
pub mod slots;
pub mod stats;
