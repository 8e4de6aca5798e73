//! Questions of the other node to shards here.
//!
//! Owns: what has been collected for each of the shards that were asked. Must not: send anything.

use std::collections::HashMap;

use crate::base::slots::{Slot, UNBORN};
use crate::router::call::Receivers;
use crate::router::ids::{BroadcastKey, CallKey, GatherKey, Place};
use crate::router::mail::Part;

/// What is collected for an answer.
#[derive(Debug)]
pub(crate) enum Collected {
    /// One answer, which comes whole.
    Answer,
    /// The answers of shards, each of which goes on at once: what a shard says later must not overtake it.
    Parts,
    /// The same, about names with these hashes, in their order.
    Unlinks(Vec<u64>),
    /// A share of an answer.
    Share(Part),
    /// Who was reached by a broadcast.
    Reached(Receivers),
}

/// A question of the other node.
#[derive(Debug)]
pub(crate) struct Pending {
    /// The number of its request.
    pub(crate) request: u32,
    pub(crate) collected: Collected,
    /// Shards that have not answered.
    pub(crate) waiting: usize,
    /// The image it is about, which is kept meanwhile.
    pub(crate) pinned: Option<Slot>,
}

/// All questions that wait for shards.
#[derive(Debug)]
pub(crate) struct Pendings {
    place: Place,
    by_number: HashMap<u32, Pending>,
    last: u32,
}

impl Pendings {
    /// For the link at this place.
    pub(crate) fn new(place: Place) -> Pendings {
        Pendings { place, by_number: HashMap::new(), last: 0 }
    }

    /// Notes a question. Returns its number here.
    pub(crate) fn open(&mut self, pending: Pending) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1).max(1);
            if !self.by_number.contains_key(&self.last) {
                self.by_number.insert(self.last, pending);
                return self.last;
            }
        }
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut Pending> {
        self.by_number.get_mut(&number)
    }

    /// Counts the answer of one shard. Returns the question, if it was the last.
    pub(crate) fn answered(&mut self, number: u32) -> Option<Pending> {
        let pending = self.by_number.get_mut(&number)?;
        pending.waiting = pending.waiting.saturating_sub(1);
        if pending.waiting == 0 { self.by_number.remove(&number) } else { None }
    }

    /// Takes out a question that is not waited for any more.
    pub(crate) fn remove(&mut self, number: u32) {
        self.by_number.remove(&number);
    }

    pub(crate) fn clear(&mut self) {
        self.by_number.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    // A shard knows a question by keys of this place.

    pub(crate) fn call_key(&self, number: u32) -> CallKey {
        CallKey { place: self.place, conn: number, serial: number }
    }

    pub(crate) fn gather_key(&self, number: u32) -> GatherKey {
        GatherKey { place: self.place, slot: Slot { index: number, generation: UNBORN } }
    }

    pub(crate) fn broadcast_key(&self, number: u32) -> BroadcastKey {
        BroadcastKey { place: self.place, number }
    }
}
