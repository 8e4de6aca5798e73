//! Long polls: each is answered at once, or parked until something is queued.
//!
//! Owns: what each change of a session's poll entails: answers, deadlines, counters; of a stream all but what `streams`
//! has. Must not: end a session; [`Sessions::on_alarm`] returns when one is due. Draining the queue or parking the poll
//! is one step here; there is no moment between "nothing is queued" and "parked".

use super::label::Label;
use super::line::{CutPoll, PollAdmission, PollCall, PollMode, StreamStage};
use super::queue::QueueAnswer;
use super::session::{Owners, SessionEnd};
use super::space::PushOutcome;
use super::table::{QueueChange, Sessions};
use crate::base::clock::Tick;
use crate::base::limits::chat::DRAIN_STEP_MS;
use crate::base::slots::Slot;
use crate::router::call::{Answer, Delivery, Poll, Reason, Refusal, Version};
use crate::router::ids::{CallKey, SessionKey};
use crate::router::mail::{Alarm, PollCut, PollFate};
use crate::router::out::Out;
use crate::router::packet::{Kind, Packet, Reader};

impl Sessions {
    /// `/packets`, of this session. Returns whether its time is over and it must end.
    #[must_use]
    pub(in crate::router) fn poll(
        &mut self,
        owners: &mut impl Owners,
        out: &mut Out,
        slot: Slot,
        (key, poll): (CallKey, Poll),
    ) -> bool {
        let Poll { seq, transport, .. } = poll;
        if seq.is_some_and(|seq| seq > self[slot].queue().issued()) {
            out.refuse(key, Refusal::BadSeq);
        } else if self.is_draining() {
            self.acknowledge(owners, out, slot, seq);
            self.stop(out, slot, key, Reason::Shutdown);
        } else if self[slot].has_expired(out.now()) {
            self.acknowledge(owners, out, slot, seq);
            self.stop(out, slot, key, Reason::Renew);
            return true;
        } else {
            self.take(owners, out, slot, PollCall { key, seq, mode: PollMode::of(transport) });
        }
        false
    }

    /// A poll of a session that lives on.
    fn take(&mut self, owners: &mut impl Owners, out: &mut Out, slot: Slot, call: PollCall) {
        match self.session_mut(slot).admit(call, out.now()) {
            PollAdmission::Served => self.serve(owners, out, slot, call),
            PollAdmission::Replaces(parked) => self.replace(owners, out, slot, parked, call),
            PollAdmission::WaitsUntil(free) => self.set_due(out, slot, free),
            PollAdmission::WaitsFor(answering) => {
                // The fate of that answer must not take as long as a dead connection takes.
                out.close_poll(answering);
                self.await_fate(out, slot);
            }
            PollAdmission::Supersedes { older, until } => {
                if let Some(until) = until {
                    self.set_due(out, slot, until);
                }
                self.stop(out, slot, older, Reason::Replaced);
            }
            PollAdmission::Refused => out.refuse(call.key, Refusal::TooManyPolls),
        }
    }

    /// Removes the packets that a poll acknowledges.
    pub(super) fn acknowledge(
        &mut self,
        owners: &mut impl Owners,
        out: &mut Out,
        slot: Slot,
        seq: Option<u64>,
    ) {
        let late = self.unqueue(out, slot, seq);
        if !late.is_empty() {
            owners.acknowledge_late(self[slot].user(), &late);
        }
    }

    /// Answers a poll, or parks it: until something comes, or until what was answered before may be answered again. The
    /// first event of a stream does not wait for packets.
    fn serve(&mut self, owners: &mut impl Owners, out: &mut Out, slot: Slot, poll: PollCall) {
        let PollCall { key, seq, mode } = poll;
        self.acknowledge(owners, out, slot, seq);
        let session = &self[slot];
        let now = out.now();
        let until = if session.queue().answerable() > now {
            out.counters_mut().polls_paced_total += 1;
            session.queue().answerable()
        } else if session.queue().is_empty() && mode == PollMode::Single {
            out.counters_mut().polls_parked_total += 1;
            self.held_until(out, slot)
        } else {
            return self.answer(owners, out, slot, key, mode);
        };
        self.session_mut(slot).park(key, mode);
        self.set_due(out, slot, until);
    }

    /// When a poll for which nothing comes is answered.
    pub(super) fn held_until(&self, out: &Out, slot: Slot) -> Tick {
        let (now, session) = (out.now(), &self[slot]);
        now.after(self.pace().held_ms(|most| self.spread(now, session, most)))
    }

