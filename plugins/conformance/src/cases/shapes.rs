//! The shapes of all answers, and the names and forms in which front ends call.
//!
//! Owns: what a well-formed request is answered. Must not: make the message server fail.

use serde_json::json;

use super::case::{Case, case, offered};
use super::identity::CHANGES;
use crate::failure::Verdict;
use crate::world::{World, go_online, send, send_room};

pub(super) const CASES: &[Case] = &[
    case("shapes: every endpoint answers JSON of its shape", every_shape),
    case("shapes: online has all that a page needs", online_has_all),
    case("shapes: endpoints have their second names", second_names),
    case("shapes: reads are answered by POST, too", reads_by_post),
    case("shapes: parameters stand in the query or in the body", query_and_body),
    case("shapes: undefined and null mean nothing", words_for_nothing),
    case("shapes: answers are not stored, and are what they say", headers),
    case("shapes: there are no other endpoints", no_other_endpoints),
    case("shapes: a parameter that is missing is named", missing_parameters),
    offered("shapes: users are found by their number", &["uids", "strangers"], by_number),
    offered("shapes: notifications are a list", &["notifications"], notifications),
];

fn every_shape(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let page = go_online(&alice, &[("show", "available")])?;
    send(&bob, world.id("alice"), "hello")?;
    let (bob, walkers) = (world.id("bob"), world.room("walkers"));
    for (endpoint, params, schema) in [
        ("buddies", &[("ids", bob)][..], "buddies"),
        ("rooms", &[], "rooms"),
        ("rooms", &[("ids", walkers)], "rooms"),
        ("members", &[("id", walkers)], "members"),
        ("history", &[("type", "unicast"), ("id", bob)], "lines"),
        ("history", &[("type", "multicast"), ("id", walkers)], "lines"),
    ] {
        let answer = alice.get(endpoint, params)?;
        answer.is(200, "the user may read this")?;
        answer.fits(schema)?;
    }
    page.post("missed", &[("since", "0")])?.fits("missed")?;
    let joined = page.post("join", &[("id", walkers)])?;
    joined.fits("room")?;
    joined.equals("/id", walkers, "join answers the room")?;
    for (endpoint, params) in [
        ("leave", &[("id", walkers)][..]),
        ("presence", &[("show", "away")]),
        ("status", &[("to", bob), ("show", "typing")]),
        ("setting", &[("data", "{\"play_sound\":true}")]),
        ("clear_history", &[("type", "unicast"), ("id", bob)]),
        ("message", &[("type", "unicast"), ("to", bob), ("body", "x")]),
        ("refresh", &[]),
        ("offline", &[]),
    ] {
        page.post(endpoint, params)?.is_ok()?;
    }
    Ok(())
}

fn online_has_all(world: &World) -> Verdict {
    world.enter("bob", "away", &["walkers"]);
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[("show", "dnd")])?;
    let answer = &page.answer;
    answer.equals("/user/id", world.id("alice"), "the user is who is logged in")?;
    answer.equals("/user/nick", world.nick("alice"), "the display name is the site's")?;
    answer.equals("/user/show", "dnd", "the show is what the page asked for")?;
    answer.equals("/connection/domain", crate::world::DOMAIN, "the page polls with it")?;
    answer.must(
        answer.text_at("/connection/server").ends_with("/packets"),
        "connection.server is the whole poll URL",
    )?;
    let bob = answer.entry("/buddies", world.id("bob"), "friends are contacts")?;
    answer.must(bob["nick"] == world.nick("bob"), "a contact has the display name of the site")?;
    answer.must(bob["group"] != "stranger", "a friend is in a group of friends")?;
    answer.entry("/buddies", world.id("carol"), "friends are contacts, online or not")?;
    let is_contact = |name: &str| answer.each("/buddies", "id").contains(&world.id(name).to_owned());
    answer.must(!is_contact("alice"), "nobody is a contact of oneself")?;
    answer.must(!is_contact("dave"), "a stranger is no contact, unless the page names this user")?;
    let room = format!("/rooms/{}", world.room("walkers"));
    answer.equals(&format!("{room}/id"), world.room("walkers"), "rooms are keyed by their ids")?;
    answer.equals(&format!("{room}/count"), 2, "count is the message server's total")?;
    answer.equals(&format!("{room}/all_count"), 2, "all_count is all members")?;
    answer.equals(&format!("{room}/blocked"), false, "the user has not left it")?;
    answer.equals("/new_messages", json!([]), "nothing was missed")
}

fn second_names(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let bob = world.id("bob");
    send(&alice, bob, "to one")?;
    send_room(&alice, world.room("walkers"), "to all")?;
    for (endpoint, params) in
        [("buddy", &[("ids", bob)][..]), ("histories", &[("type", "unicast"), ("id", bob)])]
    {
        let schema = if endpoint == "buddy" { "buddies" } else { "lines" };
        let answer = alice.get(endpoint, params)?;
        answer.is(200, "buddy and histories are other names of buddies and history")?;
        answer.fits(schema)?;
    }
    let several = alice.get("history", &[("type", "unicast"), ("ids", &world.ids(&["bob", "carol"]))])?;
    several.fits("histories")?;
    several.must(several.json.as_object().is_some_and(|all| all.len() == 2), "ids: an object by id")?;
    several.equals(&format!("/{bob}/0/body"), "to one", "with the lines of each")?;
    several.equals(&format!("/{}", world.id("carol")), json!([]), "with the lines of each")?;
    let ids = [("type", "multicast"), ("ids", world.room("walkers"))];
    let room = format!("/{}/0/body", world.room("walkers"));
    alice.get("histories", &ids)?.equals(&room, "to all", "with the lines of each")?;
    let rooms = alice.get("members", &[("ids", world.room("walkers"))])?;
    rooms.must(rooms.at(&format!("/{}", world.room("walkers"))).is_array(), "ids: an object by room")
}

