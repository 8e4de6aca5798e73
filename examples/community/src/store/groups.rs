//! Groups, which are rooms to the message server, and their members.
//!
//! Owns: the tables `groups` and `group_members`. Must not: call the message server.

use rusqlite::Row;

use super::accounts::User;
use super::{Connection, Result, list, one, params, run};
use crate::dates::now;
use crate::names;

const ADD: &str = "INSERT INTO groups (name, about, created) VALUES (?1, ?2, ?3)";
const BY_ID: &str =
    "SELECT groups.*, (SELECT count(*) FROM group_members WHERE group_id = groups.id) AS members
    FROM groups WHERE id = ?1";
const ALL: &str =
    "SELECT groups.*, (SELECT count(*) FROM group_members WHERE group_id = groups.id) AS members
    FROM groups ORDER BY id";
const OF: &str = "SELECT groups.*, (SELECT count(*) FROM group_members WHERE group_id = groups.id) AS members
    FROM groups JOIN group_members AS mine ON mine.group_id = groups.id WHERE mine.user = ?1 ORDER BY groups.id";
const SET: &str = "UPDATE groups SET name = ?2, about = ?3 WHERE id = ?1";
const ROLE: &str = "SELECT role FROM group_members WHERE group_id = ?1 AND user = ?2";
const MEMBERS: &str =
    "SELECT users.*, group_members.role FROM group_members JOIN users ON users.id = group_members.user
    WHERE group_members.group_id = ?1 ORDER BY group_members.joined, users.uid";
const JOIN: &str =
    "INSERT OR IGNORE INTO group_members (group_id, user, role, joined) VALUES (?1, ?2, ?3, ?4)";
const LEAVE: &str = "DELETE FROM group_members WHERE group_id = ?1 AND user = ?2";

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// As a string, it is the room's name at the message server.
    pub(crate) id: i64,
    pub(crate) name: String,
    /// The description.
    pub(crate) about: String,
    /// How many members it has.
    pub(crate) members: i64,
}

impl Group {
    fn of(row: &Row<'_>) -> Result<Group> {
        let (id, name) = (row.get("id")?, row.get("name")?);
        Ok(Group { id, name, about: row.get("about")?, members: row.get("members")? })
    }
}

/// A member of a group.
#[derive(Clone, Debug)]
pub struct Member {
    pub(crate) user: User,
    /// `owner` or `member`.
    pub(crate) role: String,
}

/// Adds a group and its owner. Returns its number; an error if the name is taken.
pub fn add(db: &Connection, owner: &str, name: &str, about: &str) -> Result<i64> {
    run(db, ADD, params![name, about, now()])?;
    let id = db.last_insert_rowid();
    run(db, JOIN, params![id, owner, "owner", now()])?;
    Ok(id)
}

/// The group of this number.
pub fn find(db: &Connection, id: i64) -> Result<Option<Group>> {
    one(db, BY_ID, [id], Group::of)
}

/// All groups.
pub fn all(db: &Connection) -> Result<Vec<Group>> {
    list(db, ALL, [], Group::of)
}

/// Whether a name is, or looks like, the name of another group than this.
pub(crate) fn is_like_another(db: &Connection, name: &str, id: Option<i64>) -> Result<bool> {
    Ok(all(db)?.iter().any(|group| Some(group.id) != id && names::are_alike(&group.name, name)))
}

/// Gives a group another name and description. An error if the name is taken.
pub fn set(db: &Connection, id: i64, name: &str, about: &str) -> Result<()> {
    run(db, SET, params![id, name, about]).map(drop)
}

/// The groups of a user.
pub fn of(db: &Connection, user: &str) -> Result<Vec<Group>> {
    list(db, OF, [user], Group::of)
}

/// A user's role in a group; none for a user who is not a member.
pub fn role(db: &Connection, id: i64, user: &str) -> Result<Option<String>> {
    one(db, ROLE, params![id, user], |row| row.get(0))
}

/// The members of a group, in the order in which they joined.
pub fn members(db: &Connection, id: i64) -> Result<Vec<Member>> {
    list(db, MEMBERS, [id], |row| Ok(Member { user: User::of(row)?, role: row.get("role")? }))
}

/// Makes a user a member. Returns whether the user was none before. The caller must call `Plugin::enter` too.
pub fn join(db: &Connection, id: i64, user: &str) -> Result<bool> {
    Ok(run(db, JOIN, params![id, user, "member", now()])? > 0)
}

/// Ends a membership. Returns whether there was one. The caller must call `Plugin::expel` too.
pub fn leave(db: &Connection, id: i64, user: &str) -> Result<bool> {
    Ok(run(db, LEAVE, params![id, user])? > 0)
}
