//! The entrance: from an accepted socket to a connection, or to a refusal.
//!
//! Owns: the listeners, and the answer to newcomers that are turned away before anything is kept of them. Must not:
//! judge them; the gate does.

use mio::Registry;
use mio::net::TcpStream;

use super::gate::EntryRefusal;
use super::io::Io;
use super::listener::{AcceptOutcome, Listeners, turn_away};
use crate::api;
use crate::api::refusal::{ADDRESS_CROWDED, SERVER_BUSY_AT_THE_DOOR, SERVER_CROWDED};
use crate::base::clock::Tick;
use crate::base::limits::turn::ACCEPTS_PER_TURN;
use crate::base::slots::Slot;

#[derive(Debug)]
pub(super) struct Entrance {
    listeners: Listeners,
}

impl Entrance {
    pub(super) fn new(listeners: Listeners) -> Entrance {
        Entrance { listeners }
    }

    /// Notes that a listener has connections to accept.
    pub(super) fn set_ready(&mut self, index: usize) {
        self.listeners.set_ready(index);
    }

    /// The next time to accept without an event.
    pub(super) fn next_attempt(&self) -> Option<Tick> {
        self.listeners.next_attempt()
    }

    /// Accepts newcomers, as many as one turn takes, and has each of them greeted. Returns how many there were.
    pub(super) fn accept(
        &mut self,
        io: &mut Io,
        registry: &Registry,
        mut greet: impl FnMut(&mut Io, Slot),
    ) -> usize {
        self.listeners.resume(io.now(), registry);
        for count in 0..ACCEPTS_PER_TURN {
            match self.listeners.accept(io.now(), registry) {
                AcceptOutcome::Accepted(stream, from) => match io.enter(stream, from) {
                    Ok(slot) => greet(io, slot),
                    Err((stream, refusal)) => refuse(io, stream, refusal),
                },
                AcceptOutcome::TooSoon => {
                    io.counters().accepts_delayed_total += 1;
                    return count;
                }
                AcceptOutcome::Failed => {
                    io.counters().accepts_failed_total += 1;
                    return count;
                }
                AcceptOutcome::Nothing => return count,
            }
        }
        ACCEPTS_PER_TURN
    }

    /// Accepts all newcomers that wait, whatever the pace, and stops listening.
    pub(super) fn close(&mut self, io: &mut Io, registry: &Registry) {
        loop {
            self.listeners.hurry();
            if self.accept(io, registry, |_, _| {}) == 0 {
                break;
            }
        }
        self.listeners.close();
    }
}

fn refuse(io: &mut Io, stream: TcpStream, refusal: EntryRefusal) {
    let counters = io.counters();
    let rejection = match refusal {
        EntryRefusal::Full => {
            counters.connections_refused_full += 1;
            SERVER_CROWDED
        }
        EntryRefusal::Overloaded => {
            counters.connections_refused_memory += 1;
            SERVER_BUSY_AT_THE_DOOR
        }
        EntryRefusal::Crowded => {
            counters.connections_refused_address += 1;
            ADDRESS_CROWDED
        }
    };
    let chance = io.chance();
    io.with_output(|_, output| {
        // Most newcomers are browsers, which show an answer to a page only if its headers allow it.
        api::write_rejection(output, &rejection.with_cross_origin(true), None, chance);
        turn_away(stream, output);
    });
}
