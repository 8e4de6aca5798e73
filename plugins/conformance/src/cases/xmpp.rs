//! `xmpp`: the gateway's actions for members with clients of XMPP.
//!
//! Owns: chat passwords, sessions and messages of such members. Must not: start a gateway.

use serde_json::{Value, json};

use super::case::{Case, offered};
use crate::answer::texts;
use crate::failure::Verdict;
use crate::puppet::{Act, Call};
use crate::world::{APIKEY, DOMAIN, World, go_online, send, send_room};

const CHAT: &[&str] = &["chat_password"];
/// What a call of the gateway may have.
const CALL_BYTES: usize = 1_048_576;

pub(super) const CASES: &[Case] = &[
    offered("xmpp: only the key of the domain counts", CHAT, keys),
    offered("xmpp: fields of another kind are missing, and a body has an end", CHAT, kinds),
    offered("xmpp: a client logs in by a chat password and nothing else", CHAT, log_in),
    offered("xmpp: failures are limited and stop no right password", CHAT, failures),
    offered("xmpp: a banned user has no client", &["chat_password", "ban"], ban),
    offered(
        "xmpp: a revoked password logs clients out until one logs in again",
        &["chat_password", "revoke_chat_passwords"],
        revoked,
    ),
    offered("xmpp: online says all that a client needs", CHAT, online),
    offered("xmpp: a client that comes back uncovers nobody", CHAT, uncovers_nobody),
    offered("xmpp: what waited is handed over once", CHAT, waited),
    offered("xmpp: a message goes the way of all messages", CHAT, message),
    offered("xmpp: presence, typing and offline go to the message server", CHAT, presence),
    offered("xmpp: rooms are those of the member", CHAT, rooms),
    offered("xmpp: cards and the last lines can be asked for", CHAT, cards),
    offered("xmpp: what a client missed waits again", CHAT, missed),
    offered("xmpp: without the message server nobody goes online", CHAT, down),
];

/// The ticket of a client of this user.
fn ticket(world: &World, user: &str) -> Verdict<Value> {
    let answer = world.xmpp("online", user, &json!({}))?;
    answer.is(200, "a member can go online")?;
    answer.fits("xmpp_online")?;
    Ok(answer.at("/ticket").clone())
}

fn auth(world: &World, user: &str, password: &str, address: &str) -> Verdict<u16> {
    Ok(world.xmpp("auth", user, &json!({"password": password, "address": address}))?.status)
}

fn keys(world: &World) -> Verdict {
    let body = json!({"action": "online", "user": world.id("alice")}).to_string();
    for (domain, apikey) in [(DOMAIN, "wrong"), ("other.example", APIKEY), (DOMAIN, ""), ("", "")] {
        world.xmpp_as(&body, domain, apikey)?.refuses(401, "the gateway proves itself by the key")?;
    }
    let alice = world.log_in("alice")?;
    let headers = [("Content-Type", "application/json"), ("Origin", alice.origin())];
    alice.ask("POST", "xmpp", &headers, &body)?.refuses(401, "a session cookie is no key")?;
    for body in ["", "[]", "{}", "7", "{\"user\":\"x\"}", "{\"action\":\"online\"}", "{\"action\":"] {
        let answer = world.xmpp_as(body, DOMAIN, APIKEY)?;
        answer.refuses(400, "the body is an object with an action and a user")?;
    }
    world.xmpp("dance", "alice", &json!({}))?.refuses(501, "an action that is not served")?;
    let nobody = json!({"action": "online", "user": "no such user"}).to_string();
    world.xmpp_as(&nobody, DOMAIN, APIKEY)?.refuses(403, "such an account cannot chat")
}

