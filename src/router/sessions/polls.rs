//! Long polls: each is answered at once, or parked until something is queued.
//!
//! Owns: the state of each session's poll, and its deadlines. Must not: end a session; [`Sessions::on_alarm`] returns
//! when one is due. Draining the queue or parking the poll is one step here; there is no moment between "nothing is
//! queued" and "parked".

use super::backlog::{PushOutcome, Space};
use super::drain::Drain;
use super::label::Label;
use super::queue::QueueAnswer;
use super::session::{Owners, PollCall, PollState, SessionEnd, WaitingPoll};
use super::table::Sessions;
use crate::base::clock::Moment;
use crate::base::limits::chat::{DRAIN_STEP_MS, REPLACE_MS_MIN};
use crate::base::slots::Slot;
use crate::router::call::{Answer, Caller, Delivery, Poll, Reason, Refusal, Version};
use crate::router::ids::{CallKey, SessionKey};
use crate::router::mail::{Alarm, PollCut, PollFate};
use crate::router::out::Out;
use crate::router::packet::{Kind, Packet};

impl Sessions {
    /// `/packets`. Returns the session, if its time is over and it must end.
    #[must_use]
    pub(in crate::router) fn poll(
        &mut self,
        owners: &mut impl Owners,
        out: &mut Out,
        caller: Caller,
        poll: Poll,
    ) -> Option<Slot> {
        let Caller { key, domain } = caller;
        let Poll { ticket, seq } = poll;
        let Some(slot) = self.find(domain, &ticket) else {
            out.refuse(key, Refusal::NoClient);
            return None;
        };
        if seq.is_some_and(|seq| seq > self.table[slot].queue.issued()) {
            out.refuse(key, Refusal::BadSeq);
        } else if self.drain.is_some() {
            self.acknowledge(owners, out, slot, seq);
            self.stop(out, slot, key, Reason::Shutdown);
        } else if self.table[slot].expiry.has_come(out.now()) {
            self.acknowledge(owners, out, slot, seq);
            self.stop(out, slot, key, Reason::Renew);
            return Some(slot);
        } else {
            self.take(owners, out, slot, PollCall { key, seq });
        }
        None
    }

    /// A poll of a session that lives on.
    fn take(&mut self, owners: &mut impl Owners, out: &mut Out, slot: Slot, call: PollCall) {
        let now = out.now();
        let session = &mut self.table[slot];
        session.heard = Moment::not_before(now);
        let (due, free) = (session.due, session.replaceable);
        if let Some(waiting) = &mut session.next {
            if now < free.tick() {
                return out.refuse(call.key, Refusal::TooManyPolls);
            }
            let older = std::mem::replace(&mut waiting.call, call);
            session.replaceable = Moment::not_before(now.after(REPLACE_MS_MIN));
            if matches!(session.poll, PollState::Parked { .. }) {
                self.set_due(out, slot, now.after(REPLACE_MS_MIN));
            }
            return self.stop(out, slot, older.key, Reason::Replaced);
        }
        match session.poll {
            PollState::Absent => self.serve(owners, out, slot, call),
            PollState::Parked { key: parked } if now >= free.tick() => {
                self.replace(owners, out, slot, parked, call);
            }
            PollState::Parked { .. } => {
                session.next = Some(Box::new(WaitingPoll { call, until: due }));
                self.set_due(out, slot, free.tick());
            }
            PollState::Answering { key: answering } => {
                session.next = Some(Box::new(WaitingPoll { call, until: due }));
                // The newer poll waits for the fate of this one: it must not take as long as a dead connection takes.
                out.close_poll(answering);
            }
        }
    }

    /// Removes the packets that a poll acknowledges.
    fn acknowledge(&mut self, owners: &mut impl Owners, out: &mut Out, slot: Slot, seq: Option<u64>) {
        let session = &mut self.table[slot];
        let mut late = Vec::new();
        out.counters_mut().packets_waiting -= session.queue.len() as u64;
        session.queue.acknowledge(seq, |given| late.push(given));
        out.counters_mut().packets_waiting += session.queue.len() as u64;
        if !late.is_empty() {
            owners.acknowledge_late(session.user, &late);
        }
    }

