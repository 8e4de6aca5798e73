//! Users: coming, going, and what they show.
//!
//! Owns: the table of users and their lists of sessions. Must not: reach into rosters and rooms of other shards; it
//! tells them. A user is online from his first session until his last one has been gone for as long as a user
//! lingers, so that a change of page is seen by nobody.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

use crate::base::domains::DomainId;
use crate::base::slots::{Slot, UNBORN, kept};
use crate::router::Router;
use crate::router::call::{
    Answer, Looks, Online, OnlinesQuery, Refusal, Show, Started, Subject, Text, Version,
};
use crate::router::gather::Collect;
use crate::router::ids::{CallKey, GatherKey, Place, RoomKey, Ticket, UserKey};
use crate::router::mail::{
    Mail, Names, NamesRequest, Part, ProfilesRequest, Reach, RoomExit, RoomReveal, Sight,
};
use crate::router::packet::{Packet, PresenceType};
use crate::router::people::aside::Aside;
use crate::router::people::keys::KeySet;
use crate::router::people::linger::Linger;
use crate::router::profile::{AVAILABLE, Profile};
use crate::router::sessions::session::End;

/// Somebody who is online in a domain.
#[derive(Debug)]
pub(in crate::router) struct User {
    pub(in crate::router) domain: DomainId,
    pub(in crate::router) profile: Profile,
    /// His newest session, the head of their list.
    pub(in crate::router) newest: Option<Slot>,
    pub(in crate::router) sessions: u16,
    /// Those he is linked with.
    pub(in crate::router) roster: KeySet<UserKey>,
    /// His rooms.
    pub(in crate::router) rooms: KeySet<RoomKey>,
    /// How many messages were queued to him so far.
    pub(in crate::router) given: u64,
    /// How often he appeared or disappeared.
    sight_changes: u16,
    /// What few users have, and not for long.
    pub(in crate::router) aside: Option<Box<Aside>>,
    /// Where he stands among the users of his domain.
    crowd_index: u32,
    generation: NonZeroU32,
}

kept!(User);
const _: () = assert!(size_of::<User>() <= crate::base::limits::parked::USER_BYTES_MAX);

/// What the simulator looks at.
#[cfg(test)]
impl User {
    /// Where he believes to stand among the users of his domain.
    pub(in crate::router) fn crowd_index(&self) -> usize {
        self.crowd_index as usize
    }
}

impl User {
    /// The mailbox, while the user has no session.
    pub(in crate::router) fn linger(&self) -> Option<&Linger> {
        self.aside.as_ref()?.linger.as_ref()
    }

    /// What few users have, made if it is not there. Where something is taken out of it, [`User::tidy_aside`] must follow.
    pub(in crate::router) fn aside_mut(&mut self) -> &mut Aside {
        self.aside.get_or_insert_default()
    }

    /// Places in the roster that are kept for names whose owners were asked.
    pub(in crate::router) fn reserved(&self) -> usize {
        self.aside.as_ref().map_or(0, |aside| aside.reserved)
    }

    /// Gives the block back if nothing is in it.
    pub(in crate::router) fn tidy_aside(&mut self) {
        self.aside.take_if(|aside| aside.is_empty());
    }

    /// Whether others see him, for those who keep a note of it.
    pub(in crate::router) fn sight(&self) -> Sight {
        Sight { visible: self.profile.visible(), changes: self.sight_changes }
    }
}

impl Router {
    pub(in crate::router) fn user_key(&self, slot: Slot) -> UserKey {
        UserKey { place: self.place, slot }
    }

    /// The user of that name, if he is online.
    pub(in crate::router) fn find_user(&self, domain: DomainId, name: &str) -> Option<Slot> {
        let same = |slot: &Slot| {
            let user = &self.users[*slot];
            user.domain == domain && user.profile.name() == name
        };
        self.user_names.find(self.places.hash(domain, name), same).copied()
    }

    /// The user a call is about, and the session it came from if it named one.
    pub(in crate::router) fn find_subject(
        &self,
        domain: DomainId,
        subject: &Subject<'_>,
    ) -> Option<(Slot, Option<Slot>)> {
        match subject {
            Subject::Ticket(ticket) => {
                let session = self.find_session(domain, ticket)?;
                Some((self.sessions[session].user, Some(session)))
            }
            Subject::Name(name) => Some((self.find_user(domain, name)?, None)),
        }
    }

