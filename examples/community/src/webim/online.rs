//! `online`: a page begins to chat.
//!
//! Owns: the order of the steps, by which no message is lost:
//!
//! 1. log in, if the chat bar's own form asks for it
//! 2. find the messages that the user or the page has missed
//! 3. collect the contacts that the page must know: friends, open chats, senders of those messages, strangers on the page;
//!    and the rooms
//! 4. open a session at the message server, which queues all messages from now on, and which ends with the log-in; then do
//!    step 2 once more, for messages that came before
//! 5. set presence and show of every contact, also of those that are offline
//! 6. put the histories of open chats and of those senders into the answer
//! 7. only then note that the messages were handed over and, if others see the user, that they have arrived
//!
//! Must not: read the user's name from a parameter, but in step 1.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};

use super::contacts;
use super::events::log_failure;
use super::host::{Host, Person, Records, Room, Visitor};
use super::jsonp::{self, Effect};
use super::limits::{EXPIRES_S_MAX, EXPIRES_S_MIN, HISTORY_MAX, SHOW_BYTES_MAX, STATUS_BYTES_MAX};
use super::missed::Missed;
use super::params::{clearable, list, short, text};
use super::plugin::Plugin;
use super::rights::Rights;
use super::server::{By, CallError, INVISIBLE, NewSession, Presence, Session};
use super::shapes::{BuddyInfo, LogItem, RoomInfo, log};
use super::{settings, tickets};
use crate::dates::now;
use crate::http::{Outcome, Params, Refusal, Reply, Request};

/// The version of older front ends, which know only two types of messages.
const OLD: &str = "3";
/// The version of the chat bar.
const CURRENT: &str = "6";

pub(super) fn online(site: &impl Host, request: &Request) -> Outcome {
    let plugin = site.plugin();
    jsonp::admit(plugin, request, Effect::Changes)?;
    let params = &request.params;
    let visitor = match log_in(site, request) {
        Ok(visitor) => visitor,
        Err(refusal) => return failure(params, refusal),
    };
    let user = &visitor.person;
    plugin.may_act(&user.id, "online")?;
    let show = short(params, "show", SHOW_BYTES_MAX)?;
    let status = clearable(params, "status", STATUS_BYTES_MAX)?.unwrap_or(&user.status);
    let (mut knowledge, log_in_end) = site.read(|db| {
        Ok((Knowledge::gather(db, plugin, user, params)?, db.log_in_end(&visitor.token)?.unwrap_or_default()))
    })?;
    plugin.log_out_rest();
    let session = match plugin.im.online(&NewSession {
        name: &user.id,
        nick: &user.nick,
        buddies: &knowledge.rights.circle.names(&knowledge.contacts),
        rooms: &knowledge.rights.rooms,
        show,
        status,
        version: if knowledge.is_old { OLD } else { CURRENT },
        expires: (!knowledge.is_old).then(|| expires_s(log_in_end - now())),
    }) {
        Ok(session) => session,
        Err(error) => return Ok(failed(reason(&error))),
    };
    let myself = Presence {
        name: user.id.clone(),
        show: if show.is_empty() { "available" } else { show }.to_owned(),
        status: status.to_owned(),
    };
    let kept_status = if show == INVISIBLE { &user.status } else { status };
    let result = knowledge
        .look_again(site, user, params)
        .and_then(|()| answer(site, user, &knowledge, &session, &myself))
        .and_then(|answer| {
            let is_visible = is_visible(plugin, user, show, &knowledge.missed);
            hand_over(site, &visitor, &knowledge, &session, kept_status, is_visible).map(|()| answer)
        });
    let answer = result.inspect_err(|_| {
        // No page has the ticket, so the session would end by itself; until then others would see the user online.
        log_failure("failed online", plugin.im.offline(By::Ticket(&session.ticket)));
    })?;
    let reply = Reply::json(&answer);
    Ok(match visitor.cookie {
        Some(cookie) => reply.with(header::SET_COOKIE, cookie),
        None => reply,
    })
}

/// How long a session may last, in seconds, if the log-in goes on for this many milliseconds.
fn expires_s(left_ms: i64) -> i64 {
    (left_ms / 1_000).clamp(EXPIRES_S_MIN, EXPIRES_S_MAX)
}

/// Step 1: the user of the session cookie, or of the chat bar's own form.
fn log_in(site: &impl Host, request: &Request) -> Result<Visitor, Refusal> {
    let (name, password) = (text(&request.params, "username"), request.params.get("password"));
    if name.is_empty() {
        return site.visitor(request)?.ok_or_else(Refusal::log_in_first);
    }
    site.log_in(request, name, password)
}