fn reads_by_post(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let found = alice.post("buddies", &[("ids", world.id("bob"))])?;
    found.is(200, "reads are answered by POST too")?;
    found.fits("buddies")?;
    alice.post("rooms", &[])?.fits("rooms")
}

fn query_and_body(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let query = format!("to={}&type=unicast&_=17", world.id("carol"));
    alice.post_raw("message", &query, "body=x+y%21")?.is_ok()?;
    let page = go_online(&world.log_in("carol")?, &[])?;
    page.answer.must(page.missed() == ["x y!"], "query and body are one form")
}

fn words_for_nothing(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let page = go_online(
        &alice,
        &[
            ("show", "available"),
            ("status", "undefined"),
            ("buddy_ids", "null"),
            ("room_ids", "undefined"),
            ("stranger_ids", "null,undefined"),
            ("since", "null"),
            ("ticket", "undefined"),
        ],
    )?;
    page.answer.equals("/user/status", "", "undefined is no status")?;
    let ids = format!("{},undefined,null,,", world.id("bob"));
    let found = alice.get("buddies", &[("ids", &ids)])?;
    found.must(found.each("", "id") == [world.id("bob")], "undefined and null are no ids")?;
    let sent = page.post("message", &[("to", world.id("bob")), ("body", "null"), ("style", "undefined")])?;
    sent.is_ok()?;
    let at_bob = go_online(&world.log_in("bob")?, &[])?;
    at_bob.answer.must(at_bob.missed() == ["null"], "the body alone may be such a word")
}

fn headers(world: &World) -> Verdict {
    let (alice, nobody) = (world.log_in("alice")?, world.guest());
    for answer in [
        alice.get("buddies", &[("ids", world.id("bob"))])?,
        alice.post("online", &[])?,
        alice.get("history", &[("type", "unicast"), ("id", "no such user")])?,
        nobody.get("buddies", &[])?,
    ] {
        let is_json = answer.header("content-type").starts_with("application/json");
        answer.must(is_json, "Content-Type: application/json, at every status")?;
        answer.must(answer.header("cache-control").contains("no-store"), "Cache-Control: no-store")?;
        answer
            .must(answer.header("x-content-type-options") == "nosniff", "X-Content-Type-Options: nosniff")?;
        answer.must(
            answer.header("access-control-allow-origin").is_empty(),
            "no page of another origin may read it",
        )?;
    }
    Ok(())
}

fn no_other_endpoints(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    alice.get("nothing", &[])?.refuses(404, "an endpoint that does not exist")?;
    for endpoint in CHANGES.into_iter().chain(["online", "block", "unblock"]) {
        let answer =
            alice.get(endpoint, &[("to", world.id("bob")), ("id", world.id("bob")), ("body", "x")])?;
        answer.must([403, 404, 405].contains(&answer.status), "a link changes nothing: 405")?;
    }
    let page = go_online(&world.log_in("bob")?, &[])?;
    page.answer.must(page.missed().is_empty(), "a GET has sent no message")
}

fn missing_parameters(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[])?;
    for (endpoint, params) in [
        ("offline", &[][..]),
        ("refresh", &[]),
        ("missed", &[]),
        ("missed", &[("since", "x")]),
        ("message", &[("body", "x")]),
        ("presence", &[("show", "away")]),
        ("join", &[]),
        ("leave", &[]),
        ("clear_history", &[("type", "unicast")]),
        ("setting", &[("data", "{")]),
        ("setting", &[("data", "[]")]),
        ("setting", &[("data", "7")]),
    ] {
        alice.post(endpoint, params)?.refuses(400, "a parameter is missing or wrong")?;
    }
    page.post("presence", &[("status", "x")])?.refuses(400, "presence needs a show")?;
    page.post("presence", &[("show", &"x".repeat(33))])?.refuses(400, "a show has at most 32 bytes")?;
    alice.get("history", &[("type", "unicast")])?.refuses(400, "history needs an id")?;
    alice.get("history", &[("type", "shout"), ("id", world.id("bob"))])?.refuses(400, "no such type")?;
    alice.get("members", &[])?.refuses(400, "members needs an id")
}

fn by_number(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let ids = format!("{},{},99999", world.uid("dave"), world.uid("bob"));
    let found = alice.get("buddies", &[("stranger_ids", &ids)])?;
    found.fits("buddies")?;
    let mut ids = found.each("", "id");
    ids.sort();
    let mut expected = vec![world.id("bob"), world.id("dave")];
    expected.sort_unstable();
    found.must(ids == expected, "stranger_ids are the numbers in links; unknown ones are left out")?;
    let dave = found.entry("", world.id("dave"), "a stranger on the page")?;
    found.must(dave["group"] == "stranger", "users who are no friends are in the group stranger")?;
    let page = go_online(&alice, &[("stranger_ids", world.uid("dave"))])?;
    let dave = page.answer.entry("/buddies", world.id("dave"), "strangers on the page are contacts")?;
    page.answer.must(dave["group"] == "stranger" && dave["presence"] == "offline", "they have a presence")
}

fn notifications(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    for endpoint in ["notifications", "notification"] {
        let answer = alice.get(endpoint, &[("_", "1")])?;
        answer.is(200, "what the site wants to show to the user")?;
        answer.fits("notifications")?;
        world.guest().get(endpoint, &[])?.refuses(401, "nobody is logged in")?;
    }
    Ok(())
}
