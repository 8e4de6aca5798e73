//! What a queue has room for, and what becomes of a packet that is to be queued.
//!
//! Owns: [`Space`] and [`PushOutcome`]. Must not: count packets; the backlog does.

use crate::base::domains::DomainId;
use crate::base::limits::Limits;
use crate::base::memory::Memory;

/// What there is room for.
#[derive(Clone, Copy, Debug)]
pub(in crate::router) struct Space<'r> {
    pub(super) limits: &'r Limits,
    pub(super) memory: &'r Memory,
    /// The domain the queue counts for.
    pub(in crate::router) domain: DomainId,
}

impl Space<'_> {
    /// Whether the domain may make more wait. That is asked for presences and light packets; for messages it was asked
    /// before.
    pub(super) fn is_left(self) -> bool {
        self.memory.admits(self.domain)
    }
}

/// What became of a packet that was to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::router) enum PushOutcome {
    /// It is queued.
    Queued,
    /// It was not worth its place.
    Dropped,
    /// There is no room for it, and it must not be dropped.
    Full,
}
