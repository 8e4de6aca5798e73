//! The settings of each user's chat bar.
//!
//! Owns: the table `settings`. Must not: parse the JSON; `webim` does.

use super::{Connection, Result, one, run};

const GET: &str = "SELECT data FROM settings WHERE user = ?1";
const SET: &str = "INSERT INTO settings (user, data) VALUES (?1, ?2)
    ON CONFLICT (user) DO UPDATE SET data = excluded.data";

/// A user's settings as JSON.
pub fn get(db: &Connection, user: &str) -> Result<Option<String>> {
    one(db, GET, [user], |row| row.get(0))
}

/// Replaces a user's settings.
pub fn set(db: &Connection, user: &str, data: &str) -> Result<()> {
    run(db, SET, [user, data]).map(drop)
}
