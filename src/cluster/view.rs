//! The nodes as routers see them.
//!
//! Owns: [`View`]. Must not: decide who is up; `members` does.

use std::sync::Arc;

use super::partition::{Name, Partition, rendezvous};
use crate::router::ids::Place;
use crate::router::owners::{Nodes, Peer};

/// A node of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) name: Arc<str>,
    /// `None`: this node.
    pub(crate) place: Option<Place>,
    pub(crate) epoch: u32,
    pub(crate) url: Arc<str>,
    /// Whether it owns names: it is up, and does not drain.
    pub(crate) owns: bool,
}

/// Who is there, and who owns which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// All nodes that can be reached, this one among them, by name.
    nodes: Vec<Seen>,
    partition: Partition,
    /// For each node of the configured list its place in `nodes`, if it owns names.
    listed: Vec<Option<usize>>,
    links: u16,
    is_isolated: bool,
}

impl View {
    /// `listed` are the names of the configured nodes, `links` the places there are for other nodes.
    pub(crate) fn new(
        mut nodes: Vec<Seen>,
        partition: Partition,
        listed: &[Box<str>],
        links: u16,
        is_isolated: bool,
    ) -> View {
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        let at = |name: &str| nodes.iter().position(|node| *node.name == *name && node.owns);
        View { listed: listed.iter().map(|name| at(name)).collect(), nodes, partition, links, is_isolated }
    }

    /// The node that owns a name; `None`: no node does.
    pub(crate) fn owner_of(&self, name: Name<'_>) -> Option<&Seen> {
        let listed = self.partition.listed(name, self.listed.len());
        if let Some(Some(at)) = listed.and_then(|listed| self.listed.get(listed)) {
            return self.nodes.get(*at);
        }
        let owning = || self.nodes.iter().filter(|node| node.owns);
        if owning().nth(1).is_none() {
            return owning().next();
        }
        owning().max_by_key(|node| rendezvous(&node.name, name))
    }
}

impl Nodes for View {
    fn owner(&self, domain: &str, name: &str) -> Option<Place> {
        self.owner_of(Name { domain, text: name })?.place
    }

    fn peer(&self, epoch: u32) -> Option<Peer> {
        let node = self.nodes.iter().find(|node| node.epoch == epoch)?;
        Some(Peer { place: node.place?, url: Arc::clone(&node.url) })
    }

    fn links(&self) -> u16 {
        self.links
    }

    fn is_isolated(&self) -> bool {
        self.is_isolated
    }
}
