//! Going down: what is parked is told to come back later, and what nobody has got goes back to the sites.
//!
//! Owns: the steps in which that is done. Must not: decide when; the shard says that the server goes down, and later
//! that it has: between the two, calls are finished, and browsers that poll may still acknowledge what they have.

use super::Router;
use super::mail::Alarm;
use crate::base::limits::chat::{DRAIN_POLLS, DRAIN_STEP_MS};
use crate::base::slots::Slot;

/// A drain that is under way.
#[derive(Debug)]
pub(super) struct Drain {
    /// Sessions whose polls may still be parked.
    sessions: Vec<Slot>,
    /// How many of them are told in one step.
    step: usize,
}

impl Router {
    /// Stops every poll that waits, step by step; new ones are stopped when they come.
    pub(super) fn drain(&mut self) {
        let sessions: Vec<Slot> = self.sessions.iter().map(|(slot, _)| slot).collect();
        let steps = usize::try_from(self.timeouts.drain_ms / 3 / DRAIN_STEP_MS).unwrap_or(usize::MAX);
        let step = DRAIN_POLLS.max(sessions.len().div_ceil(steps.max(1)));
        self.drain = Some(Drain { sessions, step });
        self.drain_on();
    }

    /// The next step.
    pub(super) fn drain_on(&mut self) {
        let Some(Drain { sessions, step }) = &mut self.drain else { return };
        let told = sessions.split_off(sessions.len().saturating_sub(*step));
        if !sessions.is_empty() {
            self.deadline(self.now.after(DRAIN_STEP_MS), Alarm::Drain);
        }
        for session in told {
            self.stop_polls(session);
        }
    }

    /// The server has gone down: nobody is told, but what users have not acknowledged goes back to their sites.
    pub(super) fn end(&mut self) {
        let users: Vec<Slot> = self.users.iter().map(|(slot, _)| slot).collect();
        for user in users {
            let messages = self.take_messages(user);
            let (domain, profile) = (self.users[user].domain, self.users[user].profile.clone());
            self.give_back(domain, profile.name(), messages);
        }
    }
}