/// A wrong name or password in the chat bar's form is answered with 200, as older front ends expect it.
fn failure(params: &Params, refusal: Refusal) -> Outcome {
    let is_form = !text(params, "username").is_empty();
    match refusal.status {
        StatusCode::UNAUTHORIZED if is_form => Ok(failed("Not Authorized")),
        StatusCode::UNAUTHORIZED => Ok(failed("Not Authorized").status(StatusCode::UNAUTHORIZED)),
        // The paper's word is for older front ends, and the site's own for the bar.
        StatusCode::FORBIDDEN => Ok(Reply::json(
            &json!({"success": false, "error_msg": "Forbidden", "error": refusal.text, "status": 403}),
        )),
        _ => Err(refusal),
    }
}

fn failed(error_msg: &str) -> Reply {
    Reply::json(&json!({"success": false, "error_msg": error_msg}))
}

fn reason(error: &CallError) -> &'static str {
    match error {
        CallError::NotAuthorized => "IM Server Not Authorized",
        CallError::Unreachable | CallError::NoSession | CallError::Refused(..) => "IM Server Not Found",
    }
}

/// All that an answer needs from the database.
struct Knowledge {
    /// What the session is opened with.
    rights: Rights,
    /// All users that the page must know.
    contacts: Vec<Person>,
    /// The contacts whose history is wanted.
    open: Vec<Person>,
    rooms: Vec<Room>,
    /// The ids of the rooms whose history is wanted.
    wanted_rooms: Vec<String>,
    settings: Value,
    missed: Missed,
    /// Whether the user wants new posts as messages.
    is_subscribed: bool,
    /// Whether the front end is an older one.
    is_old: bool,
}

impl Knowledge {
    /// Steps 2 and 3.
    fn gather(
        db: &dyn Records,
        plugin: &Plugin,
        user: &Person,
        params: &Params,
    ) -> Result<Knowledge, Refusal> {
        let is_old = text(params, "version") == OLD;
        let settings = settings::of(db, user)?;
        let rooms = db.rooms(&user.id)?;
        let mut rights = Rights::of(db, plugin, user)?;
        // Older front ends know no channels.
        rights.rooms.retain(|room| !is_old || room != plugin.setup.channel.id);
        let missed = Missed::find(db, user, params, &rights.rooms)?;
        let open = open_chats(db, user, params, &missed)?;
        let mut contacts = rights.circle.friends.clone();
        let strangers = contacts::find(db, user, &list(params, "stranger_ids"))?;
        for other in open.iter().cloned().chain(strangers) {
            contacts::add(&mut contacts, user, other);
        }
        // The messages of a blocked room are for later, when the user joins it again.
        let mut wanted_rooms = list(params, "room_ids");
        wanted_rooms.retain(|id| rooms.iter().any(|room| room.id == *id) && rights.rooms.contains(id));
        let is_subscribed = rights.rooms.iter().any(|room| room == plugin.setup.channel.id);
        Ok(Knowledge { rights, contacts, open, rooms, wanted_rooms, settings, missed, is_subscribed, is_old })
    }

    /// Step 2 again: messages that came before there was a session were pushed to none.
    fn look_again(&mut self, site: &impl Host, user: &Person, params: &Params) -> Result<(), Refusal> {
        self.missed = site.read(|db| Missed::find(db, user, params, &self.rights.rooms))?;
        Ok(())
    }
}

/// The other users of the chats that are open, or that missed messages open.
fn open_chats(
    db: &dyn Records,
    user: &Person,
    params: &Params,
    missed: &Missed,
) -> Result<Vec<Person>, Refusal> {
    let mut open = contacts::find(db, user, &list(params, "buddy_ids"))?;
    for message in missed.messages.iter().filter(|message| message.kind == "unicast") {
        let other = if message.from == user.id { &message.to } else { &message.from };
        if let Some(other) = db.person(other)? {
            contacts::add(&mut open, user, other);
        }
    }
    Ok(open)
}

#[derive(Serialize)]
struct Answer {
    success: bool,
    server_time: i64,
    user: BuddyInfo,
    connection: Value,
    buddies: Vec<BuddyInfo>,
    buddy_online_ids: String,
    rooms: BTreeMap<String, RoomInfo>,
    histories: BTreeMap<String, Vec<LogItem>>,
    new_messages: Vec<LogItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<String>,
    setting: Value,
    menu: Value,
    channels: Value,
}

