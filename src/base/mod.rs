//! The base of all other wings: numbers, time, tables, sums.
//!
//! Owns: the limits, the clock, slots, memory accounts, admission, domains, address ranges, bytes that are marks, digits, JSON text,
//! counters and figures of domains. Must not: do I/O, start a thread, or import another wing.
//!
//! Reading order: [`limits`], [`clock`], [`slots`], [`ranges`], [`domains`], [`memory`], [`admission`], [`figures`],
//! [`stats`], [`marks`], [`digits`], [`json`].

pub(crate) mod admission;
mod cell;
pub(crate) mod clock;
pub(crate) mod digits;
pub(crate) mod domains;
pub(crate) mod figures;
pub(crate) mod json;
pub(crate) mod limits;
pub(crate) mod marks;
pub(crate) mod memory;
pub(crate) mod ranges;
pub(crate) mod slots;
pub(crate) mod stats;
