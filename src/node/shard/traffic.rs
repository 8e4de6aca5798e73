//! Traffic: from events to requests.
//!
//! Owns: reads, the cut of what was read into requests, and the expiry of connections. Must not: interpret a
//! request (`dispatch` does) or judge one that has arrived in part (`arrival` does). A connection serves one request at
//! a time. What is pipelined behind it waits: in the kernel, unless it was read already.

use std::sync::Arc;

use super::arrival;
use super::buffers::release_if_large;
use super::conn::Conn;
use super::dispatch::{Dispatched, Dispatcher};
use super::frames;
use super::io::Io;
use super::moving::{MovedConn, Mover};
use super::pending::PendingInput;
use super::postponed::PostponedWork;
use super::reply;
use super::socket::ReadOutcome;
use super::state::ConnState;
use crate::api;
use crate::base::domains::DomainId;
use crate::base::limits::Limits;
use crate::base::limits::turn::{POSTPONED_PER_TURN, READ_BYTES, REQUESTS_PER_TURN, SOCKET_READ_BYTES};
use crate::base::slots::Slot;
use crate::http::parser::{Parsed, Partial, head_of, parse};
use crate::http::request::Request;
use crate::router::ids::Place;

/// An event of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Readiness {
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer has closed its end, or the connection is broken.
    pub(super) closed: bool,
}

/// What became of bytes that were to be served.
#[derive(Clone, Copy, Debug)]
struct ServeOutcome {
    /// The bytes of whole requests among them.
    bytes: usize,
    /// The next request has arrived in part.
    incomplete: bool,
    /// The domain of the next request, whose calls are postponed.
    postponed: Option<DomainId>,
}

#[derive(Debug)]
pub(super) struct Traffic {
    limits: Arc<Limits>,
    /// The scratch buffer of a read.
    input: Vec<u8>,
    /// The scratch buffer of a chunked body.
    body: Vec<u8>,
    mover: Mover,
}

impl Traffic {
    pub(super) fn new(limits: Arc<Limits>, mover: Mover) -> Traffic {
        Traffic { limits, input: vec![0; READ_BYTES], body: Vec::new(), mover }
    }

    /// Handles an event. If mail is congested nothing is read: the request could cause more mail.
    pub(super) fn on_event(
        &mut self,
        io: &mut Io,
        dispatcher: &mut Dispatcher,
        slot: Slot,
        readiness: Readiness,
        congested: bool,
    ) {
        let Some(conn) = io.conn(slot) else { return };
        conn.note_event(readiness.readable, readiness.closed);
        if conn.reads_frames() {
            if congested && !readiness.closed {
                io.defer(slot);
            } else {
                self.read_frames(io, dispatcher, slot);
            }
            return io.check(slot);
        }
        match *conn.state() {
            ConnState::Reading if conn.is_postponed() => {}
            ConnState::Reading if congested => io.defer(slot),
            ConnState::Reading => self.resume(io, dispatcher, slot),
            ConnState::Parked(..) if readiness.closed => io.kill(slot),
            ConnState::Calling(..) | ConnState::Parked(..) => {}
            ConnState::Writing { .. } | ConnState::Sending(..) => {
                if readiness.writable || readiness.closed {
                    io.write_more(slot);
                }
            }
            ConnState::Farewell => self.discard(io, slot),
            ConnState::Subscribing(_) => unreachable!("frames are read of it"),
            ConnState::Dead => unreachable!("the dead are not found"),
        }
        io.check(slot);
    }

    /// Serves a newcomer: most have sent their request when they are accepted. If mail is congested, nothing is read
    /// before the next turn.
    pub(super) fn greet(&mut self, io: &mut Io, dispatcher: &mut Dispatcher, slot: Slot, congested: bool) {
        let Some(conn) = io.conn(slot) else { return };
        conn.note_event(true, false);
        if congested {
            io.defer(slot);
        } else {
            self.resume(io, dispatcher, slot);
        }
        io.begin_idle(slot);
        io.check(slot);
    }

    /// Serves a connection that has moved here, with the poll that came with it.
    pub(super) fn settle(
        &mut self,
        io: &mut Io,
        dispatcher: &mut Dispatcher,
        moved: MovedConn,
        congested: bool,
    ) {
        if let Some(slot) = self.mover.take(io, moved) {
            self.greet(io, dispatcher, slot, congested);
        }
    }

    /// Connections that have moved away in this turn.
    pub(super) fn departed(&mut self) -> impl Iterator<Item = (Place, MovedConn)> {
        self.mover.departed()
    }

    /// The shard's counters show all connections that have moved here.
    pub(super) fn shown(&mut self) {
        self.mover.shown();
    }

    /// Continues the connections that were deferred to this turn.
    pub(super) fn serve_deferred(&mut self, io: &mut Io, dispatcher: &mut Dispatcher) {
        for slot in io.take_deferred() {
            if let Some(conn) = io.conn(slot) {
                conn.end_deferral();
                self.resume(io, dispatcher, slot);
                io.check(slot);
            }
        }
    }

