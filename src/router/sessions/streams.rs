//! Streams: polls that are parked again when their events were flushed, and whose pages acknowledge beside them.
//!
//! Owns: what follows an event, and what an acknowledgement entails. Must not: end a session, or know how events are
//! written.
//!
//! That the kernel has taken an event proves nothing of its page. So only an acknowledgement removes packets, and only
//! it, or a new poll, counts as being heard: a session whose stream goes on ends if that does not come. It comes as a
//! call, or on the connection of the stream.

use super::line::{Hearing, PollMode, ResumedStream, StreamStage};
use super::session::{Owners, SessionEnd};
use super::table::Sessions;
use crate::base::clock::Tick;
use crate::base::slots::Slot;
use crate::router::call::{Answer, Reason, Refusal};
use crate::router::ids::{CallKey, SessionKey};
use crate::router::mail::StreamAck;
use crate::router::out::Out;

impl Sessions {
    /// `/packets/ack`, of this session.
    pub(in crate::router) fn take_ack(
        &mut self,
        owners: &mut impl Owners,
        out: &mut Out,
        slot: Slot,
        (key, seq): (CallKey, u64),
    ) {
        if seq > self[slot].queue().issued() {
            return out.refuse(key, Refusal::BadSeq);
        }
        self.hear_ack(owners, out, slot, seq);
        out.answer(key, Answer::Done);
    }

    /// Handles an acknowledgement that came on the connection of a stream. What a page has it has, even if a newer stream
    /// has come by another way and has taken the place of this one meanwhile.
    pub(in crate::router) fn on_ack(&mut self, owners: &mut impl Owners, out: &mut Out, ack: StreamAck) {
        let StreamAck { session: SessionKey { slot, .. }, key, seq } = ack;
        let Some(session) = self.get_mut(slot) else { return };
        if seq <= session.queue().issued() {
            self.hear_ack(owners, out, slot, seq);
        } else if session.line().first() == Some(key) {
            out.refuse(key, Refusal::BadSeq);
            self.poll_gone(owners, out, slot, self.pace().session_cut_ms());
        }
    }

    /// Takes an acknowledgement.
    fn hear_ack(&mut self, owners: &mut impl Owners, out: &mut Out, slot: Slot, seq: u64) {
        out.counters_mut().acks_total += 1;
        self.acknowledge(owners, out, slot, Some(seq));
        let now = out.now();
        self.session_mut(slot).hear(now);
        self.extend_silence(out, slot);
    }

    /// The page of a stream was heard: its session may be silent from now on for as long as before.
    fn extend_silence(&mut self, out: &mut Out, slot: Slot) {
        let session = &self[slot];
        let is_alone = session.waiting().is_none();
        let stage = session.line().mode().and_then(PollMode::stage);
        if stage == Some(StreamStage::Streaming) && is_alone && !self.is_draining() {
            let due = if session.parked().is_some() {
                self.held_until(out, slot)
            } else {
                self.pace().fate_due(out.now())
            };
            self.set_due(out, slot, self.unless_silent(slot, due));
        }
    }

    /// The event of a stream was flushed. Parks the stream again, unless more packets have come or a newer poll takes
    /// its place.
    pub(super) fn resume_stream(
        &mut self,
        owners: &mut impl Owners,
        out: &mut Out,
        slot: Slot,
        key: CallKey,
    ) {
        let now = out.now();
        let until = if self.is_draining() {
            now.after(self.pace().stop_delay_ms())
        } else {
            self.unless_silent(slot, self.held_until(out, slot))
        };
        let due = match self.session_mut(slot).line_mut().resume(until, now) {
            ResumedStream::ReplacedBy(newer) => return self.replace(owners, out, slot, key, newer),
            ResumedStream::WaitsUntil(free) => free,
            ResumedStream::Waits => until,
        };
        if self[slot].queue().has_news() {
            self.answer_now(owners, out, slot);
        } else {
            self.set_due(out, slot, due);
        }
    }

    /// `due`, or when the page of a stream has been silent too long, if that comes first.
    pub(super) fn unless_silent(&self, slot: Slot, due: Tick) -> Tick {
        due.min(self.silent_at(slot))
    }

    /// When the page of a stream has been silent too long, if it is not heard before.
    pub(super) fn silent_at(&self, slot: Slot) -> Tick {
        let session = &self[slot];
        match session.line().mode().and_then(PollMode::hearing) {
            None => Tick::NEVER,
            Some(Hearing::ByAcks) => session.silent_at(self.pace().session_idle_ms()),
            Some(Hearing::ByPongs) => session.silent_at(self.pace().pong_ms()),
        }
    }

    /// The time of a session is over that has no parked poll: it ends. If its page only had to answer pings, and an event is
    /// on its way, what ends is the connection; the session only if nothing is ever known of that.
    pub(super) fn end_unflushed(&mut self, out: &mut Out, slot: Slot) -> Option<SessionEnd> {
        let line = self[slot].line();
        let is_pinged = line.mode().and_then(PollMode::hearing) == Some(Hearing::ByPongs);
        let Some(answering) = line.answering().filter(|_| is_pinged) else { return Some(SessionEnd::Silent) };
        if self.silent_at(slot).after(self.pace().session_idle_ms()) <= out.now() {
            return Some(SessionEnd::Silent);
        }
        out.close_poll(answering);
        let due = self.pace().fate_due(out.now());
        self.set_due(out, slot, due);
        None
    }

    /// The page of a stream that is parked has been silent too long: the session ends. If it only had to answer pings,
    /// what has ended is its connection, whatever the kernel knows, and another one may follow.
    pub(super) fn end_silence(
        &mut self,
        owners: &mut impl Owners,
        out: &mut Out,
        slot: Slot,
        parked: CallKey,
    ) -> Option<SessionEnd> {
        if self[slot].line().mode().and_then(PollMode::hearing) != Some(Hearing::ByPongs) {
            return Some(SessionEnd::Silent);
        }
        self.stop(out, slot, parked, Reason::Offline);
        self.poll_gone(owners, out, slot, self.pace().session_cut_ms());
        None
    }
}
