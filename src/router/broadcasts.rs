//! Broadcasts of this place, on their way to all places.
//!
//! Owns: which places each has still to go to. Must not: reach a user; each place does that with its own
//! ([`crowds`](super::crowds)).
//! A broadcast goes to as many places at a time as the machine has cores. That takes no longer than to all at once, and
//! the threads of the others are free meanwhile: with one thread of many in the way, mail waits little.

use std::collections::VecDeque;

use super::call::{Caller, Receivers};
use super::crowds::CrowdDelivery;
use super::gather::Collection;
use super::ids::{BroadcastKey, GatherKey, Place, UserKey};
use super::machine::Router;
use super::mail::{Broadcast, GatherReport, Mail, Part, Reached};
use super::packet::Packet;
use crate::base::domains::DomainId;
use crate::base::limits::chat::BROADCASTS_UNDER_WAY_MAX;

/// A broadcast that some places have not reported on.
#[derive(Debug)]
struct UnderWay {
    number: u32,
    /// The gather of its call, which may have been answered without the slowest places.
    gather: GatherKey,
    domain: DomainId,
    packet: Packet,
    sender: Option<UserKey>,
    /// How many places it was sent to, in the order of their numbers.
    sent: u16,
    /// How many of these have reported.
    reported: u16,
}

/// Broadcasts that some places have not reported on, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Broadcasts {
    under_way: VecDeque<UnderWay>,
    /// How many there were.
    begun: u32,
}

impl Broadcasts {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    fn find(&self, number: u32) -> Option<usize> {
        self.under_way.iter().position(|broadcast| broadcast.number == number)
    }
}

impl Router {
    /// Sends a message to everybody in the domain.
    pub(super) fn broadcast(&mut self, caller: Caller, packet: Packet, sender: Option<UserKey>) {
        let Caller { key, domain } = caller;
        if self.broadcasts.under_way.len() >= BROADCASTS_UNDER_WAY_MAX {
            // What comes faster than places report is not kept here: the oldest goes to all that are left.
            self.send_broadcast(0, u16::MAX);
        }
        let gather = self.out.open(key, Collection::Delivered(Receivers::default()));
        for place in self.directory.places().all() {
            self.out.expect(gather, place);
        }
        self.broadcasts.begun = self.broadcasts.begun.wrapping_add(1);
        let number = self.broadcasts.begun;
        let begun = UnderWay { number, gather, domain, packet, sender, sent: 0, reported: 0 };
        self.broadcasts.under_way.push_back(begun);
        self.send_broadcast(self.broadcasts.under_way.len() - 1, self.broadcast_places);
        self.out.close(gather);
    }

    /// Sends the broadcast at `index` to places it has not been sent to, until this many work on it.
    fn send_broadcast(&mut self, index: usize, at_once: u16) {
        let places = self.directory.places().count();
        let UnderWay { number, domain, ref packet, sender, ref mut sent, reported, .. } =
            self.broadcasts.under_way[index];
        while *sent < places && *sent - reported < at_once {
            let key = BroadcastKey { place: self.directory.place(), number };
            let mail = Broadcast { key, domain, packet: packet.clone(), sender };
            self.out.send(Place::new(*sent), Mail::Broadcast(mail));
            *sent += 1;
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
        let index = self.broadcasts.find(key.number).expect("it is under way until all have reported");
        let under_way = &mut self.broadcasts.under_way[index];
        under_way.reported += 1;
        let (gather, reported) = (under_way.gather, under_way.reported);
        if reported == self.directory.places().count() {
            self.broadcasts.under_way.remove(index);
        } else {
            self.send_broadcast(index, self.broadcast_places);
        }
        self.out.on_report(GatherReport { gather, part: Part::Delivered(receivers) });
    }
}
