//! The plugin with a real message server: the answers and refusals of every endpoint.
//!
//! Owns: the promises that a chat bar relies on, one test each. Must not: fetch pages.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod arrivals;
mod common;
mod contacts;
mod failures;
mod history;
mod jsonp;
mod log_outs;
mod messages;
mod meta;
mod missed;
mod old;
mod online;
mod puppet;
mod rates;
mod renewal;
mod requests;
mod rooms;
mod settings;
