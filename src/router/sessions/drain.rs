//! Going down: parked polls are answered step by step, so that the pages come back one after the other.
//!
//! Owns: the steps. Must not: answer a poll.

use crate::base::limits::chat::{DRAIN_POLLS, DRAIN_STEP_MS};
use crate::base::slots::Slot;

/// A drain that is under way.
#[derive(Debug)]
pub(super) struct Drain {
    /// Sessions that may still have a parked poll.
    sessions: Vec<Slot>,
    /// How many of them are stopped in one step.
    step: usize,
}

impl Drain {
    /// A drain that stops these sessions in a third of `drain_ms`.
    pub(super) fn new(sessions: Vec<Slot>, drain_ms: u64) -> Drain {
        let steps = usize::try_from(drain_ms / 3 / DRAIN_STEP_MS).unwrap_or(usize::MAX);
        let step = DRAIN_POLLS.max(sessions.len().div_ceil(steps.max(1)));
        Drain { sessions, step }
    }

    /// The sessions that are stopped in the next step.
    pub(super) fn next(&mut self) -> Vec<Slot> {
        self.sessions.split_off(self.sessions.len().saturating_sub(self.step))
    }

    pub(super) fn is_done(&self) -> bool {
        self.sessions.is_empty()
    }
}
