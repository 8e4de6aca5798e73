//! Typing states, joins and leaves of rooms are dropped when room is scarce, and counted.
use nextim::{Config, Limits};

use crate::support::{Conn, Running, poll, site_call, strict};

/// The tickets of two users who do not poll. Alice is in the lobby.
fn alice_and_bob(server: &Running) -> (String, String) {
    let alice = server.call("/presences/online", "name=alice&rooms=lobby");
    (alice.ticket(), server.online("bob"))
}

/// A typing state, a join and a leave: the calls are answered as ever, even if the packets are dropped.
fn say_light_things(server: &Running, bob: &str) {
    server.call("/statuses", &format!("ticket={bob}&to=alice&show=typing")).is(200, "ok");
    server.call("/room/join", &format!("ticket={bob}&room=lobby")).is(200, "{\"lobby\":2}");
    server.call("/room/leave", &format!("ticket={bob}&room=lobby")).is(200, "ok");
}

#[test]
fn joins_and_leaves_are_dropped_and_counted_when_memory_is_short() {
    let share = Limits { memory_bytes: 1_024 * 1_024, ..Limits::DEFAULT };
    let exempt = vec!["127.9.9.9".parse().unwrap()];
    let server = Running::start(&Config { exempt, ..strict(share) }, 1);
    let (_, bob) = alice_and_bob(&server);
    let mut fillers: Vec<String> = (0..20).map(|number| format!("filler{number}")).collect();
    for name in &fillers {
        server.online(name);
    }
    let mut site = server.from("127.9.9.9");
    let body = "x".repeat(30_000);
    let mut say =
        |to: &str| site.call(&site_call("/messages", &format!("from=x&to={to}&body={body}"))).status;
    fillers.extend_from_within(..);
    fillers.extend_from_within(..);
    assert!(fillers.iter().any(|to| say(to) == 503), "memory is short");
    say_light_things(&server, &bob);
    server.counts("packets_dropped_total", 3);
    server.counts("packets_queued_statuses", 0);
    server.counts("packets_queued_presences", 0);
    server.counts("sessions_overflowed_total", 0);
    // The truth can be asked for.
    let members = "{\"lobby\":[{\"id\":\"alice\",\"nick\":\"alice\"}]}";
    server.call("/room/members", "room=lobby").is(200, members);
}

#[test]
fn joins_and_leaves_are_dropped_and_counted_when_a_queue_is_full() {
    let three = Limits { queue_messages: 3, ..Limits::DEFAULT };
    let server = Running::start(&strict(three), 1);
    let (alice, bob) = alice_and_bob(&server);
    let say = |body: &str| server.call("/messages", &format!("from=x&to=alice&body={body}")).is(200, "ok");
    // They fill the queue; the message makes room by dropping all of them.
    say_light_things(&server, &bob);
    server.counts("packets_dropped_total", 0);
    say("m1");
    server.counts("packets_dropped_total", 3);
    say("m2");
    say("m3");
    // And now there is no room for them.
    say_light_things(&server, &bob);
    server.counts("packets_dropped_total", 6);
    server.counts("packets_waiting", 3);
    let mut page: Conn = server.from("127.9.9.9");
    let answer = page.call(&poll(&alice, 0));
    for body in ["m1", "m2", "m3"] {
        assert!(answer.text().contains(body), "{answer:?}");
    }
    assert!(answer.text().contains("\"presences\":[],\"statuses\":[]"), "{answer:?}");
}
