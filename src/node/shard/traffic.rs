//! Traffic: from events to requests, and from answers to bytes.
//!
//! Owns: reading, serving what was read, writing, deadlines and ends of connections. Must not: know what requests mean;
//! that is `dispatch.rs`; or judge what has arrived in part; that is `arrival.rs`. A connection serves one request at a
//! time: what was pipelined behind it waits, in the kernel if it was not read yet.

use super::conn::{Conn, Deferral, Got, Put, State, Then};
use super::timers::Wheel;
use super::unserved::Unserved;
use super::{Shard, Timer};
use crate::api::refusal::TOO_MANY_REQUESTS;
use crate::api::{self, Shape};
use crate::base::clock::{Moment, Tick};
use crate::base::domains::DomainId;
use crate::base::limits::turn::{FAREWELL_MS, REQUESTS_PER_TURN};
use crate::base::memory::Owner;
use crate::base::slots::Slot;
use crate::http::forwarded::FORWARDED_FOR;
use crate::http::parser::{Parsed, Partial, head_of, parse};
use crate::http::rejection::Rejection;
use crate::http::request::Request;
use crate::router::ids::{CallKey, SessionKey};
use crate::router::mail::{Input, PollCut, PollFate};

/// What came of serving bytes.
#[derive(Clone, Copy, Debug)]
struct Served {
    /// How many of them were requests.
    bytes: usize,
    /// What follows is a request that has arrived in part.
    incomplete: bool,
    /// What follows is a request of a domain whose calls are put off.
    postponed: Option<DomainId>,
}

/// What an event says about a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Readiness {
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer has closed its end, or the connection is broken.
    pub(super) closed: bool,
}

impl Shard {
    /// Something happened on a connection.
    pub(super) fn on_conn(&mut self, slot: Slot, readiness: Readiness) {
        let congested = self.is_congested();
        let Some(conn) = self.conns.get(slot) else { return };
        conn.readable |= readiness.readable;
        conn.half_closed |= readiness.closed;
        match *conn.state() {
            State::Reading if conn.deferral == Deferral::Postponed => {}
            // Too much mail waits for other shards: what was sent to us stays in the kernel for now.
            State::Reading if congested => self.defer(slot),
            State::Reading => self.go_on(slot),
            State::Parked(..) if readiness.closed => self.kill(slot),
            State::Calling(..) | State::Parked(..) => {}
            State::Writing { .. } => {
                if readiness.writable || readiness.closed {
                    self.write_more(slot);
                }
            }
            State::Farewell => self.discard(slot),
            State::Dead => unreachable!("the dead are not found"),
        }
    }

    /// Serves what was read before; reads only when all of that is served, so that a peer that sends faster than it is
    /// served fills its own socket and not our memory.
    pub(super) fn go_on(&mut self, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        if matches!(conn.state(), State::Reading) && conn.has_unseen() {
            self.serve(slot, &[]);
        }
        let Some(conn) = self.conns.get(slot) else { return };
        match *conn.state() {
            State::Reading if conn.has_unseen() => {} // it is deferred or postponed
            State::Reading if conn.readable || conn.half_closed => self.read(slot),
            State::Farewell => self.discard(slot),
            State::Reading | State::Calling(..) | State::Parked(..) | State::Writing { .. } => {}
            State::Dead => unreachable!("the dead are not found"),
        }
    }

    fn read(&mut self, slot: Slot) {
        let mut buffer = std::mem::take(&mut self.buffers.input);
        if let Some(conn) = self.conns.get(slot) {
            match conn.read(&mut buffer) {
                Got::Filled(bytes) => {
                    conn.readable = true;
                    self.serve(slot, &buffer[..bytes]);
                    self.defer(slot);
                }
                Got::Drained(bytes) => {
                    conn.readable = false;
                    let half_closed = conn.half_closed;
                    self.serve(slot, &buffer[..bytes]);
                    if half_closed {
                        self.end_half_closed(slot);
                    }
                }
                Got::End => {
                    conn.half_closed = true;
                    self.end_half_closed(slot);
                }
                Got::Broken => self.kill(slot),
            }
        }
        self.buffers.input = buffer;
    }

