//! The settings of a user's bar.
//!
//! Owns: what is kept. Must not: test what a setting does, but for blocked rooms.

use serde_json::{Value, json};

use super::case::{Case, case};
use crate::failure::Verdict;
use crate::visitor::Visitor;
use crate::world::{World, go_online};

pub(super) const CASES: &[Case] = &[
    case("settings: known keys with sensible values are kept", kept),
    case("settings: each may be a parameter of its own", parameters),
    case("settings: they are each user's own", own),
    case("settings: blocked rooms are left", blocked_rooms),
];

fn settings_of(by: &Visitor) -> Verdict<Value> {
    Ok(go_online(by, &[])?.answer.at("/setting").clone())
}

fn kept(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let data = json!({"play_sound": false, "buddy_sticky": true, "msg_auto_pop": true, "minimize_layout": false,
        "desktop_notify": true, "theme": "dark", "lang": "zh-CN", "zoom": 120, "opacity": 7, "is_admin": true,
        "theme2": {"a": [1]}});
    alice.post("setting", &[("data", &data.to_string())])?.is_ok()?;
    let page = go_online(&alice, &[])?;
    for (key, value) in [
        ("play_sound", json!(false)),
        ("buddy_sticky", json!(true)),
        ("msg_auto_pop", json!(true)),
        ("minimize_layout", json!(false)),
        ("desktop_notify", json!(true)),
        ("theme", json!("dark")),
        ("lang", json!("zh-CN")),
        ("zoom", json!(120)),
    ] {
        page.answer.equals(&format!("/setting/{key}"), value, "online has the settings that were kept")?;
    }
    for key in ["is_admin", "theme2", "opacity"] {
        page.answer.equals(
            &format!("/setting/{key}"),
            Value::Null,
            "unknown keys and odd values are not kept",
        )?;
    }
    alice.post("setting", &[("data", "{\"play_sound\":true,\"theme\":\"pink\"}")])?.is_ok()?;
    let page = go_online(&alice, &[])?;
    page.answer.equals("/setting/play_sound", true, "a later value replaces the former")?;
    page.answer.equals("/setting/theme", "dark", "an odd value leaves it as it was")
}

fn parameters(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let params =
        [("play_sound", "TRUE"), ("buddy_sticky", "0"), ("minimize_layout", "undefined"), ("data", "null")];
    alice.post("setting", &params)?.is_ok()?;
    let page = go_online(&alice, &[])?;
    page.answer.equals("/setting/play_sound", true, "true and 1 are true, in capital letters, too")?;
    page.answer.equals("/setting/buddy_sticky", false, "false and 0 are false")?;
    page.answer.equals("/setting/minimize_layout", Value::Null, "undefined is no value")
}

fn own(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    alice.post("setting", &[("data", "{\"zoom\":150}")])?.is_ok()?;
    let page = go_online(&bob, &[])?;
    page.answer.must(settings_of(&bob)?["zoom"].is_null(), "other users' settings are their own")
}

fn blocked_rooms(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let room = world.room("walkers");
    let data = json!({"blocked_rooms": [room]}).to_string();
    alice.post("setting", &[("data", &data)])?.is_ok()?;
    let page = go_online(&alice, &[])?;
    page.answer.equals(
        &format!("/rooms/{room}/blocked"),
        true,
        "blocked_rooms are the rooms that were left",
    )?;
    page.answer
        .must(!world.puppet.rooms_of(&page.ticket).contains(&room.to_owned()), "the session is not in it")?;
    alice.post("setting", &[("data", "{\"blocked_rooms\":null}")])?.is_ok()?;
    let page = go_online(&alice, &[])?;
    page.answer.equals(&format!("/rooms/{room}/blocked"), false, "null is no room")
}
