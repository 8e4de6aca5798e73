//! What the community remembers: one file of `SQLite`.
//!
//! Owns: connections and transactions. Must not: know HTTP or the message server.
//!
//! `SQLite` lets many read while one writes (WAL), so there is one connection that writes, behind a lock, and a few that
//! read. Waiting for our own lock is fair and free; waiting for that of `SQLite` is neither. The functions of the files
//! below take a connection: inside [`Store::write`] they are one transaction, begun for writing, so that it cannot fail
//! halfway for want of the lock.

pub mod accounts;
pub mod bans;
pub mod blocks;
pub mod forum;
pub mod friends;
pub mod groups;
pub mod messages;
pub mod notices;
pub mod settings;
pub mod tickets;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Params, Row, TransactionBehavior};

pub use rusqlite::{Connection, Result, params};

use crate::limits::{DATABASE_BUSY, READERS_KEPT};

const SCHEMA: &str = include_str!("../../sql/schema.sql");
/// The indexes of a file of any version. Those that are missing are made whenever a file is opened: queries name them.
const INDEXES: &str = include_str!("../../sql/indexes.sql");
/// What `PRAGMA user_version` says of a file with this schema.
const SCHEMA_VERSION: i64 = 3;
/// What makes a file of version 1 one of version 2.
const FROM_VERSION_1: &str = "ALTER TABLE messages ADD COLUMN returned INTEGER NOT NULL DEFAULT 0;";
/// What makes a file of version 2 one of version 3.
const FROM_VERSION_2: &str = "DROP INDEX IF EXISTS messages_to;
    ALTER TABLE tickets ADD COLUMN session TEXT NOT NULL DEFAULT '';
    ALTER TABLE tickets ADD COLUMN sealed TEXT NOT NULL DEFAULT '';";
/// How every connection is set up. What was accepted has to survive a power cut, so every commit is synced.
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
            let version = make_schema(&mut writer)?;
            Ok((writer, version))
        };
        let (writer, version) =
            open().map_err(|error: rusqlite::Error| io::Error::other(format!("database: {error}")))?;
        if version != SCHEMA_VERSION {
            return Err(io::Error::other("the database was made by another version of this program"));
        }
        Ok(Store { file: file.to_owned(), writer: Mutex::new(writer), readers: Mutex::default() })
    }

    /// Reads.
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

    /// Writes, all or nothing: what fails is undone.
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

/// A number as it stands in links. It has one form, so that who is named twice in a list is named alike.
pub fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number: &i64| number.to_string() == text)
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
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

/// The first column of the row a query finds, which always finds one.
fn value<T: rusqlite::types::FromSql>(db: &Connection, sql: &str, params: impl Params) -> Result<T> {
    db.prepare_cached(sql)?.query_row(params, |row| row.get(0))
}

/// How many rows a statement changed.
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
    db.execute_batch(SET_UP)?;
    Ok(db)
}

/// Makes the tables of a new file, or brings those of an older one up to date. Returns the version of those it has.
fn make_schema(db: &mut Connection) -> Result<i64> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = change.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match version {
        0 => change.execute_batch(SCHEMA)?,
        1 => change.execute_batch(&[FROM_VERSION_1, FROM_VERSION_2].concat())?,
        2 => change.execute_batch(FROM_VERSION_2)?,
        SCHEMA_VERSION => {}
        _ => return Ok(version),
    }
    change.execute_batch(INDEXES)?;
    change.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    change.commit()?;
    Ok(SCHEMA_VERSION)
}

