//! The tickets of the message server, with the user and the log-in that each was given to.
//!
//! Owns: the table `tickets`. Must not: take a ticket as it is; it comes hashed and sealed.

use rusqlite::Row;

use super::{Connection, Result, count, list, one, params, run};
use crate::dates::now;
use crate::limits::{TICKET_MS, TICKETS_MAX};
use crate::webim::tickets::SealedTicket;

const ADD: &str =
    "INSERT OR REPLACE INTO tickets (ticket, user, used, session, sealed) VALUES (?1, ?2, ?3, ?4, ?5)";
const OF_SESSION: &str = "SELECT ticket, sealed FROM tickets WHERE session = ?1";
const END_SESSION: &str = "DELETE FROM tickets WHERE session = ?1";
const OWNER: &str = "SELECT user FROM tickets WHERE ticket = ?1 AND used > ?2";
const USED: &str = "UPDATE tickets SET used = ?2 WHERE ticket = ?1";
const EXPIRE: &str = "DELETE FROM tickets WHERE used <= ?1";
const REMOVE: &str = "DELETE FROM tickets WHERE ticket = ?1";
/// The newest is named, because others may be of the same millisecond.
const KEEP_NEWEST: &str = "DELETE FROM tickets WHERE session = ?1 AND ticket NOT IN
    (SELECT ticket FROM tickets WHERE session = ?1 ORDER BY ticket = ?3 DESC, used DESC LIMIT ?2)
    RETURNING ticket, sealed";

fn sealed(row: &Row<'_>) -> Result<SealedTicket> {
    Ok(SealedTicket { hash: row.get("ticket")?, sealed: row.get("sealed")? })
}

/// Keeps a ticket, and removes tickets that were not used for long. Of a log-in with too many tickets, it also removes the
/// oldest and returns them, for the caller to end their sessions.
pub fn add(db: &Connection, ticket: &SealedTicket, user: &str, session: &str) -> Result<Vec<SealedTicket>> {
    run(db, EXPIRE, [now() - TICKET_MS])?;
    run(db, ADD, params![ticket.hash, user, now(), session, ticket.sealed])?;
    list(db, KEEP_NEWEST, params![session, count(TICKETS_MAX), ticket.hash], sealed)
}

/// Removes a ticket.
pub fn remove(db: &Connection, ticket: &str) -> Result<()> {
    run(db, REMOVE, [ticket]).map(drop)
}

/// Removes the tickets of a log-in, and returns them.
pub fn take(db: &Connection, session: &str) -> Result<Vec<SealedTicket>> {
    let taken = list(db, OF_SESSION, [session], sealed)?;
    run(db, END_SESSION, [session])?;
    Ok(taken)
}

/// The id of the user that a ticket was given to.
pub fn owner(db: &Connection, ticket: &str) -> Result<Option<String>> {
    one(db, OWNER, params![ticket, now() - TICKET_MS], |row| row.get(0))
}

/// Notes that a ticket is in use, so that it is kept.
pub fn used(db: &Connection, ticket: &str) -> Result<()> {
    run(db, USED, params![ticket, now()]).map(drop)
}
