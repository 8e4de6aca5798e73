//! The database: one file of `SQLite`.
//!
//! Owns: connections, transactions, and the refusals that errors of the database become. Must not: import
//! `session`, `pages`, or the client of the message server.
//!
//! `SQLite` lets many connections read while one writes (WAL), so there is one connection that writes, behind a lock, and a
//! few that read. Waiting for our own lock is fair and free; waiting for the lock of `SQLite` is neither. The functions of
//! the files below take a connection: inside [`Store::write`] they are one transaction, begun for writing, so that it
//! cannot fail halfway for want of the lock.

pub mod accounts;
pub mod bans;
pub mod blocks;
pub mod chat_passwords;
pub mod forum;
pub mod friends;
pub mod groups;
pub mod messages;
pub mod notices;
mod schema;
pub mod settings;
pub mod tickets;
#[cfg(test)]
mod upgrades;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use axum::http::StatusCode;
use rusqlite::{ErrorCode, Params, Row, TransactionBehavior};

pub use rusqlite::{Connection, Result, params};

use crate::http::Refusal;
use crate::limits::{DATABASE_BUSY, READERS_KEPT, SET_UP_AGAIN};

/// How every connection is set up. An accepted message must survive a power cut, so every commit is synced.
const SET_UP: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

/// The database.
#[derive(Debug)]
pub struct Store {
    file: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl Store {
    /// Opens a database, or makes it. Its folder is made for its owner alone.
    pub fn open(file: &Path) -> io::Result<Store> {
        if let Some(folder) =
            file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        {
            make_private(folder)?;
        }
        make_private_file(file)?;
        let open = || {
            let mut writer = connect(file)?;
            let version = schema::make(&mut writer)?;
            Ok((writer, version))
        };
        let (writer, version) =
            open().map_err(|error: rusqlite::Error| io::Error::other(format!("database: {error}")))?;
        if version != schema::VERSION {
            return Err(io::Error::other("the database was made by another version of this program"));
        }
        Ok(Store { file: file.to_owned(), writer: Mutex::new(writer), readers: Mutex::default() })
    }

    /// Reads, with a connection that is kept for the next reader.
    pub fn read<T, E: From<rusqlite::Error>>(
        &self,
        what: impl FnOnce(&Connection) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let kept = lock(&self.readers).pop();
        let reader = kept.map_or_else(|| connect(&self.file), Ok)?;
        let result = what(&reader);
        let mut readers = lock(&self.readers);
        if readers.len() < READERS_KEPT {
            readers.push(reader);
        }
        result
    }

    /// Writes in one transaction: if `what` fails, nothing is changed.
    pub fn write<T, E: From<rusqlite::Error>>(
        &self,
        what: impl FnOnce(&Connection) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let mut writer = lock(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = what(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

impl From<rusqlite::Error> for Refusal {
    /// The text may say that nothing was saved: a change is made as a whole or not at all.
    fn from(error: rusqlite::Error) -> Refusal {
        log::error!("database: {error}");
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Refusal::unavailable("The site is busy. Nothing was saved; please try again.")
            }
            Some(ErrorCode::DiskFull) => {
                Refusal::unavailable("The site has no space left. Nothing was saved.")
            }
            _ => Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The site has failed. Nothing was saved."),
        }
    }
}

/// A number as it stands in links. It has only one form, so that a user who is in a list twice has the same text twice.
pub fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number: &i64| number.to_string() == text)
}

/// The rows a query finds.
fn list<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    db.prepare_cached(sql)?.query_map(params, read)?.collect()
}

/// The row a query finds, if there is one.
fn one<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: fn(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    db.prepare_cached(sql)?.query_map(params, read)?.next().transpose()
}

/// The first column of the row of a query that always finds one.
fn value<T: rusqlite::types::FromSql>(db: &Connection, sql: &str, params: impl Params) -> Result<T> {
    db.prepare_cached(sql)?.query_row(params, |row| row.get(0))
}

/// Runs a statement, and returns how many rows it changed.
fn run(db: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    db.prepare_cached(sql)?.execute(params)
}

/// A count as `SQLite` takes it.
fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn connect(file: &Path) -> Result<Connection> {
    let db = Connection::open(file)?;
    db.busy_timeout(DATABASE_BUSY)?;
    // Where two connections turn the same file to WAL, SQLite refuses one of them without waiting.
    let until = Instant::now() + DATABASE_BUSY;
    while let Err(error) = db.execute_batch(SET_UP) {
        if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) || Instant::now() > until {
            return Err(error);
        }
        thread::sleep(SET_UP_AGAIN);
    }
    Ok(db)
}

