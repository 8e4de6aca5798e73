//! A database that is locked, full, or only for reading.
//!
//! Owns: what users are told then, and that nothing is lost. Must not: know which database it is; the host's commands do.

use std::sync::mpsc::{Receiver, channel};

use super::case::{Case, offered};
use crate::answer::Answer;
use crate::failure::{Failure, Verdict};
use crate::host::Held;
use crate::puppet::Act;
use crate::world::{World, go_online, send};

pub(super) const CASES: &[Case] = &[
    offered("storage: a locked database is answered with 503, and nothing is lost", &["lock_db"], locked),
    offered("storage: a message that is stored is accepted, marked or not", &["lock_db"], unmarked),
    offered("storage: messages that cannot be marked are not handed over", &["lock_db"], not_handed_over),
    offered("storage: a full database refuses what it cannot keep", &["full_db"], full),
    offered("storage: a database that is only for reading is read", &["read_only_db"], read_only),
];

/// Must be a refusal that the site is to blame for, in words for users.
fn fails(answer: &Answer, contract: &str) -> Verdict {
    answer
        .must((500..600).contains(&answer.status), &format!("status 500 to 599, and best 503: {contract}"))?;
    answer.fits("refusal")?;
    let text = answer.text_at("/error").to_lowercase();
    let is_for_users = !["sql", "database", "table", "exception"].iter().any(|word| text.contains(word));
    answer.must(is_for_users, "the text is for users; what the database said is for the log")
}

/// Puts the database into a state as soon as the site makes its next call of this path, before that is answered.
fn when_called(world: &World, path: &'static str, event: &'static str) -> Receiver<Verdict<Held>> {
    let (sender, held) = channel();
    let host = world.clone();
    world.puppet.hook(path, move |_| {
        sender.send(host.hold(event)).ok();
        Act::Answer
    });
    held
}

/// The state in which that call left the database.
fn after_call(held: &Receiver<Verdict<Held>>, path: &str) -> Verdict<Held> {
    let missing = |_| Failure::new(path, "no call at the message server", "the site makes this call");
    held.try_recv().map_err(missing)?
}

fn locked(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    send(&alice, world.id("bob"), "before")?;
    world.puppet.forget();
    let held = world.hold("lock_db")?;
    let params = [("to", world.id("bob")), ("body", "during"), ("cid", "during")];
    let sent = alice.post("message", &params)?;
    sent.refuses(503, "the message was not stored, and the page tries again")?;
    fails(&sent, "the message was not stored")?;
    let pushed = world.puppet.calls("/messages").is_empty();
    world.puppet.must(pushed, "a message that was not stored", "store first, then push")?;
    let history = alice.get("history", &[("type", "unicast"), ("id", world.id("bob"))])?;
    history.is(200, "who only reads need not wait for a lock")?;
    held.release()?;
    send(&alice, world.id("bob"), "during")?;
    let page = go_online(&bob, &[])?;
    page.answer.must(page.missed() == ["before", "during"], "nothing is lost, and nothing comes twice")?;
    let again = go_online(&bob, &[])?;
    again.answer.must(again.missed().is_empty(), "what was handed over is marked")
}

fn unmarked(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&bob, &[])?;
    let held = when_called(world, "/messages", "lock_db");
    let params = [("to", world.id("bob")), ("body", "stored"), ("cid", "stored")];
    let sent = alice.post("message", &params)?;
    after_call(&held, "/messages")?.release()?;
    sent.is(200, "a stored message is accepted, although it cannot be marked as delivered")?;
    sent.fits("message")?;
    let again = alice.post("message", &params)?;
    again.equals("/id", sent.at("/id").clone(), "it is stored once")?;
    let page = go_online(&bob, &[("since", "0")])?;
    page.answer.must(page.missed() == ["stored"], "it is not lost; a page shows an id once")
}

