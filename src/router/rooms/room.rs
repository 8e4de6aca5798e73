//! One room: its name and its members.
//!
//! Owns: [`Room`], and the count of members that others see. Must not: import `mail`, or hold what members show.

use std::num::NonZeroU32;

use ahash::RandomState;
use hashbrown::HashMap;

use crate::base::domains::DomainId;
use crate::base::slots::{UNBORN, kept};
use crate::router::ids::UserKey;

/// A room with at least one member.
#[derive(Debug)]
pub(super) struct Room {
    domain: DomainId,
    name: Box<str>,
    /// Its members, and whether others see them.
    members: HashMap<UserKey, bool, RandomState>,
    visible: u32,
    generation: NonZeroU32,
}

kept!(Room);

const _: () = assert!(size_of::<(UserKey, bool)>() <= crate::base::limits::parked::MEMBER_BYTES_MAX);

impl Room {
    /// A room that is about to have its first member.
    pub(super) fn new(domain: DomainId, name: &str, hasher: RandomState) -> Room {
        let members = HashMap::with_hasher(hasher);
        Room { domain, name: name.into(), members, visible: 0, generation: UNBORN }
    }

    pub(super) fn domain(&self) -> DomainId {
        self.domain
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Adds a member, or changes whether others see it.
    pub(super) fn set(&mut self, user: UserKey, visible: bool) {
        let before = self.members.insert(user, visible);
        self.visible += u32::from(visible);
        self.visible -= u32::from(before == Some(true));
    }

    /// Returns whether the user was a member.
    pub(super) fn remove(&mut self, user: UserKey) -> bool {
        let before = self.members.remove(&user);
        self.visible -= u32::from(before == Some(true));
        before.is_some()
    }

    pub(super) fn contains(&self, user: UserKey) -> bool {
        self.members.contains_key(&user)
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members, and whether others see them.
    pub(super) fn members(&self) -> impl Iterator<Item = (UserKey, bool)> {
        self.members.iter().map(|(user, visible)| (*user, *visible))
    }

    /// Members as `viewer` may know them: the visible ones, and the viewer.
    pub(super) fn count_for(&self, viewer: UserKey) -> u32 {
        self.visible + u32::from(self.members.get(&viewer) == Some(&false))
    }

    /// Asserts what must hold between its fields.
    #[cfg(test)]
    pub(super) fn check(&self) {
        assert!(!self.is_empty(), "a room has members");
        let visible = self.members.values().filter(|visible| **visible).count();
        assert_eq!(self.visible as usize, visible, "it counts its visible members");
    }
}
