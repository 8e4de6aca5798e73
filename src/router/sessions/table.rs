//! The sessions of this place: their start, their end, and the lists of each user's sessions.
//!
//! Owns: the table of sessions, and the count of packets that wait in their queues. Must not: answer a poll, but for
//! those of a session that ends.

use std::sync::Arc;

use super::aside::KeptSignal;
use super::backlog::KeptMessage;
use super::ended::{EndedPage, EndedSessions};
use super::label::Label;
use super::pace::PollPace;
use super::session::{NewSession, Session, SessionEnd, SessionList};
use super::space::{PushOutcome, Space};
use super::storm::Load;
use crate::base::clock::{Moment, Tick};
use crate::base::domains::DomainId;
use crate::base::limits::chat::{RETRY_MS_MAX, RETRY_MS_MIN};
use crate::base::limits::{Limits, Timeouts};
use crate::base::memory::Memory;
use crate::base::slots::{Slot, Slots};
use crate::router::call::{Answer, Delivery, Packets, Reason, Refusal};
use crate::router::directory::Directory;
use crate::router::ids::{CallKey, Ticket};
use crate::router::mail::Alarm;
use crate::router::out::Out;
use crate::router::packet::{Packet, Reader};

/// The sessions of this place.
#[derive(Debug)]
pub(in crate::router) struct Sessions {
    directory: Directory,
    limits: Arc<Limits>,
    memory: Memory,
    pace: PollPace,
    table: Slots<Session>,
    ended: EndedSessions,
}

/// What a session that has ended had not acknowledged, each kind in its order, and what its page may still acknowledge.
#[derive(Debug)]
pub(in crate::router) struct Leavings {
    pub(in crate::router) messages: Vec<KeptMessage>,
    pub(in crate::router) signals: Vec<KeptSignal>,
    pub(in crate::router) page: EndedPage,
}

/// What queueing a packet changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueChange {
    pub(super) pushed: PushOutcome,
    /// How many packets waited before.
    pub(super) before: usize,
    /// How many wait now.
    pub(super) after: usize,
}

impl Sessions {
    pub(in crate::router) fn new(
        directory: Directory,
        limits: Arc<Limits>,
        timeouts: Arc<Timeouts>,
        memory: Memory,
    ) -> Sessions {
        let (pace, ended) = (PollPace::new(timeouts), EndedSessions::new(memory.clone()));
        Sessions { directory, limits, memory, pace, table: Slots::default(), ended }
    }

    pub(in crate::router) fn begin_turn(&mut self, now: Tick, load: Load) {
        self.pace.begin_turn(now, load);
    }

    pub(in crate::router) fn len(&self) -> usize {
        self.table.len()
    }

