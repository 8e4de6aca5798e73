//! Mail between users and rooms.
//!
//! Owns: the types, and what each takes while it waits. Must not: import a part of the router.

use super::names::Names;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::ids::{CallKey, GatherKey, RoomKey, UserKey};
use crate::router::packet::Packet;
use crate::router::profile::Profile;
use crate::router::weight;

/// What rooms keep a note of about a member, and how often the user changed what it shows: an older sight gives way to a
/// newer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Whether they see the user.
    pub(crate) visible: bool,
    /// Whether the user has had a page of version 5, which is shown who of a room comes and goes.
    pub(crate) watches: bool,
    /// How often the user changed what it shows before.
    pub(crate) changes: u16,
}

/// A site says that a user is in rooms of the place.
#[derive(Debug)]
pub struct RoomEntry {
    /// The gather that waits for [`EntryReply`].
    pub(crate) gather: GatherKey,
    /// The rooms' domain.
    pub(crate) domain: DomainId,
    /// The user.
    pub(crate) user: UserKey,
    /// What the rooms note, as it was when the mail was sent.
    pub(crate) sight: Sight,
    /// What the user shows.
    pub(crate) profile: Profile,
    /// The rooms.
    pub(crate) rooms: Names,
}

/// The call by which a user enters rooms, with the gather that waits until the user's owner has noted them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entering {
    /// `/presences/online`: the gather is at the user's owner, and collects the rooms.
    Online(GatherKey),
    /// `/room/join`: the gather is at the room's owner, and hears whether the room was kept.
    Join(GatherKey),
}

/// A user is a member of these rooms now.
#[derive(Debug)]
pub struct EntryReply {
    /// What waits.
    pub(crate) by: Entering,
    /// The rooms' domain.
    pub(crate) domain: DomainId,
    /// The user.
    pub(crate) user: UserKey,
    /// The user's sight as it came with the question.
    pub(crate) sight: Sight,
    /// Others of the rooms are answered later.
    pub(crate) more: bool,
    /// The rooms.
    pub(crate) rooms: Vec<EnteredRoom>,
}

impl EntryReply {
    pub(super) fn bytes(&self) -> usize {
        self.rooms.iter().map(|room| size_of_val(room) + room.name.len()).sum()
    }
}

/// A room that a user has entered.
#[derive(Clone, Debug)]
pub(crate) struct EnteredRoom {
    /// Its position in the list it was taken from.
    pub(crate) position: u32,
    /// Its name.
    pub(crate) name: Box<str>,
    /// Where it lives.
    pub(crate) key: RoomKey,
    /// Its visible members, and the user.
    pub(crate) members: u32,
    /// Others watch it, and have not been shown yet that the user came.
    pub(crate) unseen: bool,
}

/// A room has been lost with its node. Its members enter the one that has its name now.
#[derive(Debug)]
pub struct Reenter {
    /// The rooms' domain.
    pub(crate) domain: DomainId,
    /// The room that is no more.
    pub(crate) room: RoomKey,
    /// Its name.
    pub(crate) name: Box<str>,
    /// The members.
    pub(crate) users: Vec<Slot>,
}

/// `/room/join`, to the room's owner.
#[derive(Debug)]
pub struct RoomJoin {
    /// The call to answer.
    pub(crate) key: CallKey,
    /// The room's domain.
    pub(crate) domain: DomainId,
    /// The user.
    pub(crate) user: UserKey,
    /// What the rooms note, as it was when the mail was sent.
    pub(crate) sight: Sight,
    /// What the user shows.
    pub(crate) profile: Profile,
    /// Whether the user is in as many rooms as the limit allows.
    pub(crate) full: bool,
    /// The room's name.
    pub(crate) room: Box<str>,
    /// What is queued to its other members if the user was none.
    pub(crate) packet: Packet,
}

/// `/room/leave`, to the room's owner.
#[derive(Debug)]
pub struct RoomLeave {
    /// The call to answer.
    pub(crate) key: CallKey,
    /// The room's domain.
    pub(crate) domain: DomainId,
    /// The user.
    pub(crate) user: UserKey,
    /// Whether others see the user.
    pub(crate) visible: bool,
    /// The room's name.
    pub(crate) room: Box<str>,
    /// What is queued to its other members if the user was one.
    pub(crate) packet: Packet,
}

/// A user is not a member of a room any more.
#[derive(Debug)]
pub struct RoomLeft {
    /// The gather that waits until the user's owner has forgotten the room.
    pub(crate) gather: Option<GatherKey>,
    /// The user.
    pub(crate) user: UserKey,
    /// The room.
    pub(crate) room: RoomKey,
}

/// A user is gone from rooms of the place.
#[derive(Debug)]
pub struct RoomExit {
    /// The gather that waits.
    pub(crate) gather: Option<GatherKey>,
    /// The user.
    pub(crate) user: UserKey,
    /// Whether the user is still online: then [`RoomLeft`] answers for each room.
    pub(crate) online: bool,
    /// What the user showed last, for those who watch the rooms; `None`: they have not seen it there.
    pub(crate) farewell: Option<Profile>,
    /// The rooms.
    pub(crate) rooms: Vec<Slot>,
}

impl RoomExit {
    pub(super) fn bytes(&self) -> usize {
        self.farewell.as_ref().map_or(0, weight::profile) + weight::slots(&self.rooms)
    }
}

/// Members of rooms of the place begin or cease to see a user, or the user begins to watch them.
#[derive(Debug)]
pub struct RoomReveal {
    /// The gather that waits.
    pub(crate) gather: Option<GatherKey>,
    /// The user.
    pub(crate) user: UserKey,
    /// What rooms note from now on.
    pub(crate) sight: Sight,
    /// What the user shows, for those who watch the rooms; `None`: they are shown nothing.
    pub(crate) news: Option<Profile>,
    /// The rooms.
    pub(crate) rooms: Vec<Slot>,
}

impl RoomReveal {
    pub(super) fn bytes(&self) -> usize {
        self.news.as_ref().map_or(0, weight::profile) + weight::slots(&self.rooms)
    }
}
