//! Parts of a shard, and the events it reports.
//!
//! Owns: the types that the server and a shard share. Must not: import a part that runs.

use std::net::SocketAddr;
use std::sync::Arc;

use crossbeam_channel::Sender;
use mio::Poll;

use super::gate::Gate;
use super::mailbox::{Inbox, Outbox};
use super::passing::PassingSockets;
use crate::base::admission::Pace;
use crate::base::clock::Origin;
use crate::base::stats::Stats;
use crate::bridges::returns::Returns;
use crate::router::Settings;

/// The parts that are made before any shard has a descriptor table of its own: descriptors among them that another
/// thread uses must have the same number in all tables.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) poll: Poll,
    pub(crate) passing: PassingSockets,
    pub(crate) inbox: Inbox,
    pub(crate) outbox: Outbox,
    pub(crate) gate: Gate,
    /// The pace of accepting, if it is limited.
    pub(crate) accepts: Option<Pace>,
    /// The start of the time that all shards share.
    pub(crate) origin: Origin,
    pub(crate) settings: Settings,
    pub(crate) stats: Stats,
    /// The way of undelivered messages back to their site.
    pub(crate) returns: Returns,
    pub(crate) events: Sender<ShardEvent>,
}

/// The order to listen, sent once all shards have their descriptor tables.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) addresses: Vec<SocketAddr>,
    /// The URL that the paths for browsers are below.
    pub(crate) base_url: Arc<str>,
}

/// An event in the life of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShardEvent {
    /// No connection is left.
    Drained,
    /// Its thread has ended, by order or by a failure.
    Ended {
        /// Whether by a panic or an error.
        failed: bool,
    },
}
