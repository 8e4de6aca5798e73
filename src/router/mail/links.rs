//! Mail between users that are linked, or are to be.
//!
//! Owns: the types, and what each takes while it waits. Must not: import a part of the router.

use super::names::{HashedName, Names, Unplaced};
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::ids::{GatherKey, Place, UserKey};
use crate::router::packet::Packet;
use crate::router::profile::Profile;
use crate::router::weight;

/// A user named others: those of them that are online are linked with it.
#[derive(Debug)]
pub struct Link {
    /// What waits for [`LinkReply`].
    pub(crate) gather: GatherKey,
    /// In which world.
    pub(crate) domain: DomainId,
    /// The user.
    pub(crate) user: UserKey,
    /// The session that is being started; its call named them.
    pub(crate) session: Slot,
    /// What the user shows now.
    pub(crate) profile: Profile,
    /// How often the user had changed that before.
    pub(crate) changes: u16,
    /// The user's coming, for the pages of those that it was not linked with; `None` if it is invisible.
    pub(crate) announce: Option<Packet>,
    /// For this many of the names, the first ones, a place is kept in the user's roster; the others get no new link,
    /// and are [`LinkReply::unplaced`] if they are online.
    pub(crate) reserved: usize,
    /// The names, with the position in the list.
    pub(crate) names: Names,
}

impl Link {
    pub(super) fn bytes(&self) -> usize {
        let beside = weight::profile(&self.profile) + weight::share(self.announce.as_ref());
        size_of::<Link>() + beside + weight::names(&self.names)
    }
}

/// Users have lost links to others with a node, or could not ask it for them. Those of the others that are online are
/// linked. The same for rooms.
#[derive(Debug)]
pub struct Relink {
    /// In which world.
    pub(crate) domain: DomainId,
    /// What the names are of.
    pub(crate) to: RelinkTo,
    /// The users, and the names for each.
    pub(crate) users: Vec<(Slot, Vec<Box<str>>)>,
}

/// What users are linked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RelinkTo {
    /// Others.
    Users,
    /// Rooms, which they enter.
    Rooms,
}

impl Relink {
    pub(super) fn bytes(&self) -> usize {
        self.users.iter().flat_map(|(_, names)| names).map(|name| size_of_val(name) + name.len()).sum()
    }
}

/// A user comes to the node that owns its name now: what it shows, and what waits for it. Of the latter there may be more
/// than fits into one piece of mail.
#[derive(Debug)]
pub struct Moved {
    /// What waits for the report whether the user was taken. In what a shard sends it names nobody but its place, which
    /// gets the mail back if the user was not.
    pub(crate) gather: GatherKey,
    /// In which world.
    pub(crate) domain: DomainId,
    /// What it shows.
    pub(crate) profile: Profile,
    /// The messages that none of its pages has acknowledged, in order.
    pub(crate) messages: Vec<Packet>,
}

impl Moved {
    pub(super) fn bytes(&self) -> usize {
        let messages = self.messages.iter().map(|packet| size_of_val(packet) + packet.share());
        size_of::<Moved>() + weight::profile(&self.profile) + messages.sum::<usize>()
    }
}

/// A user has gone whose name another node owns now, where it soon is again. Those who were linked with it are not shown
/// that it has gone, unless it stays away.
#[derive(Debug)]
pub struct Missed {
    /// The user.
    pub(crate) about: UserKey,
    /// In which world.
    pub(crate) domain: DomainId,
    /// What it last showed.
    pub(crate) profile: Profile,
    /// Those who were linked with it: users of this node, or of the one that the mail goes to.
    pub(crate) users: Vec<UserKey>,
}

impl Missed {
    pub(super) fn bytes(&self) -> usize {
        size_of::<Missed>() + weight::profile(&self.profile) + size_of_val(&*self.users)
    }
}

/// Those of them that are online.
#[derive(Debug)]
pub struct LinkReply {
    /// What waits.
    pub(crate) gather: GatherKey,
    /// In which world.
    pub(crate) domain: DomainId,
    /// The user who named them.
    pub(crate) user: UserKey,
    /// The session that was started by the call.
    pub(crate) session: Slot,
    /// What the user showed then.
    pub(crate) asked_as: Profile,
    /// How often the user had changed that before.
    pub(crate) changes: u16,
    /// See [`Link::reserved`]: these places are free again.
    pub(crate) reserved: usize,
    /// The names' owner could not be reached.
    pub(crate) missing: bool,
    /// Others of the names are answered later: another node has asked several of its places.
    pub(crate) more: bool,
    /// Those that were found.
    pub(crate) buddies: Vec<Buddy>,
    /// Those that were found and not linked, only because no place was kept for them; with the position in the list.
    pub(crate) unplaced: Vec<(u32, Unplaced)>,
}

