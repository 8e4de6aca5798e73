//! Friendships, and the requests they begin with.
//!
//! Owns: the tables `friends` and `friend_requests`. Must not: write to `notices`; the caller does.

use rusqlite::Row;

use super::accounts::User;
use super::{Connection, Result, list, one, params, run, value};
use crate::dates::now;

const FRIENDS: &str =
    "SELECT users.*, friends.contact_group FROM friends JOIN users ON users.id = friends.friend
    WHERE friends.user = ?1 ORDER BY users.uid";
const WHO_MAY_LOG_IN: &str =
    "SELECT users.*, friends.contact_group FROM friends JOIN users ON users.id = friends.friend
    WHERE friends.user = ?1 AND NOT EXISTS (SELECT 1 FROM bans WHERE user = friends.friend) ORDER BY users.uid";
const GROUP: &str = "SELECT contact_group FROM friends WHERE user = ?1 AND friend = ?2";
const SET_GROUP: &str = "UPDATE friends SET contact_group = ?3 WHERE user = ?1 AND friend = ?2";
const ADD: &str = "INSERT OR IGNORE INTO friends (user, friend) VALUES (?1, ?2), (?2, ?1)";
const REMOVE: &str = "DELETE FROM friends WHERE (user = ?1 AND friend = ?2) OR (user = ?2 AND friend = ?1)";
const REQUEST: &str =
    "INSERT OR IGNORE INTO friend_requests (from_user, to_user, body, created) VALUES (?1, ?2, ?3, ?4)";
const REQUESTS_TO: &str = "SELECT r.body AS said, r.created AS asked, users.*
    FROM friend_requests AS r JOIN users ON users.id = r.from_user WHERE r.to_user = ?1 ORDER BY r.id";
const REQUESTED_BY: &str = "SELECT users.* FROM friend_requests AS r JOIN users ON users.id = r.to_user
    WHERE r.from_user = ?1 ORDER BY r.id";
const REQUESTED: &str = "SELECT EXISTS (SELECT 1 FROM friend_requests WHERE from_user = ?1 AND to_user = ?2)";
const END_REQUEST: &str = "DELETE FROM friend_requests WHERE from_user = ?1 AND to_user = ?2";

/// A friend of a user.
#[derive(Clone, Debug)]
pub struct Friend {
    pub(crate) user: User,
    /// The contact group into which the user has put the friend, such as `friend` or `Colleagues`.
    pub(crate) group: String,
}

/// A request for friendship.
#[derive(Clone, Debug)]
pub struct FriendRequest {
    pub(crate) from: User,
    /// The text that came with it.
    pub(crate) body: String,
    pub(crate) created: i64,
}

impl FriendRequest {
    fn of(row: &Row<'_>) -> Result<FriendRequest> {
        let from = User::of(row)?;
        Ok(FriendRequest { from, body: row.get("said")?, created: row.get("asked")? })
    }
}

/// A user's friends.
pub fn of(db: &Connection, user: &str) -> Result<Vec<Friend>> {
    list(db, FRIENDS, [user], friend)
}

/// A user's friends, without those who are banned.
pub fn who_may_log_in(db: &Connection, user: &str) -> Result<Vec<Friend>> {
    list(db, WHO_MAY_LOG_IN, [user], friend)
}

fn friend(row: &Row<'_>) -> Result<Friend> {
    Ok(Friend { user: User::of(row)?, group: row.get("contact_group")? })
}

/// The contact group into which `user` has put `friend`; none if they are no friends.
pub fn group(db: &Connection, user: &str, friend: &str) -> Result<Option<String>> {
    one(db, GROUP, [user, friend], |row| row.get(0))
}

/// Puts a friend into a contact group.
pub fn set_group(db: &Connection, user: &str, friend: &str, group: &str) -> Result<()> {
    run(db, SET_GROUP, [user, friend, group]).map(drop)
}

/// Asks for friendship. If the other user has asked already, the two become friends. Returns whether anything changed.
pub fn request(db: &Connection, from: &str, to: &str, body: &str) -> Result<bool> {
    if from == to || group(db, from, to)?.is_some() {
        return Ok(false);
    }
    if requested(db, to, from)? {
        return accept(db, from, to);
    }
    Ok(run(db, REQUEST, params![from, to, body, now()])? > 0)
}

/// Whether `from` has asked `to`.
pub fn requested(db: &Connection, from: &str, to: &str) -> Result<bool> {
    value(db, REQUESTED, [from, to])
}

/// The requests a user has to answer.
pub fn requests(db: &Connection, to: &str) -> Result<Vec<FriendRequest>> {
    list(db, REQUESTS_TO, [to], FriendRequest::of)
}

/// The users that a user has asked.
pub fn requested_by(db: &Connection, from: &str) -> Result<Vec<User>> {
    list(db, REQUESTED_BY, [from], User::of)
}

/// `user` accepts the request of `from`. Returns whether there was one.
pub fn accept(db: &Connection, user: &str, from: &str) -> Result<bool> {
    if run(db, END_REQUEST, [from, user])? == 0 {
        return Ok(false);
    }
    run(db, END_REQUEST, [user, from])?;
    add(db, user, from)?;
    Ok(true)
}

/// `user` declines the request of `from`. Returns whether there was one.
pub fn decline(db: &Connection, user: &str, from: &str) -> Result<bool> {
    Ok(run(db, END_REQUEST, [from, user])? > 0)
}

/// Makes two users friends.
pub fn add(db: &Connection, one: &str, other: &str) -> Result<()> {
    run(db, ADD, [one, other]).map(drop)
}

/// Ends a friendship. Returns whether there was one. The caller must call `Plugin::unlink` too.
pub fn remove(db: &Connection, user: &str, friend: &str) -> Result<bool> {
    Ok(run(db, REMOVE, [user, friend])? > 0)
}
