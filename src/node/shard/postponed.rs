//! Calls of domains that have used their share of a turn.
//!
//! Owns: a queue of them for each domain. An entry is a connection whose request was read here, or a call that another
//! shard has read. Must not: measure the share; the router's `work` does.

use std::collections::VecDeque;

use crate::base::domains::DomainId;
use crate::base::memory::Held;
use crate::base::slots::Slot;
use crate::router::mail::CallRequest;

#[derive(Debug, Default)]
pub(super) struct Postponed {
    queues: Vec<(DomainId, PostponedQueue)>,
}

/// What waits for one domain, oldest first.
pub(super) type PostponedQueue = VecDeque<PostponedWork>;

#[derive(Debug)]
pub(super) enum PostponedWork {
    /// A connection, with the request that was read.
    Conn(Slot),
    Call(PostponedCall),
}

/// A call of another shard.
#[derive(Debug)]
pub(super) struct PostponedCall {
    pub(super) request: CallRequest<'static>,
    pub(super) held: Held,
}

impl Postponed {
    pub(super) fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    /// Whether work of a domain waits, and goes before any that comes now.
    pub(super) fn waits(&self, domain: DomainId) -> bool {
        self.queues.iter().any(|(other, queue)| *other == domain && !queue.is_empty())
    }

    pub(super) fn push(&mut self, domain: DomainId, work: PostponedWork) {
        match self.queues.iter_mut().find(|(other, _)| *other == domain) {
            Some((_, queue)) => queue.push_back(work),
            None => self.queues.push((domain, VecDeque::from([work]))),
        }
    }

    /// The number of queues; it does not fall before [`Postponed::drop_empty`].
    pub(super) fn queues(&self) -> usize {
        self.queues.len()
    }

    /// Takes the queue at `index`. Work of its domain that is postponed before [`Postponed::put_back`] waits behind it.
    pub(super) fn take_queue(&mut self, index: usize) -> (DomainId, PostponedQueue) {
        let (domain, queue) = &mut self.queues[index];
        (*domain, std::mem::take(queue))
    }

    pub(super) fn put_back(&mut self, index: usize, mut rest: PostponedQueue) {
        let queue = &mut self.queues[index].1;
        rest.append(queue);
        *queue = rest;
    }

    pub(super) fn drop_empty(&mut self) {
        self.queues.retain(|(_, queue)| !queue.is_empty());
    }
}