/// Makes the file, for its owner alone; `SQLite` makes those beside it like it.
fn make_private_file(file: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

/// Makes a folder for its owner alone: other users of the machine must not read passwords and conversations.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A holder that panicked left no transaction open: dropping it has rolled it back.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Queries that read a whole table, because they return all of it, or its beginning or end.
    const WHOLE: [&str; 8] = [
        "accounts.rs ALL",
        "accounts.rs COUNT",
        "accounts.rs NEWEST",
        "forum.rs COUNT",
        "forum.rs THREADS",
        "groups.rs ALL",
        "messages.rs LAST_TIME",
        "notices.rs ADD_TO_ALL",
    ];

    /// The indexes that queries over the longest table have to walk, and the first column of the search.
    /// Rows are looked up by their number last, so that no branch reads more of them than it returns.
    const WALKS: [(&str, &[&str]); 6] = [
        ("messages.rs WAITING", &["messages_waiting (to_id=?)"]),
        (
            "messages.rs SEEN_AFTER",
            &[
                "messages USING INTEGER PRIMARY KEY (rowid=?)",
                "messages_sent (from_user=? AND rowid>?)",
                "messages_got (to_id=? AND rowid>?)",
                "messages_broadcast (id>?)",
                "messages_room (to_id=? AND rowid>?)",
            ],
        ),
        (
            "messages.rs SEEN_BEFORE",
            &[
                "messages USING INTEGER PRIMARY KEY (rowid=?)",
                "messages_sent (from_user=? AND rowid<?)",
                "messages_got (to_id=? AND rowid<?)",
                "messages_broadcast (id<?)",
                "messages_room (to_id=? AND rowid>? AND rowid<?)",
            ],
        ),
        (
            "messages.rs WITH_USER",
            &[
                "messages_sent_to (from_user=? AND to_id=? AND timestamp<?)",
                "messages_got_from (to_id=? AND from_user=? AND timestamp<?)",
            ],
        ),
        ("messages.rs IN_ROOM", &["messages_room_time (to_id=? AND timestamp<?)"]),
        ("messages.rs CLEAR_GOT", &["messages_got_from (to_id=? AND from_user=?)"]),
    ];

    /// The queries of the files beside this one, by file and name.
    fn queries() -> Vec<(String, String)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let source = fs::read_to_string(entry.path()).unwrap();
            let file = entry.file_name().into_string().unwrap();
            for constant in source
                .split("\nconst ")
                .skip(1)
                .filter(|_| !["mod.rs", "schema.rs", "upgrades.rs"].contains(&&*file))
            {
                let Some((name, rest)) = constant.split_once(": &str =") else { continue };
                let sql = rest.split('"').nth(1).unwrap();
                found.push((format!("{file} {name}"), sql.to_owned()));
            }
        }
        found
    }

    /// The steps by which the database carries out a query.
    fn plan(db: &Connection, sql: &str) -> Vec<String> {
        let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        for at in 1..=statement.parameter_count() {
            statement.raw_bind_parameter(at, "[1]").unwrap();
        }
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get("detail").unwrap());
        }
        steps
    }

    #[test]
    fn no_query_walks_a_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("it.sqlite")).unwrap();
        let queries = queries();
        assert!(queries.len() >= 60, "the queries are found: {queries:?}");
        for (name, sql) in &queries {
            let steps = store.read(|db| Ok::<_, rusqlite::Error>(plan(db, sql))).unwrap();
            // A subquery, constant rows and values are no tables: they have brackets, a number or capitals.
            let is_table = |scanned: &str| scanned.starts_with(|first: char| first.is_ascii_lowercase());
            let is_walk =
                |step: &str| step.strip_prefix("SCAN ").is_some_and(is_table) && !step.contains("VIRTUAL");
            let walks = steps.iter().any(|step| is_walk(step));
            assert_eq!(walks, WHOLE.contains(&&**name), "{name}: {steps:?}");
            for (_, indexes) in WALKS.iter().filter(|(walker, _)| walker == name) {
                for index in *indexes {
                    assert!(steps.iter().any(|step| step.ends_with(index)), "{name}, {index}: {steps:?}");
                }
            }
        }
        assert!(WALKS.iter().all(|(name, _)| queries.iter().any(|(found, _)| found == name)));
    }

    #[test]
    fn a_transaction_that_fails_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("it.sqlite")).unwrap();
        let failed = store.write(|db| {
            db.execute("INSERT INTO groups (name, created) VALUES ('a', 0)", [])?;
            Err::<(), _>(rusqlite::Error::QueryReturnedNoRows)
        });
        assert!(failed.is_err());
        assert_eq!(store.read(groups::all).unwrap().len(), 0);
    }
}
