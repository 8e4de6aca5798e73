//! Stanzas to rooms that have overtaken the presence of their client.
//!
//! Owns: their order, their bound, and how long they wait. Must not: decide whether a client is there.
//!
//! The connections of the two components have no order between them: a client that comes and enters a room at once may
//! be in the room's connection first.

use std::collections::VecDeque;

use tokio_xmpp::Stanza;

use crate::limits::{EARLY_MAX, EARLY_MS};

#[derive(Debug, Default)]
pub(super) struct Early {
    waiting: VecDeque<(u64, Stanza)>,
}

impl Early {
    /// Keeps a stanza; returns it if there is no place.
    pub(super) fn push(&mut self, stanza: Stanza, now: u64) -> Option<Stanza> {
        if self.waiting.len() >= EARLY_MAX {
            return Some(stanza);
        }
        self.waiting.push_back((now + EARLY_MS, stanza));
        None
    }

    /// The stanzas that wait no longer, in their order: those that fit, and those whose time is over.
    pub(super) fn take(&mut self, now: u64, fits: impl Fn(&Stanza) -> bool) -> Vec<Stanza> {
        let mut taken = Vec::new();
        for (until, stanza) in std::mem::take(&mut self.waiting) {
            if until <= now || fits(&stanza) {
                taken.push(stanza);
            } else {
                self.waiting.push_back((until, stanza));
            }
        }
        taken
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn deadline(&self) -> Option<u64> {
        self.waiting.front().map(|(until, _)| *until)
    }

    /// The connection is lost, and with it whoever waits for an answer.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}
