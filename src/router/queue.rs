//! What is queued to one session, and what of it the browser has.
//!
//! Owns: the numbers of packets, acknowledgement, and what happens when a queue is full (protocol, "Acknowledgement"
//! and "Overload"). Must not: know whether a poll waits. A packet is in one of three states: not answered yet (it
//! may be merged or dropped), answered (the browser may have it, so it is never touched), acknowledged (gone).

use super::backlog::{Backlog, Entry, Kept, Label, Pushed};
use super::call::Packets;
use super::packet::{Kind, Packet, PresenceType};
use crate::domains::DomainId;
use crate::limits::Limits;
use crate::memory::{Memory, Owner};

/// The queue of one session.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The last number given to a packet.
    issued: u64,
    /// What is not acknowledged; never empty. Most sessions have none most of the time, and there are very many.
    backlog: Option<Box<Backlog>>,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.backlog.is_none()
    }

    /// Packets that are not acknowledged.
    pub(super) fn len(&self) -> usize {
        self.entries().len()
    }

    pub(super) fn issued(&self) -> u64 {
        self.issued
    }

    /// The last number the browser was told.
    pub(super) fn told(&self) -> u64 {
        self.backlog.as_ref().map_or(self.issued, |backlog| backlog.told)
    }

    fn entries(&self) -> &[Entry] {
        self.backlog.as_ref().map_or(&[], |backlog| &backlog.entries)
    }

    /// Whether it tells that somebody went.
    pub(super) fn tells_of_going(&self) -> bool {
        self.entries().iter().any(|entry| entry.packet.kind() == Kind::Presence(PresenceType::Offline))
    }

    /// Queues a packet of this domain, within `limits`.
    pub(super) fn push(
        &mut self,
        packet: Packet,
        label: Label,
        limits: &Limits,
        (memory, domain): (&Memory, DomainId),
    ) -> Pushed {
        let issued = self.issued;
        let held = || memory.hold(Owner::Domain(domain), 0);
        let backlog = self.backlog.get_or_insert_with(|| Box::new(Backlog::after(issued, held())));
        match backlog.make_room(packet, label, limits, || memory.admits(domain)) {
            Ok(packet) => {
                self.issued += 1;
                backlog.append(self.issued, packet, label);
                Pushed::Queued
            }
            Err(pushed) => {
                self.forget_if_empty();
                pushed
            }
        }
    }

    fn forget_if_empty(&mut self) {
        self.backlog.take_if(|backlog| backlog.entries.is_empty());
    }

    /// The browser has everything up to `number`; more than it was told it cannot have.
    pub(super) fn acknowledge(&mut self, number: u64) {
        if let Some(backlog) = &mut self.backlog {
            backlog.acknowledge(number);
            self.forget_if_empty();
        }
    }

    /// The browser has what was flushed to it: that is what a poll without `seq` says.
    pub(super) fn acknowledge_flushed(&mut self) {
        if let Some(flushed) = self.backlog.as_ref().map(|backlog| backlog.flushed) {
            self.acknowledge(flushed);
        }
    }

    /// What a poll acknowledges that says so much.
    pub(super) fn acknowledge_by(&mut self, seq: Option<u64>) {
        match seq {
            Some(seq) => self.acknowledge(seq),
            None => self.acknowledge_flushed(),
        }
    }

    /// The last answer was flushed.
    pub(super) fn flushed(&mut self) {
        if let Some(backlog) = &mut self.backlog {
            backlog.flushed = backlog.told;
        }
    }

    /// Everything not acknowledged, for an answer; and how many of them were answered before.
    pub(super) fn answer(&mut self) -> (Packets, u64) {
        let Some(backlog) = &mut self.backlog else { return (Packets::None, 0) };
        let repeated = backlog.answered();
        let entries = &backlog.entries;
        backlog.told = entries.last().map_or(self.issued, |entry| entry.number);
        let packets = match entries.as_slice() {
            [entry] => Packets::One(entry.packet.clone()),
            entries => Packets::Many(entries.iter().map(|entry| entry.packet.clone()).collect()),
        };
        (packets, repeated as u64)
    }

    /// Notes which messages another session of the user has acknowledged, by their numbers among the user's.
    pub(super) fn mark_seen(&mut self, seen: impl Fn(u64) -> bool) {
        if let Some(backlog) = &mut self.backlog {
            backlog.mark_seen(seen);
        }
    }

    /// The messages that neither this browser nor another of the user has acknowledged, in their order among the user's.
    pub(super) fn into_messages(self) -> Vec<Kept> {
        let entries = self.backlog.map(|backlog| backlog.entries).unwrap_or_default();
        let unseen = entries.into_iter().filter_map(|entry| match entry.label {
            Label::Message(given) | Label::Inherited(given) => {
                Some(Kept { given, packet: entry.packet, claim: None })
            }
            Label::Seen(_) | Label::Presence(_) | Label::Light => None,
        });
        let mut messages: Vec<Kept> = unseen.collect();
        // What it took over itself may stand behind later ones that had been answered before.
        messages.sort_by_key(|kept| kept.given);
        messages
    }

    /// Takes over messages of an ended session, in their order among the user's: before whatever later message was
    /// not answered yet. Returns those that were too many: a session takes over as much as its limits allow, beside what
    /// is queued to itself.
    pub(super) fn take_over(
        &mut self,
        mut messages: Vec<Kept>,
        limits: &Limits,
        (memory, domain): (&Memory, DomainId),
    ) -> Vec<Kept> {
        let issued = self.issued;
        let held = || memory.hold(Owner::Domain(domain), 0);
        let backlog = self.backlog.get_or_insert_with(|| Box::new(Backlog::after(issued, held())));
        let left = backlog.cut_to_limits(&mut messages, limits);
        self.issued = backlog.told;
        let later: Vec<Entry> = backlog.entries.drain(backlog.answered()..).collect();
        let mut append = |packet, label| {
            self.issued += 1;
            backlog.append(self.issued, packet, label);
        };
        let mut messages = messages.into_iter().peekable();
        for entry in later {
            if let Some(given) = entry.label.given() {
                while let Some(earlier) = messages.next_if(|earlier| earlier.given < given) {
                    append(earlier.packet, Label::Inherited(earlier.given));
                }
            }
            append(entry.packet, entry.label);
        }
        for kept in messages {
            append(kept.packet, Label::Inherited(kept.given));
        }
        backlog.recount();
        self.forget_if_empty();
        left
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Queue {
    /// The messages in it: the how-manieth of the user each is, whether it was answered, and what it says.
    pub(super) fn messages(&self) -> impl Iterator<Item = (u64, bool, &Packet)> {
        let messages = self.entries().iter();
        messages.filter_map(|entry| Some((entry.label.given()?, entry.number <= self.told(), &entry.packet)))
    }

    /// How many messages it has taken over.
    pub(super) fn inherited(&self) -> usize {
        self.entries().iter().filter(|entry| matches!(entry.label, Label::Inherited(_))).count()
    }

    /// The numbers of the packets that were answered and are not acknowledged.
    pub(super) fn answered(&self) -> impl Iterator<Item = u64> {
        self.entries().iter().map(|entry| entry.number).take_while(|number| *number <= self.told())
    }

    /// Whether what the limits go by is what is there, and nothing is kept for nothing.
    pub(super) fn counts_right(&self) -> bool {
        self.backlog.as_ref().is_none_or(|backlog| backlog.counts_right())
    }

    /// What it holds of the shard's memory.
    pub(super) fn held(&self) -> usize {
        self.backlog.as_ref().map_or(0, |backlog| backlog.held())
    }

    /// Whether the numbers ascend, up to the last one issued.
    pub(super) fn numbers_ascend(&self) -> bool {
        let numbers = self.entries().iter().map(|entry| entry.number);
        numbers.is_sorted_by(|a, b| a < b)
            && self.entries().last().is_none_or(|last| last.number <= self.issued)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::super::ids::{Place, UserKey};
    use super::super::packet::{Message, MessageType};
    use super::super::profile::Profile;
    use super::*;
    use crate::slots::Slot;

    fn message(body: &str) -> Packet {
        Packet::message(&Message {
            from: "a",
            nick: "a",
            to: "b",
            timestamp: "1",
            kind: MessageType::Unicast,
            body,
            style: "",
            id: "",
        })
    }

    fn user(index: u32) -> UserKey {
        UserKey { place: Place(0), slot: Slot { index, generation: NonZeroU32::MIN } }
    }

    fn limits(messages: usize) -> Limits {
        Limits { queue_messages: messages, ..Limits::DEFAULT }
    }

    /// Memory enough.
    fn free() -> Memory {
        Memory::new(usize::MAX / 100)
    }

    const DOMAIN: DomainId = DomainId(0);

    fn kept(given: u64) -> Kept {
        Kept { given, packet: message(&given.to_string()), claim: None }
    }

    fn all(queue: &mut Queue) -> Vec<Packet> {
        queue.answer().0.as_slice().to_vec()
    }

    #[test]
    fn what_is_not_acknowledged_is_answered_again() {
        let mut queue = Queue::default();
        for body in ["1", "2"] {
            assert_eq!(
                queue.push(message(body), Label::Message(1), &limits(9), (&free(), DOMAIN)),
                Pushed::Queued
            );
        }
        assert_eq!(all(&mut queue), [message("1"), message("2")]);
        assert_eq!(queue.told(), 2);
        assert_eq!(queue.answer().1, 2, "both are repeated");
        queue.acknowledge(1);
        assert_eq!(all(&mut queue), [message("2")]);
        queue.acknowledge(0);
        assert_eq!(all(&mut queue), [message("2")], "a lower number acknowledges nothing");
        queue.acknowledge(2);
        assert!(queue.is_empty());
        assert_eq!(
            (all(&mut queue).len(), queue.told()),
            (0, 2),
            "an empty answer ends with the last issued"
        );
    }

    #[test]
    fn a_number_that_was_not_told_acknowledges_nothing_more() {
        let mut queue = Queue::default();
        queue.push(message("1"), Label::Message(1), &limits(9), (&free(), DOMAIN));
        queue.acknowledge(1);
        assert!(!queue.is_empty());
    }

    #[test]
    fn without_seq_only_the_flushed_is_acknowledged() {
        let mut queue = Queue::default();
        queue.push(message("1"), Label::Message(1), &limits(9), (&free(), DOMAIN));
        queue.answer();
        queue.push(message("2"), Label::Message(2), &limits(9), (&free(), DOMAIN));
        queue.acknowledge_flushed();
        assert_eq!(queue.entries().len(), 2);
        queue.flushed();
        queue.acknowledge_flushed();
        assert_eq!(all(&mut queue), [message("2")]);
    }

    #[test]
    fn presences_are_kept_newest_per_sender_until_they_are_answered() {
        let bob = |show| Profile::new("bob", "Bob", show, "");
        let show = |show| Packet::presence(PresenceType::Show, &bob(show));
        let mut queue = Queue::default();
        queue.push(
            Packet::presence(PresenceType::Online, &bob("chat")),
            Label::Presence(user(1)),
            &limits(0),
            (&free(), DOMAIN),
        );
        queue.push(show("dnd"), Label::Presence(user(2)), &limits(0), (&free(), DOMAIN));
        queue.push(show("away"), Label::Presence(user(1)), &limits(0), (&free(), DOMAIN));
        let expected = [show("dnd"), Packet::presence(PresenceType::Online, &bob("away"))];
        assert_eq!(all(&mut queue), expected, "a coming stays a coming");
        queue.push(show("busy"), Label::Presence(user(1)), &limits(0), (&free(), DOMAIN));
        queue.push(Packet::offline(&bob("busy")), Label::Presence(user(1)), &limits(0), (&free(), DOMAIN));
        assert_eq!(all(&mut queue)[2..], [Packet::offline(&bob("busy"))], "the answered are not touched");
    }

    #[test]
    fn a_full_queue_drops_typing_states_and_then_refuses() {
        let status = || Packet::status("a", "a", "b", "typing");
        let mut queue = Queue::default();
        assert_eq!(queue.push(status(), Label::Light, &limits(2), (&free(), DOMAIN)), Pushed::Queued);
        assert_eq!(queue.push(status(), Label::Light, &limits(2), (&free(), DOMAIN)), Pushed::Queued);
        assert_eq!(queue.push(status(), Label::Light, &limits(2), (&free(), DOMAIN)), Pushed::Dropped);
        assert_eq!(
            queue.push(message("1"), Label::Message(1), &limits(2), (&free(), DOMAIN)),
            Pushed::Queued
        );
        assert_eq!(
            queue.push(message("2"), Label::Message(2), &limits(2), (&free(), DOMAIN)),
            Pushed::Queued
        );
        assert_eq!(queue.push(message("3"), Label::Message(3), &limits(2), (&free(), DOMAIN)), Pushed::Full);
        assert_eq!(all(&mut queue), [message("1"), message("2")]);
        let small = Limits { queue_bytes: 2 * message("1").json().len(), ..Limits::DEFAULT };
        assert_eq!(
            queue.push(message("3"), Label::Message(3), &small, (&free(), DOMAIN)),
            Pushed::Full,
            "bytes count, too"
        );
        let tiny = Limits { queue_bytes: 1, ..Limits::DEFAULT };
        assert_eq!(
            Queue::default().push(message("1"), Label::Message(1), &tiny, (&free(), DOMAIN)),
            Pushed::Queued,
            "one always fits"
        );
    }

    #[test]
    fn presences_that_are_never_acknowledged_have_an_end() {
        let mut queue = Queue::default();
        let few = Limits { roster_links: 3, ..Limits::DEFAULT };
        let mut push = || {
            let show = Packet::presence(PresenceType::Show, &Profile::new("bob", "Bob", "away", ""));
            let pushed = queue.push(show, Label::Presence(user(1)), &few, (&free(), DOMAIN));
            queue.answer();
            pushed
        };
        assert!((0..6).all(|_| push() == Pushed::Queued));
        assert_eq!(push(), Pushed::Full);
    }

    #[test]
    fn a_domain_at_its_threshold_keeps_what_it_has_and_takes_only_what_replaces_it() {
        let memory = Memory::new(2_000);
        let others = memory.hold(Owner::Nobody, 0);
        let mut queue = Queue::default();
        let show = |show| Packet::presence(PresenceType::Show, &Profile::new("bob", "Bob", show, ""));
        let status = || Packet::status("a", "a", "b", "typing");
        let push =
            |queue: &mut Queue, packet, label| queue.push(packet, label, &limits(9), (&memory, DOMAIN));
        assert_eq!(push(&mut queue, show("away"), Label::Presence(user(1))), Pushed::Queued);
        assert_eq!(push(&mut queue, status(), Label::Light), Pushed::Queued);
        let mut others = others;
        others.set(2_000);
        assert_eq!(push(&mut queue, show("dnd"), Label::Presence(user(1))), Pushed::Queued, "in its place");
        assert_eq!(push(&mut queue, show("dnd"), Label::Presence(user(2))), Pushed::Full);
        assert_eq!(push(&mut queue, status(), Label::Light), Pushed::Dropped);
        assert_eq!(push(&mut Queue::default(), status(), Label::Light), Pushed::Dropped);
        assert_eq!(all(&mut queue), [status(), show("dnd")]);
        drop(queue);
        assert_eq!(memory.held_by(Owner::Domain(DOMAIN)), 0);
    }

    #[test]
    fn what_another_session_has_seen_is_still_answered_and_counted_but_not_passed_on() {
        let mut queue = Queue::default();
        for given in 1..=3 {
            queue.push(message(&given.to_string()), Label::Message(given), &limits(3), (&free(), DOMAIN));
        }
        queue.mark_seen(|given| given == 2);
        assert_eq!(queue.push(message("4"), Label::Message(4), &limits(3), (&free(), DOMAIN)), Pushed::Full);
        assert_eq!(all(&mut queue), [message("1"), message("2"), message("3")]);
        assert!(queue.counts_right());
        let given: Vec<u64> = queue.into_messages().into_iter().map(|kept| kept.given).collect();
        assert_eq!(given, [1, 3]);
    }

    #[test]
    fn messages_of_an_ended_session_come_before_later_ones() {
        let mut queue = Queue::default();
        queue.push(message("5"), Label::Message(5), &limits(9), (&free(), DOMAIN));
        queue.answer();
        queue.push(message("8"), Label::Message(8), &limits(9), (&free(), DOMAIN));
        queue.push(Packet::status("a", "a", "b", "typing"), Label::Light, &limits(9), (&free(), DOMAIN));
        let small = limits(3);
        assert_eq!(queue.take_over(vec![kept(6), kept(9)], &small, (&free(), DOMAIN)).len(), 0);
        let status = Packet::status("a", "a", "b", "typing");
        assert_eq!(all(&mut queue), [message("5"), message("6"), message("8"), status, message("9")]);
        assert_eq!(
            (queue.told(), queue.backlog.as_ref().unwrap().counted),
            (5, 3),
            "what was taken over does not count"
        );
        let left = queue.take_over(vec![kept(10), kept(11)], &small, (&free(), DOMAIN));
        assert_eq!(left.len(), 1, "but it has a limit");
        let given: Vec<u64> = queue.into_messages().into_iter().map(|kept| kept.given).collect();
        assert_eq!(given, [5, 6, 8, 9, 10]);
    }
}
