//! Packets that are not acknowledged, within limits.
//!
//! Owns: when there is room for one more, which packets give way to others, what they count, and which of the user's
//! messages are among them. Must not: answer a poll. A session has a backlog only while there is something in it.
//!
//! Messages and light packets keep their order; so do presences, and so do signals. They need no order between each
//! other: an answer lists them apart, and what was queued before an answer is in it.

use smallvec::SmallVec;

use crate::base::clock::{Moment, Tick};
use crate::base::limits::Limits;
use crate::base::limits::chat::{GROUP_PRESENCES_PER_LINK, PRESENCES_PER_LINK, REPEAT_MS_MIN};
use crate::base::memory::{Held, Owner};
use crate::router::packet::Packet;
use crate::router::sessions::aside::{Aside, KeptSignal, SignalNote};
use crate::router::sessions::label::Label;
use crate::router::sessions::space::{PushOutcome, Space};
use crate::router::sessions::sum::PacketSum;

#[cfg(test)]
mod seen;

/// A message or a light packet.
#[derive(Debug)]
pub(in crate::router) struct QueuedPacket {
    pub(super) number: u64,
    pub(in crate::router) label: Label,
    pub(in crate::router) packet: Packet,
}

/// A message between sessions of a user: not acknowledged by one that has ended, not queued to the next one yet.
#[derive(Clone, Debug)]
pub(in crate::router) struct KeptMessage {
    /// The user's nth message it is.
    pub(in crate::router) given: u64,
    pub(in crate::router) packet: Packet,
    /// Whether it was taken over late.
    pub(in crate::router) late: bool,
}

/// Packets that are not acknowledged.
#[derive(Debug)]
pub(super) struct Backlog {
    /// Messages and light packets, oldest first. Hardly ever more than one, which needs no block of its own.
    said: SmallVec<[QueuedPacket; 1]>,
    /// Entries of `said` that were answered; all others come behind them.
    answered: usize,
    aside: Option<Box<Aside>>,
    /// The last number that an answer carried.
    sent: u64,
    /// The last number of an answer that was flushed.
    flushed: u64,
    /// From when on an answer may be given that brings nothing new.
    repeatable: Moment,
    /// What the limits count: messages, signals and light packets, and their bytes.
    counted: PacketSum,
    /// The same of messages that were taken over.
    taken_over: PacketSum,
    /// What all of `said` counts for in the shard's memory, in bytes.
    shares: usize,
    /// Messages in a row, see [`Label::in_row`].
    in_row: u32,
    /// Of the row, the last message that was acknowledged, or the one before the first.
    acknowledged: u64,
    /// Messages that were taken over late.
    late: u32,
    held: Held,
}

impl Backlog {
    /// An empty one: answers have carried all numbers up to `issued`.
    pub(super) fn after(issued: u64, space: Space<'_>) -> Backlog {
        Backlog {
            said: SmallVec::new(),
            answered: 0,
            aside: None,
            sent: issued,
            flushed: issued,
            repeatable: Moment::ZERO,
            counted: PacketSum::default(),
            taken_over: PacketSum::default(),
            shares: 0,
            in_row: 0,
            acknowledged: 0,
            late: 0,
            held: space.memory.hold(Owner::Domain(space.domain), 0),
        }
    }

    /// Queues a packet, if there is room, with this number.
    pub(super) fn push(
        &mut self,
        number: u64,
        packet: Packet,
        label: Label,
        space: Space<'_>,
    ) -> PushOutcome {
        let limits = space.limits;
        let pushed = match label {
            Label::Presence(name) => self.push_presence(number, name, packet, space),
            Label::GroupPresence(member) => self.push_group_presence(number, member, packet, space),
            Label::Signal(given) => {
                self.push_signal(number, packet, SignalNote { given, passed: false }, limits)
            }
            Label::PassedSignal(given) => {
                self.push_signal(number, packet, SignalNote { given, passed: true }, limits)
            }
            Label::Light if !self.counted.has_room(&packet, limits) || !space.is_left() => {
                PushOutcome::Dropped
            }
            Label::Message(_) if !self.makes_room(&packet, limits) => PushOutcome::Full,
            Label::Inherited(_) | Label::Late(_) if !self.taken_over.has_room(&packet, limits) => {
                PushOutcome::Full
            }
            Label::Message(_) | Label::Inherited(_) | Label::Late(_) | Label::Light => {
                self.append(number, packet, label);
                PushOutcome::Queued
            }
        };
        self.hold();
        pushed
    }

    /// A presence that takes the place of another needs no room.
    fn push_presence(&mut self, number: u64, name: u64, packet: Packet, space: Space<'_>) -> PushOutcome {
        let most = PRESENCES_PER_LINK * space.limits.roster_links;
        if !self.presence_waits(name) && !space.is_left() {
            return PushOutcome::Full;
        }
        let presences = &mut self.aside.get_or_insert_default().presences;
        if presences.waiting(name).is_none() && presences.len() >= most {
            return PushOutcome::Full;
        }
        presences.push(number, name, packet, ());
        PushOutcome::Queued
    }

