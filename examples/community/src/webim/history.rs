//! `history`, `clear_history` and `download_history`: what was said.
//!
//! Owns: who may read what, and the file of a history. Must not: let one side's clearing touch the other's.

use askama::Template;
use axum::http::header;
use serde_json::{Map, Value, json};

use super::contacts::no_such_user;
use super::params::{list, required, text};
use super::rooms::mine;
use super::shapes::{LogItem, log};
use crate::dates;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::limits::{DOWNLOAD_MAX, HISTORIES_MAX, HISTORY_MAX};
use crate::site::{Outcome, Site};
use crate::store::accounts::{self, User};
use crate::store::groups::Group;
use crate::store::messages::{self, Message};
use crate::store::{Connection, Result as Stored, now};
use crate::visit::Params;

/// Whom a conversation is with.
enum Other {
    User(User),
    Group(Group),
}

impl Other {
    fn find(db: &Connection, user: &User, params: &Params, id: &str) -> Result<Other, Refusal> {
        match text(params, "type") {
            "" | "unicast" | "chat" => accounts::find_any(db, id)?.map(Other::User).ok_or_else(no_such_user),
            "multicast" | "grpchat" => mine(db, user, id).map(Other::Group),
            _ => Err(Refusal::bad("bad parameter: type")),
        }
    }

    fn read(&self, db: &Connection, user: &User, before: i64, limit: usize) -> Stored<Vec<Message>> {
        match self {
            Other::User(other) => messages::with_user(db, &user.id, &other.id, before, limit),
            Other::Group(group) => messages::in_room(db, &user.id, group.id, before, limit),
        }
    }

    fn name(&self) -> &str {
        match self {
            Other::User(other) => &other.nick,
            Other::Group(group) => &group.name,
        }
    }
}

/// `history`: the last of it, or the last of it before a time; of several, by the papers, an object.
pub(super) fn history(site: &Site, user: &User, params: &Params) -> Outcome {
    let before = text(params, "before").parse().unwrap_or(i64::MAX);
    let read = |db: &Connection, id: &str| {
        let other = Other::find(db, user, params, id)?;
        Ok::<_, Refusal>(log(other.read(db, user, before, HISTORY_MAX)?, &user.id))
    };
    let ids = list(params, "ids");
    if !text(params, "id").is_empty() || ids.is_empty() {
        let found = site.store.read(|db| read(db, required(params, "id")?))?;
        return Ok(Reply::json(&found));
    }
    let found = site.store.read(|db| {
        let each = |id: &String| Ok((id.clone(), json!(read(db, id)?)));
        ids.iter().take(HISTORIES_MAX).map(each).collect::<Result<Map<String, Value>, Refusal>>()
    })?;
    Ok(Reply::json(&found))
}

/// The last of what was said in a group.
pub(super) fn of_room(db: &Connection, user: &User, group: i64, before: i64) -> Stored<Vec<LogItem>> {
    messages::in_room(db, &user.id, group, before, HISTORY_MAX).map(|found| log(found, &user.id))
}

/// `clear_history`: on my side.
pub(super) fn clear(site: &Site, user: &User, params: &Params) -> Outcome {
    site.store.write(|db| {
        match Other::find(db, user, params, required(params, "id")?)? {
            Other::User(other) => messages::clear_user(db, &user.id, &other.id)?,
            Other::Group(group) => messages::clear_room(db, &user.id, group.id)?,
        }
        Ok::<(), Refusal>(())
    })?;
    Ok(Reply::json("ok"))
}

/// A history as a file.
#[derive(Template)]
#[template(path = "history.html")]
struct Page<'a> {
    name: &'a str,
    lines: Vec<Line>,
}

struct Line {
    time: String,
    nick: String,
    body: String,
}

/// `download_history`: a page to keep.
pub(super) fn download(site: &Site, user: &User, params: &Params) -> Outcome {
    let (other, found) = site.store.read(|db| {
        let other = Other::find(db, user, params, required(params, "id")?)?;
        let found = other.read(db, user, i64::MAX, DOWNLOAD_MAX)?;
        Ok::<_, Refusal>((other, found))
    })?;
    let line = |message: Message| Line {
        time: dates::date_and_time(message.timestamp),
        nick: message.nick,
        body: message.body,
    };
    let page = Page { name: other.name(), lines: found.into_iter().map(line).collect() }.render();
    let page = page.map_err(|error| {
        log::error!("history: {error}");
        Refusal::unavailable("The history cannot be written.")
    })?;
    let name = format!("attachment; filename=\"histories-{}.html\"", dates::date(now()));
    Ok(Reply::html(page).with(header::CONTENT_DISPOSITION, name))
}
