//! One session: a browser page of a user.
//!
//! Owns: [`Session`]: when its page was heard and when its next alarm rings; the list of a user's sessions, and what
//! sessions ask of their users ([`Owners`]). Must not: import `people`, or answer a poll. Its polls stand in a
//! [`PollLine`], its packets in a [`Queue`].

use std::num::NonZeroU32;

use subtle::ConstantTimeEq;

use super::expiry::Expiry;
use super::line::{PollAdmission, PollCall, PollLine, PollMode};
use super::queue::{Queue, QueueAnswer};
use crate::base::clock::{Moment, Tick};
use crate::base::domains::DomainId;
use crate::base::slots::{Slot, UNBORN, kept};
use crate::router::call::Version;
use crate::router::ids::{CallKey, Ticket};
use crate::router::profile::Profile;

/// One browser page of a user.
#[derive(Debug)]
pub(in crate::router) struct Session {
    user: Slot,
    /// Its user's domain, kept here, too, so that a poll need not look at the user.
    domain: DomainId,
    /// The user's session before this one.
    older: Option<Slot>,
    version: Version,
    /// When it ends, if its site has said that.
    expiry: Expiry,
    /// It was given all messages of the user with numbers above this one.
    given_from: u64,
    queue: Queue,
    secret: [u8; 16],
    line: PollLine,
    /// When the last poll or acknowledgement came or a poll was gone, or the session started.
    heard: Moment,
    /// When something has to happen next.
    due: Moment,
    /// The earliest alarm that is set; later ones are set when this one fires.
    armed: Moment,
    generation: NonZeroU32,
}

kept!(Session);

const _: () = assert!(size_of::<Session>() <= crate::base::limits::parked::SESSION_BYTES_MAX);

/// What a new session is made of.
#[derive(Clone, Copy, Debug)]
pub(in crate::router) struct NewSession {
    pub(in crate::router) user: Slot,
    pub(in crate::router) domain: DomainId,
    pub(in crate::router) version: Version,
    pub(in crate::router) secret: [u8; 16],
    pub(in crate::router) expiry: Expiry,
    /// The number of the last message the user was given before.
    pub(in crate::router) given_from: u64,
}

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::router) enum SessionEnd {
    /// The site ended it.
    BySite,
    /// It was silent too long.
    Silent,
    /// The time is over that its site gave it.
    Expired,
    /// Its user opened too many.
    Limit,
    /// Its queue is full.
    Overflow {
        /// Whether the user's last message is what it could not take.
        missed: bool,
    },
}

/// The sessions of a user, newest first: the head of a list that goes through the sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::router) struct SessionList(Option<Slot>);

impl SessionList {
    pub(super) fn set_newest(&mut self, session: Option<Slot>) {
        self.0 = session;
    }

    pub(in crate::router) fn newest(self) -> Option<Slot> {
        self.0
    }
}

/// What sessions ask of the users they belong to.
pub(in crate::router) trait Owners {
    /// What a user that is online shows.
    fn profile(&self, user: Slot) -> &Profile;
    /// Forgets late messages that a session of the user has acknowledged.
    fn acknowledge_late(&mut self, user: Slot, messages: &[u64]);
}

impl Session {
    pub(super) fn new(new: NewSession, older: Option<Slot>, now: Moment) -> Session {
        let NewSession { user, domain, version, secret, expiry, given_from } = new;
        Session {
            user,
            domain,
            older,
            version,
            expiry,
            given_from,
            queue: Queue::default(),
            secret,
            line: PollLine::new(),
            heard: now,
            due: Moment::NEVER,
            armed: Moment::NEVER,
            generation: UNBORN,
        }
    }

    pub(in crate::router) fn user(&self) -> Slot {
        self.user
    }

    pub(in crate::router) fn domain(&self) -> DomainId {
        self.domain
    }

    pub(in crate::router) fn secret(&self) -> &[u8; 16] {
        &self.secret
    }

    /// Whether a ticket with its key proves the right to it, in this domain.
    pub(super) fn admits(&self, domain: DomainId, ticket: &Ticket) -> bool {
        // As one number: `subtle` takes eight times as long for sixteen bytes.
        let (secret, shown) = (u128::from_ne_bytes(self.secret), u128::from_ne_bytes(ticket.secret));
        let right: bool = secret.ct_eq(&shown).into();
        right && self.domain == domain
    }

    /// The user's session before this one.
    pub(super) fn older(&self) -> Option<Slot> {
        self.older
    }

    pub(super) fn set_older(&mut self, older: Option<Slot>) {
        self.older = older;
    }

    pub(in crate::router) fn version(&self) -> Version {
        self.version
    }

    /// It was given all messages of the user with numbers above this one.
    pub(in crate::router) fn given_from(&self) -> u64 {
        self.given_from
    }

    /// Its row begins with this message.
    pub(super) fn begin_row(&mut self, given: u64) {
        self.given_from = given - 1;
    }

