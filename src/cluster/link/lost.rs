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
    /// Names that users here could not ask for.
    pub(super) unasked: BTreeMap<(UserKey, DomainId), BTreeSet<Box<str>>>,
}

impl Lost {
    /// Names that could not be asked for are asked for as soon as they can be.
    pub(super) fn try_again(&mut self, asked: &LinkAsked) {
        let unasked = self.unasked.entry((asked.user, asked.domain)).or_default();
        unasked.extend(
            asked.names.iter().take(NAMES_PER_USER_MAX - unasked.len().min(NAMES_PER_USER_MAX)).cloned(),
        );
    }

    /// When something is to be done at the latest.
    pub(crate) fn due(&self) -> Tick {
        self.breaks.iter().map(|lost| lost.due).min().unwrap_or(Tick::NEVER)
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.breaks.is_empty() && self.rooms.is_empty() && self.unasked.is_empty()
    }

    /// Users who are missed, for figures.
    pub(crate) fn len(&self) -> usize {
        self.breaks.iter().map(|lost| lost.users.len()).sum()
    }
}
