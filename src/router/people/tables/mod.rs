//! The users of this place and their sessions, together.
//!
//! Owns: [`People`]: the tables, what needs two of them at once, and how a call finds the user it is about. Must not:
//! send mail; the files that build on this one do, and none of them touches a table but by what is here.

use std::sync::Arc;

use ahash::RandomState;

use super::keeping::Keeping;
use super::met::Met;
use super::unlinking::Unlinking;
use super::user::User;
use super::users::Users;
use crate::base::clock::Tick;
use crate::base::domains::{DomainId, Domains};
use crate::base::limits::{Limits, Timeouts};
use crate::base::memory::Memory;
use crate::base::slots::Slot;
use crate::router::call::{Poll, Refusal, Subject, Text};
use crate::router::directory::Directory;
use crate::router::ids::{CallKey, Place, Ticket, UserKey};
use crate::router::mail::{Names, PollCut, PollFate, StreamAck};
use crate::router::out::Out;
use crate::router::packet::Packet;
use crate::router::profile::Profile;
use crate::router::sessions::aside::KeptSignal;
use crate::router::sessions::backlog::KeptMessage;
use crate::router::sessions::ended::EndedPage;
use crate::router::sessions::label::Label;
use crate::router::sessions::session::{NewSession, Session, SessionEnd};
use crate::router::sessions::space::PushOutcome;
use crate::router::sessions::storm::Load;
use crate::router::sessions::table::{Leavings, Sessions};

#[cfg(test)]
mod seen;

/// The users of this place and their sessions.
#[derive(Debug)]
pub(in crate::router) struct People {
    directory: Directory,
    keeping: Keeping,
    users: Users,
    sessions: Sessions,
    unlinking: Unlinking,
    met: Met,
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
            keeping: Keeping::new(Arc::clone(&limits), timeouts.linger_ms, memory.clone(), domains),
            users: Users::new(directory.clone()),
            sessions: Sessions::new(directory.clone(), limits, timeouts, memory),
            unlinking: Unlinking::new(directory.places()),
            met: Met::new(directory.places()),
            directory,
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

    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(super) fn keeping(&self) -> &Keeping {
        &self.keeping
    }

    pub(super) fn limits(&self) -> &Limits {
        self.keeping.limits()
    }

    /// Whether more may wait for a domain.
    pub(in crate::router) fn admits(&self, domain: DomainId) -> bool {
        self.keeping.admits(domain)
    }

    /// The links that are being undone.
    pub(super) fn unlinking(&mut self) -> &mut Unlinking {
        &mut self.unlinking
    }

    /// Notes that a user was linked with a name by this key, while names move.
    pub(super) fn note_met(&mut self, user: Slot, name: u64, key: UserKey) {
        self.met.note(user, name, key);
    }

    /// Whether a user whom this key belonged to has gone only here: this user has been linked with it by another key since,
    /// and still is.
    pub(super) fn has_met(&self, user: Slot, name: u64, key: UserKey) -> bool {
        let hasher = self.directory.places().hasher();
        let met = self.met.other(user, name, key);
        met.is_some_and(|met| self.users.get(user).is_some_and(|user| user.is_linked(met, hasher)))
    }

    /// Names do not move any more.
    pub(in crate::router) fn forget_met(&mut self) {
        self.met.forget();
    }

    // Users.

    pub(in crate::router) fn get(&self, user: Slot) -> Option<&User> {
        self.users.get(user)
    }

    /// A user that is known to be online.
    pub(super) fn user(&self, user: Slot) -> &User {
        &self.users[user]
    }

    pub(super) fn user_mut(&mut self, user: Slot) -> &mut User {
        &mut self.users[user]
    }

    /// A user that is known to be online, and what is kept for users.
    pub(super) fn user_with_keeping(&mut self, user: Slot) -> (&mut User, &Keeping) {
        (&mut self.users[user], &self.keeping)
    }

    /// A user, and the hasher of its links and rooms.
    pub(super) fn user_with_hasher(&mut self, user: Slot) -> Option<(&mut User, &RandomState)> {
        Some((self.users.get_mut(user)?, self.directory.places().hasher()))
    }

    /// All users.
    pub(super) fn slots(&self) -> Vec<Slot> {
        self.users.slots()
    }

    /// Adds a user, if its domain has a place for one more. No other may be online under that name.
    pub(super) fn add_user(&mut self, domain: DomainId, profile: Profile) -> Result<Slot, Refusal> {
        self.keeping.sites().admit(domain)?;
        Ok(self.users.insert(domain, profile))
    }

    /// Takes out a user, whose sessions have ended.
    pub(super) fn remove_user(&mut self, user: Slot) -> User {
        let gone = self.users.remove(user);
        debug_assert!(gone.sessions().newest().is_none(), "every session has a user");
        self.keeping.sites().release(gone.domain());
        gone
    }

    /// Replaces the configured domains. Returns the removed ones that may have users.
    pub(super) fn replace_sites(&mut self, domains: Arc<Domains>) -> Vec<DomainId> {
        self.keeping.replace_sites(domains);
        let sites = self.keeping.sites();
        self.users.domains().filter(|domain| !sites.is_configured(*domain)).collect()
    }

    /// The user of that name, if online.
    pub(in crate::router) fn find(&self, domain: DomainId, name: &str) -> Option<Slot> {
        self.users.find(domain, name)
    }

