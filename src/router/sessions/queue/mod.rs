//! What is queued to one session, and what of it the browser has.
//!
//! Owns: the numbers of packets and acknowledgement (protocol, "Acknowledgement"). Must not: answer a poll, or
//! decide what finds room (the backlog does). A packet is in one of three states: not answered yet (it may be merged or
//! dropped, and its number with it), answered (the browser may have it, so it is never touched), acknowledged (gone).

use crate::base::clock::Tick;
use crate::router::call::Packets;
use crate::router::packet::Packet;
use crate::router::sessions::aside::KeptSignal;
#[cfg(test)]
use crate::router::sessions::aside::SignalNote;
use crate::router::sessions::backlog::{Backlog, KeptMessage, QueuedPacket};
use crate::router::sessions::label::Label;
use crate::router::sessions::space::{PushOutcome, Space};

/// The queue of one session.
#[derive(Debug, Default)]
pub(in crate::router) struct Queue {
    /// The last number given to a packet.
    issued: u64,
    /// What is not acknowledged; never empty. Most sessions have none most of the time, and there are very many.
    backlog: Option<Box<Backlog>>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct QueueAnswer {
    /// What it brings.
    pub(super) packets: Packets,
    /// How many of them were answered before.
    pub(super) repeated: usize,
}

impl Queue {
    pub(in crate::router) fn is_empty(&self) -> bool {
        self.backlog.is_none()
    }

    /// Packets that are not acknowledged.
    pub(super) fn len(&self) -> usize {
        self.backlog.as_ref().map_or(0, |backlog| backlog.len())
    }

    /// The last number given to a packet.
    pub(super) fn issued(&self) -> u64 {
        self.issued
    }

    /// The last number that an answer carried.
    pub(super) fn sent(&self) -> u64 {
        self.backlog.as_ref().map_or(self.issued, |backlog| backlog.sent())
    }

    /// Whether something waits that was never answered.
    pub(super) fn has_news(&self) -> bool {
        self.backlog.as_ref().is_some_and(|backlog| backlog.len() > backlog.answered())
    }

    /// When an answer may be given at the earliest: at once if it brings news, and if not, some time after the last one
    /// that brought none.
    pub(super) fn answerable(&self) -> Tick {
        match &self.backlog {
            Some(backlog) if !self.has_news() => backlog.repeatable(),
            Some(_) | None => Tick::ZERO,
        }
    }

    /// Whether a presence about this name has not been answered yet.
    pub(in crate::router) fn presence_waits(&self, name: u64) -> bool {
        self.backlog.as_ref().is_some_and(|backlog| backlog.presence_waits(name))
    }

    /// The last acknowledged number of this session's unbroken row; `None` if all of it is acknowledged.
    pub(in crate::router) fn acknowledged(&self) -> Option<u64> {
        self.backlog.as_ref().and_then(|backlog| backlog.acknowledged())
    }

    /// Whether a message waits that was taken over late.
    pub(in crate::router) fn has_late(&self) -> bool {
        self.backlog.as_ref().is_some_and(|backlog| backlog.has_late())
    }

    /// Messages and light packets that are not acknowledged, oldest first.
    pub(in crate::router) fn said(&self) -> &[QueuedPacket] {
        self.backlog.as_ref().map_or(&[], |backlog| backlog.said())
    }

    /// Queues a packet, if there is room.
    pub(in crate::router) fn push(&mut self, packet: Packet, label: Label, space: Space<'_>) -> PushOutcome {
        let issued = self.issued;
        let backlog = self.backlog.get_or_insert_with(|| Box::new(Backlog::after(issued, space)));
        let pushed = backlog.push(issued + 1, packet, label, space);
        self.issued += u64::from(pushed == PushOutcome::Queued);
        self.forget_if_empty();
        pushed
    }

    fn forget_if_empty(&mut self) {
        self.backlog.take_if(|backlog| backlog.is_empty());
    }

    /// Removes everything up to `seq`, but no more than was answered; without `seq`, what was flushed. Calls `late`
    /// with the number of each removed message that was taken over late.
    pub(in crate::router) fn acknowledge(&mut self, seq: Option<u64>, late: impl FnMut(u64)) {
        if let Some(backlog) = &mut self.backlog {
            backlog.acknowledge(seq, late);
            self.forget_if_empty();
        }
    }

