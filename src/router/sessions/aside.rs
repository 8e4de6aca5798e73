//! What waits in a session beside messages and light packets, in an order of its own: presences and signals.
//!
//! Owns: [`Aside`]. Must not: judge whether there is room. Few sessions have any of it, so it lies in a block of its
//! own; fewer still have signals, and these in another one.

use super::newest::Newest;
use super::sum::PacketSum;
use crate::router::packet::Packet;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Aside {
    pub(super) presences: Newest<()>,
    pub(super) signals: Option<Box<Newest<SignalNote>>>,
    /// What the limits count of signals that were passed on. They take no room from messages that were.
    pub(super) passed: PacketSum,
}

/// What a session needs of a signal besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::router) struct SignalNote {
    /// Its number among all that was queued to the user.
    pub(in crate::router) given: u64,
    /// Whether it was taken over from another session or the mailbox.
    pub(in crate::router) passed: bool,
}

/// A signal between sessions of a user.
#[derive(Clone, Debug)]
pub(in crate::router) struct KeptSignal {
    pub(in crate::router) given: u64,
    pub(in crate::router) packet: Packet,
}

impl Aside {
    fn signals(&self) -> impl Iterator<Item = &Newest<SignalNote>> {
        self.signals.iter().map(|signals| &**signals)
    }

    pub(super) fn len(&self) -> usize {
        self.presences.len() + self.signals().map(Newest::len).sum::<usize>()
    }

    pub(super) fn answered(&self) -> usize {
        self.presences.answered() + self.signals().map(Newest::answered).sum::<usize>()
    }

    /// Notes that all of it is answered.
    pub(super) fn answer(&mut self) {
        self.presences.answer();
        if let Some(signals) = &mut self.signals {
            signals.answer();
        }
    }

    /// Drops what was answered up to this number, and shows the signals among it that were not passed on.
    pub(super) fn acknowledge(&mut self, number: u64, mut signal: impl FnMut(&Packet)) {
        self.presences.acknowledge(number, |_, ()| {});
        let passed = &mut self.passed;
        if let Some(signals) = &mut self.signals {
            signals.acknowledge(
                number,
                |packet, note| {
                    if note.passed { passed.subtract(packet) } else { signal(packet) }
                },
            );
        }
        self.signals.take_if(|signals| signals.len() == 0);
    }

    /// The packets: presences and then signals.
    pub(super) fn packets(&self) -> impl Iterator<Item = &Packet> {
        self.presences.packets().chain(self.signals().flat_map(Newest::packets))
    }

    /// Those that were never answered, in the same order.
    pub(super) fn news(&self) -> impl Iterator<Item = &Packet> {
        self.presences.news().chain(self.signals().flat_map(Newest::news))
    }

    /// The numbers of the signals that were answered, each with the number that it has among all that was queued to the
    /// user.
    pub(super) fn answered_signals(&self) -> impl Iterator<Item = (u64, u64)> {
        let answered = self.signals().flat_map(Newest::answered_notes);
        answered.map(|(number, note)| (number, note.given))
    }

    /// What it takes of the shard's memory.
    pub(super) fn held_bytes(&self) -> usize {
        size_of::<Aside>() - size_of::<Newest<()>>()
            + self.presences.held_bytes()
            + self.signals().map(Newest::held_bytes).sum::<usize>()
    }

    /// The signals that are not acknowledged.
    pub(super) fn kept_signals(&self) -> impl Iterator<Item = KeptSignal> {
        let signals = self.signals().flat_map(Newest::iter);
        signals.map(|(_, packet, note)| KeptSignal { given: note.given, packet: packet.clone() })
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Aside {
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.presences.numbers().chain(self.signals().flat_map(Newest::numbers))
    }

    pub(super) fn check(&self) {
        self.presences.check();
        self.signals().for_each(Newest::check);
        let mut passed = PacketSum::default();
        let signals = self.signals().flat_map(Newest::iter);
        signals.filter(|(.., note)| note.passed).for_each(|(_, packet, _)| passed.add(packet));
        assert_eq!(passed, self.passed, "what limits count is there");
        assert!(self.signals().all(|signals| signals.len() > 0), "a block is kept for nothing");
    }
}
