//! Users who may not log in.
//!
//! Owns: the table `bans`. Must not: end sessions; the caller of [`add`] does.

use super::{Connection, Result, params, run, value};
use crate::dates::now;

const ADD: &str = "INSERT OR IGNORE INTO bans (user, created) VALUES (?1, ?2)";
const REMOVE: &str = "DELETE FROM bans WHERE user = ?1";
const BANNED: &str = "SELECT EXISTS (SELECT 1 FROM bans WHERE user = ?1)";

/// Bans a user.
pub fn add(db: &Connection, user: &str) -> Result<()> {
    run(db, ADD, params![user, now()]).map(drop)
}

/// Lifts a ban.
pub fn remove(db: &Connection, user: &str) -> Result<()> {
    run(db, REMOVE, [user]).map(drop)
}

/// Whether a user is banned.
pub fn banned(db: &Connection, user: &str) -> Result<bool> {
    value(db, BANNED, [user])
}
