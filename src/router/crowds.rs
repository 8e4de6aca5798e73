//! Deliveries to many, which are cut: a slice in each turn, so that calls of others come between.
//!
//! Owns: the deliveries that one turn does not finish, in the order they came. Must not: know what becomes of the count
//! of receivers; rooms and [`broadcasts`](super::broadcasts) gather it.

use std::collections::VecDeque;

use super::call::Receivers;
use super::ids::{BroadcastKey, GatherKey, UserKey};
use super::machine::Router;
use super::mail::{Mail, Part, Reached};
use super::packet::Packet;
use crate::base::domains::DomainId;
use crate::base::limits::chat::CROWDS_WAITING_MAX;
use crate::base::slots::Slot;

/// The receivers of a delivery.
#[derive(Debug)]
enum Crowd {
    /// These users.
    Users(Vec<Slot>),
    /// Those who are users of a domain when their turn comes, but the sender.
    Everybody(DomainId, Option<UserKey>),
}

/// What waits for the count of receivers.
#[derive(Clone, Copy, Debug)]
enum Counted {
    Gather(GatherKey),
    Broadcast(BroadcastKey),
}

/// A packet, and the users of this place whom it has not reached.
#[derive(Debug)]
pub(super) struct CrowdDelivery {
    packet: Packet,
    to: Crowd,
    reached: Receivers,
    counted: Counted,
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

impl Router {
    /// Whether deliveries are left for the next turn.
    pub(crate) fn has_crowds(&self) -> bool {
        !self.crowds.is_empty()
    }

    /// Delivers at once what one turn can; the rest waits for the next turns.
    pub(super) fn deliver(&mut self, mut delivery: CrowdDelivery) {
        let crowd = match &delivery.to {
            Crowd::Users(users) => users.len(),
            Crowd::Everybody(domain, _) => self.people.of_domain(*domain).len(),
        };
        if crowd <= self.slice {
            self.reach_slice(&mut delivery);
            return self.report(&delivery);
        }
        // What comes faster than turns can deliver takes their time after all, and holds up what brings it.
        while self.crowds.len() >= CROWDS_WAITING_MAX {
            self.deliver_slice();
        }
        self.crowds.push_back(delivery);
    }

    /// Handles [`Input::Slice`](super::mail::Input::Slice).
    pub(super) fn deliver_slice(&mut self) {
        let Some(mut delivery) = self.crowds.pop_front() else { return };
        if self.reach_slice(&mut delivery) {
            self.report(&delivery);
        } else {
            self.crowds.push_front(delivery);
        }
    }

    /// Queues the packet to as many as a turn reaches. Returns whether nobody is left.
    fn reach_slice(&mut self, delivery: &mut CrowdDelivery) -> bool {
        if let Crowd::Everybody(domain, sender) = delivery.to {
            let everybody = self.everybody(domain, sender);
            delivery.packet = delivery.packet.shared_by(everybody.len());
            delivery.to = Crowd::Users(everybody);
        }
        let CrowdDelivery { packet, to: Crowd::Users(users), reached, .. } = delivery else {
            unreachable!("they are known by now")
        };
        let mut more = Receivers::default();
        let rest = users.len().saturating_sub(self.slice);
        for slot in users.drain(rest..) {
            let Some(user) = self.people.get(slot) else { continue };
            // It reaches as many as there is room for.
            if !packet.is_counted() || self.people.admits(user.domain()) {
                self.reach(slot, packet, &mut more);
            }
        }
        self.count_delivered(packet, more);
        reached.add_all(more);
        users.is_empty()
    }

    /// The users of a domain, without the sender. The domain is charged for them.
    fn everybody(&mut self, domain: DomainId, sender: Option<UserKey>) -> Vec<Slot> {
        let everybody = self.people.of_domain(domain);
        self.out.charge(domain, everybody.len());
        let others = everybody.iter().filter(|user| sender != Some(self.directory.user_key(**user)));
        others.copied().collect()
    }

    /// Tells who was reached.
    fn report(&mut self, delivery: &CrowdDelivery) {
        let CrowdDelivery { reached, counted, .. } = delivery;
        match *counted {
            Counted::Gather(gather) => self.out.report(gather, Part::Delivered(*reached)),
            Counted::Broadcast(key) => {
                self.out.send(key.place, Mail::Reached(Reached { key, receivers: *reached }));
            }
        }
    }
}
