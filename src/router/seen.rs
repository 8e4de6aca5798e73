//! What the simulator of the cluster looks at of a router.
//!
//! Owns: looks. Must not: change anything.

use super::ids::{RoomKey, UserKey};
use super::machine::Router;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;

/// A user who is online.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenUser {
    pub(crate) slot: Slot,
    pub(crate) domain: DomainId,
    pub(crate) name: String,
    pub(crate) show: String,
    pub(crate) links: Vec<UserKey>,
    pub(crate) rooms: Vec<RoomKey>,
    pub(crate) lingers: bool,
}

/// A room with its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenRoom {
    pub(crate) slot: Slot,
    pub(crate) domain: DomainId,
    pub(crate) name: String,
    pub(crate) members: Vec<UserKey>,
}

impl Router {
    /// All users.
    pub(crate) fn seen_users(&self) -> Vec<SeenUser> {
        let users = self.people.users().map(|(slot, user)| SeenUser {
            slot,
            domain: user.domain(),
            name: user.profile().name().to_owned(),
            show: user.profile().show().to_owned(),
            links: user.links().collect(),
            rooms: user.rooms().collect(),
            lingers: user.linger().is_some(),
        });
        users.collect()
    }

    /// All rooms.
    pub(crate) fn seen_rooms(&self) -> Vec<SeenRoom> {
        let rooms = self.rooms.all().map(|(slot, domain)| SeenRoom {
            slot,
            domain,
            name: self.rooms.name_of(slot).to_owned(),
            members: self.rooms.members_of(slot).into_iter().map(|(user, _)| user).collect(),
        });
        rooms.collect()
    }

    /// Whether no call waits for a report.
    pub(crate) fn has_no_gathers(&self) -> bool {
        self.out.gathers().is_empty()
    }
}
