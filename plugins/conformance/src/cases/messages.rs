//! `message`: the right to write, store first and then push, and one row for one cid.
//!
//! Owns: what is stored and pushed. Must not: judge what comes back; `undelivered` does.

use std::thread;

use serde_json::Value;

use super::case::{Case, case, offered};
use crate::failure::{Failure, Verdict};
use crate::puppet::Act;
use crate::world::{World, go_online, send, send_room};

pub(super) const CASES: &[Case] = &[
    case("messages: a push has the row's id and time", push_has_all),
    case("messages: a message is stored before it is pushed", stored_first),
    case("messages: what is accepted is stored, whatever the push does", stored_whatever),
    case("messages: delivered is what the message server says", delivered),
    case("messages: one cid is one message", one_cid),
    case("messages: one cid at once is one message", one_cid_at_once),
    case("messages: only the sender gets the cid back", cid_for_sender),
    case("messages: a session that ended is pushed for by name", without_session),
    case("messages: bodies are checked", bodies),
    case("messages: only some receivers are allowed", receivers),
    case("messages: a room gets the messages of its members", rooms),
    case("messages: styles are those of the list", styles),
    case("messages: ids and times grow", order),
    offered("messages: an administrator writes to everybody", &["broadcast"], broadcast),
    offered("messages: a broadcast that failed is pushed by its retry", &["broadcast"], broadcast_again),
    offered("messages: strangers may write", &["strangers"], strangers),
];

fn push_has_all(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[])?;
    let params = [("type", "unicast"), ("to", world.id("bob")), ("body", "<b>hi</b> 你好"), ("cid", "c1")];
    let answer = page.post("message", &params)?;
    answer.fits("message")?;
    let call = world.puppet.one("/messages", "a message", "a message is pushed once")?;
    let must = |holds: bool, contract: &str| world.puppet.must(holds, "a message", contract);
    must(call.get("id") == answer.text_at("/id"), "id is the row's, as in the answer")?;
    let time = answer.at("/timestamp").to_string();
    must(call.get("timestamp") == time, "timestamp is the row's, as in the answer")?;
    must(call.get("to") == world.id("bob") && call.get("type") == "unicast", "to and type")?;
    must(call.get("body") == "<b>hi</b> 你好", "the body is the text as it was written")?;
    must(call.get("nick") == world.nick("alice"), "nick is the sender's display name")?;
    must(
        call.get("ticket") == page.ticket || call.get("from") == world.id("alice"),
        "the ticket of the page, so that its other pages get a copy and it gets none; or from",
    )
}

fn stored_first(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let (sender, result) = std::sync::mpsc::channel();
    let to = world.id("bob").to_owned();
    let alice_id = world.id("alice").to_owned();
    world.puppet.hook("/messages", move |_| {
        let found = go_online(&bob, &[("buddy_ids", &alice_id)]);
        sender.send(found.map(|page| page.missed())).ok();
        Act::Answer
    });
    let answer = alice.post("message", &[("to", &to), ("body", "first the row"), ("cid", "1")])?;
    let seen = result.try_recv().unwrap_or(Ok(Vec::new()))?;
    answer.must(
        seen == ["first the row"],
        "store first, then push: while the push is under way, the receiver's online finds the row",
    )
}

fn stored_whatever(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let mut sent = Vec::new();
    for act in [
        Act::Refuse(503, "too many"),
        Act::Refuse(429, "too many"),
        Act::Refuse(500, "oops"),
        Act::Refuse(401, "authentication failed"),
        Act::Refuse(404, "no client found"),
        Act::Cut,
    ] {
        world.puppet.always(act);
        let body = format!("{act:?}");
        send(&alice, world.id("bob"), &body)?;
        sent.push(body);
    }
    world.puppet.always(Act::Answer);
    let page = go_online(&world.log_in("bob")?, &[])?;
    page.answer.must(
        page.missed() == sent,
        "what was accepted is stored although the message server fails: it waits, and comes once, in its order",
    )
}

