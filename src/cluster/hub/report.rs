//! What operators see of a hub.
//!
//! Owns: how it is put together. Must not: change anything.

use super::{Hub, HubCounts};
use crate::base::stats::{BrokerSeen, CLUSTER_FIGURES, ClusterSeen, LinkSeen, NodeSeen, NodeState};
use crate::cluster::absent::{Absence, Absentee};
use crate::cluster::link::Link;
use crate::cluster::members::Member;
use crate::cluster::partition::Partition;
use crate::cluster::wire::beat::Stage;
use crate::router::owners::{Isolation, Nodes};

impl Hub {
    /// What others see of this node besides: the time of its clock in microseconds, and its users.
    pub(crate) fn sense(&mut self, us: u64, users: u64) {
        self.members.sense(us, users);
    }

    /// A number that changes when nodes come and go, and when this one begins or ends to take calls.
    pub(crate) fn views(&self) -> u64 {
        self.counts.views
    }

    /// What an operator sees of it.
    pub(crate) fn report(&self, cluster: &str, broker: BrokerSeen) -> ClusterSeen {
        let mut nodes: Vec<NodeSeen> =
            self.members.others().map(|(name, member)| self.other(name, member)).collect();
        nodes.extend(self.members.absent().map(|(name, absentee)| self.absentee(name, absentee)));
        for name in &self.settings.listed {
            if *name != self.settings.node && !nodes.iter().any(|node| node.name == *name) {
                nodes.push(self.node(name, "", NodeState::Missing));
            }
        }
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        nodes.insert(0, self.own());
        let partition = match self.settings.partition {
            Partition::Rendezvous => "rendezvous",
            Partition::Md5 => "md5",
            Partition::Range(_) => "range",
        };
        ClusterSeen { name: cluster.into(), partition, broker, nodes, figures: self.figures() }
    }

    fn own(&self) -> NodeSeen {
        let own = self.members.own();
        let isolation = self.view.isolation();
        let state = match (own.stage, isolation) {
            (Stage::Gone, _) => NodeState::Left,
            (Stage::Draining, _) => NodeState::Draining,
            (_, Some(Isolation::Joining)) | (Stage::Joining, None) => NodeState::Joining,
            (_, Some(_)) => NodeState::Isolated,
            (Stage::Up, None) => NodeState::Up,
        };
        let reason = isolation.filter(|_| state == NodeState::Isolated).map(Isolation::words);
        NodeSeen {
            reason: reason.map(|words| words.trim_start_matches("isolated: ")),
            round_trip_us: self.members.round_trip_us(own.epoch),
            users: Some(own.users),
            silent_ms: self.members.silent_ms(&own.node, self.now),
            link: None,
            ..self.node(&own.node, &own.url, state)
        }
    }

    fn other(&self, name: &str, member: &Member) -> NodeSeen {
        let state = match member.stage {
            _ if self.members.is_suspect(name, self.now) => NodeState::Suspect,
            Stage::Joining => NodeState::Joining,
            Stage::Up => NodeState::Up,
            Stage::Draining => NodeState::Draining,
            Stage::Gone => NodeState::Left,
        };
        NodeSeen {
            silent_ms: self.members.silent_ms(name, self.now),
            round_trip_us: self.members.round_trip_us(member.epoch),
            users: Some(member.users),
            ..self.node(name, &member.url, state)
        }
    }

    fn absentee(&self, name: &str, Absentee { url, absence, heard }: &Absentee) -> NodeSeen {
        let (state, reason) = match absence {
            Absence::Left => (NodeState::Left, None),
            Absence::Dead => (NodeState::Dead, None),
            Absence::Refused(misfit) => (NodeState::Refused, Some(misfit.words())),
        };
        NodeSeen { reason, silent_ms: Some(self.now.since(*heard)), ..self.node(name, url, state) }
    }

    /// A node of which no more is known than its link.
    fn node(&self, name: &str, url: &str, state: NodeState) -> NodeSeen {
        let link = self.index_of_node(name).map(|index| {
            let (link, counts) = (&self.links[index], self.counts.of(index));
            LinkSeen {
                is_up: link.is_up(),
                images: link.images().len() as u64,
                frames_in: counts.frames_in,
                frames_out: counts.frames_out,
                frames_again: counts.frames_again,
                unreachable: counts.unreachable,
            }
        });
        let (name, url) = (name.into(), url.into());
        NodeSeen { name, url, state, reason: None, silent_ms: None, round_trip_us: None, users: None, link }
    }

    /// The values of [`CLUSTER_FIGURES`].
    pub(crate) fn figures(&self) -> [u64; CLUSTER_FIGURES.len()] {
        let sum = |of: fn(&Link) -> usize| self.links.iter().map(of).sum::<usize>() as u64;
        let counts: &HubCounts = &self.counts;
        [
            self.members.others().count() as u64 + 1,
            sum(|link| usize::from(link.is_up())),
            u64::from(self.view.isolation().is_some()),
            sum(|link| link.images().len()),
            sum(|link| link.lost().len()),
            sum(Link::under_way),
            counts.frames_in,
            counts.sum(|link| link.frames_out),
            counts.sum(|link| link.frames_again),
            counts.frames_bad,
            counts.sum(|link| link.records_in),
            counts.views,
        ]
    }
}
