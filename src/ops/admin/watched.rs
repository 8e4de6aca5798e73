//! The server as the admin listener sees it.
//!
//! Owns: the numbers that stay, and the functions that fetch the others. Must not: import `node`; it makes the functions.

use std::fmt;
use std::sync::Arc;

use crate::base::clock::Deadline;
use crate::base::domains::Domains;
use crate::base::stats::Stats;

pub(crate) struct WatchedServer {
    pub(crate) stats: Stats,
    /// The current domains.
    pub(crate) domains: Box<dyn Fn() -> Arc<Domains> + Send + Sync>,
    /// The number of batches in the mailbox of each shard.
    pub(crate) mailboxes: Box<dyn Fn() -> Vec<usize> + Send + Sync>,
    pub(crate) connections_per_shard: usize,
    /// The most descriptors of a table.
    pub(crate) descriptors_max: usize,
    /// Names that a `Host` header may have, besides addresses and `localhost`.
    pub(crate) hosts: Vec<String>,
    /// The start of the server, for its age.
    pub(crate) started: Deadline,
    /// The start of the server, in milliseconds since 1970.
    pub(crate) started_ms: u64,
}

impl fmt::Debug for WatchedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedServer").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}