    /// The peer will send nothing more. It may wait for an answer, but a poll without a listener is cut.
    fn end_half_closed(&mut self, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        match *conn.state() {
            State::Parked(..) => self.kill(slot),
            State::Reading if conn.deferral == Deferral::No => self.kill(slot),
            State::Reading | State::Calling(..) | State::Writing { .. } | State::Farewell => {}
            State::Dead => unreachable!("the dead are not found"),
        }
    }

    /// Serves requests from what was read before and what was read now.
    fn serve(&mut self, slot: Slot, fresh: &[u8]) {
        let Some(conn) = self.conns.get(slot) else { return };
        let owner = conn.visitor.owner();
        let (rest, served) = match conn.input.take() {
            None => {
                let mut partial = Partial::default();
                let served = self.serve_bytes(slot, fresh, &mut partial);
                let rest = &fresh[served.bytes..];
                // Hardly ever anything: that costs no box.
                let unserved = || Box::new(Unserved::new(rest, partial, self.memory.hold(owner, 0)));
                ((!is_blank(rest)).then(unserved), served)
            }
            Some(mut input) => {
                input.append(fresh);
                let (bytes, partial) = input.parts();
                let served = self.serve_bytes(slot, bytes, partial);
                input.consume(served.bytes);
                if served.bytes > 0 || !served.incomplete {
                    input.begin_anew();
                }
                ((!is_blank(input.parts().0)).then_some(input), served)
            }
        };
        let (Some(rest), Some(conn)) = (rest, self.conns.get(slot)) else { return };
        conn.input = Some(rest);
        if let Some(domain) = served.postponed {
            self.postpone(domain, slot);
        } else if served.incomplete {
            self.wait_for_more(slot);
        } else if matches!(conn.state(), State::Reading) {
            self.defer(slot);
        } else {
            self.charge_pipelined(slot);
        }
    }

    /// Serves requests from `bytes` as long as the connection is free for the next.
    fn serve_bytes(&mut self, slot: Slot, bytes: &[u8], partial: &mut Partial) -> Served {
        let mut served = Served { bytes: 0, incomplete: false, postponed: None };
        let mut body = std::mem::take(&mut self.buffers.body);
        for _ in 0..REQUESTS_PER_TURN {
            let free = self.conns.get(slot).is_some_and(|conn| matches!(conn.state(), State::Reading));
            if !free || served.bytes == bytes.len() {
                break;
            }
            match parse(&bytes[served.bytes..], partial, &mut body, &api::policy(&self.limits)) {
                Parsed::Incomplete => {
                    served.incomplete = true;
                    break;
                }
                Parsed::Complete { request, bytes } => {
                    served.postponed = self.dispatch(slot, &request);
                    if served.postponed.is_some() {
                        break;
                    }
                    served.bytes += bytes;
                }
                Parsed::Rejected(rejection) => {
                    let head = head_of(&bytes[served.bytes..]);
                    self.reject(slot, &rejection, head.as_ref());
                    served.bytes = bytes.len();
                }
            }
        }
        self.buffers.body = body;
        served
    }

    /// Goes on with this connection in the next turn.
    pub(super) fn defer(&mut self, slot: Slot) {
        if let Some(conn) = self.conns.get(slot)
            && conn.deferral == Deferral::No
        {
            conn.deferral = Deferral::NextTurn;
            self.deferred.push(slot);
        }
    }

