//! `rooms`, `join`, `leave` and `members`: the groups' chats.
//!
//! Owns: that a group's chat is for its members. Must not: end a membership: `leave` leaves the chat, not the group.

use serde_json::{Map, Value, json};

use super::params::{list, required, text, ticket};
use super::server::{By, CallError};
use super::settings;
use super::shapes::RoomInfo;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::limits::ROOMS_MAX;
use crate::site::{Outcome, Site};
use crate::store::accounts::User;
use crate::store::groups::{self, Group};
use crate::store::{self, Connection};
use crate::visit::Params;

/// `rooms`: those of these groups that are his, or all of his.
pub(super) fn rooms(site: &Site, user: &User, params: &Params) -> Outcome {
    let wanted = list(params, "ids");
    let (mut groups, blocked) = site.store.read(|db| {
        let blocked = settings::blocked_rooms(&settings::of(db, user)?);
        Ok::<_, Refusal>((groups::of(db, &user.id)?, blocked))
    })?;
    groups.retain(|group| wanted.is_empty() || wanted.contains(&group.id.to_string()));
    groups.truncate(ROOMS_MAX);
    let mut reachable = true;
    let describe = |group: &Group| {
        let id = group.id.to_string();
        // Who cannot be reached for one room is not asked for the next.
        let members = if reachable { site.im.members(&id) } else { Err(CallError::Unreachable) };
        reachable = !matches!(members, Err(CallError::Unreachable));
        let count = members.map_or(0, |members| members.len());
        RoomInfo::new(site, group, u64::try_from(count).unwrap_or(u64::MAX), blocked.contains(&id))
    };
    Ok(Reply::json(&groups.iter().map(describe).collect::<Vec<_>>()))
}

/// `join`: hear what is said in a group of mine.
pub(super) fn join(site: &Site, user: &User, params: &Params) -> Outcome {
    let (ticket, group) = (ticket(site, user, params)?, unblock(site, user, params, false)?);
    let by = ticket.map_or(By::Name(&user.id), By::Ticket);
    // The choice is kept; if the message server cannot hear of it now, it does when a page next goes online.
    let count = site.im.join(by, &user.nick, &group.id.to_string()).unwrap_or(0);
    // He may have been removed while the message server was asked, which it was told before this.
    if site.store.read(|db| groups::role(db, group.id, &user.id))?.is_none() {
        super::events::expel(site, user, group.id);
        return Err(no_such_group());
    }
    Ok(Reply::json(&RoomInfo::new(site, &group, count, false)))
}

/// `leave`: hear nothing of a group of mine until I join again.
pub(super) fn leave(site: &Site, user: &User, params: &Params) -> Outcome {
    let (ticket, group) = (ticket(site, user, params)?, unblock(site, user, params, true)?);
    let by = ticket.map_or(By::Name(&user.id), By::Ticket);
    super::events::told("room left", site.im.leave(by, &user.nick, &group.id.to_string()));
    Ok(Reply::json("ok"))
}

/// Keeps whether the user hears a group.
fn unblock(site: &Site, user: &User, params: &Params, blocked: bool) -> Result<Group, Refusal> {
    site.store.write(|db| {
        let group = mine(db, user, required(params, "id")?)?;
        settings::block_room(db, user, &group.id.to_string(), blocked)?;
        Ok(group)
    })
}

/// `members`: who is in a group's chat; of several groups, by the papers, an object.
pub(super) fn members(site: &Site, user: &User, params: &Params) -> Outcome {
    ticket(site, user, params)?;
    let ids = list(params, "ids");
    if !text(params, "id").is_empty() || ids.is_empty() {
        return Ok(Reply::json(&members_of(site, user, required(params, "id")?)?));
    }
    let found: Result<Map<String, Value>, Refusal> =
        ids.iter().take(ROOMS_MAX).map(|id| Ok((id.clone(), members_of(site, user, id)?))).collect();
    Ok(Reply::json(&found?))
}

fn members_of(site: &Site, user: &User, id: &str) -> Result<Value, Refusal> {
    let group = site.store.read(|db| mine(db, user, id))?;
    match site.im.members(&group.id.to_string()) {
        Ok(members) => Ok(json!(members)),
        Err(_) => Err(Refusal::unavailable("The chat cannot be reached at the moment.")),
    }
}

/// The group of this number, if the user is a member. Others need not know that there is one.
pub(super) fn mine(db: &Connection, user: &User, id: &str) -> Result<Group, Refusal> {
    let id = store::number(id).ok_or_else(no_such_group)?;
    groups::role(db, id, &user.id)?.ok_or_else(no_such_group)?;
    groups::find(db, id)?.ok_or_else(no_such_group)
}

fn no_such_group() -> Refusal {
    Refusal::not_found("There is no such group among yours.")
}
