//! Events on the host's pages, which the plugin passes on.
//!
//! Owns: log-outs, channels, friendships that begin. Must not: repeat events that `blocks`, `rooms` and `identity` test.

use super::case::{Case, offered};
use crate::failure::Verdict;
use crate::puppet::Act;
use crate::world::{World, go_online};

pub(super) const CASES: &[Case] = &[
    offered("events: a log-out ends the pages of that log-in only", &["log_out"], log_out),
    offered("events: a log-out without the message server takes effect later", &["log_out"], log_out_later),
    offered("events: the end of all log-ins ends all pages", &["log_out_everywhere"], everywhere),
    offered("events: a new friend is a contact of the next page", &["befriend"], befriended),
    offered("events: a post goes to the channel, and subscribers are in it", &["post", "subscribe"], posted),
    offered(
        "events: the site's pages work without the message server",
        &["unfriend", "leave"],
        without_server,
    ),
];

fn log_out(world: &World) -> Verdict {
    let (here, phone) = (world.log_in("alice")?, world.log_in("alice")?);
    let (first, second, other) = (go_online(&here, &[])?, go_online(&here, &[])?, go_online(&phone, &[])?);
    world.host_in(Some(&here), "log_out", &[("one", "alice")])?;
    let ended = !world.puppet.has_session(&first.ticket) && !world.puppet.has_session(&second.ticket);
    world.puppet.must(ended, "a log-out", "/presences/offline for each ticket of that log-in")?;
    let goes_on = world.puppet.has_session(&other.ticket);
    world.puppet.must(goes_on, "a log-out", "the user's other log-ins go on")?;
    here.post("online", &[])?.is(401, "the browser is logged out")?;
    world.host_in(Some(&phone), "log_out", &[("one", "alice")])?;
    let ended = !world.puppet.has_session(&other.ticket);
    world.puppet.must(ended, "the last log-out", "by the ticket, or by name: the user is logged in nowhere")
}

fn log_out_later(world: &World) -> Verdict {
    let here = world.log_in("alice")?;
    let page = go_online(&here, &[])?;
    world.puppet.always(Act::Cut);
    world.host_in(Some(&here), "log_out", &[("one", "alice")])?;
    world.puppet.always(Act::Answer);
    here.get("buddies", &[])?
        .refuses(401, "the browser is logged out, although the message server was down")?;
    let next = go_online(&world.log_in("alice")?, &[])?;
    let ended = !world.puppet.has_session(&page.ticket);
    world.puppet.must(ended, "the next online", "the log-out is called before it")?;
    next.answer.must(world.puppet.has_session(&next.ticket), "and does not end the new session")
}

fn everywhere(world: &World) -> Verdict {
    let (here, phone) = (world.log_in("alice")?, world.log_in("alice")?);
    let (first, other) = (go_online(&here, &[])?, go_online(&phone, &[])?);
    world.host("log_out_everywhere", &[("one", "alice")])?;
    let ended = !world.puppet.has_session(&first.ticket) && !world.puppet.has_session(&other.ticket);
    world.puppet.must(ended, "the end of all log-ins", "/presences/offline with name")?;
    phone.post("online", &[])?.is(401, "all log-ins have ended")
}

fn befriended(world: &World) -> Verdict {
    world.host("befriend", &[("one", "alice"), ("other", "dave")])?;
    let page = go_online(&world.log_in("alice")?, &[])?;
    let dave = page.answer.entry("/buddies", world.id("dave"), "a new friend is a contact")?;
    page.answer.must(dave["group"] != "stranger", "in a group of friends")
}

fn posted(world: &World) -> Verdict {
    world.host("subscribe", &[("one", "alice")])?;
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[("version", "6")])?;
    let channel = page.answer.text_at("/channels/0/id").to_owned();
    page.answer.must(!channel.is_empty(), "channels has the channel that the user subscribed to")?;
    let is_in = world.puppet.rooms_of(&page.ticket).contains(&channel);
    world.puppet.must(is_in, "online of a subscriber", "the session is in the room of the channel")?;
    let refused = alice.post("message", &[("type", "multicast"), ("to", &channel), ("body", "x")])?;
    refused.refuses(404, "a channel is no room: nobody writes into it")?;
    let other = go_online(&world.log_in("carol")?, &[])?;
    other
        .answer
        .must(other.answer.each("/channels", "id").is_empty(), "who has not subscribed has no channel")?;
    world.puppet.forget();
    world.host("post", &[("one", "bob"), ("text", "Sunday walk")])?;
    let call = world.puppet.one("/messages", "a post", "it is sent to the channel once")?;
    let holds = call.get("type") == "multicast" && call.get("to") == channel && !call.get("from").is_empty();
    world.puppet.must(holds, "a post", "a multicast to the channel, with from")?;
    world.puppet.must(call.get("body").contains("Sunday walk"), "a post", "with the text")
}

fn without_server(world: &World) -> Verdict {
    world.puppet.always(Act::Cut);
    world.host("unfriend", &[("one", "alice"), ("other", "bob")])?;
    world.host("leave", &[("one", "alice"), ("room", "walkers")])?;
    world.puppet.always(Act::Answer);
    let page = go_online(&world.log_in("alice")?, &[])?;
    let contacts = page.answer.each("/buddies", "id");
    page.answer.must(!contacts.contains(&world.id("bob").to_owned()), "the pages did what was asked")?;
    let rooms = world.puppet.rooms_of(&page.ticket);
    page.answer.must(!rooms.contains(&world.room("walkers").to_owned()), "and the next session follows them")
}