    /// The users of a domain, in no order that means anything.
    pub(in crate::router) fn of_domain(&self, domain: DomainId) -> &[Slot] {
        self.users.of_domain(domain)
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

    // Sessions.

    pub(super) fn get_session(&self, session: Slot) -> Option<&Session> {
        self.sessions.get(session)
    }

    /// A session that is known to be there.
    pub(super) fn session(&self, session: Slot) -> &Session {
        &self.sessions[session]
    }

    /// The user's session before this one.
    pub(super) fn older(&self, session: Slot) -> Option<Slot> {
        self.sessions.older(session)
    }

    /// Whether a user has this session and no other.
    pub(in crate::router) fn is_only_session(&self, user: Slot, session: Slot) -> bool {
        self.user(user).sessions().newest() == Some(session) && self.older(session).is_none()
    }

    pub(super) fn ticket(&self, session: Slot) -> Ticket {
        self.sessions.ticket(session)
    }

    pub(super) fn is_draining(&self) -> bool {
        self.sessions.is_draining()
    }

    /// Adds a session to its user.
    pub(super) fn add_session(&mut self, out: &mut Out, new: NewSession) -> Slot {
        self.sessions.start(out, self.users[new.user].sessions_mut(), new)
    }

    /// Takes a session out; its polls are answered. What it had not acknowledged is the caller's.
    pub(super) fn remove_session(&mut self, out: &mut Out, session: Slot, end: SessionEnd) -> Leavings {
        let owner = &mut self.users[self.sessions[session].user()];
        let left = self.sessions.end(out, owner.sessions_mut(), session, end);
        owner.forget_session(session);
        left
    }

    /// See [`Sessions::start_with`].
    pub(super) fn start_with(&mut self, out: &mut Out, session: Slot, messages: Vec<KeptMessage>) {
        self.sessions.start_with(out, session, messages);
    }

    /// See [`Sessions::pass`].
    pub(super) fn pass(&mut self, out: &mut Out, session: Slot, signal: &KeptSignal) -> PushOutcome {
        self.sessions.pass(out, session, signal)
    }

    /// See [`Sessions::take_over`].
    pub(super) fn take_over(&mut self, out: &mut Out, session: Slot, kept: &KeptMessage) -> PushOutcome {
        self.sessions.take_over(out, session, kept)
    }

    /// See [`Sessions::push`].
    pub(super) fn push(&mut self, out: &mut Out, session: Slot, packet: Packet, label: Label) -> PushOutcome {
        self.sessions.push(&self.users, out, session, packet, label)
    }

    /// See [`Sessions::answer_parked`].
    pub(super) fn answer_parked(&mut self, out: &mut Out, session: Slot) {
        self.sessions.answer_parked(&self.users, out, session);
    }

    /// See [`Sessions::poll`].
    #[must_use]
    pub(super) fn take_poll(&mut self, out: &mut Out, session: Slot, call: (CallKey, Poll)) -> bool {
        self.sessions.poll(&mut self.users, out, session, call)
    }

    /// See [`Sessions::on_alarm`].
    #[must_use]
    pub(super) fn take_session_alarm(&mut self, out: &mut Out, session: Slot) -> Option<SessionEnd> {
        self.sessions.on_alarm(&mut self.users, out, session)
    }

    /// See [`PollCut`].
    pub(in crate::router) fn on_cut(&mut self, out: &mut Out, cut: PollCut) {
        self.sessions.on_cut(&mut self.users, out, cut);
    }

    /// See [`PollFate`].
    pub(in crate::router) fn on_fate(&mut self, out: &mut Out, fate: PollFate) {
        self.sessions.on_fate(&mut self.users, out, fate);
    }

    /// See [`StreamAck`].
    pub(in crate::router) fn on_ack(&mut self, out: &mut Out, ack: StreamAck) {
        self.sessions.on_ack(&mut self.users, out, ack);
    }

    /// See [`Sessions::take_ack`].
    pub(super) fn take_ack(&mut self, out: &mut Out, session: Slot, call: (CallKey, u64)) {
        self.sessions.take_ack(&mut self.users, out, session, call);
    }

    /// See [`Sessions::keep_ended`].
    pub(super) fn keep_ended(&mut self, out: &mut Out, session: Slot, page: EndedPage) {
        self.sessions.keep_ended(out, session, page);
    }

    /// See [`Sessions::take_ended`].
    pub(super) fn take_ended(
        &mut self,
        domain: DomainId,
        ticket: &Ticket,
        seq: u64,
    ) -> Option<(Slot, Vec<u64>)> {
        self.sessions.take_ended(domain, ticket, seq)
    }

    /// See [`Sessions::withdraw`].
    pub(super) fn withdraw(&mut self, out: &mut Out, session: Slot, given: &[u64]) {
        self.sessions.withdraw(out, session, given);
    }

    /// Begins the drain: stops polls that wait.
    pub(in crate::router) fn drain(&mut self, out: &mut Out) {
        self.sessions.drain(&self.users, out);
    }

    /// Takes the next step of the drain.
    pub(in crate::router) fn drain_on(&mut self, out: &mut Out) {
        self.sessions.drain_on(&self.users, out);
    }

    // What calls and mail name.

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
        out: &mut Out,
        domain: DomainId,
        names: Vec<Text<'_>>,
    ) -> Vec<(Place, Names)> {
        out.by_owner(domain, (0..).zip(names).map(|(position, name)| (position, name.into_owned().into())))
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
            sessions <= users.saturating_mul(self.limits().sessions_per_user),
            "sessions are limited"
        );
        debug_assert!(packets_waiting == 0 || sessions > 0, "packets wait in sessions");
    }
}
