//! What a hub is given, and what it wants done.
//!
//! Owns: the types. Must not: do anything.

use std::sync::Arc;

use crate::cluster::misfit::Misfit;
use crate::cluster::partition::Partition;
use crate::router::ids::Place;
use crate::router::mail::Mail;
use crate::router::owners::Isolation;

/// What a hub is made of.
#[derive(Clone, Debug)]
pub(crate) struct HubSettings {
    /// This node's name.
    pub(crate) node: Box<str>,
    /// Where its browsers poll.
    pub(crate) url: Box<str>,
    pub(crate) epoch: u32,
    pub(crate) partition: Partition,
    /// The nodes as they are configured, if they are.
    pub(crate) listed: Vec<Box<str>>,
    /// Fewer nodes than this that see each other take no calls.
    pub(crate) min_nodes: usize,
    /// Whether a node that is cut off takes no calls.
    pub(crate) refuses_alone: bool,
    pub(crate) dead_ms: u64,
    pub(crate) grace_ms: u64,
    pub(crate) answer_ms: u64,
}

/// What a hub wants done, in this order.
#[derive(Debug)]
pub(crate) enum Order {
    /// Mail for a shard.
    Mail(Place, Mail),
    /// A frame for the process of this node and epoch.
    Frame { node: Arc<str>, epoch: u32, bytes: Vec<u8> },
    /// A heartbeat for all nodes.
    Beat(Vec<u8>),
    /// Something an operator should know.
    Tell(Tidings),
}

/// Something an operator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tidings {
    /// A node has come.
    Met(Arc<str>),
    /// It is there no more.
    Gone(Arc<str>),
    /// A process cannot be a member.
    Misfit(Box<str>, Misfit),
    /// A frame could not be read.
    BadFrame,
    /// Why this node takes no calls; `None`: it takes them.
    Isolated(Option<Isolation>),
    /// This node owns names from now on.
    Up,
}
