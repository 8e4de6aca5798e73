//! What the last session of a user leaves behind: messages for the next session, or for the site.
//!
//! Owns: the mailbox of a user who lingers, and what goes back to the site. Must not: reach the site; what goes back
//! to it is an effect. A message is delivered when one of the user's sessions has acknowledged it. What none has
//! acknowledged goes from session to session (`handover`), and if the user goes offline, back to the site, if that takes
//! it and there is room on the way.

use crate::base::admission::Claim;
use crate::base::clock::Tick;
use crate::base::domains::{Domain, DomainId};
use crate::base::limits::bridges::UNDELIVERED_EXTRA_BYTES;
use crate::base::memory::{Held, Owner};
use crate::base::slots::Slot;
use crate::router::Router;
use crate::router::mail::{Alarm, Effect, Returned, Undelivered};
use crate::router::packet::Packet;
use crate::router::people::handover::surplus;
use crate::router::sessions::backlog::{Kept, Sum};

/// The mailbox of a user whose last session has ended.
#[derive(Debug)]
pub(in crate::router) struct Linger {
    /// When the user goes offline.
    until: Tick,
    mailbox: Vec<Mailed>,
    /// What the limits count.
    sum: Sum,
    /// What all of it takes of the shard's memory.
    held: Held,
}

/// A message in a mailbox.
#[derive(Debug)]
pub(in crate::router) struct Mailed {
    pub(in crate::router) kept: Kept,
    /// The place it has been promised on the way back to its site.
    pub(in crate::router) claim: Option<Claim>,
}

impl Mailed {
    /// A message that was promised nothing.
    pub(in crate::router) fn unclaimed(kept: Kept) -> Mailed {
        Mailed { kept, claim: None }
    }

    /// What it takes of the shard's memory.
    fn held_bytes(&self) -> usize {
        size_of::<Mailed>() + self.kept.packet.share()
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Linger {
    /// When the user goes offline.
    pub(in crate::router) fn until(&self) -> Tick {
        self.until
    }

    /// What waits for the next session.
    pub(in crate::router) fn mailbox(&self) -> &[Mailed] {
        &self.mailbox
    }

    /// What it holds of the shard's memory, if that is what is in it.
    pub(in crate::router) fn held(&self) -> Option<usize> {
        let mailed = self.mailbox.iter().map(Mailed::held_bytes).sum::<usize>();
        Some(self.held.bytes()).filter(|held| *held == mailed)
    }
}

impl Router {
    /// Keeps what the user's last session left, for the next one.
    pub(in crate::router) fn begin_linger(&mut self, user: Slot, messages: Vec<Kept>) {
        let until = self.now.after(self.timeouts.linger_ms);
        let owner = &self.users[user];
        let (config, name) = (self.takes_back(owner.domain), owner.profile.name());
        // No session is left that could hold one of them, so they are a row, whichever way they came.
        let messages = messages.into_iter().map(|kept| Kept { late: false, ..kept });
        // They claim their places before later ones do: they were counted as delivered already.
        let mailbox = messages.map(|kept| {
            let config = config.filter(|_| kept.packet.is_unicast_to(name));
            let claim = config.and_then(|config| self.claim(config, &kept.packet));
            Mailed { kept, claim }
        });
        let mailbox: Vec<Mailed> = mailbox.collect();
        let mut sum = Sum::default();
        for mailed in &mailbox {
            sum.add(&mailed.kept.packet);
        }
        let held = mailbox.iter().map(Mailed::held_bytes).sum();
        let held = self.memory.hold(Owner::Domain(owner.domain), held);
        let aside = self.users[user].aside_mut();
        aside.forget_sessions();
        aside.linger = Some(Linger { until, mailbox, sum, held });
        self.deadline(until, Alarm::User(user));
    }

    /// Ends the linger of a user who has a session again, which is given what waited for it. Returns whether there was
    /// one.
    pub(in crate::router) fn end_linger(&mut self, user: Slot, session: Slot) -> bool {
        let owner = &mut self.users[user];
        let Some(linger) = owner.aside.as_mut().and_then(|aside| aside.linger.take()) else { return false };
        owner.tidy_aside();
        let (mut left, mut messages) = (linger.mailbox, Vec::new());
        let kept: Vec<Kept> = left.iter().map(|mailed| mailed.kept.clone()).collect();
        let surplus = surplus(&kept, &self.limits);
        messages.extend(left.drain(surplus..).map(|mailed| mailed.kept));
        self.start_with(session, messages);
        self.give_back_of(user, left);
        true
    }

    /// Keeps a message for a user who lingers, if there is room. Returns whether it is sure to come back if no session
    /// fetches it: then it counts as delivered.
    pub(in crate::router) fn keep_lingering(&mut self, user: Slot, packet: &Packet) -> bool {
        let owner = &self.users[user];
        let Some(linger) = owner.linger() else { return false };
        let fits = linger.sum.has_room(packet, &self.limits);
        let config = self.takes_back(owner.domain).filter(|_| packet.is_unicast_to(owner.profile.name()));
        let claim = config.filter(|_| fits).and_then(|config| self.claim(config, packet));
        let returns = claim.is_some();
        if config.is_some() && !returns {
            return false; // it is not lost: the site is told that nobody has got it, and keeps it
        }
        if fits {
            let owner = &mut self.users[user];
            let kept = Kept { given: owner.given, packet: packet.clone(), late: false };
            let mailed = Mailed { kept, claim };
            if let Some(linger) = &mut owner.aside_mut().linger {
                linger.held.add(mailed.held_bytes());
                linger.sum.add(packet);
                linger.mailbox.push(mailed);
            }
        } else {
            self.counters.messages_lost_total += 1;
        }
        returns
    }

    /// A user may have lingered long enough.
    pub(in crate::router) fn on_user_alarm(&mut self, user: Slot) {
        let lingered = self.users.get(user).and_then(|user| user.linger());
        if lingered.is_some_and(|linger| linger.until <= self.now) {
            self.go_offline(user, None);
        }
    }

    /// Ends all that a user has, and takes what no session has acknowledged, each message once.
    pub(in crate::router) fn take_messages(&mut self, user: Slot) -> Vec<Mailed> {
        let messages = self.take_sessions(user);
        let linger = self.users[user].aside.take().and_then(|aside| aside.linger);
        let mailbox = linger.map(|linger| linger.mailbox).unwrap_or_default();
        messages.into_iter().map(Mailed::unclaimed).chain(mailbox).collect()
    }

    /// Gives messages of a user back to the site.
    pub(in crate::router) fn give_back_of(&mut self, user: Slot, left: Vec<Mailed>) {
        if !left.is_empty() {
            let (domain, profile) = (self.users[user].domain, self.users[user].profile.clone());
            self.give_back(domain, profile.name(), left);
        }
    }

    /// Gives messages of a user back to the site, as far as they were said to this user and the site takes them. The rest
    /// is lost.
    pub(in crate::router) fn give_back(&mut self, domain: DomainId, name: &str, left: Vec<Mailed>) {
        let config = self.takes_back(domain);
        let (mut messages, mut missed, mut others) = (Vec::new(), 0, 0);
        for Mailed { kept: Kept { packet, .. }, claim } in left {
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
            self.effects.push(Effect::Undelivered(Undelivered { domain, messages }));
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
