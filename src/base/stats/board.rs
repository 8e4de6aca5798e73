//! What one shard has done, where others can read it.
//!
//! Owns: [`Board`], whose cells one thread writes and any thread reads. Must not: share a cell between writers. A
//! shard writes its counters once a turn. Histograms and the numbers of domains are too many for that, so they are
//! counted where they lie.

use std::sync::atomic::{AtomicU64, Ordering};

use super::call_kind::CallKind;
use super::counters::{COUNTERS, Counters, index_of};
use super::histogram::{Distribution, Histogram};
use crate::base::cell::add;
use crate::base::domains::DomainId;
use crate::base::limits::ops::DOMAINS_NAMED_MAX;

/// The numbers of one shard. Only that shard writes them.
#[derive(Debug)]
#[repr(align(128))]
pub struct Board {
    counters: [AtomicU64; COUNTERS.len()],
    turns: Histogram,
    calls: [Histogram; CallKind::ALL.len()],
    /// By the ids of domains. The last one is for all domains without a place of their own.
    domains: Box<[DomainCells]>,
}

/// What one domain has done on one shard.
#[derive(Debug, Default)]
struct DomainCells {
    calls: AtomicU64,
    messages: AtomicU64,
    waiting_bytes: AtomicU64,
    refused: AtomicU64,
}

/// What one domain has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DomainCounts {
    /// Calls of its site.
    pub(crate) calls: u64,
    /// Calls of its site to `/messages`.
    pub(crate) messages: u64,
    /// Bytes that wait for it now.
    pub waiting_bytes: u64,
    /// Calls, packets and answers refused because of what waited for it.
    pub refused: u64,
}

impl DomainCounts {
    /// The sum of both.
    #[must_use]
    pub(super) fn plus(self, other: DomainCounts) -> DomainCounts {
        DomainCounts {
            calls: self.calls + other.calls,
            messages: self.messages + other.messages,
            waiting_bytes: self.waiting_bytes + other.waiting_bytes,
            refused: self.refused + other.refused,
        }
    }
}

impl Default for Board {
    fn default() -> Self {
        Board {
            counters: std::array::from_fn(|_| AtomicU64::new(0)),
            turns: Histogram::default(),
            calls: std::array::from_fn(|_| Histogram::default()),
            domains: (0..=DOMAINS_NAMED_MAX).map(|_| DomainCells::default()).collect(),
        }
    }
}

impl Board {
    /// Shows the sum of what two parts of the shard have counted. Relaxed: each number stands for itself.
    pub(crate) fn publish(&self, one: &Counters, other: &Counters) {
        let mut cells = self.counters.iter();
        one.show_sum(other, |sum| {
            let cell = cells.next().expect("each counter has a cell");
            cell.store(sum, Ordering::Relaxed);
        });
    }

    /// Counts a turn that took this long, in microseconds.
    pub(crate) fn turned(&self, us: u64) {
        self.turns.record(us);
    }

    /// Counts a call that was answered this long after it was read, in microseconds.
    pub(crate) fn answered(&self, kind: CallKind, us: u64) {
        self.calls[kind as usize].record(us);
    }

    /// Counts a call of a site.
    pub(crate) fn called(&self, domain: DomainId, kind: CallKind) {
        let cells = &self.domains[place(domain)];
        add(&cells.calls, 1);
        if kind == CallKind::Message {
            add(&cells.messages, 1);
        }
    }

    /// Counts `now` bytes that wait for a domain, in place of the `before` that were counted.
    pub(crate) fn waits(&self, domain: DomainId, before: u64, now: u64) {
        let cell = &self.domains[place(domain)].waiting_bytes;
        cell.store(cell.load(Ordering::Relaxed) - before + now, Ordering::Relaxed);
    }

    /// Counts calls, packets or answers that were refused because of what waits for a domain.
    pub(crate) fn refused(&self, domain: DomainId, times: u64) {
        add(&self.domains[place(domain)].refused, times);
    }

    /// The values of [`COUNTERS`].
    pub fn values(&self) -> Vec<u64> {
        self.counters.iter().map(|cell| cell.load(Ordering::Relaxed)).collect()
    }

    /// How long its turns took.
    pub(crate) fn turns(&self) -> Distribution {
        self.turns.read()
    }

    /// How long its calls of this kind took.
    pub(crate) fn calls(&self, kind: CallKind) -> Distribution {
        self.calls[kind as usize].read()
    }

    /// Connections that the shard has room for, as of its last turn.
    pub(crate) fn connections_free(&self) -> u64 {
        index_of("connections_free").map_or(0, |index| self.counter(index))
    }

    pub(super) fn counter(&self, index: usize) -> u64 {
        self.counters[index].load(Ordering::Relaxed)
    }

    /// What was counted at the [`place`] of a domain.
    pub(super) fn domain_counts(&self, place: usize) -> DomainCounts {
        let DomainCells { calls, messages, waiting_bytes, refused } = &self.domains[place];
        DomainCounts {
            calls: calls.load(Ordering::Relaxed),
            messages: messages.load(Ordering::Relaxed),
            waiting_bytes: waiting_bytes.load(Ordering::Relaxed),
            refused: refused.load(Ordering::Relaxed),
        }
    }
}

/// Where a domain is counted. Ids are never used again, so in a process whose domains come and go often, late domains
/// are counted with the others.
pub(super) fn place(domain: DomainId) -> usize {
    (domain.0 as usize).min(DOMAINS_NAMED_MAX)
}
