//! How a hub makes a view of what it has heard.
//!
//! Owns: when routers are told of one. Must not: decide who is there; `members` does.

use std::sync::Arc;

use super::{Hub, Order, Tidings};
use crate::cluster::limits::MOVING_MS;
use crate::cluster::view::{Seen, View};
use crate::cluster::wire::beat::Stage;
use crate::router::mail::Mail;
use crate::router::owners::{Isolation, Nodes};

impl Hub {
    /// Looks who is there. If that has changed, routers see it before all mail that follows.
    pub(super) fn look(&mut self) {
        let own = self.members.own();
        let mut nodes = vec![Seen {
            name: own.node.clone().into(),
            place: None,
            epoch: own.epoch,
            url: own.url.clone().into(),
            owns: own.stage == Stage::Up,
        }];
        for (name, member) in self.members.others() {
            let Some(index) = self.index_of_node(name) else { continue };
            nodes.push(Seen {
                name: Arc::clone(self.links[index].name()),
                place: Some(self.links[index].place()),
                epoch: member.epoch,
                url: Arc::clone(&member.url),
                owns: member.stage == Stage::Up,
            });
        }
        let owning = nodes.iter().filter(|node| node.owns).count();
        self.refused = self.refuses();
        let too_few = owning < self.settings.min_nodes;
        let isolation = self.refused.or(too_few.then_some(Isolation::TooFewNodes));
        let links = u16::try_from(self.links.len()).expect("nodes are few");
        let names: Vec<Arc<str>> =
            nodes.iter().filter(|node| node.owns).map(|node| Arc::clone(&node.name)).collect();
        self.note_owners(names);
        let (partition, listed) = (self.settings.partition.clone(), &self.settings.listed);
        let before = self.before.as_ref().map(|(before, _)| &**before);
        let view = View::new(nodes, partition, (listed, before), links, isolation);
        if view == *self.view {
            return;
        }
        if view.isolation() != self.view.isolation() {
            self.orders.push(Order::Tell(Tidings::Isolated(isolation)));
        }
        self.counts.views += 1;
        self.view = Arc::new(view);
        let nodes: Arc<dyn Nodes> = Arc::clone(&self.view) as Arc<dyn Nodes>;
        self.owners.replace_nodes(Arc::clone(&nodes));
        // What is queued was meant for the nodes there were.
        self.run_queue();
        for place in self.places.all() {
            self.orders.push(Order::Mail(place, Mail::Nodes(Arc::clone(&nodes))));
        }
    }

    /// If these own names now and others did before, users move, and may be where they were.
    fn note_owners(&mut self, mut names: Vec<Arc<str>>) {
        names.sort();
        let before = self.view.owning();
        if names != before && !before.is_empty() {
            self.before = Some((before, self.now.after(MOVING_MS)));
        }
    }
}