    pub(in crate::router) fn get(&self, slot: Slot) -> Option<&Session> {
        self.table.get(slot)
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Session> {
        self.table.get_mut(slot)
    }

    /// A session that is known to be there.
    pub(super) fn session_mut(&mut self, slot: Slot) -> &mut Session {
        &mut self.table[slot]
    }

    pub(super) fn pace(&self) -> &PollPace {
        &self.pace
    }

    pub(super) fn pace_mut(&mut self) -> &mut PollPace {
        &mut self.pace
    }

    /// Whether the server is going down.
    pub(in crate::router) fn is_draining(&self) -> bool {
        self.pace.is_draining()
    }

    /// Begins the drain of all sessions.
    pub(super) fn begin_drain(&mut self) {
        self.pace.begin_drain(self.table.iter().map(|(slot, _)| slot).collect());
    }

    /// The session a ticket is good for, in this domain.
    pub(in crate::router) fn find(&self, domain: DomainId, ticket: &Ticket) -> Option<Slot> {
        if !self.directory.issued(ticket) {
            return None;
        }
        let slot = ticket.session.slot;
        self.table.get(slot)?.admits(domain, ticket).then_some(slot)
    }

    pub(in crate::router) fn ticket(&self, slot: Slot) -> Ticket {
        self.directory.ticket(slot, *self.table[slot].secret())
    }

    /// The sessions of a user, newest first.
    pub(in crate::router) fn of(&self, list: SessionList) -> impl Iterator<Item = Slot> {
        std::iter::successors(list.newest(), |session| self.older(*session))
    }

    /// The domain of a session.
    pub(super) fn domain_of(&self, slot: Slot) -> DomainId {
        self.table[slot].domain()
    }

    /// The user's session before this one.
    pub(in crate::router) fn older(&self, slot: Slot) -> Option<Slot> {
        self.table[slot].older()
    }

    /// Counts one more session of a domain, if it has a place for one.
    pub(in crate::router) fn admit(out: &Out, domain: DomainId) -> Result<(), Refusal> {
        // Another shard knows the domain already, or still: this one is late.
        let config = out.domain(domain).ok_or(Refusal::Late)?;
        if config.present.sessions.admit(config.max_sessions) {
            Ok(())
        } else {
            Err(Refusal::TooManySessions)
        }
    }

    /// Counts one session less of a domain.
    pub(in crate::router) fn release(out: &Out, domain: DomainId) {
        // A removed domain's gauge went with it.
        if let Some(config) = out.domain(domain) {
            config.present.sessions.release();
        }
    }

    /// Starts a session that was admitted, as the first of the user's list.
    pub(in crate::router) fn start(
        &mut self,
        out: &mut Out,
        list: &mut SessionList,
        new: NewSession,
    ) -> Slot {
        let slot = self.table.insert(Session::new(new, list.newest(), Moment::not_before(out.now())));
        list.set_newest(Some(slot));
        out.counters_mut().sessions_started_total += 1;
        let due = out.now().after(self.pace.session_cut_ms());
        self.set_due(out, slot, due);
        slot
    }

    /// Queues messages to a session that has just started. They must fit.
    pub(in crate::router) fn start_with(&mut self, out: &mut Out, slot: Slot, messages: Vec<KeptMessage>) {
        let session = &mut self.table[slot];
        debug_assert!(session.queue().is_empty(), "it has just started");
        out.charge(session.domain(), messages.len());
        if let Some(first) = messages.iter().find(|kept| !kept.late) {
            session.begin_row(first.given);
        }
        for KeptMessage { given, packet, late } in messages {
            let label = if late { Label::Late(given) } else { Label::Inherited(given) };
            let pushed = self.queue(out, slot, packet, label).pushed;
            debug_assert_eq!(pushed, PushOutcome::Queued, "they were cut to the limits");
        }
    }

    /// Queues a packet, and counts what waits. Answers no poll.
    pub(super) fn queue(&mut self, out: &mut Out, slot: Slot, packet: Packet, label: Label) -> QueueChange {
        let session = &mut self.table[slot];
        let space = Space { limits: &self.limits, memory: &self.memory, domain: session.domain() };
        let before = session.queue().len();
        let pushed = session.queue_mut().push(packet, label, space);
        let after = session.queue().len();
        let counters = out.counters_mut();
        counters.packets_waiting -= before as u64;
        counters.packets_waiting += after as u64;
        QueueChange { pushed, before, after }
    }

    /// Removes the packets that a poll acknowledges, and counts what waits. Returns the messages among them that were
    /// taken over late.
    pub(super) fn unqueue(&mut self, out: &mut Out, slot: Slot, seq: Option<u64>) -> Vec<u64> {
        let queue = self.table[slot].queue_mut();
        let mut late = Vec::new();
        let counters = out.counters_mut();
        counters.packets_waiting -= queue.len() as u64;
        queue.acknowledge(seq, |given| late.push(given));
        counters.packets_waiting += queue.len() as u64;
        late
    }

    /// Queues a signal of another session, or of the mailbox. A parked poll is not answered by it.
    pub(in crate::router) fn pass(&mut self, out: &mut Out, slot: Slot, kept: &KeptSignal) -> PushOutcome {
        let pushed = self.queue(out, slot, kept.packet.clone(), Label::PassedSignal(kept.given)).pushed;
        out.counters_mut().signals_dropped_total += u64::from(pushed == PushOutcome::Full);
        pushed
    }

    /// Queues a message of a session that has ended. A parked poll is not answered by it.
    pub(in crate::router) fn take_over(
        &mut self,
        out: &mut Out,
        slot: Slot,
        kept: &KeptMessage,
    ) -> PushOutcome {
        self.queue(out, slot, kept.packet.clone(), Label::Late(kept.given)).pushed
    }

    /// Takes a session out of the table and of its user's list; its polls are answered. Returns what it has not
    /// acknowledged.
    pub(in crate::router) fn end(
        &mut self,
        out: &mut Out,
        list: &mut SessionList,
        slot: Slot,
        end: SessionEnd,
    ) -> Leavings {
        let counters = out.counters_mut();
        let reason = match end {
            SessionEnd::BySite => Reason::Offline,
            SessionEnd::Expired => {
                counters.sessions_renewed_total += 1;
                Reason::Renew
            }
            SessionEnd::Limit => {
                counters.sessions_limited_total += 1;
                Reason::Limit
            }
            SessionEnd::Silent => {
                counters.sessions_expired_total += 1;
                Reason::Offline
            }
            SessionEnd::Overflow { .. } => {
                counters.sessions_overflowed_total += 1;
                Reason::Overflow
            }
        };
        let line = self.table[slot].line_mut();
        let stream = line.answering_stream();
        for key in line.take_polls().chain(stream) {
            self.stop(out, slot, key, reason);
        }
        self.unlist(list, slot);
        let session = self.table.remove(slot).expect("it was there above");
        let (user, domain, secret) = (session.user(), session.domain(), *session.secret());
        let queue = session.into_queue();
        let (issued, answered) = (queue.issued(), queue.answered_given());
        let page = EndedPage { user, domain, secret, issued, answered };
        Sessions::release(out, domain);
        out.counters_mut().packets_waiting -= queue.len() as u64;
        let signals: Vec<KeptSignal> = queue.signals().collect();
        let mut messages = queue.into_messages();
        messages.sort_by_key(|kept| kept.given);
        out.charge(domain, messages.len() + signals.len());
        Leavings { messages, signals, page }
    }

    /// Lets the page of a session that has ended acknowledge for a while.
    pub(in crate::router) fn keep_ended(&mut self, out: &mut Out, slot: Slot, page: EndedPage) {
        let until = out.now().after(self.pace.linger_ms());
        if self.ended.keep(slot, page, until) {
            out.set_alarm(until, Alarm::Session(slot));
        }
    }

    /// Takes what the page of a session acknowledges that has ended a moment ago. Returns its user and, of all that was
    /// queued to the user, which packets these are.
    pub(in crate::router) fn take_ended(
        &mut self,
        domain: DomainId,
        ticket: &Ticket,
        seq: u64,
    ) -> Option<(Slot, Vec<u64>)> {
        if !self.directory.issued(ticket) {
            return None;
        }
        self.ended.take(domain, ticket, seq)
    }

    /// Forgets a session that has ended, if its page may acknowledge no more.
    pub(super) fn expire_ended(&mut self, slot: Slot, now: Tick) {
        self.ended.expire(slot, now);
    }

    /// Takes these messages out of what a session has inherited or taken over and was never answered with: a page has
    /// acknowledged them since.
    pub(in crate::router) fn withdraw(&mut self, out: &mut Out, slot: Slot, given: &[u64]) {
        let queue = self.table[slot].queue_mut();
        let counters = out.counters_mut();
        counters.packets_waiting -= queue.len() as u64;
        queue.withdraw(given);
        counters.packets_waiting += queue.len() as u64;
    }

    fn unlist(&mut self, list: &mut SessionList, slot: Slot) {
        let older = self.older(slot);
        if list.newest() == Some(slot) {
            list.set_newest(older);
        } else {
            let newer = self.of(*list).find(|newer| self.older(*newer) == Some(slot));
            self.table[newer.expect("every session is in the list")].set_older(older);
        }
    }

    /// Answers a poll `stopped`. Nothing is delivered with it, so its fate does not matter.
    pub(super) fn stop(&self, out: &mut Out, slot: Slot, key: CallKey, reason: Reason) {
        let retry_ms = match reason {
            Reason::Shutdown | Reason::Limit => {
                Some(RETRY_MS_MIN + self.spread(out.now(), &self.table[slot], RETRY_MS_MAX - RETRY_MS_MIN))
            }
            Reason::Offline | Reason::Replaced | Reason::Renew | Reason::Overflow => None,
        };
        let delivery = self.delivery(slot, Packets::None);
        out.answer(key, Answer::Packets(Delivery { stopped: Some(reason), retry_ms, ..delivery }));
    }

    /// An answer to a poll, with these packets.
    pub(super) fn delivery(&self, slot: Slot, packets: Packets) -> Delivery {
        let session = &self.table[slot];
        Delivery {
            session: self.directory.session_key(slot),
            domain: session.domain(),
            packets,
            reader: Reader::V6,
            seq: session.queue().sent(),
            stopped: None,
            retry_ms: None,
        }
    }

    /// A number up to `most`, another one for every session and time.
    pub(super) fn spread(&self, now: Tick, session: &Session, most: u64) -> u64 {
        self.directory.places().spread((session.secret(), now.ms())) % (most + 1)
    }

    /// Sets the next deadline.
    pub(super) fn set_due(&mut self, out: &mut Out, slot: Slot, due: Tick) {
        // A drain stops the polls of all sessions in its own time: none expires any more.
        let expires = !self.pace.is_draining();
        if let Some(alarm) = self.table[slot].set_due(due, out.now(), expires) {
            out.set_alarm(alarm, Alarm::Session(slot));
        }
    }
}

impl std::ops::Index<Slot> for Sessions {
    type Output = Session;

