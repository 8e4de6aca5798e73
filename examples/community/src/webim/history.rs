//! `history`, `clear_history` and `download_history`: the messages of a conversation.
//!
//! Owns: which histories a user may read, and the file of a history. Must not: call the message server.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::header;

use super::contacts::no_such_user;
use super::host::{Host, Message, Person, Records, Room};
use super::limits::{DOWNLOAD_MAX, HISTORIES_MAX, HISTORY_MAX};
use super::params::{list, required, text};
use super::rooms::mine;
use super::shapes::log;
use crate::dates::{self, now};
use crate::http::{Outcome, Params, Refusal, Reply};

/// The other side of a conversation.
enum Partner {
    Person(Person),
    Room(Room),
}

impl Partner {
    fn find(db: &dyn Records, user: &Person, params: &Params, id: &str) -> Result<Partner, Refusal> {
        match text(params, "type") {
            "" | "unicast" | "chat" => db.person(id)?.map(Partner::Person).ok_or_else(no_such_user),
            "multicast" | "grpchat" => mine(db, user, id).map(Partner::Room),
            _ => Err(Refusal::bad("bad parameter: type")),
        }
    }

    fn read(
        &self,
        db: &dyn Records,
        user: &Person,
        before: i64,
        limit: usize,
    ) -> Result<Vec<Message>, Refusal> {
        match self {
            Partner::Person(other) => db.with_user(&user.id, &other.id, before, limit),
            Partner::Room(room) => db.in_room(&user.id, &room.id, before, limit),
        }
    }

    fn name(&self) -> &str {
        match self {
            Partner::Person(other) => &other.nick,
            Partner::Room(room) => &room.name,
        }
    }
}

/// `history`: the last messages, or the last before a time. Of several conversations, by the specification, an object.
pub(super) fn history(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let before = text(params, "before").parse().unwrap_or(i64::MAX);
    let read = |db: &dyn Records, id: &str| {
        let other = Partner::find(db, user, params, id)?;
        Ok(log(other.read(db, user, before, HISTORY_MAX)?, &user.id))
    };
    let ids = list(params, "ids");
    if !text(params, "id").is_empty() || ids.is_empty() {
        let found = site.read(|db| read(db, required(params, "id")?))?;
        return Ok(Reply::json(&found));
    }
    let found = site.read(|db| {
        let each = |id: &String| Ok((id.clone(), read(db, id)?));
        ids.iter().take(HISTORIES_MAX).map(each).collect::<Result<BTreeMap<_, _>, Refusal>>()
    })?;
    Ok(Reply::json(&found))
}

/// `history` of the gateway: the last `max` messages of a room or with a user.
pub(super) fn recent(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let max = text(params, "max").parse().unwrap_or(HISTORY_MAX).min(HISTORY_MAX);
    let found = site.read(|db| {
        let other = Partner::find(db, user, params, required(params, "to")?)?;
        other.read(db, user, i64::MAX, max)
    })?;
    Ok(Reply::json(&log(found, &user.id)))
}

/// `clear_history`: for this user alone.
pub(super) fn clear(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    site.write(|db| match Partner::find(db, user, params, required(params, "id")?)? {
        Partner::Person(other) => db.clear_user(&user.id, &other.id),
        Partner::Room(room) => db.clear_room(&user.id, &room.id),
    })?;
    Ok(Reply::json("ok"))
}

/// A history as a page to keep.
#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage<'a> {
    name: &'a str,
    lines: Vec<Line>,
}

struct Line {
    time: String,
    nick: String,
    body: String,
}

/// `download_history`: the history as a file.
pub(super) fn download(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let (other, found) = site.read(|db| {
        let other = Partner::find(db, user, params, required(params, "id")?)?;
        let found = other.read(db, user, i64::MAX, DOWNLOAD_MAX)?;
        Ok((other, found))
    })?;
    let line = |message: Message| Line {
        time: dates::date_and_time(message.timestamp),
        nick: message.nick,
        body: message.body,
    };
    let page = HistoryPage { name: other.name(), lines: found.into_iter().map(line).collect() }.render();
    let page = page.map_err(|error| {
        log::error!("history: {error}");
        Refusal::unavailable("The history cannot be written at the moment.")
    })?;
    let name = format!("attachment; filename=\"histories-{}.html\"", dates::date(now()));
    Ok(Reply::html(page).with(header::CONTENT_DISPOSITION, name))
}