    /// The same for one of a member of a room, which has no right to room that those of linked users may need.
    fn push_group_presence(
        &mut self,
        number: u64,
        member: u64,
        packet: Packet,
        space: Space<'_>,
    ) -> PushOutcome {
        let waiting = self.aside.as_ref().map_or(0, |aside| aside.presences.len());
        let most = GROUP_PRESENCES_PER_LINK * space.limits.roster_links;
        if waiting >= most && !self.presence_waits(member) {
            return PushOutcome::Dropped;
        }
        match self.push_presence(number, member, packet, space) {
            PushOutcome::Queued => PushOutcome::Queued,
            PushOutcome::Full | PushOutcome::Dropped => PushOutcome::Dropped,
        }
    }

    /// A signal takes the place of an older one that it supersedes, and has no place behind a newer one.
    fn push_signal(&mut self, number: u64, packet: Packet, note: SignalNote, limits: &Limits) -> PushOutcome {
        let subject = packet.subject();
        let signals = self.aside.as_ref().and_then(|aside| aside.signals.as_ref());
        if note.passed
            && let Some(signals) = signals
            && signals.iter().any(|(other, _, newer)| other == subject && newer.given > note.given)
        {
            return PushOutcome::Dropped;
        }
        let superseded = signals.and_then(|signals| signals.waiting(subject));
        let superseded = superseded.map(|(older, note)| (older.clone(), note));
        if let Some((older, note)) = &superseded {
            self.sum_mut(*note).subtract(older);
        }
        if !note.passed && !self.counted.has_room(&packet, limits) {
            self.drop_light();
        }
        if !self.sum_mut(note).has_room(&packet, limits) {
            if let Some((older, note)) = &superseded {
                self.sum_mut(*note).add(older);
            }
            return PushOutcome::Full;
        }
        self.sum_mut(note).add(&packet);
        let signals = &mut self.aside.get_or_insert_default().signals;
        signals.get_or_insert_default().push(number, subject, packet, note);
        PushOutcome::Queued
    }

    /// What a signal counts for.
    fn sum_mut(&mut self, note: SignalNote) -> &mut PacketSum {
        if note.passed { &mut self.aside.get_or_insert_default().passed } else { &mut self.counted }
    }

    /// Makes room for a message: what is light gives way.
    fn makes_room(&mut self, packet: &Packet, limits: &Limits) -> bool {
        if self.counted.has_room(packet, limits) {
            return true;
        }
        self.drop_light();
        self.counted.has_room(packet, limits)
    }

    /// Drops what is light and was not answered yet.
    fn drop_light(&mut self) {
        let (answered, mut at) = (self.answered, 0);
        let (counted, shares) = (&mut self.counted, &mut self.shares);
        self.said.retain(|entry| {
            at += 1;
            let stays = at <= answered || entry.label != Label::Light;
            if !stays {
                counted.subtract(&entry.packet);
                *shares -= entry.packet.share();
            }
            stays
        });
    }

