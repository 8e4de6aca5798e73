//! Acknowledgements that come after the end of their sessions.
//!
//! Owns: which calls are such, and that pages acknowledge only what they have seen. Must not: look at queues; the ledger
//! does.

use super::account::user_at;
use super::world::{Ask, World};
use crate::base::slots::Slot;
use crate::router::call::Verb;
use crate::router::mail::{CallRequest, Input, Mail};

/// What the page of an ended session acknowledges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Afterwards {
    user: Slot,
    /// The user's nth message or signal.
    given: u64,
    pub(super) page: usize,
}

impl Afterwards {
    /// Whether it is the user's nth.
    pub(super) fn is(self, user: Slot, given: u64) -> bool {
        (self.user, self.given) == (user, given)
    }
}

impl World {
    /// What a call acknowledges of a session that has ended.
    pub(super) fn acknowledged_afterwards(&self, place: usize, input: &Input<'_>) -> Vec<Afterwards> {
        let (Input::Call(CallRequest { key, call, .. })
        | Input::Mail(Mail::Call(CallRequest { key, call, .. }))) = input
        else {
            return Vec::new();
        };
        let (page, ticket, seq) = match (&call.verb, self.calls.get(key).map(|call| &call.ask)) {
            (Verb::Ack(ack), Some(Ask::Ack { page })) => (*page, ack.ticket, ack.seq),
            (Verb::Poll(poll), Some(Ask::Poll { page, bad_seq: false, .. })) => {
                let Some(seq) = poll.seq else { return Vec::new() };
                (*page, poll.ticket, seq)
            }
            _ => return Vec::new(),
        };
        let people = &self.routers[place].people;
        let here = ticket.session.place.index() == place;
        let taken = people
            .sessions()
            .peek_ended(&ticket, seq)
            .filter(|(user, _)| here && people.get(*user).is_some());
        let Some((user, given)) = taken else { return Vec::new() };
        given.into_iter().map(|given| Afterwards { user, given, page }).collect()
    }

    /// Notes the messages that were acknowledged so.
    pub(super) fn note_afterwards(&mut self, place: usize, all: &[Afterwards]) {
        for Afterwards { user, given, page } in all {
            let user = user_at(place, *user);
            let Some(number) = self.ledger.numbers.get(&(user, *given)).copied() else { continue };
            let seen = self.pages[*page].has_seen(number);
            assert!(seen, "message {number} was acknowledged afterwards, unseen");
            self.note_acknowledged(user, *given, number);
        }
    }
}
