//! Which tickets of the message server were given to whom.
//!
//! Owns: the table `tickets`. Must not: hold a ticket as it is; whoever reads the file could poll with it.

use rusqlite::Row;

use super::{Connection, Result, count, list, now, one, params, run};
use crate::limits::{TICKET_MS, TICKETS_MAX};

const ADD: &str =
    "INSERT OR REPLACE INTO tickets (ticket, user, used, session, sealed) VALUES (?1, ?2, ?3, ?4, ?5)";
const OF_SESSION: &str = "SELECT ticket, sealed FROM tickets WHERE session = ?1";
const END_SESSION: &str = "DELETE FROM tickets WHERE session = ?1";
const OWNER: &str = "SELECT user FROM tickets WHERE ticket = ?1 AND used > ?2";
const USED: &str = "UPDATE tickets SET used = ?2 WHERE ticket = ?1";
const EXPIRE: &str = "DELETE FROM tickets WHERE used <= ?1";
const FORGET: &str = "DELETE FROM tickets WHERE ticket = ?1";
/// The newest is named, because others may be of the same millisecond.
const KEEP_NEWEST: &str = "DELETE FROM tickets WHERE session = ?1 AND ticket NOT IN
    (SELECT ticket FROM tickets WHERE session = ?1 ORDER BY ticket = ?3 DESC, used DESC LIMIT ?2)
    RETURNING ticket, sealed";

/// A ticket that was given to a page.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Its hash.
    pub hash: String,
    /// The ticket, which only the cookie of its log-in opens.
    pub sealed: String,
}

impl Ticket {
    fn of(row: &Row<'_>) -> Result<Ticket> {
        Ok(Ticket { hash: row.get("ticket")?, sealed: row.get("sealed")? })
    }
}

/// Remembers to whom a ticket was given, by which log-in, and forgets those that were not used for long. Of a log-in that has
/// too many it forgets the oldest, too, and returns them: what nobody remembers must not go on.
pub fn add(db: &Connection, ticket: &Ticket, user: &str, session: &str) -> Result<Vec<Ticket>> {
    run(db, EXPIRE, [now() - TICKET_MS])?;
    run(db, ADD, params![ticket.hash, user, now(), session, ticket.sealed])?;
    list(db, KEEP_NEWEST, params![session, count(TICKETS_MAX), ticket.hash], Ticket::of)
}

/// Forgets a ticket whose page has ended.
pub fn forget(db: &Connection, ticket: &str) -> Result<()> {
    run(db, FORGET, [ticket]).map(drop)
}

/// Forgets the tickets of a log-in that ends, and returns them.
pub fn take(db: &Connection, session: &str) -> Result<Vec<Ticket>> {
    let taken = list(db, OF_SESSION, [session], Ticket::of)?;
    run(db, END_SESSION, [session])?;
    Ok(taken)
}

/// To whom a ticket was given.
pub fn owner(db: &Connection, ticket: &str) -> Result<Option<String>> {
    one(db, OWNER, params![ticket, now() - TICKET_MS], |row| row.get(0))
}

/// Notes that a ticket is in use, so that it is not forgotten.
pub fn used(db: &Connection, ticket: &str) -> Result<()> {
    run(db, USED, params![ticket, now()]).map(drop)
}
