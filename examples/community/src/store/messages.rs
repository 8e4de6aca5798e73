//! Every message that was accepted: the ones that wait for their receivers, and the histories.
//!
//! Owns: the tables `messages` and `room_clears`. Must not: read `blocks` or `group_members` for the right to write; `webim`
//! checks it.

use rusqlite::Row;

use super::{Connection, Result, count, list, one, params, run};
use crate::dates::now;
use crate::webim::host::{Message, NewMessage, Since};
use crate::webim::limits::{CATCH_UP_MAX, CATCH_UP_OVERLAP, UNDELIVERED_MAX};

const ADD: &str = "INSERT INTO messages (type, from_user, to_id, nick, body, style, timestamp, cid, meta)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const BY_CID: &str = "SELECT * FROM messages WHERE from_user = ?1 AND cid = ?2";
const LAST_TIME: &str = "SELECT timestamp FROM messages ORDER BY id DESC LIMIT 1";
/// Not if it came back before: its receiver may have gone offline while the push was being answered.
const DELIVERED: &str =
    "UPDATE messages SET delivered = delivered OR NOT returned, arrived = arrived OR (?2 AND NOT returned)
    WHERE id = ?1 RETURNING arrived";
const RECEIVED: &str = "UPDATE messages SET delivered = 1, arrived = max(arrived, ?3)
    WHERE id = ?1 AND type = 'unicast' AND to_id = ?2";
/// Once: it may come back twice, and its receiver may have received it in between.
const RETURNED: &str = "UPDATE messages SET delivered = 0, arrived = 0, returned = 1
    WHERE id = ?1 AND type = 'unicast' AND returned = 0";
/// The index is named: the planner might take the index of all messages to a user, which is long.
const WAITING: &str = "SELECT * FROM messages INDEXED BY messages_waiting
    WHERE type = 'unicast' AND to_id = ?1 AND delivered = 0 AND deleted_by_to = 0 ORDER BY id LIMIT ?2";
/// The messages from and to a user (?1), in rooms (?2, as JSON) and to everybody, after a message (?3), at most ?4. Each
/// branch walks its own index from there and stops after that many, however long the table is. The branches of many rooms
/// find far more; only the rows of the answer are read.
const SEEN_AFTER: &str = "SELECT * FROM messages WHERE id IN (SELECT id FROM (SELECT id FROM messages
        WHERE type = 'unicast' AND from_user = ?1 AND deleted_by_from = 0 AND id > ?3 ORDER BY id LIMIT ?4)
    UNION ALL SELECT id FROM (SELECT id FROM messages
        WHERE type = 'unicast' AND to_id = ?1 AND deleted_by_to = 0 AND id > ?3 ORDER BY id LIMIT ?4)
    UNION ALL SELECT id FROM (SELECT id FROM messages WHERE type = 'broadcast' AND id > ?3 ORDER BY id LIMIT ?4)
    UNION ALL SELECT m.id FROM json_each(?2) AS room CROSS JOIN messages AS m WHERE m.id IN (SELECT id FROM messages
        WHERE type = 'multicast' AND to_id = room.value AND id > max(?3, coalesce((SELECT up_to FROM room_clears
            WHERE group_id = CAST(room.value AS INTEGER) AND user = ?1), 0)) ORDER BY id LIMIT ?4)
    ORDER BY id LIMIT ?4) ORDER BY id";
/// The same, backwards, up to message ?3.
const SEEN_BEFORE: &str = "SELECT * FROM messages WHERE id IN (SELECT id FROM (SELECT id FROM messages
        WHERE type = 'unicast' AND from_user = ?1 AND deleted_by_from = 0 AND id <= ?3 ORDER BY id DESC LIMIT ?4)
    UNION ALL SELECT id FROM (SELECT id FROM messages
        WHERE type = 'unicast' AND to_id = ?1 AND deleted_by_to = 0 AND id <= ?3 ORDER BY id DESC LIMIT ?4)
    UNION ALL SELECT id FROM (SELECT id FROM messages WHERE type = 'broadcast' AND id <= ?3 ORDER BY id DESC LIMIT ?4)
    UNION ALL SELECT m.id FROM json_each(?2) AS room CROSS JOIN messages AS m WHERE m.id IN (SELECT id FROM messages
        WHERE type = 'multicast' AND to_id = room.value AND id <= ?3 AND id > coalesce((SELECT up_to FROM room_clears
            WHERE group_id = CAST(room.value AS INTEGER) AND user = ?1), 0) ORDER BY id DESC LIMIT ?4)
    ORDER BY id DESC LIMIT ?4) ORDER BY id DESC";