    /// `/presences/online`.
    pub(in crate::router) fn online(&mut self, key: CallKey, domain: DomainId, online: Online<'_>) {
        if self.drain.is_some() {
            return self.refuse(key, Refusal::ShuttingDown);
        }
        if !self.memory.admits(domain) {
            return self.refuse(key, Refusal::Overloaded);
        }
        let known = self.find_user(domain, &online.name);
        let user = match known {
            Some(user) => user,
            None => match self.admit(domain, &online) {
                Ok(user) => user,
                Err(refusal) => return self.refuse(key, refusal),
            },
        };
        // Nobody is asked before the session is there: whoever hears of the user can reach him.
        let session = self.start_session(user, online.version, online.secret);
        self.list_session(user, session);
        let started = Started {
            ticket: self.ticket(session),
            sessions: u32::from(self.users[user].sessions),
            buddies: Vec::new(),
            rooms: Vec::new(),
            partial: false,
            truncated: online.truncated,
        };
        let collect = Collect::Started {
            started: Box::new(started),
            buddies: Vec::new(),
            unplaced: BTreeMap::new(),
            rooms: Vec::new(),
        };
        let gather = self.open(key, collect);
        if known.is_some() {
            self.change_looks(user, &online.looks, Some(session), gather);
        }
        self.link(user, session, online.buddies, gather);
        self.enter(user, online.rooms, gather);
        self.close(gather);
    }

    /// Creates a user, if his domain has a place for him.
    fn admit(&mut self, domain: DomainId, online: &Online<'_>) -> Result<Slot, Refusal> {
        // Another shard knows the domain already, or still: this one is late.
        let Some(config) = self.domains.get(domain) else { return Err(Refusal::Late) };
        if !config.users.admit(config.max_users) {
            return Err(Refusal::TooManyUsers);
        }
        let looks = &online.looks;
        let nick = looks.nick.as_deref().unwrap_or(&online.name);
        let show = looks.show.as_deref().unwrap_or(AVAILABLE);
        let profile = Profile::new(&online.name, nick, show, looks.status.as_deref().unwrap_or(""));
        let domain_index = domain.0 as usize;
        if self.crowds.len() <= domain_index {
            self.crowds.resize_with(domain_index + 1, Vec::new);
        }
        let crowd = &mut self.crowds[domain_index];
        let user = self.users.insert(User {
            domain,
            profile,
            newest: None,
            sessions: 0,
            roster: KeySet::default(),
            rooms: KeySet::default(),
            given: 0,
            sight_changes: 0,
            aside: None,
            crowd_index: u32::try_from(crowd.len()).expect("slots have 32 bits"),
            generation: UNBORN,
        });
        crowd.push(user);
        let (users, places) = (&self.users, &self.places);
        let hash = |slot: &Slot| places.hash(users[*slot].domain, users[*slot].profile.name());
        self.user_names.insert_unique(places.hash(domain, &online.name), user, hash);
        Ok(user)
    }

    /// Puts a new session into its user's list: it gets what lingered, and the one idle longest may have to go.
    fn list_session(&mut self, user: Slot, session: Slot) {
        let owner = &mut self.users[user];
        owner.newest = Some(session);
        owner.sessions += 1;
        if !self.end_linger(user, session) {
            self.give_waiting(user, session);
        }
        if usize::from(self.users[user].sessions) > self.limits.sessions_per_user {
            let others = self.sessions_of(user).filter(|other| *other != session);
            // They come newest first; of those heard of at the same time, the last one is the oldest.
            let idle_longest = others.max_by_key(|other| Reverse(self.sessions[*other].idle_order()));
            self.end_session(idle_longest.expect("there is more than one"), End::Limit);
        }
    }

    /// The user's sessions, newest first.
    pub(in crate::router) fn sessions_of(&self, user: Slot) -> impl Iterator<Item = Slot> {
        let newest = self.users[user].newest;
        std::iter::successors(newest, |session| self.sessions[*session].older)
    }

