//! One connection: its state and its socket.
//!
//! Owns: what a connection keeps between turns, and the rest of an answer. Must not: parse, or call the router. A
//! connection that waits owns no buffer: input and output are boxed only while some of them is unfinished.

use std::num::NonZeroU32;

use mio::net::TcpStream;

use super::follow::Follow;
use super::gate::Visitor;
use super::pending::PendingInput;
use super::socket::{self, ReadOutcome, WriteOutcome};
use super::state::{ConnState, Deferral, Tally, Watch};
use crate::base::clock::{Moment, Tick};
use crate::base::memory::{Held, Memory, Owner};
use crate::base::slots::{UNBORN, kept};

/// A connection of a shard.
#[derive(Debug)]
pub(super) struct Conn {
    stream: TcpStream,
    watched: Watch,
    state: ConnState,
    /// The number of the request that is being served, which its answer carries; 0 between requests.
    serial: u32,
    /// Bytes that were read and are not served.
    input: Option<Box<PendingInput>>,
    output: Option<Box<PendingOutput>>,
    /// The kernel has bytes that were not read, because an answer was due first.
    readable: bool,
    /// The peer will send nothing more.
    half_closed: bool,
    visitor: Visitor,
    follow: Follow,
    /// Whether it stands in a list of connections to continue. Only taking it off the list clears this.
    deferral: Deferral,
    /// The deadline of its current state.
    due: Moment,
    /// The earliest alarm that is set.
    armed: Moment,
    generation: NonZeroU32,
}

kept!(Conn);

// A million of these wait at a time.
const _: () = assert!(size_of::<Conn>() <= crate::base::limits::parked::CONN_BYTES_MAX);

/// The rest of an answer. Of an asset no byte is copied, however slowly the peer takes it.
#[derive(Debug)]
struct PendingOutput {
    bytes: Vec<u8>,
    /// Follows `bytes`.
    asset: &'static [u8],
    /// Bytes of both that were sent.
    sent: usize,
    /// The deadline of the whole.
    until: Tick,
    _held: Held,
}

/// How the rest of an answer is kept that does not fit into the socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retention<'m> {
    pub(super) memory: &'m Memory,
    /// The account of the rest.
    pub(super) owner: Owner,
    /// The deadline of the whole answer.
    pub(super) until: Tick,
}

impl Conn {
    /// A connection that was just accepted.
    pub(super) fn new(stream: TcpStream, visitor: Visitor) -> Conn {
        Conn {
            stream,
            watched: Watch::Nothing,
            state: ConnState::Reading,
            serial: 0,
            input: None,
            output: None,
            readable: false,
            half_closed: false,
            visitor,
            follow: Follow::NOBODY,
            deferral: Deferral::No,
            due: Moment::NEVER,
            armed: Moment::NEVER,
            generation: UNBORN,
        }
    }

    /// A connection that has moved here.
    pub(super) fn moved(stream: TcpStream, visitor: Visitor, follow: Follow) -> Conn {
        Conn { follow, ..Conn::new(stream, visitor) }
    }

    pub(super) fn state(&self) -> &ConnState {
        &self.state
    }

    /// Changes the state, and the tally with it; returns the state before.
    pub(super) fn turn_to(&mut self, state: ConnState, tally: &mut Tally) -> ConnState {
        if matches!(state, ConnState::Parked(..)) {
            // Behind a stream something may have been read with its request.
            let has_input = self.input.is_some() && !matches!(self.state, ConnState::Sending(..));
            debug_assert!(!has_input && self.output.is_none(), "a parked connection holds no buffer");
        }
        tally.uncount(&self.state);
        tally.count(&state);
        std::mem::replace(&mut self.state, state)
    }

    /// Notes that the head of its stream is written.
    pub(super) fn begin_stream(&mut self) {
        if let ConnState::Parked(shape, _) = &mut self.state {
            shape.begin_stream();
        }
    }

    /// Whether it is an open socket, of which frames are read.
    pub(super) fn reads_frames(&self) -> bool {
        matches!(&self.state, ConnState::Subscribing(_))
            || matches!(&self.state, ConnState::Parked(shape, _) if shape.is_open_socket())
    }

    /// Notes what an event has reported. `closed`: the peer will send nothing more.
    pub(super) fn note_event(&mut self, readable: bool, closed: bool) {
        self.readable |= readable;
        self.half_closed |= closed;
    }

    /// Whether a read may find something: bytes, or the end.
    pub(super) fn is_readable(&self) -> bool {
        self.readable || self.half_closed
    }