fn delivered(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let page = go_online(&bob, &[])?;
    send(&alice, world.id("bob"), "to a page")?;
    page.post("offline", &[])?.is_ok()?;
    let believed = [("to", world.id("bob")), ("body", "to nobody"), ("offline", "false")];
    alice.post("message", &believed)?.is_ok()?;
    let page = go_online(&bob, &[])?;
    page.answer.must(
        page.missed() == ["to nobody"],
        "X-NextIM-Delivered above 0 is delivered, 0 is not, whatever the page believes (offline)",
    )?;
    let history = bob.get("history", &[("type", "unicast"), ("id", world.id("alice"))])?;
    history.must(history.each("", "body") == ["to a page", "to nobody"], "both are in the history")
}

fn one_cid(world: &World) -> Verdict {
    let (alice, carol) = (world.log_in("alice")?, world.log_in("carol")?);
    let params = [("type", "unicast"), ("to", world.id("bob")), ("body", "once"), ("cid", "c1")];
    let first = alice.post("message", &params)?;
    first.fits("message")?;
    let second = alice.post("message", &params)?;
    second.must(
        second.json["id"] == first.json["id"] && second.json["timestamp"] == first.json["timestamp"],
        "a second message with the same cid of the same sender is the first one",
    )?;
    if world.target.offers("befriend") {
        world.host("befriend", &[("one", "carol"), ("other", "bob")])?;
    }
    let other = carol.post("message", &[("to", world.id("bob")), ("body", "of carol"), ("cid", "c1")])?;
    if other.status == 200 {
        other.must(other.json["id"] != first.json["id"], "each sender has cids of their own")?;
    }
    let bob = world.log_in("bob")?;
    let page = go_online(&bob, &[])?;
    page.answer
        .must(page.missed().iter().filter(|body| *body == "once").count() == 1, "it is stored once")?;
    world.puppet.forget();
    alice.post("message", &params)?.fits("message")?;
    let quiet = world.puppet.calls("/messages").is_empty();
    world.puppet.must(quiet, "the same cid after it was delivered", "a delivered message is not pushed again")
}

fn one_cid_at_once(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let params = [("type", "unicast"), ("to", world.id("bob")), ("body", "at once"), ("cid", "c1")];
    let answers: Vec<Verdict<_>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| alice.post("message", &params))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let answers = answers.into_iter().collect::<Verdict<Vec<_>>>()?;
    for answer in &answers {
        answer.is(200, "who loses the race answers the winner's row, and does not fail")?;
        answer
            .must(answer.json["id"] == answers[0].json["id"], "one cid is one row, and all answer its id")?;
    }
    let page = go_online(&world.log_in("bob")?, &[])?;
    page.answer.must(page.missed() == ["at once"], "it is stored once")
}

fn cid_for_sender(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    send(&alice, world.id("bob"), "mine")?;
    let page = go_online(&bob, &[])?;
    page.answer.equals("/new_messages/0/cid", Value::Null, "the cid is for the sender only")?;
    let read = |by: &crate::visitor::Visitor, other: &str| {
        by.get("history", &[("type", "unicast"), ("id", world.id(other))])
    };
    let contract = "by it the sender's page knows that it was accepted";
    read(&alice, "bob")?.equals("/0/cid", "mine", contract)?;
    let caught_up = go_online(&alice, &[("since", "0")])?;
    caught_up.answer.equals("/new_messages/0/cid", "mine", contract)?;
    read(&bob, "alice")?.equals("/0/cid", Value::Null, "the cid is for the sender only")
}

fn without_session(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[])?;
    world.enter("bob", "available", &[]);
    world.puppet.next("/messages", Act::Refuse(404, "no client found"));
    let answer = page.post("message", &[("to", world.id("bob")), ("body", "still here?"), ("cid", "1")])?;
    answer.fits("message")?;
    let calls = world.puppet.calls("/messages");
    let last = calls.last().cloned().unwrap_or_default();
    world.puppet.must(
        calls.len() == 2
            && last.get("from") == world.id("alice")
            && last.find("ticket").is_none_or(str::is_empty),
        "a message of a session that the message server does not know",
        "404 for the ticket: it is pushed once more with from",
    )
}

