//! Requests of domains that have used their share of a turn.
//!
//! Owns: the connections they came on, a queue for each domain, and when they are gone on with: in the next turn, after
//! the connections of all others. While calls of a domain wait, its next ones queue up behind them, so that none waits for
//! ever. Must not: know what a share is; the router's `work` does.

use std::collections::VecDeque;

use super::Shard;
use crate::domains::DomainId;
use crate::slots::Slot;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Postponed {
    queues: Vec<(DomainId, VecDeque<Slot>)>,
}

impl Postponed {
    pub(super) fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    /// Whether calls of a domain wait; not those that are gone on with just now.
    pub(super) fn waits(&self, domain: DomainId) -> bool {
        self.queues.iter().any(|(other, _)| *other == domain)
    }

    fn push(&mut self, domain: DomainId, slot: Slot) {
        match self.queues.iter_mut().find(|(other, _)| *other == domain) {
            Some((_, queue)) => queue.push_back(slot),
            None => self.queues.push((domain, VecDeque::from([slot]))),
        }
    }
}

impl Shard {
    /// Goes on with this connection when its domain has a share of a turn again.
    pub(super) fn postpone(&mut self, domain: DomainId, slot: Slot) {
        if let Some(conn) = self.conns.get(slot)
            && !conn.deferred
        {
            conn.deferred = true;
            self.postponed.push(domain, slot);
            self.counters.requests_postponed_total += 1;
        }
    }

    /// Goes on with postponed connections, as far as their domains have something left of this turn.
    pub(super) fn serve_postponed(&mut self) {
        let mut postponed = std::mem::take(&mut self.postponed);
        for (domain, queue) in &mut postponed.queues {
            while !self.router.work().is_used_up(*domain)
                && let Some(slot) = queue.pop_front()
            {
                if let Some(conn) = self.conns.get(slot) {
                    conn.deferred = false;
                    self.go_on(slot);
                }
            }
        }
        // What was postponed meanwhile comes behind what waited before.
        for (domain, later) in std::mem::take(&mut self.postponed).queues {
            for slot in later {
                postponed.push(domain, slot);
            }
        }
        postponed.queues.retain(|(_, queue)| !queue.is_empty());
        self.postponed = postponed;
    }
}
