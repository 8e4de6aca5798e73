//! Rooms: open to their members only, left and joined in the chat, and changed at the site.
//!
//! Owns: who is in a room, here and at the message server. Must not: judge messages to rooms; `messages` does.

use serde_json::json;

use super::case::{Case, case, offered};
use crate::failure::Verdict;
use crate::puppet::Act;
use crate::world::{World, go_online, send_room};

pub(super) const CASES: &[Case] = &[
    case("rooms: a room of others looks like none", hidden),
    case("rooms: rooms are the user's own", own),
    case("rooms: members are those who are online", members),
    case("rooms: leave and join are kept", left_and_joined),
    case("rooms: the messages of a room that was left do not come", quiet),
    case("rooms: join and leave without the message server are kept", without_server),
    offered("rooms: a new member gets the room's messages at once", &["join"], joined_at_site),
    offered("rooms: a former member gets none from then on", &["leave"], left_at_site),
    offered("rooms: a member who is removed while joining is not in it", &["leave"], removed_meanwhile),
];

fn hidden(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    go_online(&alice, &[])?;
    world.puppet.forget();
    for id in [world.room("secret"), "no-such-room", "999999", "-1"] {
        let contract = "a room of others looks like one that does not exist";
        for endpoint in ["join", "leave"] {
            alice.post(endpoint, &[("id", id)])?.refuses(404, contract)?;
        }
        alice.get("members", &[("id", id)])?.refuses(404, contract)?;
        let params = [("type", "multicast"), ("id", id)];
        alice.get("history", &params)?.refuses(404, contract)?;
        alice.post("clear_history", &params)?.refuses(404, contract)?;
        alice.post("message", &[("type", "multicast"), ("to", id), ("body", "x")])?.refuses(404, contract)?;
        let found = alice.get("rooms", &[("ids", id)])?;
        found.must(found.json == json!([]), contract)?;
    }
    world.puppet.must(world.puppet.paths().is_empty(), "rooms of others", "no call is made for them")?;
    let ids = format!("{},{}", world.room("walkers"), world.room("secret"));
    alice.get("members", &[("ids", &ids)])?.refuses(404, "nor do members of it come with others")?;
    let page = go_online(&alice, &[("room_ids", world.room("secret"))])?;
    page.answer
        .must(page.answer.at(&format!("/rooms/{}", world.room("secret"))).is_null(), "nor is it in online")
}

fn own(world: &World) -> Verdict {
    world.enter("bob", "available", &["walkers"]);
    let alice = world.log_in("alice")?;
    for params in [&[][..], &[("ids", world.room("walkers"))], &[("ids", "undefined")]] {
        let found = alice.get("rooms", params)?;
        found.fits("rooms")?;
        found.must(found.each("", "id").contains(&world.room("walkers").to_owned()), "the user's rooms")?;
    }
    let found = alice.get("rooms", &[("ids", world.room("walkers"))])?;
    found.equals("/0/count", 1, "count is how many are online")?;
    found.equals("/0/all_count", 2, "all_count is how many members there are")?;
    found.equals("/0/blocked", false, "the user has not left it")
}

fn members(world: &World) -> Verdict {
    world.enter("bob", "available", &["walkers"]);
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[])?;
    let params = [("id", world.room("walkers")), ("ticket", &*page.ticket)];
    let found = alice.get("members", &params)?;
    found.fits("members")?;
    let mut ids = found.each("", "id");
    ids.sort();
    let mut expected = [world.id("alice"), world.id("bob")];
    expected.sort_unstable();
    found.must(ids == expected, "the members who are online, by the message server")?;
    let bob = found.entry("", world.id("bob"), "a member")?;
    found.must(bob["nick"] == world.nick("bob"), "with the display name")
}

