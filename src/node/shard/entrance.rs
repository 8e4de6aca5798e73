//! The entrance: from a socket that was accepted to a connection, or to a refusal.
//!
//! Owns: accepting, and what is said to those who are turned away, before anything is kept of them. Must not: judge
//! them; the gate does.

use std::net::IpAddr;

use mio::net::TcpStream;

use super::conn::Conn;
use super::gate::Closed;
use super::listener::{Accepted, turn_away};
use super::{Shard, token};
use crate::api::refusal::{ADDRESS_CROWDED, SERVER_BUSY_AT_THE_DOOR, SERVER_CROWDED};
use crate::base::limits::turn::ACCEPTS_PER_TURN;
use crate::base::slots::Slot;

impl Shard {
    /// Accepts newcomers. Returns whether more may be waiting.
    pub(super) fn accept(&mut self, most: usize) -> bool {
        for _ in 0..most {
            match self.listeners.accept(self.now()) {
                Accepted::Somebody(stream, from) => self.receive(stream, from),
                Accepted::TooSoon => {
                    self.counters.accepts_delayed_total += 1;
                    return false;
                }
                Accepted::Failed => {
                    self.counters.accepts_failed_total += 1;
                    return false;
                }
                Accepted::Nobody => return false,
            }
        }
        true
    }

    fn receive(&mut self, stream: TcpStream, from: IpAddr) {
        match self.gate.enter(from, self.conns.len(), self.memory.is_crowded()) {
            Ok(visitor) => {
                self.counters.connections_total += 1;
                let slot = self.conns.insert(Conn::new(stream, visitor, &mut self.tally));
                self.register(slot);
            }
            Err(closed) => self.refuse_newcomer(stream, closed),
        }
    }

    fn refuse_newcomer(&mut self, stream: TcpStream, closed: Closed) {
        let rejection = match closed {
            Closed::Full => {
                self.counters.connections_refused_full += 1;
                SERVER_CROWDED
            }
            Closed::Overloaded => {
                self.counters.connections_refused_memory += 1;
                SERVER_BUSY_AT_THE_DOOR
            }
            Closed::Crowded => {
                self.counters.connections_refused_address += 1;
                ADDRESS_CROWDED
            }
        };
        let output = &mut self.buffers.output;
        output.clear();
        // Most newcomers are browsers, and only those mind who may read it.
        crate::api::write_rejection(output, &rejection.with_cross_origin(true), None, self.dice.roll());
        turn_away(stream, output);
    }

    fn register(&mut self, slot: Slot) {
        let interest = mio::Interest::READABLE | mio::Interest::WRITABLE;
        let Some(conn) = self.conns.get(slot) else { return };
        let registered = self.poll.registry().register(conn.stream_mut(), token::of_conn(slot), interest);
        if let Err(error) = registered {
            log::warn!("a connection could not be watched: {error}");
            return self.kill(slot);
        }
        self.set_due(slot, self.now().after(self.timeouts.idle_ms));
    }

    /// Accepts everybody who waits, for the last time.
    pub(super) fn accept_all(&mut self) {
        self.listeners.hurry();
        while self.accept(ACCEPTS_PER_TURN) {}
        self.listeners.close();
    }
}
