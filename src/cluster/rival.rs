//! Another process with the name of this node.
//!
//! Owns: whether it is there, and which of the two gives way. Must not: know the nodes of other names.

use super::limits::RIVAL_MS;
use super::wire::beat::{Beat, Stage};
use crate::base::clock::Tick;

/// See the module.
#[derive(Debug)]
pub(crate) struct Rival {
    dead_ms: u64,
    heard: Option<Heard>,
}

/// What was heard of it.
#[derive(Clone, Copy, Debug)]
struct Heard {
    epoch: u32,
    stage: Stage,
    first: Tick,
    last: Tick,
}

impl Rival {
    /// None is known. One that was not heard for so many milliseconds is not there.
    pub(super) fn new(dead_ms: u64) -> Rival {
        Rival { dead_ms, heard: None }
    }

    /// Takes what it says.
    pub(super) fn hear(&mut self, &Beat { epoch, stage, .. }: &Beat, now: Tick) {
        let known = self.heard.filter(|heard| heard.epoch == epoch && now.since(heard.last) < self.dead_ms);
        let first = known.map_or(now, |heard| heard.first);
        self.heard = (stage != Stage::Gone).then_some(Heard { epoch, stage, first, last: now });
    }

    /// Whether it keeps the name of this node. The one that has come first keeps it, and of two that came together the one
    /// with the lower epoch.
    pub(super) fn goes_before(&self, own: &Beat, now: Tick) -> bool {
        let Some(heard) = &self.heard else { return false };
        // What a process says that has just ended may come late. One that is there says it again.
        let is_there = heard.last.since(heard.first) >= RIVAL_MS && now.since(heard.last) < self.dead_ms;
        let rank = |stage, epoch| (stage == Stage::Joining, epoch);
        is_there && rank(heard.stage, heard.epoch) < rank(own.stage, own.epoch)
    }
}
