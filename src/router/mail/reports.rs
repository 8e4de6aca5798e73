//! Questions to several places, and what each reports.
//!
//! Owns: the types, and what each takes while it waits. Must not: import a part of the router.

use super::names::Names;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::call::{Receivers, Refusal};
use crate::router::ids::{CallKey, GatherKey, UserKey};
use crate::router::profile::Profile;
use crate::router::weight;

/// `/room/members`, to the room's owner.
#[derive(Debug)]
pub struct MembersRequest {
    /// The call to answer.
    pub(crate) key: CallKey,
    /// The room's domain.
    pub(crate) domain: DomainId,
    /// The room's name.
    pub(crate) room: Box<str>,
    /// The asking user, if known.
    pub(crate) viewer: Option<UserKey>,
}

/// Which of these names are online?
#[derive(Debug)]
pub struct NamesRequest {
    /// The gather that waits.
    pub(crate) gather: GatherKey,
    /// The names' domain.
    pub(crate) domain: DomainId,
    /// The asking user, if known.
    pub(crate) viewer: Option<UserKey>,
    /// The names.
    pub(crate) names: Names,
}

/// What do these users show?
#[derive(Debug)]
pub struct ProfilesRequest {
    /// The gather that waits.
    pub(crate) gather: GatherKey,
    /// The users.
    pub(crate) users: Vec<Slot>,
}

/// One place's share of an answer.
#[derive(Debug)]
pub struct GatherReport {
    /// The gather that waits.
    pub(crate) gather: GatherKey,
    /// The share.
    pub(crate) part: Part,
}

/// What a place reports.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// It is done.
    Done,
    /// It could not be reached.
    Missing,
    /// The sessions a packet was queued to.
    Delivered(Receivers),
    /// What users that are online show, with their positions in the list.
    Profiles(Vec<(u32, Profile)>),
    /// The call is refused after all.
    Refused(Refusal),
}

impl Part {
    pub(super) fn bytes(&self) -> usize {
        match self {
            Part::Done | Part::Missing | Part::Delivered(_) | Part::Refused(_) => 0,
            Part::Profiles(profiles) => profiles.iter().map(|(_, profile)| weight::profile(profile)).sum(),
        }
    }
}