    /// Takes a session out of its user's list.
    pub(in crate::router) fn unlist_session(&mut self, user: Slot, session: Slot) {
        let older = self.sessions[session].older;
        if self.users[user].newest == Some(session) {
            self.users[user].newest = older;
        } else {
            let newer = self.sessions_of(user).find(|newer| self.sessions[*newer].older == Some(session));
            self.sessions[newer.expect("every session is in the list")].older = older;
        }
        self.users[user].sessions -= 1;
    }

    /// `/presences/offline`.
    pub(in crate::router) fn offline(&mut self, key: CallKey, domain: DomainId, subject: &Subject<'_>) {
        match (self.find_subject(domain, subject), subject) {
            (Some((_, Some(session))), _) => {
                self.end_session(session, End::Offline);
                self.answer(key, Answer::Done);
            }
            (Some((user, None)), _) => {
                let gather = self.open(key, Collect::Done);
                self.go_offline(user, Some(gather));
                self.close(gather);
            }
            (None, Subject::Ticket(_)) => self.refuse(key, Refusal::NoClient),
            // He is not online: that is what was asked for.
            (None, Subject::Name(_)) => self.answer(key, Answer::Done),
        }
    }

    /// A user goes offline, with all the sessions he may have left.
    pub(in crate::router) fn go_offline(&mut self, user: Slot, gather: Option<GatherKey>) {
        let messages = self.take_messages(user);
        let key = self.user_key(user);
        let User { domain, profile, roster, rooms, crowd_index, .. } =
            self.users.remove(user).expect("he goes offline once");
        self.give_back(domain, profile.name(), messages);
        self.forget_name(domain, profile.name(), user);
        self.leave_crowd(domain, crowd_index);
        let packet = profile.visible().then(|| Packet::offline(&profile));
        self.part_links(key, domain, profile.name(), roster.iter(), packet.as_ref(), gather);
        let rooms = rooms.iter().map(Into::into);
        for (place, rooms) in self.work.by_place(domain, &self.places, rooms) {
            self.ask_some(gather, place, Mail::Exit(RoomExit { gather, user: key, online: false, rooms }));
        }
    }

    fn forget_name(&mut self, domain: DomainId, name: &str, user: Slot) {
        // Found without growing the table, which would have to hash the name of the user who is gone already.
        let found = self.user_names.find_entry(self.places.hash(domain, name), |slot| *slot == user);
        found.expect("every user is in the table of names").remove();
    }

    fn leave_crowd(&mut self, domain: DomainId, index: u32) {
        let crowd = &mut self.crowds[domain.0 as usize];
        crowd.swap_remove(index as usize);
        if let Some(moved) = crowd.get(index as usize) {
            self.users[*moved].crowd_index = index;
        } else if crowd.is_empty() {
            *crowd = Vec::new();
        }
        // A removed domain's gauge went with it.
        if let Some(config) = self.domains.get(domain) {
            config.users.release();
        }
    }

    /// `/presences/show`.
    pub(in crate::router) fn show(&mut self, key: CallKey, domain: DomainId, show: &Show<'_>) {
        let Some((user, session)) = self.find_subject(domain, &show.subject) else {
            return self.refuse(key, Refusal::NoClient);
        };
        let gather = self.open(key, Collect::Done);
        self.change_looks(user, &show.looks, session, gather);
        self.close(gather);
    }

    /// Changes what a user shows and tells whom it concerns: those linked with him, his rooms if he appears or
    /// disappears, and his other sessions that want to know (all but `by`).
    fn change_looks(&mut self, user: Slot, looks: &Looks<'_>, by: Option<Slot>, gather: GatherKey) {
        let before = self.users[user].profile.clone();
        let after = Profile::new(
            before.name(),
            looks.nick.as_deref().unwrap_or(before.nick()),
            looks.show.as_deref().unwrap_or(before.show()),
            looks.status.as_deref().unwrap_or(before.status()),
        );
        if before.shows_like(&after) && before.nick() == after.nick() {
            return;
        }
        self.users[user].profile = after.clone();
        if before.shows_like(&after) {
            return;
        }
        let key = self.user_key(user);
        self.tell_own_sessions(user, &after, by);
        if let Some(packet) = transition(&before, &after) {
            let links: Vec<UserKey> = self.users[user].roster.iter().collect();
            self.tell_links(key, links, &packet, Reach::Linked, Some(gather));
        }
        if before.visible() != after.visible() {
            // Round again after 65,536 changes: no mail is that late.
            self.users[user].sight_changes = self.users[user].sight_changes.wrapping_add(1);
            let owner = &self.users[user];
            let rooms = owner.rooms.iter().map(Into::into);
            for (place, rooms) in self.work.by_place(owner.domain, &self.places, rooms) {
                let gather = Some(gather);
                let reveal = RoomReveal { gather, user: key, visible: after.visible(), rooms };
                self.ask_some(gather, place, Mail::Reveal(reveal));
            }
        }
    }

