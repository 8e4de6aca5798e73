//! Sessions that have ended a moment ago, and what their pages may still acknowledge.
//!
//! Owns: [`EndedSessions`]: for as long as users linger, the numbers of what such a session was answered and had not
//! acknowledged. Must not: hold a packet, or know what has become of one since.
//!
//! The acknowledgement of a page that leaves and the end of its session go different ways, so either may be first.

use std::collections::BTreeMap;

use subtle::ConstantTimeEq;

use crate::base::clock::Tick;
use crate::base::domains::DomainId;
use crate::base::memory::{Held, Memory, Owner};
use crate::base::slots::Slot;
use crate::router::ids::Ticket;

/// See the module. Most sessions that end have acknowledged everything, and are not in it.
#[derive(Debug)]
pub(super) struct EndedSessions {
    memory: Memory,
    sessions: BTreeMap<Slot, EndedSession>,
}

/// What is known of a session when it ends.
#[derive(Debug)]
pub(in crate::router) struct EndedPage {
    pub(super) user: Slot,
    pub(super) domain: DomainId,
    pub(super) secret: [u8; 16],
    /// The last number given to a packet of it.
    pub(super) issued: u64,
    /// What it was answered and has not acknowledged: the numbers of the packets, in their order, and which of all that
    /// was queued to its user each of them is.
    pub(super) answered: Vec<(u64, u64)>,
}

#[derive(Debug)]
struct EndedSession {
    page: EndedPage,
    /// When it is forgotten.
    until: Tick,
    held: Held,
}

impl EndedSessions {
    pub(super) fn new(memory: Memory) -> EndedSessions {
        EndedSessions { memory, sessions: BTreeMap::new() }
    }

    /// Keeps a session that has ended, if something is left to acknowledge and there is room for its domain. Returns
    /// whether it did.
    pub(super) fn keep(&mut self, session: Slot, page: EndedPage, until: Tick) -> bool {
        let keeps = !page.answered.is_empty() && self.memory.has_room_under_way(page.domain);
        if keeps {
            let held = self.memory.hold(Owner::Domain(page.domain), page.held_bytes());
            self.sessions.insert(session, EndedSession { page, until, held });
        }
        keeps
    }

    /// Takes what a page acknowledges up to `seq`. Returns its user and, of all that was queued to the user, which
    /// packets these are; `None` if no such session has ended a moment ago, or it never had this number.
    pub(super) fn take(&mut self, domain: DomainId, ticket: &Ticket, seq: u64) -> Option<(Slot, Vec<u64>)> {
        let EndedSession { page, held, .. } = self.sessions.get_mut(&ticket.session.slot)?;
        let right: bool = page.secret.ct_eq(&ticket.secret).into();
        if !right || page.domain != domain || seq > page.issued {
            return None;
        }
        let acknowledged = page.answered.partition_point(|(number, _)| *number <= seq);
        let given = page.answered.drain(..acknowledged).map(|(_, given)| given).collect();
        page.answered.shrink_to_fit();
        held.set(page.held_bytes());
        Some((page.user, given))
    }

    /// Forgets a session whose time is over.
    pub(super) fn expire(&mut self, session: Slot, now: Tick) {
        if self.sessions.get(&session).is_some_and(|ended| ended.until <= now) {
            self.sessions.remove(&session);
        }
    }
}

impl EndedPage {
    /// What it takes of the shard's memory.
    fn held_bytes(&self) -> usize {
        size_of::<(Slot, EndedSession)>() + self.answered.capacity() * size_of::<(u64, u64)>()
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl EndedSessions {
    /// What a page may acknowledge up to `seq`: its user, and which of all that was queued to the user it is.
    pub(super) fn peek(&self, ticket: &Ticket, seq: u64) -> Option<(Slot, Vec<u64>)> {
        let ended = self.sessions.get(&ticket.session.slot);
        let page = &ended.filter(|it| it.page.secret == ticket.secret && seq <= it.page.issued)?.page;
        let acknowledged = page.answered.iter().take_while(|(number, _)| *number <= seq);
        Some((page.user, acknowledged.map(|(_, given)| *given).collect()))
    }

    /// What each holds of the shard's memory.
    pub(super) fn held(&self) -> impl Iterator<Item = (DomainId, usize)> {
        self.sessions.values().map(|ended| {
            assert_eq!(ended.held.bytes(), ended.page.held_bytes(), "what is held is there");
            (ended.page.domain, ended.held.bytes())
        })
    }

    /// When each is forgotten.
    pub(super) fn ends(&self) -> impl Iterator<Item = (Slot, Tick)> {
        self.sessions.iter().map(|(session, ended)| (*session, ended.until))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::router::ids::{Place, SessionKey};

    const DOMAIN: DomainId = DomainId(0);

    fn slot() -> Slot {
        Slot { index: 3, generation: NonZeroU32::MIN }
    }

    fn page(answered: &[(u64, u64)]) -> EndedPage {
        EndedPage { user: slot(), domain: DOMAIN, secret: [7; 16], issued: 9, answered: answered.to_vec() }
    }

    #[test]
    fn what_is_acknowledged_is_taken_once_and_by_its_own_ticket_only() {
        let memory = Memory::new(1 << 20);
        let mut ended = EndedSessions::new(memory.clone());
        let until = Tick::ZERO.after(8_000);
        assert!(!ended.keep(slot(), page(&[]), until), "nothing is left to acknowledge");
        assert!(ended.keep(slot(), page(&[(4, 10), (6, 9), (7, 12)]), until));
        let session = SessionKey { place: Place::new(0), slot: slot() };
        let ticket = |secret| Ticket { epoch: 1, session, secret };
        let mut take = |domain, secret, seq| ended.take(domain, &ticket(secret), seq);
        assert_eq!(take(DOMAIN, [8; 16], 7), None);
        assert_eq!(take(DomainId(1), [7; 16], 7), None);
        assert_eq!(take(DOMAIN, [7; 16], 10), None, "it was never issued");
        assert_eq!(take(DOMAIN, [7; 16], 6), Some((slot(), vec![10, 9])));
        assert_eq!(take(DOMAIN, [7; 16], 6), Some((slot(), vec![])), "it comes twice");
        assert!(memory.bytes() > 0);
        ended.expire(slot(), Tick::ZERO.after(7_999));
        assert_eq!(ended.take(DOMAIN, &ticket([7; 16]), 9), Some((slot(), vec![12])));
        ended.expire(slot(), until);
        assert_eq!((ended.take(DOMAIN, &ticket([7; 16]), 9), memory.bytes()), (None, 0));
    }

    #[test]
    fn nothing_is_remembered_of_a_domain_without_room() {
        let mut ended = EndedSessions::new(Memory::new(0));
        assert!(!ended.keep(slot(), page(&[(1, 1)]), Tick::ZERO.after(1)));
    }
}
