//! Notices: replies, accepted requests, words of the site.
//!
//! Owns: the table `notices`. Must not: hold friend requests; these are in a table of their own until answered.

use rusqlite::Row;

use super::{Connection, Result, count, list, now, params, run};
use crate::limits::NOTIFICATIONS_MAX;

const ADD: &str = "INSERT INTO notices (user, body, link, created) VALUES (?1, ?2, ?3, ?4)";
const ADD_TO_ALL: &str = "INSERT INTO notices (user, body, created) SELECT id, ?1, ?2 FROM users";
const NEWEST: &str = "SELECT * FROM notices WHERE user = ?1 ORDER BY id DESC LIMIT ?2";
const REMOVE: &str = "DELETE FROM notices WHERE user = ?1 AND id = ?2";
const CLEAR: &str = "DELETE FROM notices WHERE user = ?1";

/// Something a user is told.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub body: String,
    /// The page it is about, or nothing.
    pub link: String,
    /// When it was written.
    pub created: i64,
}

/// Tells a user something.
pub fn add(db: &Connection, user: &str, body: &str, link: &str) -> Result<()> {
    run(db, ADD, params![user, body, link, now()]).map(drop)
}

/// Tells everybody something.
pub fn add_to_all(db: &Connection, body: &str) -> Result<()> {
    run(db, ADD_TO_ALL, params![body, now()]).map(drop)
}

/// What a user was told, the newest first.
pub fn of(db: &Connection, user: &str) -> Result<Vec<Notice>> {
    let read = |row: &Row<'_>| {
        let (id, body) = (row.get("id")?, row.get("body")?);
        Ok(Notice { id, body, link: row.get("link")?, created: row.get("created")? })
    };
    list(db, NEWEST, params![user, count(NOTIFICATIONS_MAX)], read)
}

/// Forgets a notice. Whether it was there.
pub fn remove(db: &Connection, user: &str, id: i64) -> Result<bool> {
    Ok(run(db, REMOVE, params![user, id])? > 0)
}

/// Forgets all notices of a user.
pub fn clear(db: &Connection, user: &str) -> Result<()> {
    run(db, CLEAR, [user]).map(drop)
}
