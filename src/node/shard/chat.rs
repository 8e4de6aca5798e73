//! The chat of a shard: its router, and effects that are not carried out yet.
//!
//! Owns: the order of the router's inputs. Must not: carry out an effect; `execute` does.

use super::buffers::release_if_large;
use super::io::Io;
use crate::base::clock::Tick;
use crate::base::domains::DomainId;
use crate::base::memory::Memory;
use crate::base::stats::Counters;
use crate::router::ids::Ticket;
use crate::router::mail::{Effect, Input};
use crate::router::owners::{Isolation, Peer};
use crate::router::sessions::storm::Load;
use crate::router::{Router, Settings};

#[derive(Debug)]
pub(super) struct Chat {
    router: Router,
    effects: Vec<Effect>,
    /// The memory of the last list of effects, to be used again.
    spare: Vec<Effect>,
}

impl Chat {
    pub(super) fn new(settings: Settings, memory: Memory) -> Chat {
        Chat { router: Router::new(settings, memory), effects: Vec::new(), spare: Vec::new() }
    }

    pub(super) fn begin_turn(&mut self, now: Tick, load: Load) {
        self.router.begin_turn(now, load);
    }

    /// Gives the router an input, after all notes of `io`.
    pub(super) fn handle(&mut self, io: &mut Io, input: Input<'_>) {
        self.handle_notes(io);
        self.router.handle(input, io.now(), &mut self.effects);
    }

    /// Gives the router what became of polls and answers.
    pub(super) fn handle_notes(&mut self, io: &mut Io) {
        while let Some(note) = io.next_note() {
            self.router.handle(note, io.now(), &mut self.effects);
        }
    }

    /// Adds an effect to those of the router.
    pub(super) fn add_effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Takes the effects so far; `None` if there are none. The list comes back by [`Chat::recycle`].
    pub(super) fn take_effects(&mut self) -> Option<Vec<Effect>> {
        if self.effects.is_empty() {
            return None;
        }
        Some(std::mem::replace(&mut self.effects, std::mem::take(&mut self.spare)))
    }

    pub(super) fn recycle(&mut self, mut effects: Vec<Effect>) {
        release_if_large(&mut effects);
        self.spare = effects;
    }

    /// Whether a part of what goes to many is left for the next turn.
    pub(super) fn has_crowds(&self) -> bool {
        self.router.has_crowds()
    }

    /// Whether the calls of a domain have used their share of this turn.
    pub(super) fn is_used_up(&self, domain: DomainId) -> bool {
        self.router.work().is_used_up(domain)
    }

    /// The work of all domains in this turn.
    pub(super) fn work(&self) -> usize {
        self.router.work().sum()
    }

    /// The node that gave out a ticket, if it was another one that is there.
    pub(super) fn issuer(&self, ticket: &Ticket) -> Option<Peer> {
        self.router.issuer(ticket)
    }

    /// Why this node of a cluster takes no calls of sites; `None`: it takes them.
    pub(super) fn isolation(&self) -> Option<Isolation> {
        self.router.isolation()
    }

    pub(super) fn counters(&mut self) -> &Counters {
        self.router.counters()
    }
}
