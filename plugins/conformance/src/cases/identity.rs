//! Who asks: the user of the session cookie, and nobody else.
//!
//! Owns: forged names, tickets of others, and requests without a log-in. Must not: forge where a request comes from;
//! `origins` does.

use super::case::{Case, case, offered};
use crate::failure::Verdict;
use crate::world::{World, go_online, send};

pub(super) const CASES: &[Case] = &[
    case("identity: without a log-in every endpoint answers 401", not_logged_in),
    case("identity: online says Not Authorized", online_without_log_in),
    case("identity: from, nick, timestamp and offline are ignored", forged),
    case("identity: a ticket of another user is refused", foreign_ticket),
    case("identity: a ticket ends with its page", ended_ticket),
    case("identity: a conversation is for its two", conversations),
    case("identity: a banned user is nobody to others", banned_to_others),
    offered("identity: a banned user is logged out", &["ban"], banned),
    offered("identity: the bar's own form logs in", &["form_log_in"], form),
    offered("identity: a wrong password is answered with 200", &["form_log_in"], wrong_password),
];

/// Changes of a user; some need more to be carried out.
pub(super) const CHANGES: [&str; 10] = [
    "offline",
    "refresh",
    "message",
    "missed",
    "presence",
    "status",
    "setting",
    "join",
    "leave",
    "clear_history",
];

fn not_logged_in(world: &World) -> Verdict {
    let nobody = world.guest();
    let (alice, bob, walkers) = (world.id("alice"), world.id("bob"), world.room("walkers"));
    let forged = [
        ("from", alice),
        ("username", ""),
        ("to", bob),
        ("id", walkers),
        ("body", "x"),
        ("show", "away"),
        ("since", "0"),
        ("ticket", "x"),
    ];
    for endpoint in CHANGES {
        nobody.post(endpoint, &forged)?.refuses(401, "the user is who is logged in at the site")?;
    }
    for endpoint in ["buddies", "buddy", "rooms", "members", "history", "histories"] {
        let params = [("id", bob), ("ids", bob), ("type", "unicast"), ("from", alice)];
        nobody.get(endpoint, &params)?.refuses(401, "the user is who is logged in at the site")?;
    }
    world.puppet.must(
        world.puppet.paths().is_empty(),
        "requests of nobody",
        "nothing is asked in nobody's name",
    )
}

fn online_without_log_in(world: &World) -> Verdict {
    for params in [&[][..], &[("name", world.id("alice")), ("from", world.id("alice"))]] {
        let answer = world.guest().post("online", params)?;
        answer.is(401, "nobody is logged in: the bar then shows a form")?;
        answer.fits("failure")?;
        answer.equals("/error_msg", "Not Authorized", "nobody is logged in")?;
    }
    Ok(())
}

fn forged(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    world.enter("bob", "available", &[]);
    let forged = [
        ("from", world.id("admin")),
        ("nick", "Admin"),
        ("timestamp", "1"),
        ("id", "x"),
        ("offline", "true"),
    ];
    let params =
        [&[("type", "unicast"), ("to", world.id("bob")), ("body", "trust me")][..], &forged].concat();
    alice.post("message", &params)?.is_ok()?;
    let call = world.puppet.one("/messages", "that message", "a message is pushed once")?;
    let holds = call.get("from") == world.id("alice") && call.get("nick") == world.nick("alice");
    world.puppet.must(holds, "that message", "the sender and the nick are those of the session cookie")?;
    let holds = call.get("timestamp").parse::<i64>().is_ok_and(|time| time > 1_000_000_000_000);
    world.puppet.must(holds && call.get("id") != "x", "that message", "id and time are the site's, in ms")?;
    let page = go_online(&world.log_in("bob")?, &[("from", world.id("admin")), ("name", world.id("admin"))])?;
    page.answer.equals("/user/id", world.id("bob"), "online is for who is logged in")?;
    page.answer.must(page.missed().is_empty(), "X-NextIM-Delivered counts, not the page's belief (offline)")
}

fn foreign_ticket(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let at_bob = go_online(&bob, &[])?;
    world.puppet.forget();
    let (id, walkers) = (world.id("bob"), world.room("walkers"));
    for (endpoint, params) in [
        ("message", &[("to", id), ("body", "x")][..]),
        ("status", &[("to", id), ("show", "typing")]),
        ("presence", &[("show", "away")]),
        ("offline", &[]),
        ("refresh", &[]),
        ("join", &[("id", walkers)]),
        ("leave", &[("id", walkers)]),
        ("members", &[("id", walkers)]),
    ] {
        let params = [params, &[("ticket", &*at_bob.ticket)]].concat();
        alice.post(endpoint, &params)?.refuses(403, "the ticket of another user")?;
    }
    world.puppet.must(
        world.puppet.paths().is_empty(),
        "tickets of another user",
        "no call is made with them",
    )?;
    at_bob.answer.must(world.puppet.has_session(&at_bob.ticket), "the other's session goes on")?;
    let made_up = ("ticket", "made-up");
    let refused = alice.post("presence", &[("show", "away"), made_up])?;
    refused.refuses(403, "a ticket that no page was given is nobody's")?;
    alice.post("offline", &[made_up])?.is_ok()
}

