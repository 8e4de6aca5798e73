//! What few users have, and not for long.
//!
//! Owns: [`Extras`]: the mailbox of a user who lingers, the account of messages and signals that went from one session to another,
//! and the places in the roster that are kept for names whose owners were asked. Must not: import the tables. It lies in
//! a block of its own, because nearly every user has nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use super::mailbox::Linger;
use super::signal_box::SignalBox;
use super::spans::{Spans, is_in};
use crate::base::slots::Slot;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Set while the user has no session.
    pub(super) linger: Option<Linger>,
    /// Set while signals wait for a session that can read them.
    pub(super) signals: Option<SignalBox>,
    /// Signals that a session was given at its start, or from another one, although they are not of its row; as far as
    /// another session may still pass them on.
    pub(super) passed: BTreeSet<(Slot, u64)>,
    /// Messages that a session acknowledged which has ended, by their numbers among the user's; as far as another session
    /// has not acknowledged them.
    pub(super) acknowledged: Spans,
    /// Messages that were sent on a session, of which it was given no copy; as far as a copy for another session may
    /// still wait.
    spoken: Vec<Spoken>,
    /// Messages that were taken over late and that no session has acknowledged, by their numbers: how many sessions hold
    /// each.
    late: BTreeMap<u64, u32>,
    /// Places in the roster that are kept for names whose owners have not answered yet.
    pub(super) reserved: usize,
}

/// What was sent on one session.
#[derive(Debug)]
struct Spoken {
    session: Slot,
    /// Unbroken runs, above the first number up to the second, in order. A run ends where the session was given a
    /// message, so a page that never acknowledges ends by its limit before there are many.
    runs: Vec<(u64, u64)>,
}

impl Extras {
    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        let messages = !self.acknowledged.is_empty() || !self.spoken.is_empty() || !self.late.is_empty();
        let signals = self.signals.is_some() || !self.passed.is_empty();
        self.linger.is_none() && !messages && !signals && self.reserved == 0
    }

    /// A message was sent on a session; every copy up to `floor` was acknowledged.
    pub(super) fn note_spoken(&mut self, given: u64, session: Slot, floor: u64) {
        self.forget_up_to(floor);
        let at = self.spoken.iter().position(|spoken| spoken.session == session).unwrap_or_else(|| {
            self.spoken.push(Spoken { session, runs: Vec::new() });
            self.spoken.len() - 1
        });
        let runs = &mut self.spoken[at].runs;
        match runs.last_mut() {
            Some((_, to)) if *to == given - 1 => *to = given,
            Some(_) | None => runs.push((given - 1, given)),
        }
    }

    /// The messages that were sent on a session, as runs.
    pub(super) fn spoken_on(&self, session: Slot) -> &[(u64, u64)] {
        self.spoken.iter().find(|spoken| spoken.session == session).map_or(&[], |spoken| &spoken.runs)
    }

    /// Whether a message was sent on a session.
    pub(super) fn is_spoken(&self, given: u64) -> bool {
        self.spoken.iter().any(|spoken| is_in(&spoken.runs, given))
    }

    /// Every session has acknowledged what it was given up to this number.
    pub(super) fn forget_up_to(&mut self, floor: u64) {
        self.acknowledged.forget_up_to(floor);
        for Spoken { runs, .. } in &mut self.spoken {
            let useless = runs.partition_point(|(_, to)| *to <= floor);
            runs.drain(..useless);
        }
        self.spoken.retain(|spoken| !spoken.runs.is_empty());
    }

    /// A message that was taken over late is queued to one more session.
    pub(super) fn hold_late(&mut self, given: u64) {
        *self.late.entry(given).or_default() += 1;
    }

    /// A session has ended that held a message taken over late. Returns whether no session has it now.
    pub(super) fn release_late(&mut self, given: u64) -> bool {
        let Some(holders) = self.late.get_mut(&given) else { return false };
        *holders -= 1;
        let orphaned = *holders == 0;
        if orphaned {
            self.late.remove(&given);
        }
        orphaned
    }

    /// How many messages that were taken over late wait for an acknowledgement.
    pub(super) fn late_len(&self) -> usize {
        self.late.len()
    }

    /// Whether a message that was taken over late waits for an acknowledgement.
    pub(super) fn waits_late(&self, given: u64) -> bool {
        self.late.contains_key(&given)
    }

    /// A session acknowledged a message that was taken over late: no other is given it again.
    pub(super) fn acknowledge_late(&mut self, given: u64) {
        self.late.remove(&given);
    }

    /// No session is left: all that waits is in the mailbox.
    pub(super) fn forget_sessions(&mut self) {
        self.acknowledged = Spans::default();
        self.spoken = Vec::new();
        self.late = BTreeMap::new();
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn what_a_page_says_that_never_acknowledges_takes_no_room() {
        let speaker = Slot { index: 1, generation: NonZeroU32::MIN };
        let mut extras = Extras::default();
        for given in (2..100_000).filter(|given| *given != 500) {
            extras.note_spoken(given, speaker, 1);
        }
        assert_eq!(extras.spoken_on(speaker), [(1, 499), (500, 99_999)]);
        assert!(extras.is_spoken(499) && !extras.is_spoken(500) && extras.is_spoken(501));
        extras.forget_up_to(99_998);
        assert!(extras.is_spoken(99_999), "the rest is still needed");
        extras.forget_up_to(99_999);
        assert!(extras.is_empty());
    }
}
