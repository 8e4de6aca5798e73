//! What must hold: always, when no mail is on its way, and when every page has caught up.
//!
//! Owns: the invariants of the tables, and of what pages show. Must not: change anything.

use std::collections::{BTreeMap, BTreeSet};

use super::browser::{Life, Shown};
use super::world::{Ask, World};
use crate::base::admission::Claim;
use crate::base::clock::Moment;
use crate::base::domains::DomainId;
use crate::base::figures::DomainFigures;
use crate::base::limits::turn::ALARM_MS_MAX;
use crate::base::memory::Owner;
use crate::base::stats::Counters;
use crate::router::Router;
use crate::router::ids::{CallKey, UserKey};
use crate::router::mail::Alarm;
use crate::router::packet::MessageType;
use crate::router::people::mailbox::Linger;
use crate::router::people::signal_box::SignalBox;
use crate::router::people::user::User;

impl World {
    /// What holds after every step.
    pub(super) fn check_always(&self) {
        for router in &self.routers {
            router.people.check(router.out.counters().packets_waiting);
            router.rooms.check();
            check_memory(router);
        }
        for (number, id) in self.domain_ids.iter().enumerate() {
            let Some(domain) = self.domains.get(*id) else { continue };
            let users: usize = self.routers.iter().map(|router| router.people.of_domain(*id).len()).sum();
            assert_eq!(domain.present.users.count() as usize, users, "the gauge of domain {number}");
            assert!(users <= self.plan.max_users as usize);
            let sessions = self.routers.iter().flat_map(|router| router.people.sessions().iter());
            let sessions = sessions.filter(|(_, session)| session.domain() == *id).count();
            assert_eq!(domain.present.sessions.count() as usize, sessions, "the sessions of domain {number}");
        }
        self.check_budgets();
        self.check_figures();
    }

    /// The figures of all domains together are what was counted; those of a removed domain went with it.
    fn check_figures(&self) {
        let mut sum = DomainFigures::default();
        for figures in self.domain_ids.iter().filter_map(|id| Some(self.domains.get(*id)?.figures.read())) {
            sum.messages += figures.messages;
            sum.delivered += figures.delivered;
            sum.undelivered += figures.undelivered;
            sum.lost += figures.lost;
        }
        let shown = [sum.messages, sum.delivered, sum.undelivered, sum.lost];
        let total =
            |of: fn(&Counters) -> u64| self.routers.iter().map(|router| of(router.out.counters())).sum();
        let counted: [u64; 4] = [
            total(|counters| counters.messages_total),
            total(|counters| counters.messages_delivered_total),
            total(|counters| counters.undelivered_total),
            total(|counters| counters.messages_lost_total + counters.undelivered_lost_total),
        ];
        if self.domain_ids.iter().all(|id| self.domains.get(*id).is_some()) {
            assert_eq!(shown, counted, "the figures of the domains");
        }
        assert!(shown.iter().zip(&counted).all(|(shown, counted)| shown <= counted), "{shown:?} {counted:?}");
    }

    /// What is claimed is what waits in mailboxes or is on its way back.
    fn check_budgets(&self) {
        let mut claimed = vec![0; self.budgets.len()];
        for (domain, returned) in &self.returning {
            claimed[*domain] += returned.claim.bytes();
        }
        for (_, user) in self.routers.iter().flat_map(|router| router.people.users()) {
            let domain =
                self.domain_ids.iter().position(|id| *id == user.domain()).expect("it was configured");
            let mailbox = user.linger().map_or(&[][..], |linger| linger.mailbox());
            claimed[domain] +=
                mailbox.iter().filter_map(|mailed| mailed.claim.as_ref()).map(Claim::bytes).sum::<usize>();
        }
        let used: Vec<usize> = self.budgets.iter().map(|budget| budget.used()).collect();
        assert_eq!(used, claimed, "what is claimed is kept, and the other way round");
        assert!(used.iter().all(|used| *used <= self.plan.limits.undelivered_bytes));
    }

