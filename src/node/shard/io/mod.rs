//! The I/O of a shard: its connections, with their answers, deadlines and end.
//!
//! Owns: the table of connections, the schedule, the accounts, the counters and the scratch buffer of answers; `answers`
//! writes them. Must not: call the router. It notes what became of polls and answers; `chat` hands the notes on.

mod answers;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use mio::net::TcpStream;

use super::accounts::Accounts;
use super::buffers::release_if_large;
use super::conn::Conn;
use super::conns::Conns;
use super::entropy::Dice;
use super::follow::Follow;
use super::gate::{EntryRefusal, Gate, Visitor};
use super::schedule::{Schedule, Timer};
use super::state::{CallTiming, ConnState, Deferral};
use crate::api::Shape;
use crate::base::clock::{Origin, Tick};
use crate::base::limits::Timeouts;
use crate::base::limits::turn::DRAIN_GRACE_MS;
use crate::base::memory::{Memory, Owner};
use crate::base::slots::Slot;
use crate::base::stats::Counters;
use crate::router::ids::{CallKey, Place, SessionKey};
use crate::router::mail::{Input, PollCut, PollFate};

#[derive(Debug)]
pub(super) struct Io {
    place: Place,
    schedule: Schedule,
    timeouts: Arc<Timeouts>,
    conns: Conns,
    accounts: Accounts,
    /// Connections to continue without an event.
    deferred: Vec<Slot>,
    /// What became of polls and answers.
    notes: VecDeque<Input<'static>>,
    /// The scratch buffer in which answers are written.
    output: Vec<u8>,
    dice: Dice,
    /// The shard drains. From this moment on every answer is the last of its connection.
    parts_at: Option<Tick>,
    /// Requests read and answers written in this turn.
    steps: u64,
    counters: Counters,
}

impl Io {
    pub(super) fn new(
        place: Place,
        origin: Origin,
        timeouts: Arc<Timeouts>,
        gate: Gate,
        memory: Memory,
    ) -> Io {
        Io {
            place,
            schedule: Schedule::new(origin),
            timeouts,
            conns: Conns::default(),
            accounts: Accounts::new(gate, memory),
            deferred: Vec::new(),
            notes: VecDeque::new(),
            output: Vec::new(),
            dice: Dice::new(),
            parts_at: None,
            steps: 0,
            counters: Counters::default(),
        }
    }

    // Time.

    pub(super) fn now(&self) -> Tick {
        self.schedule.now()
    }

    pub(super) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    pub(super) fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    pub(super) fn schedule_mut(&mut self) -> &mut Schedule {
        &mut self.schedule
    }

    /// Sets the deadline of a connection.
    pub(super) fn set_due(&mut self, slot: Slot, due: Tick) {
        let now = self.now();
        if let Some(alarm) = self.conns.get(slot).and_then(|conn| conn.set_due(due, now)) {
            self.schedule.set(alarm.tick(), Timer::Conn(slot));
        }
    }

    /// The alarm of a connection fired. Returns whether its deadline has come; if not, its next alarm is set.
    pub(super) fn is_due(&mut self, slot: Slot) -> bool {
        let now = self.now();
        let Some(conn) = self.conns.get(slot) else { return false };
        if !conn.take_alarm(now) {
            return false;
        }
        if conn.is_overdue(now) {
            return true;
        }
        if let Some(alarm) = conn.next_alarm(now) {
            self.schedule.set(alarm.tick(), Timer::Conn(slot));
        }
        false
    }

    // Counts.

    pub(super) fn counters(&mut self) -> &mut Counters {
        &mut self.counters
    }

    /// The counters, with what is counted elsewhere.
    pub(super) fn shown_counters(&mut self) -> &Counters {
        let memory = self.accounts.memory();
        self.counters.memory_bytes = memory.bytes() as u64;
        self.counters.memory_strangers_bytes = memory.held_by(Owner::Strangers) as u64;
        self.conns.show(&mut self.counters);
        self.counters.connections_free = self.accounts.room(self.conns.len()) as u64;
        &self.counters
    }

    /// Counts a request that was read or an answer that was written.
    pub(super) fn count_step(&mut self) {
        self.steps += 1;
    }

    /// The steps since the last call.
    pub(super) fn take_steps(&mut self) -> u64 {
        std::mem::take(&mut self.steps)
    }