    /// Version 6 pages of a user follow what he shows, whichever page he changed it on.
    fn tell_own_sessions(&mut self, user: Slot, profile: &Profile, by: Option<Slot>) {
        let wants = |session: &Slot| Some(*session) != by && self.sessions[*session].version == Version::V6;
        let sessions: Vec<Slot> = self.sessions_of(user).filter(wants).collect();
        let packet = Packet::presence(PresenceType::Show, profile);
        let name = self.places.hash(self.users[user].domain, profile.name());
        for session in sessions {
            self.deliver_to(session, packet.clone(), name);
        }
    }

    /// `/onlines`.
    pub(in crate::router) fn onlines(&mut self, key: CallKey, domain: DomainId, query: OnlinesQuery<'_>) {
        let Ok(viewer) = self.find_viewer(domain, query.ticket.as_ref()) else {
            return self.refuse(key, Refusal::NoClient);
        };
        let gather = self.open(key, Collect::Onlines(Vec::new()));
        for (place, names) in self.names_by_place(domain, query.names) {
            self.ask(gather, place, Mail::Ask(NamesRequest { gather, domain, viewer, names }));
        }
        self.close(gather);
    }

    /// Who asks, if a ticket was given; an error if it is good for nothing.
    pub(in crate::router) fn find_viewer(
        &self,
        domain: DomainId,
        ticket: Option<&Ticket>,
    ) -> Result<Option<UserKey>, Refusal> {
        let Some(ticket) = ticket else { return Ok(None) };
        let session = self.find_session(domain, ticket).ok_or(Refusal::NoClient)?;
        Ok(Some(self.user_key(self.sessions[session].user)))
    }

    /// Names by the place that owns them, with their positions in the list.
    pub(in crate::router) fn names_by_place(
        &mut self,
        domain: DomainId,
        names: Vec<Text<'_>>,
    ) -> Vec<(Place, Names)> {
        let owned = (0..).zip(names).map(|(position, name)| {
            (self.places.of(domain, &name), (position, name.into_owned().into_boxed_str()))
        });
        self.work.by_place(domain, &self.places, owned)
    }

    /// Which of these names are online?
    pub(in crate::router) fn on_ask(&mut self, request: &NamesRequest) {
        let NamesRequest { gather, domain, viewer, ref names } = *request;
        self.charge_mail(domain, gather.place, names.len());
        let mut online = Vec::new();
        for (position, name) in names {
            if let Some(user) = self.find_user(domain, name) {
                let profile = &self.users[user].profile;
                if profile.visible() || viewer == Some(self.user_key(user)) {
                    online.push((*position, profile.clone()));
                }
            }
        }
        self.report(gather, Part::Profiles(online));
    }

    /// What do these users show?
    pub(in crate::router) fn on_describe(&mut self, request: &ProfilesRequest) {
        let ProfilesRequest { gather, ref users } = *request;
        self.charge_receivers(gather.place, users);
        let shown = users.iter().filter_map(|user| self.users.get(*user));
        let profiles = shown.map(|user| (0, user.profile.clone())).collect();
        self.report(gather, Part::Profiles(profiles));
    }
}

/// What others are told when a user who showed `before` shows `after`.
pub(in crate::router) fn transition(before: &Profile, after: &Profile) -> Option<Packet> {
    match (before.visible(), after.visible()) {
        (true, true) => Some(Packet::presence(PresenceType::Show, after)),
        (true, false) => Some(Packet::offline(after)),
        (false, true) => Some(Packet::presence(PresenceType::Online, after)),
        (false, false) => None,
    }
}
