//! Streams: polls that are parked again when their events were flushed, and whose pages acknowledge beside them.
//!
//! Owns: what follows an event, and what an acknowledgement entails. Must not: end a session, or know how events are
//! written.
//!
//! That the kernel has taken an event proves nothing of its page. So only an acknowledgement removes packets, and only
//! it, or a new poll, counts as being heard: a session whose stream goes on ends if that does not come.

use super::line::{PollMode, ResumedStream};
use super::session::Owners;
use super::table::Sessions;
use crate::base::clock::Tick;
use crate::base::slots::Slot;
use crate::router::call::{Answer, Refusal};
use crate::router::ids::CallKey;
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
        out.counters_mut().acks_total += 1;
        self.acknowledge(owners, out, slot, Some(seq));
        let now = out.now();
        self.session_mut(slot).hear(now);
        self.extend_silence(out, slot);
        out.answer(key, Answer::Done);
    }

    /// The page of a stream was heard: its session may be silent from now on for as long as before.
    fn extend_silence(&mut self, out: &mut Out, slot: Slot) {
        let session = &self[slot];
        let is_alone = session.waiting().is_none();
        if session.line().mode() == Some(PollMode::Streaming) && is_alone && !self.is_draining() {
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

    /// `due`, or when a session ends whose stream goes on without a word of its page, if that comes first.
    pub(super) fn unless_silent(&self, slot: Slot, due: Tick) -> Tick {
        let session = &self[slot];
        if session.is_streaming() { due.min(session.silent_at(self.pace().session_idle_ms())) } else { due }
    }
}