    /// Answers a poll, or parks it: until something comes, or until what was answered before may be answered again.
    fn serve(&mut self, owners: &mut impl Owners, out: &mut Out, slot: Slot, poll: PollCall) {
        let PollCall { key, seq } = poll;
        self.acknowledge(owners, out, slot, seq);
        let session = &self.table[slot];
        let now = out.now();
        let until = if session.queue.is_empty() {
            out.counters_mut().polls_parked_total += 1;
            // Spread, so that pages that came together do not come back together.
            let shortest = self.timeouts.poll_hold_ms_min;
            now.after(shortest + self.spread(now, session, self.timeouts.poll_hold_ms_max - shortest))
        } else if session.queue.answerable() > now {
            out.counters_mut().polls_paced_total += 1;
            session.queue.answerable()
        } else {
            return self.answer(owners, out, slot, key);
        };
        debug_assert!(!session.queue.has_news(), "a poll is parked on news");
        self.table[slot].poll = PollState::Parked { key };
        self.set_due(out, slot, until);
    }

    /// Stops the parked poll, and serves a newer one in its place.
    fn replace(
        &mut self,
        owners: &mut impl Owners,
        out: &mut Out,
        slot: Slot,
        parked: CallKey,
        newer: PollCall,
    ) {
        self.stop(out, slot, parked, Reason::Replaced);
        let session = &mut self.table[slot];
        session.replaceable = Moment::not_before(out.now().after(REPLACE_MS_MIN));
        session.poll = PollState::Absent;
        self.serve(owners, out, slot, newer);
    }

