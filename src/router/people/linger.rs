//! The linger: messages that the last session of a user leaves, for the next session or for the site.
//!
//! Owns: when a user begins to linger, and which messages wait meanwhile. Must not: judge what goes back to the site;
//! `keeping` does. A message is delivered when one of the user's sessions has acknowledged it. What none has
//! acknowledged goes from session to session (`handover`), and if the user goes offline, back to the site, if that
//! takes it and there is room on the way.

use super::mailbox::MailboxMessage;
use super::tables::People;
use crate::base::slots::Slot;
use crate::router::mail::Alarm;
use crate::router::out::Out;
use crate::router::packet::Packet;
use crate::router::sessions::backlog::KeptMessage;

impl People {
    /// Keeps what the user's last session left, for the next one.
    pub(super) fn begin_linger(&mut self, out: &mut Out, user: Slot, messages: Vec<KeptMessage>) {
        let (owner, keeping) = self.user_with_keeping(user);
        let (until, domain) = (keeping.until(out.now()), owner.domain());
        let linger = keeping.mailbox(until, domain, owner.profile().name(), messages);
        owner.extras_mut().begin_linger(linger, keeping.signal_box(until, domain));
        out.set_alarm(until, Alarm::User(user));
    }

    /// Keeps a message for a user who lingers, if there is room. Returns whether it is sure to come back if no session
    /// fetches it: then it counts as delivered.
    pub(super) fn keep_lingering(&mut self, out: &mut Out, user: Slot, packet: &Packet) -> bool {
        let (owner, keeping) = self.user_with_keeping(user);
        let (domain, name) = (owner.domain(), owner.profile().name());
        let Some(linger) = owner.linger() else { return false };
        let fits = linger.has_room(packet, keeping.limits());
        let claim = if fits { keeping.claim(domain, name, packet) } else { None };
        let returns = claim.is_some();
        if !returns && keeping.takes_back(domain, name, packet) {
            return false; // it is not lost: the site reads in the answer that no session was given it, and keeps it
        }
        let counters = out.counters_mut();
        if fits {
            let kept = KeptMessage { given: owner.given(), packet: packet.clone(), late: false };
            let message = MailboxMessage { kept, claim };
            let dropped = owner.extras_mut().keep_message(message, keeping.limits());
            counters.signals_dropped_total += dropped as u64;
        } else {
            counters.messages_lost_total += 1;
            if let Some(figures) = out.figures(domain) {
                figures.missed(0, 1);
            }
        }
        returns
    }

    /// Gives messages of a user back to the site.
    pub(super) fn give_back_of(&self, out: &mut Out, user: Slot, left: Vec<MailboxMessage>) {
        if !left.is_empty() {
            let owner = self.user(user);
            self.keeping().give_back(out, owner.domain(), owner.profile().name(), left);
        }
    }
}
