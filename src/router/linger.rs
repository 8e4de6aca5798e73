//! What a session that has ended leaves behind: messages for the user's other sessions, for the next one, or for his
//! site.
//!
//! Owns: the mailbox of a user who lingers, and which messages were delivered. Must not: reach the site; what goes back
//! to it is an effect. A message is delivered when one of the user's sessions has acknowledged it. What none has
//! acknowledged goes from session to session, and if its user goes offline, back to the site of his domain, if that
//! takes it and there is room on the way.

use super::Router;
use super::backlog::Kept;
use super::mail::{Alarm, Effect, Returned};
use super::packet::Packet;
use super::session::{End, Session};
use crate::admission::Claim;
use crate::clock::Tick;
use crate::domains::{Domain, DomainId};
use crate::limits::UNDELIVERED_EXTRA_BYTES;
use crate::memory::{Held, Owner};
use crate::slots::Slot;

/// The mailbox of a user whose last session has ended.
#[derive(Debug)]
pub(super) struct Linger {
    /// When he goes offline.
    until: Tick,
    mailbox: Vec<Kept>,
    bytes: usize,
    /// What all of it takes of the shard's memory.
    held: Held,
}

/// What the simulator looks at.
#[cfg(test)]
impl Linger {
    /// When he goes offline.
    pub(super) fn until(&self) -> Tick {
        self.until
    }

    /// What waits for his next session.
    pub(super) fn mailbox(&self) -> &[Kept] {
        &self.mailbox
    }

    /// What it holds of the shard's memory, if that is what is in it.
    pub(super) fn held(&self) -> Option<usize> {
        let kept = self.mailbox.iter().map(Kept::held_bytes).sum::<usize>();
        Some(self.held.bytes()).filter(|held| *held == kept)
    }
}

impl Router {
    /// Gives what an ended session had not acknowledged to the newest of the others, as far as none of them was
    /// given it; if there is no other, the user begins to linger.
    pub(super) fn hand_over(&mut self, user: Slot, mut messages: Vec<Kept>) {
        let Some(newest) = self.users[user].newest else { return self.begin_linger(user, messages) };
        self.leave_out_given(user, &mut messages);
        if !messages.is_empty() {
            self.inherit(newest, messages);
            self.answer_parked(newest);
        }
    }

    /// Leaves out what one of the user's sessions was given.
    fn leave_out_given(&self, user: Slot, messages: &mut Vec<Kept>) {
        let eldest = self.sessions_of(user).map(|session| self.sessions[session].given_from).min();
        // Every message since the eldest of them started was queued to it.
        messages.retain(|kept| eldest.is_none_or(|from| kept.given <= from));
    }

    /// Gives a session what was queued to an ended one. What is too much for it goes back.
    fn inherit(&mut self, session: Slot, messages: Vec<Kept>) {
        let Session { queue, domain, .. } = &mut self.sessions[session];
        self.counters.packets_waiting -= queue.len() as u64;
        let left = queue.take_over(messages, &self.limits, (&self.memory, *domain));
        self.counters.packets_waiting += queue.len() as u64;
        if !left.is_empty() {
            let user = &self.users[self.sessions[session].user];
            let (domain, profile) = (user.domain, user.profile.clone());
            self.give_back(domain, profile.name(), left);
        }
    }

    /// Notes in the user's other sessions what one that has ended had acknowledged: of the messages numbered from
    /// `given_from` on, exclusive, to `given_to`, all but those it `left`.
    pub(super) fn mark_seen(&mut self, user: Slot, given_from: u64, given_to: u64, left: &[Kept]) {
        let seen = |given: u64| {
            given_from < given
                && given <= given_to
                && left.binary_search_by_key(&given, |kept| kept.given).is_err()
        };
        let mut next = self.users[user].newest;
        while let Some(session) = next {
            self.sessions[session].queue.mark_seen(seen);
            next = self.sessions[session].older;
        }
    }