    /// For sessions that are known to be there.
    fn index(&self, slot: Slot) -> &Session {
        &self.table[slot]
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Sessions {
    pub(in crate::router) fn iter(&self) -> impl Iterator<Item = (Slot, &Session)> {
        self.table.iter()
    }

    /// What the page of an ended session may still acknowledge up to `seq`.
    pub(in crate::router) fn peek_ended(&self, ticket: &Ticket, seq: u64) -> Option<(Slot, Vec<u64>)> {
        self.ended.peek(ticket, seq)
    }

    /// What ended sessions hold of the shard's memory.
    pub(in crate::router) fn held_by_ended(&self) -> impl Iterator<Item = (DomainId, usize)> {
        self.ended.held()
    }

    /// When each ended session is forgotten.
    pub(in crate::router) fn ends_of_ended(&self) -> impl Iterator<Item = (Slot, Tick)> {
        self.ended.ends()
    }

    /// Asserts what must hold in each session, and of the count of packets that wait.
    pub(in crate::router) fn check(&self, packets_waiting: u64) {
        let waiting: usize = self.iter().map(|(_, session)| session.queue().len()).sum();
        assert_eq!(packets_waiting, waiting as u64, "what waits is counted");
        for (_, session) in self.iter() {
            session.queue().check();
            assert!(session.parked().is_none() || !session.queue().has_news(), "a poll is parked on news");
            let unanswered = session
                .queue()
                .messages()
                .filter(|(_, label, answered, _)| !answered && label.in_row().is_some());
            assert!(unanswered.map(|(given, ..)| given).is_sorted(), "what was not answered yet is in order");
        }
    }
}
