//! A front end of 2011, with the literals and parameters of its time.
//!
//! Owns: version 3. Must not: use anything that came later, but to look at the result.

use super::case::{Case, offered};
use crate::answer::Answer;
use crate::failure::Verdict;
use crate::visitor::Visitor;
use crate::world::{World, go_online, send};

pub(super) const CASES: &[Case] = &[
    offered("old: a whole visit of a front end of 2011", &["old"], visit),
    offered("old: its session gets only what it knows", &["old"], session),
    offered("old: it has no channels", &["old", "subscribe"], channels),
];

/// How that front end posts: with its version in the query, from a page that only Referer names.
fn post(by: &Visitor, endpoint: &str, params: &[(&str, &str)]) -> Verdict<Answer> {
    let page = format!("{}/old", by.origin());
    let answer = by.post_from(endpoint, &[params, &[("version", "3")]].concat(), &[("Referer", &page)])?;
    answer.is(200, "front ends of 2011 call the same endpoints")?;
    Ok(answer)
}

fn visit(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    send(&bob, world.id("alice"), "before")?;
    let (id, room) = (world.id("bob"), world.room("walkers"));
    let online = post(
        &alice,
        "online",
        &[
            ("show", "available"),
            ("status", "undefined"),
            ("buddy_ids", id),
            ("room_ids", room),
            ("stranger_ids", "null"),
            ("ticket", "undefined"),
            ("domain", "undefined"),
            ("nick", "null"),
        ],
    )?;
    online.fits("online")?;
    let ticket = ("ticket", online.text_at("/connection/ticket"));
    let none = ("nick", "undefined");
    let sent = post(
        &alice,
        "message",
        &[
            ticket,
            none,
            ("type", "unicast"),
            ("offline", "false"),
            ("to", id),
            ("from", "1"),
            ("style", "color:red"),
            ("body", "你好"),
            ("timestamp", "1321862400000"),
        ],
    )?;
    sent.is_ok()?;
    let to_room =
        [("type", "multicast"), ("offline", "undefined"), ("to", room), ("body", "hi"), ("style", "null")];
    post(&alice, "message", &[&[ticket][..], &to_room].concat())?.is_ok()?;
    post(&alice, "status", &[ticket, none, ("to", id), ("show", "typing")])?.is_ok()?;
    post(&alice, "presence", &[ticket, none, ("show", "away"), ("status", "undefined")])?.is_ok()?;
    post(&alice, "leave", &[ticket, ("id", room), ("name", "undefined")])?.is_ok()?;
    post(&alice, "join", &[ticket, none, ("id", room)])?.fits("room")?;
    post(&alice, "setting", &[("data", "{\"play_sound\":false,\"blocked_rooms\":null}")])?.is_ok()?;
    let ms = ("_", "1321862400000");
    alice.get("buddy", &[("ids", id), ms])?.fits("buddies")?;
    alice.get("members", &[ticket, ("id", room), ms])?.fits("members")?;
    let history = alice.get("histories", &[("type", "unicast"), ("id", id), ms])?;
    history.must(history.each("", "body") == ["before", "你好"], "the history by its other name")?;
    post(&alice, "refresh", &[ticket])?.is_ok()
}

fn session(world: &World) -> Verdict {
    let page = go_online(&world.log_in("alice")?, &[("version", "3")])?;
    let call = world.puppet.one("/presences/online", "online with version=3", "one session")?;
    world.puppet.must(
        call.get("version") == "3",
        "online with version=3",
        "the session is opened with version=3",
    )?;
    page.answer.fits("online")
}

fn channels(world: &World) -> Verdict {
    world.host("subscribe", &[("one", "alice")])?;
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[("version", "3")])?;
    page.answer
        .must(page.answer.each("/channels", "id").is_empty(), "that front end would open a chat for it")?;
    let newer = go_online(&alice, &[("version", "6")])?;
    let channel = newer.answer.text_at("/channels/0/id").to_owned();
    newer.answer.must(!channel.is_empty(), "a later front end has the channel")?;
    let is_in = world.puppet.rooms_of(&page.ticket).contains(&channel);
    page.answer.must(!is_in, "posts to the channel do not go to the session of an old one")
}
