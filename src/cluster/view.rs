//! The nodes as routers see them.
//!
//! Owns: [`View`]. Must not: decide who is up; `members` does.

use std::sync::Arc;

use super::partition::{Name, Partition, rendezvous};
use crate::router::ids::Place;
use crate::router::owners::{Isolation, Nodes, Peer};

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

/// The nodes that own names, by their places among all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ring {
    owning: Vec<usize>,
    /// For each node of the configured list its place, if it owns names.
    listed: Vec<Option<usize>>,
}

impl Ring {
    fn new(nodes: &[Seen], listed: &[Box<str>], owns: impl Fn(&Seen) -> bool) -> Ring {
        let owning: Vec<usize> = (0..nodes.len()).filter(|at| owns(&nodes[*at])).collect();
        let at = |name: &str| owning.iter().copied().find(|at| *nodes[*at].name == *name);
        Ring { listed: listed.iter().map(|name| at(name)).collect(), owning }
    }
}

/// Who is there, and who owns which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// All nodes that can be reached, this one among them, by name.
    nodes: Vec<Seen>,
    partition: Partition,
    now: Ring,
    /// Those that owned names a short time ago.
    before: Option<Ring>,
    links: u16,
    /// Why this node takes no calls.
    isolation: Option<Isolation>,
}

impl View {
    /// `listed` are the names of the configured nodes, `before` those of the nodes that owned names a short time ago, and
    /// `links` the places there are for other nodes.
    pub(crate) fn new(
        mut nodes: Vec<Seen>,
        partition: Partition,
        (listed, before): (&[Box<str>], Option<&[Arc<str>]>),
        links: u16,
        isolation: Option<Isolation>,
    ) -> View {
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        let now = Ring::new(&nodes, listed, |node| node.owns);
        let before = before.map(|before| Ring::new(&nodes, listed, |node| before.contains(&node.name)));
        View { nodes, partition, now, before, links, isolation }
    }

    /// The names of the nodes that own names.
    pub(crate) fn owning(&self) -> Vec<Arc<str>> {
        self.now.owning.iter().map(|at| Arc::clone(&self.nodes[*at].name)).collect()
    }

    /// The node that owns a name; `None`: no node does.
    pub(crate) fn owner_of(&self, name: Name<'_>) -> Option<&Seen> {
        self.of(&self.now, name)
    }

    fn of(&self, ring: &Ring, name: Name<'_>) -> Option<&Seen> {
        let Ring { owning, listed } = ring;
        let number = self.partition.listed(name, listed.len());
        if let Some(Some(at)) = number.and_then(|number| listed.get(number)) {
            return self.nodes.get(*at);
        }
        let at = match &owning[..] {
            [] => return None,
            [only] => *only,
            _ => *owning.iter().max_by_key(|at| rendezvous(&self.nodes[**at].name, name))?,
        };
        self.nodes.get(at)
    }
}

impl Nodes for View {
    fn owner(&self, domain: &str, name: &str) -> Option<Place> {
        self.owner_of(Name { domain, text: name })?.place
    }

    fn former(&self, domain: &str, name: &str) -> Option<Place> {
        let name = Name { domain, text: name };
        let place = self.of(self.before.as_ref()?, name)?.place?;
        (self.owner_of(name)?.place != Some(place)).then_some(place)
    }

    fn is_settling(&self) -> bool {
        self.before.is_some()
    }

    fn peer(&self, epoch: u32) -> Option<Peer> {
        let node = self.nodes.iter().find(|node| node.epoch == epoch)?;
        Some(Peer { place: node.place?, url: Arc::clone(&node.url) })
    }

    fn links(&self) -> u16 {
        self.links
    }

    fn isolation(&self) -> Option<Isolation> {
        self.isolation
    }
}