    /// Takes out these messages, where they were inherited or taken over, and never answered.
    pub(super) fn withdraw(&mut self, given: &[u64]) {
        if let Some(backlog) = &mut self.backlog {
            backlog.withdraw(given);
            self.forget_if_empty();
        }
    }

    /// The numbers of the messages and signals that were answered and are not acknowledged, in order, each with the
    /// number that it has among all that was queued to the user.
    pub(super) fn answered_given(&self) -> Vec<(u64, u64)> {
        self.backlog.as_ref().map_or_else(Vec::new, |backlog| backlog.answered_given())
    }

    /// Notes that the last answer was flushed.
    pub(super) fn flushed(&mut self) {
        if let Some(backlog) = &mut self.backlog {
            backlog.note_flushed();
        }
    }

    /// Everything not acknowledged, for an answer.
    pub(super) fn answer(&mut self, now: Tick) -> QueueAnswer {
        let Some(backlog) = &mut self.backlog else {
            return QueueAnswer { packets: Packets::None, repeated: 0 };
        };
        let repeated = backlog.answered();
        backlog.pace(now);
        let packets = of(backlog.len(), backlog.packets());
        backlog.answer(self.issued);
        QueueAnswer { packets, repeated }
    }

    /// What was never answered, for an answer.
    pub(super) fn answer_news(&mut self) -> QueueAnswer {
        let Some(backlog) = self.backlog.as_mut().filter(|backlog| backlog.len() > backlog.answered()) else {
            return QueueAnswer { packets: Packets::None, repeated: 0 };
        };
        let packets = of(backlog.len() - backlog.answered(), backlog.news());
        backlog.answer(self.issued);
        QueueAnswer { packets, repeated: 0 }
    }

    /// The signals this browser has not acknowledged, in their order.
    pub(in crate::router) fn signals(&self) -> impl Iterator<Item = KeptSignal> {
        self.backlog.iter().flat_map(|backlog| backlog.signals())
    }

    /// The messages this browser has not acknowledged, oldest first.
    pub(super) fn into_messages(self) -> Vec<KeptMessage> {
        self.backlog.map(|backlog| backlog.into_messages()).unwrap_or_default()
    }
}

/// This many packets, for an answer.
fn of<'p>(count: usize, mut packets: impl Iterator<Item = &'p Packet>) -> Packets {
    match count {
        1 => Packets::One(packets.next().expect("there is one").clone()),
        _ => Packets::Many(packets.cloned().collect()),
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Queue {
    /// For each message: its number among the user's, its label, whether it was answered, and its packet.
    pub(in crate::router) fn messages(&self) -> impl Iterator<Item = (u64, Label, bool, &Packet)> {
        let sent = self.sent();
        self.said().iter().filter_map(move |QueuedPacket { number, label, packet }| match *label {
            Label::Message(given) | Label::Inherited(given) | Label::Late(given) => {
                Some((given, *label, *number <= sent, packet))
            }
            Label::Signal(_)
            | Label::PassedSignal(_)
            | Label::Presence(_)
            | Label::GroupPresence(_)
            | Label::Light => None,
        })
    }

    /// The signals in it, with the hashes of their subjects.
    pub(in crate::router) fn signals_in_order(&self) -> impl Iterator<Item = (u64, &Packet, SignalNote)> {
        self.backlog.iter().flat_map(|backlog| backlog.signals_in_order())
    }

    /// How many messages it has taken over.
    pub(in crate::router) fn taken_over(&self) -> usize {
        self.messages().filter(|(_, label, ..)| !matches!(label, Label::Message(_))).count()
    }

    /// The numbers of the packets that were answered and are not acknowledged.
    pub(in crate::router) fn answered(&self) -> Vec<u64> {
        self.backlog.as_ref().map(|backlog| backlog.numbers()).unwrap_or_default()
    }

    /// Asserts what must hold between its parts.
    pub(super) fn check(&self) {
        if let Some(backlog) = &self.backlog {
            backlog.check();
            assert!(
                self.answered().iter().all(|number| *number <= self.sent()) && self.sent() <= self.issued
            );
        }
    }

    /// What it holds of the shard's memory.
    pub(in crate::router) fn held(&self) -> usize {
        self.backlog.as_ref().map_or(0, |backlog| backlog.held())
    }
}

#[cfg(test)]
mod tests;