    /// Answers a poll with everything that is queued.
    fn answer(&mut self, owners: &impl Owners, out: &mut Out, slot: Slot, key: CallKey) {
        let now = out.now();
        let session = &mut self.table[slot];
        let QueueAnswer { mut packets, repeated } = session.queue.answer(now);
        if session.version != Version::V6 {
            // Only now: what is queued may yet be handed over to a session of another dialect.
            packets.for_older_dialects(|| owners.name(session.user));
        }
        session.poll = PollState::Answering { key };
        let (domain, seq, superseded) = (session.domain, session.queue.sent(), session.next.is_some());
        out.counters_mut().packets_repeated_total += repeated as u64;
        // Only a guard: the connection has a deadline of its own, and the answer's fate is known long before.
        self.set_due(out, slot, now.after(self.timeouts.session_idle_ms + self.timeouts.answer_ms));
        let session = self.directory.session_key(slot);
        let retry_ms = self.storm.answer(now);
        out.counters_mut().polls_spread_total += u64::from(retry_ms.is_some());
        let delivery = Delivery { session, domain, packets, seq, stopped: None, retry_ms };
        out.answer(key, Answer::Packets(delivery));
        if superseded {
            out.close_poll(key);
        }
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
        let session = &mut self.table[slot];
        let kind = packet.kind();
        let space = Space { limits: &self.limits, memory: &self.memory, domain: session.domain };
        let before = session.queue.len();
        let pushed = session.queue.push(packet, label, space);
        let after = session.queue.len();
        let counters = out.counters_mut();
        counters.packets_waiting -= before as u64;
        counters.packets_waiting += after as u64;
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
                self.answer_parked(owners, out, slot);
            }
            PushOutcome::Dropped => counters.packets_dropped_total += 1,
            PushOutcome::Full => {}
        }
        pushed
    }

    /// Answers the poll of a session if it is parked and something is queued that was never answered.
    pub(in crate::router) fn answer_parked(&mut self, owners: &impl Owners, out: &mut Out, slot: Slot) {
        let session = &self.table[slot];
        if let PollState::Parked { key } = session.poll
            && session.queue.has_news()
        {
            self.answer(owners, out, slot, key);
        }
    }

    /// Handles a cut: the connection of a poll was closed before it was answered.
    pub(in crate::router) fn on_cut(&mut self, owners: &mut impl Owners, out: &mut Out, cut: PollCut) {
        let PollCut { session: SessionKey { slot, .. }, key } = cut;
        let Some(session) = self.table.get_mut(slot) else { return };
        match session.poll {
            PollState::Parked { key: parked } if parked == key => {
                out.counters_mut().polls_cut_total += 1;
                self.poll_gone(owners, out, slot, self.timeouts.session_cut_ms);
            }
            PollState::Answering { key: answering } if answering == key => {
                self.on_fate(owners, out, PollFate { session: cut.session, key, flushed: false });
            }
            PollState::Parked { .. } => {
                if let Some(next) = session.next.take_if(|next| next.call.key == key) {
                    self.set_due(out, slot, next.until.tick());
                }
            }
            PollState::Absent | PollState::Answering { .. } => {
                session.next.take_if(|next| next.call.key == key);
            }
        }
    }

    /// Handles the fate of an answer: it was flushed, or never will be.
    pub(in crate::router) fn on_fate(&mut self, owners: &mut impl Owners, out: &mut Out, fate: PollFate) {
        let PollFate { session: SessionKey { slot, .. }, key, flushed } = fate;
        let Some(session) = self.table.get_mut(slot) else { return };
        let PollState::Answering { key: answering } = session.poll else { return };
        if answering != key {
            return;
        }
        if flushed {
            session.queue.flushed();
            self.poll_gone(owners, out, slot, self.timeouts.session_idle_ms);
        } else {
            self.poll_gone(owners, out, slot, self.timeouts.session_cut_ms);
        }
    }

    /// Forgets the poll of a session. Serves the poll that waits behind it; if there is none, one must come within
    /// `patience_ms`.
    fn poll_gone(&mut self, owners: &mut impl Owners, out: &mut Out, slot: Slot, patience_ms: u64) {
        let session = &mut self.table[slot];
        session.poll = PollState::Absent;
        session.heard = Moment::not_before(out.now());
        if let Some(next) = session.next.take() {
            self.serve(owners, out, slot, next.call);
        } else {
            let due = out.now().after(patience_ms);
            self.set_due(out, slot, due);
        }
    }

    /// Handles an alarm of a session: answers its poll. Returns why the session must end: it had no poll for too long, or
    /// its time is over.
    #[must_use]
    pub(in crate::router) fn on_alarm(
        &mut self,
        owners: &mut impl Owners,
        out: &mut Out,
        slot: Slot,
    ) -> Option<SessionEnd> {
        let now = out.now();
        let session = self.table.get_mut(slot)?;
        if session.armed.tick() > now {
            return None; // it was set before an earlier one, which has done its work
        }
        session.armed = Moment::NEVER;
        let is_over = session.expiry.has_come(now) && self.drain.is_none();
        let is_parked = matches!(session.poll, PollState::Parked { .. });
        if is_over && (is_parked || session.expiry.next_look(now) <= now) {
            return Some(SessionEnd::Expired);
        }
        let due = session.due.tick();
        if due > now {
            self.set_due(out, slot, due);
            return None;
        }
        match session.poll {
            PollState::Parked { .. } if self.drain.is_some() => self.stop_polls(out, slot),
            PollState::Parked { key } => match session.next.take() {
                Some(next) => self.replace(owners, out, slot, key, next.call),
                None => self.answer(owners, out, slot, key),
            },
            PollState::Absent | PollState::Answering { .. } => return Some(SessionEnd::Silent),
        }
        None
    }

    /// Begins the drain: stops every poll that waits, step by step; new ones are stopped when they come.
    pub(in crate::router) fn drain(&mut self, out: &mut Out) {
        let sessions = self.table.iter().map(|(slot, _)| slot).collect();
        self.drain = Some(Drain::new(sessions, self.timeouts.drain_ms));
        self.drain_on(out);
    }

    /// Takes the next step of the drain.
    pub(in crate::router) fn drain_on(&mut self, out: &mut Out) {
        let Some(drain) = &mut self.drain else { return };
        let stopped = drain.next();
        if !drain.is_done() {
            let next = out.now().after(DRAIN_STEP_MS);
            out.set_alarm(next, Alarm::Drain);
        }
        for session in stopped {
            self.stop_polls(out, session);
        }
    }

    fn stop_polls(&mut self, out: &mut Out, slot: Slot) {
        let Some(session) = self.table.get_mut(slot) else { return };
        let next = session.next.take();
        if let PollState::Parked { key } = session.poll {
            session.poll = PollState::Absent;
            self.stop(out, slot, key, Reason::Shutdown);
        }
        if let Some(next) = next {
            self.stop(out, slot, next.call.key, Reason::Shutdown);
        }
        let due = out.now().after(self.timeouts.session_idle_ms);
        self.set_due(out, slot, due);
    }
}
