//! Users and their sessions.
//!
//! Owns: the tables `users`, `looks` and `sessions`. Must not: take a password or a session's token as it is; both come
//! hashed.

use rusqlite::Row;

use super::{Connection, Result, list, number, one, params, run, value};
use crate::dates::now;
use crate::limits::SESSION_MS;
use crate::names;

const ADD: &str =
    "INSERT INTO users (id, nick, password, is_admin, bio, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const BY_ID: &str = "SELECT * FROM users WHERE id = ?1";
const BY_UID: &str = "SELECT * FROM users WHERE uid = ?1";
const ALL: &str = "SELECT * FROM users ORDER BY uid LIMIT ?1 OFFSET ?2";
const NEWEST: &str = "SELECT * FROM users ORDER BY uid DESC LIMIT ?1";
const COUNT: &str = "SELECT count(*) FROM users";
const PASSWORD: &str = "SELECT password FROM users WHERE id = ?1";
const SET_PASSWORD: &str = "UPDATE users SET password = ?2 WHERE id = ?1";
const SET_PROFILE: &str = "UPDATE users SET nick = ?2, bio = ?3 WHERE id = ?1";
const ADD_LOOK: &str = "INSERT OR IGNORE INTO looks (look, user) VALUES (?1, ?2)";
const DROP_LOOKS: &str = "DELETE FROM looks WHERE user = ?1";
const HAS_LOOK: &str = "SELECT EXISTS (SELECT 1 FROM looks WHERE look = ?1 AND user <> ?2)";
const SET_STATUS: &str = "UPDATE users SET status = ?2, status_time = ?3 WHERE id = ?1 AND status <> ?2";
const SESSION: &str = "SELECT users.* FROM sessions JOIN users ON users.id = sessions.user
    WHERE sessions.token = ?1 AND sessions.expires > ?2";
const ADD_SESSION: &str = "INSERT INTO sessions (token, user, expires) VALUES (?1, ?2, ?3)";
const SESSION_END: &str = "SELECT expires FROM sessions WHERE token = ?1 AND expires > ?2";
const HAS_SESSION: &str = "SELECT EXISTS (SELECT 1 FROM sessions WHERE user = ?1 AND expires > ?2)";
const END_SESSION: &str = "DELETE FROM sessions WHERE token = ?1";
const END_SESSIONS: &str = "DELETE FROM sessions WHERE user = ?1";
const EXPIRE_SESSIONS: &str = "DELETE FROM sessions WHERE expires <= ?1";

/// A user of the community.
#[derive(Clone, Debug)]
pub struct User {
    /// The number in links.
    pub(crate) uid: i64,
    /// The user name: for logging in, and at the message server.
    pub id: String,
    /// The display name.
    pub nick: String,
    pub(crate) is_admin: bool,
    /// The text that the user wrote about themselves.
    pub(crate) bio: String,
    /// The line of text beside the user's presence.
    pub(crate) status: String,
    /// When it was written.
    pub(crate) status_time: i64,
    pub(crate) created: i64,
}

impl User {
    pub(super) fn of(row: &Row<'_>) -> Result<User> {
        Ok(User {
            uid: row.get("uid")?,
            id: row.get("id")?,
            nick: row.get("nick")?,
            is_admin: row.get("is_admin")?,
            bio: row.get("bio")?,
            status: row.get("status")?,
            status_time: row.get("status_time")?,
            created: row.get("created")?,
        })
    }
}

/// A user to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewUser<'a> {
    /// The user name: see [`is_id`].
    pub id: &'a str,
    /// The display name.
    pub nick: &'a str,
    /// The hash of the password.
    pub password: &'a str,
    /// Whether it is an administrator.
    pub is_admin: bool,
    /// The text about the user.
    pub bio: &'a str,
}

/// Whether this may be a user's id: small letters, digits, `_` and `-`, a letter first. So a number is always a uid,
/// and no name needs escaping.
pub fn is_id(text: &str) -> bool {
    let tail = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    text.len() <= 32 && text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(tail)
}

