//! Limits and overload: who is refused, with what, and what is counted.
//!
//! The servers run in this process, one at a time, so that their counters can be read. Clients come from 127.0.0.2 and
//! so on, and loopback is not exempt where that matters. Each test runs with 1, 2 and 7 shards.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod bodies;
mod deadlines;
mod domains;
mod dropped;
mod memory;
mod newcomers;
mod put_off;
mod rates;
mod refusals;
mod storm;
mod support;
mod work;