/// Steps 5 and 6.
fn answer(
    site: &impl Host,
    user: &Person,
    knowledge: &Knowledge,
    session: &Session,
    myself: &Presence,
) -> Result<Answer, Refusal> {
    let plugin = site.plugin();
    let mut buddies = knowledge.rights.circle.describe(plugin, &knowledge.contacts, &session.buddies);
    let online: Vec<&str> =
        buddies.iter().filter(|buddy| buddy.is_online()).map(|buddy| buddy.id.as_str()).collect();
    let buddy_online_ids = online.join(",");
    let mut rooms = rooms(plugin, knowledge, session);
    let histories = site.read(|db| histories(db, user, knowledge))?;
    for buddy in &mut buddies {
        buddy.history = histories.get(&buddy.id).cloned();
    }
    for room in rooms.values_mut() {
        room.history = histories.get(&room.id).cloned();
    }
    Ok(Answer {
        success: true,
        server_time: now(),
        user: BuddyInfo::new(plugin, user, "", Some(myself)),
        connection: json!({
            "ticket": session.ticket,
            "domain": plugin.im.domain(),
            "server": plugin.im.poll_url(),
        }),
        buddies,
        buddy_online_ids,
        rooms,
        histories,
        new_messages: knowledge.missed.lines(user),
        more: knowledge.missed.more(),
        setting: knowledge.settings.clone(),
        menu: menu(plugin),
        channels: channels(plugin, knowledge.is_subscribed),
    })
}

/// The histories of open chats, by the ids of users and of rooms, which are numbers.
fn histories(
    db: &dyn Records,
    user: &Person,
    knowledge: &Knowledge,
) -> Result<BTreeMap<String, Vec<LogItem>>, Refusal> {
    let mut found = BTreeMap::new();
    for other in &knowledge.open {
        let messages = db.with_user(&user.id, &other.id, i64::MAX, HISTORY_MAX)?;
        found.insert(other.id.clone(), log(messages, &user.id));
    }
    for room in &knowledge.wanted_rooms {
        let messages = db.in_room(&user.id, room, i64::MAX, HISTORY_MAX)?;
        found.insert(room.clone(), log(messages, &user.id));
    }
    Ok(found)
}

/// All rooms of the user. Blocked ones are marked, so that the user can join them again.
fn rooms(plugin: &Plugin, knowledge: &Knowledge, session: &Session) -> BTreeMap<String, RoomInfo> {
    let blocked = settings::blocked_rooms(&knowledge.settings);
    let describe = |room: &Room| {
        let count = session.rooms.iter().find(|total| total.name == room.id).map_or(0, |total| total.total);
        (room.id.clone(), RoomInfo::new(plugin, room, count, blocked.contains(&room.id)))
    };
    knowledge.rooms.iter().map(describe).collect()
}

fn menu(plugin: &Plugin) -> Value {
    let entries = plugin.setup.menu.iter().map(|entry| {
        let mut value = json!({"title": entry.title, "url": plugin.link(entry.url), "icon": entry.icon});
        if entry.is_shortcut {
            value["shortcut"] = Value::from(true);
        }
        value
    });
    entries.collect()
}

fn channels(plugin: &Plugin, is_subscribed: bool) -> Value {
    if !is_subscribed {
        return json!([]);
    }
    let channel = &plugin.setup.channel;
    json!([{"id": channel.id, "nick": channel.nick, "url": plugin.link(channel.url)}])
}

/// Whether the senders of these messages may know that they have arrived: others see the user. A page that names no show has
/// the one of the user's other pages.
fn is_visible(plugin: &Plugin, user: &Person, show: &str, missed: &Missed) -> bool {
    match show {
        INVISIBLE => false,
        "" => missed.has_unknown_arrivals(user) && plugin.is_seen(&user.id),
        _ => true,
    }
}

/// Step 7, and what else is kept of this page. Rights that the user lost while the message server was called are taken
/// from the session, which was opened with them.
fn hand_over(
    site: &impl Host,
    visitor: &Visitor,
    knowledge: &Knowledge,
    session: &Session,
    status: &str,
    is_visible: bool,
) -> Result<(), Refusal> {
    let (plugin, user, token) = (site.plugin(), &visitor.person, &*visitor.token);
    let (later, removed) = site.write(|db| {
        if db.log_in_end(token)?.is_none() {
            return Err(Refusal::new(StatusCode::UNAUTHORIZED, "You are not logged in any more."));
        }
        let removed = db.add_ticket(&tickets::seal(token, &session.ticket), &user.id, token)?;
        db.set_status(&user.id, status)?;
        db.set_received(&user.id, &knowledge.missed.messages, is_visible)?;
        Ok((Rights::of(db, plugin, user)?, removed))
    })?;
    plugin.log_out(tickets::unseal(token, &removed));
    knowledge.rights.take_back(&later, &knowledge.contacts, plugin, user);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lasts_as_long_as_the_log_in_within_bounds() {
        let cases = [
            (i64::MIN, 60),
            (-1, 60),
            (0, 60),
            (60_999, 60),
            (61_000, 61),
            (3_599_999, 3_599),
            (3_600_000, 3_600),
            (3_601_000, 3_600),
            (i64::MAX, 3_600),
        ];
        for (left_ms, expected) in cases {
            assert_eq!(expires_s(left_ms), expected, "{left_ms}");
        }
    }
}
