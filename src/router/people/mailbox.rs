//! The mailbox of a user whose last session has ended.
//!
//! Owns: [`Linger`], how long it lasts, and what its messages count for. Must not: claim a way back, or queue a
//! message.

use crate::base::admission::Claim;
use crate::base::clock::Tick;
use crate::base::domains::DomainId;
use crate::base::limits::Limits;
use crate::base::memory::{Held, Memory, Owner};
use crate::router::packet::Packet;
use crate::router::sessions::backlog::KeptMessage;
use crate::router::sessions::sum::PacketSum;

/// The mailbox of a user whose last session has ended.
#[derive(Debug)]
pub(in crate::router) struct Linger {
    /// When the user goes offline.
    until: Tick,
    mailbox: Vec<MailboxMessage>,
    /// What the limits count.
    sum: PacketSum,
    /// What all of it takes of the shard's memory.
    held: Held,
}

/// A message in a mailbox.
#[derive(Debug)]
pub(in crate::router) struct MailboxMessage {
    pub(in crate::router) kept: KeptMessage,
    /// The place it has on the way back to its site.
    pub(in crate::router) claim: Option<Claim>,
}

impl MailboxMessage {
    /// A message that has no place on the way back.
    pub(super) fn unclaimed(kept: KeptMessage) -> MailboxMessage {
        MailboxMessage { kept, claim: None }
    }

    /// What it takes of the shard's memory.
    fn held_bytes(&self) -> usize {
        size_of::<MailboxMessage>() + self.kept.packet.share()
    }
}

impl Linger {
    pub(super) fn new(
        until: Tick,
        mailbox: Vec<MailboxMessage>,
        domain: DomainId,
        memory: &Memory,
    ) -> Linger {
        let mut sum = PacketSum::default();
        for mailed in &mailbox {
            sum.add(&mailed.kept.packet);
        }
        let held = mailbox.iter().map(MailboxMessage::held_bytes).sum();
        Linger { until, mailbox, sum, held: memory.hold(Owner::Domain(domain), held) }
    }

    /// When the user goes offline.
    pub(in crate::router) fn until(&self) -> Tick {
        self.until
    }

    /// What the limits count.
    pub(super) fn sum(&self) -> PacketSum {
        self.sum
    }

    pub(super) fn has_room(&self, packet: &Packet, limits: &Limits) -> bool {
        self.sum.has_room(packet, limits)
    }

    pub(super) fn push(&mut self, message: MailboxMessage) {
        self.held.add(message.held_bytes());
        self.sum.add(&message.kept.packet);
        self.mailbox.push(message);
    }

    /// Drops these messages: a page has acknowledged them. `given` ascends.
    pub(super) fn withdraw(&mut self, given: &[u64]) {
        let sum = &mut self.sum;
        self.mailbox.retain(|mailed| {
            let stays = given.binary_search(&mailed.kept.given).is_err();
            if !stays {
                sum.subtract(&mailed.kept.packet);
            }
            stays
        });
        self.held.set(self.mailbox.iter().map(MailboxMessage::held_bytes).sum());
    }

    pub(super) fn into_messages(self) -> Vec<MailboxMessage> {
        self.mailbox
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Linger {
    /// What waits for the next session.
    pub(in crate::router) fn mailbox(&self) -> &[MailboxMessage] {
        &self.mailbox
    }

    /// What it holds of the shard's memory, if that is what is in it.
    pub(in crate::router) fn held(&self) -> Option<usize> {
        let mailed = self.mailbox.iter().map(MailboxMessage::held_bytes).sum::<usize>();
        Some(self.held.bytes()).filter(|held| *held == mailed)
    }
}
