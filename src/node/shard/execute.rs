//! Effects of the router: answers, mail, timers, closes, undelivered messages.
//!
//! Owns: the outbox, the way to undelivered messages' sites, and the timings of calls answered in this turn. Must not:
//! call the router; what becomes of an answer is a note in `io`.

use std::sync::Arc;

use super::buffers::release_if_large;
use super::chat::Chat;
use super::io::Io;
use super::mailbox::Outbox;
use super::moving::MovedConn;
use super::reply::{self, Addressee};
use super::schedule::Timer;
use super::state::{CallTiming, ConnState, ParkedStream};
use crate::api::{self, Shape};
use crate::base::clock::Stamp;
use crate::base::domains::DomainId;
use crate::base::limits::turn::OUTBOX_MARK;
use crate::base::memory::Held;
use crate::base::slots::Slot;
use crate::base::stats::Board;
use crate::bridges::returns::Returns;
use crate::router::call::{Answer, Refusal};
use crate::router::ids::{CallKey, Place, SessionKey};
use crate::router::mail::{CallAnswer, Effect, Envelope, TimedAlarm, Undelivered};

#[derive(Debug)]
pub(super) struct Executor {
    outbox: Outbox,
    /// The memory of mail that did not fit into mailboxes.
    unposted: Held,
    returns: Returns,
    /// The `server` in the answer to `/presences/online`.
    base_url: Arc<str>,
    answered: Vec<CallTiming>,
}

impl Executor {
    /// `unposted` is an empty hold on the shard's memory.
    pub(super) fn new(outbox: Outbox, unposted: Held, returns: Returns, base_url: Arc<str>) -> Executor {
        Executor { outbox, unposted, returns, base_url, answered: Vec::new() }
    }

    /// Carries out the effects so far, and those that follow from them.
    pub(super) fn carry_out(&mut self, io: &mut Io, chat: &mut Chat) {
        chat.handle_notes(io);
        while let Some(mut effects) = chat.take_effects() {
            for effect in effects.drain(..) {
                match effect {
                    Effect::Answer(CallAnswer { key, answer }) => self.answer(io, key, &answer),
                    Effect::Mail(Envelope { to, mail }) => self.outbox.push(to, mail),
                    Effect::Alarm(TimedAlarm { at, alarm }) => {
                        io.schedule_mut().set(at, Timer::Router(alarm));
                    }
                    Effect::Close(key) => close_unflushed(io, key),
                    Effect::Undelivered(Undelivered { domain, messages }) => {
                        self.returns.post(domain, messages);
                    }
                }
            }
            chat.recycle(effects);
            chat.handle_notes(io);
        }
    }

    /// Writes the answer of a call, or an event of a stream. If its connection is gone, it will never be flushed.
    pub(super) fn answer(&mut self, io: &mut Io, key: CallKey, answer: &Answer) {
        let fate = awaits_fate(answer);
        let found = io.find_call(key);
        if let (Some(slot), Some(_), Some(domain)) = (found, fate, domain_of(answer))
            && let Some((shape, session)) = io.stream_shape(slot)
        {
            self.send_event(io, slot, ParkedStream { shape, session, domain }, answer);
            return io.check(slot);
        }
        if let Some((slot, waiting)) = found.and_then(|slot| Some((slot, io.take_shape(slot)?))) {
            self.answer_call(io, slot, waiting, answer);
            return io.check(slot);
        }
        close_unflushed_stream(io, found);
        if let Some(session) = fate {
            io.note_fate(session, key, false);
        }
    }

    fn send_event(&self, io: &mut Io, slot: Slot, stream: ParkedStream, event: &Answer) {
        let chance = io.chance();
        io.with_output(|io, output| {
            api::write_answer(output, event, &stream.shape, &self.base_url, chance);
            io.send_event(slot, stream, output);
        });
    }

    fn answer_call(
        &mut self,
        io: &mut Io,
        slot: Slot,
        (mut shape, timing): (Shape, Option<CallTiming>),
        answer: &Answer,
    ) {
        self.answered.extend(timing);
        // Here, because the shard that finds that a call is late does not know whether another has found it before.
        io.counters().calls_refused_late += u64::from(matches!(answer, Answer::Refused(Refusal::Late)));
        let domain = timing.map(|timing| timing.domain).or(domain_of(answer));
        let chance = io.chance();
        reply::part(io, &mut shape);
        // A stream ends with its connection: the page that reads its last event opens none there.
        shape.close |= shape.is_stream() && matches!(answer, Answer::Packets(_));
        reply::write(io, slot, &shape, Addressee { domain, fate: awaits_fate(answer) }, |output| {
            api::write_answer(output, answer, &shape, &self.base_url, chance);
        });
    }

    /// Posts the mail of this turn, and behind it the connections that have moved away.
    pub(super) fn post(&mut self, io: &mut Io, departed: impl Iterator<Item = (Place, MovedConn)>) {
        for (to, moved) in departed {
            self.outbox.push_conn(to, moved);
        }
        let posted = self.outbox.post();
        self.unposted.set(self.outbox.waiting_bytes());
        let counters = io.counters();
        counters.mail_total += posted.mail;
        counters.wakes_total += posted.wakes;
        counters.mail_delayed_total += posted.delayed;
        counters.mail_waiting = self.outbox.waiting() as u64;
    }

    pub(super) fn has_unposted(&self) -> bool {
        self.outbox.waiting() > 0
    }

    /// Whether too much mail waits for other shards to read more requests.
    pub(super) fn is_congested(&self) -> bool {
        self.outbox.waiting() > OUTBOX_MARK
    }

    /// Shows how long the calls took that were answered in this turn, which ends at `now`.
    pub(super) fn show_timings(&mut self, board: &Board, now: Stamp) {
        for CallTiming { kind, at, .. } in self.answered.drain(..) {
            board.answered(kind, now.since_us(at));
        }
        release_if_large(&mut self.answered);
    }
}

/// Closes the connection of a poll whose answer is still being written.
fn close_unflushed(io: &mut Io, key: CallKey) {
    if let Some(slot) = io.find_call(key)
        && io
            .conn(slot)
            .is_some_and(|conn| matches!(conn.state(), ConnState::Writing { .. } | ConnState::Sending(..)))
    {
        io.kill(slot);
    }
}

/// Closes the connection of a stream whose session has ended while an event is still being written: the last event
/// cannot follow it.
fn close_unflushed_stream(io: &mut Io, found: Option<Slot>) {
    if let Some(slot) = found
        && io.conn(slot).is_some_and(|conn| matches!(conn.state(), ConnState::Sending(..)))
    {
        io.kill(slot);
    }
}

/// The session that waits for the fate of this answer.
fn awaits_fate(answer: &Answer) -> Option<SessionKey> {
    match answer {
        Answer::Packets(delivery) if delivery.stopped.is_none() => Some(delivery.session),
        Answer::Packets(_)
        | Answer::Done
        | Answer::Delivered(_)
        | Answer::Online(_)
        | Answer::Onlines(_)
        | Answer::Joined(_)
        | Answer::Members(_)
        | Answer::Refused(_) => None,
    }
}

/// The domain of an answer that names one.
fn domain_of(answer: &Answer) -> Option<DomainId> {
    match answer {
        Answer::Packets(delivery) => Some(delivery.domain),
        Answer::Done
        | Answer::Delivered(_)
        | Answer::Online(_)
        | Answer::Onlines(_)
        | Answer::Joined(_)
        | Answer::Members(_)
        | Answer::Refused(_) => None,
    }
}
