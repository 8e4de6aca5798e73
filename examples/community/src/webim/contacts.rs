//! `buddies`, `block` and `unblock`: a user's contacts, and their presence.
//!
//! Owns: which users may see each other's presence. Must not: call `onlines` with a user who blocks or is blocked.

use std::collections::{HashMap, HashSet};

use super::host::{Host, Person, Records};
use super::params::{list, required};
use super::plugin::Plugin;
use super::server::Presence;
use super::shapes::{BuddyInfo, STRANGER};
use crate::http::{Outcome, Params, Refusal, Reply};

/// The friends and blocks of a user.
#[derive(Debug, Default)]
pub(super) struct Circle {
    pub(super) friends: Vec<Person>,
    /// The contact group of each friend.
    groups: HashMap<String, String>,
    /// The ids of the users that this user blocks.
    blocked: HashSet<String>,
    /// The ids of the users that block this user.
    blockers: HashSet<String>,
}

impl Circle {
    pub(super) fn of(db: &dyn Records, user: &Person) -> Result<Circle, Refusal> {
        let contacts = db.friends(&user.id)?;
        let groups =
            contacts.iter().map(|contact| (contact.person.id.clone(), contact.group.clone())).collect();
        let friends = contacts.into_iter().map(|contact| contact.person).collect();
        let blocked = db.blocked_by(&user.id)?.into_iter().collect();
        Ok(Circle { friends, groups, blocked, blockers: db.blockers_of(&user.id)?.into_iter().collect() })
    }

    /// The ids of those among these users whose presence this user may see.
    pub(super) fn names(&self, others: &[Person]) -> Vec<String> {
        others.iter().map(|other| other.id.clone()).filter(|id| !self.is_apart(id)).collect()
    }

    /// These users as this user sees them; `present` are those who are online.
    pub(super) fn describe(
        &self,
        plugin: &Plugin,
        others: &[Person],
        present: &[Presence],
    ) -> Vec<BuddyInfo> {
        let present: HashMap<&str, &Presence> =
            present.iter().map(|presence| (presence.name.as_str(), presence)).collect();
        let describe = |other: &Person| {
            let presence = present.get(other.id.as_str()).copied().filter(|_| !self.is_apart(&other.id));
            let group = self.groups.get(&other.id).map_or(STRANGER, String::as_str);
            let info =
                BuddyInfo::new(plugin, other, group, presence).blocked(self.blocked.contains(&other.id));
            if self.is_apart(&other.id) { info.apart() } else { info }
        };
        others.iter().map(describe).collect()
    }

    /// Whether one of the two blocks the other.
    pub(super) fn is_apart(&self, id: &str) -> bool {
        self.blocked.contains(id) || self.blockers.contains(id)
    }
}

/// `buddies`: these users, by id or uid, and the strangers on the page. Unknown ids are left out.
pub(super) fn buddies(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let (circle, others) = site.read(|db| {
        let wanted = [list(params, "ids"), list(params, "stranger_ids")].concat();
        Ok((Circle::of(db, user)?, find(db, user, &wanted)?))
    })?;
    let names = circle.names(&others);
    // Without the message server no message reaches anybody, so all are offline.
    let present =
        if names.is_empty() { Vec::new() } else { site.plugin().im.onlines(&names).unwrap_or_default() };
    Ok(Reply::json(&circle.describe(site.plugin(), &others, &present)))
}

/// `card` of the gateway: who a user is.
pub(super) fn card(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let (circle, other) = site.read(|db| {
        let other = db.person(required(params, "to")?)?.ok_or_else(no_such_user)?;
        Ok((Circle::of(db, user)?, other))
    })?;
    Ok(Reply::json(&circle.describe(site.plugin(), &[other], &[]).pop()))
}

/// `block`: no more messages from a user, and neither sees the other's presence.
pub(super) fn block(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let other = site.write(|db| {
        let other = other(db, user, params)?;
        db.block(&user.id, &other.id)?;
        Ok(other)
    })?;
    site.plugin().unlink(&user.id, &other.id);
    Ok(Reply::json("ok"))
}

pub(super) fn unblock(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    site.write(|db| db.unblock(&user.id, &other(db, user, params)?.id))?;
    Ok(Reply::json("ok"))
}

/// The other user, whom `id` names.
fn other(db: &dyn Records, user: &Person, params: &Params) -> Result<Person, Refusal> {
    let found = db.person(required(params, "id")?)?;
    found.filter(|found| found.id != user.id).ok_or_else(no_such_user)
}

pub(super) fn no_such_user() -> Refusal {
    Refusal::not_found("There is no such user.")
}

/// The users of these ids or uids, each once and without `user`.
pub(super) fn find(db: &dyn Records, user: &Person, ids: &[String]) -> Result<Vec<Person>, Refusal> {
    let mut found: Vec<Person> = Vec::new();
    for id in ids {
        if let Some(other) = db.person(id)? {
            add(&mut found, user, other);
        }
    }
    Ok(found)
}

/// Adds a user to a list, each once and without `user`.
pub(super) fn add(list: &mut Vec<Person>, user: &Person, other: Person) {
    if other.id != user.id && !list.iter().any(|known| known.id == other.id) {
        list.push(other);
    }
}
