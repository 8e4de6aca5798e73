//! What the bridge to other nodes shows.
//!
//! Owns: [`ClusterBoard`], the names of its figures, and what each means. Must not: know a node.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A figure: its name without `nextim_cluster_`, whether it only grows, and what it means.
pub(crate) type ClusterFigure = (&'static str, bool, &'static str);

/// The figures, in the order in which they are published.
pub(crate) const CLUSTER_FIGURES: [ClusterFigure; 12] = [
    ("nodes", false, "Nodes that are there, this one among them."),
    ("links", false, "Nodes whose frames go through."),
    ("isolated", false, "1 while this node takes no calls because it is on its own."),
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

/// The values of all figures.
#[derive(Debug, Default)]
pub(crate) struct ClusterBoard {
    is_on: AtomicBool,
    values: [AtomicU64; CLUSTER_FIGURES.len()],
}

impl ClusterBoard {
    /// Shows these values.
    #[cfg(feature = "cluster")]
    pub(crate) fn publish(&self, values: [u64; CLUSTER_FIGURES.len()]) {
        for (cell, value) in self.values.iter().zip(values) {
            cell.store(value, Ordering::Relaxed);
        }
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// The values, if the server is a node of a cluster.
    pub(crate) fn read(&self) -> Option<[u64; CLUSTER_FIGURES.len()]> {
        self.is_on
            .load(Ordering::Relaxed)
            .then(|| std::array::from_fn(|at| self.values[at].load(Ordering::Relaxed)))
    }
}
