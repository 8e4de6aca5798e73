//! Signals that wait for a page that can read them.
//!
//! Owns: [`SignalBox`], how long it stays, and what its signals count for. Must not: queue a signal.

use crate::base::clock::Tick;
use crate::base::domains::DomainId;
use crate::base::limits::Limits;
use crate::base::memory::{Held, Memory, Owner};
use crate::router::sessions::aside::{KeptSignal, SignalNote};
use crate::router::sessions::newest::Newest;
use crate::router::sessions::sum::PacketSum;

/// What waits for the next session of version 6, for as long as a user lingers.
#[derive(Debug)]
pub(in crate::router) struct SignalBox {
    /// When nothing is kept any more.
    until: Tick,
    signals: Newest<SignalNote>,
    /// What the limits count.
    sum: PacketSum,
    /// What all of it takes of the shard's memory.
    held: Held,
}

impl SignalBox {
    pub(super) fn new(until: Tick, domain: DomainId, memory: &Memory) -> SignalBox {
        let held = memory.hold(Owner::Domain(domain), 0);
        SignalBox { until, signals: Newest::default(), sum: PacketSum::default(), held }
    }

    /// When nothing is kept any more.
    pub(in crate::router) fn until(&self) -> Tick {
        self.until
    }

    /// Stays longer: its user lingers.
    pub(super) fn stay(&mut self, until: Tick) {
        self.until = until;
    }

    /// Keeps a signal in the place of one that it supersedes, if there is room beside the messages of the mailbox.
    /// Returns whether there was.
    pub(super) fn push(&mut self, signal: KeptSignal, mailbox: PacketSum, limits: &Limits) -> bool {
        let KeptSignal { given, packet } = signal;
        let (subject, mut sum) = (packet.subject(), self.sum);
        if let Some((older, _)) = self.signals.waiting(subject) {
            sum.subtract(older);
        }
        if !sum.with(mailbox).has_room(&packet, limits) {
            return false;
        }
        sum.add(&packet);
        self.sum = sum;
        self.signals.push(given, subject, packet, SignalNote { given, passed: true });
        self.held.set(self.held_bytes());
        true
    }

    /// Whether a mailbox with this sum has room beside the signals.
    pub(super) fn leaves_room(&self, mailbox: PacketSum, limits: &Limits) -> bool {
        self.sum.with(mailbox).is_within(limits)
    }

    /// Drops all signals. Returns how many there were.
    pub(super) fn clear(&mut self) -> usize {
        let dropped = self.signals.len();
        (self.signals, self.sum) = (Newest::default(), PacketSum::default());
        self.held.set(0);
        dropped
    }

    /// Drops these signals: a page has acknowledged them. `given` ascends.
    pub(super) fn withdraw(&mut self, given: &[u64]) {
        let sum = &mut self.sum;
        self.signals.withdraw(|packet, note| {
            let goes = given.binary_search(&note.given).is_ok();
            if goes {
                sum.subtract(packet);
            }
            goes
        });
        self.held.set(self.held_bytes());
    }

    /// The signals, in order.
    pub(super) fn signals(&self) -> Vec<KeptSignal> {
        let signals = self.signals.iter();
        signals.map(|(_, packet, note)| KeptSignal { given: note.given, packet: packet.clone() }).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.signals.len()
    }

    fn held_bytes(&self) -> usize {
        if self.signals.len() == 0 { 0 } else { self.signals.held_bytes() }
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl SignalBox {
    /// The signals in order, with the hashes of their subjects.
    pub(in crate::router) fn iter(
        &self,
    ) -> impl Iterator<Item = (u64, &crate::router::packet::Packet, SignalNote)> {
        self.signals.iter()
    }

    /// What it holds of the shard's memory, if that is what is in it.
    pub(in crate::router) fn held(&self) -> Option<usize> {
        self.signals.check();
        Some(self.held.bytes()).filter(|held| *held == self.held_bytes())
    }
}
