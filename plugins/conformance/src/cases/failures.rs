//! A message server that is down, slow, odd, and back.
//!
//! Owns: what the site does without it. Must not: start the real one.

use std::sync::mpsc;

use super::case::{Case, case, offered};
use crate::failure::Verdict;
use crate::puppet::Act;
use crate::world::{World, go_online, send};

pub(super) const CASES: &[Case] = &[
    case("failures: the site runs without the message server", down),
    case("failures: it is used again as soon as it is back", back),
    case("failures: a message server that hangs holds nobody up for long", slow),
    case("failures: an answer that makes no sense is no answer", odd),
    case("failures: nothing is locked while the message server is called", unlocked),
    case("failures: a connection that was kept and died is no failure", dead_connection),
    offered("failures: a block is kept although the message server is down", &["block"], block),
];

fn down(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[])?;
    world.puppet.always(Act::Cut);
    let online = alice.post("online", &[])?;
    online.is(200, "a failure in words")?;
    online.equals("/error_msg", "IM Server Not Found", "the bar tries again by itself")?;
    let buddies = alice.get("buddies", &[("ids", world.id("bob"))])?;
    buddies.fits("buddies")?;
    buddies.equals("/0/presence", "offline", "without the message server no message reaches anybody")?;
    let rooms = alice.get("rooms", &[])?;
    rooms.fits("rooms")?;
    rooms.equals("/0/count", 0, "nobody is online")?;
    alice.get("members", &[("id", world.room("walkers"))])?.refuses(503, "the chat cannot be reached")?;
    page.post("presence", &[("show", "away")])?.refuses(503, "the chat cannot be reached")?;
    page.post("status", &[("to", world.id("bob")), ("show", "typing")])?
        .refuses(503, "the chat cannot be reached")?;
    let history = alice.get("history", &[("type", "unicast"), ("id", world.id("bob"))])?;
    history.is(200, "what the site has goes on")?;
    alice.post("setting", &[("data", "{\"zoom\":110}")])?.is_ok()?;
    send(&alice, world.id("bob"), "later").map(drop)
}

fn back(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    world.puppet.always(Act::Cut);
    send(&alice, world.id("bob"), "while it was down")?;
    alice.post("online", &[])?.equals("/success", false, "it is down")?;
    world.puppet.always(Act::Answer);
    let page = go_online(&bob, &[])?;
    page.answer.must(page.missed() == ["while it was down"], "it waits, and comes once")?;
    world.puppet.forget();
    send(&alice, world.id("bob"), "now")?;
    let pushed = world.puppet.calls("/messages").len() == 1;
    world.puppet.must(pushed, "a message after the message server is back", "it is pushed at once")?;
    let again = go_online(&bob, &[])?;
    again.answer.must(again.missed().is_empty(), "what was delivered does not come again")
}

fn slow(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    world.puppet.next("/messages", Act::Hang);
    // The suite waits longer than a call may take.
    let sent = alice.post("message", &[("to", world.id("bob")), ("body", "through"), ("cid", "1")])?;
    sent.is(200, "a call takes 3 s at most, and the message is stored")?;
    world.puppet.next("/presences/online", Act::Hang);
    let online = alice.post("online", &[])?;
    online.equals("/error_msg", "IM Server Not Found", "a message server that does not answer is none")?;
    let page = go_online(&world.log_in("bob")?, &[])?;
    page.answer.must(page.missed() == ["through"], "it waits, and comes once")
}

fn odd(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    for text in ["", "ok", "<html>Welcome to nginx</html>", "[]", "{\"ticket\":"] {
        world.puppet.always(Act::Refuse(200, text));
        let online = alice.post("online", &[])?;
        online.is(200, "a failure in words")?;
        online.equals("/error_msg", "IM Server Not Found", "that is no answer of a message server")?;
        let buddies = alice.get("buddies", &[("ids", world.id("bob"))])?;
        buddies.fits("buddies")?;
        buddies.equals("/0/presence", "offline", "that is no answer of a message server")?;
        let members = alice.get("members", &[("id", world.room("walkers"))])?;
        members
            .must(members.status == 503 || members.json == serde_json::json!([]), "no members are known")?;
    }
    world.puppet.always(Act::Refuse(200, "ok"));
    send(&alice, world.id("bob"), "no header")?;
    world.puppet.always(Act::Answer);
    let page = go_online(&world.log_in("bob")?, &[])?;
    page.answer.must(page.missed() == ["no header"], "without X-NextIM-Delivered a message is not delivered")
}

fn unlocked(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    for path in ["/presences/online", "/messages"] {
        let (sender, received) = mpsc::channel();
        let (same, other) = (alice.clone(), bob.clone());
        let ids = (world.id("alice").to_owned(), world.id("bob").to_owned());
        world.puppet.hook(path, move |_| {
            let answers = [
                same.get("history", &[("type", "unicast"), ("id", &ids.1)]),
                same.post("setting", &[("data", "{\"zoom\":90}")]),
                other.post("message", &[("to", &ids.0), ("body", "meanwhile")]),
            ];
            sender.send(answers).ok();
            Act::Answer
        });
        let answer = if path == "/messages" {
            alice.post("message", &[("to", world.id("bob")), ("body", "x"), ("cid", path)])?
        } else {
            alice.post("online", &[])?
        };
        answer.is(200, "the request is carried out")?;
        let contract =
            "no transaction and no lock of the host's session is held while the message server is called";
        answer.must(answer.json["success"] != false, contract)?;
        let answers = received.try_recv().map_err(|_| answer.failure(contract))?;
        for answer in answers {
            answer?.is(200, contract)?;
        }
    }
    Ok(())
}

fn dead_connection(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&bob, &[])?;
    send(&alice, world.id("bob"), "opens a connection")?;
    world.puppet.next("/messages", Act::Cut);
    send(&alice, world.id("bob"), "perhaps on a dead one")?;
    send(&alice, world.id("bob"), "after it")?;
    let page = go_online(&bob, &[("since", "0")])?;
    let bodies = page.missed();
    let count = |body: &str| bodies.iter().filter(|found| *found == body).count();
    page.answer.must(
        count("perhaps on a dead one") == 1 && count("after it") == 1,
        "a message is pushed once more, or waits; it is not lost, and comes once",
    )
}

fn block(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    world.puppet.always(Act::Cut);
    alice.post("block", &[("id", world.id("bob"))])?.is_ok()?;
    let refused = bob.post("message", &[("to", world.id("alice")), ("body", "x")])?;
    refused.refuses(403, "the block holds at once")?;
    world.puppet.always(Act::Answer);
    go_online(&alice, &[])?;
    let call = world.puppet.calls("/presences/online").pop().unwrap_or_default();
    let named = call.list("buddies").contains(&world.id("bob").to_owned());
    world.puppet.must(!named, "the next online", "the session is opened without the link")
}
