//! Operations: metrics, health, a page, a terminal view, the log, the pid file, and systemd's protocol.
//!
//! Owns: threads of its own. Must not: import another wing than `base`; no shard ever waits for this one.

pub(crate) mod admin;
pub mod logging;
pub(crate) mod pid_file;
pub(crate) mod service;
pub mod top;
