//! One user that is online in a domain.
//!
//! Owns: [`User`]. Must not: import the tables; what few users have lies in [`Extras`].

use std::num::NonZeroU32;

use ahash::RandomState;

use super::extras::Extras;
use super::keys::{AddOutcome, KeySet};
use super::mailbox::Linger;
use super::signal_box::SignalBox;
use crate::base::domains::DomainId;
#[cfg(test)]
use crate::base::limits::Limits;
use crate::base::slots::{Slot, UNBORN, kept};
use crate::router::ids::{RoomKey, UserKey};
use crate::router::mail::Sight;
use crate::router::profile::Profile;
use crate::router::sessions::session::SessionList;

/// A user who is online in a domain: from the first session until the last one has been gone for as long as a user
/// lingers, so that others do not see a change of page.
#[derive(Debug)]
pub(in crate::router) struct User {
    domain: DomainId,
    profile: Profile,
    sessions: SessionList,
    /// The users it is linked with.
    roster: KeySet<UserKey>,
    rooms: KeySet<RoomKey>,
    /// How many messages were queued to the user so far.
    given: u64,
    /// How often the user changed what it shows.
    changes: u16,
    /// Whether it has had a session of version 5.
    watches: bool,
    /// What few users have, and not for long.
    extras: Option<Box<Extras>>,
    /// The user's position among the users of its domain.
    crowd_index: u32,
    generation: NonZeroU32,
}

kept!(User);
const _: () = assert!(size_of::<User>() <= crate::base::limits::parked::USER_BYTES_MAX);

impl User {
    pub(super) fn new(domain: DomainId, profile: Profile, crowd_index: u32) -> User {
        User {
            domain,
            profile,
            sessions: SessionList::default(),
            roster: KeySet::default(),
            rooms: KeySet::default(),
            given: 0,
            changes: 0,
            watches: false,
            extras: None,
            crowd_index,
            generation: UNBORN,
        }
    }

    pub(in crate::router) fn domain(&self) -> DomainId {
        self.domain
    }

    pub(in crate::router) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Whether pages of others may show the user: it is visible, or was when it named those whose owners have not answered.
    pub(super) fn may_be_seen(&self) -> bool {
        self.profile.visible() || (self.changes > 0 && self.reserved() > 0)
    }

    /// How often the user changed what it shows. Round again after 65,536 changes: no mail is that late.
    pub(super) fn changes(&self) -> u16 {
        self.changes
    }

    /// Changes what the user shows, and counts that.
    pub(super) fn change_profile(&mut self, profile: Profile) {
        self.changes = self.changes.wrapping_add(1);
        self.profile = profile;
    }

    pub(super) fn crowd_index(&self) -> u32 {
        self.crowd_index
    }

    pub(super) fn set_crowd_index(&mut self, index: u32) {
        self.crowd_index = index;
    }

    pub(in crate::router) fn sessions(&self) -> SessionList {
        self.sessions
    }

    /// For the table of sessions, which adds to the list and takes out of it.
    pub(super) fn sessions_mut(&mut self) -> &mut SessionList {
        &mut self.sessions
    }

    /// How many messages were queued to the user so far.
    pub(super) fn given(&self) -> u64 {
        self.given
    }

    /// Gives the next message its number.
    pub(super) fn number_next(&mut self) -> u64 {
        self.given += 1;
        self.given
    }

    /// The users it is linked with.
    pub(in crate::router) fn links(&self) -> impl Iterator<Item = UserKey> {
        self.roster.iter()
    }

    pub(super) fn is_linked(&self, other: UserKey, hasher: &RandomState) -> bool {
        self.roster.contains(other, hasher)
    }

    /// Places in the roster, which has `most`, that are neither taken nor kept.
    pub(super) fn free_links(&self, most: usize) -> usize {
        most.saturating_sub(self.roster.len() + self.reserved())
    }

    /// Keeps free places in the roster for names that may turn out to be online.
    pub(super) fn reserve_links(&mut self, places: usize) {
        if places > 0 {
            self.extras_mut().reserve(places);
        }
    }

    /// Gives back places that were kept for names, and makes room for this many links.
    pub(super) fn expect_links(&mut self, reserved: usize, links: usize) {
        if reserved > 0 {
            self.extras_mut().release(reserved);
            self.tidy();
        }
        self.roster.expect_growing(links);
    }

