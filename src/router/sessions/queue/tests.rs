//! What a queue answers, drops and acknowledges.
//!
//! Owns: the steps that show it. Must not: need a session.

use super::*;
use crate::base::clock::Moment;
use crate::base::domains::DomainId;
use crate::base::limits::Limits;
use crate::base::limits::chat::REPEAT_MS_MIN;
use crate::base::memory::{Memory, Owner};
use crate::router::packet::{Message, MessageType, PresenceType, Signal};
use crate::router::profile::Profile;

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
        meta: None,
    })
}

fn limits(messages: usize) -> Limits {
    Limits { queue_messages: messages, ..Limits::DEFAULT }
}

const DOMAIN: DomainId = DomainId(0);

/// Queues a packet within these limits, with memory enough.
fn push(queue: &mut Queue, packet: Packet, label: Label, limits: &Limits) -> PushOutcome {
    let memory = Memory::new(usize::MAX / 100);
    queue.push(packet, label, Space { limits, memory: &memory, domain: DOMAIN })
}

fn all(queue: &mut Queue) -> Vec<Packet> {
    queue.answer(Tick::ZERO).packets.as_slice().to_vec()
}

fn acknowledge(queue: &mut Queue, seq: Option<u64>) -> Vec<u64> {
    let mut late = Vec::new();
    queue.acknowledge(seq, |given| late.push(given));
    if !queue.is_empty() {
        queue.check();
    }
    late
}

fn status() -> Packet {
    Packet::status("a", "a", "b", "typing")
}

#[test]
fn what_is_not_acknowledged_is_answered_again() {
    let mut queue = Queue::default();
    for given in 1..=2 {
        let pushed = push(&mut queue, message(&given.to_string()), Label::Message(given), &limits(9));
        assert_eq!(pushed, PushOutcome::Queued);
    }
    assert_eq!((queue.sent(), queue.issued()), (0, 2));
    assert_eq!(all(&mut queue), [message("1"), message("2")]);
    assert_eq!(queue.sent(), 2);
    assert_eq!(queue.answer(Tick::ZERO).repeated, 2, "both are repeated");
    acknowledge(&mut queue, Some(1));
    assert_eq!(all(&mut queue), [message("2")]);
    acknowledge(&mut queue, Some(0));
    assert_eq!(all(&mut queue), [message("2")], "a lower number acknowledges nothing");
    acknowledge(&mut queue, Some(2));
    assert!(queue.is_empty());
    assert_eq!((all(&mut queue).len(), queue.sent()), (0, 2), "an empty answer repeats the last number");
}

#[test]
fn news_are_what_was_never_answered_of_each_kind() {
    let presence = |show| Packet::presence(PresenceType::Show, &Profile::new("bob", "Bob", show, ""));
    let signal = Packet::signal(&Signal { from: "a", to: "b", name: "read", data: "{}", subject: 1 });
    let news = |queue: &mut Queue| queue.answer_news().packets.as_slice().to_vec();
    let mut queue = Queue::default();
    assert_eq!(news(&mut queue), []);
    push(&mut queue, message("1"), Label::Message(1), &limits(9));
    assert_eq!((news(&mut queue), queue.sent()), (vec![message("1")], 1));
    assert_eq!((news(&mut queue), queue.sent()), (vec![], 1));
    push(&mut queue, presence("dnd"), Label::Presence(7), &limits(9));
    push(&mut queue, message("2"), Label::Message(2), &limits(9));
    push(&mut queue, signal.clone(), Label::Signal(3), &limits(9));
    push(&mut queue, presence("away"), Label::Presence(7), &limits(9));
    assert_eq!(news(&mut queue), [message("2"), presence("away"), signal.clone()]);
    acknowledge(&mut queue, Some(3));
    assert_eq!(news(&mut queue), []);
    assert_eq!(all(&mut queue), [presence("away"), signal], "what is not acknowledged");
}

#[test]
fn what_was_not_answered_is_not_acknowledged() {
    let mut queue = Queue::default();
    push(&mut queue, message("1"), Label::Message(1), &limits(9));
    acknowledge(&mut queue, Some(1));
    assert!(!queue.is_empty());
}

