//! The server as the admin listener sees it.
//!
//! Owns: the numbers that stay, and the functions that fetch the others. Must not: import `node`; it makes the functions.

use std::fmt;
use std::sync::Arc;

use crate::base::clock::Deadline;
use crate::base::domains::Domains;
use crate::base::stats::Stats;

/// What is watched, and how to ask about it.
pub(crate) struct WatchedServer {
    pub(crate) stats: Stats,
    /// The domains as they are configured now.
    pub(crate) domains: Box<dyn Fn() -> Arc<Domains> + Send + Sync>,
    /// Batches in the mailbox of each shard.
    pub(crate) mailboxes: Box<dyn Fn() -> Vec<usize> + Send + Sync>,
    pub(crate) connections_per_shard: usize,
    /// Descriptors each table may hold.
    pub(crate) descriptors_max: usize,
    /// Names under which the listener may be asked, besides addresses and `localhost`.
    pub(crate) hosts: Vec<String>,
    /// When the server started: for how long ago that was, and in milliseconds since 1970.
    pub(crate) started: Deadline,
    pub(crate) started_ms: u64,
}

impl fmt::Debug for WatchedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedServer").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}
