//! `online`: its seven steps, as the message server sees them, and what may happen between them.
//!
//! Owns: the order of the steps. Must not: judge the shape of the answer; `shapes` does.

use serde_json::json;

use super::case::{Case, case, offered};
use crate::failure::Verdict;
use crate::puppet::Act;
use crate::world::{World, go_online, send, send_room};

pub(super) const CASES: &[Case] = &[
    case("online: the message server gets the user, the contacts and the rooms", what_is_called),
    case("online: a session ends with the log-in", session_ends),
    offered("online: a session ends with a log-in that is about to end", &["shorten"], about_to_end),
    case("online: every contact has a presence", every_presence),
    offered("online: missed messages come once, with their senders as contacts", &["strangers"], missed_once),
    case("online: open chats have their histories", open_chats),
    case("online: a message stored meanwhile is not lost", stored_meanwhile),
    case("online: what the message server refuses stays undelivered", failure_keeps),
    case("online: what is cut off stays undelivered or comes again", cut_answer),
    case("online: a show is passed on, and none is left to the message server", shows),
    case("online: session rights are those at its end", room_left_meanwhile),
    offered("online: a block set meanwhile unlinks the two", &["block"], blocked_meanwhile),
    offered("online: a ban meanwhile ends the session", &["ban"], banned_meanwhile),
    offered(
        "online: a membership that ended meanwhile is taken from the session",
        &["leave"],
        left_meanwhile,
    ),
    offered("online: a status of its own is kept", &["status_text"], statuses),
];

fn what_is_called(world: &World) -> Verdict {
    send(&world.log_in("bob")?, world.id("alice"), "missed")?;
    world.puppet.forget();
    go_online(&world.log_in("alice")?, &[("show", "away"), ("status", "tea"), ("version", "6")])?;
    let call = world.puppet.one("/presences/online", "online", "one session is opened for one page")?;
    let must = |holds: bool, contract: &str| world.puppet.must(holds, "online", contract);
    must(call.get("name") == world.id("alice"), "name is the user's id")?;
    must(call.get("nick") == world.nick("alice"), "nick is the display name")?;
    must(call.get("show") == "away" && call.get("status") == "tea", "show and status are passed on")?;
    must(call.get("version") == "6", "version=6: later shapes than those of the white papers")?;
    let mut buddies = call.list("buddies");
    buddies.sort();
    let mut expected = vec![world.id("bob"), world.id("carol")];
    expected.sort_unstable();
    must(buddies == expected, "buddies are the friends: no stranger, and nobody blocked either way")?;
    must(call.list("rooms").contains(&world.room("walkers").to_owned()), "rooms are the user's rooms")?;
    must(!call.list("rooms").contains(&world.room("secret").to_owned()), "and no others")
}

fn session_ends(world: &World) -> Verdict {
    for version in ["", "6"] {
        world.puppet.forget();
        go_online(&world.log_in("alice")?, &[("version", version)])?;
        let call = world.puppet.one("/presences/online", "online", "one session is opened for one page")?;
        let seconds = call.get("expires").parse::<u32>();
        world.puppet.must(
            seconds.is_ok_and(|seconds| (60..=3_600).contains(&seconds)),
            "online",
            "expires is what is left of the log-in in seconds, at least 60 and at most an hour",
        )?;
    }
    Ok(())
}

fn about_to_end(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    for (left, least, most) in [("1000", 900, 1_000), ("50", 60, 60)] {
        world.host("shorten", &[("one", "alice"), ("seconds", left)])?;
        world.puppet.forget();
        go_online(&alice, &[])?;
        let call = world.puppet.one("/presences/online", "online", "one session")?;
        let seconds = call.get("expires").parse::<u32>();
        world.puppet.must(
            seconds.is_ok_and(|seconds| (least..=most).contains(&seconds)),
            &format!("online, {left} seconds before the log-in ends"),
            "expires is what is left of the log-in in seconds, at least 60",
        )?;
    }
    Ok(())
}

