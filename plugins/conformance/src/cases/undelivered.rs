//! `undelivered`: messages that the message server took and could not deliver.
//!
//! Owns: that call, early, twice, with a wrong key. Must not: start the real message server.

use serde_json::json;

use super::case::{Case, case};
use crate::failure::Verdict;
use crate::puppet::Act;
use crate::world::{APIKEY, DOMAIN, World, go_online, send};

pub(super) const CASES: &[Case] = &[
    case("undelivered: a message that comes back waits again", waits_again),
    case("undelivered: it may come before the push is answered", early),
    case("undelivered: the second return of a message changes nothing", twice),
    case("undelivered: only the key of the domain counts", keys),
    case("undelivered: unknown ids are no failure", unknown),
    case("undelivered: a hundred messages come in one call", hundred),
];

fn waits_again(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let page = go_online(&bob, &[])?;
    let id = send(&alice, world.id("bob"), "lost")?;
    let back = world.give_back(&[&id])?;
    back.is_ok()?;
    page.post("refresh", &[])?.is_ok()?;
    let page = go_online(&bob, &[])?;
    page.answer.must(page.missed() == ["lost"], "a message that came back is undelivered")?;
    page.answer.equals("/new_messages/0/new", true, "the user has not seen it")?;
    let again = go_online(&bob, &[])?;
    again.answer.equals("/new_messages", json!([]), "it comes once")
}

fn early(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let page = go_online(&bob, &[])?;
    let inner = world.clone();
    world.puppet.hook("/messages", move |call| {
        inner.give_back(&[call.get("id")]).ok();
        Act::Answer
    });
    send(&alice, world.id("bob"), "back at once")?;
    page.post("refresh", &[])?.is_ok()?;
    let page = go_online(&bob, &[])?;
    page.answer.must(
        page.missed() == ["back at once"],
        "undelivered may come before /messages is answered: setting delivered never touches a returned row",
    )
}

fn twice(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&bob, &[])?;
    let id = send(&alice, world.id("bob"), "lost")?;
    world.give_back(&[&id])?.is_ok()?;
    let page = go_online(&bob, &[])?;
    page.answer.must(page.missed() == ["lost"], "it waits again")?;
    world.give_back(&[&id])?.is_ok()?;
    let again = go_online(&bob, &[])?;
    again.answer.equals(
        "/new_messages",
        json!([]),
        "it came back before, and a page has it: it does not come twice",
    )
}

fn keys(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&bob, &[])?;
    let id = send(&alice, world.id("bob"), "delivered")?;
    let body = json!([{"id": id}]);
    for (domain, apikey) in [(DOMAIN, "wrong"), ("other.example", APIKEY), (DOMAIN, ""), ("", "")] {
        world
            .undelivered(&body, domain, apikey)?
            .refuses(401, "the message server proves itself by the key")?;
    }
    let json_type = [("Content-Type", "application/json")];
    let bare = world.guest().ask("POST", "undelivered", &json_type, &body.to_string())?;
    bare.refuses(401, "no key")?;
    let cookie =
        bob.ask("POST", "undelivered", &[json_type[0], ("Origin", bob.origin())], &body.to_string())?;
    cookie.refuses(401, "a session cookie is no key")?;
    let odd = [json_type[0], ("Authorization", "Basic !")];
    world.guest().ask("POST", "undelivered", &odd, &body.to_string())?.refuses(401, "no key")?;
    let page = go_online(&bob, &[])?;
    page.answer.equals("/new_messages", json!([]), "nothing was changed")
}

fn unknown(world: &World) -> Verdict {
    let body =
        json!([{"id": "999999999"}, {"id": "made by the server"}, {"id": 7}, {"id": null}, {"id": "-1"}]);
    world.undelivered(&body, DOMAIN, APIKEY)?.is_ok()?;
    world.undelivered(&json!([]), DOMAIN, APIKEY)?.is_ok()?;
    world.undelivered(&json!({"x": 1}), DOMAIN, APIKEY)?.refuses(400, "the body is a list of messages")
}

fn hundred(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    go_online(&bob, &[])?;
    let id = send(&alice, world.id("bob"), "one of many")?;
    let text = "x".repeat(9_000);
    let mut body: Vec<_> =
        (0..99).map(|n| json!({"id": format!("x{n}"), "from": "a", "body": text})).collect();
    body.push(json!({"id": id, "from": "a", "body": text}));
    world.undelivered(&json!(body), DOMAIN, APIKEY)?.is_ok()?;
    let page = go_online(&bob, &[])?;
    page.answer.must(page.missed() == ["one of many"], "a call has up to 100 messages and 1 MiB")
}