#[test]
fn without_seq_only_the_flushed_is_acknowledged() {
    let mut queue = Queue::default();
    push(&mut queue, message("1"), Label::Message(1), &limits(9));
    all(&mut queue);
    push(&mut queue, message("2"), Label::Message(2), &limits(9));
    acknowledge(&mut queue, None);
    assert_eq!(queue.len(), 2);
    queue.flushed();
    acknowledge(&mut queue, None);
    assert_eq!(all(&mut queue), [message("2")]);
}

#[test]
fn messages_come_in_their_order_beside_presences_in_theirs() {
    let presence = |show| Packet::presence(PresenceType::Show, &Profile::new("bob", "Bob", show, ""));
    let mut queue = Queue::default();
    push(&mut queue, presence("dnd"), Label::Presence(7), &limits(9));
    push(&mut queue, message("1"), Label::Message(1), &limits(9));
    push(&mut queue, presence("away"), Label::Presence(7), &limits(9));
    assert_eq!(all(&mut queue), [message("1"), presence("away")]);
    push(&mut queue, presence("busy"), Label::Presence(7), &limits(9));
    push(&mut queue, status(), Label::Light, &limits(9));
    let second = [message("1"), status(), presence("away"), presence("busy")];
    assert_eq!(all(&mut queue), second, "what was answered is not touched");
    acknowledge(&mut queue, Some(2));
    // The first presence had the number 1, the message 2; the second presence took 3.
    assert_eq!(all(&mut queue), [status(), presence("away"), presence("busy")]);
    acknowledge(&mut queue, Some(4));
    assert_eq!(all(&mut queue), [status()]);
}

#[test]
fn a_coming_that_was_not_answered_stays_a_coming() {
    let bob = |show| Profile::new("bob", "Bob", show, "");
    let mut queue = Queue::default();
    let mut add = |packet| push(&mut queue, packet, Label::Presence(7), &limits(0));
    add(Packet::presence(PresenceType::Online, &bob("chat")));
    add(Packet::presence(PresenceType::Show, &bob("away")));
    assert_eq!(all(&mut queue), [Packet::presence(PresenceType::Online, &bob("away"))]);
}

#[test]
fn a_full_queue_drops_typing_states_and_then_refuses() {
    let mut queue = Queue::default();
    assert_eq!(push(&mut queue, status(), Label::Light, &limits(2)), PushOutcome::Queued);
    assert_eq!(push(&mut queue, status(), Label::Light, &limits(2)), PushOutcome::Queued);
    assert_eq!(push(&mut queue, status(), Label::Light, &limits(2)), PushOutcome::Dropped);
    assert_eq!(push(&mut queue, message("1"), Label::Message(1), &limits(2)), PushOutcome::Queued);
    assert_eq!(push(&mut queue, message("2"), Label::Message(2), &limits(2)), PushOutcome::Queued);
    assert_eq!(push(&mut queue, message("3"), Label::Message(3), &limits(2)), PushOutcome::Full);
    queue.check();
    assert_eq!(all(&mut queue), [message("1"), message("2")]);
    let small = Limits { queue_bytes: 2 * message("1").json().len(), ..Limits::DEFAULT };
    assert_eq!(
        push(&mut queue, message("3"), Label::Message(3), &small),
        PushOutcome::Full,
        "bytes count, too"
    );
    let tiny = Limits { queue_bytes: 1, ..Limits::DEFAULT };
    assert_eq!(
        push(&mut Queue::default(), message("1"), Label::Message(1), &tiny),
        PushOutcome::Queued,
        "one always fits"
    );
}

#[test]
fn presences_that_are_never_acknowledged_have_an_end() {
    let mut queue = Queue::default();
    let few = Limits { roster_links: 3, ..Limits::DEFAULT };
    let mut add = || {
        let show = Packet::presence(PresenceType::Show, &Profile::new("bob", "Bob", "away", ""));
        let pushed = push(&mut queue, show, Label::Presence(1), &few);
        queue.answer(Tick::ZERO);
        pushed
    };
    assert!((0..6).all(|_| add() == PushOutcome::Queued));
    assert_eq!(add(), PushOutcome::Full);
}