fn every_presence(world: &World) -> Verdict {
    world.enter("bob", "dnd", &[]);
    let page = go_online(&world.log_in("alice")?, &[("buddy_ids", world.id("dave"))])?;
    let answer = &page.answer;
    let bob = answer.entry("/buddies", world.id("bob"), "a friend")?;
    answer.must(
        bob["presence"] == "online" && bob["show"] == "dnd",
        "a contact in the message server's answer is online, with its show",
    )?;
    let carol = answer.entry("/buddies", world.id("carol"), "a friend")?;
    answer.must(
        carol["presence"] == "offline" && carol["show"] == "unavailable",
        "every other contact is offline and unavailable: older front ends take a missing presence for online",
    )?;
    let dave = answer.entry("/buddies", world.id("dave"), "the other user of an open chat is a contact")?;
    answer.must(dave["presence"] == "offline" && dave["group"] == "stranger", "a stranger, offline")?;
    let online = answer.at("/buddy_online_ids");
    answer
        .must(online.is_null() || online == world.id("bob"), "buddy_online_ids are those online, with commas")
}

fn missed_once(world: &World) -> Verdict {
    let dave = world.log_in("dave")?;
    let id = send(&dave, world.id("alice"), "hello?")?;
    let alice = world.log_in("alice")?;
    world.puppet.forget();
    let page = go_online(&alice, &[])?;
    page.answer.must(page.missed() == ["hello?"], "undelivered messages come with online")?;
    page.answer.equals("/new_messages/0/id", id, "with the id that the sender got")?;
    page.answer.equals("/new_messages/0/from", world.id("dave"), "with their sender")?;
    page.answer.equals("/new_messages/0/new", true, "the user has not seen it")?;
    let sender = page.answer.entry("/buddies", world.id("dave"), "the sender is a contact")?;
    page.answer.must(sender["group"] == "stranger", "who is no friend")?;
    let is_twice = !crate::answer::texts(&sender["history"], "body").is_empty();
    page.answer.must(!is_twice, "a missed message is not in the history as well")?;
    let call = world.puppet.one("/presences/online", "online", "one session")?;
    let named = call.list("buddies").contains(&world.id("dave").to_owned());
    world.puppet.must(
        named,
        "online",
        "senders of missed messages are among the buddies: step 3 before step 4",
    )?;
    let again = go_online(&alice, &[])?;
    again.answer.equals("/new_messages", json!([]), "what was handed over is delivered, and comes once")
}

fn open_chats(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&alice, &[])?;
    send(&bob, world.id("alice"), "one")?;
    send(&alice, world.id("bob"), "two")?;
    send_room(&bob, world.room("walkers"), "to all")?;
    let ids = world.ids(&["bob", "dave"]);
    let page = go_online(&alice, &[("buddy_ids", &ids), ("room_ids", world.room("walkers"))])?;
    let answer = &page.answer;
    let bob = answer.entry("/buddies", world.id("bob"), "a friend")?;
    answer.must(
        crate::answer::texts(&bob["history"], "body") == ["one", "two"],
        "an open chat has its last 30 lines, the oldest first",
    )?;
    let dave = answer.entry("/buddies", world.id("dave"), "an open chat")?;
    answer.must(dave["history"] == json!([]), "an open chat without lines has an empty history")?;
    let carol = answer.entry("/buddies", world.id("carol"), "a friend")?;
    answer.must(carol["history"].is_null(), "a chat that is not open has none")?;
    let room = format!("/rooms/{}/history/0/body", world.room("walkers"));
    answer.equals(&room, "to all", "an open room has its last 30 lines")
}

fn stored_meanwhile(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let seen = send(&bob, world.id("alice"), "seen")?;
    go_online(&alice, &[])?.post("offline", &[])?.is_ok()?;
    let (to, room) = (world.id("alice").to_owned(), world.room("walkers").to_owned());
    world.puppet.hook("/presences/online", move |_| {
        // If these fail, the messages are not in the answer.
        send(&bob, &to, "in between").ok();
        send_room(&bob, &room, "to all in between").ok();
        Act::Answer
    });
    let page = go_online(&alice, &[("since", &seen)])?;
    page.answer.must(
        page.missed().ends_with(&["in between".to_owned(), "to all in between".to_owned()]),
        "step 2 once more after step 4: what came between them was pushed to no page",
    )?;
    page.answer.entry("/buddies", world.id("bob"), "its sender is a contact").map(drop)
}

fn failure_keeps(world: &World) -> Verdict {
    send(&world.log_in("bob")?, world.id("alice"), "kept")?;
    let alice = world.log_in("alice")?;
    for (act, msg) in [
        (Act::Refuse(503, "too many"), "IM Server Not Found"),
        (Act::Cut, "IM Server Not Found"),
        (Act::Refuse(404, "not found"), "IM Server Not Found"),
        (Act::Refuse(401, "authentication failed"), "IM Server Not Authorized"),
    ] {
        world.puppet.always(act);
        let answer = alice.post("online", &[])?;
        answer.is(200, "the site works without the message server")?;
        answer.fits("failure")?;
        answer.equals("/error_msg", msg, &format!("the message server: {act:?}"))?;
    }
    world.puppet.always(Act::Answer);
    let page = go_online(&alice, &[])?;
    page.answer.must(page.missed() == ["kept"], "step 7 comes last: nothing was marked as delivered")
}

