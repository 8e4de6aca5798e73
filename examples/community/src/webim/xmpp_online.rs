//! `online` of the gateway to XMPP: a member's first client is there.
//!
//! Owns: the steps of `online.rs` for a session without a page: it has no open chats and no histories, and all its
//! clients log in by passwords of their own. Must not: open a session for a user whose clients must log in first.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::events::log_failure;
use super::host::{Host, Person, Room};
use super::limits::{EXPIRES_S_MAX, SHOW_BYTES_MAX, STATUS_BYTES_MAX};
use super::missed::Missed;
use super::params::{clearable, short};
use super::plugin::Plugin;
use super::rights::Rights;
use super::server::{By, INVISIBLE, NewSession, Session};
use super::shapes::LogItem;
use super::tickets;
use crate::http::{Outcome, Params, Refusal, Reply};

#[derive(Serialize)]
struct Buddy {
    name: String,
    nick: String,
    group: String,
    pic: String,
    show: String,
    status: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    user: &'a str,
    nick: &'a str,
    ticket: &'a str,
    server: String,
    buddies: Vec<Buddy>,
    rooms: Vec<Value>,
    channels: Vec<Value>,
    messages: Vec<LogItem>,
}

pub(super) fn online(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let plugin = site.plugin();
    plugin.may_act(&user.id, "online")?;
    let show = short(params, "show", SHOW_BYTES_MAX)?;
    let status = clearable(params, "status", STATUS_BYTES_MAX)?.unwrap_or(&user.status);
    let (rights, rooms) = site.read(|db| {
        if db.is_chat_logged_out(&user.id)? {
            return Err(Refusal::new(
                StatusCode::UNAUTHORIZED,
                "A chat password was revoked. Please log in again.",
            ));
        }
        Ok((Rights::of(db, plugin, user)?, db.rooms(&user.id)?))
    })?;
    plugin.log_out_rest();
    let session = plugin.im.online(&NewSession {
        name: &user.id,
        nick: &user.nick,
        buddies: &rights.circle.names(&rights.circle.friends),
        rooms: &rights.rooms,
        show,
        status,
        version: "6",
        expires: Some(EXPIRES_S_MAX),
    });
    let session = session.map_err(|error| Refusal::unavailable(format!("Message server: {error}.")))?;
    let kept_status = if show == INVISIBLE { &user.status } else { status };
    let handed = hand_over(site, user, params, &rights, &session, kept_status);
    let missed = handed.inspect_err(|_| {
        log_failure("failed online", plugin.im.offline(By::Ticket(&session.ticket)));
    })?;
    let described = rights.circle.describe(plugin, &rights.circle.friends, &session.buddies);
    Ok(Reply::json(&Answer {
        user: &user.id,
        nick: &user.nick,
        ticket: &session.ticket,
        server: plugin.im.poll_url(),
        buddies: described.into_iter().map(Buddy::from).collect(),
        rooms: open(&rooms, &rights),
        channels: channels(plugin, &rights),
        messages: missed.lines(user),
    }))
}

impl From<super::shapes::BuddyInfo> for Buddy {
    fn from(info: super::shapes::BuddyInfo) -> Buddy {
        let super::shapes::BuddyInfo { id, nick, group, pic_url, show, status, .. } = info;
        Buddy { name: id, nick, group, pic: pic_url, show, status }
    }
}

fn open(rooms: &[Room], rights: &Rights) -> Vec<Value> {
    let open = rooms.iter().filter(|room| rights.rooms.contains(&room.id));
    open.map(|room| json!({"name": room.id, "nick": room.name})).collect()
}

/// Channels are no rooms for clients: their messages come with a link to what they are about.
fn channels(plugin: &Plugin, rights: &Rights) -> Vec<Value> {
    let channel = &plugin.setup.channel;
    let is_there = rights.rooms.iter().any(|room| room == channel.id);
    is_there
        .then(|| json!({"name": channel.id, "nick": channel.nick, "url": plugin.link(channel.url)}))
        .into_iter()
        .collect()
}

/// Finds the waiting messages after the session was opened, so that each is either among them or pushed to it, and notes
/// that they are handed over. Keeps the ticket, and takes from the session what the user has lost meanwhile.
fn hand_over(
    site: &impl Host,
    user: &Person,
    params: &Params,
    rights: &Rights,
    session: &Session,
    status: &str,
) -> Result<Missed, Refusal> {
    let plugin = site.plugin();
    // The log-in of all clients of a user; only who knows the apikey opens its tickets.
    let token = plugin.im.keyed(&format!("xmpp {}", user.id));
    let missed = site.read(|db| Missed::find(db, user, &Params::default(), &rights.rooms))?;
    let is_visible =
        params.get("show") != INVISIBLE && missed.has_unknown_arrivals(user) && plugin.is_seen(&user.id);
    let (later, removed) = site.write(|db| {
        let removed = db.add_ticket(&tickets::seal(&token, &session.ticket), &user.id, &token)?;
        db.set_status(&user.id, status)?;
        db.set_received(&user.id, &missed.messages, is_visible)?;
        Ok((Rights::of(db, plugin, user)?, removed))
    })?;
    plugin.log_out(tickets::unseal(&token, &removed));
    rights.take_back(&later, &rights.circle.friends, plugin, user);
    Ok(missed)
}