    /// Refuses bytes that are no request, or tells who sends too many of those that they are too many. Behind a proxy the
    /// head says who that is, if it has arrived.
    pub(super) fn reject(&mut self, slot: Slot, rejection: &Rejection, head: Option<&Request<'_>>) {
        self.counters.requests_rejected_total += 1;
        let now_ms = self.clock.shared_ms();
        let Some(conn) = self.conns.get(slot) else { return };
        let forwarded = || head.into_iter().flat_map(|head| head.values(FORWARDED_FOR));
        if self.gate.ask(conn.visitor, forwarded, now_ms) {
            return self.dismiss(slot, rejection);
        }
        self.counters.requests_refused_rate += 1;
        self.dismiss(slot, &TOO_MANY_REQUESTS.closing().with_cross_origin(rejection.cross_origin));
    }

    /// Answers what will not become a request, and closes.
    pub(super) fn dismiss(&mut self, slot: Slot, rejection: &Rejection) {
        self.part_with(slot, rejection, None);
    }

    /// The same; `shape` is how to answer, if the head of the request said so.
    pub(super) fn part_with(&mut self, slot: Slot, rejection: &Rejection, shape: Option<&Shape>) {
        self.counters.requests_total += 1;
        let mut output = std::mem::take(&mut self.buffers.output);
        output.clear();
        api::write_rejection(&mut output, rejection, shape, self.dice.roll());
        self.send(slot, &output, &[], (None, None), Then::Farewell);
        self.buffers.output = output;
    }

    /// Sends an answer: `bytes`, and behind them `asset`. What of it is not taken at once waits for `domain`, or for
    /// whoever asked if it is nobody's.
    pub(super) fn send(
        &mut self,
        slot: Slot,
        bytes: &[u8],
        asset: &'static [u8],
        (domain, fate): (Option<DomainId>, Option<SessionKey>),
        then: Then,
    ) {
        self.load.steps += 1;
        let until = self.now().after(self.timeouts.answer_ms);
        let Some(conn) = self.conns.get(slot) else { return };
        let owner = domain.map_or(conn.visitor.owner(), Owner::Domain);
        match conn.write(bytes, asset, until, (&self.memory, owner)) {
            Put::Flushed => self.sent(slot, fate, then),
            Put::Unfinished => {
                conn.turn_to(State::Writing { fate, then }, &mut self.tally);
                self.wait_for_reader(slot);
                self.charge_pipelined(slot);
            }
            put @ (Put::Unkept | Put::Broken) => {
                self.counters.answers_unkept_total += u64::from(put == Put::Unkept);
                conn.turn_to(State::Writing { fate, then }, &mut self.tally);
                self.kill(slot);
            }
        }
    }

    fn write_more(&mut self, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        let State::Writing { fate, then } = *conn.state() else { return };
        match conn.write_more() {
            Put::Flushed => self.sent(slot, fate, then),
            Put::Unfinished => self.wait_for_reader(slot),
            Put::Unkept | Put::Broken => self.kill(slot),
        }
    }

    /// A peer must go on taking its answer, and not so slowly that it would take for ever.
    fn wait_for_reader(&mut self, slot: Slot) {
        let stalled = self.now().after(self.timeouts.write_ms);
        let Some(conn) = self.conns.get(slot) else { return };
        let due = stalled.min(conn.taken_until());
        self.set_due(slot, due);
    }

    /// The kernel has taken the last byte of an answer.
    fn sent(&mut self, slot: Slot, fate: Option<SessionKey>, then: Then) {
        let idle = self.now().after(self.timeouts.idle_ms);
        let place = self.place;
        let Some(conn) = self.conns.get(slot) else { return };
        let key = CallKey { place, conn: slot.index, serial: conn.serial };
        conn.serial = 0;
        conn.turn_to(State::Reading, &mut self.tally);
        let more = conn.input.is_some() || conn.readable || conn.half_closed;
        match then {
            Then::Read => {
                self.set_due(slot, idle);
                if more {
                    self.defer(slot);
                }
            }
            Then::Close if !more => self.kill(slot),
            Then::Close | Then::Farewell => self.bid_farewell(slot),
        }
        if let Some(session) = fate {
            self.tell_router(Input::Fate(PollFate { session, key, flushed: true }));
        }
    }