    /// Stops the parked poll, and serves a newer one in its place.
    pub(super) fn replace(
        &mut self,
        owners: &mut impl Owners,
        out: &mut Out,
        slot: Slot,
        parked: CallKey,
        newer: PollCall,
    ) {
        self.stop(out, slot, parked, Reason::Replaced);
        self.session_mut(slot).line_mut().replace_parked(out.now());
        self.serve(owners, out, slot, newer);
    }

    /// Answers a poll with everything that is queued, or a stream with what is new.
    pub(super) fn answer(
        &mut self,
        owners: &impl Owners,
        out: &mut Out,
        slot: Slot,
        key: CallKey,
        mode: PollMode,
    ) {
        let (now, is_draining) = (out.now(), self.is_draining());
        let session = self.session_mut(slot);
        let QueueAnswer { packets, repeated } = session.answer(key, mode, is_draining, now);
        // Only now: what is queued may yet be handed over to a session of another dialect.
        let reader = match session.version() {
            Version::V6 => Reader::V6,
            Version::Papers | Version::V3 => Reader::Older(owners.profile(session.user()).clone()),
            Version::V5 | Version::V50 => Reader::V5(owners.profile(session.user()).clone()),
        };
        let superseded = session.waiting().is_some();
        out.counters_mut().packets_repeated_total += repeated as u64;
        self.await_fate(out, slot);
        // No poll follows the event of a stream.
        let retry_ms = if mode.is_stream() { None } else { self.pace_mut().retry_ms(now) };
        out.counters_mut().polls_spread_total += u64::from(retry_ms.is_some());
        let delivery = self.delivery(slot, packets);
        out.answer(key, Answer::Packets(Delivery { reader, retry_ms, ..delivery }));
        if superseded {
            out.close_poll(key);
        }
    }

    /// An answer is on its way, or a poll that came just now waits for its fate: that must be known in time, and the page
    /// of a stream be heard.
    fn await_fate(&mut self, out: &mut Out, slot: Slot) {
        let due = self.pace().fate_due(out.now());
        self.set_due(out, slot, self.unless_silent(slot, due));
    }

    /// Queues a packet to a session, and answers its poll if it is parked.
    pub(in crate::router) fn push(
        &mut self,
        owners: &impl Owners,
        out: &mut Out,
        slot: Slot,
        packet: Packet,
        label: Label,
    ) -> PushOutcome {
        let (kind, bytes) = (packet.kind(), packet.json().len());
        let QueueChange { pushed, before, after } = self.queue(out, slot, packet, label);
        let counters = out.counters_mut();
        if matches!(label, Label::Message(_)) {
            // Typing states, joins and leaves give way to a message.
            let own = usize::from(pushed == PushOutcome::Queued);
            counters.packets_dropped_total += (before + own - after) as u64;
        }
        match pushed {
            PushOutcome::Queued => {
                match kind {
                    Kind::Message(_) => counters.packets_queued_messages += 1,
                    Kind::Presence(_) => counters.packets_queued_presences += 1,
                    Kind::Signal => counters.packets_queued_signals += 1,
                    Kind::Status | Kind::RoomStatus => counters.packets_queued_statuses += 1,
                }
                if let Some(figures) = out.figures(self.domain_of(slot)) {
                    figures.queued(bytes as u64);
                }
                self.answer_parked(owners, out, slot);
            }
            PushOutcome::Dropped => counters.packets_dropped_total += 1,
            PushOutcome::Full => {}
        }
        pushed
    }

    /// Answers the poll of a session if it is parked and something is queued that was never answered.
    pub(in crate::router) fn answer_parked(&mut self, owners: &impl Owners, out: &mut Out, slot: Slot) {
        if self[slot].queue().has_news() {
            self.answer_now(owners, out, slot);
        }
    }

    /// Answers the poll of a session if it is parked.
    pub(super) fn answer_now(&mut self, owners: &impl Owners, out: &mut Out, slot: Slot) {
        let session = &self[slot];
        if let (Some(key), Some(mode)) = (session.parked(), session.line().mode()) {
            self.answer(owners, out, slot, key, mode);
        }
    }

