//! A user comes online and goes offline.
//!
//! Owns: the start of a session, the limit of sessions, and the decision that a user goes offline. Must not: hold
//! rooms or links of other places; their owners are sent mail.

use std::cmp::Reverse;
use std::sync::Arc;

use super::presence::Departure;
use super::roster::Naming;
use super::tables::People;
use super::user::User;
use crate::base::domains::{DomainId, Domains};
use crate::base::slots::Slot;
use crate::router::call::{Answer, Caller, Online, Poll, Refusal, Started, Subject};
use crate::router::gather::{Collection, StartedCollection};
use crate::router::ids::{GatherKey, Ticket};
use crate::router::mail::{Mail, Onward, RoomExit};
use crate::router::out::Out;
use crate::router::profile::{AVAILABLE, Profile};
use crate::router::sessions::expiry::Expiry;
use crate::router::sessions::session::{NewSession, SessionEnd};
use crate::router::sessions::table::Sessions;

impl People {
    /// `/presences/online`.
    pub(in crate::router) fn online(&mut self, out: &mut Out, caller: Caller, online: Online<'_>) {
        let Caller { key, domain, .. } = caller;
        if self.is_draining() {
            return out.refuse(key, Refusal::ShuttingDown);
        }
        if !self.admits(domain) {
            return out.refuse(key, Refusal::Overloaded);
        }
        let known = self.find(domain, &online.name);
        let user = match self.admit_session(out, known, domain, &online) {
            Ok(user) => user,
            Err(refusal) => return out.refuse(key, refusal),
        };
        // No other place is asked before the session is there: then whatever is sent to the user reaches it.
        let session = self.start_session(out, user, &online);
        if known.is_none()
            && let Some(place) = out.former(domain, &online.name)
        {
            let name = (*online.name).into();
            out.send(place, Mail::Onward(Onward::Evict { domain, name }));
        }
        let begins_watching = online.version.is_v5() && self.user_mut(user).begin_watching();
        let started = Started {
            ticket: self.ticket(session),
            server: None,
            sessions: u32::try_from(self.sessions_of(user).count()).expect("sessions of a user are few"),
            buddies: Vec::new(),
            rooms: Vec::new(),
            partial: false,
            truncated: online.truncated,
        };
        let gather = out.open(key, Collection::Started(StartedCollection::new(started)));
        if begins_watching {
            self.reveal_everywhere(out, user, false, gather);
        }
        if known.is_some() {
            self.change_looks(out, user, &online.looks, Some(session), gather);
        }
        self.link(out, Naming { gather, user, session }, online.buddies);
        self.enter(out, user, online.rooms, gather);
        out.close(gather);
    }

    /// Counts a new session of a user, who is added if not online, if the domain has a place for both.
    fn admit_session(
        &mut self,
        out: &Out,
        known: Option<Slot>,
        domain: DomainId,
        online: &Online<'_>,
    ) -> Result<Slot, Refusal> {
        Sessions::admit(out, domain)?;
        let user = known.map_or_else(|| self.add_user(domain, profile(online)), Ok);
        if user.is_err() {
            Sessions::release(out, domain);
        }
        user
    }

    /// Starts a session: it is given what lingered, and the one idle longest may have to go.
    fn start_session(&mut self, out: &mut Out, user: Slot, online: &Online<'_>) -> Slot {
        let owner = self.user(user);
        let (domain, given_from) = (owner.domain(), owner.given());
        let Online { version, secret, expires_s, .. } = *online;
        let spread = || self.directory().places().spread(secret);
        let expiry = expires_s.map(|seconds| Expiry::after(out.now(), seconds, spread())).unwrap_or_default();
        let new = NewSession { user, domain, version, secret, expiry, given_from };
        let session = self.add_session(out, new);
        if !self.end_linger(out, user, session) {
            self.give_waiting(out, user, session);
        }
        self.give_signals(out, user, session);
        if self.sessions_of(user).count() > self.limits().sessions_per_user {
            let others = self.sessions_of(user).filter(|other| *other != session);
            // They come newest first; of those that were idle from the same time on, the last one is the oldest.
            let idle_longest = others.max_by_key(|other| Reverse(self.session(*other).idle_order()));
            self.end_session(out, idle_longest.expect("there is more than one"), SessionEnd::Limit);
        }
        self.assert_reachable(user);
        session
    }