fn kinds(world: &World) -> Verdict {
    let ticket = ticket(world, "alice")?;
    let sent = json!({"ticket": ticket, "to": world.id("bob"), "type": "unicast", "body": "x", "cid": "k"});
    for other in [json!({"k": 1}), json!(["x"]), json!(true), Value::Null] {
        for name in ["body", "to"] {
            let mut fields = sent.clone();
            fields[name] = other.clone();
            world.xmpp("message", "alice", &fields)?.refuses(400, "a field of another kind is missing")?;
        }
        let body = json!({"action": "online", "user": other}).to_string();
        world.xmpp_as(&body, DOMAIN, APIKEY)?.refuses(400, "a user is a text")?;
    }
    let long =
        json!({"action": "online", "user": world.id("alice"), "status": "x".repeat(CALL_BYTES)}).to_string();
    world.xmpp_as(&long, DOMAIN, APIKEY)?.refuses(413, "a call has at most a MiB")?;
    world.xmpp("message", "alice", &sent)?.is(200, "the same in the right kinds")
}

fn log_in(world: &World) -> Verdict {
    let password = world.chat_password("alice")?;
    let answer = world.xmpp("auth", "alice", &json!({"password": password, "address": "192.0.2.1"}))?;
    answer.is(200, "a right password")?;
    answer.equals("/user", world.id("alice"), "the id of the user")?;
    let own = world.target.users.get("alice").map_or("", |user| user.password.as_str());
    for (user, wrong) in [("bob", &*password), ("alice", own), ("alice", "")] {
        let answer = world.xmpp("auth", user, &json!({"password": wrong, "address": "192.0.2.1"}))?;
        answer.refuses(401, "a chat password is its user's, and the site's own opens no client")?;
    }
    Ok(())
}

fn failures(world: &World) -> Verdict {
    let password = world.chat_password("alice")?;
    let mut wrong = 401;
    for _ in 0..200 {
        wrong = auth(world, "alice", "wrong", "192.0.2.1")?;
        if wrong != 401 {
            break;
        }
    }
    let answer = world.xmpp("auth", "alice", &json!({"password": "wrong", "address": "192.0.2.1"}))?;
    answer.must(wrong == 429, "of many failures the last are answered with 429")?;
    let right = world.xmpp("auth", "alice", &json!({"password": password, "address": "192.0.2.1"}))?;
    right.is(200, "a right password is never refused for others' failures")
}

fn ban(world: &World) -> Verdict {
    let password = world.chat_password("bob")?;
    ticket(world, "bob")?;
    world.host("ban", &[("one", "bob")])?;
    let answer = world.xmpp("auth", "bob", &json!({"password": password}))?;
    answer.refuses(401, "a banned user cannot log in")?;
    let answer = world.xmpp("online", "bob", &json!({}))?;
    answer.must([401, 403].contains(&answer.status), "401 or 403 closes the clients of a banned user")
}

fn revoked(world: &World) -> Verdict {
    let password = world.chat_password("alice")?;
    let ticket = ticket(world, "alice")?;
    let page = go_online(&world.log_in("alice")?, &[])?;
    world.host("revoke_chat_passwords", &[("one", "alice")])?;
    let ended = |call: &Call| call.get("ticket") == ticket.as_str().unwrap_or_default();
    page.answer.must(
        world
            .puppet
            .calls("/presences/offline")
            .iter()
            .any(|call| ended(call) || !call.get("name").is_empty()),
        "the session of the clients ends",
    )?;
    world.xmpp("online", "alice", &json!({}))?.refuses(401, "the clients must log in again")?;
    let answer = world.xmpp("auth", "alice", &json!({"password": password}))?;
    answer.refuses(401, "the password is revoked")?;
    let other = world.chat_password("alice")?;
    let answer = world.xmpp("auth", "alice", &json!({"password": other}))?;
    answer.is(200, "another password")?;
    world.xmpp("online", "alice", &json!({}))?.is(200, "a client has logged in again")
}