fn not_handed_over(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    send(&alice, world.id("bob"), "waits")?;
    let lock_and_go_online = || {
        let held = when_called(world, "/presences/online", "lock_db");
        let answer = bob.post("online", &[])?;
        after_call(&held, "/presences/online")?.release()?;
        Ok(answer)
    };
    let mut answer = lock_and_go_online()?;
    if answer.text_at("/error_msg") == "IM Server Not Found" {
        // The host's command took longer than the site waits for the call.
        answer = lock_and_go_online()?;
    }
    answer.refuses(503, "the page goes online again later")?;
    let is_online = world.puppet.is_online(world.id("bob"));
    world.puppet.must(!is_online, "online failed", "the session that no page has is ended")?;
    let page = go_online(&bob, &[])?;
    page.answer.must(page.missed() == ["waits"], "it waited, and comes once")?;
    page.answer.equals("/new_messages/0/new", true, "the user has not seen it")
}

fn full(world: &World) -> Verdict {
    const TRIES: usize = 8;
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    send(&alice, world.id("bob"), "before")?;
    world.puppet.forget();
    let held = world.hold("full_db")?;
    let mut expected = vec!["before".to_owned()];
    let mut refused = None;
    for number in 0..TRIES {
        // Longer than the room that a small file has left.
        let body = format!("{number} {}", "x".repeat(8_000));
        let answer =
            alice.post("message", &[("to", world.id("bob")), ("body", &body), ("cid", &body[..1])])?;
        expected.push(body);
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.ok_or_else(|| {
        let came = format!("{TRIES} messages of 8,000 bytes were accepted");
        Failure::new("POST message", came, "the host's full_db leaves no room in the database")
    })?;
    fails(&refused, "the message was not stored")?;
    let pushed = world.puppet.calls("/messages").len();
    world.puppet.must(pushed == expected.len() - 2, "a message that was not stored", "it is not pushed")?;
    alice.get("history", &[("type", "unicast"), ("id", world.id("bob"))])?.is(200, "reading goes on")?;
    held.release()?;
    let last = expected.last().cloned().unwrap_or_default();
    let sent = alice.post("message", &[("to", world.id("bob")), ("body", &last), ("cid", &last[..1])])?;
    sent.is(200, "as soon as there is room, the site works again by itself")?;
    let page = go_online(&bob, &[])?;
    page.answer
        .must(page.missed() == expected, "what was accepted is there once, and what was refused is not")
}

fn read_only(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let first = send(&alice, world.id("bob"), "before")?;
    world.puppet.forget();
    let held = world.hold("read_only_db")?;
    let (id, other) = (world.id("alice"), world.id("bob"));
    for (endpoint, params) in [
        ("message", &[("to", other), ("body", "x"), ("cid", "x")][..]),
        ("setting", &[("data", "{\"zoom\":110}")]),
        ("clear_history", &[("type", "unicast"), ("id", other)]),
        ("online", &[]),
    ] {
        fails(&alice.post(endpoint, params)?, "what cannot be kept is refused, and not dropped in silence")?;
    }
    fails(&bob.post("online", &[])?, "a message that cannot be marked is not handed over")?;
    fails(&world.give_back(&[&first])?, "what was not noted may not be answered with ok")?;
    world.puppet.must(world.puppet.calls("/messages").is_empty(), "a message", "store first, then push")?;
    for name in ["alice", "bob"] {
        world.puppet.must(!world.puppet.is_online(world.id(name)), "online failed", "no session stays")?;
    }
    let history = alice.get("history", &[("type", "unicast"), ("id", other)])?;
    history.must(history.each("", "body") == ["before"], "reading goes on")?;
    alice.get("buddies", &[("ids", other)])?.fits("buddies")?;
    alice.get("rooms", &[])?.fits("rooms")?;
    held.release()?;
    let page = go_online(&bob, &[])?;
    page.answer.must(page.missed() == ["before"], "it waited, and comes once")?;
    page.post("message", &[("to", id), ("body", "works again")])?.is_ok()
}
