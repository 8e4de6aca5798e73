//! Notices: replies, accepted requests, announcements.
//!
//! Owns: the table `notices`. Must not: read `friend_requests`; `friends` does.

use rusqlite::Row;

use super::{Connection, Result, count, list, params, run};
use crate::dates::now;
use crate::limits::NOTIFICATIONS_MAX;

const ADD: &str = "INSERT INTO notices (user, body, link, created) VALUES (?1, ?2, ?3, ?4)";
const ADD_TO_ALL: &str = "INSERT INTO notices (user, body, created) SELECT id, ?1, ?2 FROM users";
const NEWEST: &str = "SELECT * FROM notices WHERE user = ?1 ORDER BY id DESC LIMIT ?2";
const REMOVE: &str = "DELETE FROM notices WHERE user = ?1 AND id = ?2";
const CLEAR: &str = "DELETE FROM notices WHERE user = ?1";

/// A notice to a user.
#[derive(Clone, Debug)]
pub struct Notice {
    pub(crate) id: i64,
    pub(crate) body: String,
    /// The path of the page it is about, or empty.
    pub(crate) link: String,
    pub(crate) created: i64,
}

/// Adds a notice to a user.
pub fn add(db: &Connection, user: &str, body: &str, link: &str) -> Result<()> {
    run(db, ADD, params![user, body, link, now()]).map(drop)
}

/// Adds a notice to every user.
pub fn add_to_all(db: &Connection, body: &str) -> Result<()> {
    run(db, ADD_TO_ALL, params![body, now()]).map(drop)
}

/// The notices to a user, the newest first.
pub fn of(db: &Connection, user: &str) -> Result<Vec<Notice>> {
    let read = |row: &Row<'_>| {
        let (id, body) = (row.get("id")?, row.get("body")?);
        Ok(Notice { id, body, link: row.get("link")?, created: row.get("created")? })
    };
    list(db, NEWEST, params![user, count(NOTIFICATIONS_MAX)], read)
}

/// Removes a notice. Returns whether there was one.
pub fn remove(db: &Connection, user: &str, id: i64) -> Result<bool> {
    Ok(run(db, REMOVE, params![user, id])? > 0)
}

/// Removes all notices to a user.
pub fn clear(db: &Connection, user: &str) -> Result<()> {
    run(db, CLEAR, [user]).map(drop)
}
