//! Whether a sender may know that a message has arrived: only if others see its receiver.
//!
//! Owns: the member `arrived`. Must not: judge what is delivered; `messages` does.

use serde_json::{Value, json};

use super::case::{Case, case};
use crate::failure::Verdict;
use crate::puppet::Act;
use crate::visitor::Visitor;
use crate::world::{World, go_online, send};

pub(super) const CASES: &[Case] = &[
    case("arrivals: a message to a visible user has arrived, and its sender alone knows", visible),
    case("arrivals: an invisible user looks like one who is offline", invisible),
    case("arrivals: a message that waited arrives with a visible user", waited),
    case("arrivals: what an invisible user is handed has not arrived", handed),
    case("arrivals: a message that comes back has not arrived", returned),
    case("arrivals: a push that failed is no arrival", failed),
];

/// Sends a message, and returns the answer without what is the row's own.
fn say(by: &Visitor, to: &str, body: &str) -> Verdict<Value> {
    let answer = by.post("message", &[("to", to), ("body", body), ("cid", &format!("{body} {to}"))])?;
    answer.is(200, "the message is accepted")?;
    answer.fits("message")?;
    let mut left = answer.json;
    for own in ["id", "timestamp"] {
        left.as_object_mut().map(|members| members.remove(own));
    }
    Ok(left)
}

/// Whether the only line in a conversation is said to have arrived.
fn line(by: &Visitor, other: &str, arrived: bool, contract: &str) -> Verdict {
    let history = by.get("history", &[("type", "unicast"), ("id", other)])?;
    history.fits("lines")?;
    history.must((history.at("/0/arrived") == true) == arrived, contract)
}

fn visible(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&bob, &[("show", "dnd")])?;
    let sent = alice.post("message", &[("to", world.id("bob")), ("body", "x"), ("cid", "1")])?;
    sent.fits("message")?;
    sent.equals("/arrived", true, "X-NextIM-Visible above 0: the message has arrived")?;
    line(&alice, world.id("bob"), true, "it is kept with the message, for the sender")?;
    let page = go_online(&alice, &[("since", "0"), ("buddy_ids", world.id("bob"))])?;
    page.answer.equals("/new_messages/0/arrived", true, "in every list of lines")?;
    let chat = page.answer.entry("/buddies", world.id("bob"), "a friend")?;
    page.answer.must(chat["history"][0]["arrived"] == true, "in every list of lines")?;
    let history = bob.get("history", &[("type", "unicast"), ("id", world.id("alice"))])?;
    history.equals("/0/arrived", Value::Null, "the receiver's lines do not have the member")?;
    let page = go_online(&bob, &[("since", "0")])?;
    page.answer.equals("/new_messages/0/arrived", Value::Null, "the receiver's lines do not have the member")
}

fn invisible(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    world.enter("bob", "invisible", &[]);
    let to_bob = say(&alice, world.id("bob"), "x")?;
    let to_carol = say(&alice, world.id("carol"), "x")?;
    let again = say(&alice, world.id("bob"), "x")?;
    let is_told = to_bob["arrived"] == true || to_bob != to_carol || again != to_carol;
    world.puppet.must(
        !is_told,
        "messages to one who is invisible and to one who is offline",
        "X-NextIM-Visible is 0: the two answers are the same, and so is that of a retry",
    )?;
    let plain = alice.post("message", &[("to", world.id("bob")), ("body", "x")])?;
    plain.must(plain.json == json!("ok"), "and without a cid")?;
    line(&alice, world.id("bob"), false, "what an invisible user was given is not told")
}

fn waited(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    send(&alice, world.id("bob"), "1")?;
    line(&alice, world.id("bob"), false, "it waits")?;
    go_online(&bob, &[("show", "away")])?;
    line(&alice, world.id("bob"), true, "online has handed it to a user whom others see")?;
    let again = alice.post("message", &[("to", world.id("bob")), ("body", "1"), ("cid", "1")])?;
    again.equals("/arrived", true, "a retry is answered what is stored")
}

fn handed(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    send(&alice, world.id("bob"), "x")?;
    let page = go_online(&bob, &[("show", "invisible")])?;
    page.answer.must(page.missed() == ["x"], "an invisible user is handed what waits")?;
    line(&alice, world.id("bob"), false, "others do not see this user")?;
    go_online(&bob, &[("since", "0")])?;
    line(&alice, world.id("bob"), false, "a page that names no show has that of the user's other pages")
}

fn returned(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&bob, &[("show", "available")])?;
    let id = send(&alice, world.id("bob"), "x")?;
    world.give_back(&[&id])?.is_ok()?;
    line(&alice, world.id("bob"), false, "a message that came back has not arrived")?;
    go_online(&bob, &[("show", "available")])?;
    line(&alice, world.id("bob"), true, "now it has")
}

fn failed(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    world.enter("bob", "available", &[]);
    world.puppet.always(Act::Refuse(503, "too many"));
    let sent = say(&alice, world.id("bob"), "x")?;
    world.puppet.always(Act::Answer);
    world.puppet.must(sent["arrived"] != true, "a push that is refused", "nobody was given the message")?;
    line(&alice, world.id("bob"), false, "nobody was given the message")
}
