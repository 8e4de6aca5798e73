//! Blocks, either way, and users who are invisible.
//!
//! Owns: who sees whose presence and who writes to whom. Must not: test rooms.

use super::case::{Case, case, offered};
use crate::failure::Verdict;
use crate::world::{World, go_online, send};

pub(super) const CASES: &[Case] = &[
    case("blocks: the two do not write to each other", writing),
    case("blocks: neither sees the other's presence", presence),
    case("blocks: a user who is blocked cannot tell", hidden),
    case("blocks: an invisible user looks offline", invisible),
    offered("blocks: block and unblock", &["block"], endpoints),
    offered("blocks: only other users can be blocked", &["block"], only_others),
    offered("blocks: the end of a friendship unlinks the two", &["unfriend"], unfriended),
];

fn writing(world: &World) -> Verdict {
    let (alice, erin) = (world.log_in("alice")?, world.log_in("erin")?);
    let (at_alice, at_erin) = (go_online(&alice, &[])?, go_online(&erin, &[])?);
    world.puppet.forget();
    for (page, to) in [(&at_alice, "erin"), (&at_erin, "alice")] {
        let refused = page.post("message", &[("to", world.id(to)), ("body", "x")])?;
        refused.refuses(403, "a block refuses messages both ways")?;
        let refused = page.post("status", &[("to", world.id(to)), ("show", "typing")])?;
        refused.refuses(403, "a block refuses typing both ways")?;
    }
    world.puppet.must(world.puppet.paths().is_empty(), "writing across a block", "nothing is passed on")
}

fn presence(world: &World) -> Verdict {
    for (me, other) in [("alice", "erin"), ("erin", "alice")] {
        world.puppet.reset();
        world.enter(other, "available", &[]);
        let visitor = world.log_in(me)?;
        let page = go_online(&visitor, &[("buddy_ids", world.id(other))])?;
        let call = world.puppet.one("/presences/online", "online across a block", "one session")?;
        let named = call.list("buddies").contains(&world.id(other).to_owned());
        world.puppet.must(!named, "online across a block", "the other is not among the buddies")?;
        if let Some(found) = page.answer.json["buddies"]
            .as_array()
            .and_then(|all| all.iter().find(|one| one["id"] == world.id(other)))
        {
            page.answer.must(found["presence"] == "offline", "the other looks offline")?;
        }
        let asked = visitor.get("buddies", &[("ids", world.id(other))])?;
        asked.fits("buddies")?;
        let found = asked.json.as_array().and_then(|all| all.first());
        asked.must(found.is_none_or(|found| found["presence"] == "offline"), "the other looks offline")?;
        let calls = world.puppet.calls("/onlines");
        let named = calls.iter().any(|call| call.list("names").contains(&world.id(other).to_owned()));
        world.puppet.must(
            !named,
            "buddies across a block",
            "the message server is not asked for the other",
        )?;
    }
    Ok(())
}

fn hidden(world: &World) -> Verdict {
    let erin = world.log_in("erin")?;
    if world.target.offers("status_text") {
        go_online(&world.log_in("alice")?, &[("status", "at home")])?;
    }
    let asked = erin.get("buddies", &[("ids", world.id("alice"))])?;
    let found = asked.json.as_array().and_then(|all| all.first());
    asked.must(
        found.is_none_or(|found| found["blocked"] != true),
        "blocked marks those whom the reader blocks",
    )?;
    asked.must(found.is_none_or(|found| found["status"] == ""), "the status is hidden from a blocked user")
}

fn invisible(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let page = go_online(&bob, &[("show", "available"), ("status", "at home")])?;
    let seen = alice.get("buddies", &[("ids", world.id("bob"))])?;
    seen.equals("/0/presence", "online", "who is visible is online")?;
    page.post("presence", &[("show", "invisible"), ("status", "a secret")])?.is_ok()?;
    let call = world.puppet.one("/presences/show", "presence", "the show is passed on")?;
    world.puppet.must(call.get("show") == "invisible", "presence", "the show is passed on")?;
    let seen = alice.get("buddies", &[("ids", world.id("bob"))])?;
    seen.equals("/0/presence", "offline", "an invisible user looks offline")?;
    seen.equals("/0/show", "unavailable", "an invisible user looks offline")?;
    seen.must(!seen.text.contains("a secret"), "what an invisible user writes is for the user's own pages")?;
    let online = go_online(&alice, &[])?;
    let seen = online.answer.entry("/buddies", world.id("bob"), "a friend")?;
    online.answer.must(seen["presence"] == "offline", "an invisible user looks offline")?;
    online.answer.must(!online.answer.text.contains("a secret"), "and so does the status")?;
    let sent = alice.post("message", &[("to", world.id("bob")), ("body", "are you there?"), ("cid", "1")])?;
    sent.fits("message")?;
    sent.must(
        sent.json["arrived"] != true && !sent.text.contains("delivered"),
        "the answer to a message does not say that an invisible user got it",
    )
}

fn endpoints(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&alice, &[])?;
    go_online(&bob, &[])?;
    world.puppet.forget();
    alice.post("block", &[("id", world.id("bob"))])?.is_ok()?;
    let call = world.puppet.one("/buddies/remove", "block", "a block unlinks the two")?;
    let two = [call.get("name").to_owned(), call.get("buddies").to_owned()];
    let holds = two.contains(&world.id("alice").to_owned()) && two.contains(&world.id("bob").to_owned());
    world.puppet.must(holds, "block", "name and buddies are the two users")?;
    let refused = bob.post("message", &[("to", world.id("alice")), ("body", "x")])?;
    refused.refuses(403, "a block refuses messages both ways")?;
    let seen = alice.get("buddies", &[("ids", world.id("bob"))])?;
    seen.equals("/0/presence", "offline", "neither sees the other's presence")?;
    seen.equals("/0/blocked", true, "the user's own block is marked")?;
    alice.post("unblock", &[("id", world.id("bob"))])?.is_ok()?;
    let seen = alice.get("buddies", &[("ids", world.id("bob"))])?;
    seen.equals("/0/presence", "online", "the block is lifted")?;
    send(&bob, world.id("alice"), "thanks").map(drop)
}

fn only_others(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    for endpoint in ["block", "unblock"] {
        world.guest().post(endpoint, &[("id", world.id("bob"))])?.refuses(401, "nobody is logged in")?;
        let evil = [("Origin", "http://evil.example")];
        let forged = alice.post_from(endpoint, &[("id", world.id("bob"))], &evil)?;
        forged.refuses(403, "a page of another site changes nothing")?;
        for id in [world.id("alice"), "no-such-user"] {
            alice.post(endpoint, &[("id", id)])?.refuses(404, "another user")?;
        }
        alice.post(endpoint, &[])?.refuses(400, "id is missing")?;
    }
    Ok(())
}

fn unfriended(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&alice, &[])?;
    go_online(&bob, &[])?;
    world.puppet.forget();
    world.host("unfriend", &[("one", "alice"), ("other", "bob")])?;
    let call = world.puppet.one(
        "/buddies/remove",
        "the end of a friendship",
        "neither gets the other's presence",
    )?;
    let two = [call.get("name").to_owned(), call.get("buddies").to_owned()];
    let holds = two.contains(&world.id("alice").to_owned()) && two.contains(&world.id("bob").to_owned());
    world.puppet.must(holds, "the end of a friendship", "name and buddies are the two users")?;
    let page = go_online(&alice, &[])?;
    let contacts = page.answer.each("/buddies", "id");
    page.answer.must(!contacts.contains(&world.id("bob").to_owned()), "the other is no contact any more")
}