fn bodies(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let to = world.id("bob");
    for (body, what) in [
        ("", "an empty body"),
        (" \n\t ", "white space alone"),
        (&*"x".repeat(32_769), "more than 32,768 bytes"),
        ("a\0b", "U+0000"),
    ] {
        alice.post("message", &[("to", to), ("body", body)])?.refuses(400, what)?;
    }
    alice.post("message", &[("to", to)])?.refuses(400, "no body")?;
    alice.post_raw("message", "", &format!("to={to}&body=a%FFb"))?.refuses(400, "bytes that are no UTF-8")?;
    alice.post("message", &[("to", to), ("body", "x"), ("type", "shout")])?.refuses(400, "no such type")?;
    let long = "c".repeat(129);
    alice
        .post("message", &[("to", to), ("body", "x"), ("cid", &long)])?
        .refuses(400, "a cid has at most 128 bytes")?;
    let whole = alice.post("message", &[("to", to), ("body", &"x".repeat(32_768)), ("cid", "1")])?;
    whole.is(200, "32,768 bytes are allowed")?;
    let page = go_online(&world.log_in("bob")?, &[])?;
    let lengths: Vec<usize> = page.missed().iter().map(String::len).collect();
    page.answer.must(lengths == [32_768], "what is refused is not stored")
}

fn receivers(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let to = |kind: &str, to: &str| alice.post("message", &[("type", kind), ("to", to), ("body", "x")]);
    to("unicast", "no-such-user")?.refuses(404, "there is no such user")?;
    to("unicast", world.id("alice"))?.refuses(403, "nobody writes to oneself")?;
    to("multicast", world.room("secret"))?.refuses(404, "a room of others looks like none")?;
    to("multicast", "no-such-room")?.refuses(404, "there is no such room")?;
    to("broadcast", "")?.refuses(403, "only an administrator writes to everybody")?;
    world.puppet.must(world.puppet.calls("/messages").is_empty(), "refused messages", "nothing is pushed")
}

fn rooms(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    for (number, kind) in ["multicast", "grpchat"].into_iter().enumerate() {
        world.puppet.forget();
        let cid = number.to_string();
        let params = [("type", kind), ("to", world.room("walkers")), ("body", "to the room"), ("cid", &*cid)];
        alice.post("message", &params)?.fits("message")?;
        let call = world.puppet.one("/messages", "a message to a room", "it is pushed once, to the room")?;
        let holds = call.get("to") == world.room("walkers") && call.get("type") == "multicast";
        world.puppet.must(holds, "a message to a room", "type=multicast and the room's id")?;
    }
    let bob = world.log_in("bob")?;
    let history = bob.get("history", &[("type", "multicast"), ("id", world.room("walkers"))])?;
    history.must(
        history.each("", "body") == ["to the room"; 2],
        "members who were offline find it in the history",
    )?;
    history.equals("/0/to", world.room("walkers"), "to is the room")
}

fn styles(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let style = "color:#ff0000;position:fixed;font-weight:bold;background:url(//evil.example/x)";
    alice.post("message", &[("to", world.id("bob")), ("body", "x"), ("style", style)])?.is_ok()?;
    let call = world.puppet.one("/messages", "a message with a style", "it is pushed once")?;
    let kept = call.get("style").replace(' ', "");
    let holds = kept.contains("color:#ff0000") && kept.contains("font-weight:bold");
    world.puppet.must(holds, "a message with a style", "colour and weight are kept")?;
    let holds = !kept.contains("position") && !kept.contains("url");
    world.puppet.must(holds, "a message with a style", "what is not on the list is left out")?;
    let page = go_online(&world.log_in("bob")?, &[])?;
    let stored = page.answer.text_at("/new_messages/0/style");
    page.answer.must(!stored.contains("position") && stored.contains("bold"), "the row has the same style")
}