#[test]
fn presences_of_rooms_are_dropped_before_those_of_buddies_find_no_room() {
    let group = |visible| Packet::group_presence(&Profile::new("bob", "Bob", "away", ""), visible, "r1");
    let (mut queue, few) = (Queue::default(), Limits { roster_links: 2, ..Limits::DEFAULT });
    let mut add = |packet, label| push(&mut queue, packet, label, &few);
    for member in 1..=2 {
        assert_eq!(add(group(true), Label::GroupPresence(member)), PushOutcome::Queued);
    }
    assert_eq!(add(group(true), Label::GroupPresence(3)), PushOutcome::Dropped);
    assert_eq!(add(group(false), Label::GroupPresence(1)), PushOutcome::Queued, "the newest of one waits");
    let show = || Packet::presence(PresenceType::Show, &Profile::new("al", "Al", "away", ""));
    for buddy in 4..=5 {
        assert_eq!(add(show(), Label::Presence(buddy)), PushOutcome::Queued);
    }
    assert_eq!(all(&mut queue), [group(true), group(false), show(), show()]);
}

#[test]
fn many_comings_and_goings_of_one_name_are_one_packet() {
    let bob = Profile::new("bob", "Bob", "away", "");
    let (mut queue, few) = (Queue::default(), Limits { roster_links: 1, ..Limits::DEFAULT });
    for _ in 0..15 {
        for packet in [Packet::presence(PresenceType::Online, &bob), Packet::offline(&bob)] {
            assert_eq!(push(&mut queue, packet, Label::Presence(7), &few), PushOutcome::Queued);
        }
    }
    assert_eq!(all(&mut queue), [Packet::offline(&bob)]);
}

#[test]
fn a_domain_at_its_threshold_keeps_what_it_has_and_takes_only_what_replaces_it() {
    let memory = Memory::new(4_000);
    let mut others = memory.hold(Owner::Nobody, 0);
    let mut queue = Queue::default();
    let show = |show| Packet::presence(PresenceType::Show, &Profile::new("bob", "Bob", show, ""));
    let limits = limits(9);
    let push = |queue: &mut Queue, packet, label| {
        queue.push(packet, label, Space { limits: &limits, memory: &memory, domain: DOMAIN })
    };
    assert_eq!(push(&mut queue, show("away"), Label::Presence(1)), PushOutcome::Queued);
    assert_eq!(push(&mut queue, status(), Label::Light), PushOutcome::Queued);
    others.set(4_000);
    assert_eq!(push(&mut queue, show("dnd"), Label::Presence(1)), PushOutcome::Queued, "in its place");
    assert_eq!(push(&mut queue, show("dnd"), Label::Presence(2)), PushOutcome::Full);
    assert_eq!(push(&mut queue, status(), Label::Light), PushOutcome::Dropped);
    assert_eq!(push(&mut Queue::default(), status(), Label::Light), PushOutcome::Dropped);
    assert_eq!(all(&mut queue), [status(), show("dnd")]);
    drop(queue);
    assert_eq!(memory.held_by(Owner::Domain(DOMAIN)), 0);
}

#[test]
fn what_is_taken_over_does_not_count_but_has_a_limit() {
    let mut queue = Queue::default();
    let mut add = |label| push(&mut queue, message("x"), label, &limits(2));
    assert_eq!([Label::Inherited(5), Label::Inherited(6)].map(&mut add), [PushOutcome::Queued; 2]);
    assert_eq!(add(Label::Late(2)), PushOutcome::Full);
    assert_eq!([Label::Message(7), Label::Message(8)].map(&mut add), [PushOutcome::Queued; 2]);
    assert_eq!(queue.acknowledged(), Some(4), "all before were");
    all(&mut queue);
    assert!(acknowledge(&mut queue, Some(3)).is_empty());
    assert_eq!(queue.acknowledged(), Some(7));
    push(&mut queue, message("x"), Label::Late(2), &limits(2));
    assert!(queue.has_late());
    all(&mut queue);
    let sent = queue.sent();
    assert_eq!(acknowledge(&mut queue, Some(sent)), [2], "it is shown who keeps account of it");
    assert_eq!((queue.acknowledged(), queue.has_late()), (None, false));
}

#[test]
fn an_answer_without_news_is_not_repeated_at_once() {
    let mut queue = Queue::default();
    let now = Tick::ZERO.after(5_000);
    push(&mut queue, message("1"), Label::Message(1), &limits(9));
    queue.answer(now);
    assert!(queue.answerable() <= now, "the first time it is repeated at once");
    queue.answer(now);
    assert!(queue.answerable() > now && queue.answerable() <= now.after(REPEAT_MS_MIN + Moment::GRAIN_MS));
    push(&mut queue, message("2"), Label::Message(2), &limits(9));
    assert_eq!(queue.answerable(), Tick::ZERO, "news are answered at once");
}