    /// What holds at the end: what was counted as delivered has been acknowledged, or has gone back once.
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
            let router = &self.routers[place];
            assert!(router.out.gathers().is_empty(), "a place was asked and has not reported");
            assert!(
                !router.has_crowds() && router.broadcasts.is_empty(),
                "a part of what goes to many is left"
            );
            router.people.check_quiet();
        }
        self.check_calls();
    }

    pub(super) fn user(&self, key: UserKey) -> Option<&User> {
        self.routers[key.place.index()].people.get(key.slot)
    }

    fn check_rosters(&self, place: usize) {
        let router = &self.routers[place];
        for (slot, user) in router.people.users() {
            let key = router.directory.user_key(slot);
            for link in user.links() {
                let other = self.user(link).expect("a link ends when a user leaves");
                assert_eq!(other.domain(), user.domain(), "links stay in their domain");
                let people = &self.routers[link.place.index()].people;
                assert!(people.has_link(link.slot, key), "rosters are mutual");
            }
        }
    }

    fn check_membership(&self, place: usize) {
        let router = &self.routers[place];
        for (slot, user) in router.people.users() {
            let key = router.directory.user_key(slot);
            for room in user.rooms() {
                let rooms = &self.routers[room.place.index()].rooms;
                let domain = rooms.all().find(|(slot, _)| *slot == room.slot).map(|(_, domain)| domain);
                assert_eq!(domain, Some(user.domain()), "a user is in rooms that exist, in its domain");
                let members = rooms.members_of(room.slot);
                let visible = user.profile().visible();
                assert!(members.contains(&(key, visible)), "a member is as visible as the user is");
            }
        }
        for (slot, _) in router.rooms.all() {
            let key = router.directory.room_key(slot);
            for (member, _) in router.rooms.members_of(slot) {
                let people = &self.routers[member.place.index()].people;
                assert!(people.has_room(member.slot, key), "a member holds that it is one");
            }
        }
    }

    fn check_alarms(&self, place: usize) {
        let router = &self.routers[place];
        for (slot, session) in router.people.sessions().iter() {
            let (alarm, due) = session.alarm_and_due();
            assert!(
                alarm <= due && self.rings(place, Alarm::Session(slot), alarm),
                "a session would never end"
            );
            let look = session.expiry().next_look(self.now(place));
            let draining = router.people.sessions().is_draining();
            assert!(draining || alarm <= Moment::not_before(look).tick(), "a session would outlive its time");
            let farthest = self.now(place).after(ALARM_MS_MAX + Moment::GRAIN_MS);
            assert!(alarm <= farthest, "alarms of sessions that are gone would pile up");
        }
        for (slot, until) in router.people.sessions().ends_of_ended() {
            let rings = self.rings(place, Alarm::Session(slot), until);
            assert!(rings, "a session that has ended is remembered for ever");
        }
        for (slot, user) in router.people.users() {
            let until = user.linger().map(Linger::until);
            let rings = until.is_none_or(|until| self.rings(place, Alarm::User(slot), until));
            assert!(rings, "a user lingers for ever");
            let until = user.signal_box().map(SignalBox::until);
            let rings = until.is_none_or(|until| self.rings(place, Alarm::User(slot), until));
            assert!(rings, "signals wait for ever");
        }
    }

    /// Every call was answered, but for polls that wait, and those wait where they can be answered.
    fn check_calls(&mut self) {
        let mut waiting: BTreeSet<CallKey> = BTreeSet::new();
        for (_, session) in self.routers.iter().flat_map(|router| router.people.sessions().iter()) {
            waiting.extend(session.parked());
            waiting.extend(session.waiting());
            waiting.extend(session.answering().filter(|_| session.is_streaming()));
            if let Some(key) = session.answering() {
                let written = self.written.iter().any(|written| written.key == key);
                assert!(written, "a fate that has come is awaited");
                assert_eq!(session.waiting(), None, "a poll waits for an answer that is never closed");
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

    /// What others see of a user.
    pub(super) fn shown(&self, domain: usize, name: &str) -> Option<Shown> {
        let profile = self.user(self.find_user(domain, name)?)?.profile();
        profile.visible().then(|| (profile.show().to_owned(), profile.status().to_owned()))
    }

    /// What holds when every page has seen all there is: it shows those its user is linked with as they are, if its own
    /// call named them or it was shown something of them since; and no other user.
    pub(super) fn check_settled(&self) {
        for page in 0..self.pages.len() {
            let Some(session) = self.alive(page) else { continue };
            if self.pages[page].life != Life::Open {
                continue;
            }
            let router = &self.routers[session.place.index()];
            let queue = router.people.sessions()[session.slot].queue();
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
        self.routers[one.place.index()].people.has_link(one.slot, other)
    }

    /// When all pages have left and time has passed, nothing is left of them.
    pub(super) fn check_empty(&self) {
        for router in &self.routers {
            assert!(
                router.people.is_empty() && router.out.gathers().is_empty(),
                "users or sessions are left"
            );
            assert!(router.rooms.is_empty(), "rooms are left");
            assert_eq!(router.people.memory().bytes(), 0, "memory is held without need");
        }
        assert!(self.calls.values().all(|pending| pending.cut), "calls are left");
        let mut gauges = self.domains.iter().map(|domain| domain.present.users.count());
        assert!(gauges.all(|users| users == 0), "users are counted who left");
        let mut gauges = self.domains.iter().map(|domain| domain.present.sessions.count());
        assert!(gauges.all(|sessions| sessions == 0), "sessions are counted that ended");
    }
}

/// What is held is what is there.
fn check_memory(router: &Router) {
    let sessions = router.people.sessions().iter();
    let queues = sessions.map(|(_, session)| (session.domain(), session.queue().held()));
    let mailboxes = router.people.users().filter_map(|(_, user)| {
        let held = user.linger()?.held().expect("a mailbox holds what is in it");
        Some((user.domain(), held))
    });
    let boxes = router.people.users().filter_map(|(_, user)| {
        let held = user.signal_box()?.held().expect("a box holds what is in it");
        Some((user.domain(), held))
    });
    let mut held: BTreeMap<DomainId, usize> = BTreeMap::new();
    let ended = router.people.sessions().held_by_ended();
    for (domain, bytes) in queues.chain(mailboxes).chain(boxes).chain(ended) {
        *held.entry(domain).or_default() += bytes;
    }
    for (domain, bytes) in &held {
        assert_eq!(
            router.people.memory().held_by(Owner::Domain(*domain)),
            *bytes,
            "what waits for {domain:?}"
        );
    }
    assert_eq!(router.people.memory().bytes(), held.values().sum::<usize>());
}
