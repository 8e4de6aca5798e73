//! Mail that carries packets to their receivers.
//!
//! Owns: the types, and what each takes while it waits. Must not: import a part of the router.

use super::calls::Waiting;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::call::Receivers;
use crate::router::ids::{BroadcastKey, GatherKey, UserKey};
use crate::router::packet::Packet;
use crate::router::weight;

/// A message, signal or typing state for one user.
#[derive(Debug)]
pub struct Unicast {
    /// The call to answer.
    pub(crate) call: Waiting,
    /// The receiver's domain.
    pub(crate) domain: DomainId,
    /// The receiver's name.
    pub(crate) to: Box<str>,
    /// What is queued.
    pub(crate) packet: Packet,
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
    pub(crate) call: Waiting,
    /// The room's domain.
    pub(crate) domain: DomainId,
    /// The room's name.
    pub(crate) room: Box<str>,
    /// What is queued to its members.
    pub(crate) packet: Packet,
    /// The sender, if online: it is not queued to that user.
    pub(crate) sender: Option<UserKey>,
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
    pub(crate) gather: GatherKey,
    /// What is queued.
    pub(crate) packet: Packet,
    /// The receivers.
    pub(crate) to: Vec<Slot>,
}

impl UserDelivery {
    pub(super) fn bytes(&self) -> usize {
        self.packet.share() + weight::slots(&self.to)
    }
}

/// A message for all users of a domain at the place.
#[derive(Clone, Debug)]
pub struct Broadcast {
    /// Which broadcast it is.
    pub(crate) key: BroadcastKey,
    /// The receivers' domain.
    pub(crate) domain: DomainId,
    /// What is queued.
    pub(crate) packet: Packet,
    /// The sender, if online: it is not queued to that user.
    pub(crate) sender: Option<UserKey>,
}

/// The users of a place were reached by a broadcast.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// Which broadcast it is.
    pub(crate) key: BroadcastKey,
    /// How many were reached.
    pub(crate) receivers: Receivers,
}
