//! What the simulator looks at of a backlog.
//!
//! Owns: looks, and what must hold between the parts. Must not: change anything.

use super::*;

impl Backlog {
    /// Asserts what must hold between its parts.
    pub(in crate::router::sessions) fn check(&self) {
        let (mut counted, mut taken_over) = (PacketSum::default(), PacketSum::default());
        for QueuedPacket { label, packet, .. } in &self.said {
            if label.counts() { counted.add(packet) } else { taken_over.add(packet) }
        }
        for (_, packet, note) in self.signals_in_order() {
            if !note.passed {
                counted.add(packet);
            }
        }
        assert!(!self.is_empty(), "it is kept for something");
        assert_eq!((counted, taken_over), (self.counted, self.taken_over), "what limits count is there");
        let row: Vec<u64> = self.said.iter().filter_map(|entry| entry.label.in_row()).collect();
        assert!(row.is_sorted_by(|a, b| a < b), "a row ascends");
        assert_eq!(row.len(), self.in_row as usize);
        assert!(row.first().is_none_or(|first| self.acknowledged < *first));
        let late = self.said.iter().filter(|entry| matches!(entry.label, Label::Late(_)));
        assert_eq!(late.count(), self.late as usize);
        let mut numbers: Vec<u64> = self.said[..self.answered].iter().map(|entry| entry.number).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "numbers ascend");
        if let Some(aside) = &self.aside {
            aside.check();
            numbers.extend(aside.numbers());
        }
        assert_eq!(self.held.bytes(), self.held_bytes(), "what is held is there");
        assert_eq!(numbers.len(), self.answered());
    }

    /// The numbers of the packets that were answered.
    pub(in crate::router::sessions) fn numbers(&self) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.said[..self.answered].iter().map(|entry| entry.number).collect();
        numbers.extend(self.aside.iter().flat_map(|aside| aside.numbers()));
        numbers
    }

    /// The signals, with the hashes of their subjects.
    pub(in crate::router::sessions) fn signals_in_order(
        &self,
    ) -> impl Iterator<Item = (u64, &Packet, SignalNote)> {
        let signals = self.aside.iter().filter_map(|aside| aside.signals.as_ref());
        signals.flat_map(|signals| signals.iter())
    }

    /// What it holds of the shard's memory.
    pub(in crate::router::sessions) fn held(&self) -> usize {
        self.held.bytes()
    }
}
