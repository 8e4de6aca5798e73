//! Signals that go from one session of a user to another.
//!
//! Owns: which signals a session of version 6 is given at its start, and what becomes of those that an ended one had
//! not acknowledged. Must not: send mail, or read packets.
//!
//! Signals have numbers among the user's messages. A session of version 6 is given every signal whose number is above
//! its `given_from`, or a newer one with the same subject. What it was given besides is noted with the user
//! ([`Extras`](super::extras::Extras)) as long as another session may still pass it on.

use std::collections::BTreeMap;

use super::tables::People;
use crate::base::slots::Slot;
use crate::router::call::Version;
use crate::router::mail::Alarm;
use crate::router::out::Out;
use crate::router::sessions::aside::KeptSignal;
use crate::router::sessions::space::PushOutcome;

impl People {
    /// The sessions of a user that can read signals, newest first.
    fn readers_of(&self, user: Slot) -> impl Iterator<Item = Slot> {
        self.sessions_of(user).filter(|session| self.session(*session).version() == Version::V6)
    }

    /// Gives a session that starts what waits for it: in the mailbox, or in other sessions that have no poll.
    pub(super) fn give_signals(&mut self, out: &mut Out, user: Slot, session: Slot) {
        if self.session(session).version() != Version::V6 {
            return;
        }
        let signals = match self.user_mut(user).take_signal_box() {
            Some(kept) => kept.signals(),
            None => self.waiting_signals(out, user, session),
        };
        for signal in &signals {
            self.note_passed(user, session, signal.given);
        }
        for signal in newest_of_each(signals) {
            self.pass(out, session, &signal);
        }
        self.forget_passed(user);
    }

    /// The signals that wait in sessions without a poll, and those above the start of the new session's row in the
    /// others.
    fn waiting_signals(&self, out: &mut Out, user: Slot, starting: Slot) -> Vec<KeptSignal> {
        let from = self.session(starting).given_from();
        let mut signals = Vec::new();
        for other in self.readers_of(user).filter(|other| *other != starting) {
            let other = self.session(other);
            let waits = |signal: &KeptSignal| !other.has_poll() || signal.given > from;
            signals.extend(other.queue().signals().filter(waits));
        }
        out.charge(self.user(user).domain(), signals.len());
        signals
    }

    /// Gives what an ended session had not acknowledged to the newest one that was not given it; if there is none that
    /// can read it, it waits with the mailbox.
    pub(super) fn pass_signals(&mut self, out: &mut Out, user: Slot, signals: Vec<KeptSignal>) {
        let signals = newest_of_each(signals);
        if self.user(user).signal_box().is_some() {
            return signals.into_iter().for_each(|signal| self.keep_signal(out, user, signal));
        }
        let mut heirs = Vec::new();
        for signal in signals {
            let mut readers = self.readers_of(user);
            let Some(heir) = readers.find(|reader| !self.was_given(user, *reader, signal.given)) else {
                continue;
            };
            drop(readers);
            if self.pass(out, heir, &signal) == PushOutcome::Queued {
                self.note_passed(user, heir, signal.given);
                heirs.push(heir);
            }
        }
        heirs.dedup();
        for heir in heirs {
            self.answer_parked(out, heir);
        }
        self.forget_passed(user);
    }

    /// Opens the signal box after a session of version 6 has ended, if it was the last one. Signals wait in it as long
    /// as a user lingers.
    pub(super) fn open_signal_box(&mut self, out: &mut Out, user: Slot) {
        if self.user(user).signal_box().is_some() || self.readers_of(user).next().is_some() {
            return;
        }
        let (owner, keeping) = self.user_with_keeping(user);
        let until = keeping.until(out.now());
        let signals = keeping.signal_box(until, owner.domain());
        owner.extras_mut().open_signal_box(signals);
        out.set_alarm(until, Alarm::User(user));
    }

    /// Keeps a signal for the next session, if there is room.
    pub(super) fn keep_signal(&mut self, out: &mut Out, user: Slot, signal: KeptSignal) {
        let (owner, keeping) = self.user_with_keeping(user);
        let kept = owner.extras_mut().keep_signal(signal, keeping.limits());
        out.counters_mut().signals_dropped_total += u64::from(!kept);
    }

    /// Drops the signals that wait, if they have waited long enough.
    pub(super) fn expire_signals(&mut self, out: &mut Out, user: Slot) {
        let owner = self.user_mut(user);
        let is_over = owner.signal_box().is_some_and(|kept| kept.until() <= out.now());
        if is_over && let Some(kept) = owner.take_signal_box() {
            out.counters_mut().signals_dropped_total += kept.len() as u64;
        }
    }

    fn was_given(&self, user: Slot, session: Slot, given: u64) -> bool {
        let passed = self.user(user).extras().is_some_and(|extras| extras.was_passed(session, given));
        passed || given > self.session(session).given_from()
    }

    /// Notes a signal that a session was given outside its row.
    fn note_passed(&mut self, user: Slot, session: Slot, given: u64) {
        if given <= self.session(session).given_from() {
            self.user_mut(user).extras_mut().note_passed(session, given);
        }
    }

    /// Forgets passed signals that are older than all that a session still holds: none can pass them on.
    fn forget_passed(&mut self, user: Slot) {
        if self.user(user).extras().is_none_or(|extras| !extras.has_passed()) {
            return;
        }
        let held = self.readers_of(user).flat_map(|reader| self.session(reader).queue().signals());
        let oldest = held.map(|signal| signal.given).min();
        let owner = self.user_mut(user);
        owner.extras_mut().forget_passed(oldest);
        owner.tidy();
    }
}

/// Of signals with the same subject only the newest, in the order of their numbers.
fn newest_of_each(signals: Vec<KeptSignal>) -> Vec<KeptSignal> {
    let mut newest: BTreeMap<u64, KeptSignal> = BTreeMap::new();
    for signal in signals {
        let other = newest.entry(signal.packet.subject()).or_insert_with(|| signal.clone());
        if other.given < signal.given {
            *other = signal;
        }
    }
    let mut newest: Vec<KeptSignal> = newest.into_values().collect();
    newest.sort_by_key(|signal| signal.given);
    newest
}
