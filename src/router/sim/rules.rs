//! What must hold: always, when no mail is on its way, and when every page has caught up.
//!
//! Owns: the invariants of the tables, and of what pages show. Must not: change anything.

use std::collections::{BTreeMap, BTreeSet};

use super::browser::{Life, Shown};
use super::world::{Ask, World};
use crate::base::admission::Claim;
use crate::base::clock::Moment;
use crate::base::domains::DomainId;
use crate::base::limits::turn::ALARM_MS_MAX;
use crate::base::memory::Owner;
use crate::router::Router;
use crate::router::ids::{CallKey, Place, UserKey};
use crate::router::mail::Alarm;
use crate::router::packet::MessageType;
use crate::router::people::linger::Linger;

impl World {
    /// What holds after every step.
    pub(super) fn check_always(&self) {
        for router in &self.routers {
            check_users(router);
            check_sessions(router);
            check_rooms(router);
            check_memory(router);
        }
        for (number, id) in self.domain_ids.iter().enumerate() {
            let Some(domain) = self.domains.get(*id) else { continue };
            let users: usize = self.routers.iter().map(|router| crowd(router, *id)).sum();
            assert_eq!(domain.users.count() as usize, users, "the gauge of domain {number}");
            assert!(users <= self.plan.max_users as usize);
        }
        self.check_budgets();
    }

    /// What is claimed is what waits in mailboxes or is on its way back.
    fn check_budgets(&self) {
        let mut claimed = vec![0; self.budgets.len()];
        for (domain, returned) in &self.returning {
            claimed[*domain] += returned.claim.bytes();
        }
        for (_, user) in self.routers.iter().flat_map(|router| router.users.iter()) {
            let domain = self.domain_ids.iter().position(|id| *id == user.domain).expect("it was configured");
            let mailbox = user.linger().map_or(&[][..], |linger| linger.mailbox());
            claimed[domain] +=
                mailbox.iter().filter_map(|mailed| mailed.claim.as_ref()).map(Claim::bytes).sum::<usize>();
        }
        let used: Vec<usize> = self.budgets.iter().map(|budget| budget.used()).collect();
        assert_eq!(used, claimed, "what is claimed is kept, and the other way round");
        assert!(used.iter().all(|used| *used <= self.plan.limits.undelivered_bytes));
    }

    /// What holds at the end: what was counted as delivered to somebody has been acknowledged, or has gone back once.
    pub(super) fn check_returned(&mut self) {
        self.returning.clear();
        assert!(self.budgets.iter().all(|budget| budget.used() == 0), "claims are left");
        for (number, said) in self.ledger.said.iter().enumerate() {
            let back = said.kind == MessageType::Unicast
                && self.plan.takes_back_in(said.domain)
                && self.removed != Some(said.domain);
            if back && said.counted > 0 {
                assert!(said.acknowledged || said.returned || said.lost, "message {number} is gone");
                assert!(!said.lost || self.plan.scarce(), "message {number} was lost for no reason");
            }
            assert!(back || !said.returned || self.removed.is_some(), "message {number} came back");
        }
    }

    /// What holds when no mail is on its way.
    pub(super) fn check_quiet(&mut self) {
        self.check_always();
        for place in 0..self.routers.len() {
            self.check_rosters(place);
            self.check_membership(place);
            self.check_alarms(place);
            assert!(self.routers[place].gathers.is_empty(), "somebody was asked and has not reported");
            assert!(self.routers[place].unlinking.is_empty(), "somebody is being unlinked for ever");
        }
        self.check_calls();
    }

    pub(super) fn user(&self, key: UserKey) -> Option<&crate::router::people::user::User> {
        self.routers[usize::from(key.place.0)].users.get(key.slot)
    }

    fn check_rosters(&self, place: usize) {
        let router = &self.routers[place];
        for (slot, user) in router.users.iter() {
            let key = router.user_key(slot);
            assert!(user.roster.len() <= self.plan.limits.roster_links);
            assert_eq!(user.reserved(), 0, "places are kept for nobody");
            for link in user.roster.iter() {
                let other = self.user(link).expect("nobody is linked with somebody who left");
                assert_eq!(other.domain, user.domain, "links stay in their domain");
                assert!(other.roster.contains(key, router.places.hasher()), "rosters are mutual");
            }
        }
    }

