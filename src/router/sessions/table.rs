//! The sessions of this place: their start, their end, and the lists of each user's sessions.
//!
//! Owns: the table of sessions, and the count of packets that wait in their queues. Must not: answer a poll, but for
//! those of a session that ends.

use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::aside::KeptSignal;
use super::backlog::{KeptMessage, PushOutcome, Space};
use super::drain::Drain;
use super::label::Label;
use super::session::{NewSession, PollState, Session, SessionEnd, SessionList};
use super::storm::{Load, Storm};
use crate::base::clock::{Moment, Tick};
use crate::base::domains::DomainId;
use crate::base::limits::chat::{RETRY_MS_MAX, RETRY_MS_MIN};
use crate::base::limits::{Limits, Timeouts};
use crate::base::memory::Memory;
use crate::base::slots::{Slot, Slots};
use crate::router::call::{Answer, Delivery, Packets, Reason};
use crate::router::directory::Directory;
use crate::router::ids::{CallKey, Ticket};
use crate::router::mail::Alarm;
use crate::router::out::Out;

/// The sessions of this place.
#[derive(Debug)]
pub(in crate::router) struct Sessions {
    pub(super) directory: Directory,
    pub(super) limits: Arc<Limits>,
    pub(super) timeouts: Arc<Timeouts>,
    pub(super) memory: Memory,
    pub(super) storm: Storm,
    pub(super) table: Slots<Session>,
    /// Set once the server is going down.
    pub(super) drain: Option<Drain>,
}

/// What a session that has ended had not acknowledged, each kind in its order.
#[derive(Debug)]
pub(in crate::router) struct Leavings {
    pub(in crate::router) messages: Vec<KeptMessage>,
    pub(in crate::router) signals: Vec<KeptSignal>,
}

impl Sessions {
    pub(in crate::router) fn new(
        directory: Directory,
        limits: Arc<Limits>,
        timeouts: Arc<Timeouts>,
        memory: Memory,
    ) -> Sessions {
        let storm = Storm::new(timeouts.storm_ms);
        Sessions { directory, limits, timeouts, memory, storm, table: Slots::default(), drain: None }
    }

    pub(in crate::router) fn begin_turn(&mut self, now: Tick, load: Load) {
        self.storm.begin_turn(now, load);
    }

    pub(in crate::router) fn len(&self) -> usize {
        self.table.len()
    }

    pub(in crate::router) fn get(&self, slot: Slot) -> Option<&Session> {
        self.table.get(slot)
    }

    /// Whether the server is going down.
    pub(in crate::router) fn is_draining(&self) -> bool {
        self.drain.is_some()
    }

    /// The session a ticket is good for, in this domain.
    pub(in crate::router) fn find(&self, domain: DomainId, ticket: &Ticket) -> Option<Slot> {
        if !self.directory.issued(ticket) {
            return None;
        }
        let session = self.table.get(ticket.session.slot)?;
        let right: bool = session.secret.ct_eq(&ticket.secret).into();
        (right && session.domain == domain).then_some(ticket.session.slot)
    }

    pub(in crate::router) fn ticket(&self, slot: Slot) -> Ticket {
        self.directory.ticket(slot, self.table[slot].secret)
    }

    /// The sessions of a user, newest first.
    pub(in crate::router) fn of(&self, list: SessionList) -> impl Iterator<Item = Slot> {
        std::iter::successors(list.0, |session| self.table[*session].older)
    }

    /// The user's session before this one.
    pub(in crate::router) fn older(&self, slot: Slot) -> Option<Slot> {
        self.table[slot].older
    }

    /// Starts a session, as the first of the user's list.
    pub(in crate::router) fn start(
        &mut self,
        out: &mut Out,
        list: &mut SessionList,
        new: NewSession,
    ) -> Slot {
        let slot = self.table.insert(Session::new(new, list.0, Moment::not_before(out.now())));
        *list = SessionList(Some(slot));
        out.counters_mut().sessions_started_total += 1;
        let due = out.now().after(self.timeouts.session_cut_ms);
        self.set_due(out, slot, due);
        slot
    }

    /// Queues messages to a session that has just started. They must fit.
    pub(in crate::router) fn start_with(&mut self, out: &mut Out, slot: Slot, messages: Vec<KeptMessage>) {
        let session = &mut self.table[slot];
        debug_assert!(session.queue.is_empty(), "it has just started");
        out.charge(session.domain, messages.len());
        if let Some(first) = messages.iter().find(|kept| !kept.late) {
            session.given_from = first.given - 1;
        }
        for KeptMessage { given, packet, late } in messages {
            let label = if late { Label::Late(given) } else { Label::Inherited(given) };
            let space = Space { limits: &self.limits, memory: &self.memory, domain: session.domain };
            let pushed = session.queue.push(packet, label, space);
            debug_assert_eq!(pushed, PushOutcome::Queued, "they were cut to the limits");
        }
        out.counters_mut().packets_waiting += session.queue.len() as u64;
    }