fn ended_ticket(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    for endpoint in ["refresh", "offline"] {
        let page = go_online(&alice, &[])?;
        let other = go_online(&alice, &[])?;
        world.puppet.forget();
        page.post(endpoint, &[])?.is_ok()?;
        let call = world.puppet.one("/presences/offline", endpoint, "the page's session ends")?;
        let holds = call.get("ticket") == page.ticket && call.find("name").is_none_or(str::is_empty);
        world.puppet.must(holds, endpoint, "by its ticket: the user's other pages stay online")?;
        page.answer.must(world.puppet.has_session(&other.ticket), "the user's other pages stay online")?;
        page.post(endpoint, &[])?.is_ok()?;
        world.puppet.forget();
        let sent =
            page.post("message", &[("to", world.id("bob")), ("body", "was on its way"), ("cid", endpoint)])?;
        sent.is(200, "a message that was on its way when its page ended is accepted")?;
        let call = world.puppet.calls("/messages").pop().unwrap_or_default();
        let holds = call.get("from") == world.id("alice");
        world.puppet.must(
            holds,
            "a message after offline",
            "it is pushed by from, without the ticket that ended",
        )?;
    }
    Ok(())
}

fn conversations(world: &World) -> Verdict {
    let (alice, bob, carol) = (world.log_in("alice")?, world.log_in("bob")?, world.log_in("carol")?);
    send(&alice, world.id("bob"), "between two")?;
    go_online(&bob, &[])?;
    for other in ["alice", "bob"] {
        let found = carol.get("history", &[("type", "unicast"), ("id", world.id(other))])?;
        found.fits("lines")?;
        found.must(!found.text.contains("between two"), "a conversation is for its two users")?;
    }
    let page = go_online(&carol, &[("since", "0"), ("buddy_ids", &world.ids(&["alice", "bob"]))])?;
    page.answer.must(!page.answer.text.contains("between two"), "a conversation is for its two users")
}

fn banned(world: &World) -> Verdict {
    let bob = world.log_in("bob")?;
    let page = go_online(&bob, &[])?;
    world.puppet.forget();
    world.host("ban", &[("one", "bob")])?;
    bob.post("online", &[])?.shuts_out()?;
    let shut_out = bob.get("buddies", &[])?;
    shut_out.shuts_out()?;
    shut_out.fits("refusal")?;
    let ended = !world.puppet.has_session(&page.ticket);
    world.puppet.must(ended, "a ban", "all sessions of the user end: /presences/offline with name")
}

fn banned_to_others(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let found = alice.get("buddies", &[("ids", world.id("frank"))])?;
    found
        .must(found.json == serde_json::json!([]), "a banned user is left out, as one who does not exist")?;
    let sent = alice.post("message", &[("to", world.id("frank")), ("body", "x")])?;
    sent.refuses(404, "there is no such user")
}

fn form(world: &World) -> Verdict {
    let browser = world.guest();
    let bob = &world.target.users["bob"];
    let params = [("username", &*bob.login), ("password", &*bob.password), ("show", "away")];
    let answer = browser.post("online", &params)?;
    answer.is(200, "the bar's own form logs in")?;
    answer.fits("online")?;
    answer.equals("/user/id", world.id("bob"), "the user who logged in")?;
    browser.get("buddies", &[("ids", world.id("alice"))])?.is(200, "the site's session has begun")
}

fn wrong_password(world: &World) -> Verdict {
    let bob = &world.target.users["bob"];
    for (name, password) in [(&*bob.login, "wrong"), (&*bob.login, ""), ("nobody-of-this-name", "x")] {
        let browser = world.guest();
        let answer = browser.post("online", &[("username", name), ("password", password)])?;
        answer.is(200, "a wrong password is no HTTP error, as older front ends expect it")?;
        answer.fits("failure")?;
        answer.equals("/error_msg", "Not Authorized", "a wrong name or password")?;
        browser.get("buddies", &[])?.refuses(401, "no log-in has begun")?;
    }
    let no_name = [("username", "undefined"), ("password", &*bob.password)];
    world.guest().post("online", &no_name)?.is(401, "undefined is no name, so nobody tries to log in")?;
    world.puppet.must(
        world.puppet.calls("/presences/online").is_empty(),
        "wrong passwords",
        "nobody goes online",
    )
}