impl LinkReply {
    pub(super) fn bytes(&self) -> usize {
        let buddies = self.buddies.iter().map(|buddy| size_of_val(buddy) + weight::profile(&buddy.profile));
        let unplaced = self.unplaced.iter().map(|name| size_of_val(name) + name.1.name.len());
        let found = buddies.sum::<usize>() + unplaced.sum::<usize>();
        size_of::<LinkReply>() + weight::profile(&self.asked_as) + found
    }
}

/// A user's presence, for users of the place that are linked with it or watch a room.
#[derive(Clone, Debug)]
pub struct Presence {
    /// What waits.
    pub(crate) gather: Option<GatherKey>,
    /// The user it is about.
    pub(crate) about: UserKey,
    /// The hash of that user's name, or of the name and the room.
    pub(crate) name: u64,
    /// What they receive, if anything.
    pub(crate) packet: Option<Packet>,
    /// Which of the users it is for.
    pub(crate) reach: Reach,
    /// The users.
    pub(crate) to: Vec<Slot>,
}

impl Presence {
    pub(super) fn bytes(&self) -> usize {
        weight::share(self.packet.as_ref()) + weight::slots(&self.to)
    }
}

/// Which of the users that a presence is sent to are shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Those that are linked with the one it is about.
    Linked,
    /// Those that are not linked any more, too: they may have been shown the coming of a user who was invisible by
    /// then.
    Met,
    /// The same, and the links end with it: the one it is about has gone.
    Parted,
    /// Those who watch a room; a link to the one it is about does not matter.
    Room,
}

/// A user unlinks those of these names that are online.
#[derive(Debug)]
pub struct Unlink {
    /// What waits for [`UnlinkReply`].
    pub(crate) gather: GatherKey,
    /// In which world.
    pub(crate) domain: DomainId,
    /// The user.
    pub(crate) user: UserKey,
    /// What the user shows now.
    pub(crate) profile: Profile,
    /// The user's going, for the pages of those that it was linked with; `None` if it is invisible.
    pub(crate) farewell: Option<Packet>,
    /// The names.
    pub(crate) names: Vec<HashedName>,
}

impl Unlink {
    pub(super) fn bytes(&self) -> usize {
        let names = self.names.iter().map(|name| size_of_val(name) + name.text.len());
        let beside = weight::profile(&self.profile) + weight::share(self.farewell.as_ref());
        size_of::<Unlink>() + beside + names.sum::<usize>()
    }
}

/// Those of them that were linked.
#[derive(Debug)]
pub struct UnlinkReply {
    /// What waits.
    pub(crate) gather: GatherKey,
    /// The user who unlinked them.
    pub(crate) user: UserKey,
    /// The place that was asked.
    pub(crate) by: Place,
    /// The hashes of all names that were given.
    pub(crate) names: Vec<u64>,
    /// Others of the names are answered later.
    pub(crate) more: bool,
    /// Those that were linked.
    pub(crate) parted: Vec<Parted>,
}

impl UnlinkReply {
    pub(super) fn bytes(&self) -> usize {
        let parted = self.parted.iter();
        let parted = parted.map(|parted| size_of_val(parted) + weight::share(parted.farewell.as_ref()));
        size_of_val(&*self.names) + parted.sum::<usize>()
    }
}

/// A user that is linked no more.
#[derive(Debug)]
pub(crate) struct Parted {
    /// The user.
    pub(crate) key: UserKey,
    /// The hash of that user's name.
    pub(crate) name: u64,
    /// That user's going, for the pages of the one that unlinked it; `None` if it is invisible.
    pub(crate) farewell: Option<Packet>,
}

/// A user who was named and is online.
#[derive(Clone, Debug)]
pub(crate) struct Buddy {
    /// The position in the list.
    pub(crate) position: u32,
    /// The user.
    pub(crate) key: UserKey,
    /// What the user shows; perhaps that it is invisible, so this is not for others to see yet.
    pub(crate) profile: Profile,
    /// Whether the two are linked now; not if a roster is full.
    pub(crate) linked: bool,
}
