//! Who others are to a user, and whether they are there.
//!
//! Owns: buddies, blocks, and the presence of each. Must not: ask for the presence of somebody blocked, either way.

use std::collections::{HashMap, HashSet};

use super::events;
use super::params::{list, required};
use super::server::Presence;
use super::shapes::{BuddyInfo, STRANGER};
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::site::{Outcome, Site};
use crate::store::accounts::{self, User};
use crate::store::{Connection, Result as Stored, blocks, friends};
use crate::visit::Params;

/// What a user is to others.
#[derive(Debug, Default)]
pub(super) struct Circle {
    /// His friends.
    pub(super) friends: Vec<User>,
    /// The contact group of each.
    groups: HashMap<String, String>,
    /// Whom he has blocked.
    blocked: HashSet<String>,
    /// Who has blocked him.
    blocking: HashSet<String>,
}

impl Circle {
    pub(super) fn of(db: &Connection, user: &User) -> Stored<Circle> {
        let friends = friends::of(db, &user.id)?;
        let groups = friends.iter().map(|friend| (friend.user.id.clone(), friend.group.clone())).collect();
        let friends = friends.into_iter().map(|friend| friend.user).collect();
        let blocked = blocks::by(db, &user.id)?.into_iter().collect();
        Ok(Circle { friends, groups, blocked, blocking: blocks::of(db, &user.id)?.into_iter().collect() })
    }

    /// Those whose presence may be asked for.
    pub(super) fn names(&self, users: &[User]) -> Vec<String> {
        users.iter().map(|user| user.id.clone()).filter(|id| !self.is_apart(id)).collect()
    }

    /// These users as the user sees them.
    pub(super) fn describe(&self, site: &Site, users: &[User], present: &[Presence]) -> Vec<BuddyInfo> {
        let present: HashMap<&str, &Presence> =
            present.iter().map(|presence| (presence.name.as_str(), presence)).collect();
        let describe = |user: &User| {
            let presence = present.get(user.id.as_str()).copied().filter(|_| !self.is_apart(&user.id));
            let group = self.groups.get(&user.id).map_or(STRANGER, String::as_str);
            let info = BuddyInfo::new(site, user, group, presence).blocked(self.blocked.contains(&user.id));
            if self.is_apart(&user.id) { info.apart() } else { info }
        };
        users.iter().map(describe).collect()
    }

    pub(super) fn is_apart(&self, id: &str) -> bool {
        self.blocked.contains(id) || self.blocking.contains(id)
    }
}

/// `buddies`: these users, by id or uid, and the strangers on the page. Unknown ones are left out.
pub(super) fn buddies(site: &Site, user: &User, params: &Params) -> Outcome {
    let (circle, users) = site.store.read(|db| {
        let circle = Circle::of(db, user)?;
        let wanted = [list(params, "ids"), list(params, "stranger_ids")].concat();
        Ok::<_, Refusal>((circle, find(db, user, &wanted)?))
    })?;
    let names = circle.names(&users);
    // Without the message server nobody can be met, which is what offline means.
    let present = if names.is_empty() { Vec::new() } else { site.im.onlines(&names).unwrap_or_default() };
    Ok(Reply::json(&circle.describe(site, &users, &present)))
}

/// `block`: hear nothing of a user any more.
pub(super) fn block(site: &Site, user: &User, params: &Params) -> Outcome {
    let other = site.store.write(|db| {
        let other = other(db, user, params)?;
        blocks::add(db, &user.id, &other.id)?;
        Ok::<User, Refusal>(other)
    })?;
    events::unlink(site, user, &other.id);
    Ok(Reply::json("ok"))
}

/// `unblock`.
pub(super) fn unblock(site: &Site, user: &User, params: &Params) -> Outcome {
    site.store.write(|db| {
        let other = other(db, user, params)?;
        Ok::<(), Refusal>(blocks::remove(db, &user.id, &other.id)?)
    })?;
    Ok(Reply::json("ok"))
}

/// The other user whom `id` names.
fn other(db: &Connection, user: &User, params: &Params) -> Result<User, Refusal> {
    let found = accounts::find_any(db, required(params, "id")?)?;
    found.filter(|found| found.id != user.id).ok_or_else(no_such_user)
}

pub(super) fn no_such_user() -> Refusal {
    Refusal::not_found("There is no such user.")
}

/// The users of these ids or uids, each once and without the one who asks.
pub(super) fn find(db: &Connection, user: &User, ids: &[String]) -> Stored<Vec<User>> {
    let mut found: Vec<User> = Vec::new();
    for id in ids {
        if let Some(other) = accounts::find_any(db, id)? {
            add(&mut found, user, other);
        }
    }
    Ok(found)
}

/// Adds a user to a list, each once and without the one who asks.
pub(super) fn add(list: &mut Vec<User>, user: &User, other: User) {
    if other.id != user.id && !list.iter().any(|known| known.id == other.id) {
        list.push(other);
    }
}
