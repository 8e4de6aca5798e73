//! Tests of the files of former versions, and of files that lack something.
//!
//! Owns: what becomes of them when they are opened. Must not: be a part of the program.

use std::path::Path;
use std::sync::Barrier;
use std::thread;

use super::*;
use crate::dates::now;
use crate::webim::host::Message;

#[test]
fn a_file_of_an_unknown_version_is_refused() {
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
const FORMER: [(i64, &str); 5] = [
    (1, include_str!("../../tests/schemas/version-1.sql")),
    (2, include_str!("../../tests/schemas/version-2.sql")),
    (3, include_str!("../../tests/schemas/version-3.sql")),
    (4, include_str!("../../tests/schemas/version-4.sql")),
    (5, include_str!("../../tests/schemas/version-5.sql")),
];
/// The rows of a user and a conversation.
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

fn make_former(file: &Path, version: i64, schema: &str) {
    let former = Connection::open(file).unwrap();
    former.execute_batch(schema).unwrap();
    former.execute_batch(ROWS).unwrap();
    former.execute("INSERT INTO tickets (ticket, user, used) VALUES ('ticket', 'ann', ?1)", [now()]).unwrap();
    if version >= schema::VERSION_WITH_LOOKS {
        schema::fill_looks(&former).unwrap();
    }
    former.pragma_update(None, "user_version", version).unwrap();
}

#[test]
fn a_file_of_a_former_version_is_upgraded_and_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = shape(&Store::open(&folder.path().join("fresh.sqlite")).unwrap());
    for (version, schema) in FORMER {
        let file = folder.path().join(format!("{version}.sqlite"));
        make_former(&file, version, schema);
        let store = Store::open(&file).unwrap();
        assert_eq!(shape(&store), fresh, "{version}");
        let bodies =
            |messages: Vec<Message>| messages.into_iter().map(|message| message.body).collect::<Vec<_>>();
        let read = |db: &Connection| {
            let since = messages::since(db, "ann", "[\"1\"]", 0)?;
            assert_eq!(bodies(since.messages), ["seen", "waits", "to the room", "to all"]);
            assert_eq!(bodies(messages::waiting(db, "ann")?), ["waits"]);
            assert_eq!(accounts::session_user(db, "token")?.unwrap().nick, "Ann");
            assert_eq!(tickets::owner(db, "ticket")?.as_deref(), Some("ann"));
            assert!(accounts::is_like_another(db, "Аnn", "ben")?, "{version}");
            tickets::take(db, "token")
        };
        assert!(store.write(read).unwrap().is_empty(), "a ticket without a log-in cannot be opened");
    }
}

#[test]
fn a_file_that_is_opened_several_times_at_once_is_upgraded_once() {
    const AT_ONCE: usize = 4;
    let folder = tempfile::tempdir().unwrap();
    let fresh = shape(&Store::open(&folder.path().join("fresh.sqlite")).unwrap());
    for (version, schema) in FORMER.into_iter().chain([(0, "")]) {
        let file = folder.path().join(format!("{version}.sqlite"));
        if version > 0 {
            make_former(&file, version, schema);
        }
        let start = Barrier::new(AT_ONCE);
        let open = || {
            start.wait();
            Store::open(&file).map(|store| shape(&store))
        };
        thread::scope(|scope| {
            for opened in [(); AT_ONCE].map(|()| scope.spawn(open)) {
                assert_eq!(opened.join().unwrap().unwrap(), fresh, "{version}");
            }
        });
    }
}

#[test]
fn a_missing_index_is_made_when_a_file_is_opened() {
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
