//! The queues and mailboxes of a router, as they are after an input.
//!
//! Owns: what is new in them, and the rules for it: whose it may be, in which order, and that nothing comes twice. Must
//! not: ask what became of what is gone; the ledger does.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{HeldMessages, Queued, assert_may_have, number, user_at};
use super::world::World;
use crate::base::slots::Slot;
use crate::router::ids::SessionKey;
use crate::router::packet::MessageType;
use crate::router::people::mailbox::MailboxMessage;
use crate::router::sessions::label::Label;

impl World {
    /// Reads the queues and mailboxes of a router, and enters what is new.
    pub(super) fn look(
        &mut self,
        place: usize,
        was: &BTreeMap<Slot, HeldMessages>,
        were: &BTreeMap<Slot, Vec<u64>>,
    ) {
        let people = &self.routers[place].people;
        for (slot, _) in people.users() {
            let forgotten = self.ledger.forgotten.entry(user_at(place, slot)).or_default();
            *forgotten = (*forgotten).max(people.forgotten(slot));
        }
        for (slot, session) in people.sessions().iter() {
            let owner = people.get(session.user()).expect("a session has a user");
            let user = user_at(place, session.user());
            let key = SessionKey { place: user.place, slot };
            let before = was.get(&slot);
            let given: Vec<u64> = session.queue().messages().map(|(given, ..)| given).collect();
            for (given, label, _, packet) in session.queue().messages() {
                if before.is_some_and(|held| held.given.contains(&given)) {
                    continue;
                }
                let number = *self.ledger.numbers.entry((user, given)).or_insert_with(|| number(packet));
                let said = &mut self.ledger.said[number];
                let domain = self.domain_ids[said.domain];
                assert_eq!(domain, owner.domain(), "message {number} is of another domain");
                assert!(!said.queued.iter().any(|queued| queued.session == key), "{number} was queued twice");
                assert_may_have(number, said, user, owner.profile().name());
                let direct = matches!(label, Label::Message(_));
                let newest = owner.sessions().newest() == Some(slot);
                assert!(direct || newest, "message {number} was handed over to an older session");
                let acknowledged = self.ledger.acknowledged.contains(&(user, given));
                let forgotten = self.ledger.forgotten.get(&user).is_some_and(|number| given <= *number);
                let known = acknowledged && !forgotten;
                assert!(direct || !known, "message {number} was handed over after it was acknowledged");
                if acknowledged && !direct {
                    self.ledger.acknowledged.remove(&(user, given)); // it waits once more
                    said.acknowledged = false;
                }
                let visible = owner.profile().visible();
                said.queued.push(Queued { session: key, user, label, visible });
            }
            let page = match before {
                Some(held) => held.page,
                None => page_of(session.secret()),
            };
            self.pages[page].streaming = session.is_streaming();
            self.ledger.held[place].insert(
                slot,
                HeldMessages { user: session.user(), page, given, answered: session.queue().answered() },
            );
        }
        self.look_at_mailboxes(place, were);
    }

    fn look_at_mailboxes(&mut self, place: usize, were: &BTreeMap<Slot, Vec<u64>>) {
        let people = &self.routers[place].people;
        for (slot, user) in people.users() {
            let Some(linger) = user.linger() else { continue };
            let key = user_at(place, slot);
            for MailboxMessage { kept, claim } in linger.mailbox() {
                let (given, packet) = (&kept.given, &kept.packet);
                if were.get(&slot).is_some_and(|before| before.contains(given)) {
                    continue;
                }
                let known = self.ledger.numbers.get(&(key, *given)).copied();
                let number = known.unwrap_or_else(|| number(packet));
                self.ledger.numbers.insert((key, *given), number);
                let said = &mut self.ledger.said[number];
                assert_may_have(number, said, key, user.profile().name());
                let back = said.kind == MessageType::Unicast && !said.is_copy(key);
                let back = back && self.plan.takes_back_in(said.domain);
                assert!(back || claim.is_none(), "message {number} has a claim");
                if known.is_none() {
                    assert_eq!(claim.is_some(), back, "message {number} is kept and would not come back");
                    said.kept += usize::from(back);
                    said.kept_visible += usize::from(back && user.profile().visible());
                }
            }
            let mailbox = linger.mailbox().iter().map(|mailed| mailed.kept.given).collect();
            self.ledger.mailboxes[place].insert(slot, mailbox);
        }
    }

    /// A session that has just started was given what waits in those of its user that have no poll.
    pub(super) fn look_at_newcomers(&self, place: usize, was: &BTreeMap<Slot, HeldMessages>) {
        let router = &self.routers[place];
        let (people, limits) = (&router.people, &self.plan.limits);
        for (slot, session) in people.sessions().iter().filter(|(slot, _)| !was.contains_key(slot)) {
            let given: BTreeSet<u64> = session.queue().messages().map(|(given, ..)| given).collect();
            let user = user_at(place, session.user());
            let others = people.sessions_of(session.user()).filter(|other| *other != slot);
            for other in others.map(|other| &people.sessions()[other]).filter(|other| !other.has_poll()) {
                for (number, ..) in other.queue().messages() {
                    let waits = !self.ledger.acknowledged.contains(&(user, number));
                    let missed = waits && !given.contains(&number);
                    let full = session.queue().taken_over() >= limits.queue_messages;
                    assert!(!missed || full, "{number} was not given to a page that started");
                }
            }
        }
    }
}

/// The page of a session: its ticket's secret says so.
pub(super) fn page_of(secret: &[u8; 16]) -> usize {
    let (number, _) = secret.split_first_chunk().expect("it is longer");
    usize::try_from(u64::from_be_bytes(*number)).expect("pages are few")
}