fn online(world: &World) -> Verdict {
    world.enter("bob", "away", &[]);
    let answer = world.xmpp("online", "alice", &json!({}))?;
    answer.is(200, "a member can go online")?;
    answer.fits("xmpp_online")?;
    answer.equals("/user", world.id("alice"), "the member")?;
    answer.equals("/nick", world.nick("alice"), "the member's nick")?;
    let mut names = texts(answer.at("/buddies"), "name");
    names.sort();
    let mut friends = vec![world.id("bob").to_owned(), world.id("carol").to_owned()];
    friends.sort();
    answer.must(names == friends, "buddies are the contacts, and nobody else")?;
    let shown = |name: &str, member: &str| {
        let list = answer.at("/buddies").as_array().into_iter().flatten();
        list.filter(|buddy| buddy["name"] == world.id(name)).map(|buddy| buddy[member].clone()).next()
    };
    answer.must(shown("bob", "show") == Some(json!("away")), "the show of a contact who is online")?;
    answer.must(shown("bob", "nick") == Some(json!(world.nick("bob"))), "the nick of a contact")?;
    answer.must(shown("carol", "show") == Some(json!("unavailable")), "a contact who is offline")?;
    answer.must(
        texts(answer.at("/rooms"), "name") == [world.room("walkers")],
        "the rooms are those of which the member is one",
    )?;
    let call = world.puppet.calls("/presences/online").pop();
    let version = call.as_ref().map_or("", |call| call.get("version"));
    answer.must(version == "6", "the session is one of version 6")
}

fn uncovers_nobody(world: &World) -> Verdict {
    let answer = world.xmpp("online", "alice", &json!({}))?;
    let call = world.puppet.calls("/presences/online").pop();
    answer.must(
        call.is_some_and(|call| call.get("show").is_empty()),
        "without show, the user's other sessions say how the user is seen",
    )?;
    let answer = world.xmpp("online", "alice", &json!({"show": "dnd"}))?;
    let call = world.puppet.calls("/presences/online").pop();
    answer.must(call.is_some_and(|call| call.get("show") == "dnd"), "a show that a client has is passed on")
}

fn waited(world: &World) -> Verdict {
    let bob = world.log_in("bob")?;
    send(&bob, world.id("alice"), "while you were away")?;
    let answer = world.xmpp("online", "alice", &json!({}))?;
    answer.must(
        texts(answer.at("/messages"), "body") == ["while you were away"],
        "what waited comes with the session",
    )?;
    answer.equals("/messages/0/from", world.id("bob"), "the sender")?;
    let again = world.xmpp("online", "alice", &json!({}))?;
    again.equals("/messages", json!([]), "it comes once")
}

fn message(world: &World) -> Verdict {
    world.enter("bob", "available", &[]);
    let ticket = ticket(world, "alice")?;
    let fields = |to: &str, body: &str, cid: &str| json!({"ticket": ticket, "to": to, "type": "unicast", "body": body, "cid": cid});
    let body = "quotes \" ' \\ % & <b> \u{1f600} 你好";
    let first = world.xmpp("message", "alice", &fields(world.id("bob"), body, "c1"))?;
    first.is(200, "a message to a contact")?;
    first.fits("message")?;
    let again = world.xmpp("message", "alice", &fields(world.id("bob"), body, "c1"))?;
    again.equals("/id", first.at("/id").clone(), "one cid is one message")?;
    let calls = world.puppet.calls("/messages");
    let pushed: Vec<_> =
        calls.iter().map(|call| (call.get("ticket"), call.get("to"), call.get("body"))).collect();
    let expected = (ticket.as_str().unwrap_or_default(), world.id("bob"), body);
    first.must(pushed == [expected], "it is pushed once, with the ticket of the client")?;
    for (to, body, status) in [
        ("no such user", "x", 404),
        (world.id("bob"), " ", 400),
        (world.id("bob"), &*"x".repeat(32_769), 400),
    ] {
        world.xmpp("message", "alice", &fields(to, body, "c2"))?.refuses(status, "the rules of `message`")?;
    }
    world.xmpp("message", "alice", &fields(world.id("erin"), "x", "c3"))?.refuses(403, "a block holds")?;
    let carols = world.xmpp("message", "carol", &fields(world.id("alice"), "x", "c4"))?;
    carols.refuses(403, "a ticket is its user's")
}