    fn append(&mut self, number: u64, packet: Packet, label: Label) {
        if label.counts() {
            self.counted.add(&packet);
        } else {
            self.taken_over.add(&packet);
        }
        if let Some(given) = label.in_row() {
            if self.in_row == 0 {
                self.acknowledged = given - 1;
            }
            self.in_row += 1;
        }
        self.late += u32::from(matches!(label, Label::Late(_)));
        self.shares += packet.share();
        self.said.push(QueuedPacket { number, label, packet });
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many packets are in it.
    pub(super) fn len(&self) -> usize {
        self.said.len() + self.aside.as_ref().map_or(0, |aside| aside.len())
    }

    /// How many have been answered.
    pub(super) fn answered(&self) -> usize {
        self.answered + self.aside.as_ref().map_or(0, |aside| aside.answered())
    }

    /// Whether a presence about this name has not been answered yet.
    pub(super) fn presence_waits(&self, name: u64) -> bool {
        self.aside.as_ref().is_some_and(|aside| aside.presences.waiting(name).is_some())
    }

    /// Messages and light packets.
    pub(super) fn said(&self) -> &[QueuedPacket] {
        &self.said
    }

    /// Of the row of messages, the last one that was acknowledged; `None` if all were.
    pub(super) fn acknowledged(&self) -> Option<u64> {
        (self.in_row > 0).then_some(self.acknowledged)
    }

    /// Whether a message is in it that was taken over late.
    pub(super) fn has_late(&self) -> bool {
        self.late > 0
    }

    /// The last number that an answer carried.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Notes that the last answer was flushed.
    pub(super) fn note_flushed(&mut self) {
        self.flushed = self.sent;
    }

    /// From when on an answer may be given that brings nothing new.
    pub(super) fn repeatable(&self) -> Tick {
        self.repeatable.tick()
    }

    /// Notes that all of it is about to be answered: if nothing of that is new, not again at once.
    pub(super) fn pace(&mut self, now: Tick) {
        if self.len() == self.answered() {
            self.repeatable = Moment::not_before(now.after(REPEAT_MS_MIN));
        }
    }

    /// Notes that all of it is answered, with all numbers up to `issued`.
    pub(super) fn answer(&mut self, issued: u64) {
        self.sent = issued;
        self.answered = self.said.len();
        if let Some(aside) = &mut self.aside {
            aside.answer();
            self.hold();
        }
    }

    /// All packets, each kind in its order.
    pub(super) fn packets(&self) -> impl Iterator<Item = &Packet> {
        let aside = self.aside.iter().flat_map(|aside| aside.packets());
        self.said.iter().map(|entry| &entry.packet).chain(aside)
    }

    /// Those that were never answered, in the same order.
    pub(super) fn news(&self) -> impl Iterator<Item = &Packet> {
        let aside = self.aside.iter().flat_map(|aside| aside.news());
        self.said[self.answered..].iter().map(|entry| &entry.packet).chain(aside)
    }

    /// Drops what was answered up to `seq`; without `seq`, what was flushed. Shows `late` the messages among it that
    /// were taken over late.
    pub(in crate::router) fn acknowledge(&mut self, seq: Option<u64>, mut late: impl FnMut(u64)) {
        let number = seq.unwrap_or(self.flushed);
        let answered = self.said[..self.answered].iter();
        let acknowledged = answered.take_while(|entry| entry.number <= number).count();
        for entry in self.said.drain(..acknowledged) {
            if entry.label.counts() {
                self.counted.subtract(&entry.packet);
            } else {
                self.taken_over.subtract(&entry.packet);
            }
            if let Some(given) = entry.label.in_row() {
                self.in_row -= 1;
                self.acknowledged = given;
            }
            if let Label::Late(given) = entry.label {
                self.late -= 1;
                late(given);
            }
            self.shares -= entry.packet.share();
        }
        self.answered -= acknowledged;
        if let Some(aside) = &mut self.aside {
            let counted = &mut self.counted;
            aside.acknowledge(number, |signal| counted.subtract(signal));
        }
        self.aside.take_if(|aside| aside.len() == 0);
        if !self.is_empty() {
            self.hold(); // what is empty is dropped as a whole
        }
    }

    /// Takes out these messages, where they were inherited or taken over, and never answered. `given` ascends.
    pub(super) fn withdraw(&mut self, given: &[u64]) {
        let (answered, mut at) = (self.answered, 0);
        let Backlog { said, taken_over, in_row, late, shares, .. } = self;
        said.retain(|entry| {
            at += 1;
            let of = entry.label.handed_over().filter(|of| given.binary_search(of).is_ok());
            if at <= answered || of.is_none() {
                return true;
            }
            *(if entry.label.in_row().is_some() { &mut *in_row } else { &mut *late }) -= 1;
            taken_over.subtract(&entry.packet);
            *shares -= entry.packet.share();
            false
        });
        if !self.is_empty() {
            self.hold(); // what is empty is dropped as a whole
        }
    }

    /// The numbers of the messages and signals that were answered, in order, each with the number that it has among all
    /// that was queued to the user.
    pub(super) fn answered_given(&self) -> Vec<(u64, u64)> {
        let messages = self.said[..self.answered].iter();
        let messages = messages.filter_map(|entry| Some((entry.number, entry.label.message()?)));
        let signals = self.aside.iter().flat_map(|aside| aside.answered_signals());
        let mut answered: Vec<(u64, u64)> = messages.chain(signals).collect();
        answered.sort_unstable();
        answered
    }

    /// The signals in it, in their order.
    pub(in crate::router) fn signals(&self) -> impl Iterator<Item = KeptSignal> {
        self.aside.iter().flat_map(|aside| aside.kept_signals())
    }

    /// The messages in it, oldest first.
    pub(super) fn into_messages(self) -> Vec<KeptMessage> {
        let messages = self.said.into_iter().filter_map(|entry| {
            let given = entry.label.message()?;
            Some(KeptMessage { given, packet: entry.packet, late: matches!(entry.label, Label::Late(_)) })
        });
        messages.collect()
    }

    /// Counts in the shard's memory what it takes now.
    fn hold(&mut self) {
        self.held.set(self.held_bytes());
    }

    fn held_bytes(&self) -> usize {
        let aside = self.aside.as_ref().map_or(0, |aside| aside.held_bytes());
        size_of::<Backlog>() + self.said.len() * size_of::<QueuedPacket>() + self.shares + aside
    }
}