    /// Continues postponed work of domains that have a share of this turn left.
    pub(super) fn serve_postponed(&mut self, io: &mut Io, dispatcher: &mut Dispatcher) {
        for index in 0..dispatcher.postponed().queues() {
            let (domain, mut queue) = dispatcher.postponed().take_queue(index);
            for _ in 0..POSTPONED_PER_TURN {
                match dispatcher.next_postponed(io, domain, &mut queue) {
                    Some(PostponedWork::Call(call)) => dispatcher.resume_call(io, call),
                    Some(PostponedWork::Conn(slot)) => self.resume_postponed(io, dispatcher, slot),
                    None => break,
                }
            }
            dispatcher.postponed().put_back(index, queue);
        }
        dispatcher.postponed().drop_empty();
    }

    fn resume_postponed(&mut self, io: &mut Io, dispatcher: &mut Dispatcher, slot: Slot) {
        let Some((conn, accounts)) = io.conn_with_accounts(slot) else { return };
        conn.end_deferral();
        // The request behind this one may be of another domain.
        let owner = conn.visitor().owner();
        if let Some(input) = conn.input_mut() {
            input.belong_to(accounts.memory(), owner);
        }
        self.resume(io, dispatcher, slot);
        io.check(slot);
    }

    /// Serves what was read before. Reads only when all of that is served, so that a peer that sends faster than it is
    /// served fills its own socket and not our memory.
    fn resume(&mut self, io: &mut Io, dispatcher: &mut Dispatcher, slot: Slot) {
        let Some(conn) = io.conn(slot) else { return };
        if conn.reads_frames() {
            return self.read_frames(io, dispatcher, slot);
        }
        if matches!(conn.state(), ConnState::Reading) && conn.has_unseen() {
            self.serve(io, dispatcher, slot, &[]);
        }
        let Some(conn) = io.conn(slot) else { return };
        match *conn.state() {
            ConnState::Reading if conn.has_unseen() => {} // it is deferred or postponed
            ConnState::Reading if conn.is_readable() => self.read(io, dispatcher, slot),
            ConnState::Farewell => self.discard(io, slot),
            ConnState::Reading
            | ConnState::Subscribing(_)
            | ConnState::Calling(..)
            | ConnState::Parked(..)
            | ConnState::Writing { .. }
            | ConnState::Sending(..) => {}
            ConnState::Dead => unreachable!("the dead are not found"),
        }
    }

    /// Reads a little of an open socket.
    fn read_frames(&mut self, io: &mut Io, dispatcher: &mut Dispatcher, slot: Slot) {
        let buffer = &mut self.input[..SOCKET_READ_BYTES];
        frames::read(io, dispatcher, slot, (buffer, &mut self.body));
    }

    fn read(&mut self, io: &mut Io, dispatcher: &mut Dispatcher, slot: Slot) {
        let mut buffer = std::mem::take(&mut self.input);
        if let Some(conn) = io.conn(slot) {
            match conn.read(&mut buffer) {
                ReadOutcome::Filled(bytes) => {
                    self.serve(io, dispatcher, slot, &buffer[..bytes]);
                    io.defer(slot);
                }
                ReadOutcome::Drained(bytes) => {
                    let half_closed = conn.is_half_closed();
                    self.serve(io, dispatcher, slot, &buffer[..bytes]);
                    if half_closed {
                        end_half_closed(io, slot);
                    }
                }
                ReadOutcome::End => end_half_closed(io, slot),
                ReadOutcome::Broken => io.kill(slot),
            }
        }
        self.input = buffer;
    }

    /// Serves requests from what was read before and what was read now.
    fn serve(&mut self, io: &mut Io, dispatcher: &mut Dispatcher, slot: Slot, fresh: &[u8]) {
        let Some(conn) = io.conn(slot) else { return };
        let owner = conn.visitor().owner();
        let (rest, served) = match conn.take_input() {
            None => {
                let mut partial = Partial::default();
                let served = self.serve_bytes(io, dispatcher, slot, fresh, &mut partial);
                let rest = &fresh[served.bytes..];
                // There is hardly ever a rest, and without one no box is made.
                let pending = || Box::new(PendingInput::new(rest, partial, io.memory().hold(owner, 0)));
                ((!is_blank(rest)).then(pending), served)
            }
            Some(mut input) => {
                input.append(fresh);
                let (bytes, partial) = input.parts();
                let served = self.serve_bytes(io, dispatcher, slot, bytes, partial);
                input.consume(served.bytes);
                if served.bytes > 0 || !served.incomplete {
                    input.restart();
                }
                ((!is_blank(input.parts().0)).then_some(input), served)
            }
        };
        // Behind a refused handshake nothing is a request.
        let goes_on = |conn: &&mut Conn| !matches!(conn.state(), ConnState::Farewell);
        let (Some(rest), Some(conn)) = (rest, io.conn(slot).filter(goes_on)) else { return };
        conn.keep_input(rest);
        if let Some(domain) = served.postponed {
            dispatcher.postpone(io, domain, slot);
        } else if served.incomplete {
            arrival::wait_for_more(io, slot, dispatcher.domains());
        } else if matches!(conn.state(), ConnState::Reading | ConnState::Subscribing(_)) {
            io.defer(slot);
        } else {
            io.charge_pipelined(slot);
        }
    }

