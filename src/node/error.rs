//! Errors of a start and of a run.
//!
//! Owns: their texts. Must not: log or print; `main.rs` does.

use std::fmt;
use std::io;

/// Why a server did not start. Names the setting that is to blame.
#[derive(Debug)]
pub struct StartError {
    what: String,
    source: io::Error,
}

impl StartError {
    pub(super) fn new(what: impl Into<String>, source: impl Into<io::Error>) -> StartError {
        StartError { what: what.into(), source: source.into() }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.source)
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A shard failed, so the server as a whole did: half a server is worse than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerError;

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a shard failed")
    }
}

impl std::error::Error for ServerError {}

pub(super) fn ended_early() -> io::Error {
    io::Error::other("a shard ended while the server started")
}
