//! Requests of domains that have used their share of a turn.
//!
//! Owns: the connections they came on, a queue for each domain, and when they are gone on with: in a later turn, after
//! the connections of all others, in the order they came. Must not: know what a share is; the router's `work` does.

use std::collections::VecDeque;

use super::Shard;
use super::conn::Deferral;
use crate::domains::DomainId;
use crate::memory::Owner;
use crate::slots::Slot;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Postponed {
    queues: Vec<(DomainId, VecDeque<Slot>)>,
    /// The domain whose queue is being gone on with.
    serving: Option<DomainId>,
}

impl Postponed {
    pub(super) fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    /// Whether calls of a domain wait that came before any that comes now.
    pub(super) fn waits(&self, domain: DomainId) -> bool {
        self.serving != Some(domain) && self.queues.iter().any(|(other, _)| *other == domain)
    }

    fn queue(&mut self, domain: DomainId) -> &mut VecDeque<Slot> {
        let at = self.queues.iter().position(|(other, _)| *other == domain).unwrap_or_else(|| {
            self.queues.push((domain, VecDeque::new()));
            self.queues.len() - 1
        });
        &mut self.queues[at].1
    }
}

impl Shard {
    /// Goes on with this connection when its domain has a share of a turn again. Until then nothing is read from it, and
    /// what was read waits for the domain.
    pub(super) fn postpone(&mut self, domain: DomainId, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        conn.deferral = Deferral::Postponed;
        if let Some(input) = &mut conn.input {
            input.belong_to(&self.memory, Owner::Domain(domain));
        }
        self.postponed.queue(domain).push_back(slot);
        self.counters.requests_postponed_total += 1;
    }

    /// Goes on with postponed connections, as far as their domains have something left of this turn.
    pub(super) fn serve_postponed(&mut self) {
        let waiting: Vec<(DomainId, usize)> =
            self.postponed.queues.iter().map(|(domain, queue)| (*domain, queue.len())).collect();
        for (domain, count) in waiting {
            self.postponed.serving = Some(domain);
            for _ in 0..count {
                if self.router.work().is_used_up(domain) {
                    break;
                }
                if let Some(slot) = self.postponed.queue(domain).pop_front()
                    && let Some(conn) = self.conns.get(slot)
                {
                    conn.deferral = Deferral::No;
                    self.go_on(slot);
                }
            }
        }
        self.postponed.serving = None;
        self.postponed.queues.retain(|(_, queue)| !queue.is_empty());
    }
}
