//! Packets of one sender arrive in the order they were sent in: §4 Order.

use crate::support::{Heard, each_site};

/// What one sender says, in turn to a user, a room and everybody.
const KINDS: [(&str, &str); 3] = [("unicast", "bob"), ("multicast", "r"), ("broadcast", "")];

#[test]
fn messages_of_all_types_arrive_in_the_order_they_were_sent() {
    each_site(|site| {
        let mut bob = [site.online("bob", &[("rooms", "r")]), site.online("bob", &[])];
        let alice = site.online("alice", &[]);
        let sent: Vec<String> = (0..200).map(|i| i.to_string()).collect();
        for (i, body) in sent.iter().enumerate() {
            let (kind, to) = KINDS[i % 3];
            let params = [("type", kind), ("to", to), ("body", body)];
            assert_eq!(alice.call("/messages", &params).delivered(), 2);
        }
        for session in &mut bob {
            assert_eq!(session.everything().bodies(), sent);
        }
    });
}

#[test]
fn pipelined_messages_arrive_in_order_while_the_receiver_polls() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let alice = site.online("alice", &[]);
        let sent: Vec<String> = (0..300).map(|i| i.to_string()).collect();
        let call = |(i, body): (usize, &String)| {
            let (kind, to) = KINDS[i % 3];
            let params = [("ticket", &*alice.ticket), ("type", kind), ("to", to), ("body", body)];
            site.post_bytes("/messages", &params)
        };
        let mut conn = site.connect();
        conn.send(&sent.iter().enumerate().map(call).collect::<Vec<_>>().concat());
        let heard = bob.hear(|heard: &Heard| heard.messages.len() >= sent.len());
        assert_eq!(heard.bodies(), sent);
        for _ in &sent {
            assert_eq!(conn.response().delivered(), 1);
        }
    });
}

#[test]
fn all_members_hear_one_sender_in_the_same_order() {
    each_site(|site| {
        let mut members: Vec<_> =
            (0..10).map(|i| site.online(&format!("user{i}"), &[("rooms", "r")])).collect();
        let sent: Vec<String> = (0..30).map(|i| i.to_string()).collect();
        for body in &sent {
            let push = [("from", "x"), ("type", "multicast"), ("to", "r"), ("body", body)];
            assert_eq!(site.post("/messages", &push).delivered(), 10);
        }
        for member in &mut members {
            assert_eq!(member.everything().bodies(), sent);
        }
    });
}

#[test]
fn a_call_answers_when_its_effect_is_there_for_all() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        for i in 0..20 {
            let room = format!("r{i}");
            alice.join(&room);
            assert_eq!(site.members(&room), "alice");
            alice.leave(&room);
            assert_eq!(site.members(&room), "");
            let name = format!("user{i}");
            site.online(&name, &[("rooms", &room)]);
            assert_eq!([site.onlines(&name), site.members(&room)], [&*name; 2]);
            site.offline(&name);
            assert_eq!([site.onlines(&name), site.members(&room)], [""; 2]);
        }
    });
}
