//! The connections of a shard.
//!
//! Owns: the table, the tally, and the lists of the dead and of those to be watched. Must not: do I/O. A closed
//! connection keeps its slot until all events of the turn are handled. What comes later carries a generation or the
//! number of a request, and finds nothing.

use super::conn::Conn;
use super::gate::Visitor;
use super::state::{CallTiming, ConnState, Tally, Watch};
use crate::api::Shape;
use crate::base::slots::{Slot, Slots};
use crate::base::stats::Counters;
use crate::router::ids::{CallKey, SessionKey};

#[derive(Debug, Default)]
pub(super) struct Conns {
    slots: Slots<Conn>,
    dead: Vec<Slot>,
    /// Newcomers, and connections that wait for more than epoll reports of them.
    unwatched: Vec<Slot>,
    tally: Tally,
}

impl Conns {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn insert(&mut self, conn: Conn) -> Slot {
        self.tally.count(conn.state());
        let slot = self.slots.insert(conn);
        self.unwatched.push(slot);
        slot
    }

    /// A connection that is not closed.
    pub(super) fn get(&mut self, slot: Slot) -> Option<&mut Conn> {
        self.slots.get_mut(slot).filter(|conn| !matches!(conn.state(), ConnState::Dead))
    }

    /// The connection that serves the request with this key.
    pub(super) fn find_call(&mut self, key: CallKey) -> Option<Slot> {
        let (slot, conn) = self.slots.at(key.conn)?;
        (conn.serial() == key.serial && !matches!(conn.state(), ConnState::Dead)).then_some(slot)
    }

    pub(super) fn turn_to(&mut self, slot: Slot, state: ConnState) {
        if let Some(conn) = self.slots.get_mut(slot) {
            conn.turn_to(state, &mut self.tally);
            // A newcomer is in the list already.
            if conn.watched() == Watch::Input && Watch::of(conn.state()) > Watch::Input {
                self.unwatched.push(slot);
            }
        }
    }

    /// A copy of the shape of a parked stream: it waits on after each of its events.
    pub(super) fn stream_shape(&mut self, slot: Slot) -> Option<(Shape, SessionKey)> {
        match self.get(slot)?.state() {
            ConnState::Parked(shape, session) if shape.is_stream() => Some((shape.clone(), *session)),
            ConnState::Parked(..)
            | ConnState::Reading
            | ConnState::Subscribing(_)
            | ConnState::Calling(..)
            | ConnState::Writing { .. }
            | ConnState::Sending(..)
            | ConnState::Farewell
            | ConnState::Dead => None,
        }
    }

    /// Ends the wait for the answer of a call, if there is one. Returns its shape and its timing.
    pub(super) fn take_shape(&mut self, slot: Slot) -> Option<(Shape, Option<CallTiming>)> {
        let conn = self.slots.get_mut(slot)?;
        if !matches!(conn.state(), ConnState::Calling(..) | ConnState::Parked(..)) {
            return None;
        }
        match conn.turn_to(ConnState::Reading, &mut self.tally) {
            ConnState::Calling(shape, timing) => Some((shape, timing)),
            ConnState::Parked(shape, _) => Some((shape, None)),
            ConnState::Reading
            | ConnState::Subscribing(_)
            | ConnState::Writing { .. }
            | ConnState::Sending(..)
            | ConnState::Farewell
            | ConnState::Dead => None,
        }
    }

    /// Closes a connection. Returns its visitor and its last state.
    pub(super) fn bury(&mut self, slot: Slot) -> Option<(Visitor, ConnState)> {
        let conn = self.slots.get_mut(slot).filter(|conn| !matches!(conn.state(), ConnState::Dead))?;
        conn.forget();
        let buried = (conn.visitor(), conn.turn_to(ConnState::Dead, &mut self.tally));
        self.dead.push(slot);
        Some(buried)
    }

    /// Takes a connection out of the table, for another shard.
    pub(super) fn give_away(&mut self, slot: Slot) -> Option<Conn> {
        self.get(slot)?;
        let conn = self.slots.remove(slot)?;
        self.tally.uncount(conn.state());
        Some(conn)
    }

    /// Takes a connection that may wait for more than epoll reports of it.
    pub(super) fn next_unwatched(&mut self) -> Option<Slot> {
        self.unwatched.pop()
    }

    /// Frees the slots of the dead, which closes their sockets.
    pub(super) fn free_dead(&mut self) {
        for slot in self.dead.drain(..) {
            drop(self.slots.remove(slot));
        }
        debug_assert_eq!(self.tally.sum(), self.slots.len() as u64, "each connection has one state");
    }

    /// All connections that are not closed.
    pub(super) fn alive(&self) -> Vec<Slot> {
        let alive = self.slots.iter().filter(|(_, conn)| !matches!(conn.state(), ConnState::Dead));
        alive.map(|(slot, _)| slot).collect()
    }

    pub(super) fn show(&self, counters: &mut Counters) {
        self.tally.show(counters);
    }
}
