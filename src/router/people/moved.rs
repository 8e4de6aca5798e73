//! A user moves to the node that owns its name now.
//!
//! Owns: what the old owner ends and sends on, and what the new one makes of it. Must not: decide who owns a name, or
//! which users go when; `moving` does.
//!
//! The user comes to the new owner before its pages do, and lingers there: what is said to it meanwhile waits, as it does
//! between two pages. Nobody is shown that it went. If the new owner does not take it, what waited goes back to the
//! site.

use super::mailbox::MailboxMessage;
use super::presence::Departure;
use super::tables::People;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::call::Refusal;
use crate::router::ids::Place;
use crate::router::mail::{Mail, Moved, Part};
use crate::router::out::Out;
use crate::router::packet::Packet;
use crate::router::profile::Profile;
use crate::router::sessions::backlog::KeptMessage;
use crate::router::sessions::session::SessionEnd;

/// Messages go in one piece of mail up to this many bytes, and one more message.
const BYTES_PER_MAIL: usize = 128 * 1_024;

impl People {
    /// The users whose names this place does not own.
    pub(in crate::router) fn not_owned_by(&self, here: Place, out: &Out) -> Vec<Slot> {
        let mut users = self.slots();
        users.retain(|user| {
            let owner = self.user(*user);
            out.owner_of(owner.domain(), owner.profile().name()) != here
        });
        users
    }

    /// Sends a user to the owner of its name, and its pages to their site, which finds the user there.
    pub(in crate::router) fn send_away(&mut self, out: &mut Out, user: Slot, here: Place) {
        let Some(owner) = self.get(user) else { return };
        let to = out.owner_of(owner.domain(), owner.profile().name());
        if self.is_draining() || to == here {
            return;
        }
        let messages = self.take_messages(out, user, SessionEnd::Expired);
        let key = self.directory().user_key(user);
        let gone = self.remove_user(user);
        let (domain, profile) = (gone.domain(), gone.profile());
        self.send_on(out, to, (domain, profile), messages);
        self.part(out, Departure { gather: None, user: key, domain, profile }, &gone);
    }

    fn send_on(
        &self,
        out: &mut Out,
        to: Place,
        (domain, profile): (DomainId, &Profile),
        messages: Vec<MailboxMessage>,
    ) {
        let gather = self.nobody_waits();
        let mut packets = messages.into_iter().map(|mailed| mailed.kept.packet).peekable();
        loop {
            let (mut messages, mut bytes) = (Vec::new(), 0);
            while bytes < BYTES_PER_MAIL
                && let Some(packet) = packets.next()
            {
                bytes += packet.share();
                messages.push(packet);
            }
            let moved = Moved { gather, domain, profile: profile.clone(), messages };
            out.send(to, Mail::Moved(Box::new(moved)));
            if packets.peek().is_none() {
                return;
            }
        }
    }

    /// Handles [`Mail::Moved`].
    pub(in crate::router) fn on_moved(&mut self, out: &mut Out, moved: Moved) {
        let Moved { gather, domain, profile, messages } = moved;
        let taken = self.take_in(out, domain, profile, messages);
        out.report(gather, taken.map_or_else(Part::Refused, |()| Part::Done));
    }

    fn take_in(
        &mut self,
        out: &mut Out,
        domain: DomainId,
        profile: Profile,
        messages: Vec<Packet>,
    ) -> Result<(), Refusal> {
        if self.is_draining() {
            return Err(Refusal::ShuttingDown);
        }
        if !self.admits(domain) {
            return Err(Refusal::Overloaded);
        }
        if let Some(user) = self.find(domain, profile.name()) {
            // A page was faster, or this is not the first piece of mail.
            for packet in messages {
                self.take_in_one(out, user, packet);
            }
            return Ok(());
        }
        out.welcome(domain, profile.name());
        let user = self.add_user(domain, profile)?;
        let number = |packet| KeptMessage { given: self.user_mut(user).number_next(), packet, late: false };
        let messages = messages.into_iter().map(number).collect();
        self.begin_linger(out, user, messages);
        self.assert_reachable(user);
        Ok(())
    }

    fn take_in_one(&mut self, out: &mut Out, user: Slot, packet: Packet) {
        let outcome = self.deliver(out, user, &packet, None);
        let owner = self.user(user);
        if outcome.sessions == 0 && self.keeping().takes_back(owner.domain(), owner.profile().name(), &packet)
        {
            let kept = KeptMessage { given: owner.given(), packet, late: false };
            self.give_back_of(out, user, vec![MailboxMessage::unclaimed(kept)]);
        }
    }

    /// Handles [`Mail::Stranded`]: what waited for the user goes back to the site.
    pub(in crate::router) fn on_stranded(&self, out: &mut Out, stranded: Moved) {
        let Moved { domain, profile, messages, .. } = stranded;
        let messages = messages
            .into_iter()
            .map(|packet| MailboxMessage::unclaimed(KeptMessage { given: 0, packet, late: false }));
        self.keeping().give_back(out, domain, profile.name(), messages.collect());
    }
}
