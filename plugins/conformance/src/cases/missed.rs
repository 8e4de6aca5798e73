//! What a page has missed: `since`, `more`, `missed`, and which lines are new.
//!
//! Owns: the choice and order of these lines. Must not: judge histories.

use super::case::{Case, case, offered};
use crate::answer::Answer;
use crate::failure::Verdict;
use crate::visitor::Visitor;
use crate::world::{World, go_online, send, send_room};

pub(super) const CASES: &[Case] = &[
    case("missed: since brings what came after a line", since),
    case("missed: lines before since are repeated", repeated),
    case("missed: a line is new to who has not seen it", new_lines),
    case("missed: a since that is no number is none", odd_since),
    case("missed: what is cleared is not repeated", cleared),
    offered("missed: undelivered messages come fifty at a time", &["fill"], fifty),
    offered("missed: more than fits in one answer comes in parts", &["fill"], parts),
];

/// The bodies of the lines that are new.
fn news(answer: &Answer) -> Vec<String> {
    let lines = answer.at("/new_messages").as_array().into_iter().flatten();
    let new = lines.filter(|line| line["new"] == true);
    new.map(|line| line["body"].as_str().unwrap_or_default().to_owned()).collect()
}

fn missed(by: &Visitor, since: &str) -> Verdict<Answer> {
    let answer = by.post("missed", &[("since", since)])?;
    answer.is(200, "the messages after that id")?;
    answer.fits("missed")?;
    Ok(answer)
}

fn since(world: &World) -> Verdict {
    let (alice, bob, carol) = (world.log_in("alice")?, world.log_in("bob")?, world.log_in("carol")?);
    let seen = send(&bob, world.id("alice"), "seen")?;
    send_room(&bob, world.room("secret"), "of another room")?;
    send(&carol, world.id("alice"), "of carol")?;
    send_room(&bob, world.room("walkers"), "to the room")?;
    send(&alice, world.id("carol"), "of the user's other page")?;
    let expected = ["of carol", "to the room", "of the user's other page"];
    for again in ["first", "after a lost answer"] {
        let page = go_online(&alice, &[("since", &seen)])?;
        let bodies = page.missed();
        let after: Vec<&String> = bodies.iter().skip_while(|body| *body != "seen").skip(1).collect();
        page.answer.must(
            after == expected,
            &format!("all messages to and from the user, in the user's rooms and to all, after since, in order ({again})"),
        )?;
    }
    let answer = missed(&alice, &seen)?;
    let bodies = answer.each("/new_messages", "body");
    let after: Vec<&String> = bodies.iter().skip_while(|body| *body != "seen").skip(1).collect();
    answer.must(after == expected, "missed answers the same")
}

fn repeated(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let mut last = String::new();
    for number in 0..15 {
        let (by, to) = if number % 2 == 0 { (&bob, "alice") } else { (&alice, "bob") };
        last = send(by, world.id(to), &format!("m{number}"))?;
    }
    go_online(&alice, &[])?;
    let page = go_online(&alice, &[("since", &last)])?;
    let expected: Vec<String> = (0..15).map(|number| format!("m{number}")).collect();
    page.answer.must(
        page.missed() == expected,
        "the 20 lines up to since come again: two messages may overtake one another on their way",
    )?;
    page.answer.must(news(&page.answer).is_empty(), "what was handed over is not new")
}

fn new_lines(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let first = send(&bob, world.id("alice"), "waited")?;
    let page = go_online(&alice, &[("since", "0")])?;
    page.answer.must(news(&page.answer) == ["waited"], "an undelivered message is new")?;
    send(&bob, world.id("alice"), "given to the other page")?;
    send(&alice, world.id("bob"), "the user's own")?;
    send_room(&bob, world.room("walkers"), "to the room")?;
    send_room(&alice, world.room("walkers"), "the user's own to the room")?;
    for answer in [go_online(&alice, &[("since", &first)])?.answer, missed(&alice, &first)?] {
        answer.must(
            news(&answer) == ["to the room"],
            "new: a message to a room after since. Not new: one's own, and what another page was given",
        )?;
    }
    let history = alice.get("history", &[("type", "unicast"), ("id", world.id("bob"))])?;
    history.must(!history.text.contains("\"new\""), "a history has no marks")
}

fn odd_since(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    send(&bob, world.id("alice"), "waits")?;
    for odd in ["x", "1 OR 1=1", "9999999999999999999999", "-1", "1e3", ""] {
        let page = alice.post("online", &[("since", odd)])?;
        page.is(200, "a since that is no id is passed over")?;
        page.fits("online")?;
    }
    Ok(())
}

fn cleared(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&alice, &[])?;
    send(&bob, world.id("alice"), "gone")?;
    send_room(&bob, world.room("walkers"), "gone from the room")?;
    alice.post("clear_history", &[("type", "unicast"), ("id", world.id("bob"))])?.is_ok()?;
    alice.post("clear_history", &[("type", "multicast"), ("id", world.room("walkers"))])?.is_ok()?;
    send(&bob, world.id("alice"), "later")?;
    let page = go_online(&alice, &[("since", "0")])?;
    page.answer.must(page.missed() == ["later"], "cleared lines come no more")
}

fn fill(world: &World, count: usize) -> Verdict {
    let count = count.to_string();
    world.host("fill", &[("one", "bob"), ("to", "alice"), ("type", "unicast"), ("count", &count)])
}

fn bodies(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("m{number}")).collect()
}

fn fifty(world: &World) -> Verdict {
    fill(world, 51)?;
    let alice = world.log_in("alice")?;
    for expected in [bodies(0..50), bodies(50..51), Vec::new()] {
        let page = go_online(&alice, &[])?;
        let contract =
            "50 undelivered messages in one answer, the oldest first; the rest with the next online";
        page.answer.must(page.missed() == expected, contract)?;
    }
    Ok(())
}

fn parts(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let seen = send(&alice, world.id("bob"), "seen")?;
    fill(world, 620)?;
    let mut answer = go_online(&alice, &[("since", &seen)])?.answer;
    answer.must(answer.at("/more").is_string(), "more, if these are too many for one answer")?;
    let mut came: Vec<String> = Vec::new();
    for _ in 0..50 {
        let rows = answer.each("/new_messages", "body").into_iter().filter(|body| body.starts_with('m'));
        for body in rows.collect::<Vec<_>>() {
            if !came.contains(&body) {
                came.push(body);
            }
        }
        let Some(more) = answer.at("/more").as_str().map(str::to_owned) else { break };
        let last = answer.each("/new_messages", "id").pop().unwrap_or_default();
        answer.must(last == more, "more is the id of the last line of the answer")?;
        answer = missed(&alice, &more)?;
    }
    answer.must(answer.at("/more").is_null(), "until there is no more")?;
    answer.must(came == bodies(0..620), "all of them, the oldest first")?;
    let again = go_online(&alice, &[])?;
    again.answer.must(again.missed().is_empty(), "what was handed over is delivered")
}
