//! The plugin with a real message server: what the conformance suite cannot see from outside, and this site alone has.
//!
//! Owns: the tables behind the endpoints, limits, races and rights. Must not: repeat a case of `webim-conform`, which holds
//! this plugin to what every plugin promises; or fetch pages.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod arrivals;
mod common;
mod contacts;
mod failures;
mod history;
mod log_outs;
mod messages;
mod meta;
mod missed;
mod online;
mod puppet;
mod rates;
mod renewal;
mod requests;
mod rooms;
mod settings;
mod xmpp;
