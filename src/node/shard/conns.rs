//! The connections of a shard.
//!
//! Owns: the table and the list of the dead. Must not: do I/O. A connection that is closed keeps its place until the
//! end of the turn, so nothing within one turn meets another connection in it; whatever comes later carries a
//! generation, or the number of a request, and finds nothing.

use super::conn::{Conn, State, Tally};
use super::gate::Visitor;
use crate::base::slots::{Slot, Slots};
use crate::router::ids::CallKey;

/// The connections of one shard.
#[derive(Debug, Default)]
pub(crate) struct Conns {
    slots: Slots<Conn>,
    dead: Vec<Slot>,
}

impl Conns {
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn insert(&mut self, conn: Conn) -> Slot {
        self.slots.insert(conn)
    }

    /// A connection that has not been closed.
    pub(crate) fn get(&mut self, slot: Slot) -> Option<&mut Conn> {
        self.slots.get_mut(slot).filter(|conn| !matches!(conn.state(), State::Dead))
    }

    /// The connection that serves this very request.
    pub(crate) fn find_call(&mut self, key: CallKey) -> Option<(Slot, &mut Conn)> {
        let (slot, conn) = self.slots.at(key.conn)?;
        if conn.serial != key.serial {
            return None;
        }
        Some((slot, self.get(slot)?))
    }

    /// Closes a connection; returns where it came from and what it was doing.
    pub(crate) fn bury(&mut self, slot: Slot, tally: &mut Tally) -> Option<(Visitor, State)> {
        let conn = self.get(slot)?;
        conn.forget();
        let buried = (conn.visitor, conn.turn_to(State::Dead, tally));
        self.dead.push(slot);
        Some(buried)
    }

    /// Frees the places of the dead, which closes their sockets.
    pub(crate) fn free_dead(&mut self) {
        for slot in self.dead.drain(..) {
            drop(self.slots.remove(slot));
        }
    }

    /// All that have not been closed.
    pub(crate) fn alive(&self) -> Vec<Slot> {
        let alive = self.slots.iter().filter(|(_, conn)| !matches!(conn.state(), State::Dead));
        alive.map(|(slot, _)| slot).collect()
    }
}
