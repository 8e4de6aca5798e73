//! Users who block other users.
//!
//! Owns: the table `blocks`. Must not: write to `notices`; a blocked user gets no notice of it.

use super::{Connection, Result, friends, list, run, value};

const ADD: &str = "INSERT OR IGNORE INTO blocks (user, blocked) VALUES (?1, ?2)";
const REMOVE: &str = "DELETE FROM blocks WHERE user = ?1 AND blocked = ?2";
const BLOCKS: &str = "SELECT EXISTS (SELECT 1 FROM blocks WHERE user = ?1 AND blocked = ?2)";
const BY: &str = "SELECT blocked FROM blocks WHERE user = ?1";
const OF: &str = "SELECT user FROM blocks WHERE blocked = ?1";

/// `user` blocks `other`. Requests for friendship between the two are removed.
pub fn add(db: &Connection, user: &str, other: &str) -> Result<()> {
    friends::decline(db, user, other)?;
    friends::decline(db, other, user)?;
    run(db, ADD, [user, other]).map(drop)
}

/// Lifts the block of `other` by `user`.
pub fn remove(db: &Connection, user: &str, other: &str) -> Result<()> {
    run(db, REMOVE, [user, other]).map(drop)
}

/// Whether `user` blocks `other`.
pub fn blocks(db: &Connection, user: &str, other: &str) -> Result<bool> {
    value(db, BLOCKS, [user, other])
}

/// The ids of the users that `user` blocks.
pub fn by(db: &Connection, user: &str) -> Result<Vec<String>> {
    list(db, BY, [user], |row| row.get(0))
}

/// The ids of the users that block `user`.
pub fn of(db: &Connection, user: &str) -> Result<Vec<String>> {
    list(db, OF, [user], |row| row.get(0))
}
