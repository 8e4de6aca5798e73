//! Calm moments: everything arrives, every page catches up, and single calls are compared with the whole truth.
//!
//! Owns: what can only be checked when one thing happens at a time: that a message reaches all it must, that
//! answers say exactly what is so, and that a coming is announced.

use std::collections::BTreeSet;

use super::actors::texts;
use super::browser::{Life, Page, Tab};
use super::plan::PLENTY_BYTES;
use super::world::{Ask, World};
use crate::base::clock::Moment;
use crate::base::limits::Limits;
use crate::base::limits::chat::REPEAT_MS_MIN;
use crate::router::call::{
    Answer, Looks, MemberList, MembersQuery, OnlinesQuery, Show, Started, Subject, Verb, Version,
};
use crate::router::ids::{CallKey, Place, SessionKey, UserKey};
use crate::router::packet::MessageType;
use crate::router::profile::Profile;

/// Polls of one page within a second, until it must have caught up.
const POLLS_MAX: usize = 8;

impl World {
    /// All mail arrives, all answers are flushed, and every page polls until it waits.
    pub(super) fn settle(&mut self) {
        self.note(|| "all settles".to_owned());
        let lost = std::mem::take(&mut self.plan.lost);
        let mut polled = vec![0; self.pages.len()];
        loop {
            self.drain_mail();
            while let Some(written) = self.written.first() {
                self.flush(written.key);
            }
            while !self.arrivals.is_empty() {
                self.arrive();
            }
            let mut quiet = !self.mail_waits();
            polled.resize(self.pages.len(), 0);
            for page in self.open_pages() {
                for tab in 0..self.pages[page].tabs.len() {
                    let life = self.pages[page].life;
                    let Tab { seq, acked, ref polls, .. } = self.pages[page].tabs[tab];
                    let idle = polls.is_empty();
                    if self.pages[page].streams() && acked < seq {
                        quiet = false;
                        self.acknowledge(page, tab);
                    }
                    if idle && life == Life::Open && polled[page] < POLLS_MAX {
                        polled[page] += 1;
                        quiet = false;
                        self.poll(page, tab, false);
                    }
                }
            }
            if quiet && self.written.is_empty() && self.arrivals.is_empty() {
                if !self.is_paced() && !self.a_stream_of_nobody_is_in_the_way() {
                    break;
                }
                self.advance(REPEAT_MS_MIN + Moment::GRAIN_MS);
                // Polls of two tabs may have been refused as too many in a second.
                polled.fill(0);
            }
        }
        self.plan.lost = lost;
        self.check_quiet();
    }

    /// Whether a poll waits until what was answered before may be answered again.
    fn is_paced(&self) -> bool {
        let mut sessions = self.routers.iter().flat_map(|router| router.people.sessions().iter());
        sessions.any(|(_, session)| session.is_paced())
    }

    /// Whether a poll waits for its turn behind a stream whose browser has gone unseen.
    fn a_stream_of_nobody_is_in_the_way(&self) -> bool {
        let awaited = |key: CallKey| {
            let mut tabs = self.pages.iter().flat_map(|page| &page.tabs);
            tabs.any(|tab| tab.polls.contains(&key))
        };
        let mut sessions = self.routers.iter().flat_map(|router| router.people.sessions().iter());
        sessions.any(|(_, session)| {
            session.waiting().is_some() && session.parked().is_some_and(|key| !awaited(key))
        })
    }

    /// A calm moment.
    pub(super) fn calm(&mut self) {
        self.settle();
        self.check_settled();
        for kind in [MessageType::Unicast, MessageType::Multicast, MessageType::Broadcast] {
            self.probe_message(kind);
        }
        self.probe_signal();
        self.probe_lists();
        self.probe_groups();
        self.probe_online();
    }

    fn router_of(&self, place: Place) -> &crate::router::Router {
        &self.routers[place.index()]
    }

    fn sessions_of(&self, user: UserKey) -> impl Iterator<Item = SessionKey> {
        let place = user.place;
        self.router_of(place).people.sessions_of(user.slot).map(move |slot| SessionKey { place, slot })
    }

    /// The members of a room, and whether others see them.
    pub(super) fn members(&self, domain: usize, room: &str) -> Vec<(UserKey, bool)> {
        let id = self.domain_ids[domain];
        let router = self.router_of(self.places.of(id, room));
        router.rooms.members_by_name(id, room)
    }