    pub(super) fn is_half_closed(&self) -> bool {
        self.half_closed
    }

    /// Whether something has come after the request that is being served.
    pub(super) fn has_more(&self) -> bool {
        self.input.is_some() || self.is_readable()
    }

    pub(super) fn input(&self) -> Option<&PendingInput> {
        self.input.as_deref()
    }

    pub(super) fn input_mut(&mut self) -> Option<&mut PendingInput> {
        self.input.as_deref_mut()
    }

    pub(super) fn take_input(&mut self) -> Option<Box<PendingInput>> {
        self.input.take()
    }

    /// Keeps bytes that were read and are not served.
    pub(super) fn keep_input(&mut self, input: Box<PendingInput>) {
        debug_assert!(self.input.is_none(), "what was kept was taken out to be served");
        self.input = Some(input);
    }

    pub(super) fn is_deferred(&self) -> bool {
        self.deferral != Deferral::No
    }

    pub(super) fn is_postponed(&self) -> bool {
        self.deferral == Deferral::Postponed
    }

    /// Notes that it stands in a list of connections to continue, from now on. Returns false if it stands in one
    /// already.
    pub(super) fn defer(&mut self, deferral: Deferral) -> bool {
        let is_first = !self.is_deferred();
        if is_first {
            self.deferral = deferral;
        }
        is_first
    }

    /// Notes that it was taken off its list.
    pub(super) fn end_deferral(&mut self) {
        self.deferral = Deferral::No;
    }

    pub(super) fn visitor(&self) -> Visitor {
        self.visitor
    }

    /// Its polls, as far as they decide where it belongs.
    pub(super) fn follow(&self) -> Follow {
        self.follow
    }

    pub(super) fn follow_mut(&mut self) -> &mut Follow {
        &mut self.follow
    }

    pub(super) fn serial(&self) -> u32 {
        self.serial
    }

    /// Notes that a request has become the call with this number, to be answered by `due`. No alarm is set: one sweep
    /// covers all calls.
    pub(super) fn begin_call(&mut self, serial: u32, due: Moment) {
        (self.serial, self.due) = (serial, due);
    }

    /// Notes that the call is answered: no later answer finds it.
    pub(super) fn end_call(&mut self) {
        self.serial = 0;
    }

    pub(super) fn is_overdue(&self, now: Tick) -> bool {
        self.due.tick() <= now
    }

    /// Sets the deadline. Returns the alarm it needs, unless an earlier one is set already.
    pub(super) fn set_due(&mut self, due: Tick, now: Tick) -> Option<Moment> {
        self.due = Moment::not_before(due);
        self.next_alarm(now)
    }

    /// The next alarm that the deadline needs, unless an earlier one is set already. It counts as set.
    pub(super) fn next_alarm(&mut self, now: Tick) -> Option<Moment> {
        let alarm = self.due.alarm(now);
        let is_earlier = alarm < self.armed;
        if is_earlier {
            self.armed = alarm;
        }
        is_earlier.then_some(alarm)
    }

    /// An alarm fired. Returns whether it was the earliest; a later one was replaced and means nothing.
    pub(super) fn take_alarm(&mut self, now: Tick) -> bool {
        let is_earliest = self.armed.tick() <= now;
        if is_earliest {
            self.armed = Moment::NEVER;
        }
        is_earliest
    }

    /// The socket, to be registered.
    pub(super) fn stream_mut(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// What epoll reports of it.
    pub(super) fn watched(&self) -> Watch {
        self.watched
    }

    pub(super) fn set_watched(&mut self, watched: Watch) {
        self.watched = watched;
    }

    /// Whether the peer will send nothing more. Before epoll reports it, only the socket knows.
    pub(super) fn has_peer_ended(&mut self) -> bool {
        if self.watched == Watch::Nothing {
            match self.stream.peek(&mut [0]) {
                Ok(0) => self.half_closed = true,
                Ok(_) => self.readable = true,
                Err(_) => {} // nothing has come; a broken connection is reported when it is watched
            }
        }
        self.half_closed
    }

    /// Reads once.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> ReadOutcome {
        let outcome = socket::read(&mut self.stream, buffer);
        match outcome {
            ReadOutcome::Filled(_) => self.readable = true,
            ReadOutcome::Drained(_) => self.readable = false,
            ReadOutcome::End => self.half_closed = true,
            ReadOutcome::Broken => {}
        }
        outcome
    }

