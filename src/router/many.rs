//! What goes to many: broadcasts, and deliveries to more users than one turn reaches.
//!
//! Owns: their way from place to place and from turn to turn. Must not: hold what is left of them; `broadcasts` and
//! `crowds` do.

use super::call::{Caller, Receivers};
use super::crowds::{Counted, Crowd, CrowdDelivery};
use super::gather::Collection;
use super::ids::{BroadcastKey, Place, UserKey};
use super::machine::Router;
use super::mail::{Broadcast, GatherReport, Mail, Part, Reached};
use super::packet::Packet;
use crate::base::domains::DomainId;
use crate::base::limits::chat::CROWDS_WAITING_MAX;
use crate::base::slots::Slot;

/// Broadcasts, at the place that sends them and at all others.
impl Router {
    /// Sends a message to everybody in the domain.
    pub(super) fn broadcast(&mut self, caller: Caller, packet: Packet, sender: Option<UserKey>) {
        let Caller { key, domain, .. } = caller;
        if let Some(oldest) = self.broadcasts.one_too_many() {
            // What comes faster than places report is not kept here: the oldest goes to all that are left.
            self.send_broadcast(oldest, u16::MAX);
        }
        let gather = self.out.open(key, Collection::Delivered(Receivers::default()));
        let (here, places) = (self.directory.place(), self.out.places());
        for place in (0..places).map(Place::new) {
            self.out.expect(gather, place);
        }
        let broadcast = self.broadcasts.begin((here, places), gather, domain, packet, sender);
        self.send_broadcast(broadcast, self.broadcast_places);
        self.out.close(gather);
    }

    /// Sends a broadcast to places it has not been sent to, until this many work on it.
    fn send_broadcast(&mut self, key: BroadcastKey, at_once: u16) {
        while let Some((place, broadcast)) = self.broadcasts.next(key, at_once) {
            self.out.send(place, Mail::Broadcast(broadcast));
        }
    }

    /// Handles [`Mail::Broadcast`]: queues the message to all users of the domain who live here.
    pub(super) fn on_broadcast(&mut self, broadcast: Broadcast) {
        let Broadcast { key, domain, packet, sender } = broadcast;
        self.deliver(CrowdDelivery::to_everybody(packet, domain, sender, key));
    }

    /// Handles [`Mail::Reached`]: the broadcast goes to the next place.
    pub(super) fn on_reached(&mut self, reached: Reached) {
        let Reached { key, receivers } = reached;
        let gather = self.broadcasts.reported(key);
        self.send_broadcast(key, self.broadcast_places);
        self.out.on_report(GatherReport { gather, part: Part::Delivered(receivers) });
    }
}

/// Deliveries in slices.
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