    /// Handles a cut: the connection of a poll was closed before it was answered.
    pub(in crate::router) fn on_cut(&mut self, owners: &mut impl Owners, out: &mut Out, cut: PollCut) {
        let PollCut { session: SessionKey { slot, .. }, key } = cut;
        match self.get_mut(slot).and_then(|session| session.line_mut().cut(key)) {
            Some(CutPoll::Parked) => {
                out.counters_mut().polls_cut_total += 1;
                self.poll_gone(owners, out, slot, self.pace().session_cut_ms());
            }
            Some(CutPoll::Answering) => {
                self.on_fate(owners, out, PollFate { session: cut.session, key, flushed: false });
            }
            Some(CutPoll::Waiting(until)) => self.set_due(out, slot, until),
            None => {}
        }
    }

    /// Handles the fate of an answer: it was flushed, or never will be.
    pub(in crate::router) fn on_fate(&mut self, owners: &mut impl Owners, out: &mut Out, fate: PollFate) {
        let PollFate { session: SessionKey { slot, .. }, key, flushed } = fate;
        let Some(session) = self.get_mut(slot) else { return };
        if session.answering() != Some(key) {
            return;
        }
        if !flushed {
            self.poll_gone(owners, out, slot, self.pace().session_cut_ms());
        } else if session.is_streaming() {
            self.resume_stream(owners, out, slot, key);
        } else {
            session.queue_mut().flushed();
            self.poll_gone(owners, out, slot, self.pace().session_idle_ms());
        }
    }

    /// Forgets the poll of a session. Serves the poll that waits behind it; if there is none, one must come within
    /// `patience_ms`.
    pub(super) fn poll_gone(
        &mut self,
        owners: &mut impl Owners,
        out: &mut Out,
        slot: Slot,
        patience_ms: u64,
    ) {
        if let Some(next) = self.session_mut(slot).end_poll(out.now()) {
            self.serve(owners, out, slot, next);
        } else {
            let due = out.now().after(patience_ms);
            self.set_due(out, slot, due);
        }
    }

    /// Handles an alarm of a session: answers its poll. Returns why the session must end: it had no poll for too long,
    /// its stream was not acknowledged for too long, or its time is over. Of one that has ended it is the time in which
    /// its page may still acknowledge.
    #[must_use]
    pub(in crate::router) fn on_alarm(
        &mut self,
        owners: &mut impl Owners,
        out: &mut Out,
        slot: Slot,
    ) -> Option<SessionEnd> {
        let (now, is_draining) = (out.now(), self.is_draining());
        let Some(session) = self.get_mut(slot) else {
            self.expire_ended(slot, now);
            return None;
        };
        let due = session.take_alarm(now)?;
        if !is_draining && session.must_end(now) {
            return Some(SessionEnd::Expired);
        }
        if due > now {
            self.set_due(out, slot, due);
            return None;
        }
        let Some(parked) = session.parked() else { return self.end_unflushed(out, slot) };
        if is_draining {
            self.part(owners, out, slot);
        } else if self.silent_at(slot) <= now {
            return self.end_silence(owners, out, slot, parked);
        } else if let Some(next) = self.session_mut(slot).line_mut().take_waiting() {
            self.replace(owners, out, slot, parked, next);
        } else {
            self.answer_now(owners, out, slot);
        }
        None
    }

    /// Begins the drain: stops every poll that waits, step by step; new ones are stopped when they come.
    pub(in crate::router) fn drain(&mut self, owners: &impl Owners, out: &mut Out) {
        self.begin_drain();
        self.drain_on(owners, out);
    }

    /// Takes the next step of the drain.
    pub(in crate::router) fn drain_on(&mut self, owners: &impl Owners, out: &mut Out) {
        let Some((parting, is_last)) = self.pace_mut().next_step() else { return };
        if !is_last {
            let next = out.now().after(DRAIN_STEP_MS);
            out.set_alarm(next, Alarm::Drain);
        }
        for session in parting {
            self.part(owners, out, session);
        }
    }

    /// Stops the polls of a session. A stream has an event before it is stopped.
    fn part(&mut self, owners: &impl Owners, out: &mut Out, slot: Slot) {
        let Some(session) = self.get_mut(slot) else { return };
        let mode = session.line().mode();
        if matches!(mode.and_then(PollMode::stage), Some(StreamStage::Opening | StreamStage::Streaming)) {
            let waiting = session.line_mut().take_waiting();
            if let Some(waiting) = waiting {
                self.stop(out, slot, waiting.key, Reason::Shutdown);
            }
            return self.answer_now(owners, out, slot);
        }
        for key in session.line_mut().take_polls() {
            self.stop(out, slot, key, Reason::Shutdown);
        }
        let due = out.now().after(self.pace().session_idle_ms());
        self.set_due(out, slot, due);
    }
}
