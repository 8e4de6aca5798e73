//! `online`: a page begins to chat.
//!
//! Owns: the order of the steps. It is this order that loses nothing:
//!
//! 1. log in, if the chat bar's own form asks for it
//! 2. find what was sent to the user while he was away
//! 3. find whom the page has to know: friends, open chats, senders of those messages, strangers on the page; and its rooms
//! 4. open a session at the message server, which from now on queues what is sent, and look once more what was sent before
//! 5. tell presence and show of every contact, not only of those who are there
//! 6. put the histories of open chats and of those senders into the answer
//! 7. only then note that the messages were handed over
//!
//! Must not: believe the page about who the user is.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};

use super::contacts::{self, Circle};
use super::jsonp::{self, Effect};
use super::missed::{Missed, heard};
use super::params::{clearable, list, short, text};
use super::server::{By, CallError, INVISIBLE, Online, Presence, Session};
use super::shapes::{BuddyInfo, LogItem, RoomInfo, link, log};
use super::{FORUM_CHANNEL, events, history, may_act, settings};
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::limits::{HISTORY_MAX, SHOW_BYTES_MAX, STATUS_BYTES_MAX};
use crate::session::{self, LogIn};
use crate::site::{Outcome, Site};
use crate::store::accounts::{self, User};
use crate::store::groups::{self, Group};
use crate::store::messages;
use crate::store::{Connection, Result as Stored, forum, now, tickets};
use crate::visit::{Params, Visit};

/// The version of older front ends, which know no third type of messages.
const OLD: &str = "3";
/// The version of ours.
const OURS: &str = "6";

/// `online`.
pub(super) fn online(site: &Site, visit: &Visit) -> Outcome {
    jsonp::admit(site, visit, Effect::Changes)?;
    let params = &visit.params;
    let Comer { user, token, cookie } = match who(site, visit) {
        Ok(found) => found,
        Err(refusal) => return failure(visit, refusal),
    };
    may_act(site, &user, "online")?;
    let show = short(params, "show", SHOW_BYTES_MAX)?;
    let status = clearable(params, "status", STATUS_BYTES_MAX)?.unwrap_or(&user.status);
    let mut knows = site.store.read(|db| Knowledge::gather(db, &user, params))?;
    let version = if knows.old { OLD } else { OURS };
    let (buddies, rooms) = (knows.circle.names(&knows.contacts), knows.rooms_to_hear());
    let going =
        Online { name: &user.id, nick: &user.nick, buddies: &buddies, rooms: &rooms, show, status, version };
    events::log_out_rest(site);
    let session = match site.im.online(&going) {
        Ok(session) => session,
        Err(error) => return Ok(failed(reason(&error))),
    };
    let myself = Presence {
        name: user.id.clone(),
        show: if show.is_empty() { "available" } else { show }.to_owned(),
        status: status.to_owned(),
    };
    let status = if show == INVISIBLE { &user.status } else { status };
    let told = look_again(site, &user, params, &mut knows)
        .and_then(|()| answer(site, &user, &knows, &session, &myself))
        .and_then(|answer| hand_over(site, &user, &token, &knows, &session, status).map(|()| answer));
    let answer = told.inspect_err(|_| {
        // A session whose ticket nobody was given ends by itself; this is for those who see him online meanwhile.
        events::told("failed online", site.im.offline(By::Ticket(&session.ticket)));
    })?;
    let reply = Reply::json(&answer);
    Ok(match cookie {
        Some(cookie) => reply.with(header::SET_COOKIE, cookie),
        None => reply,
    })
}

/// Who goes online, and by which log-in.
struct Comer {
    user: User,
    token: String,
    /// If the log-in has just begun.
    cookie: Option<String>,
}

/// Step 1: who the session says, unless the chat bar's own form says who wants to log in.
fn who(site: &Site, visit: &Visit) -> Result<Comer, Refusal> {
    let (name, password) = (text(&visit.params, "username"), visit.params.get("password"));
    if name.is_empty() {
        let token = session::token(&visit.headers).ok_or_else(Refusal::log_in_first)?;
        return Ok(Comer { user: visit.user()?.clone(), token, cookie: None });
    }
    let LogIn { user, token, cookie } = session::log_in(site, visit, name, password)?;
    Ok(Comer { user, token, cookie: Some(cookie) })
}

