//! The tables: those of a new file, and what brings the files of former versions up to date.
//!
//! Owns: the version of a file. Must not: read or write a row, but for what a step of an upgrade needs.

use rusqlite::{Connection, Result, TransactionBehavior};

use crate::names;

const SCHEMA: &str = include_str!("../../sql/schema.sql");
/// The indexes of a file of any version. Missing ones are made whenever a file is opened: queries name them.
const INDEXES: &str = include_str!("../../sql/indexes.sql");
/// The `PRAGMA user_version` of a file with this schema.
pub(super) const VERSION: i64 = 6;
/// Brings a file of version 1 to version 2.
const FROM_VERSION_1: &str = "ALTER TABLE messages ADD COLUMN returned INTEGER NOT NULL DEFAULT 0;";
/// Brings a file of version 2 to version 3.
const FROM_VERSION_2: &str = "DROP INDEX IF EXISTS messages_to;
    ALTER TABLE tickets ADD COLUMN session TEXT NOT NULL DEFAULT '';
    ALTER TABLE tickets ADD COLUMN sealed TEXT NOT NULL DEFAULT '';";
/// Brings a file of version 3 to version 4; its users' looks come after all steps.
const FROM_VERSION_3: &str = "CREATE TABLE looks (
        look TEXT NOT NULL,
        user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        PRIMARY KEY (look, user)
    ) STRICT, WITHOUT ROWID;";
/// The first version whose users have looks.
pub(super) const VERSION_WITH_LOOKS: i64 = 4;
/// Brings a file of version 4 to version 5.
const FROM_VERSION_4: &str = "ALTER TABLE messages ADD COLUMN meta TEXT;
    ALTER TABLE messages ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0;";
/// Brings a file of version 5 to version 6.
const FROM_VERSION_5: &str = "CREATE TABLE chat_passwords (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        user    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        name    TEXT NOT NULL,
        hash    TEXT NOT NULL UNIQUE,
        created INTEGER NOT NULL,
        used    INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE chat_log_outs (
        user TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;";
/// Makes the tables of a new file, or brings those of an older one up to date. Returns the version of those it has.
pub(super) fn make(db: &mut Connection) -> Result<i64> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = change.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match version {
        0 => change.execute_batch(SCHEMA)?,
        1..=VERSION => upgrade(&change, version)?,
        _ => return Ok(version),
    }
    change.execute_batch(INDEXES)?;
    change.pragma_update(None, "user_version", VERSION)?;
    change.commit()?;
    Ok(VERSION)
}

/// Brings the tables of a version up to date, one version after another.
fn upgrade(db: &Connection, version: i64) -> Result<()> {
    let steps = [FROM_VERSION_1, FROM_VERSION_2, FROM_VERSION_3, FROM_VERSION_4, FROM_VERSION_5];
    for (_, step) in (1..).zip(steps).filter(|(from, _)| *from >= version) {
        db.execute_batch(step)?;
    }
    if version < VERSION_WITH_LOOKS {
        fill_looks(db)?;
    }
    Ok(())
}

/// Fills the table of looks for users who came before it.
pub(super) fn fill_looks(db: &Connection) -> Result<()> {
    let mut users = db.prepare("SELECT id, nick FROM users")?;
    let users =
        users.query_map([], |row| Ok((row.get::<_, String>("id")?, row.get::<_, String>("nick")?)))?;
    for user in users {
        let (id, nick) = user?;
        for look in names::looks(&id).union(&names::looks(&nick)) {
            db.execute("INSERT OR IGNORE INTO looks (look, user) VALUES (?1, ?2)", [look, &id])?;
        }
    }
    Ok(())
}
