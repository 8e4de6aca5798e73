//! What the simulator looks at of the people.
//!
//! Owns: looks. Must not: change anything.

use super::*;
use crate::router::call::Version;
use crate::router::ids::RoomKey;

impl People {
    pub(in crate::router) fn users(&self) -> impl Iterator<Item = (Slot, &User)> {
        self.users.iter()
    }

    pub(in crate::router) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    pub(in crate::router) fn is_configured(&self, domain: DomainId) -> bool {
        self.keeping.sites().is_configured(domain)
    }

    pub(in crate::router) fn memory(&self) -> &Memory {
        self.keeping.memory()
    }

    /// Whether a session of the user that has ended had acknowledged this message, as far as that is still known.
    pub(in crate::router) fn ended_has_acknowledged(&self, user: Slot, given: u64) -> bool {
        let extras = self.get(user).and_then(|user| user.extras());
        extras.is_some_and(|extras| extras.acknowledged().contains(given))
    }

    /// Up to which number the account of ended sessions may lack messages, because it is full.
    pub(in crate::router) fn forgotten(&self, user: Slot) -> u64 {
        let extras = self.get(user).and_then(|user| user.extras());
        extras.map_or(0, |extras| extras.acknowledged().forgotten(self.limits().queue_messages))
    }

    /// Whether nothing is left of any user.
    pub(in crate::router) fn is_empty(&self) -> bool {
        self.users.is_empty() && self.sessions.len() == 0
    }

    /// Asserts what must hold between the tables.
    pub(in crate::router) fn check(&self, packets_waiting: u64) {
        self.users.check();
        self.sessions.check(packets_waiting);
        for (slot, user) in self.users.iter() {
            assert!(self.keeping.sites().is_configured(user.domain()), "the user's domain was removed");
            let mut sessions = self.sessions_of(slot);
            assert!(
                sessions.all(|session| self.sessions[session].user() == slot),
                "it lists its own sessions"
            );
            assert!(self.sessions_of(slot).count() <= self.limits().sessions_per_user);
            let reads = |session: Slot| self.sessions[session].version() == Version::V6;
            let waits = user.signal_box().is_some();
            assert!(
                !waits || !self.sessions_of(slot).any(reads),
                "signals wait beside a page that reads them"
            );
        }
        for (slot, session) in self.sessions.iter() {
            assert!(self.users.get(session.user()).is_some(), "a session has a user");
            assert!(self.sessions_of(session.user()).any(|listed| listed == slot), "its user lists it");
        }
    }

    /// Asserts what must hold when no mail is on its way.
    pub(in crate::router) fn check_quiet(&self) {
        assert!(self.unlinking.is_empty(), "a user is being unlinked for ever");
        for (_, user) in self.users.iter() {
            user.check_quiet(self.limits());
        }
    }

    /// Whether a user is linked with another one.
    pub(in crate::router) fn has_link(&self, user: Slot, other: UserKey) -> bool {
        self.users.get(user).is_some_and(|user| user.is_linked(other, self.directory.places().hasher()))
    }

    /// Whether a user holds that it is in a room.
    pub(in crate::router) fn has_room(&self, user: Slot, room: RoomKey) -> bool {
        self.users.get(user).is_some_and(|user| user.rooms().any(|other| other == room))
    }
}