    /// `/presences/offline`.
    pub(in crate::router) fn offline(&mut self, out: &mut Out, caller: Caller, subject: &Subject<'_>) {
        let Caller { key, domain, .. } = caller;
        match (self.find_subject(domain, subject), subject) {
            (Some((_, Some(session))), _) => {
                self.end_session(out, session, SessionEnd::BySite);
                out.answer(key, Answer::Done);
            }
            (Some((user, None)), _) => {
                let gather = out.open(key, Collection::Done);
                self.go_offline(out, user, Some(gather), SessionEnd::BySite);
                out.close(gather);
            }
            (None, Subject::Ticket(_)) => out.refuse(key, Refusal::NoClient),
            // The user is not online: that is what was asked for.
            (None, Subject::Name(_)) => out.answer(key, Answer::Done),
        }
    }

    /// `/v5/presences/offline`, by ticket: sites of that time break if a log-out is refused.
    pub(in crate::router) fn end_by_ticket(&mut self, out: &mut Out, caller: Caller, ticket: &Ticket) {
        let Caller { key, domain, .. } = caller;
        if let Some((_, session)) = self.find_ticket(domain, ticket) {
            self.end_session(out, session, SessionEnd::BySite);
        }
        out.answer(key, Answer::Done);
    }

    /// Ends a user with all its sessions, gives back what none has acknowledged, and sends the departure to linked
    /// users and rooms.
    pub(super) fn go_offline(
        &mut self,
        out: &mut Out,
        user: Slot,
        gather: Option<GatherKey>,
        end: SessionEnd,
    ) {
        let messages = self.take_messages(out, user, end);
        let key = self.directory().user_key(user);
        let gone = self.remove_user(user);
        let (domain, profile) = (gone.domain(), gone.profile());
        self.keeping().give_back(out, domain, profile.name(), messages);
        self.part(out, Departure { gather, user: key, domain, profile }, &gone);
    }

    /// Sends the departure of a user who has gone to linked users and rooms.
    pub(super) fn part(&self, out: &mut Out, departure: Departure<'_>, gone: &User) {
        let Departure { gather, user, domain, profile } = departure;
        self.part_links(out, departure, gone.links());
        for (place, rooms) in out.by_place(domain, gone.rooms().map(Into::into)) {
            let farewell = profile.visible().then(|| profile.clone());
            let exit = RoomExit { gather, user, online: false, farewell, rooms };
            out.ask_some(gather, place, Mail::Exit(exit));
        }
    }

    /// Handles an alarm of a user: ends the linger that is over, or drops signals that waited long enough.
    pub(in crate::router) fn on_user_alarm(&mut self, out: &mut Out, user: Slot) {
        let Some(owner) = self.get(user) else { return };
        match owner.linger() {
            Some(linger) if linger.until() <= out.now() => {
                self.go_offline(out, user, None, SessionEnd::BySite);
            }
            Some(_) => {}
            None => self.expire_signals(out, user),
        }
    }

    /// Replaces the configured domains; users of removed domains go offline.
    pub(in crate::router) fn replace_domains(&mut self, out: &mut Out, domains: Arc<Domains>) {
        out.replace_domains(Arc::clone(&domains));
        for domain in self.replace_sites(domains) {
            while let Some(user) = self.of_domain(domain).last().copied() {
                self.go_offline(out, user, None, SessionEnd::BySite);
            }
        }
    }

    /// Gives back to the sites what users have not acknowledged, when the server has drained and answers no call any
    /// more.
    pub(in crate::router) fn end(&mut self, out: &mut Out) {
        for user in self.slots() {
            let messages = self.take_messages(out, user, SessionEnd::BySite);
            self.give_back_of(out, user, messages);
        }
    }
}

/// What sessions do by themselves.
impl People {
    /// `/packets`.
    pub(in crate::router) fn poll(&mut self, out: &mut Out, caller: Caller, poll: Poll) {
        let Caller { key, domain, .. } = caller;
        let Some((_, session)) = self.find_ticket(domain, &poll.ticket) else {
            if let Some(seq) = poll.seq {
                self.acknowledge_ended(out, domain, &poll.ticket, seq);
            }
            return out.refuse(key, Refusal::NoClient);
        };
        if self.take_poll(out, session, (key, poll)) {
            self.end_session(out, session, SessionEnd::Expired);
        }
    }

    /// Handles an alarm of a session: one that had no poll for too long ends.
    pub(in crate::router) fn on_session_alarm(&mut self, out: &mut Out, session: Slot) {
        if let Some(end) = self.take_session_alarm(out, session) {
            self.end_session(out, session, end);
        }
    }
}

fn profile(online: &Online<'_>) -> Profile {
    let looks = &online.looks;
    let nick = looks.nick.as_deref().unwrap_or(&online.name);
    let show = looks.show.as_deref().unwrap_or(AVAILABLE);
    Profile::new(&online.name, nick, show, looks.status.as_deref().unwrap_or(""))
}