    fn begin_linger(&mut self, user: Slot, mut mailbox: Vec<Kept>) {
        let until = self.now.after(self.timeouts.linger_ms);
        let owner = &self.users[user];
        if let Some(config) = self.takes_back(owner.domain) {
            // Before others do: these were counted as delivered already.
            let name = owner.profile.name();
            for kept in mailbox.iter_mut().filter(|kept| kept.packet.is_unicast_to(name)) {
                kept.claim = self.claim(config, &kept.packet);
            }
        }
        let bytes = mailbox.iter().map(|kept| kept.packet.json().len()).sum();
        let held_bytes = mailbox.iter().map(Kept::held_bytes).sum();
        let held = self.memory.hold(Owner::Domain(owner.domain), held_bytes);
        self.users[user].linger = Some(Box::new(Linger { until, mailbox, bytes, held }));
        self.deadline(until, Alarm::User(user));
    }

    /// Ends the linger of a user who has a session again, which gets what waited for it.
    pub(super) fn end_linger(&mut self, user: Slot, session: Slot) {
        if let Some(linger) = self.users[user].linger.take() {
            self.inherit(session, linger.mailbox);
        }
    }

    /// Keeps a message for a user who lingers, if there is room. Returns whether it is sure to come back if he does not:
    /// then it counts as delivered.
    pub(super) fn keep_lingering(&mut self, user: Slot, packet: &Packet) -> bool {
        let owner = &self.users[user];
        let Some(linger) = &owner.linger else { return false };
        let bytes = linger.bytes + packet.json().len();
        let fits = linger.mailbox.len() < self.limits.queue_messages && bytes <= self.limits.queue_bytes;
        let config = self.takes_back(owner.domain).filter(|_| packet.is_unicast_to(owner.profile.name()));
        let claim = config.filter(|_| fits).and_then(|config| self.claim(config, packet));
        let returns = claim.is_some();
        if config.is_some() && !returns {
            return false; // it is not lost: the site is told that nobody has got it, and keeps it
        }
        if fits {
            let owner = &mut self.users[user];
            let kept = Kept { given: owner.given, packet: packet.clone(), claim };
            if let Some(linger) = &mut owner.linger {
                linger.held.add(kept.held_bytes());
                linger.mailbox.push(kept);
                linger.bytes = bytes;
            }
        } else {
            self.counters.messages_lost_total += 1;
        }
        returns
    }

    /// A user may have lingered long enough.
    pub(super) fn on_user_alarm(&mut self, user: Slot) {
        let lingered = self.users.get(user).and_then(|user| user.linger.as_ref());
        if lingered.is_some_and(|linger| linger.until <= self.now) {
            self.go_offline(user, None);
        }
    }

    /// Ends all that a user has, and takes what none of his sessions has acknowledged, each message once.
    pub(super) fn take_messages(&mut self, user: Slot) -> Vec<Kept> {
        let mut messages = Vec::new();
        while let Some(session) = self.users[user].newest {
            let (_, mut left) = self.take_session(session, End::Offline);
            self.leave_out_given(user, &mut left);
            messages.append(&mut left);
        }
        messages.sort_by_key(|kept| kept.given);
        let linger = self.users[user].linger.take();
        messages.extend(linger.map(|linger| linger.mailbox).unwrap_or_default());
        messages
    }

    /// Gives messages of a user back to his site, as far as they were said to him and it takes them. The rest is lost.
    pub(super) fn give_back(&mut self, domain: DomainId, name: &str, left: Vec<Kept>) {
        let config = self.takes_back(domain);
        let (mut messages, mut missed, mut others) = (Vec::new(), 0, 0);
        for Kept { packet, claim, .. } in left {
            match config.filter(|_| packet.is_unicast_to(name)) {
                Some(config) => match claim.or_else(|| self.claim(config, &packet)) {
                    Some(claim) => messages.push(Returned { packet, claim }),
                    None => missed += 1,
                },
                None => others += 1,
            }
        }
        self.counters.messages_lost_total += others;
        self.counters.undelivered_total += messages.len() as u64 + missed;
        self.counters.undelivered_lost_total += missed;
        if !messages.is_empty() {
            self.effects.push(Effect::Undelivered { domain, messages });
        }
    }

    /// The domain, if its site takes back what was not delivered.
    fn takes_back(&self, domain: DomainId) -> Option<&Domain> {
        self.domains.get(domain).map(|config| &**config).filter(|config| config.undelivered_url.is_some())
    }

    /// A place for a message on its way back.
    fn claim(&self, config: &Domain, packet: &Packet) -> Option<Claim> {
        let bytes = packet.json().len() + UNDELIVERED_EXTRA_BYTES;
        config.undelivered.claim(bytes, self.limits.undelivered_bytes)
    }
}
