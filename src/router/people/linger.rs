//! The linger: messages that the last session of a user leaves, for the next session or for the site.
//!
//! Owns: when a user begins to linger, and what goes back to the site. Must not: reach the site; what goes back to it
//! is an effect. A message is delivered when one of the user's sessions has acknowledged it. What none has acknowledged
//! goes from session to session (`handover`), and if the user goes offline, back to the site, if that takes it and
//! there is room on the way.

use super::mailbox::{Linger, MailboxMessage};
use super::signal_box::SignalBox;
use super::tables::People;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::mail::{Alarm, Returned, Undelivered};
use crate::router::out::Out;
use crate::router::packet::Packet;
use crate::router::sessions::backlog::KeptMessage;

impl People {
    /// Keeps what the user's last session left, for the next one.
    pub(super) fn begin_linger(&mut self, out: &mut Out, user: Slot, messages: Vec<KeptMessage>) {
        let until = out.now().after(self.linger_ms);
        let owner = &self.users[user];
        let (domain, name) = (owner.domain(), owner.profile().name());
        let config = self.sites.takes_back(domain);
        // No session is left that could hold one of them, so they are a row, whichever way they came.
        let messages = messages.into_iter().map(|kept| KeptMessage { late: false, ..kept });
        // They claim their places before later ones do: they were counted as delivered already.
        let mailbox = messages.map(|kept| {
            let config = config.filter(|_| kept.packet.is_unicast_to(name));
            let claim = config.and_then(|config| self.sites.claim(config, &kept.packet));
            MailboxMessage { kept, claim }
        });
        let linger = Linger::new(until, mailbox.collect(), domain, &self.memory);
        let signals = SignalBox::new(until, domain, &self.memory);
        self.users[user].extras_mut().begin_linger(linger, signals);
        out.set_alarm(until, Alarm::User(user));
    }

    /// Keeps a message for a user who lingers, if there is room. Returns whether it is sure to come back if no session
    /// fetches it: then it counts as delivered.
    pub(super) fn keep_lingering(&mut self, out: &mut Out, user: Slot, packet: &Packet) -> bool {
        let owner = &self.users[user];
        let Some(linger) = owner.linger() else { return false };
        let fits = linger.has_room(packet, &self.limits);
        let config = self.sites.takes_back(owner.domain());
        let config = config.filter(|_| packet.is_unicast_to(owner.profile().name()));
        let claim = config.filter(|_| fits).and_then(|config| self.sites.claim(config, packet));
        let returns = claim.is_some();
        if config.is_some() && !returns {
            return false; // it is not lost: the site reads in the answer that no session was given it, and keeps it
        }
        if fits {
            let owner = &mut self.users[user];
            let kept = KeptMessage { given: owner.given(), packet: packet.clone(), late: false };
            let dropped = owner.extras_mut().keep_message(MailboxMessage { kept, claim }, &self.limits);
            out.counters_mut().signals_dropped_total += dropped as u64;
        } else {
            out.counters_mut().messages_lost_total += 1;
        }
        returns
    }

    /// Gives messages of a user back to the site.
    pub(super) fn give_back_of(&self, out: &mut Out, user: Slot, left: Vec<MailboxMessage>) {
        if !left.is_empty() {
            let owner = &self.users[user];
            self.give_back(out, owner.domain(), owner.profile().name(), left);
        }
    }

    /// Gives messages of a user back to the site, if the user was their only receiver and the site takes them. The
    /// others are lost.
    pub(super) fn give_back(&self, out: &mut Out, domain: DomainId, name: &str, left: Vec<MailboxMessage>) {
        let config = self.sites.takes_back(domain);
        let (mut messages, mut missed, mut others) = (Vec::new(), 0, 0);
        for MailboxMessage { kept: KeptMessage { packet, .. }, claim } in left {
            match config.filter(|_| packet.is_unicast_to(name)) {
                Some(config) => match claim.or_else(|| self.sites.claim(config, &packet)) {
                    Some(claim) => messages.push(Returned { packet, claim }),
                    None => missed += 1,
                },
                None => others += 1,
            }
        }
        let counters = out.counters_mut();
        counters.messages_lost_total += others;
        counters.undelivered_total += messages.len() as u64 + missed;
        counters.undelivered_lost_total += missed;
        if !messages.is_empty() {
            out.give_back(Undelivered { domain, messages });
        }
    }
}