/// Makes the file, for its owner alone; `SQLite` makes those beside it like it.
fn make_private_file(file: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

/// Passwords and conversations are nobody else's business on a machine with several users.
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

    /// Queries that read a whole table, because they are asked for all of it or for its beginning or end.
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
    /// What is looked up by its number is read last, so that no branch reads more than that.
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
            for constant in source.split("\nconst ").skip(1).filter(|_| file != "mod.rs") {
                let Some((name, rest)) = constant.split_once(": &str =") else { continue };
                let sql = rest.split('"').nth(1).unwrap();
                found.push((format!("{file} {name}"), sql.to_owned()));
            }
        }
        found
    }

    /// How the database would carry out a query.
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
        assert!(queries.len() > 60, "the queries are found: {queries:?}");
        for (name, sql) in &queries {
            let steps = store.read(|db| Ok::<_, rusqlite::Error>(plan(db, sql))).unwrap();
            // What is no table has brackets, a number or capitals: a subquery, constant rows, values.
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
    fn a_file_is_opened_again_but_not_one_of_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("made/for/it.sqlite");
        for _ in 0..2 {
            Store::open(&file).unwrap();
        }
        let store = Store::open(&file).unwrap();
        store.write(|db| db.pragma_update(None, "user_version", 99)).unwrap();
        assert!(Store::open(&file).unwrap_err().to_string().contains("another version"));
    }

    /// Files as former versions of this program made them.
    const FORMER: [(i64, &str); 2] = [
        (1, include_str!("../../tests/schemas/version-1.sql")),
        (2, include_str!("../../tests/schemas/version-2.sql")),
    ];
    /// What somebody has done there.
    const ROWS: &str = "INSERT INTO users (id, nick, password, created) VALUES ('ann', 'Ann', '', 1), ('ben', 'Ben', '', 1);
        INSERT INTO sessions VALUES ('token', 'ann', 9000000000000000);
        INSERT INTO messages (type, from_user, to_id, nick, body, timestamp, delivered, cid)
            VALUES ('unicast', 'ben', 'ann', 'Ben', 'seen', 1, 1, 'c1'), ('unicast', 'ben', 'ann', 'Ben', 'waits', 2, 0, 'c2'),
                ('multicast', 'ben', '1', 'Ben', 'to the room', 3, 1, NULL), ('broadcast', 'ben', '', 'Ben', 'to all', 4, 1, NULL);";

    /// The columns of all tables and the names of all indexes.
    fn shape(store: &Store) -> Vec<String> {
        let sql = "SELECT t.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || coalesce(c.dflt_value, '')
                FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table'
            UNION ALL SELECT name || ' ' || coalesce(sql, '') FROM sqlite_master WHERE type = 'index' ORDER BY 1";
        store.read(|db| list(db, sql, [], |row| row.get(0))).unwrap()
    }

    #[test]
    fn a_file_of_a_former_version_becomes_one_of_this_and_keeps_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let fresh = shape(&Store::open(&folder.path().join("fresh.sqlite")).unwrap());
        for (version, schema) in FORMER {
            let file = folder.path().join(format!("{version}.sqlite"));
            let former = Connection::open(&file).unwrap();
            former.execute_batch(schema).unwrap();
            former.execute_batch(ROWS).unwrap();
            former.execute("INSERT INTO tickets VALUES ('ticket', 'ann', ?1)", [now()]).unwrap();
            former.pragma_update(None, "user_version", version).unwrap();
            drop(former);
            let store = Store::open(&file).unwrap();
            assert_eq!(shape(&store), fresh, "{version}");
            let bodies = |messages: Vec<messages::Message>| {
                messages.into_iter().map(|message| message.body).collect::<Vec<_>>()
            };
            let read = |db: &Connection| {
                let since = messages::since(db, "ann", "[\"1\"]", 0)?;
                assert_eq!(bodies(since.messages), ["seen", "waits", "to the room", "to all"]);
                assert_eq!(bodies(messages::waiting(db, "ann")?), ["waits"]);
                assert_eq!(accounts::session_user(db, "token")?.unwrap().nick, "Ann");
                assert_eq!(tickets::owner(db, "ticket")?.as_deref(), Some("ann"));
                tickets::take(db, "token")
            };
            assert!(
                store.write(read).unwrap().is_empty(),
                "nobody can end a ticket of which no log-in is known"
            );
        }
    }

    #[test]
    fn an_index_that_a_file_lacks_is_made_when_it_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("it.sqlite");
        let store = Store::open(&file).unwrap();
        let complete = shape(&store);
        store.write(|db| db.execute_batch("DROP INDEX messages_waiting; DROP INDEX messages_room")).unwrap();
        drop(store);
        let store = Store::open(&file).unwrap();
        assert_eq!(shape(&store), complete);
        assert!(store.read(|db| messages::waiting(db, "alice")).unwrap().is_empty());
    }

    #[test]
    fn what_fails_is_undone() {
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
