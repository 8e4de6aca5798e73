//! The users of this place and their sessions, together.
//!
//! Owns: [`People`], and how a call finds the user it is about. Must not: send mail; the files that build on this one
//! do.

use std::sync::Arc;

use super::sites::Sites;
use super::unlinking::Unlinking;
use super::user::User;
use super::users::Users;
use crate::base::clock::Tick;
use crate::base::domains::{DomainId, Domains};
use crate::base::limits::{Limits, Timeouts};
use crate::base::memory::Memory;
use crate::base::slots::Slot;
#[cfg(test)]
use crate::router::call::Version;
use crate::router::call::{Refusal, Subject, Text};
use crate::router::directory::Directory;
#[cfg(test)]
use crate::router::ids::RoomKey;
use crate::router::ids::{Place, Ticket, UserKey};
use crate::router::mail::Names;
use crate::router::out::Out;
use crate::router::sessions::storm::Load;
use crate::router::sessions::table::Sessions;

/// The users of this place and their sessions.
#[derive(Debug)]
pub(in crate::router) struct People {
    pub(super) directory: Directory,
    pub(super) limits: Arc<Limits>,
    pub(super) linger_ms: u64,
    /// What all of this shard holds: queues and mailboxes are a part of it.
    pub(super) memory: Memory,
    pub(super) sites: Sites,
    pub(super) users: Users,
    pub(super) sessions: Sessions,
    pub(super) unlinking: Unlinking,
}

impl People {
    pub(in crate::router) fn new(
        directory: Directory,
        limits: Arc<Limits>,
        timeouts: Arc<Timeouts>,
        memory: Memory,
        domains: Arc<Domains>,
    ) -> People {
        People {
            linger_ms: timeouts.linger_ms,
            sites: Sites::new(domains, limits.undelivered_bytes),
            users: Users::new(directory.clone()),
            sessions: Sessions::new(directory.clone(), Arc::clone(&limits), timeouts, memory.clone()),
            unlinking: Unlinking::new(directory.places()),
            directory,
            limits,
            memory,
        }
    }

    pub(in crate::router) fn begin_turn(&mut self, now: Tick, load: Load) {
        self.sessions.begin_turn(now, load);
    }

    /// How many users there are.
    pub(in crate::router) fn users_len(&self) -> usize {
        self.users.len()
    }

    /// How many sessions there are.
    pub(in crate::router) fn sessions_len(&self) -> usize {
        self.sessions.len()
    }

    pub(in crate::router) fn get(&self, user: Slot) -> Option<&User> {
        self.users.get(user)
    }

    /// The user of that name, if online.
    pub(in crate::router) fn find(&self, domain: DomainId, name: &str) -> Option<Slot> {
        self.users.find(domain, name)
    }

    /// The users of a domain, in no order that means anything.
    pub(in crate::router) fn of_domain(&self, domain: DomainId) -> &[Slot] {
        self.users.of_domain(domain)
    }

    /// The user of a ticket that is good in this domain, and its session.
    pub(in crate::router) fn find_ticket(&self, domain: DomainId, ticket: &Ticket) -> Option<(Slot, Slot)> {
        let session = self.sessions.find(domain, ticket)?;
        Some((self.sessions[session].user(), session))
    }

    /// The user a call is about, and the session it came from if it named one.
    pub(super) fn find_subject(
        &self,
        domain: DomainId,
        subject: &Subject<'_>,
    ) -> Option<(Slot, Option<Slot>)> {
        match subject {
            Subject::Ticket(ticket) => {
                self.find_ticket(domain, ticket).map(|(user, session)| (user, Some(session)))
            }
            Subject::Name(name) => Some((self.users.find(domain, name)?, None)),
        }
    }

    /// The sessions of a user, newest first.
    pub(in crate::router) fn sessions_of(&self, user: Slot) -> impl Iterator<Item = Slot> {
        self.sessions.of(self.users[user].sessions())
    }

    /// The asking user, if a ticket was given; an error if it is good for nothing.
    pub(super) fn find_viewer(
        &self,
        domain: DomainId,
        ticket: Option<&Ticket>,
    ) -> Result<Option<UserKey>, Refusal> {
        let Some(ticket) = ticket else { return Ok(None) };
        let (user, _) = self.find_ticket(domain, ticket).ok_or(Refusal::NoClient)?;
        Ok(Some(self.directory.user_key(user)))
    }

    /// Names by the place that owns them, with their positions in the list.
    pub(super) fn names_by_place(
        &self,
        out: &mut Out,
        domain: DomainId,
        names: Vec<Text<'_>>,
    ) -> Vec<(Place, Names)> {
        let places = self.directory.places();
        let owned = (0..).zip(names).map(|(position, name)| {
            (places.of(domain, &name), (position, name.into_owned().into_boxed_str()))
        });
        out.by_place(domain, owned)
    }

    /// Charges for users that were named by mail; their domain is the same for all.
    pub(in crate::router) fn charge(&self, out: &mut Out, from: Place, users: &[Slot]) {
        if let Some(user) = users.iter().find_map(|user| self.users.get(*user)) {
            out.charge_mail(user.domain(), from, users.len());
        }
    }

    /// Asserts, in debug builds, what can be compared at once.
    pub(in crate::router) fn assert_sound(&self, packets_waiting: u64) {
        self.users.assert_sound();
        let (users, sessions) = (self.users.len(), self.sessions.len());
        debug_assert!(sessions == 0 || users > 0, "every session has a user");
        debug_assert!(
            sessions <= users.saturating_mul(self.limits.sessions_per_user),
            "sessions are limited"
        );
        debug_assert!(packets_waiting == 0 || sessions > 0, "packets wait in sessions");
    }

    /// Asserts, in debug builds, that a user has a session or lingers, and not both.
    pub(super) fn assert_reachable(&self, user: Slot) {
        let owner = &self.users[user];
        debug_assert_eq!(
            owner.linger().is_some(),
            owner.sessions().newest().is_none(),
            "it lingers without sessions"
        );
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl People {
    pub(in crate::router) fn users(&self) -> impl Iterator<Item = (Slot, &User)> {
        self.users.iter()
    }

    pub(in crate::router) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    pub(in crate::router) fn is_configured(&self, domain: DomainId) -> bool {
        self.sites.is_configured(domain)
    }

    pub(in crate::router) fn memory(&self) -> &Memory {
        &self.memory
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
            assert!(self.sites.is_configured(user.domain()), "the user's domain was removed");
            let mut sessions = self.sessions_of(slot);
            assert!(
                sessions.all(|session| self.sessions[session].user() == slot),
                "it lists its own sessions"
            );
            assert!(self.sessions_of(slot).count() <= self.limits.sessions_per_user);
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
            user.check_quiet(&self.limits);
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
