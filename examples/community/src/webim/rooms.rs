//! `rooms`, `join`, `leave` and `members`: the rooms of a user.
//!
//! Owns: that a room is open to its members only. `leave` takes the user's sessions out of the room, and the user stays a
//! member. Must not: change who is a member; `Rooms` has no call for that.

use serde_json::{Map, Value, json};

use super::events::log_failure;
use super::host::{Host, Person, Records, Room};
use super::limits::ROOMS_MAX;
use super::params::{list, required, text, ticket};
use super::server::{By, CallError};
use super::settings;
use super::shapes::RoomInfo;
use crate::http::{Outcome, Params, Refusal, Reply};

/// `rooms`: the rooms of these ids that are the user's, or all rooms of the user.
pub(super) fn rooms(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let wanted = list(params, "ids");
    let (mut rooms, blocked) = site.read(|db| {
        let blocked = settings::blocked_rooms(&settings::of(db, user)?);
        Ok((db.rooms(&user.id)?, blocked))
    })?;
    rooms.retain(|room| wanted.is_empty() || wanted.contains(&room.id));
    rooms.truncate(ROOMS_MAX);
    let plugin = site.plugin();
    let mut is_reachable = true;
    let describe = |room: &Room| {
        // A server that cannot be reached for one room is not called for the next.
        let members = if is_reachable { plugin.im.members(&room.id) } else { Err(CallError::Unreachable) };
        is_reachable = !matches!(members, Err(CallError::Unreachable));
        let count = members.map_or(0, |members| members.len());
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        RoomInfo::new(plugin, room, count, blocked.contains(&room.id))
    };
    Ok(Reply::json(&rooms.iter().map(describe).collect::<Vec<_>>()))
}

/// `join`: the user's sessions receive the messages of a room.
pub(super) fn join(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let (ticket, room) = (ticket(site, user, params)?, set_blocked(site, user, params, false)?);
    let by = ticket.map_or(By::Name(&user.id), By::Ticket);
    // The choice is kept. If the message server cannot be reached, it takes effect when a page next goes online.
    let count = site.plugin().im.join(by, &user.nick, &room.id).unwrap_or(0);
    // The user may have been removed from the room before the message server had this call.
    if site.read(|db| db.room(&user.id, &room.id))?.is_none() {
        site.plugin().expel(&user.id, &user.nick, &room.id);
        return Err(no_such_room());
    }
    Ok(Reply::json(&RoomInfo::new(site.plugin(), &room, count, false)))
}

/// `leave`: the user's sessions receive no messages of a room, until the user joins again.
pub(super) fn leave(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let (ticket, room) = (ticket(site, user, params)?, set_blocked(site, user, params, true)?);
    let by = ticket.map_or(By::Name(&user.id), By::Ticket);
    log_failure("room left", site.plugin().im.leave(by, &user.nick, &room.id));
    Ok(Reply::json("ok"))
}

/// Keeps whether the user blocks a room.
fn set_blocked(site: &impl Host, user: &Person, params: &Params, blocked: bool) -> Result<Room, Refusal> {
    site.write(|db| {
        let room = mine(db, user, required(params, "id")?)?;
        settings::block_room(db, user, &room.id, blocked)?;
        Ok(room)
    })
}

/// `members`: the members of a room that are online. Of several rooms, by the specification, an object.
pub(super) fn members(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    ticket(site, user, params)?;
    let ids = list(params, "ids");
    if !text(params, "id").is_empty() || ids.is_empty() {
        return Ok(Reply::json(&members_of(site, user, required(params, "id")?)?));
    }
    let found: Result<Map<String, Value>, Refusal> =
        ids.iter().take(ROOMS_MAX).map(|id| Ok((id.clone(), members_of(site, user, id)?))).collect();
    Ok(Reply::json(&found?))
}

fn members_of(site: &impl Host, user: &Person, id: &str) -> Result<Value, Refusal> {
    let room = site.read(|db| mine(db, user, id))?;
    match site.plugin().im.members(&room.id) {
        Ok(members) => Ok(json!(members)),
        Err(_) => Err(Refusal::unavailable("The chat cannot be reached at the moment.")),
    }
}

/// The room of this id, if the user is a member. The refusal does not show whether there is such a room.
pub(super) fn mine(db: &dyn Records, user: &Person, id: &str) -> Result<Room, Refusal> {
    db.room(&user.id, id)?.ok_or_else(no_such_room)
}

fn no_such_room() -> Refusal {
    Refusal::not_found("There is no such group among yours.")
}