    /// Serves requests from `bytes` as long as the connection is free for the next.
    fn serve_bytes(
        &mut self,
        io: &mut Io,
        dispatcher: &mut Dispatcher,
        slot: Slot,
        bytes: &[u8],
        partial: &mut Partial,
    ) -> ServeOutcome {
        let mut served = ServeOutcome { bytes: 0, incomplete: false, postponed: None };
        let mut body = std::mem::take(&mut self.body);
        for _ in 0..REQUESTS_PER_TURN {
            let free = io.conn(slot).is_some_and(|conn| matches!(conn.state(), ConnState::Reading));
            if !free || served.bytes == bytes.len() {
                break;
            }
            match parse(&bytes[served.bytes..], partial, &mut body, &api::policy(&self.limits)) {
                Parsed::Incomplete => {
                    served.incomplete = true;
                    break;
                }
                Parsed::Complete { request, bytes: length } => {
                    match self.dispatch(io, dispatcher, slot, (&request, &bytes[served.bytes..])) {
                        Dispatched::Done => served.bytes += length,
                        Dispatched::Postponed(domain) => {
                            served.postponed = Some(domain);
                            break;
                        }
                        Dispatched::Moves(_) => served.bytes = bytes.len(),
                    }
                }
                Parsed::Rejected(rejection) => {
                    let head = head_of(&bytes[served.bytes..]);
                    reply::reject(io, slot, &rejection, head.as_ref());
                    served.bytes = bytes.len();
                }
            }
        }
        self.body = body;
        served
    }

    /// Gives a request to the dispatcher, or its connection to the shard to which it moves. `input` begins with the
    /// request.
    fn dispatch(
        &mut self,
        io: &mut Io,
        dispatcher: &mut Dispatcher,
        slot: Slot,
        (request, input): (&Request<'_>, &[u8]),
    ) -> Dispatched {
        let outcome = dispatcher.dispatch(io, slot, request, true);
        match outcome {
            Dispatched::Moves(place) if !self.mover.give(io, slot, place, input) => {
                dispatcher.dispatch(io, slot, request, false)
            }
            Dispatched::Done | Dispatched::Postponed(_) | Dispatched::Moves(_) => outcome,
        }
    }

    /// Drops what a peer sends after its last answer.
    fn discard(&mut self, io: &mut Io, slot: Slot) {
        if let Some(conn) = io.conn(slot) {
            let half_closed = conn.is_half_closed();
            match conn.read(&mut self.input) {
                ReadOutcome::Filled(_) => io.defer(slot),
                ReadOutcome::Drained(_) if !half_closed => {}
                ReadOutcome::Drained(_) | ReadOutcome::End | ReadOutcome::Broken => io.kill(slot),
            }
        }
    }

    /// Gives back what a large body made large.
    pub(super) fn trim(&mut self) {
        release_if_large(&mut self.body);
    }
}

/// Handles an alarm of a connection.
pub(super) fn on_alarm(io: &mut Io, slot: Slot) {
    if !io.is_due(slot) {
        return;
    }
    let idle = io.idle_until();
    let Some(conn) = io.conn(slot) else { return };
    match *conn.state() {
        ConnState::Subscribing(_) => frames::expire(io, slot),
        ConnState::Parked(..) if conn.is_arriving() => frames::expire(io, slot),
        // A parked poll has a deadline with the owner of its session, a call has the sweep.
        ConnState::Parked(..) | ConnState::Calling(..) => {}
        // The shard is behind, not the peer.
        ConnState::Reading if conn.is_deferred() && !conn.is_arriving() => io.set_due(slot, idle),
        ConnState::Reading if conn.input().is_some() => arrival::expire(io, slot),
        ConnState::Reading => {
            io.counters().connections_expired_idle += 1;
            io.kill(slot);
        }
        ConnState::Writing { .. } | ConnState::Sending(..) => {
            io.counters().connections_expired_write += 1;
            io.kill(slot);
        }
        ConnState::Farewell => {
            io.counters().connections_expired_farewell += 1;
            io.kill(slot);
        }
        ConnState::Dead => unreachable!("the dead are not found"),
    }
    io.check(slot);
}

/// Closes a connection whose peer will send nothing more, unless the peer may still wait for an answer.
fn end_half_closed(io: &mut Io, slot: Slot) {
    let Some(conn) = io.conn(slot) else { return };
    match *conn.state() {
        ConnState::Reading if !conn.is_deferred() => io.kill(slot),
        ConnState::Subscribing(_) => io.kill(slot),
        ConnState::Reading
        | ConnState::Calling(..)
        | ConnState::Writing { .. }
        | ConnState::Sending(..)
        | ConnState::Farewell => {}
        ConnState::Parked(..) => unreachable!("no poll is held for a peer that has closed its end"),
        ConnState::Dead => unreachable!("the dead are not found"),
    }
}

/// Whether these bytes are only line ends, which stand between requests and are not a part of the next. A CR that waits
/// for its LF is not a line end yet.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.last() != Some(&b'\r') && bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}
