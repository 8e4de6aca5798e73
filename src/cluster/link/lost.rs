//! What is left when a link breaks.
//!
//! Owns: who misses whom, and which step is next. Must not: take one; `recovery` does.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::LinkAsked;
use crate::base::clock::Tick;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::cluster::limits::{MISSED_TOGETHER_MS, NAMES_PER_USER_MAX};
use crate::router::ids::UserKey;
use crate::router::mail::Names;
use crate::router::profile::Profile;

/// A user who was lost.
#[derive(Debug)]
pub(super) struct LostUser {
    /// The key by which they know it.
    pub(super) about: UserKey,
    pub(super) domain: DomainId,
    pub(super) profile: Profile,
    /// Whether they may show it.
    pub(super) shown: bool,
    /// Those here who are linked with it.
    pub(super) linked: Vec<UserKey>,
}

/// A room that was lost.
#[derive(Debug)]
pub(super) struct LostRoom {
    pub(super) image: Slot,
    pub(super) domain: DomainId,
    pub(super) name: Box<str>,
    pub(super) members: Vec<UserKey>,
}

/// What one break has lost.
#[derive(Debug)]
pub(super) struct Break {
    pub(super) users: Vec<LostUser>,
    pub(super) step: Step,
    /// When the next step is due.
    pub(super) due: Tick,
}

impl Break {
    /// Whether what is due at `due` may as well be done with this one.
    pub(super) fn is_due_just_before(&self, due: Tick) -> bool {
        self.due <= due && due.since(self.due) < MISSED_TOGETHER_MS
    }
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Links are kept.
    Waiting,
    /// The owners of the names were asked to link them; those that are here are about to be asked who is online.
    Linking,
    /// So many shards have not said who is online here; these are.
    Asking { number: u32, online: BTreeSet<(DomainId, Box<str>)> },
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    pub(super) breaks: Vec<Break>,
    pub(super) rooms: Vec<LostRoom>,
    /// Names of others that users here could not ask for.
    pub(super) unasked: Unasked,
    /// Names of rooms that they could not enter.
    pub(super) unentered: Unasked,
}

/// Names, by the users who want them.
pub(super) type Unasked = BTreeMap<(UserKey, DomainId), BTreeSet<Box<str>>>;

impl Lost {
    /// Names that could not be asked for are asked for as soon as they can be.
    pub(super) fn try_again(&mut self, asked: &LinkAsked) {
        keep(&mut self.unasked, (asked.user, asked.domain), asked.names.iter());
    }

    /// The same for rooms.
    pub(super) fn enter_later(&mut self, user: UserKey, domain: DomainId, rooms: &Names) {
        keep(&mut self.unentered, (user, domain), rooms.iter().map(|(_, name)| name));
    }

    /// The names of those to whom links are about to end.
    pub(crate) fn names_to_part(&self, now: Tick) -> BTreeSet<(DomainId, &str)> {
        let is_last = |lost: &&Break| lost.due <= now && matches!(lost.step, Step::Asking { .. });
        let users = self.breaks.iter().filter(is_last).flat_map(|lost| &lost.users);
        users.map(|user| (user.domain, user.profile.name())).collect()
    }

    /// When something is to be done at the latest.
    pub(crate) fn due(&self) -> Tick {
        self.breaks.iter().map(|lost| lost.due).min().unwrap_or(Tick::NEVER)
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.breaks.is_empty()
            && self.rooms.is_empty()
            && self.unasked.is_empty()
            && self.unentered.is_empty()
    }

    /// Users who are missed, for figures.
    pub(crate) fn len(&self) -> usize {
        self.breaks.iter().map(|lost| lost.users.len()).sum()
    }
}

fn keep<'n>(unasked: &mut Unasked, by: (UserKey, DomainId), names: impl Iterator<Item = &'n Box<str>>) {
    let kept = unasked.entry(by).or_default();
    kept.extend(names.take(NAMES_PER_USER_MAX.saturating_sub(kept.len())).cloned());
}