/// A form that was not right is told in the old way, with success as far as HTTP goes; everything else as it is.
fn failure(visit: &Visit, refusal: Refusal) -> Outcome {
    let asked = !text(&visit.params, "username").is_empty();
    match refusal.status {
        StatusCode::UNAUTHORIZED if asked => Ok(failed("Not Authorized")),
        StatusCode::UNAUTHORIZED => Ok(failed("Not Authorized").status(StatusCode::UNAUTHORIZED)),
        StatusCode::FORBIDDEN => Ok(failed("Forbidden")),
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

/// What the site knows before it asks the message server.
struct Knowledge {
    circle: Circle,
    /// Everybody the page has to know.
    contacts: Vec<User>,
    /// Those of them whose history is wanted.
    open: Vec<User>,
    groups: Vec<Group>,
    open_groups: Vec<i64>,
    settings: Value,
    /// Groups whose chat he does not want to hear.
    blocked_rooms: Vec<String>,
    /// What he was sent and has not got, and what the page has missed.
    missed: Missed,
    subscribed: bool,
    old: bool,
}

impl Knowledge {
    /// Steps 2 and 3.
    fn gather(db: &Connection, user: &User, params: &Params) -> Stored<Knowledge> {
        let old = text(params, "version") == OLD;
        let settings = settings::of(db, user)?;
        let blocked_rooms = settings::blocked_rooms(&settings);
        let groups = groups::of(db, &user.id)?;
        let missed = Missed::find(db, user, params, &heard(&groups, &blocked_rooms))?;
        let circle = Circle::of(db, user)?;
        let mut open = contacts::find(db, user, &list(params, "buddy_ids"))?;
        for message in missed.messages.iter().filter(|message| message.kind == "unicast") {
            let other = if message.from == user.id { &message.to } else { &message.from };
            if let Some(other) = accounts::find(db, other)? {
                contacts::add(&mut open, user, other);
            }
        }
        let mut contacts = circle.friends.clone();
        let strangers = contacts::find(db, user, &list(params, "stranger_ids"))?;
        for other in open.iter().cloned().chain(strangers) {
            contacts::add(&mut contacts, user, other);
        }
        let wanted = list(params, "room_ids");
        // What is said in a room while he does not hear it is for later, when he comes back.
        let is_open = |id: &String| wanted.contains(id) && !blocked_rooms.contains(id);
        let open_groups = groups.iter().map(|group| group.id).filter(|id| is_open(&id.to_string()));
        let (open_groups, subscribed) = (open_groups.collect(), !old && forum::subscribed(db, &user.id)?);
        Ok(Knowledge {
            circle,
            contacts,
            open,
            groups,
            open_groups,
            settings,
            blocked_rooms,
            missed,
            subscribed,
            old,
        })
    }

    fn rooms_to_hear(&self) -> Vec<String> {
        rooms_to_hear(&self.groups, &self.blocked_rooms, self.subscribed)
    }
}

/// The rooms of the message server in which a user wants to be.
fn rooms_to_hear(groups: &[Group], blocked: &[String], subscribed: bool) -> Vec<String> {
    let channel = subscribed.then(|| FORUM_CHANNEL.to_owned());
    heard(groups, blocked).into_iter().chain(channel).collect()
}

/// Step 2 again: what was said before there was a session was pushed to none.
fn look_again(site: &Site, user: &User, params: &Params, knows: &mut Knowledge) -> Result<(), Refusal> {
    let rooms = heard(&knows.groups, &knows.blocked_rooms);
    knows.missed = site.store.read(|db| Missed::find(db, user, params, &rooms))?;
    Ok(())
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
    site: &Site,
    user: &User,
    knows: &Knowledge,
    session: &Session,
    myself: &Presence,
) -> Result<Answer, Refusal> {
    let mut buddies = knows.circle.describe(site, &knows.contacts, &session.buddies);
    let online: Vec<&str> =
        buddies.iter().filter(|buddy| buddy.is_online()).map(|buddy| buddy.id.as_str()).collect();
    let buddy_online_ids = online.join(",");
    let mut rooms = rooms(site, knows, session);
    let mut histories = BTreeMap::new();
    site.store.read(|db| {
        for other in &knows.open {
            let found = log(messages::with_user(db, &user.id, &other.id, i64::MAX, HISTORY_MAX)?, &user.id);
            histories.insert(other.id.clone(), found);
        }
        for &group in &knows.open_groups {
            let found = history::of_room(db, user, group, i64::MAX)?;
            histories.insert(group.to_string(), found);
        }
        Ok::<(), Refusal>(())
    })?;
    for buddy in &mut buddies {
        buddy.history = histories.get(&buddy.id).cloned();
    }
    for room in rooms.values_mut() {
        room.history = histories.get(&room.id).cloned();
    }
    Ok(Answer {
        success: true,
        server_time: now(),
        user: BuddyInfo::new(site, user, "", Some(myself)),
        connection: json!({
            "ticket": session.ticket,
            "domain": site.im.domain(),
            "server": site.im.poll_url(),
        }),
        buddies,
        buddy_online_ids,
        rooms,
        histories,
        new_messages: knows.missed.lines(user),
        more: knows.missed.more(),
        setting: knows.settings.clone(),
        menu: menu(site),
        channels: channels(site, knows.subscribed),
    })
}

/// All groups: those whose chat he does not hear are told as blocked, so that he can come back.
fn rooms(site: &Site, knows: &Knowledge, session: &Session) -> BTreeMap<String, RoomInfo> {
    let describe = |group: &Group| {
        let id = group.id.to_string();
        let count = session.rooms.iter().find(|room| room.name == id).map_or(0, |room| room.total);
        let blocked = knows.blocked_rooms.contains(&id);
        (id, RoomInfo::new(site, group, count, blocked))
    };
    knows.groups.iter().map(describe).collect()
}

fn menu(site: &Site) -> Value {
    json!([
        {"title": "Forum", "url": link(site, "/forum"), "icon": "💬", "shortcut": true},
        {"title": "Friends", "url": link(site, "/friends"), "icon": "👥"},
        {"title": "Groups", "url": link(site, "/groups"), "icon": "🏠"},
        {"title": "Members", "url": link(site, "/members"), "icon": "🔎"},
    ])
}

fn channels(site: &Site, subscribed: bool) -> Value {
    if !subscribed {
        return json!([]);
    }
    json!([{"id": FORUM_CHANNEL, "nick": "Forum", "url": link(site, "/forum")}])
}

/// Step 7, and what else is remembered of this page. What the user has lost while the message server was asked, it did
/// not know when it was told: it is told again.
fn hand_over(
    site: &Site,
    user: &User,
    token: &str,
    knows: &Knowledge,
    session: &Session,
    status: &str,
) -> Result<(), Refusal> {
    let (rooms, circle, forgotten) = site.store.write(|db| {
        let log_in = session::hash(token);
        if accounts::session_user(db, &log_in)?.is_none() {
            return Err(Refusal::new(StatusCode::UNAUTHORIZED, "You are not logged in any more."));
        }
        let forgotten = tickets::add(db, &session::seal(token, &session.ticket), &user.id, &log_in)?;
        accounts::set_status(db, &user.id, status)?;
        messages::set_received(db, &user.id, &knows.missed.messages)?;
        let blocked = settings::blocked_rooms(&settings::of(db, user)?);
        let rooms = rooms_to_hear(&groups::of(db, &user.id)?, &blocked, forum::subscribed(db, &user.id)?);
        Ok((rooms, Circle::of(db, user)?, forgotten))
    })?;
    events::log_out(site, session::unseal(token, &forgotten));
    for left in knows.rooms_to_hear().iter().filter(|room| !rooms.contains(room)) {
        events::leave(site, user, left);
    }
    let were_together = knows.contacts.iter().filter(|other| !knows.circle.is_apart(&other.id));
    for other in were_together.filter(|other| circle.is_apart(&other.id)) {
        events::unlink(site, user, &other.id);
    }
    Ok(())
}
