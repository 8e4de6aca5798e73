//! One user that is online in a domain.
//!
//! Owns: [`User`]. Must not: import the tables; what few users have lies in [`Extras`].

use std::num::NonZeroU32;

use super::extras::Extras;
use super::keys::KeySet;
use super::mailbox::Linger;
use super::signal_box::SignalBox;
use crate::base::domains::DomainId;
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
    pub(super) profile: Profile,
    pub(super) sessions: SessionList,
    /// The users it is linked with.
    pub(super) roster: KeySet<UserKey>,
    pub(super) rooms: KeySet<RoomKey>,
    /// How many messages were queued to the user so far.
    pub(super) given: u64,
    /// How often the user appeared or disappeared.
    sight_changes: u16,
    /// What few users have, and not for long.
    extras: Option<Box<Extras>>,
    /// The user's position among the users of its domain.
    pub(super) crowd_index: u32,
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
            sight_changes: 0,
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

    /// The mailbox, while the user has no session.
    pub(in crate::router) fn linger(&self) -> Option<&Linger> {
        self.extras.as_ref()?.linger.as_ref()
    }

    /// The signals that wait for a session that can read them; `None`: none are kept.
    pub(in crate::router) fn signal_box(&self) -> Option<&SignalBox> {
        self.extras.as_ref()?.signals.as_ref()
    }

    /// Takes them out.
    pub(super) fn take_signal_box(&mut self) -> Option<SignalBox> {
        let signals = self.extras.as_mut()?.signals.take();
        self.tidy();
        signals
    }

    /// Forgets what was noted about a session that has ended.
    pub(super) fn forget_session(&mut self, session: Slot) {
        if let Some(extras) = &mut self.extras {
            extras.passed.retain(|(other, _)| *other != session);
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
        let linger = self.extras.as_mut()?.linger.take();
        self.tidy();
        linger
    }

    /// Places in the roster that are kept for names whose owners were asked.
    pub(super) fn reserved(&self) -> usize {
        self.extras.as_ref().map_or(0, |extras| extras.reserved)
    }

    /// Gives the block of the extras back if nothing is in it.
    pub(super) fn tidy(&mut self) {
        self.extras.take_if(|extras| extras.is_empty());
    }

    /// Whether others see the user, for rooms, which keep a note of it.
    pub(super) fn sight(&self) -> Sight {
        Sight { visible: self.profile.visible(), changes: self.sight_changes }
    }

    /// Counts a change between visible and invisible.
    pub(super) fn change_sight(&mut self) {
        // Round again after 65,536 changes: no mail is that late.
        self.sight_changes = self.sight_changes.wrapping_add(1);
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl User {
    pub(in crate::router) fn roster_keys(&self) -> Vec<UserKey> {
        self.roster.iter().collect()
    }

    pub(in crate::router) fn room_keys(&self) -> Vec<RoomKey> {
        self.rooms.iter().collect()
    }

    pub(in crate::router) fn session_list(&self) -> SessionList {
        self.sessions
    }

    /// How many runs of messages that were sent on a session are kept.
    pub(in crate::router) fn spoken_runs(&self, session: Slot) -> usize {
        self.extras().map_or(0, |extras| extras.spoken_on(session).len())
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
