//! Deliveries to many, which are cut: a slice in each turn, so that calls of others come between.
//!
//! Owns: the deliveries that one turn does not finish, in the order they came. Must not: queue a packet;
//! [`many`](super::many) does.

use std::collections::VecDeque;

use super::call::Receivers;
use super::ids::{BroadcastKey, GatherKey, UserKey};
use super::packet::Packet;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;

/// The receivers of a delivery.
#[derive(Debug)]
pub(super) enum Crowd {
    /// These users.
    Users(Vec<Slot>),
    /// Those who are users of a domain when their turn comes, but the sender.
    Everybody(DomainId, Option<UserKey>),
}

/// What waits for the count of receivers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counted {
    Gather(GatherKey),
    Broadcast(BroadcastKey),
}

/// A packet, and the users of this place whom it has not reached.
#[derive(Debug)]
pub(super) struct CrowdDelivery {
    pub(super) packet: Packet,
    pub(super) to: Crowd,
    pub(super) reached: Receivers,
    pub(super) counted: Counted,
}

impl CrowdDelivery {
    /// A packet for users of this place.
    pub(super) fn to_users(packet: &Packet, users: Vec<Slot>, gather: GatherKey) -> CrowdDelivery {
        let (packet, counted) = (packet.shared_by(users.len()), Counted::Gather(gather));
        CrowdDelivery { packet, to: Crowd::Users(users), reached: Receivers::default(), counted }
    }

    /// A packet for all users of a domain who live here.
    pub(super) fn to_everybody(
        packet: Packet,
        domain: DomainId,
        sender: Option<UserKey>,
        key: BroadcastKey,
    ) -> CrowdDelivery {
        let (to, counted) = (Crowd::Everybody(domain, sender), Counted::Broadcast(key));
        CrowdDelivery { packet, to, reached: Receivers::default(), counted }
    }
}

/// The deliveries that are left for the next turns; the first goes on.
pub(super) type Crowds = VecDeque<CrowdDelivery>;
