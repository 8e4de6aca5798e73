//! Acknowledgements of pages whose sessions have ended.
//!
//! Owns: what such an acknowledgement removes of what waits (protocol, "Acknowledgement"). Must not: send mail, or know
//! how long such a page may acknowledge; [`Sessions`](crate::router::sessions::table::Sessions) does.
//!
//! A page that leaves acknowledges here, and its site ends its session by a call: the end may come first. Then what was
//! not acknowledged waits in the mailbox, or has been handed over. From there it is taken out, unless another
//! page was answered with it already or was given it while both were there: that page acknowledges it itself.

use super::tables::People;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::call::{Ack, Answer, Caller, Refusal};
use crate::router::ids::Ticket;
use crate::router::out::Out;

impl People {
    /// `/packets/ack`.
    pub(in crate::router) fn acknowledge(&mut self, out: &mut Out, caller: Caller, ack: Ack) {
        let Caller { key, domain, .. } = caller;
        let Ack { ticket, seq } = ack;
        if let Some((_, session)) = self.find_ticket(domain, &ticket) {
            self.take_ack(out, session, (key, seq));
        } else if self.acknowledge_ended(out, domain, &ticket, seq) {
            out.counters_mut().acks_total += 1;
            out.answer(key, Answer::Done);
        } else {
            out.refuse(key, Refusal::NoClient);
        }
    }

    /// Removes what the page of an ended session acknowledges from what waits. Returns whether that was still possible.
    pub(super) fn acknowledge_ended(
        &mut self,
        out: &mut Out,
        domain: DomainId,
        ticket: &Ticket,
        seq: u64,
    ) -> bool {
        let Some((user, mut given)) = self.take_ended(domain, ticket, seq) else { return false };
        if self.get(user).is_none() {
            return false;
        }
        given.sort_unstable();
        out.charge(domain, given.len());
        self.withdraw_from(out, user, &given);
        true
    }

    /// Takes these of all packets that were queued to a user out of what waits. They ascend.
    fn withdraw_from(&mut self, out: &mut Out, user: Slot, given: &[u64]) {
        if self.user(user).extras().is_some() && self.user_mut(user).extras_mut().withdraw(given) {
            return; // no session is left that could have any of it
        }
        let sessions: Vec<Slot> = self.sessions_of(user).collect();
        for session in &sessions {
            self.withdraw(out, *session, given);
        }
        let floor = sessions.iter().filter_map(|session| self.session(*session).queue().acknowledged()).min();
        let (owner, keeping) = self.user_with_keeping(user);
        owner.extras_mut().acknowledge_given(given, floor, keeping.limits().queue_messages);
        owner.tidy();
    }
}
