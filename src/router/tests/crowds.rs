//! What goes to many, slice by slice.
//!
//! Owns: what comes between the slices, and what bounds them. Must not: look at what a page shows; the simulator does.

use std::collections::VecDeque;

use super::*;
use crate::base::limits::chat::CROWDS_WAITING_MAX;

/// How many sessions messages were queued to that are answered now.
fn reached(answers: Vec<CallAnswer>) -> Vec<u32> {
    let sessions = |answer: CallAnswer| {
        let Answer::Delivered(receivers) = answer.answer else { return None };
        Some(receivers.sessions)
    };
    answers.into_iter().filter_map(sessions).collect()
}

/// A place with this many users, of whom a turn reaches two.
fn crowd(users: u32) -> (Routers, Vec<Ticket>) {
    let mut routers = Routers::new(1, Limits::DEFAULT);
    routers.shards[0].slice = 2;
    let tickets = (0..users).map(|number| routers.online(&format!("user{number}"), &[], &[])).collect();
    (routers, tickets)
}

#[test]
fn calls_come_between_the_slices_of_a_broadcast() {
    let (mut routers, _) = crowd(5);
    assert!(routers.broadcast().is_none());
    for (waiting, answers) in [(2, vec![]), (5, vec![]), (7, vec![5])] {
        assert_eq!(reached(routers.handle(HERE, Input::Slice)), answers);
        assert_eq!(routers.shards[0].out.counters().packets_waiting, waiting);
        assert!(matches!(routers.say("user0", "meanwhile".to_owned()), Answer::Delivered(_)));
    }
    assert!(!routers.shards[0].has_crowds());
    assert!(routers.handle(HERE, Input::Slice).is_empty(), "nothing is left");
}

#[test]
fn who_leaves_between_two_slices_is_not_reached_and_nobody_is_twice() {
    let (mut routers, tickets) = crowd(6);
    assert!(routers.broadcast().is_none());
    routers.handle(HERE, Input::Slice);
    // Which two were reached is not said. One of them goes, and one of the others.
    let reached_first = tickets.iter().map(|ticket| routers.poll(*ticket)).collect::<Vec<_>>();
    for wanted in [1, 0] {
        let at =
            reached_first.iter().position(|count| *count == wanted).expect("two were reached, four were not");
        routers.log_out(&format!("user{at}"));
    }
    let newcomer = routers.online("newcomer", &[], &[]);
    assert!(reached(routers.handle(HERE, Input::Slice)).is_empty());
    assert_eq!(reached(routers.handle(HERE, Input::Slice)), [5], "two, and three of those who were left");
    assert_eq!(routers.poll(newcomer), 0, "it came after it was said");
}

#[test]
fn what_comes_faster_than_turns_deliver_is_not_kept() {
    let (mut routers, _) = crowd(3);
    for _ in 0..CROWDS_WAITING_MAX {
        assert!(routers.broadcast().is_none());
    }
    assert_eq!(routers.shards[0].out.counters().packets_waiting, 0);
    assert!(routers.broadcast().is_none());
    assert_eq!(routers.shards[0].out.counters().packets_waiting, 3, "the oldest was finished");
    assert_eq!(routers.shards[0].crowds.len(), CROWDS_WAITING_MAX);
}

#[test]
fn a_message_to_a_large_room_is_cut_too() {
    let (mut routers, _) = crowd(0);
    for number in 0..5 {
        routers.online(&format!("user{number}"), &[], &["room".to_owned()]);
    }
    let answer = routers.try_call(said(MessageType::Multicast, "room", "hello".to_owned()));
    assert!(answer.is_none());
    let answers: Vec<CallAnswer> = (0..3).flat_map(|_| routers.handle(HERE, Input::Slice)).collect();
    assert_eq!(reached(answers), [5]);
}

#[test]
fn a_broadcast_is_at_a_few_places_at_a_time() {
    let mut routers = Routers::new(5, Limits::DEFAULT);
    routers.shards[0].broadcast_places = 2;
    let key = CallKey { place: HERE, conn: 1, serial: 1 };
    let speaker = Speaker::Site(routers.name_at(HERE, "site").into());
    let Verb::Message(said) = said(MessageType::Broadcast, "", "hello".to_owned()) else { unreachable!() };
    let verb = Verb::Message(Box::new(NewMessage { speaker, ..*said }));
    let call = Call { domain: routers.domain, verb };
    let mut effects = Vec::new();
    routers.shards[0].handle(
        Input::Call(CallRequest { key, call, until_ms: u64::MAX }),
        Tick::ZERO,
        &mut effects,
    );
    let mut asked = Vec::new();
    let mut under_way = VecDeque::new();
    loop {
        for effect in effects.drain(..) {
            if let Effect::Mail(Envelope { to, mail }) = effect {
                asked.push(to.number());
                under_way.push_back((to, mail));
            }
        }
        assert!(under_way.len() <= 2, "{asked:?}");
        let Some((to, mail)) = under_way.pop_front() else { break };
        let mut replies = Vec::new();
        routers.shards[to.index()].handle(Input::Mail(mail), Tick::ZERO, &mut replies);
        for reply in replies {
            let Effect::Mail(Envelope { to: HERE, mail }) = reply else { panic!("{reply:?}") };
            routers.shards[0].handle(Input::Mail(mail), Tick::ZERO, &mut effects);
        }
    }
    assert_eq!(asked, [1, 2, 3, 4]);
    assert!(routers.shards[0].broadcasts.is_empty());
}