    /// Queues a signal of another session, or of the mailbox. A parked poll is not answered by it.
    pub(in crate::router) fn pass(&mut self, out: &mut Out, slot: Slot, kept: &KeptSignal) -> PushOutcome {
        let session = &mut self.table[slot];
        let space = Space { limits: &self.limits, memory: &self.memory, domain: session.domain };
        let before = session.queue.len();
        let pushed = session.queue.push(kept.packet.clone(), Label::PassedSignal(kept.given), space);
        let counters = out.counters_mut();
        counters.packets_waiting += session.queue.len() as u64;
        counters.packets_waiting -= before as u64;
        counters.signals_dropped_total += u64::from(pushed == PushOutcome::Full);
        pushed
    }

    /// Queues a message of a session that has ended. A parked poll is not answered by it.
    pub(in crate::router) fn take_over(
        &mut self,
        out: &mut Out,
        slot: Slot,
        kept: &KeptMessage,
    ) -> PushOutcome {
        let session = &mut self.table[slot];
        let space = Space { limits: &self.limits, memory: &self.memory, domain: session.domain };
        let pushed = session.queue.push(kept.packet.clone(), Label::Late(kept.given), space);
        out.counters_mut().packets_waiting += u64::from(pushed == PushOutcome::Queued);
        pushed
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
            SessionEnd::Offline => Reason::Offline,
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
                Reason::Offline
            }
        };
        if let PollState::Parked { key } = self.table[slot].poll {
            self.stop(out, slot, key, reason);
        }
        if let Some(next) = self.table[slot].next.take() {
            self.stop(out, slot, next.call.key, reason);
        }
        self.unlist(list, slot);
        let session = self.table.remove(slot).expect("it was there above");
        out.counters_mut().packets_waiting -= session.queue.len() as u64;
        let signals: Vec<KeptSignal> = session.queue.signals().collect();
        let mut messages = session.queue.into_messages();
        messages.sort_by_key(|kept| kept.given);
        out.charge(session.domain, messages.len() + signals.len());
        Leavings { messages, signals }
    }

    fn unlist(&mut self, list: &mut SessionList, slot: Slot) {
        let older = self.table[slot].older;
        if list.0 == Some(slot) {
            list.0 = older;
        } else {
            let newer = self.of(*list).find(|newer| self.table[*newer].older == Some(slot));
            self.table[newer.expect("every session is in the list")].older = older;
        }
    }

    /// Answers a poll `stopped`. Nothing is delivered with it, so its fate does not matter.
    pub(super) fn stop(&self, out: &mut Out, slot: Slot, key: CallKey, reason: Reason) {
        let session = &self.table[slot];
        let retry_ms = match reason {
            Reason::Shutdown | Reason::Limit => {
                Some(RETRY_MS_MIN + self.spread(out.now(), session, RETRY_MS_MAX - RETRY_MS_MIN))
            }
            Reason::Offline | Reason::Replaced | Reason::Renew => None,
        };
        let delivery = Delivery {
            session: self.directory.session_key(slot),
            domain: session.domain,
            packets: Packets::None,
            seq: session.queue.sent(),
            stopped: Some(reason),
            retry_ms,
        };
        out.answer(key, Answer::Packets(delivery));
    }

    /// A number up to `most`, another one for every session and time.
    pub(super) fn spread(&self, now: Tick, session: &Session, most: u64) -> u64 {
        self.directory.places().spread((session.secret, now.ms())) % (most + 1)
    }

    /// Sets the next deadline. An alarm that is set for earlier will do; it finds the deadline moved.
    pub(super) fn set_due(&mut self, out: &mut Out, slot: Slot, due: Tick) {
        let session = &mut self.table[slot];
        session.due = Moment::not_before(due);
        // A drain stops the polls of all sessions in its own time: none expires any more.
        let first = match self.drain {
            Some(_) => session.due,
            None => session.expiry.or_before(session.due, out.now()),
        };
        let alarm = first.alarm(out.now());
        if alarm < session.armed {
            session.armed = alarm;
            out.set_alarm(alarm.tick(), Alarm::Session(slot));
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

    /// Asserts what must hold in each session, and of the count of packets that wait.
    pub(in crate::router) fn check(&self, packets_waiting: u64) {
        let waiting: usize = self.iter().map(|(_, session)| session.queue.len()).sum();
        assert_eq!(packets_waiting, waiting as u64, "what waits is counted");
        for (_, session) in self.iter() {
            session.queue.check();
            assert!(session.parked().is_none() || !session.queue.has_news(), "a poll is parked on news");
            let unanswered = session
                .queue
                .messages()
                .filter(|(_, label, answered, _)| !answered && label.in_row().is_some());
            assert!(unanswered.map(|(given, ..)| given).is_sorted(), "what was not answered yet is in order");
        }
    }
}
