//! What the simulator looks at of a hub.
//!
//! Owns: looks. Must not: change anything.

use super::Hub;
use crate::base::slots::Slot;
use crate::cluster::link::Link;
use crate::cluster::link::images::UserImage;
use crate::router::ids::Place;

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
