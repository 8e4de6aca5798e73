//! Chat passwords: what clients of XMPP log in with, one for each device.
//!
//! Owns: the tables `chat_passwords` and `chat_log_outs`. Must not: take a password as it is; it comes hashed.

use rusqlite::Row;

use super::{Connection, Result, list, params, run, value};
use crate::dates::now;
use crate::webim::host::ChatPassword;

const ADD: &str = "INSERT INTO chat_passwords (user, name, hash, created) VALUES (?1, ?2, ?3, ?4)";
const OF: &str = "SELECT id, name, created, used FROM chat_passwords WHERE user = ?1 ORDER BY id";
const REMOVE: &str = "DELETE FROM chat_passwords WHERE id = ?2 AND user = ?1";
const REMOVE_ALL: &str = "DELETE FROM chat_passwords WHERE user = ?1";
const USED: &str = "UPDATE chat_passwords SET used = ?3 WHERE hash = ?2 AND user = ?1";
const LOG_OUT: &str = "INSERT OR IGNORE INTO chat_log_outs (user) VALUES (?1)";
const LOGGED_IN: &str = "DELETE FROM chat_log_outs WHERE user = ?1";
const IS_LOGGED_OUT: &str = "SELECT EXISTS (SELECT 1 FROM chat_log_outs WHERE user = ?1)";
const HAS: &str = "SELECT EXISTS (SELECT 1 FROM chat_passwords WHERE hash = ?2 AND user = ?1)";

fn read(row: &Row<'_>) -> Result<ChatPassword> {
    Ok(ChatPassword {
        id: row.get("id")?,
        name: row.get("name")?,
        created: row.get("created")?,
        used: row.get("used")?,
    })
}

/// Keeps the hash of a new password.
pub fn add(db: &Connection, user: &str, name: &str, hash: &str) -> Result<()> {
    run(db, ADD, params![user, name, hash, now()]).map(drop)
}

/// The passwords of a user, the oldest first.
pub fn of(db: &Connection, user: &str) -> Result<Vec<ChatPassword>> {
    list(db, OF, [user], read)
}

/// Whether this is the hash of a password of the user.
pub fn has(db: &Connection, user: &str, hash: &str) -> Result<bool> {
    value(db, HAS, [user, hash])
}

/// Notes that a client of the user has logged in with the password of this hash.
pub fn used(db: &Connection, user: &str, hash: &str) -> Result<()> {
    run(db, USED, params![user, hash, now()]).map(drop)
}

/// Removes a password of a user; false if there is none of this number.
pub fn remove(db: &Connection, user: &str, id: i64) -> Result<bool> {
    Ok(run(db, REMOVE, params![user, id])? > 0)
}

/// Removes all passwords of a user.
pub fn remove_all(db: &Connection, user: &str) -> Result<()> {
    run(db, REMOVE_ALL, [user]).map(drop)
}

/// From now on, clients of the user must log in before they go online.
pub fn log_out(db: &Connection, user: &str) -> Result<()> {
    run(db, LOG_OUT, [user]).map(drop)
}

/// A client of the user has logged in.
pub fn logged_in(db: &Connection, user: &str) -> Result<()> {
    run(db, LOGGED_IN, [user]).map(drop)
}

/// Whether clients of the user must log in first.
pub fn is_logged_out(db: &Connection, user: &str) -> Result<bool> {
    value(db, IS_LOGGED_OUT, [user])
}