    /// A message is sent: it is queued to exactly its receivers, and they see it.
    fn probe_message(&mut self, kind: MessageType) {
        let pages = self.open_pages();
        if pages.is_empty() || self.plan.queues_are_short() {
            return;
        }
        let page = self.random.pick(&pages);
        let (domain, from) = (self.pages[page].domain, self.pages[page].name.clone());
        let page = self.random.chance(70).then_some(page);
        let message = self.say(domain, from.clone(), page, kind);
        self.drain_mail();
        let said = &self.ledger.said[message];
        assert!(said.answered.is_some() && said.exact);
        let sender = self.find_user(domain, &from);
        let everybody = self.plan.names().into_iter().filter_map(|name| self.find_user(domain, &name));
        let receivers: Vec<UserKey> = match kind {
            MessageType::Unicast => self.find_user(domain, &said.to).into_iter().collect(),
            MessageType::Multicast => {
                self.members(domain, &said.to).into_iter().map(|(user, _)| user).collect()
            }
            MessageType::Broadcast => everybody.collect(),
        };
        let to_himself = kind == MessageType::Unicast && said.to == from;
        let others = receivers.into_iter().filter(|user| to_himself || Some(*user) != sender);
        let expected: BTreeSet<SessionKey> = others.flat_map(|user| self.sessions_of(user)).collect();
        assert_eq!(said.receivers().collect::<BTreeSet<_>>(), expected, "message {message}");
        let spoke = page.and_then(|page| self.pages[page].session);
        let own = sender.into_iter().flat_map(|user| self.sessions_of(user));
        let copies: BTreeSet<SessionKey> = own.filter(|own| !to_himself && Some(*own) != spoke).collect();
        let all: BTreeSet<SessionKey> = said.queued.iter().map(|queued| queued.session).collect();
        assert_eq!(all, &expected | &copies, "copies of message {message}");
        self.settle();
        for page in self.open_pages() {
            let session = self.pages[page].session.expect("it is open");
            let seen = self.pages[page].has_seen(message);
            assert_eq!(seen, all.contains(&session), "page {page} and message {message}");
        }
    }

    /// A signal is sent: exactly the pages of version 6 see it.
    fn probe_signal(&mut self) {
        let pages = self.open_pages();
        if pages.is_empty() || self.plan.queues_are_short() {
            return;
        }
        let page = self.random.pick(&pages);
        let (domain, from) = (self.pages[page].domain, self.pages[page].name.clone());
        let page = self.random.chance(70).then_some(page);
        let signal = self.signal(domain, from.clone(), page);
        self.drain_mail();
        let sender = self.find_user(domain, &from);
        let users = self.signal_receivers(signal).into_iter().chain(sender);
        let spoke = page.and_then(|page| self.pages[page].session);
        let to_itself = self.signal_receivers(signal) == sender.into_iter().collect::<Vec<_>>();
        let given: BTreeSet<SessionKey> = users
            .flat_map(|user| self.sessions_of(user))
            .filter(|session| to_itself || Some(*session) != spoke)
            .collect();
        self.settle();
        for page in self.open_pages() {
            let (session, version) =
                (self.pages[page].session.expect("it is open"), self.pages[page].version);
            let expected = version == Version::V6 && given.contains(&session);
            let seen = self.pages[page].has_seen_signal(signal);
            assert_eq!(seen, expected, "page {page} and signal {signal}");
        }
    }

    /// Who is online, and who is in a room.
    fn probe_lists(&mut self) {
        let pages = self.open_pages();
        let Some((domain, _)) = self.somebody() else { return };
        let viewer = pages.into_iter().find(|page| self.pages[*page].domain == domain);
        let viewer = viewer.filter(|_| self.random.chance(70));
        let ticket = viewer.and_then(|page| self.pages[page].ticket);
        let viewer = viewer.map(|page| self.pages[page].name.clone());
        let names = self.plan.names();
        self.probed = None;
        let verb = Verb::Onlines(OnlinesQuery { ticket, names: texts(names.clone()) });
        self.call(Ask::Act { page: None }, domain, verb);
        self.drain_mail();
        let Some(Answer::Onlines(answer)) = self.probed.take() else { panic!("it was not answered") };
        let sees = |name: &String| {
            viewer.as_ref() == Some(name) && self.find_user(domain, name).is_some()
                || self.shown(domain, name).is_some()
        };
        let expected: Vec<String> = names.into_iter().filter(sees).collect();
        assert_eq!((names_of(&answer.users), answer.partial), (expected, false), "onlines");

        let room = self.random.pick(&self.plan.rooms());
        let verb = Verb::Members(MembersQuery { ticket, room: room.clone().into() });
        self.call(Ask::Act { page: None }, domain, verb);
        self.drain_mail();
        let Some(Answer::Members(MemberList { members, partial: false, .. })) = self.probed.take() else {
            panic!("it was not answered")
        };
        let name = |user: UserKey| self.user(user).expect("members are online").profile().name().to_owned();
        let members_now =
            self.members(domain, &room).into_iter().map(|(user, visible)| (name(user), visible));
        let shown = members_now.filter(|(name, visible)| *visible || viewer.as_ref() == Some(name));
        let expected: BTreeSet<String> = shown.map(|(name, _)| name).collect();
        assert_eq!(names_of(&members).into_iter().collect::<BTreeSet<_>>(), expected, "members");
        assert_eq!(members.len(), expected.len());
    }