    /// Writes an answer, `bytes` and then `asset`. A rest that does not fit into the socket is retained.
    pub(super) fn write(
        &mut self,
        bytes: &[u8],
        asset: &'static [u8],
        retention: Retention<'_>,
    ) -> WriteOutcome {
        assert!(self.output.is_none(), "one answer at a time");
        let mut sent = 0;
        let outcome = socket::write(&mut self.stream, bytes, asset, &mut sent);
        if outcome == WriteOutcome::Unfinished {
            let Retention { memory, owner, until } = retention;
            if let Owner::Domain(domain) = owner
                && !memory.admits_under_way(domain)
            {
                return WriteOutcome::Unkept;
            }
            let asset = &asset[sent.saturating_sub(bytes.len())..];
            let bytes = bytes.get(sent..).unwrap_or_default().to_vec();
            let held = memory.hold(owner, bytes.capacity() + size_of::<PendingOutput>());
            self.output = Some(Box::new(PendingOutput { bytes, asset, sent: 0, until, _held: held }));
        }
        outcome
    }

    /// The deadline of the whole answer that is being written.
    pub(super) fn written_until(&self) -> Tick {
        self.output.as_ref().map_or(Tick::NEVER, |output| output.until)
    }

    /// Continues an answer that did not fit.
    pub(super) fn write_more(&mut self) -> WriteOutcome {
        let Some(output) = &mut self.output else { return WriteOutcome::Flushed };
        let outcome = socket::write(&mut self.stream, &output.bytes, output.asset, &mut output.sent);
        if outcome != WriteOutcome::Unfinished {
            self.output = None;
        }
        outcome
    }

    /// Drops unfinished input and output, at its end.
    pub(super) fn forget(&mut self) {
        (self.input, self.output) = (None, None);
    }

    /// Closes the writing half: the peer reads the end of the stream.
    pub(super) fn shut_writing(&mut self) {
        // This fails only if the peer is gone, which means the same.
        if self.stream.shutdown(std::net::Shutdown::Write).is_err() {
            self.half_closed = true;
        }
    }

    /// Whether it only waits for a request, or for the ticket of a socket.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state, ConnState::Subscribing(_))
            || matches!(self.state, ConnState::Reading) && self.input.is_none()
    }

    /// Whether an alarm is set.
    pub(super) fn has_alarm(&self) -> bool {
        self.armed != Moment::NEVER
    }

    /// Whether a request of it has arrived in part.
    pub(super) fn is_arriving(&self) -> bool {
        self.input().is_some_and(|input| !input.is_unseen())
    }

    /// Whether its input may hold whole requests that were not looked at.
    pub(super) fn has_unseen(&self) -> bool {
        self.input().is_some_and(PendingInput::is_unseen)
    }

    /// Asserts, in debug builds, what must hold between two events of a connection.
    pub(super) fn check(&self) {
        let (has_input, has_output) = (self.input.is_some(), self.output.is_some());
        match self.state {
            ConnState::Reading => {
                debug_assert!(!has_output, "a connection that reads has written its answer");
                debug_assert_eq!(self.serial, 0, "a connection that reads has no call");
                debug_assert!(self.armed != Moment::NEVER, "a connection that reads has an alarm");
                debug_assert!(
                    !has_input || self.is_deferred() || self.is_arriving(),
                    "whole requests are continued without an event"
                );
            }
            ConnState::Subscribing(_) => {
                debug_assert!(!has_output && self.serial == 0, "a socket without a session has no call");
                debug_assert!(self.armed != Moment::NEVER, "a socket without a session has an alarm");
            }
            ConnState::Calling(..) | ConnState::Parked(..) => {
                // Of an open socket all is read that was sent before the end.
                let reads_on = self.reads_frames() && self.is_deferred();
                debug_assert!(
                    !self.half_closed || reads_on || matches!(self.state, ConnState::Calling(..)),
                    "no poll is held for a peer that has closed its end"
                );
                debug_assert!(!has_output, "a call is answered before its answer is written");
                debug_assert!(self.serial != 0, "a call has a number");
            }
            ConnState::Writing { .. } | ConnState::Sending(..) => {
                debug_assert!(has_output, "an answer that is being written has a rest");
                debug_assert!(self.armed != Moment::NEVER, "an answer that is being written has an alarm");
            }
            ConnState::Farewell => {
                debug_assert!(!has_input && !has_output, "a connection that closes holds no buffer");
                debug_assert!(self.armed != Moment::NEVER, "a connection that closes has an alarm");
            }
            ConnState::Dead => debug_assert!(!has_input && !has_output, "a dead connection holds no buffer"),
        }
    }
}

#[cfg(test)]
mod tests;
