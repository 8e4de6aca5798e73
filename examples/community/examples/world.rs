//! Makes the database of the world in which the conformance suite tries a plugin, fills it, and hinders its use.
//!
//! Owns: the users, rooms and blocks of that world in this community's tables. Must not: run while a site makes its
//! tables; all else may run beside it.
//!
//! ```sh
//! world FILE                            # a new database
//! world FILE fill FROM TO TYPE COUNT    # COUNT undelivered messages m0, m1, …
//! world FILE shorten USER SECONDS       # lets the user's log-ins end then
//! world FILE lock                       # holds the lock for writing until the input ends
//! world FILE refuse TEXT                # until then, every change fails with this text
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use nextim_community::passwords;
use nextim_community::seed::PASSWORD;
use nextim_community::store::accounts::{self, NewUser};
use nextim_community::store::{Connection, Result, Store, bans, blocks, friends, groups, messages, params};
use nextim_community::webim::host::NewMessage;

const USERS: [(&str, &str); 7] = [
    ("alice", "Alice"),
    ("bob", "Bob \"the\" O'Neil"),
    ("carol", "Carol"),
    ("dave", "Dave"),
    ("erin", "Erin"),
    ("frank", "Frank"),
    ("admin", "Admin"),
];

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [file] => {
            let (store, password) = (Store::open(Path::new(file))?, passwords::hash(PASSWORD)?);
            store.write(|db| make(db, &password))?;
        }
        [file, "fill", from, to, kind, count] => {
            let (store, count) = (Store::open(Path::new(file))?, count.parse()?);
            store.write(|db| (0..count).try_for_each(|n| add(db, kind, from, to, n)))?;
        }
        [file, "shorten", user, seconds] => {
            let sql = "UPDATE sessions SET expires = (unixepoch() + ?1) * 1000 WHERE user = ?2";
            let seconds: i64 = seconds.parse()?;
            Store::open(Path::new(file))?.write(|db| db.execute(sql, params![seconds, user]))?;
        }
        [file, "lock"] => Store::open(Path::new(file))?.write(|_| wait().map_err(Box::<dyn Error>::from))?,
        [file, "refuse", text] => {
            let store = Store::open(Path::new(file))?;
            store.write(|db| refuse(db, Some(text)))?;
            wait()?;
            store.write(|db| refuse(db, None))?;
        }
        _ => {
            return Err(
                "usage: world FILE [fill FROM TO TYPE COUNT | shorten USER SECONDS | lock | refuse TEXT]"
                    .into(),
            );
        }
    }
    Ok(())
}

fn make(db: &Connection, password: &str) -> Result<()> {
    for (id, nick) in USERS {
        accounts::add(db, &NewUser { id, nick, password, is_admin: id == "admin", bio: "" })?;
    }
    friends::add(db, "alice", "bob")?;
    friends::add(db, "alice", "carol")?;
    blocks::add(db, "alice", "erin")?;
    bans::add(db, "frank")?;
    let walkers = groups::add(db, "bob", "Walkers", "")?;
    groups::join(db, walkers, "alice")?;
    groups::add(db, "bob", "Secret", "").map(drop)
}

/// Says that the database is as it was asked for, and waits for the end of the input.
fn wait() -> io::Result<()> {
    writeln!(io::stdout(), "ready")?;
    io::copy(&mut io::stdin(), &mut io::sink()).map(drop)
}

/// Lets every change of every table fail with this text, or no more.
fn refuse(db: &Connection, text: Option<&str>) -> Result<()> {
    let mut tables =
        db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    let tables = tables.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>>>()?;
    for (table, change) in
        tables.iter().flat_map(|table| ["INSERT", "UPDATE", "DELETE"].map(|change| (table, change)))
    {
        let name = format!("\"refuse {change} {table}\"");
        db.execute_batch(&match text {
            Some(text) => format!(
                "CREATE TRIGGER {name} BEFORE {change} ON \"{table}\" BEGIN SELECT RAISE(ABORT, '{text}'); END"
            ),
            None => format!("DROP TRIGGER {name}"),
        })?;
    }
    Ok(())
}

fn add(db: &Connection, kind: &str, from: &str, to: &str, number: usize) -> Result<()> {
    let nick = USERS.iter().find(|(id, _)| *id == from).map_or(from, |(_, nick)| nick);
    let body = format!("m{number}");
    messages::add(db, &NewMessage { kind, from, nick, to, body: &body, style: "", cid: None, meta: None })
        .map(drop)
}
