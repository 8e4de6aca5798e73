//! Histories: paged, cleared, downloaded.
//!
//! Owns: what a user may read of a conversation. Must not: judge `online`.

use serde_json::json;

use super::case::{Case, case, offered};
use crate::answer::Answer;
use crate::failure::Verdict;
use crate::visitor::Visitor;
use crate::world::{World, go_online, send, send_room};

pub(super) const CASES: &[Case] = &[
    case("history: thirty lines, and older ones before a time", paged),
    case("history: a room's lines are paged, too", room_paged),
    case("history: what the user has not been given is not in it", undelivered),
    case("history: clearing changes one side", cleared),
    case("history: what waits for a user is not cleared", waiting),
    case("history: a room is cleared for one member", room_cleared),
    case("history: a stranger's id is no history", unknown),
    offered("history: a download is a file of escaped text", &["download"], downloaded),
];

fn read(by: &Visitor, other: &str, before: &str) -> Verdict<Answer> {
    let answer = by.get("history", &[("type", "unicast"), ("id", other), ("before", before)])?;
    answer.is(200, "one's own conversation")?;
    answer.fits("lines")?;
    Ok(answer)
}

fn bodies(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("m{number}")).collect()
}

fn first_time(answer: &Answer) -> String {
    answer.at("/0/timestamp").to_string()
}

fn paged(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    for number in 0..36 {
        let (by, to) = if number % 2 == 0 { (&alice, "bob") } else { (&bob, "alice") };
        send(by, world.id(to), &format!("m{number}"))?;
    }
    go_online(&alice, &[])?;
    let newest = read(&alice, world.id("bob"), "undefined")?;
    newest.must(newest.each("", "body") == bodies(6..36), "the last 30, the oldest first")?;
    let older = read(&alice, world.id("bob"), &first_time(&newest))?;
    older.must(older.each("", "body") == bodies(0..6), "before: the lines before that time, in ms")?;
    let none = read(&alice, world.id("bob"), &first_time(&older))?;
    none.must(none.json == json!([]), "before the first line there are none")
}

fn room_paged(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let room = world.room("walkers");
    for number in 0..34 {
        send_room(if number % 2 == 0 { &alice } else { &bob }, room, &format!("m{number}"))?;
    }
    for kind in ["multicast", "grpchat"] {
        let newest = alice.get("history", &[("type", kind), ("id", room)])?;
        newest.fits("lines")?;
        newest.must(newest.each("", "body") == bodies(4..34), "the last 30, the oldest first")?;
        let before = first_time(&newest);
        let older = alice.get("history", &[("type", kind), ("id", room), ("before", &before)])?;
        older.must(older.each("", "body") == bodies(0..4), "before: the lines before that time")?;
    }
    Ok(())
}

fn undelivered(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    send(&alice, world.id("bob"), "not given yet")?;
    let own = read(&alice, world.id("bob"), "")?;
    own.must(own.each("", "body") == ["not given yet"], "the sender has it in the history")?;
    let other = read(&bob, world.id("alice"), "")?;
    other
        .must(other.json == json!([]), "the receiver gets it by online first: else it would be seen twice")?;
    go_online(&bob, &[])?;
    let other = read(&bob, world.id("alice"), "")?;
    other.must(other.each("", "body") == ["not given yet"], "then it is in the history")
}

fn cleared(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&alice, &[])?;
    send(&bob, world.id("alice"), "one")?;
    send(&alice, world.id("bob"), "two")?;
    go_online(&bob, &[])?;
    alice.post("clear_history", &[("type", "unicast"), ("id", world.id("bob"))])?.is_ok()?;
    let own = read(&alice, world.id("bob"), "")?;
    own.must(own.json == json!([]), "it is cleared for this user")?;
    let other = read(&bob, world.id("alice"), "")?;
    other.must(other.each("", "body") == ["one", "two"], "and for this user alone")?;
    send(&bob, world.id("alice"), "three")?;
    bob.post("clear_history", &[("type", "unicast"), ("id", world.id("alice"))])?.is_ok()?;
    let own = read(&alice, world.id("bob"), "")?;
    own.must(own.each("", "body") == ["three"], "what came after is there")
}

fn waiting(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    send(&alice, world.id("bob"), "not seen")?;
    bob.post("clear_history", &[("type", "unicast"), ("id", world.id("alice"))])?.is_ok()?;
    alice.post("clear_history", &[("type", "unicast"), ("id", world.id("bob"))])?.is_ok()?;
    let page = go_online(&bob, &[])?;
    page.answer.must(page.missed() == ["not seen"], "who clears a history has not seen what still waits")
}

fn room_cleared(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let room = world.room("walkers");
    send_room(&bob, room, "one")?;
    alice.post("clear_history", &[("type", "multicast"), ("id", room)])?.is_ok()?;
    let read = |by: &Visitor| by.get("history", &[("type", "multicast"), ("id", room)]);
    let own = read(&alice)?;
    own.must(own.json == json!([]), "it is cleared for this member")?;
    let other = read(&bob)?;
    other.must(other.each("", "body") == ["one"], "and for this member alone")?;
    send_room(&bob, room, "two")?;
    let own = read(&alice)?;
    own.must(own.each("", "body") == ["two"], "what came after is there")
}

fn unknown(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    for id in ["no-such-user", "0", "-1", "1 OR 1=1"] {
        let answer = alice.get("history", &[("type", "unicast"), ("id", id)])?;
        answer.refuses(404, "there is no such user")?;
        alice
            .post("clear_history", &[("type", "unicast"), ("id", id)])?
            .refuses(404, "there is no such user")?;
    }
    Ok(())
}

fn downloaded(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&alice, &[])?;
    send(&bob, world.id("alice"), "<script>alert(1)</script> & \"more\"")?;
    send(&alice, world.id("bob"), "你好")?;
    let file = alice.get("download_history", &[("type", "unicast"), ("id", world.id("bob"))])?;
    file.is(200, "one's own conversation")?;
    let disposition = file.header("content-disposition");
    file.must(disposition.starts_with("attachment"), "Content-Disposition: attachment")?;
    file.must(disposition.contains("histories-"), "the name is histories-<date>.html")?;
    file.must(file.header("content-type").starts_with("text/html"), "Content-Type: text/html")?;
    file.must(file.header("x-content-type-options") == "nosniff", "X-Content-Type-Options: nosniff")?;
    file.must(file.text.contains("alert(1)") && file.text.contains("你好"), "it has the lines")?;
    file.must(!file.text.contains("<script>alert"), "escaped: what users write is never markup")?;
    let room = alice.get("download_history", &[("type", "multicast"), ("id", world.room("secret"))])?;
    room.refuses(404, "a room of others looks like none")?;
    world
        .guest()
        .get("download_history", &[("type", "unicast"), ("id", world.id("bob"))])?
        .refuses(401, "nobody")
}