fn cut_answer(world: &World) -> Verdict {
    send(&world.log_in("bob")?, world.id("alice"), "kept")?;
    let alice = world.log_in("alice")?;
    world.puppet.always(Act::CutAnswer);
    let answer = alice.post("online", &[])?;
    answer.equals("/error_msg", "IM Server Not Found", "an answer that is cut off is none")?;
    world.puppet.always(Act::Answer);
    let page = go_online(&alice, &[])?;
    page.answer.must(page.missed() == ["kept"], "nothing was marked as delivered")
}

fn shows(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    go_online(&alice, &[])?;
    let call = world.puppet.one("/presences/online", "online without show", "one session")?;
    let none = call.get("show").is_empty() || call.get("show") == "available";
    world.puppet.must(none, "online without show", "none, or available")?;
    world.puppet.forget();
    let page = go_online(&alice, &[("show", "invisible")])?;
    page.answer.equals("/user/show", "invisible", "the user's own page shows it")?;
    let call = world.puppet.one("/presences/online", "online, invisible", "one session")?;
    world.puppet.must(call.get("show") == "invisible", "online, invisible", "it is passed on")
}

fn room_left_meanwhile(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let (browser, room) = (alice.clone(), world.room("walkers").to_owned());
    world.puppet.hook("/presences/online", move |_| {
        browser.post("leave", &[("id", &room)]).ok();
        Act::Answer
    });
    let page = go_online(&alice, &[])?;
    let rooms = world.puppet.rooms_of(&page.ticket);
    world.puppet.must(
        !rooms.contains(&world.room("walkers").to_owned()),
        "a room left while a page goes online",
        "the session was opened with the room, and is taken out of it: /room/leave",
    )
}

fn blocked_meanwhile(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let (browser, id) = (bob, world.id("alice").to_owned());
    world.puppet.hook("/presences/online", move |_| {
        browser.post("block", &[("id", &id)]).ok();
        Act::Answer
    });
    go_online(&alice, &[])?;
    let paths = world.puppet.paths();
    let opened = paths.iter().position(|path| path == "/presences/online");
    let unlinked = paths.iter().rposition(|path| path == "/buddies/remove");
    // The call of the block came before the session was there.
    let calls = world.puppet.calls("/buddies/remove").len();
    world.puppet.must(
        unlinked > opened && calls >= 2,
        "a block while a page goes online",
        "the session was opened with the link; at its end the site looks again, and unlinks: /buddies/remove",
    )
}

/// The last check: the user is still who and where the user was.
fn banned_meanwhile(world: &World) -> Verdict {
    let bob = world.log_in("bob")?;
    let inner = world.clone();
    world.puppet.hook("/presences/online", move |_| {
        inner.host("ban", &[("one", "bob")]).ok();
        Act::Answer
    });
    let answer = bob.post("online", &[])?;
    answer.shuts_out()?;
    let sessions = world.puppet.calls("/presences/offline");
    world.puppet.must(
        !sessions.is_empty() && !world.puppet.is_online(world.id("bob")),
        "a ban while a page goes online",
        "no page has the ticket, so the session is ended",
    )
}

fn left_meanwhile(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let inner = world.clone();
    world.puppet.hook("/presences/online", move |_| {
        inner.host("leave", &[("one", "alice"), ("room", "walkers")]).ok();
        Act::Answer
    });
    let page = go_online(&alice, &[])?;
    let rooms = world.puppet.rooms_of(&page.ticket);
    world.puppet.must(
        !rooms.contains(&world.room("walkers").to_owned()),
        "a membership that ends while a page goes online",
        "the session was opened with the room, and is taken out of it: /room/leave",
    )
}

fn statuses(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[("status", "at home")])?;
    let status = |params: &[(&str, &str)]| -> Verdict<String> {
        Ok(go_online(&alice, params)?.answer.text_at("/user/status").to_owned())
    };
    let kept = status(&[])?;
    page.answer.must(kept == "at home", "without status, the last one goes on")?;
    let cleared = status(&[("status", "")])?;
    page.answer.must(cleared.is_empty(), "an empty status clears it")
}
