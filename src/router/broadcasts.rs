//! Broadcasts of this place, on their way to all places.
//!
//! Owns: which places each has still to go to. Must not: send mail; [`many`](super::many) does.
//! A broadcast goes to as many places at a time as the machine has cores. That takes no longer than to all at once, and
//! the threads of the others are free meanwhile: with one thread of many in the way, mail waits little.

use std::collections::VecDeque;

use super::ids::{BroadcastKey, GatherKey, Place, UserKey};
use super::mail::Broadcast;
use super::packet::Packet;
use crate::base::domains::DomainId;
use crate::base::limits::chat::BROADCASTS_UNDER_WAY_MAX;

/// A broadcast that some places have not reported on.
#[derive(Debug)]
struct UnderWay {
    /// The gather of its call, which may have been answered without the slowest places.
    gather: GatherKey,
    /// What each place is sent.
    mail: Broadcast,
    /// How many places it goes to.
    places: u16,
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
    /// Takes a broadcast on, to so many `places`. `here` is the place that sends it.
    pub(super) fn begin(
        &mut self,
        (here, places): (Place, u16),
        gather: GatherKey,
        domain: DomainId,
        packet: Packet,
        sender: Option<UserKey>,
    ) -> BroadcastKey {
        self.begun = self.begun.wrapping_add(1);
        let key = BroadcastKey { place: here, number: self.begun };
        let mail = Broadcast { key, domain, packet, sender };
        self.under_way.push_back(UnderWay { gather, mail, places, sent: 0, reported: 0 });
        key
    }

    /// The oldest broadcast, if there are as many as may be under way.
    pub(super) fn one_too_many(&self) -> Option<BroadcastKey> {
        let oldest = self.under_way.front().filter(|_| self.under_way.len() >= BROADCASTS_UNDER_WAY_MAX);
        oldest.map(|broadcast| broadcast.mail.key)
    }

    /// The next place that a broadcast goes to, while fewer than `at_once` work on it; `None` once all have
    /// reported, too.
    pub(super) fn next(&mut self, key: BroadcastKey, at_once: u16) -> Option<(Place, Broadcast)> {
        let UnderWay { mail, places, sent, reported, .. } = self.find(key)?;
        if sent >= places || *sent - *reported >= at_once {
            return None;
        }
        *sent += 1;
        Some((Place::new(*sent - 1), mail.clone()))
    }

    /// Counts the report of a place. Returns the gather of the call; after the last report nothing is left.
    pub(super) fn reported(&mut self, key: BroadcastKey) -> GatherKey {
        let broadcast = self.find(key).expect("it is under way until all places have reported");
        broadcast.reported += 1;
        let (gather, is_last) = (broadcast.gather, broadcast.reported == broadcast.places);
        if is_last {
            self.under_way.retain(|broadcast| broadcast.mail.key != key);
        }
        gather
    }

    fn find(&mut self, key: BroadcastKey) -> Option<&mut UnderWay> {
        self.under_way.iter_mut().find(|broadcast| broadcast.mail.key == key)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }
}