fn left_and_joined(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[])?;
    let room = world.room("walkers");
    world.puppet.forget();
    page.post("leave", &[("id", room), ("name", "whatever")])?.is_ok()?;
    let call = world.puppet.one("/room/leave", "leave", "the user's sessions leave the room")?;
    let is_user = |name: &str| name == world.id("alice");
    let names_user = call.get("ticket") == page.ticket || is_user(call.get("name"));
    world.puppet.must(names_user && call.get("room") == room, "leave", "room, and ticket or name")?;
    let again = go_online(&alice, &[])?;
    again.answer.equals(
        &format!("/rooms/{room}/blocked"),
        true,
        "the choice is kept, and the room is listed",
    )?;
    again.answer.equals("/setting/blocked_rooms", json!([room]), "it is the setting blocked_rooms")?;
    alice.get("rooms", &[("ids", room)])?.equals("/0/blocked", true, "and so says rooms")?;
    again
        .answer
        .must(!world.puppet.rooms_of(&again.ticket).contains(&room.to_owned()), "the session is not in it")?;
    world.puppet.forget();
    let joined = again.post("join", &[("id", room), ("name", "whatever")])?;
    joined.fits("room")?;
    joined.equals("/blocked", false, "the user is in it again")?;
    joined.equals("/count", 1, "with the new count of the message server")?;
    world.puppet.one("/room/join", "join", "the user's sessions enter the room")?;
    let page = go_online(&alice, &[])?;
    page.answer.equals(&format!("/rooms/{room}/blocked"), false, "the choice is kept")?;
    page.answer.must(world.puppet.rooms_of(&page.ticket).contains(&room.to_owned()), "the session is in it")
}

fn quiet(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let room = world.room("walkers");
    alice.post("leave", &[("id", room)])?.is_ok()?;
    send_room(&bob, room, "unheard")?;
    let page = go_online(&alice, &[("since", "0"), ("room_ids", room)])?;
    page.answer.must(!page.answer.text.contains("unheard"), "neither as missed nor as a history")?;
    alice.post("join", &[("id", room)])?.fits("room")?;
    let page = go_online(&alice, &[("room_ids", room)])?;
    page.answer.equals(
        &format!("/rooms/{room}/history/0/body"),
        "unheard",
        "they are there when the user is back",
    )
}

fn without_server(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let room = world.room("walkers");
    world.puppet.always(Act::Cut);
    alice.post("leave", &[("id", room)])?.is_ok()?;
    world.puppet.always(Act::Answer);
    let page = go_online(&alice, &[])?;
    page.answer.equals(
        &format!("/rooms/{room}/blocked"),
        true,
        "it takes effect when a page next goes online",
    )?;
    world.puppet.always(Act::Cut);
    alice.post("join", &[("id", room)])?.fits("room")?;
    world.puppet.always(Act::Answer);
    let page = go_online(&alice, &[])?;
    page.answer.equals(
        &format!("/rooms/{room}/blocked"),
        false,
        "it takes effect when a page next goes online",
    )
}

fn joined_at_site(world: &World) -> Verdict {
    let dave = world.log_in("dave")?;
    let page = go_online(&dave, &[])?;
    world.puppet.forget();
    world.host("join", &[("one", "dave"), ("room", "walkers")])?;
    let is_in = world.puppet.rooms_of(&page.ticket).contains(&world.room("walkers").to_owned());
    world.puppet.must(is_in, "a new member who is online", "/room/join with name")?;
    send_room(&dave, world.room("walkers"), "hello all").map(drop)
}

fn left_at_site(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[])?;
    world.puppet.forget();
    world.host("leave", &[("one", "alice"), ("room", "walkers")])?;
    let is_in = world.puppet.rooms_of(&page.ticket).contains(&world.room("walkers").to_owned());
    world.puppet.must(!is_in, "a member who leaves", "/room/leave with name")?;
    let refused =
        alice.post("message", &[("type", "multicast"), ("to", world.room("walkers")), ("body", "x")])?;
    refused.refuses(404, "a room of others looks like none")?;
    let page = go_online(&alice, &[("since", "0")])?;
    page.answer.must(
        page.answer.at(&format!("/rooms/{}", world.room("walkers"))).is_null(),
        "it is no room of the user",
    )
}

fn removed_meanwhile(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[])?;
    page.post("leave", &[("id", world.room("walkers"))])?.is_ok()?;
    let inner = world.clone();
    world.puppet.hook("/room/join", move |_| {
        inner.host("leave", &[("one", "alice"), ("room", "walkers")]).ok();
        Act::Answer
    });
    let answer = page.post("join", &[("id", world.room("walkers"))])?;
    answer.refuses(404, "after the call the site looks once more whether the user is a member")?;
    let is_in = world.puppet.rooms_of(&page.ticket).contains(&world.room("walkers").to_owned());
    world.puppet.must(
        !is_in,
        "a member removed while joining",
        "the sessions are taken out again: /room/leave",
    )
}