    pub(super) fn memory(&self) -> &Memory {
        self.accounts.memory()
    }

    // Connections.

    pub(super) fn conn(&mut self, slot: Slot) -> Option<&mut Conn> {
        self.conns.get(slot)
    }

    /// A connection, and the accounts it is counted in.
    pub(super) fn conn_with_accounts(&mut self, slot: Slot) -> Option<(&mut Conn, &Accounts)> {
        Some((self.conns.get(slot)?, &self.accounts))
    }

    pub(super) fn connections(&self) -> usize {
        self.conns.len()
    }

    pub(super) fn alive(&self) -> Vec<Slot> {
        self.conns.alive()
    }

    pub(super) fn key_of(&self, slot: Slot, serial: u32) -> CallKey {
        CallKey { place: self.place, conn: slot.index, serial }
    }

    pub(super) fn find_call(&mut self, key: CallKey) -> Option<Slot> {
        self.conns.find_call(key)
    }

    pub(super) fn take_shape(&mut self, slot: Slot) -> Option<(Shape, Option<CallTiming>)> {
        self.conns.take_shape(slot)
    }

    /// See [`Conns::stream_shape`].
    pub(super) fn stream_shape(&mut self, slot: Slot) -> Option<(Shape, SessionKey)> {
        self.conns.stream_shape(slot)
    }

    pub(super) fn turn_to(&mut self, slot: Slot, state: ConnState) {
        self.conns.turn_to(slot, state);
    }

    /// Takes a connection that was accepted, if the gate lets it in.
    pub(super) fn enter(
        &mut self,
        stream: TcpStream,
        from: IpAddr,
    ) -> Result<Slot, (TcpStream, EntryRefusal)> {
        match self.accounts.enter(from, self.conns.len()) {
            Ok(visitor) => {
                self.counters.connections_total += 1;
                Ok(self.conns.insert(Conn::new(stream, visitor)))
            }
            Err(refusal) => Err((stream, refusal)),
        }
    }

    /// Takes a connection that has moved here.
    pub(super) fn settle(&mut self, conn: Conn) -> Slot {
        self.counters.connections_moved_total += 1;
        self.conns.insert(conn)
    }

    /// Gives up a connection whose shard is another one from now on. It stays counted for its address.
    pub(super) fn give_away(&mut self, slot: Slot) -> Option<(Visitor, Follow)> {
        let conn = self.conns.give_away(slot)?;
        Some((conn.visitor(), conn.follow()))
    }

    /// Uncounts a connection that got lost on its way here.
    pub(super) fn abandon(&mut self, visitor: Visitor) {
        self.counters.accepts_failed_total += 1;
        self.accounts.leave(visitor);
    }

    /// Counts a request for its client. Returns whether the client's rate allows it. Behind a trusted proxy `forwarded`
    /// names the client.
    pub(super) fn admits_request<'b, L: Iterator<Item = &'b [u8]>>(
        &mut self,
        slot: Slot,
        forwarded: impl FnOnce() -> L,
    ) -> bool {
        let now_ms = self.schedule.shared_ms();
        let Some(conn) = self.conns.get(slot) else { return true };
        self.accounts.admits_request(conn.visitor(), forwarded, now_ms)
    }

    /// Continues this connection in the next turn.
    pub(super) fn defer(&mut self, slot: Slot) {
        if let Some(conn) = self.conns.get(slot)
            && conn.defer(Deferral::NextTurn)
        {
            self.deferred.push(slot);
        }
    }

    pub(super) fn has_deferred(&self) -> bool {
        !self.deferred.is_empty()
    }

    pub(super) fn take_deferred(&mut self) -> Vec<Slot> {
        std::mem::take(&mut self.deferred)
    }

    /// Counts input that waits behind a request against its address at once: it waits until the peer takes an answer or
    /// a poll is answered. If the address holds too much, closes the connection, because a refusal cannot overtake the
    /// answer.
    pub(super) fn charge_pipelined(&mut self, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        let waits = match conn.state() {
            ConnState::Writing { .. }
            | ConnState::Sending(..)
            | ConnState::Subscribing(_)
            | ConnState::Parked(..) => conn.input().is_some(),
            ConnState::Reading | ConnState::Calling(..) | ConnState::Farewell | ConnState::Dead => false,
        };
        if waits {
            self.accounts.charge(conn);
            if conn.input().is_some_and(|input| self.accounts.holds_too_much(input)) {
                self.counters.requests_refused_unfinished += 1;
                self.kill(slot);
            }
        }
    }

