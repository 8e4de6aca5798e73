//! A snapshot: everything that can be read of a server at one time.
//!
//! Owns: reading the boards, the mailboxes, the domains and the process. Must not: keep a snapshot; `watch` does.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::process::Process;
use super::watched::WatchedServer;
use crate::base::clock::Deadline;
use crate::base::limits::ops::{SAMPLE_MS, STANDSTILL_SAMPLES};
use crate::base::stats::{Board, COUNTERS, CallKind, ClusterPost, Distribution, DomainCounts, index_of};

#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    /// When it was taken. The deadline passes if no newer one has come for too long.
    pub(super) at: Deadline,
    /// The values of [`COUNTERS`], by shard.
    pub(super) boards: Vec<Vec<u64>>,
    /// The values of [`COUNTERS`] of the poster of undelivered messages.
    pub(super) poster: Vec<u64>,
    /// The durations of turns, by shard.
    pub(super) turns: Vec<Distribution>,
    /// The durations of calls on all shards, by kind.
    pub(super) calls: Vec<Distribution>,
    pub(super) mailboxes: Vec<usize>,
    pub(super) domains: BTreeMap<String, DomainSnapshot>,
    pub(super) other_domains: DomainSnapshot,
    /// What the bridge to other nodes has posted last, if there is one.
    pub(super) cluster: Option<Arc<ClusterPost>>,
    pub(super) process: Process,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DomainSnapshot {
    pub(super) users: u64,
    pub(super) counts: DomainCounts,
}

impl Snapshot {
    pub(super) fn take(server: &WatchedServer) -> Snapshot {
        let boards = server.stats.boards();
        let calls = |kind: CallKind| sum(boards.iter().map(|board| board.calls(kind)));
        let (domains, other_domains) = domains(server);
        Snapshot {
            at: Deadline::after_ms(u64::from(STANDSTILL_SAMPLES) * SAMPLE_MS),
            boards: boards.iter().map(Board::values).collect(),
            poster: server.stats.poster().values(),
            turns: boards.iter().map(Board::turns).collect(),
            calls: CallKind::ALL.into_iter().map(calls).collect(),
            mailboxes: (server.mailboxes)(),
            domains,
            other_domains,
            cluster: server.stats.cluster().read(),
            process: Process::read(),
        }
    }

    /// The sum of a counter over all shards and the poster.
    pub(super) fn sum(&self, name: &str) -> u64 {
        self.sum_at(index_of(name).expect("names of counters are those of their fields"))
    }

    pub(super) fn sum_at(&self, index: usize) -> u64 {
        self.boards.iter().chain([&self.poster]).map(|values| values[index]).sum()
    }

    /// The sum of all counters of a family.
    pub(super) fn family(&self, family: &str) -> u64 {
        let members = COUNTERS.iter().filter(|metric| metric.family == family);
        members.map(|metric| self.sum(metric.name)).sum()
    }

    /// The durations of all calls.
    pub(super) fn all_calls(&self) -> Distribution {
        sum(self.calls.iter().cloned())
    }
}

fn sum(distributions: impl Iterator<Item = Distribution>) -> Distribution {
    distributions.fold(Distribution::default(), |mut sum, next| {
        sum.add(&next);
        sum
    })
}

fn domains(server: &WatchedServer) -> (BTreeMap<String, DomainSnapshot>, DomainSnapshot) {
    let mut named = BTreeMap::new();
    let mut others = DomainSnapshot { users: 0, counts: server.stats.other_domains() };
    for domain in (server.domains)().iter() {
        let users = u64::from(domain.present.users.count());
        match server.stats.domain(domain.id) {
            Some(counts) => {
                named.insert(domain.name.to_string(), DomainSnapshot { users, counts });
            }
            None => others.users += users,
        }
    }
    (named, others)
}