    pub(in crate::router) fn queue(&self) -> &Queue {
        &self.queue
    }

    /// For the table, which counts what waits.
    pub(super) fn queue_mut(&mut self) -> &mut Queue {
        &mut self.queue
    }

    /// What is left when it has ended.
    pub(super) fn into_queue(self) -> Queue {
        self.queue
    }

    /// Whether a poll of it is with the server, or its answer is on the way.
    pub(in crate::router) fn has_poll(&self) -> bool {
        self.line.has_poll()
    }

    /// By this sessions are sorted, the one idle longest first: those that have a poll are not idle.
    pub(in crate::router) fn idle_order(&self) -> (bool, Moment) {
        (self.line.has_first(), self.heard)
    }
}

/// Its polls.
impl Session {
    pub(super) fn line(&self) -> &PollLine {
        &self.line
    }

    pub(super) fn line_mut(&mut self) -> &mut PollLine {
        &mut self.line
    }

    /// The poll that is parked.
    pub(in crate::router) fn parked(&self) -> Option<CallKey> {
        self.line.parked()
    }

    /// The poll whose answer may or may not have been flushed.
    pub(in crate::router) fn answering(&self) -> Option<CallKey> {
        self.line.answering()
    }

    /// The poll that waits for its turn.
    pub(in crate::router) fn waiting(&self) -> Option<CallKey> {
        self.line.waiting()
    }

    /// Whether its packets come by a stream.
    pub(in crate::router) fn is_streaming(&self) -> bool {
        self.line.mode().is_some_and(PollMode::is_stream)
    }

    /// Takes a poll that has come.
    pub(super) fn admit(&mut self, call: PollCall, now: Tick) -> PollAdmission {
        self.hear(now);
        self.line.admit(call, self.due, now)
    }

    /// Its page is there.
    pub(super) fn hear(&mut self, now: Tick) {
        self.heard = Moment::not_before(now);
    }

    pub(super) fn park(&mut self, key: CallKey, mode: PollMode) {
        debug_assert!(!self.queue.has_news(), "a poll is parked on news");
        self.line.park(key, mode);
    }

    /// Answers a poll with everything that is queued, or a stream with what is new.
    pub(super) fn answer(
        &mut self,
        key: CallKey,
        mode: PollMode,
        is_draining: bool,
        now: Tick,
    ) -> QueueAnswer {
        self.line.answer(key, mode, is_draining);
        if mode.repeats() { self.queue.answer(now) } else { self.queue.answer_news() }
    }

    /// The poll that was parked or answered is gone. Returns the one behind it.
    pub(super) fn end_poll(&mut self, now: Tick) -> Option<PollCall> {
        self.hear(now);
        self.line.end_poll()
    }
}

/// Its deadlines.
impl Session {
    /// When it ends if its stream goes on and its page is not heard: it may be silent this long.
    pub(super) fn silent_at(&self, idle_ms: u64) -> Tick {
        self.heard.tick().after(idle_ms)
    }

    /// Sets when something has to happen next; its expiry comes first if it is earlier and the session `expires`.
    /// Returns the alarm that this needs. One that is set for earlier will do; it finds the deadline moved.
    pub(super) fn set_due(&mut self, due: Tick, now: Tick, expires: bool) -> Option<Tick> {
        self.due = Moment::not_before(due);
        let first = if expires { self.expiry.or_before(self.due, now) } else { self.due };
        let alarm = first.alarm(now);
        if alarm >= self.armed {
            return None;
        }
        self.armed = alarm;
        Some(alarm.tick())
    }

    /// An alarm rings. Returns when something has to happen; `None` if the alarm was set before an earlier one, which
    /// has done its work.
    pub(super) fn take_alarm(&mut self, now: Tick) -> Option<Tick> {
        if self.armed.tick() > now {
            return None;
        }
        self.armed = Moment::NEVER;
        Some(self.due.tick())
    }

    /// Whether its time is over: the next poll is the last one.
    pub(super) fn has_expired(&self, now: Tick) -> bool {
        self.expiry.has_come(now)
    }

    /// Whether its time is over, and no poll has to be waited for.
    pub(super) fn must_end(&self, now: Tick) -> bool {
        self.has_expired(now) && (self.parked().is_some() || self.expiry.next_look(now) <= now)
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Session {
    /// When it ends, by its site.
    pub(in crate::router) fn expiry(&self) -> Expiry {
        self.expiry
    }

    /// Whether a poll waits until what was answered before may be answered again.
    pub(in crate::router) fn is_paced(&self) -> bool {
        let repeats = self.line.mode().is_some_and(PollMode::repeats);
        repeats && self.parked().is_some() && !self.queue.is_empty()
    }

    /// When its next alarm rings, and when something has to happen.
    pub(in crate::router) fn alarm_and_due(&self) -> (Tick, Tick) {
        (self.armed.tick(), self.due.tick())
    }
}
