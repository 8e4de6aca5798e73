//! What the site's pages have to tell the message server.
//!
//! Owns: one function for each thing that happens on a page and concerns the chat. Must not: decide who may do it, except
//! for the broadcast.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{iter, mem};

use super::FORUM_CHANNEL;
use super::server::{By, CallError, Push};
use crate::http::refusal::Refusal;
use crate::limits::{ENDINGS_MAX, MESSAGE_BYTES_MAX};
use crate::site::Site;
use crate::store::accounts::User;
use crate::store::messages::{self, Message, NewMessage};
use crate::store::{Connection, now};

/// What is to go offline as soon as the message server can be told. It is kept in memory alone: a ticket is open here, and
/// whoever reads the database could poll with it.
#[derive(Debug, Default)]
pub struct Endings(Mutex<Vec<Ending>>);

#[derive(Debug)]
enum Ending {
    Ticket(String),
    Name(String),
}

impl Endings {
    fn lock(&self) -> MutexGuard<'_, Vec<Ending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A log-in has ended: the pages that came online by it go offline, and no other of the user.
pub fn log_out(site: &Site, tickets: Vec<String>) {
    if !tickets.is_empty() {
        end(site, tickets.into_iter().map(Ending::Ticket));
    }
}

/// All log-ins of a user have ended: all pages of the user go offline.
pub fn log_out_everywhere(site: &Site, user: &User) {
    end(site, [Ending::Name(user.id.clone())]);
}

/// Tells of the log-outs of which the message server could not be told. Before a page goes online, so that it is not meant.
pub(super) fn log_out_rest(site: &Site) {
    end(site, []);
}

fn end(site: &Site, endings: impl IntoIterator<Item = Ending>) {
    // Who finds none is not held up by those whom another is telling of.
    let kept = mem::take(&mut *site.endings.lock());
    let mut endings = kept.into_iter().chain(endings);
    while let Some(ending) = endings.next() {
        let told = site.im.offline(match &ending {
            Ending::Ticket(ticket) => By::Ticket(ticket),
            Ending::Name(name) => By::Name(name),
        });
        let is_there = told != Err(CallError::Unreachable);
        if told != Err(CallError::NoSession) {
            self::told("log-out", told);
        }
        if !is_there {
            let mut kept = site.endings.lock();
            let room = ENDINGS_MAX.saturating_sub(kept.len());
            kept.extend(iter::once(ending).chain(endings).take(room));
            return;
        }
    }
}

/// Two users are no friends any more, or one has blocked the other: they no longer see each other come and go.
pub fn unlink(site: &Site, user: &User, other: &str) {
    told("friendship ended", site.im.unlink(&user.id, other));
}

/// A user has become a member of a group: if he is online, he hears what is said there.
pub fn enter(site: &Site, user: &User, group: i64) {
    if site.im.onlines(std::slice::from_ref(&user.id)).is_ok_and(|online| !online.is_empty()) {
        told("group joined", site.im.join(By::Name(&user.id), &user.nick, &group.to_string()));
    }
}

/// A user is no longer a member of a group.
pub fn expel(site: &Site, user: &User, group: i64) {
    leave(site, user, &group.to_string());
}

/// A user no longer wants to be told of new posts. That he wants to takes effect when a page of his next goes online.
pub fn unsubscribe(site: &Site, user: &User) {
    leave(site, user, FORUM_CHANNEL);
}

/// A user is no longer to hear what is said in a room of the message server.
pub(super) fn leave(site: &Site, user: &User, room: &str) {
    told("room left", site.im.leave(By::Name(&user.id), &user.nick, room));
}

/// Tells the forum's subscribers of a new post.
pub fn push_post(site: &Site, post: i64, text: &str) {
    let (id, text) = (format!("post-{post}"), shortened(text, MESSAGE_BYTES_MAX));
    let push = Push {
        ticket: None,
        from: "forum",
        nick: "Forum",
        to: FORUM_CHANNEL,
        kind: "multicast",
        body: text,
        style: "",
        timestamp: now(),
        id: &id,
    };
    told("post", site.im.message(&push));
}

/// Tells everybody who is online. Only an administrator may.
/// A second broadcast of the same `cid` is the first one; it is pushed once more if nobody was told.
pub fn broadcast(site: &Site, user: &User, body: &str, cid: Option<&str>) -> Result<Message, Refusal> {
    if !user.is_admin {
        return Err(Refusal::forbidden("Only an administrator may write to everybody."));
    }
    if body.trim().is_empty() || body.len() > MESSAGE_BYTES_MAX || body.contains('\0') {
        return Err(Refusal::bad("This message is empty or too long."));
    }
    let new =
        NewMessage { kind: "broadcast", from: &user.id, nick: &user.nick, to: "", body, style: "", cid };
    let message = site.store.write(|db: &Connection| messages::add(db, &new))?;
    if !message.delivered {
        site.im.message(&Push::of(&message, &message.id.to_string(), None)).map_err(|error| {
            Refusal::unavailable(format!("This is stored, but nobody was told: the message server: {error}."))
        })?;
        if let Err(error) = site.store.write(|db: &Connection| messages::set_delivered(db, message.id)) {
            log::warn!("broadcast {} may be pushed twice: {error}", message.id);
        }
    }
    Ok(message)
}

/// What the message server is told beside what was asked for may fail: it learns it when the user next goes online.
pub(super) fn told<T>(what: &str, result: Result<T, CallError>) {
    if let Err(error) = result {
        log::warn!("message server not told ({what}): {error}");
    }
}

fn shortened(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
