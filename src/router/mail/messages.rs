//! Mail that carries packets to their receivers.
//!
//! Owns: the types, and what each takes while it waits. Must not: import a part of the router.

use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::ids::{CallKey, GatherKey, UserKey};
use crate::router::packet::Packet;
use crate::router::weight;

/// A message, signal or typing state for one user.
#[derive(Debug)]
pub struct Unicast {
    /// The call to answer.
    pub key: CallKey,
    /// The receiver's domain.
    pub domain: DomainId,
    /// The receiver's name.
    pub to: Box<str>,
    /// What is queued.
    pub packet: Packet,
}

impl Unicast {
    pub(super) fn bytes(&self) -> usize {
        self.to.len() + self.packet.share()
    }
}

/// A message, signal or typing state for a room.
#[derive(Debug)]
pub struct Multicast {
    /// The call to answer.
    pub key: CallKey,
    /// The room's domain.
    pub domain: DomainId,
    /// The room's name.
    pub room: Box<str>,
    /// What is queued to its members.
    pub packet: Packet,
    /// The sender, if online: it is not queued to that user.
    pub sender: Option<UserKey>,
}

impl Multicast {
    pub(super) fn bytes(&self) -> usize {
        self.room.len() + self.packet.share()
    }
}

/// A packet for some users of the place.
#[derive(Debug)]
pub struct UserDelivery {
    /// The gather that waits for the count.
    pub gather: GatherKey,
    /// What is queued.
    pub packet: Packet,
    /// The receivers.
    pub to: Vec<Slot>,
}

impl UserDelivery {
    pub(super) fn bytes(&self) -> usize {
        self.packet.share() + weight::slots(&self.to)
    }
}

/// A message for all users of a domain at the place.
#[derive(Debug)]
pub struct Broadcast {
    /// The gather that waits for the count.
    pub gather: GatherKey,
    /// The receivers' domain.
    pub domain: DomainId,
    /// What is queued.
    pub packet: Packet,
    /// The sender, if online: it is not queued to that user.
    pub sender: Option<UserKey>,
}