/// Adds a user. An error if the id is taken.
pub fn add(db: &Connection, user: &NewUser<'_>) -> Result<()> {
    run(db, ADD, params![user.id, user.nick, user.password, user.is_admin, user.bio, now()])?;
    set_looks(db, user.id, user.nick)
}

/// Whether a name looks like the user name or the display name of another user than this.
pub(crate) fn is_like_another(db: &Connection, name: &str, user: &str) -> Result<bool> {
    for look in names::looks(name) {
        if value(db, HAS_LOOK, [&*look, user])? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn set_looks(db: &Connection, id: &str, nick: &str) -> Result<()> {
    run(db, DROP_LOOKS, [id])?;
    for look in names::looks(id).union(&names::looks(nick)) {
        run(db, ADD_LOOK, [look, id])?;
    }
    Ok(())
}

/// The user of this id.
pub fn find(db: &Connection, id: &str) -> Result<Option<User>> {
    one(db, BY_ID, [id], User::of)
}

/// The user of this number.
pub fn find_uid(db: &Connection, uid: i64) -> Result<Option<User>> {
    one(db, BY_UID, [uid], User::of)
}

/// The user of this id or, if it is a number, of this uid.
pub fn find_any(db: &Connection, id_or_uid: &str) -> Result<Option<User>> {
    match number(id_or_uid) {
        Some(uid) => find_uid(db, uid),
        None => find(db, id_or_uid),
    }
}

/// Users in the order in which they joined.
pub fn all(db: &Connection, limit: i64, offset: i64) -> Result<Vec<User>> {
    list(db, ALL, [limit, offset], User::of)
}

/// The users who joined last, the newest first.
pub fn newest(db: &Connection, limit: i64) -> Result<Vec<User>> {
    list(db, NEWEST, [limit], User::of)
}

/// How many users there are.
pub fn count(db: &Connection) -> Result<i64> {
    value(db, COUNT, [])
}

/// The hashed password of a user.
pub fn password(db: &Connection, id: &str) -> Result<Option<String>> {
    one(db, PASSWORD, [id], |row| row.get(0))
}

/// Changes the hashed password of a user.
pub fn set_password(db: &Connection, id: &str, password: &str) -> Result<()> {
    run(db, SET_PASSWORD, [id, password]).map(drop)
}

/// Changes a user's display name and text.
pub fn set_profile(db: &Connection, id: &str, nick: &str, bio: &str) -> Result<()> {
    run(db, SET_PROFILE, [id, nick, bio])?;
    set_looks(db, id, nick)
}

/// Changes the line beside a user's presence.
pub fn set_status(db: &Connection, id: &str, status: &str) -> Result<()> {
    run(db, SET_STATUS, params![id, status, now()]).map(drop)
}

/// Begins a session, and removes sessions that have expired.
pub fn begin_session(db: &Connection, token: &str, user: &str) -> Result<()> {
    run(db, EXPIRE_SESSIONS, [now()])?;
    run(db, ADD_SESSION, params![token, user, now() + SESSION_MS]).map(drop)
}

/// The user of a session.
pub fn session_user(db: &Connection, token: &str) -> Result<Option<User>> {
    one(db, SESSION, params![token, now()], User::of)
}

/// When a session ends, in ms; none if it has ended.
pub fn session_end(db: &Connection, token: &str) -> Result<Option<i64>> {
    one(db, SESSION_END, params![token, now()], |row| row.get(0))
}

/// Whether a user is logged in anywhere.
pub fn has_session(db: &Connection, user: &str) -> Result<bool> {
    value(db, HAS_SESSION, params![user, now()])
}

/// Ends all sessions of a user.
pub fn end_sessions(db: &Connection, user: &str) -> Result<()> {
    run(db, END_SESSIONS, [user]).map(drop)
}

/// Ends a session.
pub fn end_session(db: &Connection, token: &str) -> Result<()> {
    run(db, END_SESSION, [token]).map(drop)
}