    /// Sets the deadline of a newcomer that waits for a request, unless what has arrived of one has set another.
    pub(super) fn begin_idle(&mut self, slot: Slot) {
        let idle = self.idle_until();
        let waits = |conn: &mut Conn| matches!(conn.state(), ConnState::Reading) && !conn.has_alarm();
        if self.conns.get(slot).is_some_and(waits) {
            self.set_due(slot, idle);
        }
    }

    /// Takes a connection that may wait for more than epoll reports of it.
    pub(super) fn next_unwatched(&mut self) -> Option<Slot> {
        self.conns.next_unwatched()
    }

    // Answers.

    /// Begins the drain. Until `parts_at` connections are kept on which pages may acknowledge.
    pub(super) fn begin_drain(&mut self, parts_at: Tick) {
        self.parts_at = Some(parts_at);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.parts_at.is_some()
    }

    /// Whether every answer is the last of its connection.
    pub(super) fn is_parting(&self) -> bool {
        self.parts_at.is_some_and(|parts_at| parts_at <= self.now())
    }

    /// How long a connection is kept on which no request comes.
    pub(super) fn idle_until(&self) -> Tick {
        self.unless_parting(self.now().after(self.timeouts.idle_ms))
    }

    /// `until`, or when a draining shard closes connections on which nothing comes, if that is before.
    pub(super) fn unless_parting(&self, until: Tick) -> Tick {
        self.parts_at.map_or(until, |parts_at| until.min(parts_at.max(self.now()).after(DRAIN_GRACE_MS)))
    }

    /// A number that spreads the times at which clients come back.
    pub(super) fn chance(&mut self) -> u32 {
        self.dice.roll()
    }

    /// Lends the scratch buffer of answers, empty.
    pub(super) fn with_output<R>(&mut self, write: impl FnOnce(&mut Io, &mut Vec<u8>) -> R) -> R {
        let mut output = std::mem::take(&mut self.output);
        output.clear();
        let result = write(self, &mut output);
        self.output = output;
        result
    }

    // The end.

    /// Closes a connection, and notes that no answer of it will be flushed.
    pub(super) fn kill(&mut self, slot: Slot) {
        let Some(serial) = self.conns.get(slot).map(|conn| conn.serial()) else { return };
        let key = self.key_of(slot, serial);
        let Some((visitor, state)) = self.conns.bury(slot) else { return };
        self.accounts.leave(visitor);
        match state {
            ConnState::Parked(_, session) => self.notes.push_back(Input::Cut(PollCut { session, key })),
            ConnState::Writing { fate: Some(session), .. } | ConnState::Sending(_, session) => {
                self.note_fate(session, key, false);
            }
            ConnState::Reading
            | ConnState::Subscribing(_)
            | ConnState::Calling(..)
            | ConnState::Writing { fate: None, .. }
            | ConnState::Farewell
            | ConnState::Dead => {}
        }
    }

    /// Notes for a session whether the answer of its poll was flushed.
    pub(super) fn note_fate(&mut self, session: SessionKey, key: CallKey, flushed: bool) {
        self.notes.push_back(Input::Fate(PollFate { session, key, flushed }));
    }

    /// Takes the oldest note.
    pub(super) fn next_note(&mut self) -> Option<Input<'static>> {
        self.notes.pop_front()
    }

    pub(super) fn has_notes(&self) -> bool {
        !self.notes.is_empty()
    }

    /// Frees closed connections, when nothing in hand names one by its slot.
    pub(super) fn free_dead(&mut self) {
        self.conns.free_dead();
    }

    /// Gives back what a large answer made large.
    pub(super) fn trim(&mut self) {
        release_if_large(&mut self.output);
    }

    /// Asserts, in debug builds, what must hold of a connection between two events.
    pub(super) fn check(&mut self, slot: Slot) {
        if cfg!(debug_assertions)
            && let Some(conn) = self.conns.get(slot)
        {
            conn.check();
        }
    }
}
