//! What few users have, and not for long.
//!
//! Owns: [`Extras`]: the mailbox of a user who lingers, the account of messages and signals that went from one session
//! to another, and the places in the roster that are reserved for names whose owners were asked. Must not: import the
//! tables. It lies in a block of its own, because nearly every user has nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use super::mailbox::{Linger, MailboxMessage};
use super::signal_box::SignalBox;
use super::spans::{Addition, Spans, is_in};
use crate::base::limits::Limits;
use crate::base::slots::Slot;
use crate::router::sessions::aside::KeptSignal;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Set while the user has no session.
    linger: Option<Linger>,
    /// Set while signals wait for a session that can read them.
    signals: Option<SignalBox>,
    /// Signals outside its row that a session was given, at its start or from another one. Kept while another session
    /// may still pass them on.
    passed: BTreeSet<(Slot, u64)>,
    /// Numbers of messages that ended sessions had acknowledged. Kept while another session has not.
    acknowledged: Spans,
    /// For each session, the messages that its own page sent. Kept while a copy for another session may be
    /// unacknowledged.
    spoken: Vec<Spoken>,
    /// How many sessions hold each late message that none has acknowledged, by its number.
    late: BTreeMap<u64, u32>,
    /// Places in the roster that are reserved for names whose owners have not answered yet.
    reserved: usize,
}

/// The row of messages of a session that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndedRow<'r> {
    pub(super) session: Slot,
    /// It was given the user's messages above `from` up to `to`.
    pub(super) from: u64,
    pub(super) to: u64,
    /// Those it has not acknowledged, as runs.
    pub(super) unacknowledged: &'r [(u64, u64)],
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

    // What waits while there is no page for it.

    /// The mailbox, while the user has no session.
    pub(super) fn linger(&self) -> Option<&Linger> {
        self.linger.as_ref()
    }

    /// Drops what a page has acknowledged of what waits. Returns whether there is a mailbox. `given` ascends.
    pub(super) fn withdraw(&mut self, given: &[u64]) -> bool {
        if let Some(signals) = &mut self.signals {
            signals.withdraw(given);
        }
        if let Some(linger) = &mut self.linger {
            linger.withdraw(given);
        }
        self.linger.is_some()
    }

    /// Begins the linger. Signals wait as long as the messages: in `signals`, if there is no box for them yet.
    pub(super) fn begin_linger(&mut self, linger: Linger, signals: SignalBox) {
        self.forget_sessions();
        self.signals.get_or_insert(signals).stay(linger.until());
        self.linger = Some(linger);
    }

    pub(super) fn take_linger(&mut self) -> Option<Linger> {
        self.linger.take()
    }

    /// Keeps a message in the mailbox, if there is one. Returns how many signals had to make room for it.
    pub(super) fn keep_message(&mut self, message: MailboxMessage, limits: &Limits) -> usize {
        let Some(linger) = &mut self.linger else { return 0 };
        linger.push(message);
        match &mut self.signals {
            Some(signals) if !signals.leaves_room(linger.sum(), limits) => signals.clear(),
            Some(_) | None => 0,
        }
    }

    /// The signals that wait for a session that can read them; `None`: none are kept.
    pub(super) fn signal_box(&self) -> Option<&SignalBox> {
        self.signals.as_ref()
    }

    pub(super) fn open_signal_box(&mut self, signals: SignalBox) {
        self.signals = Some(signals);
    }

    pub(super) fn take_signal_box(&mut self) -> Option<SignalBox> {
        self.signals.take()
    }

    /// Keeps a signal beside the messages of the mailbox. Returns whether there was room.
    pub(super) fn keep_signal(&mut self, signal: KeptSignal, limits: &Limits) -> bool {
        let mailbox = self.linger.as_ref().map(Linger::sum).unwrap_or_default();
        self.signals.as_mut().is_some_and(|signals| signals.push(signal, mailbox, limits))
    }

    // Signals that were passed on.

    /// Notes a signal that a session was given outside its row.
    pub(super) fn note_passed(&mut self, session: Slot, given: u64) {
        self.passed.insert((session, given));
    }

    /// Whether a session was given this signal outside its row.
    pub(super) fn was_passed(&self, session: Slot, given: u64) -> bool {
        self.passed.contains(&(session, given))
    }

    pub(super) fn has_passed(&self) -> bool {
        !self.passed.is_empty()
    }

    /// Forgets passed signals older than `oldest`; `None`: all of them.
    pub(super) fn forget_passed(&mut self, oldest: Option<u64>) {
        self.passed.retain(|(_, given)| oldest.is_some_and(|oldest| *given >= oldest));
    }

    /// Forgets the signals that a session was passed, which has ended.
    pub(super) fn forget_passed_to(&mut self, session: Slot) {
        self.passed.retain(|(other, _)| *other != session);
    }

    // Places in the roster.

    pub(super) fn reserved(&self) -> usize {
        self.reserved
    }

    pub(super) fn reserve(&mut self, places: usize) {
        self.reserved += places;
    }

    pub(super) fn release(&mut self, places: usize) {
        self.reserved -= places;
    }

    // The account of messages.

    /// Numbers of messages that ended sessions had acknowledged.
    pub(super) fn acknowledged(&self) -> &Spans {
        &self.acknowledged
    }

    /// Adds the messages that a session had acknowledged, which has ended. It was given no copy of those that were sent
    /// on it. Keeps at most `most` spans: a message that is forgotten may be given once more to a page that starts, and
    /// shown there by its id.
    pub(super) fn add_acknowledged(&mut self, row: EndedRow<'_>, most: usize) {
        let EndedRow { session, from, to, unacknowledged } = row;
        let mut but: Vec<(u64, u64)> = [unacknowledged, self.spoken_on(session)].concat();
        but.sort_unstable();
        self.acknowledged.add([Addition { from, to, but: &but }], most);
    }

    /// Adds messages that the page of an ended session has acknowledged since. Every one up to `floor` was acknowledged
    /// before; `None`: all.
    pub(super) fn acknowledge_given(&mut self, given: &[u64], floor: Option<u64>, most: usize) {
        for number in given {
            self.late.remove(number);
        }
        if let Some(floor) = floor {
            let parts = given.iter().map(|number| Addition { from: number - 1, to: *number, but: &[] });
            self.acknowledged.add(parts, most);
            self.acknowledged.forget_up_to(floor);
        }
    }

    /// Whether no session has acknowledged a message that belongs to a row, and none has sent it.
    pub(super) fn waits_in_row(&self, given: u64) -> bool {
        !self.acknowledged.contains(given) && !self.is_spoken(given)
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
    fn is_spoken(&self, given: u64) -> bool {
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
