//! Accounts: the address a connection is counted for, and the memory that may wait for it.
//!
//! Owns: the gate, the memory of the shard, and the bytes that late requests hold of it. Must not: read, write or
//! close; the caller does.

use std::net::IpAddr;

use super::conn::Conn;
use super::gate::{EntryRefusal, Gate, Visitor};
use super::late::LateBytes;
use super::pending::PendingInput;
use crate::base::limits::admission::LATE_BYTES_PER_ADDRESS_MAX;
use crate::base::memory::Memory;
use crate::http::forwarded::FORWARDED_FOR;

#[derive(Debug)]
pub(super) struct Accounts {
    gate: Gate,
    memory: Memory,
    late: LateBytes,
}

impl Accounts {
    pub(super) fn new(gate: Gate, memory: Memory) -> Accounts {
        Accounts { gate, memory, late: LateBytes::default() }
    }

    /// Everything that the shard holds for others.
    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Judges a newcomer. A visitor that enters must [`Accounts::leave`].
    pub(super) fn enter(&mut self, from: IpAddr, connections: usize) -> Result<Visitor, EntryRefusal> {
        self.gate.enter(from, connections, self.memory.is_crowded())
    }

    /// The connections that the shard has room for, while it has this many.
    pub(super) fn room(&self, connections: usize) -> usize {
        self.gate.room(connections)
    }

    pub(super) fn leave(&self, visitor: Visitor) {
        self.gate.leave(visitor);
    }

    /// Counts a request for its client. Returns whether the client's rate allows it.
    pub(super) fn admits_request<'b, L: Iterator<Item = &'b [u8]>>(
        &self,
        visitor: Visitor,
        forwarded: impl FnOnce() -> L,
        now_ms: u64,
    ) -> bool {
        self.gate.admits_request(visitor, forwarded, now_ms)
    }

    /// Whether there is memory for the rest of a request.
    pub(super) fn has_room(&self, visitor: Visitor, input: &PendingInput) -> bool {
        let is_refused = match visitor {
            Visitor::Exempt => false,
            Visitor::Counted(_) | Visitor::Proxy(_) => {
                input.in_body() && self.memory.free_for_strangers() == 0
                    || input.begins_body() && self.memory.is_crowded()
            }
        };
        !is_refused && !self.memory.is_full()
    }

    /// Counts the input of a connection, from now on, against the address of its client.
    pub(super) fn charge(&self, conn: &mut Conn) {
        let visitor = conn.visitor();
        let Some(input) = conn.input_mut() else { return };
        let head = input.head();
        let cells = self.gate.client(visitor, || head.iter().flat_map(|head| head.values(FORWARDED_FOR)));
        input.charge_late(|bytes| Some(self.late.charge(cells?, bytes)));
    }

    /// Whether the address of a late request holds too much.
    pub(super) fn holds_too_much(&self, input: &PendingInput) -> bool {
        let most = || LATE_BYTES_PER_ADDRESS_MAX.min(self.memory.free_for_strangers());
        input.late_charge().is_some_and(|charge| charge.is_more_than(most()))
    }
}