    /// A user appears or disappears: exactly the pages of version 5 of visible members of its rooms are shown that.
    fn probe_groups(&mut self) {
        let Some((domain, name)) = self.somebody() else { return };
        let Some(user) = self.find_user(domain, &name) else { return };
        if self.plan.queues_are_short() || self.plan.limits.roster_links <= self.plan.rooms {
            return; // they may be dropped
        }
        let mut rooms = self.plan.rooms();
        rooms.retain(|room| self.members(domain, room).iter().any(|(member, _)| *member == user));
        let comes = self.shown(domain, &name).is_none();
        let shown_before: Vec<Vec<usize>> =
            (0..self.pages.len()).map(|page| self.groups_of(page, &name)).collect();
        let show = Some(if comes { "away".into() } else { "invisible".into() });
        let subject = Subject::Name(name.clone().into());
        let verb = Verb::Show(Show { subject, looks: Looks { show, ..Looks::default() } });
        self.call(Ask::Act { page: None }, domain, verb);
        self.settle();
        if self.find_user(domain, &name) != Some(user) {
            return; // it was lingering, and has disappeared once more
        }
        for page in self.open_pages().into_iter().filter(|page| self.alive(*page).is_some()) {
            let shown = self.groups_of(page, &name);
            for (at, room) in self.plan.rooms().iter().enumerate() {
                let Page { ref tabs, version, ref groups, .. } = self.pages[page];
                let watches = version.is_v5() && rooms.contains(room) && self.is_seen_in(page, domain, room);
                let most = if watches && self.pages[page].name != name { tabs.len() } else { 0 };
                let times = shown[at] - shown_before[page][at];
                // Each tab may have it.
                assert!((most.min(1)..=most).contains(&times), "page {page}: {name} in {room} {times} times");
                let last = groups.get(&(room.clone(), name.clone())).map(|(_, came)| *came);
                assert!(times == 0 || last == Some(comes), "page {page} was shown the older one last");
            }
        }
    }

    /// How often a page was shown that this member came or went, by room.
    fn groups_of(&self, page: usize, name: &str) -> Vec<usize> {
        let groups = &self.pages[page].groups;
        let times = |room: String| groups.get(&(room, name.to_owned())).map_or(0, |(times, _)| *times);
        self.plan.rooms().into_iter().map(times).collect()
    }

    /// Whether the user of a page is a visible member of a room of this domain.
    fn is_seen_in(&self, page: usize, domain: usize, room: &str) -> bool {
        let user = self.find_user(domain, &self.pages[page].name);
        let members = self.members(domain, room);
        self.pages[page].domain == domain && members.iter().any(|member| Some(member.0) == user && member.1)
    }

    /// A page is opened: its answer is exactly what is so, and users that are linked by it are shown each other.
    fn probe_online(&mut self) {
        let Some((domain, name)) = self.somebody() else { return };
        let mut others = self.plan.names();
        others.retain(|other| *other != name);
        let rooms = self.plan.rooms();
        let friends = others.iter().filter(|other| self.are_linked(domain, &name, other));
        let friends: Vec<String> = friends.cloned().collect();
        let told_before = self.told_of(domain, &name, &friends);
        let unlinked = self.unlinked(domain, &name, &friends);
        self.probed = None;
        let looks = Looks { nick: Some(format!("{name}@{domain}").into()), ..Looks::default() };
        let version = self.some_version();
        let page = self.open(domain, (name.clone(), version), looks, &others, rooms.clone());
        self.drain_mail();
        if self.pages[page].life == Life::Over {
            return; // there are too many already
        }
        let Some(Answer::Online(started)) = self.probed.take() else { panic!("it was not answered") };
        self.check_started(domain, &others, &started);
        if !self.plan.rooms_are_short() {
            for (room, count) in &started.rooms {
                let members = self.members(domain, room);
                let me = self.find_user(domain, &name);
                let seen = members.iter().filter(|(user, visible)| *visible || Some(*user) == me);
                assert_eq!(*count as usize, seen.count(), "members of {room}");
            }
            let entered: Vec<&str> = started.rooms.iter().map(|(room, _)| &**room).collect();
            assert_eq!(entered, rooms, "rooms");
        }
        self.settle();
        let told = self.told_of(domain, &name, &friends);
        assert_eq!(told, told_before, "a further page is not announced to those who are linked");
        for (page, about, before) in unlinked {
            self.check_coming(page, &about, before);
        }
        self.check_settled();
    }