fn order(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    for number in 0..8 {
        let (by, to) = if number % 2 == 0 { (&alice, "bob") } else { (&bob, "alice") };
        send(by, world.id(to), &format!("m{number}"))?;
    }
    go_online(&alice, &[])?;
    go_online(&bob, &[])?;
    let history = alice.get("history", &[("type", "unicast"), ("id", world.id("bob"))])?;
    let expected: Vec<String> = (0..8).map(|number| format!("m{number}")).collect();
    history.must(history.each("", "body") == expected, "the oldest first")?;
    let times: Vec<i64> =
        history.json.as_array().into_iter().flatten().filter_map(|line| line["timestamp"].as_i64()).collect();
    history
        .must(times.windows(2).all(|two| two[0] < two[1]), "within a conversation no two have one time")?;
    let ids: Vec<u64> = history.each("", "id").iter().filter_map(|id| id.parse().ok()).collect();
    let grow = ids.len() == 8 && ids.windows(2).all(|two| two[0] < two[1]);
    history.must(grow, "ids are numbers, and a later message has a greater one: since asks by them")
}

fn broadcast(world: &World) -> Verdict {
    let admin = world.log_in("admin")?;
    let params = [("type", "broadcast"), ("body", "tea is ready"), ("cid", "c1")];
    let first = admin.post("message", &params)?;
    first.fits("message")?;
    let call = world.puppet.one("/messages", "a broadcast", "it is pushed once")?;
    let holds = call.get("type") == "broadcast" && call.get("from") == world.id("admin");
    world.puppet.must(holds, "a broadcast", "type=broadcast with from")?;
    let second = admin.post("message", &params)?;
    second
        .must(second.json["id"] == first.json["id"], "a second broadcast of the same cid is the first one")?;
    let page = go_online(&world.log_in("dave")?, &[("since", "0")])?;
    page.answer.must(page.missed() == ["tea is ready"], "with since, broadcasts after it come too")?;
    page.answer.equals("/new_messages/0/type", "broadcast", "the type")?;
    page.answer.equals("/new_messages/0/to", "", "to is empty")?;
    admin.post("message", &params[..2])?.is_ok()
}

fn broadcast_again(world: &World) -> Verdict {
    let admin = world.log_in("admin")?;
    let params = [("type", "broadcast"), ("body", "tea time"), ("cid", "c1")];
    world.puppet.always(Act::Cut);
    admin
        .post("message", &params)?
        .refuses(503, "a broadcast reaches nobody later, so its sender must know")?;
    world.puppet.always(Act::Answer);
    world.puppet.forget();
    let sent = admin.post("message", &params)?;
    sent.fits("message")?;
    let call = world.puppet.one("/messages", "the same cid again", "the retry pushes it")?;
    sent.equals("/id", call.get("id"), "the retry pushes the row that was stored")?;
    let page = go_online(&world.log_in("dave")?, &[("since", "0")])?;
    page.answer.must(page.missed() == ["tea time"], "it is stored once")
}

fn strangers(world: &World) -> Verdict {
    let dave = world.log_in("dave")?;
    send(&dave, world.id("alice"), "we met on Sunday")?;
    let missing = dave.post("message", &[("to", "no-such-user"), ("body", "x")])?;
    missing.refuses(404, "there is no such user")?;
    if !world.uid("alice").is_empty()
        && world.uid("alice") != world.id("alice")
        && world.target.offers("uids")
    {
        let by_uid = dave.post("message", &[("to", world.uid("alice")), ("body", "by number")])?;
        by_uid.is_ok()?;
    }
    send_room(&dave, world.room("walkers"), "no member").err().map(drop).ok_or_else(|| {
        Failure::new("a message of a stranger to a room", "it was accepted", "rooms are for their members")
    })
}
