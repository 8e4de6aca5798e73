//! Counts of the links' work.
//!
//! Owns: [`HubCounts`]. Must not: know a link; it counts by the links' places.

/// What was counted since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HubCounts {
    /// All that came, from nodes and others.
    pub(crate) frames_in: u64,
    pub(crate) frames_bad: u64,
    pub(crate) views: u64,
    links: Vec<LinkCounts>,
}

/// What was counted of one link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkCounts {
    pub(crate) frames_in: u64,
    pub(crate) frames_out: u64,
    pub(crate) frames_again: u64,
    pub(crate) records_in: u64,
    /// Requests that the other node could not answer.
    pub(crate) unreachable: u64,
}

impl HubCounts {
    /// The counts of a link.
    pub(crate) fn of(&self, index: usize) -> LinkCounts {
        self.links.get(index).copied().unwrap_or_default()
    }

    /// The same, to count.
    pub(super) fn of_mut(&mut self, index: usize) -> &mut LinkCounts {
        if self.links.len() <= index {
            self.links.resize(index + 1, LinkCounts::default());
        }
        &mut self.links[index]
    }

    /// The sum over all links.
    pub(super) fn sum(&self, of: impl Fn(&LinkCounts) -> u64) -> u64 {
        self.links.iter().map(of).sum()
    }
}