const WITH_USER: &str =
    "SELECT * FROM (SELECT * FROM messages WHERE type = 'unicast' AND from_user = ?1 AND to_id = ?2
        AND deleted_by_from = 0 AND timestamp < ?3 ORDER BY timestamp DESC, id DESC LIMIT ?4)
    UNION ALL SELECT * FROM (SELECT * FROM messages WHERE type = 'unicast' AND to_id = ?1 AND from_user = ?2
        AND deleted_by_to = 0 AND delivered = 1 AND timestamp < ?3 ORDER BY timestamp DESC, id DESC LIMIT ?4)
    ORDER BY timestamp DESC, id DESC LIMIT ?4";
const IN_ROOM: &str =
    "SELECT * FROM messages WHERE type = 'multicast' AND to_id = CAST(?2 AS TEXT) AND timestamp < ?3
    AND id > coalesce((SELECT up_to FROM room_clears WHERE group_id = ?2 AND user = ?1), 0)
    ORDER BY timestamp DESC, id DESC LIMIT ?4";
/// Messages that both sides have cleared are deleted.
const FORGET_SENT: &str = "DELETE FROM messages WHERE type = 'unicast' AND from_user = ?1 AND to_id = ?2
    AND deleted_by_from = 0 AND deleted_by_to = 1";
const CLEAR_SENT: &str = "UPDATE messages SET deleted_by_from = 1
    WHERE type = 'unicast' AND from_user = ?1 AND to_id = ?2 AND deleted_by_from = 0";
/// An undelivered message was not seen, so it is not cleared.
const FORGET_GOT: &str = "DELETE FROM messages WHERE type = 'unicast' AND to_id = ?1 AND from_user = ?2
    AND deleted_by_to = 0 AND delivered = 1 AND deleted_by_from = 1";
const CLEAR_GOT: &str = "UPDATE messages SET deleted_by_to = 1
    WHERE type = 'unicast' AND to_id = ?1 AND from_user = ?2 AND deleted_by_to = 0 AND delivered = 1";
const CLEAR_ROOM: &str = "INSERT INTO room_clears (group_id, user, up_to)
    SELECT ?1, ?2, coalesce(max(id), 0) FROM messages WHERE type = 'multicast' AND to_id = CAST(?1 AS TEXT)
    ON CONFLICT (group_id, user) DO UPDATE SET up_to = excluded.up_to";
/// A message to a room is deleted when every member has cleared it.
const FORGET_ROOM: &str =
    "DELETE FROM messages WHERE type = 'multicast' AND to_id = CAST(?1 AS TEXT) AND id <=
    (SELECT min(coalesce(up_to, 0)) FROM group_members AS m LEFT JOIN room_clears AS c
     ON c.group_id = m.group_id AND c.user = m.user WHERE m.group_id = ?1)";

/// If the last message is ahead of the clock by more than this, in ms, its time is ignored.
const CLOCK_AHEAD_MAX: i64 = 60_000;

fn message(row: &Row<'_>) -> Result<Message> {
    Ok(Message {
        id: row.get("id")?,
        kind: row.get("type")?,
        from: row.get("from_user")?,
        nick: row.get("nick")?,
        to: row.get("to_id")?,
        body: row.get("body")?,
        style: row.get("style")?,
        timestamp: row.get("timestamp")?,
        delivered: row.get("delivered")?,
        arrived: row.get("arrived")?,
        cid: row.get("cid")?,
        meta: row.get("meta")?,
    })
}