    fn check_membership(&self, place: usize) {
        let router = &self.routers[place];
        for (slot, user) in router.users.iter() {
            let key = router.user_key(slot);
            assert!(user.rooms.len() <= self.plan.limits.rooms_per_user);
            for room in user.rooms.iter() {
                let owner = &self.routers[usize::from(room.place.0)];
                let room = owner.rooms.get(room.slot).expect("a user is in rooms that exist");
                let member = room.members.get(&key).copied();
                assert_eq!(member, Some(user.profile.visible()), "a member is as visible as he is");
                assert_eq!(room.domain, user.domain, "rooms stay in their domain");
            }
        }
        for (slot, room) in router.rooms.iter() {
            let key = crate::router::ids::RoomKey { place: Place(u16::try_from(place).unwrap()), slot };
            for member in room.members.keys() {
                let user = self.user(*member).expect("members are online");
                assert!(user.rooms.contains(key, router.places.hasher()), "a member knows that he is one");
            }
        }
    }

    fn check_alarms(&self, place: usize) {
        let router = &self.routers[place];
        for (slot, session) in router.sessions.iter() {
            let (alarm, due) = session.alarm_and_due();
            assert!(
                alarm <= due && self.rings(place, Alarm::Session(slot), alarm),
                "a session would never end"
            );
            let farthest = self.now(place).after(ALARM_MS_MAX + Moment::GRAIN_MS);
            assert!(alarm <= farthest, "alarms of sessions that are gone would pile up");
        }
        for (slot, user) in router.users.iter() {
            let until = user.linger().map(Linger::until);
            assert!(
                until.is_none_or(|until| self.rings(place, Alarm::User(slot), until)),
                "he lingers for ever"
            );
        }
    }

    /// Every call was answered, but for polls that wait, and those wait where they can be answered.
    fn check_calls(&mut self) {
        let mut waiting: BTreeSet<CallKey> = BTreeSet::new();
        for (_, session) in self.routers.iter().flat_map(|router| router.sessions.iter()) {
            waiting.extend(session.parked());
            waiting.extend(session.waiting());
            if let Some(key) = session.answering() {
                let written = self.written.iter().any(|written| written.key == key);
                assert!(written, "a fate that was told is awaited");
                assert_eq!(session.waiting(), None, "a poll waits for an answer that nobody closes");
            }
        }
        self.calls.retain(|key, pending| {
            assert!(matches!(pending.ask, Ask::Poll { .. }), "not answered: {pending:?}");
            assert_eq!(waiting.contains(key), !pending.cut, "a poll is lost, or a cut one waits: {key:?}");
            !pending.cut
        });
        for key in waiting {
            assert!(self.calls.contains_key(&key), "a poll waits that was never asked");
        }
    }

    /// What others see of somebody.
    pub(super) fn shown(&self, domain: usize, name: &str) -> Option<Shown> {
        let profile = &self.user(self.find_user(domain, name)?)?.profile;
        profile.visible().then(|| (profile.show().to_owned(), profile.status().to_owned()))
    }

    /// What holds when every page has seen all there is: it shows those its user is linked with as they are, if its own
    /// call named them or it was shown something of them since; and nobody else.
    pub(super) fn check_settled(&self) {
        for page in 0..self.pages.len() {
            let Some(session) = self.alive(page) else { continue };
            if self.pages[page].life != Life::Open {
                continue;
            }
            let router = &self.routers[usize::from(session.place.0)];
            let queue = &router.sessions[session.slot].queue;
            assert!(queue.is_empty(), "page {page} polls and does not catch up");
            for name in self.plan.names() {
                self.check_view(page, &name);
            }
        }
    }

    fn check_view(&self, number: usize, name: &str) {
        let page = &self.pages[number];
        if page.name == name {
            return;
        }
        let linked = self.are_linked(page.domain, &page.name, name);
        let concerned = page.named.iter().any(|named| named == name) || page.told.contains_key(name);
        let expected = self.shown(page.domain, name).filter(|_| linked && concerned);
        let shown = page.view.get(name);
        assert!(
            shown == expected.as_ref(),
            "page {number} shows {name} as {shown:?}: {expected:?}, linked: {linked}"
        );
    }

    /// Whether two users are online and linked.
    pub(super) fn are_linked(&self, domain: usize, one: &str, other: &str) -> bool {
        let (Some(one), Some(other)) = (self.find_user(domain, one), self.find_user(domain, other)) else {
            return false;
        };
        let user = self.user(one).expect("it was found");
        user.roster.contains(other, self.places.hasher())
    }

