//! What the bridge to other nodes shows.
//!
//! Owns: [`ClusterBoard`], what is on it, the names of its figures, and what each means. Must not: be read or written by a
//! shard. The bridge writes it once a second, and the threads of the admin listener read it; they share its lock.

use std::sync::{Arc, Mutex, PoisonError};

use crate::base::clock::Deadline;

/// A figure: its name without `nextim_cluster_`, whether it only grows, and what it means.
pub(crate) type ClusterFigure = (&'static str, bool, &'static str);

/// The figures of all nodes together, in the order in which they are published.
pub(crate) const CLUSTER_FIGURES: [ClusterFigure; 12] = [
    ("nodes", false, "Nodes that are there, this one among them."),
    ("links", false, "Nodes whose frames go through."),
    ("isolated", false, "1 while this node takes no calls, because it is joining or on its own."),
    ("images", false, "Users and rooms of other nodes that users and rooms here have to do with."),
    ("lost", false, "Users of lost nodes whom others here still show."),
    ("requests", false, "Questions between nodes that are not answered yet."),
    ("frames_in_total", true, "Frames that came from other nodes."),
    ("frames_out_total", true, "Frames for other nodes."),
    ("frames_again_total", true, "Frames that were sent again, because they were missed."),
    ("frames_bad_total", true, "Messages of the broker that were no frames and no heartbeats."),
    ("records_in_total", true, "Records in the frames that came."),
    ("views_total", true, "How often other nodes were up than before."),
];

/// What a node is, as this one sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeState {
    /// It has come, and owns no name yet.
    Joining,
    /// It owns names.
    Up,
    /// It goes, and owns no name any more.
    Draining,
    /// It takes no calls. Only of this node that is known.
    Isolated,
    /// It was not heard for a while, and is asked nothing new.
    Suspect,
    /// It has said that it goes.
    Left,
    /// It was not heard any more.
    Dead,
    /// It is configured, and was never heard.
    Missing,
    /// It is heard, and cannot be a member.
    Refused,
}

impl NodeState {
    /// All of them.
    pub(crate) const ALL: [NodeState; 9] = [
        NodeState::Joining,
        NodeState::Up,
        NodeState::Draining,
        NodeState::Isolated,
        NodeState::Suspect,
        NodeState::Left,
        NodeState::Dead,
        NodeState::Missing,
        NodeState::Refused,
    ];

    /// Its name in metrics and JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            NodeState::Joining => "joining",
            NodeState::Up => "up",
            NodeState::Draining => "draining",
            NodeState::Isolated => "isolated",
            NodeState::Suspect => "suspect",
            NodeState::Left => "left",
            NodeState::Dead => "dead",
            NodeState::Missing => "missing",
            NodeState::Refused => "refused",
        }
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeSeen {
    pub(crate) name: Box<str>,
    /// Where its browsers poll; empty if it was never heard.
    pub(crate) url: Box<str>,
    pub(crate) state: NodeState,
    /// Why it is isolated or refused.
    pub(crate) reason: Option<&'static str>,
    /// How long it was not heard, in milliseconds.
    pub(crate) silent_ms: Option<u64>,
    /// How long words take to it and back, in microseconds; of this node: to the broker and back.
    pub(crate) round_trip_us: Option<u64>,
    /// Its users, as it says.
    pub(crate) users: Option<u64>,
    /// The link to it; this node has none to itself.
    pub(crate) link: Option<LinkSeen>,
}

/// The link to a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkSeen {
    /// Whether frames go through.
    pub(crate) is_up: bool,
    /// Its users and rooms that users and rooms here have to do with.
    pub(crate) images: u64,
    pub(crate) frames_in: u64,
    pub(crate) frames_out: u64,
    /// Frames that were sent again.
    pub(crate) frames_again: u64,
    /// Requests that it could not answer.
    pub(crate) unreachable: u64,
}

/// The connection to a broker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BrokerSeen {
    pub(crate) is_connected: bool,
    /// The broker's URL; if it is not known which one, those of all.
    pub(crate) url: Box<str>,
    /// How often it was connected.
    pub(crate) connects: u64,
    /// Messages that this node did not fetch in time.
    pub(crate) dropped: u64,
}

/// A cluster as its node sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClusterSeen {
    /// The cluster's name.
    pub(crate) name: Box<str>,
    /// How names are divided.
    pub(crate) partition: &'static str,
    pub(crate) broker: BrokerSeen,
    /// This node, then all others that are known, by name.
    pub(crate) nodes: Vec<NodeSeen>,
    /// The values of [`CLUSTER_FIGURES`].
    pub(crate) figures: [u64; CLUSTER_FIGURES.len()],
}

/// What was published, and when.
#[derive(Clone, Debug)]
pub(crate) struct ClusterPost {
    pub(crate) at: Deadline,
    pub(crate) seen: ClusterSeen,
}

impl ClusterPost {
    /// How long ago it was published, in milliseconds.
    pub(crate) fn age_ms(&self) -> u64 {
        u64::try_from(self.at.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct ClusterBoard(Mutex<Option<Arc<ClusterPost>>>);

impl ClusterBoard {
    /// Shows this.
    pub(crate) fn publish(&self, seen: ClusterSeen) {
        let post = Arc::new(ClusterPost { at: Deadline::after_ms(0), seen });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(post);
    }

    /// What was shown last, if the server is a node of a cluster.
    pub(crate) fn read(&self) -> Option<Arc<ClusterPost>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A cluster for tests, of which one node is dead.
#[cfg(test)]
pub(crate) fn cluster_of_three() -> ClusterSeen {
    let node = |name: &str, port: u16, state, silent_ms| NodeSeen {
        name: name.into(),
        url: format!("http://10.0.0.{port}:8000").into(),
        state,
        reason: None,
        silent_ms: Some(silent_ms),
        round_trip_us: None,
        users: None,
        link: None,
    };
    let link =
        LinkSeen { images: 96, frames_in: 1_000, frames_out: 900, frames_again: 7, ..LinkSeen::default() };
    ClusterSeen {
        name: "forum".into(),
        partition: "rendezvous",
        broker: BrokerSeen {
            is_connected: true,
            url: "nats://10.0.0.9:4222".into(),
            connects: 2,
            dropped: 0,
        },
        nodes: vec![
            NodeSeen { round_trip_us: Some(210), users: Some(1_180), ..node("im1", 1, NodeState::Up, 120) },
            NodeSeen {
                round_trip_us: Some(420),
                users: Some(1_234),
                link: Some(LinkSeen { is_up: true, ..link }),
                ..node("im2", 2, NodeState::Up, 340)
            },
            NodeSeen {
                link: Some(LinkSeen { unreachable: 31, ..link }),
                ..node("im3", 3, NodeState::Dead, 12_500)
            },
        ],
        figures: [2, 1, 0, 96, 40, 3, 2_000, 1_800, 14, 0, 5_000, 9],
    }
}