/// Stores a message, or finds the one that its sender has stored before with the same `cid`.
pub fn add(db: &Connection, new: &NewMessage<'_>) -> Result<Message> {
    if let Some(found) = new.cid.map(|cid| find_cid(db, new.from, cid)).transpose()?.flatten() {
        return Ok(found);
    }
    let last = one(db, LAST_TIME, [], |row| row.get::<_, i64>(0))?.unwrap_or(0);
    let now = now();
    let timestamp = if last < now + CLOCK_AHEAD_MAX { now.max(last + 1) } else { now };
    let &NewMessage { kind, from, to, nick, body, style, cid, meta } = new;
    run(db, ADD, params![kind, from, to, nick, body, style, timestamp, cid, meta])?;
    Ok(Message {
        id: db.last_insert_rowid(),
        kind: kind.to_owned(),
        from: from.to_owned(),
        nick: nick.to_owned(),
        to: to.to_owned(),
        body: body.to_owned(),
        style: style.to_owned(),
        timestamp,
        delivered: false,
        arrived: false,
        cid: cid.map(ToOwned::to_owned),
        meta: meta.map(ToOwned::to_owned),
    })
}

/// The message that a sender has stored with this `cid`.
fn find_cid(db: &Connection, from: &str, cid: &str) -> Result<Option<Message>> {
    one(db, BY_CID, [from, cid], message)
}

/// Marks a message as delivered and, if others see a receiver, as arrived, unless it has come back. Returns whether it is
/// marked as arrived.
pub fn set_delivered(db: &Connection, id: i64, is_visible: bool) -> Result<bool> {
    Ok(one(db, DELIVERED, params![id, is_visible], |row| row.get(0))?.unwrap_or_default())
}

/// Marks the messages to `user` among these as delivered and, if others see the user, as arrived.
pub fn set_received(db: &Connection, user: &str, messages: &[Message], is_visible: bool) -> Result<()> {
    let is_news = |message: &&Message| !message.delivered || (is_visible && !message.arrived);
    messages
        .iter()
        .filter(|message| message.to == user)
        .filter(is_news)
        .try_for_each(|message| run(db, RECEIVED, params![message.id, user, is_visible]).map(drop))
}

/// Marks a message as waiting again, and as not arrived, the first time that it comes back.
pub fn set_undelivered(db: &Connection, id: i64) -> Result<()> {
    run(db, RETURNED, [id]).map(drop)
}

/// The undelivered messages to a user, the oldest first.
pub fn waiting(db: &Connection, user: &str) -> Result<Vec<Message>> {
    list(db, WAITING, params![user, count(UNDELIVERED_MAX)], message)
}

/// The messages from and to a user, in these rooms and to everybody after message `since`, and a few before it.
pub fn since(db: &Connection, user: &str, rooms: &str, since: i64) -> Result<Since> {
    let mut messages = list(db, SEEN_BEFORE, params![user, rooms, since, count(CATCH_UP_OVERLAP)], message)?;
    messages.reverse();
    let mut after = list(db, SEEN_AFTER, params![user, rooms, since, count(CATCH_UP_MAX + 1)], message)?;
    let is_more = after.len() > CATCH_UP_MAX;
    after.truncate(CATCH_UP_MAX);
    let more = after.last().filter(|_| is_more).map(|last| last.id);
    messages.extend(after);
    Ok(Since { messages, more })
}

/// The conversation of `user` and `other` as `user` sees it, before this time, the oldest first.
pub fn with_user(
    db: &Connection,
    user: &str,
    other: &str,
    before: i64,
    limit: usize,
) -> Result<Vec<Message>> {
    let mut found = list(db, WITH_USER, params![user, other, before, count(limit)], message)?;
    found.reverse();
    Ok(found)
}

/// The conversation of a group as `user` sees it, before this time, the oldest first.
pub fn in_room(db: &Connection, user: &str, group: i64, before: i64, limit: usize) -> Result<Vec<Message>> {
    let mut found = list(db, IN_ROOM, params![user, group, before, count(limit)], message)?;
    found.reverse();
    Ok(found)
}

/// Clears a conversation on the side of `user`. Messages that both sides have cleared are deleted.
pub fn clear_user(db: &Connection, user: &str, other: &str) -> Result<()> {
    for sql in [FORGET_SENT, CLEAR_SENT, FORGET_GOT, CLEAR_GOT] {
        run(db, sql, [user, other])?;
    }
    Ok(())
}

/// Clears a group's conversation on the side of `user`. Messages that all members have cleared are deleted.
pub fn clear_room(db: &Connection, user: &str, group: i64) -> Result<()> {
    run(db, CLEAR_ROOM, params![group, user])?;
    run(db, FORGET_ROOM, [group]).map(drop)
}