fn presence(world: &World) -> Verdict {
    let ticket = ticket(world, "alice")?;
    let done = |action: &str, mut fields: Value| {
        fields["ticket"] = ticket.clone();
        world.xmpp(action, "alice", &fields)?.is_ok()
    };
    done("presence", json!({"show": "away", "status": "lunch"}))?;
    done("status", json!({"to": world.id("bob"), "show": "typing"}))?;
    done("offline", json!({}))?;
    let last = |path: &str, names: &[&str]| {
        let call = world.puppet.calls(path).pop();
        call.map_or(Vec::new(), |call| names.iter().map(|name| call.get(name).to_owned()).collect())
    };
    let own = ticket.as_str().unwrap_or_default();
    let answer = world.xmpp("online", "alice", &json!({}))?;
    answer.must(last("/presences/show", &["ticket", "show"]) == [own, "away"], "presence is passed on")?;
    answer.must(
        last("/statuses", &["ticket", "to", "show"]) == [own, world.id("bob"), "typing"],
        "typing is passed on",
    )?;
    answer.must(last("/presences/offline", &["ticket"]) == [own], "the session of the client ends")
}

fn rooms(world: &World) -> Verdict {
    let ticket = ticket(world, "alice")?;
    world.enter("bob", "available", &["walkers"]);
    let act = |action: &str, room: &str| {
        world.xmpp(action, "alice", &json!({"ticket": ticket, "id": world.room(room)}))
    };
    act("join", "walkers")?.is(200, "a room of the member")?;
    let members = act("members", "walkers")?;
    members.fits("members")?;
    members.must(members.each("", "id").contains(&world.id("bob").to_owned()), "who is in the room")?;
    act("leave", "walkers")?.is_ok()?;
    act("join", "walkers")?.is(200, "who has left joins again")?;
    for action in ["join", "members"] {
        act(action, "secret")?.refuses(404, "rooms of others do not exist for a member")?;
    }
    let body =
        json!({"ticket": ticket, "to": world.room("walkers"), "type": "multicast", "body": "x", "cid": "r"});
    world.xmpp("message", "alice", &body)?.is(200, "a message to a room")?;
    let body =
        json!({"ticket": ticket, "to": world.room("secret"), "type": "multicast", "body": "x", "cid": "s"});
    world.xmpp("message", "alice", &body)?.refuses(404, "a message to a room of others")
}

fn cards(world: &World) -> Verdict {
    let bob = world.log_in("bob")?;
    for body in ["one", "two"] {
        send_room(&bob, world.room("walkers"), body)?;
    }
    let fields = json!({"to": world.room("walkers"), "type": "multicast", "max": 1});
    let last = world.xmpp("history", "alice", &fields)?;
    last.fits("lines")?;
    last.must(last.each("", "body") == ["two"], "the last lines of a room, as many as are asked for")?;
    let hidden = json!({"to": world.room("secret"), "type": "multicast"});
    world.xmpp("history", "alice", &hidden)?.refuses(404, "rooms of others do not exist for a member")?;
    let card = world.xmpp("vcard", "alice", &json!({"to": world.id("dave")}))?;
    card.fits("buddy")?;
    card.equals("/nick", world.nick("dave"), "who a user is")?;
    world.xmpp("vcard", "alice", &json!({"to": "no such user"}))?.refuses(404, "there is no such user")
}

fn missed(world: &World) -> Verdict {
    let bob = world.log_in("bob")?;
    ticket(world, "alice")?;
    let id = send(&bob, world.id("alice"), "lost on the way")?;
    let wrong = world.xmpp("missed", "alice", &json!({"messages": "7"}))?;
    wrong.refuses(400, "messages is a list")?;
    let list = json!({"messages": [{"id": id}, {"id": "999999999"}]});
    world.xmpp("missed", "alice", &list)?.is_ok()?;
    let answer = world.xmpp("online", "alice", &json!({}))?;
    answer.must(
        texts(answer.at("/messages"), "body") == ["lost on the way"],
        "what an XMPP server returned waits again",
    )
}

fn down(world: &World) -> Verdict {
    let bob = world.log_in("bob")?;
    send(&bob, world.id("alice"), "it waits")?;
    world.puppet.next("/presences/online", Act::Refuse(503, "down"));
    let answer = world.xmpp("online", "alice", &json!({}))?;
    answer.must(answer.status >= 500, "the gateway tries again later")?;
    answer.fits("refusal")?;
    let answer = world.xmpp("online", "alice", &json!({}))?;
    answer.must(texts(answer.at("/messages"), "body") == ["it waits"], "what waited was not lost")
}
