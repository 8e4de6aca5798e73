//! What tests make a hub of, and look at in it.
//!
//! Owns: settings and looks. Must not: change anything.

use super::{Hub, HubSettings};
use crate::base::slots::Slot;
use crate::cluster::link::Link;
use crate::cluster::link::images::UserImage;
use crate::cluster::partition::Partition;
use crate::router::ids::Place;

impl HubSettings {
    /// A node with the defaults.
    pub(crate) fn plain(node: &str, epoch: u32) -> HubSettings {
        HubSettings {
            node: node.into(),
            url: format!("http://{node}").into(),
            epoch,
            partition: Partition::Rendezvous,
            listed: Vec::new(),
            min_nodes: 0,
            refuses_alone: true,
            dead_ms: 4_000,
            grace_ms: 12_000,
            answer_ms: 1_000,
        }
    }
}

impl Hub {
    pub(crate) fn link_at(&self, place: Place) -> &Link {
        &self.links[self.index_of(place).expect("it is the place of a link")]
    }

    pub(crate) fn all_images(&self) -> impl Iterator<Item = (Place, Slot, &UserImage)> {
        self.links
            .iter()
            .flat_map(|link| link.images().users().map(|(slot, image)| (link.place(), slot, image)))
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.queue.is_empty() && self.links.iter().all(Link::is_quiet)
    }
}
