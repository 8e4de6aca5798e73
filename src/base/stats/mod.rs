//! Counters: what happened on each shard since it started.
//!
//! Owns: [`Stats`], the boards of all shards and of the poster of undelivered messages. Must not: keep the name of a
//! user. A shard counts in plain numbers ([`Counters`]) and writes them to its [`Board`] once a turn, so counting
//! costs an addition, and reading disturbs no shard.

mod board;
mod call_kind;
mod cluster;
mod counters;
mod histogram;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) use self::board::Board;
pub use self::board::DomainCounts;
use self::board::place;
pub(crate) use self::call_kind::CallKind;
#[cfg(test)]
pub(crate) use self::cluster::cluster_of_three;
#[cfg(feature = "cluster")]
pub(crate) use self::cluster::{BrokerSeen, ClusterSeen};
pub(crate) use self::cluster::{CLUSTER_FIGURES, ClusterBoard, ClusterPost, LinkSeen, NodeSeen, NodeState};
pub use self::counters::index_of;
pub(crate) use self::counters::{COUNTERS, Counters, FAMILIES};
pub(crate) use self::histogram::Distribution;
use crate::base::domains::DomainId;
use crate::base::limits::ops::DOMAINS_NAMED_MAX;

/// All boards of a server, and whether it is shutting down.
#[derive(Clone, Debug)]
pub struct Stats {
    boards: Arc<[Board]>,
    poster: Arc<Board>,
    cluster: Arc<ClusterBoard>,
    draining: Arc<AtomicBool>,
}

impl Stats {
    /// Boards for this many shards, and one for the poster.
    pub(crate) fn new(shards: usize) -> Stats {
        Stats {
            boards: (0..shards).map(|_| Board::default()).collect(),
            poster: Arc::default(),
            cluster: Arc::default(),
            draining: Arc::default(),
        }
    }

    /// The board of one shard.
    pub fn board(&self, shard: usize) -> &Board {
        &self.boards[shard]
    }

    /// All boards, by the numbers of their shards.
    pub(crate) fn boards(&self) -> &[Board] {
        &self.boards
    }

    /// The board of the poster of undelivered messages.
    pub(crate) fn poster(&self) -> &Board {
        &self.poster
    }

    /// What the bridge to other nodes shows.
    pub(crate) fn cluster(&self) -> &ClusterBoard {
        &self.cluster
    }

    /// The sum over all boards of the counter of that name (without `nextim_`), if there is one.
    pub fn sum(&self, name: &str) -> Option<u64> {
        let index = index_of(name)?;
        Some(self.boards.iter().chain([&*self.poster]).map(|board| board.counter(index)).sum())
    }

    /// What a domain has done; `None` if it is counted with others.
    pub fn domain(&self, domain: DomainId) -> Option<DomainCounts> {
        (place(domain) < DOMAINS_NAMED_MAX).then(|| self.counts_at(place(domain)))
    }

    /// What all domains have done that are counted together.
    pub(crate) fn other_domains(&self) -> DomainCounts {
        self.counts_at(DOMAINS_NAMED_MAX)
    }

    fn counts_at(&self, place: usize) -> DomainCounts {
        let counts = self.boards.iter().map(|board| board.domain_counts(place));
        counts.fold(DomainCounts::default(), DomainCounts::plus)
    }

    /// Notes that the server has begun to drain.
    pub(crate) fn begin_drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the server is shutting down.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boards_show_what_was_counted() {
        let stats = Stats::new(2);
        let one = Counters { messages_total: 2, ..Counters::default() };
        let other = Counters { messages_total: 1, users: 5, ..Counters::default() };
        stats.board(1).publish(&one, &other);
        assert_eq!(stats.sum("messages_total"), Some(3));
        assert_eq!(stats.sum("users"), Some(5));
        assert_eq!(stats.sum("nonsense"), None);
        assert_eq!(stats.board(1).values()[index_of("users").unwrap()], 5);
        assert_eq!(stats.board(0).values()[index_of("users").unwrap()], 0);
        let posted = Counters { undelivered_lost_total: 4, ..Counters::default() };
        stats.poster().publish(&posted, &Counters::default());
        assert_eq!((stats.sum("undelivered_lost_total"), stats.boards().len()), (Some(4), 2));
    }

    #[test]
    fn domains_beyond_the_named_are_counted_together() {
        let stats = Stats::new(2);
        stats.board(0).called(DomainId(0), CallKind::Message);
        stats.board(1).called(DomainId(0), CallKind::Online);
        let beyond = u32::try_from(DOMAINS_NAMED_MAX).unwrap();
        for domain in [beyond, beyond + 1] {
            stats.board(0).called(DomainId(domain), CallKind::Message);
            assert_eq!(stats.domain(DomainId(domain)), None);
        }
        for (domain, before, now) in [(0, 0, 5), (beyond, 0, 7), (beyond + 1, 0, 2), (beyond, 7, 4)] {
            stats.board(1).waits(DomainId(domain), before, now);
            stats.board(0).refused(DomainId(domain), 1);
        }
        let counts = DomainCounts { calls: 2, messages: 1, waiting_bytes: 5, refused: 1 };
        assert_eq!(stats.domain(DomainId(0)), Some(counts));
        let counts = DomainCounts { calls: 2, messages: 2, waiting_bytes: 6, refused: 3 };
        assert_eq!(stats.other_domains(), counts);
    }
}
