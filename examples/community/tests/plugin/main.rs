//! The plugin against a real message server: every endpoint, what it answers, and what it refuses.
//!
//! Owns: the promises a chat bar relies on, one test each. Must not: look at pages.

#![allow(clippy::unwrap_used)]

mod common;
mod contacts;
mod failures;
mod history;
mod jsonp;
mod log_outs;
mod messages;
mod old;
mod online;
mod rates;
mod requests;
mod rooms;
mod settings;
