//! One room: its name and its members.
//!
//! Owns: [`Room`], and the counts of members that others see and of those who watch. Must not: send mail, or hold what
//! members show.

use std::num::NonZeroU32;

use ahash::RandomState;
use hashbrown::HashMap;

use crate::base::domains::DomainId;
use crate::base::limits::chat::GROUP_PRESENCE_MEMBERS_MAX;
use crate::base::slots::{UNBORN, kept};
use crate::router::ids::UserKey;
use crate::router::mail::Sight;

/// A room with at least one member.
#[derive(Debug)]
pub(super) struct Room {
    domain: DomainId,
    name: Box<str>,
    members: HashMap<UserKey, Membership, RandomState>,
    /// Members that others see.
    visible: u32,
    /// Members who have had a page that is shown who comes and goes.
    watching: u32,
    generation: NonZeroU32,
}

/// What a room notes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Membership {
    visible: bool,
    watches: bool,
}

kept!(Room);

const _: () = assert!(size_of::<(UserKey, Membership)>() <= crate::base::limits::parked::MEMBER_BYTES_MAX);

impl Room {
    /// A room that is about to have its first member.
    pub(super) fn new(domain: DomainId, name: &str, hasher: RandomState) -> Room {
        let members = HashMap::with_hasher(hasher);
        Room { domain, name: name.into(), members, visible: 0, watching: 0, generation: UNBORN }
    }

    pub(super) fn domain(&self) -> DomainId {
        self.domain
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Adds a member, or changes what is noted of it.
    pub(super) fn set(&mut self, user: UserKey, sight: Sight) {
        let Sight { visible, watches, .. } = sight;
        let before = self.members.insert(user, Membership { visible, watches });
        self.visible += u32::from(visible);
        self.watching += u32::from(watches);
        self.forget(before);
    }

    /// Takes out of the counts what was noted before.
    fn forget(&mut self, before: Option<Membership>) {
        self.visible -= u32::from(before.is_some_and(|member| member.visible));
        self.watching -= u32::from(before.is_some_and(|member| member.watches));
    }

    /// Returns whether the user was a member.
    pub(super) fn remove(&mut self, user: UserKey) -> bool {
        let before = self.members.remove(&user);
        self.forget(before);
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
        self.members.iter().map(|(user, member)| (*user, member.visible))
    }

    /// Whether some member watches who comes and goes, and the room is small enough for that.
    pub(super) fn is_watched(&self) -> bool {
        self.watching > 0 && self.len() <= GROUP_PRESENCE_MEMBERS_MAX
    }

    /// The visible members who watch.
    pub(super) fn watchers(&self) -> impl Iterator<Item = UserKey> {
        let watching = self.members.iter().filter(|(_, member)| member.visible && member.watches);
        watching.map(|(user, _)| *user)
    }

    /// Members as `viewer` may know them: the visible ones, and the viewer.
    pub(super) fn count_for(&self, viewer: UserKey) -> u32 {
        let unseen = self.members.get(&viewer).is_some_and(|member| !member.visible);
        self.visible + u32::from(unseen)
    }

    /// Asserts what must hold between its fields.
    #[cfg(test)]
    pub(super) fn check(&self) {
        assert!(!self.is_empty(), "a room has members");
        let count = |is: fn(&&Membership) -> bool| self.members.values().filter(is).count();
        assert_eq!(self.visible as usize, count(|member| member.visible), "it counts its visible members");
        assert_eq!(self.watching as usize, count(|member| member.watches), "it counts those who watch");
    }
}
