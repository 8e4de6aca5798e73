//! What few users have, and not for long.
//!
//! Owns: [`Extras`]: the mailbox of a user who lingers, the account of messages and signals that went from one session
//! to another, and the places in the roster that are reserved for names whose owners were asked. Must not: import the
//! tables. It lies in a block of its own, because nearly every user has nothing of it.

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
    /// Signals outside its row that a session was given, at its start or from another one. Kept while another session
    /// may still pass them on.
    pub(super) passed: BTreeSet<(Slot, u64)>,
    /// Numbers of messages that ended sessions had acknowledged. Kept while another session has not.
    pub(super) acknowledged: Spans,
    /// For each session, the messages that its own page sent. Kept while a copy for another session may be
    /// unacknowledged.
    spoken: Vec<Spoken>,
    /// How many sessions hold each late message that none has acknowledged, by its number.
    late: BTreeMap<u64, u32>,
    /// Places in the roster that are reserved for names whose owners have not answered yet.
    pub(super) reserved: usize,
}

/// What was sent on one session.
#[derive(Debug)]
struct Spoken {
    session: Slot,
    /// Unbroken runs, above the first number up to the second, in order. Each run ends at a message to the session, so
    /// the queue limit ends a silent page before it has many runs.
    runs: Vec<(u64, u64)>,
}

impl Extras {
    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        let messages = !self.acknowledged.is_empty() || !self.spoken.is_empty() || !self.late.is_empty();
        let signals = self.signals.is_some() || !self.passed.is_empty();
        self.linger.is_none() && !messages && !signals && self.reserved == 0
    }

    /// Notes that a message was sent on a session. Every copy up to `floor` was acknowledged.
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

    /// Forgets numbers up to `floor`, which every session has acknowledged.
    pub(super) fn forget_up_to(&mut self, floor: u64) {
        self.acknowledged.forget_up_to(floor);
        for Spoken { runs, .. } in &mut self.spoken {
            let useless = runs.partition_point(|(_, to)| *to <= floor);
            runs.drain(..useless);
        }
        self.spoken.retain(|spoken| !spoken.runs.is_empty());
    }

    /// Counts one more session that holds a late message.
    pub(super) fn hold_late(&mut self, given: u64) {
        *self.late.entry(given).or_default() += 1;
    }

    /// Counts one session less that holds a late message. Returns whether none is left.
    pub(super) fn release_late(&mut self, given: u64) -> bool {
        let Some(holders) = self.late.get_mut(&given) else { return false };
        *holders -= 1;
        let orphaned = *holders == 0;
        if orphaned {
            self.late.remove(&given);
        }
        orphaned
    }

    /// How many late messages wait for an acknowledgement.
    pub(super) fn late_len(&self) -> usize {
        self.late.len()
    }

    /// Whether a late message waits for an acknowledgement.
    pub(super) fn waits_late(&self, given: u64) -> bool {
        self.late.contains_key(&given)
    }

    /// Forgets a late message that a session has acknowledged: no other is given it again.
    pub(super) fn acknowledge_late(&mut self, given: u64) {
        self.late.remove(&given);
    }

    /// Forgets the account when no session is left: all that waits is in the mailbox.
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
