//! What few users have, and not for long.
//!
//! Owns: [`Aside`]: the mailbox of a user who lingers, the account of messages that went from one session to another,
//! and the places in the roster that are kept for names whose owners were asked. Must not: act on any of it. It lies in
//! a block of its own, because nearly every user has nothing of it.

use std::collections::BTreeMap;

use super::linger::Linger;
use super::spans::Spans;
use crate::slots::Slot;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// Set while the user has no session.
    pub(super) linger: Option<Linger>,
    /// Messages that a session acknowledged which has ended, by their numbers among the user's; as far as another session
    /// has not acknowledged them.
    pub(super) acknowledged: Spans,
    /// Messages that were said on a session, of which it was given no copy; in the order of their numbers, as far as a copy
    /// for another session may still wait.
    spoken: Vec<(u64, Slot)>,
    /// Messages that were taken over late and that no session has acknowledged, by their numbers, and how many sessions each
    /// is queued to.
    late: BTreeMap<u64, u32>,
    /// Places in the roster that are kept for names whose owners have not answered yet.
    pub(super) reserved: usize,
}

impl Aside {
    /// Whether it is there for nothing.
    pub(super) fn is_empty(&self) -> bool {
        let messages = !self.acknowledged.is_empty() || !self.spoken.is_empty() || !self.late.is_empty();
        self.linger.is_none() && !messages && self.reserved == 0
    }

    /// A message was said on a session; every copy up to `floor` was acknowledged.
    pub(super) fn note_spoken(&mut self, given: u64, session: Slot, floor: u64) {
        self.forget_up_to(floor);
        self.spoken.push((given, session));
    }

    /// The messages that were said on a session.
    pub(super) fn spoken_on(&self, session: Slot) -> impl Iterator<Item = u64> {
        self.spoken.iter().filter(move |(_, speaker)| *speaker == session).map(|(given, _)| *given)
    }

    /// Whether a message was said on a session.
    pub(super) fn is_spoken(&self, given: u64) -> bool {
        self.spoken.binary_search_by_key(&given, |(spoken, _)| *spoken).is_ok()
    }

    /// Every session has acknowledged what it was given up to this number.
    pub(super) fn forget_up_to(&mut self, floor: u64) {
        self.acknowledged.forget_up_to(floor);
        let useless = self.spoken.partition_point(|(given, _)| *given <= floor);
        self.spoken.drain(..useless);
    }

    /// A message that was taken over late is queued to one more session.
    pub(super) fn hold_late(&mut self, given: u64) {
        *self.late.entry(given).or_default() += 1;
    }

    /// A session has ended that held a message taken over late. Returns whether nobody has it now.
    pub(super) fn release_late(&mut self, given: u64) -> bool {
        let Some(holders) = self.late.get_mut(&given) else { return false };
        *holders -= 1;
        let orphaned = *holders == 0;
        if orphaned {
            self.late.remove(&given);
        }
        orphaned
    }

    /// Whether a message that was taken over late was acknowledged by nobody.
    pub(super) fn waits_late(&self, given: u64) -> bool {
        self.late.contains_key(&given)
    }

    /// How many messages that were taken over late were acknowledged by nobody.
    pub(super) fn late_count(&self) -> usize {
        self.late.len()
    }

    /// A session acknowledged a message that was taken over late: nobody is to get it again.
    pub(super) fn acknowledge_late(&mut self, given: u64) {
        self.late.remove(&given);
    }

    /// No session is left: only the mailbox knows what waits.
    pub(super) fn forget_sessions(&mut self) {
        (self.acknowledged, self.spoken, self.late) = (Spans::default(), Vec::new(), BTreeMap::new());
    }
}
