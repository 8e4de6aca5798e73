//! Dialects: what a server is told when somebody comes, polls or sends, and what its answers mean.
//!
//! Owns: the choice between `NextIM`'s protocol, which the stand-in speaks, too, and Nchan's. Must not: know the
//! bytes. An Nchan has channels only: nobody goes online, and there are neither rooms nor buddies.

use nextim_testkit::load::wire::{Recipient, Requests, Ticket, Transport};

use crate::nchan::wire::Channels;

/// How a server is talked to.
#[derive(Debug)]
pub(crate) enum Dialect {
    /// As `NextIM` is.
    Nextim(Requests),
    /// As an Nchan is.
    Nchan(Channels),
}

impl Dialect {
    /// Whether users go online by a call of the site before they poll.
    pub(crate) fn has_sessions(&self) -> bool {
        matches!(self, Dialect::Nextim(_))
    }

    /// Whether the sender of a broadcast receives it, too.
    pub(crate) fn broadcasts_reach_their_sender(&self) -> bool {
        matches!(self, Dialect::Nchan(_))
    }

    /// Whether a call had success.
    pub(crate) fn is_success(&self, status: u16) -> bool {
        match self {
            Dialect::Nextim(_) => status == 200,
            // With a poll waiting there, or without.
            Dialect::Nchan(_) => [201, 202].contains(&status),
        }
    }

    /// Whether this is how a poll is answered that has waited long enough for nothing; one of `NextIM` is answered with
    /// an empty packet.
    pub(crate) fn is_no_news(&self, status: u16) -> bool {
        match self {
            Dialect::Nextim(_) => false,
            Dialect::Nchan(_) => [304, 408].contains(&status),
        }
    }

    /// Appends the call by which a user goes online with buddies and a room.
    pub(crate) fn online(
        &self,
        out: &mut Vec<u8>,
        user: u32,
        buddies: impl Iterator<Item = u32>,
        room: Option<u32>,
    ) {
        self.site().online(out, user, buddies, room);
    }

    /// Appends the call by which a user logs out.
    pub(crate) fn offline(&self, out: &mut Vec<u8>, user: u32) {
        self.site().offline(out, user);
    }

    /// Appends the call by which the page with this ticket leaves.
    pub(crate) fn leave(&self, out: &mut Vec<u8>, ticket: &Ticket) {
        self.site().leave(out, ticket);
    }

    /// Appends a signal of the user with this ticket to another one.
    pub(crate) fn signal(&self, out: &mut Vec<u8>, ticket: &Ticket, to: u32) {
        self.site().signal(out, ticket, to);
    }

    fn site(&self) -> &Requests {
        match self {
            Dialect::Nextim(requests) => requests,
            Dialect::Nchan(_) => unreachable!("nobody goes online where there are no sessions"),
        }
    }

    /// Appends a message of the user with this number, who has this ticket.
    pub(crate) fn message(
        &self,
        out: &mut Vec<u8>,
        sender: u32,
        ticket: &Ticket,
        receiver: Recipient,
        id: u64,
    ) {
        match self {
            Dialect::Nextim(requests) => requests.message(out, ticket, receiver, id),
            Dialect::Nchan(channels) => channels.message(out, sender, receiver, id),
        }
    }

    /// Appends the request by which the user with this number, who has this ticket, waits for what comes after `seq`.
    pub(crate) fn wait(&self, out: &mut Vec<u8>, by: Transport, user: u32, (ticket, seq): (&Ticket, u64)) {
        match self {
            Dialect::Nextim(requests) => requests.wait(out, by, ticket, seq),
            Dialect::Nchan(channels) => channels.poll(out, user, ticket),
        }
    }

    /// Appends the acknowledgement of what came on a stream up to `seq`.
    pub(crate) fn ack(&self, out: &mut Vec<u8>, ticket: &Ticket, seq: u64) {
        self.site().ack(out, ticket, seq);
    }

    /// Takes down from the head of an answer to a poll what the next poll must show. Returns whether it was there.
    pub(crate) fn follow(&self, head: &[u8], ticket: &mut Ticket) -> bool {
        match self {
            Dialect::Nextim(_) => true,
            Dialect::Nchan(_) => match Channels::place(head) {
                Some(place) => {
                    *ticket = place;
                    true
                }
                None => false,
            },
        }
    }
}