    fn bid_farewell(&mut self, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        conn.shut_writing();
        conn.input = None;
        conn.turn_to(State::Farewell, &mut self.tally);
        self.set_due(slot, self.now().after(FAREWELL_MS));
        self.defer(slot);
    }

    /// Throws away what a peer sends that was told goodbye.
    fn discard(&mut self, slot: Slot) {
        let mut buffer = std::mem::take(&mut self.buffers.input);
        if let Some(conn) = self.conns.get(slot) {
            let half_closed = conn.half_closed;
            match conn.read(&mut buffer) {
                Got::Filled(_) => self.defer(slot),
                Got::Drained(_) if !half_closed => {}
                Got::Drained(_) | Got::End | Got::Broken => self.kill(slot),
            }
        }
        self.buffers.input = buffer;
    }

    /// Closes a connection. Whoever waited on it is told that nothing more will be flushed.
    pub(super) fn kill(&mut self, slot: Slot) {
        let place = self.place;
        let Some(serial) = self.conns.get(slot).map(|conn| conn.serial) else { return };
        let key = CallKey { place, conn: slot.index, serial };
        let Some((visitor, state)) = self.conns.bury(slot, &mut self.tally) else { return };
        self.gate.leave(visitor);
        match state {
            State::Parked(_, session) => self.tell_router(Input::Cut(PollCut { session, key })),
            State::Writing { fate: Some(session), .. } => {
                self.tell_router(Input::Fate(PollFate { session, key, flushed: false }));
            }
            State::Reading
            | State::Calling(..)
            | State::Writing { fate: None, .. }
            | State::Farewell
            | State::Dead => {}
        }
    }

    /// Sets the deadline of a connection. An alarm that is set for earlier will do.
    pub(super) fn set_due(&mut self, slot: Slot, due: Tick) {
        if let Some(conn) = self.conns.get(slot) {
            conn.due = Moment::not_before(due);
            arm(conn, slot, self.clock.now(), &mut self.wheel);
        }
    }

    /// The alarm of a connection fired.
    pub(super) fn on_conn_alarm(&mut self, slot: Slot) {
        let now = self.now();
        let Some(conn) = self.conns.get(slot) else { return };
        if conn.armed.tick() > now {
            return; // it was set before an earlier one, which has done its work
        }
        conn.armed = Moment::NEVER;
        if conn.due.tick() > now {
            return arm(conn, slot, now, &mut self.wheel);
        }
        match *conn.state() {
            // The owner of the session has a deadline for the one, the sweep for the other.
            State::Parked(..) | State::Calling(..) => {}
            State::Reading if conn.deferral != Deferral::No && !conn.is_arriving() => {
                // It is we who have not come to it.
                conn.due = Moment::not_before(now.after(self.timeouts.idle_ms));
                arm(conn, slot, now, &mut self.wheel);
            }
            State::Reading => self.expire_reading(slot),
            State::Writing { .. } => {
                self.counters.connections_expired_write += 1;
                self.kill(slot);
            }
            State::Farewell => {
                self.counters.connections_expired_farewell += 1;
                self.kill(slot);
            }
            State::Dead => unreachable!("the dead are not found"),
        }
    }

    /// A connection was idle too long, or its request has not arrived.
    fn expire_reading(&mut self, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        if conn.input.is_some() {
            return self.expire_unfinished(slot);
        }
        self.counters.connections_expired_idle += 1;
        self.kill(slot);
    }
}

/// Whether there is nothing but line ends, which stand between requests and are no part of a next one. A CR that waits
/// for its LF is no line end yet.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.last() != Some(&b'\r') && bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}

fn arm(conn: &mut Conn, slot: Slot, now: Tick, wheel: &mut Wheel<Timer>) {
    let alarm = conn.due.alarm(now);
    if alarm < conn.armed {
        conn.armed = alarm;
        wheel.insert(alarm.tick(), Timer::Conn(slot));
    }
}