    /// How often the pages of these users were shown this name.
    fn told_of(&self, domain: usize, name: &str, users: &[String]) -> usize {
        let pages = self.pages.iter().filter(|page| page.domain == domain && users.contains(&page.name));
        pages.filter_map(|page| page.told.get(name)).sum()
    }

    /// Pages at either end of a link that may be made now: the name each would be shown, and how often it was shown
    /// that so far.
    fn unlinked(&self, domain: usize, name: &str, friends: &[String]) -> Vec<(usize, String, usize)> {
        let mut pages = self.open_pages();
        pages.retain(|page| self.pages[*page].domain == domain && !friends.contains(&self.pages[*page].name));
        let abouts = |page: usize| {
            let mut abouts = vec![name.to_owned()];
            if self.pages[page].name == name {
                abouts = self.plan.names();
                abouts.retain(|about| about != name && !friends.contains(about));
            }
            abouts.into_iter().map(move |about| (page, about))
        };
        let pairs = pages.into_iter().flat_map(abouts);
        pairs.map(|(page, about)| (page, about.clone(), self.told(page, &about))).collect()
    }

    /// A page was shown a name exactly if the two have been linked since then.
    fn check_coming(&self, page: usize, about: &str, before: usize) {
        if self.pages[page].life != Life::Open || self.alive(page).is_none() {
            return; // it was one page too many, or behind
        }
        let domain = self.pages[page].domain;
        let linked = self.are_linked(domain, about, &self.pages[page].name);
        let coming = usize::from(linked && self.shown(domain, about).is_some());
        let told = self.told(page, about) - before;
        // Each tab may have it.
        let right = (coming..=coming * self.pages[page].tabs.len()).contains(&told);
        assert!(right, "page {page} was shown {about} {told} times, not {coming}");
    }

    /// How often a page was shown a name.
    fn told(&self, page: usize, name: &str) -> usize {
        self.pages[page].told.get(name).copied().unwrap_or_default()
    }

    fn check_started(&self, domain: usize, others: &[String], started: &Started) {
        let name = self.pages.last().expect("it was opened").name.as_str();
        let there = others.iter().filter(|other| self.shown(domain, other).is_some());
        let (linked, left_out): (Vec<String>, Vec<String>) =
            there.cloned().partition(|other| self.are_linked(domain, name, other));
        assert_eq!(names_of(&started.buddies), linked, "buddies");
        assert!(started.truncated || left_out.is_empty(), "{left_out:?} are left out");
        let most = self.plan.limits.roster_links;
        let is_full = |name: &str| {
            let user = self.find_user(domain, name).and_then(|user| self.user(user));
            user.is_some_and(|user| user.links().count() >= most)
        };
        for other in left_out {
            assert!(is_full(name) || is_full(&other), "{other} is left out, and there is room");
        }
        for profile in &started.buddies {
            let shown = (profile.show().to_owned(), profile.status().to_owned());
            assert_eq!(Some(shown), self.shown(domain, profile.name()));
        }
        assert!(!started.partial, "all places reported");
        assert!(!started.truncated || self.plan.rosters_are_short() || self.plan.rooms_are_short());
        let user = self.find_user(domain, name);
        let sessions = user.map_or(0, |user| self.sessions_of(user).count());
        // A page that could not be shown another one's coming is ended, when memory is short, or when presences wait on
        // a stream that nobody acknowledges: as many as a short roster allows.
        let ended = started.sessions as usize - sessions;
        let may_end = self.plan.memory_bytes < PLENTY_BYTES
            || self.plan.limits.roster_links < Limits::DEFAULT.roster_links;
        assert!(ended == 0 || may_end, "clientnum: {ended} too many");
    }
}

fn names_of(profiles: &[Profile]) -> Vec<String> {
    profiles.iter().map(|profile| profile.name().to_owned()).collect()
}