    /// When everybody has left and time has passed, nothing is left of them.
    pub(super) fn check_empty(&self) {
        for router in &self.routers {
            assert!(router.users.is_empty() && router.user_names.is_empty(), "users are left");
            assert!(router.sessions.is_empty() && router.gathers.is_empty(), "sessions are left");
            assert!(router.rooms.is_empty() && router.room_names.is_empty(), "rooms are left");
            assert!(router.crowds.iter().all(Vec::is_empty), "crowds are left");
            assert_eq!(router.memory.bytes(), 0, "memory is held for nobody");
        }
        assert!(self.calls.values().all(|pending| pending.cut), "calls are left");
        let mut gauges = self.domains.iter().map(|domain| domain.users.count());
        assert!(gauges.all(|users| users == 0), "users are counted who left");
    }
}

fn crowd(router: &Router, id: DomainId) -> usize {
    router.crowds.get(id.0 as usize).map_or(0, Vec::len)
}

/// What is held is what is there.
fn check_memory(router: &Router) {
    let queues = router.sessions.iter().map(|(_, session)| (session.domain, session.queue.held()));
    let mailboxes = router.users.iter().filter_map(|(_, user)| {
        let held = user.linger()?.held().expect("a mailbox holds what is in it");
        Some((user.domain, held))
    });
    let mut held: BTreeMap<DomainId, usize> = BTreeMap::new();
    for (domain, bytes) in queues.chain(mailboxes) {
        *held.entry(domain).or_default() += bytes;
    }
    for (domain, bytes) in &held {
        assert_eq!(router.memory.held_by(Owner::Domain(*domain)), *bytes, "what waits for {domain:?}");
    }
    assert_eq!(router.memory.bytes(), held.values().sum::<usize>());
}

fn check_users(router: &Router) {
    assert_eq!(router.user_names.len(), router.users.len(), "every user has one name");
    let crowds: usize = router.crowds.iter().map(Vec::len).sum();
    assert_eq!(crowds, router.users.len(), "every user is in one crowd");
    for (slot, user) in router.users.iter() {
        assert!(router.domains.get(user.domain).is_some(), "his domain was removed");
        assert_eq!(router.find_user(user.domain, user.profile.name()), Some(slot), "he is found by his name");
        assert_eq!(
            router.places.of(user.domain, user.profile.name()),
            router.place,
            "he lives where he must"
        );
        assert_eq!(router.crowds[user.domain.0 as usize].get(user.crowd_index()), Some(&slot));
        let sessions = router.sessions_of(slot).count();
        assert_eq!(usize::from(user.sessions), sessions, "he knows how many sessions he has");
        assert_eq!(user.linger().is_some(), sessions == 0, "he lingers exactly while he has no session");
        assert!(router.sessions_of(slot).all(|session| router.sessions[session].user == slot));
        assert!(sessions <= router.limits.sessions_per_user);
        let mailbox = user.linger().map_or(&[][..], |linger| linger.mailbox());
        assert!(mailbox.is_sorted_by_key(|mailed| mailed.kept.given), "a mailbox is in order");
        assert!(user.aside.as_ref().is_none_or(|aside| !aside.is_empty()), "a block is kept for nothing");
    }
}

fn check_sessions(router: &Router) {
    let waiting: usize = router.sessions.iter().map(|(_, session)| session.queue.len()).sum();
    assert_eq!(router.counters.packets_waiting, waiting as u64, "what waits is counted");
    for (slot, session) in router.sessions.iter() {
        assert!(router.users.get(session.user).is_some(), "a session has a user");
        assert!(router.sessions_of(session.user).any(|listed| listed == slot), "he knows it");
        session.queue.check();
        assert!(session.parked().is_none() || !session.queue.has_news(), "a poll is parked on news");
        let unanswered =
            session.queue.messages().filter(|(_, label, answered, _)| !answered && label.in_row().is_some());
        assert!(unanswered.map(|(given, ..)| given).is_sorted(), "what was not answered yet is in order");
    }
}

fn check_rooms(router: &Router) {
    assert_eq!(router.room_names.len(), router.rooms.len(), "every room has one name");
    for (slot, room) in router.rooms.iter() {
        assert_eq!(router.find_room(room.domain, &room.name), Some(slot), "it is found by its name");
        assert!(!room.members.is_empty(), "a room has members");
        let visible = room.members.values().filter(|visible| **visible).count();
        assert_eq!(room.visible() as usize, visible, "it knows how many are visible");
    }
}