    /// Adds a link at this end, if one of `most` places is neither taken nor kept.
    pub(super) fn link(&mut self, other: UserKey, most: usize, hasher: &RandomState) -> AddOutcome {
        self.roster.add(other, most.saturating_sub(self.reserved()), hasher)
    }

    /// Removes a link at this end. Returns whether there was one.
    pub(super) fn unlink(&mut self, other: UserKey, hasher: &RandomState) -> bool {
        self.roster.remove(other, hasher)
    }

    /// The rooms it is in.
    pub(in crate::router) fn rooms(&self) -> impl Iterator<Item = RoomKey> {
        self.rooms.iter()
    }

    /// Whether it is in as many rooms as it may be.
    pub(super) fn has_rooms(&self, most: usize) -> bool {
        self.rooms.len() >= most
    }

    /// Makes room for this many rooms, of `most` in all.
    pub(super) fn expect_rooms(&mut self, rooms: usize, most: usize) {
        self.rooms.expect(rooms.min(most.saturating_sub(self.rooms.len())));
    }

    pub(super) fn add_room(&mut self, room: RoomKey, most: usize, hasher: &RandomState) -> AddOutcome {
        self.rooms.add(room, most, hasher)
    }

    pub(super) fn remove_room(&mut self, room: RoomKey, hasher: &RandomState) -> bool {
        self.rooms.remove(room, hasher)
    }

    /// The mailbox, while the user has no session.
    pub(in crate::router) fn linger(&self) -> Option<&Linger> {
        self.extras.as_ref()?.linger()
    }

    /// The signals that wait for a session that can read them; `None`: none are kept.
    pub(in crate::router) fn signal_box(&self) -> Option<&SignalBox> {
        self.extras.as_ref()?.signal_box()
    }

    /// Takes them out.
    pub(super) fn take_signal_box(&mut self) -> Option<SignalBox> {
        let signals = self.extras.as_mut()?.take_signal_box();
        self.tidy();
        signals
    }

    /// Forgets what was noted about a session that has ended.
    pub(super) fn forget_session(&mut self, session: Slot) {
        if let Some(extras) = &mut self.extras {
            extras.forget_passed_to(session);
            self.tidy();
        }
    }

    pub(super) fn extras(&self) -> Option<&Extras> {
        self.extras.as_deref()
    }

    /// What few users have, made if it is not there. Where something is taken out of it, [`User::tidy`] must follow.
    pub(super) fn extras_mut(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    /// Takes the mailbox out.
    pub(super) fn take_linger(&mut self) -> Option<Linger> {
        let linger = self.extras.as_mut()?.take_linger();
        self.tidy();
        linger
    }

    /// Places in the roster that are kept for names whose owners were asked.
    fn reserved(&self) -> usize {
        self.extras.as_ref().map_or(0, |extras| extras.reserved())
    }

    /// Gives the block of the extras back if nothing is in it.
    pub(super) fn tidy(&mut self) {
        self.extras.take_if(|extras| extras.is_empty());
    }

    /// Notes that the user has a page that is shown who of its rooms comes and goes. It counts as having one until it
    /// goes offline. Returns whether it had none.
    pub(super) fn begin_watching(&mut self) -> bool {
        !std::mem::replace(&mut self.watches, true)
    }

    /// What rooms keep a note of.
    pub(super) fn sight(&self) -> Sight {
        Sight { visible: self.profile.visible(), watches: self.watches, changes: self.changes }
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl User {
    /// How many runs of messages that were sent on a session are kept.
    pub(in crate::router) fn spoken_runs(&self, session: Slot) -> usize {
        self.extras().map_or(0, |extras| extras.spoken_on(session).len())
    }

    /// Asserts what must hold when no mail is on its way.
    pub(super) fn check_quiet(&self, limits: &Limits) {
        assert!(self.roster.len() <= limits.roster_links && self.rooms.len() <= limits.rooms_per_user);
        assert_eq!(self.reserved(), 0, "places are kept for no name");
    }

    /// Asserts what must hold between its fields.
    pub(super) fn check(&self) {
        let linger = self.linger().is_some();
        assert_eq!(linger, self.sessions.newest().is_none(), "it lingers exactly while it has no session");
        assert!(!linger || self.signal_box().is_some(), "a user who lingers keeps signals");
        let mailbox = self.linger().map_or(&[][..], |linger| linger.mailbox());
        assert!(mailbox.is_sorted_by_key(|mailed| mailed.kept.given), "a mailbox is in order");
        assert!(self.extras.as_ref().is_none_or(|extras| !extras.is_empty()), "a block is kept for nothing");
    }
}
