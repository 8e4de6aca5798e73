//! What watches the server: metrics, health, a page, a terminal view, the log, and systemd's protocol.
//!
//! Owns: threads of its own. Must not: import another wing than `base`, or make a shard wait.

pub mod admin;
pub mod logging;
pub mod service;
pub mod top;
