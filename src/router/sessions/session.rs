//! Sessions and their long polls.
//!
//! Owns: the state of a session's poll, its deadlines, and its end. Must not: know what packets say. Draining the
//! queue or parking the poll is one step here; there is no moment between "nothing is queued" and "parked".

use std::num::NonZeroU32;

use subtle::ConstantTimeEq;

use crate::base::clock::{Moment, Tick};
use crate::base::domains::DomainId;
use crate::base::limits::chat::{REPLACE_MS_MIN, RETRY_MS_MAX, RETRY_MS_MIN};
use crate::base::slots::{Slot, UNBORN, kept};
use crate::router::Router;
use crate::router::call::{Answer, Delivery, Packets, Poll, Reason, Refusal, Version};
use crate::router::ids::{CallKey, SessionKey, Ticket};
use crate::router::mail::{Alarm, Effect, Mail, PollCut, PollFate};
use crate::router::packet::{Kind, Packet};
use crate::router::people::handover::Left;
use crate::router::people::user::User;
use crate::router::sessions::backlog::{Label, Pushed, Room};
use crate::router::sessions::queue::{Answering, Queue};

/// One browser page of a user.
#[derive(Debug)]
pub(in crate::router) struct Session {
    pub(in crate::router) user: Slot,
    /// Its user's domain, kept here, too, so that a poll need not look at the user.
    pub(in crate::router) domain: DomainId,
    /// The user's session before this one.
    pub(in crate::router) older: Option<Slot>,
    pub(in crate::router) version: Version,
    /// It was given all messages of the user with numbers above this one.
    pub(in crate::router) given_from: u64,
    pub(in crate::router) queue: Queue,
    secret: [u8; 16],
    poll: PollState,
    /// A newer poll that cannot be served yet.
    next: Option<Box<Waiting>>,
    /// When the last poll came or was gone, or the session started.
    heard: Moment,
    /// When something has to happen next.
    due: Moment,
    /// The earliest alarm that is set; later ones are set when this one fires.
    armed: Moment,
    /// From when on a waiting poll may be replaced again.
    replaceable: Moment,
    generation: NonZeroU32,
}

kept!(Session);
const _: () = assert!(size_of::<Session>() <= crate::base::limits::parked::SESSION_BYTES_MAX);

/// What has become of the session's last poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PollState {
    /// None waits. The session ends when its deadline comes.
    Absent,
    /// It waits for a packet. It is answered empty when its deadline comes.
    Parked { key: CallKey },
    /// It was answered, up to what the browser was told; whether that was flushed is not known yet.
    Answering { key: CallKey },
}

/// A poll that waits for its turn: for the fate of the answer before, or for the second a replacement must last.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    key: CallKey,
    seq: Option<u64>,
    /// The deadline that holds again if this one goes away.
    until: Moment,
}

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::router) enum End {
    /// The site said so.
    Offline,
    /// It was silent too long.
    Silent,
    /// Its user opened too many.
    Limit,
    /// Its queue is full.
    Overflow {
        /// Whether the user's last message is what it could not take.
        missed: bool,
    },
}

impl Session {
    /// Whether a poll of it is with the server, or its answer is on the way.
    pub(in crate::router) fn has_poll(&self) -> bool {
        self.poll != PollState::Absent || self.next.is_some()
    }

    /// By this sessions are sorted, the one idle longest first: those that have a poll are being heard.
    pub(in crate::router) fn idle_order(&self) -> (bool, Moment) {
        (self.poll != PollState::Absent, self.heard)
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Session {
    /// When its next alarm rings, and when something has to happen.
    pub(in crate::router) fn alarm_and_due(&self) -> (Tick, Tick) {
        (self.armed.tick(), self.due.tick())
    }

    /// The poll that is parked.
    pub(in crate::router) fn parked(&self) -> Option<CallKey> {
        match self.poll {
            PollState::Parked { key } => Some(key),
            PollState::Absent | PollState::Answering { .. } => None,
        }
    }

    /// The poll whose answer may or may not have been flushed.
    pub(in crate::router) fn answering(&self) -> Option<CallKey> {
        match self.poll {
            PollState::Answering { key } => Some(key),
            PollState::Absent | PollState::Parked { .. } => None,
        }
    }

    /// The poll that waits for its turn.
    pub(in crate::router) fn waiting(&self) -> Option<CallKey> {
        self.next.as_ref().map(|next| next.key)
    }
}

impl Router {
    /// Starts a session; the caller puts it into its user's list.
    pub(in crate::router) fn start_session(
        &mut self,
        user: Slot,
        version: Version,
        secret: [u8; 16],
    ) -> Slot {
        let User { domain, newest: older, given: given_from, .. } = self.users[user];
        let session = self.sessions.insert(Session {
            user,
            domain,
            older,
            version,
            given_from,
            queue: Queue::default(),
            secret,
            poll: PollState::Absent,
            next: None,
            heard: Moment::not_before(self.now),
            due: Moment::NEVER,
            armed: Moment::NEVER,
            replaceable: Moment::ZERO,
            generation: UNBORN,
        });
        self.counters.sessions_started_total += 1;
        self.set_due(session, self.now.after(self.timeouts.session_cut_ms));
        session
    }

    /// The ticket of a session.
    pub(in crate::router) fn ticket(&self, slot: Slot) -> Ticket {
        let session = SessionKey { place: self.place, slot };
        Ticket { epoch: self.epoch, session, secret: self.sessions[slot].secret }
    }

    /// The session a ticket is good for, in this domain.
    pub(in crate::router) fn find_session(&self, domain: DomainId, ticket: &Ticket) -> Option<Slot> {
        if ticket.epoch != self.epoch || ticket.session.place != self.place {
            return None;
        }
        let session = self.sessions.get(ticket.session.slot)?;
        let right: bool = session.secret.ct_eq(&ticket.secret).into();
        (right && session.domain == domain).then_some(ticket.session.slot)
    }

    /// `/packets`.
    pub(in crate::router) fn poll(&mut self, key: CallKey, domain: DomainId, poll: Poll) {
        let Poll { ticket, seq } = poll;
        let Some(slot) = self.find_session(domain, &ticket) else {
            return self.refuse(key, Refusal::NoClient);
        };
        let now = self.now;
        if seq.is_some_and(|seq| seq > self.sessions[slot].queue.issued()) {
            return self.refuse(key, Refusal::BadSeq);
        }
        if self.drain.is_some() {
            self.acknowledge(slot, seq);
            return self.stop(key, slot, Reason::Shutdown);
        }
        let session = &mut self.sessions[slot];
        session.heard = Moment::not_before(now);
        let (due, free) = (session.due, session.replaceable);
        if let Some(waiting) = &mut session.next {
            if now < free.tick() {
                return self.refuse(key, Refusal::TooManyPolls);
            }
            let until = waiting.until;
            let older = std::mem::replace(&mut **waiting, Waiting { key, seq, until });
            session.replaceable = Moment::not_before(now.after(REPLACE_MS_MIN));
            if matches!(session.poll, PollState::Parked { .. }) {
                self.set_due(slot, now.after(REPLACE_MS_MIN));
            }
            return self.stop(older.key, slot, Reason::Replaced);
        }
        match session.poll {
            PollState::Absent => self.serve(slot, key, seq),
            PollState::Parked { key: parked } if now >= free.tick() => self.replace(slot, parked, key, seq),
            PollState::Parked { .. } => {
                session.next = Some(Box::new(Waiting { key, seq, until: due }));
                self.set_due(slot, free.tick());
            }
            PollState::Answering { key: answering } => {
                session.next = Some(Box::new(Waiting { key, seq, until: due }));
                self.close_answered(answering);
            }
        }
    }

    /// A newer poll waits for the fate of this one: it must not take as long as a dead connection takes.
    fn close_answered(&mut self, key: CallKey) {
        if key.place == self.place {
            self.effects.push(Effect::Close(key));
        } else {
            self.send(key.place, Mail::Close(key));
        }
    }

    /// Answers a poll, or parks it: until something comes, or until what was answered before may be answered again.
    fn serve(&mut self, slot: Slot, key: CallKey, seq: Option<u64>) {
        self.acknowledge(slot, seq);
        let session = &self.sessions[slot];
        let until = if session.queue.is_empty() {
            self.counters.polls_parked_total += 1;
            self.now.after(self.hold_ms(slot))
        } else if session.queue.answerable() > self.now {
            self.counters.polls_paced_total += 1;
            session.queue.answerable()
        } else {
            return self.deliver_queue(slot, key);
        };
        self.sessions[slot].poll = PollState::Parked { key };
        self.set_due(slot, until);
    }

    /// How long this poll is held. Spread, so that pages that came together do not come back together.
    fn hold_ms(&self, slot: Slot) -> u64 {
        let shortest = self.timeouts.poll_hold_ms_min;
        shortest + self.spread(slot, self.timeouts.poll_hold_ms_max - shortest)
    }

    /// A number up to `most`, another one for every session and time.
    fn spread(&self, slot: Slot, most: u64) -> u64 {
        self.places.spread((self.sessions[slot].secret, self.now.ms())) % (most + 1)
    }

    fn replace(&mut self, slot: Slot, parked: CallKey, key: CallKey, seq: Option<u64>) {
        self.stop(parked, slot, Reason::Replaced);
        let session = &mut self.sessions[slot];
        session.replaceable = Moment::not_before(self.now.after(REPLACE_MS_MIN));
        session.poll = PollState::Absent;
        self.serve(slot, key, seq);
    }

    /// Answers a poll with everything that is queued.
    fn deliver_queue(&mut self, slot: Slot, key: CallKey) {
        let session = &mut self.sessions[slot];
        let Answering { mut packets, repeated } = session.queue.answer(self.now);
        if session.version != Version::V6 {
            // Only now: what is queued may yet be handed over to a session of another dialect.
            let users = &self.users;
            packets.address_broadcasts(|| users[session.user].profile.name());
        }
        session.poll = PollState::Answering { key };
        let (domain, seq, superseded) = (session.domain, session.queue.told(), session.next.is_some());
        self.counters.packets_repeated_total += repeated as u64;
        // Only a guard: the connection has a deadline of its own and tells the answer's fate long before.
        self.set_due(slot, self.now.after(self.timeouts.session_idle_ms + self.timeouts.answer_ms));
        let session = SessionKey { place: self.place, slot };
        let retry_ms = self.storm.answer(self.now);
        self.counters.polls_spread_total += u64::from(retry_ms.is_some());
        let delivery = Delivery { session, domain, packets, seq, stopped: None, retry_ms };
        self.answer(key, Answer::Packets(delivery));
        if superseded {
            self.close_answered(key);
        }
    }

    /// Answers a poll `stopped`. Nothing is delivered with it, so nobody asks whether it was flushed.
    fn stop(&mut self, key: CallKey, slot: Slot, reason: Reason) {
        let retry_ms = match reason {
            Reason::Shutdown | Reason::Limit => {
                Some(RETRY_MS_MIN + self.spread(slot, RETRY_MS_MAX - RETRY_MS_MIN))
            }
            Reason::Offline | Reason::Replaced => None,
        };
        let Session { domain, ref queue, .. } = self.sessions[slot];
        let (session, seq) = (SessionKey { place: self.place, slot }, queue.told());
        let packets = Packets::None;
        let delivery = Delivery { session, domain, packets, seq, stopped: Some(reason), retry_ms };
        self.answer(key, Answer::Packets(delivery));
    }

    /// Queues a packet to a session, and answers its poll if it is parked.
    pub(in crate::router) fn queue_to(&mut self, slot: Slot, packet: Packet, label: Label) -> Pushed {
        let session = &mut self.sessions[slot];
        let kind = packet.kind();
        let room = Room { limits: &self.limits, memory: &self.memory, domain: session.domain };
        let before = session.queue.len();
        let pushed = session.queue.push(packet, label, room);
        let after = session.queue.len();
        self.counters.packets_waiting -= before as u64;
        self.counters.packets_waiting += after as u64;
        if matches!(label, Label::Message(_)) {
            // Typing states, joins and leaves give way to a message.
            let own = usize::from(pushed == Pushed::Queued);
            self.counters.packets_dropped_total += (before + own - after) as u64;
        }
        match pushed {
            Pushed::Queued => {
                match kind {
                    Kind::Message(_) => self.counters.packets_queued_messages += 1,
                    Kind::Presence(_) => self.counters.packets_queued_presences += 1,
                    Kind::Status => self.counters.packets_queued_statuses += 1,
                }
                self.answer_parked(slot);
            }
            Pushed::Dropped => self.counters.packets_dropped_total += 1,
            Pushed::Full => {}
        }
        pushed
    }

    /// Answers the poll of a session if it is parked and something is queued that was never answered.
    pub(in crate::router) fn answer_parked(&mut self, slot: Slot) {
        let session = &self.sessions[slot];
        if let PollState::Parked { key } = session.poll
            && session.queue.has_news()
        {
            self.deliver_queue(slot, key);
        }
    }

    /// The browser closed the connection of a poll.
    pub(in crate::router) fn on_cut(&mut self, cut: PollCut) {
        let PollCut { session: SessionKey { slot, .. }, key } = cut;
        let Some(session) = self.sessions.get_mut(slot) else { return };
        match session.poll {
            PollState::Parked { key: parked } if parked == key => {
                self.counters.polls_cut_total += 1;
                self.poll_gone(slot, self.timeouts.session_cut_ms);
            }
            PollState::Answering { key: answering } if answering == key => {
                self.on_fate(PollFate { session: cut.session, key, flushed: false });
            }
            PollState::Parked { .. } => {
                if let Some(next) = session.next.take_if(|next| next.key == key) {
                    self.set_due(slot, next.until.tick());
                }
            }
            PollState::Absent | PollState::Answering { .. } => {
                session.next.take_if(|next| next.key == key);
            }
        }
    }

    /// An answer was flushed, or never will be.
    pub(in crate::router) fn on_fate(&mut self, fate: PollFate) {
        let PollFate { session: SessionKey { slot, .. }, key, flushed } = fate;
        let Some(session) = self.sessions.get_mut(slot) else { return };
        let PollState::Answering { key: answering } = session.poll else { return };
        if answering != key {
            return;
        }
        if flushed {
            session.queue.flushed();
            self.poll_gone(slot, self.timeouts.session_idle_ms);
        } else {
            self.poll_gone(slot, self.timeouts.session_cut_ms);
        }
    }

    /// The session has no poll any more: the next one is served, or must come within `patience_ms`.
    fn poll_gone(&mut self, slot: Slot, patience_ms: u64) {
        let session = &mut self.sessions[slot];
        session.poll = PollState::Absent;
        session.heard = Moment::not_before(self.now);
        match session.next.take() {
            Some(next) => self.serve(slot, next.key, next.seq),
            None => self.set_due(slot, self.now.after(patience_ms)),
        }
    }

    /// Sets the next deadline. An alarm that is set for earlier will do; it finds the deadline moved.
    fn set_due(&mut self, slot: Slot, due: Tick) {
        let session = &mut self.sessions[slot];
        session.due = Moment::not_before(due);
        let alarm = session.due.alarm(self.now);
        if alarm < session.armed {
            session.armed = alarm;
            let at = alarm.tick();
            self.deadline(at, Alarm::Session(slot));
        }
    }

    /// An alarm fired.
    pub(in crate::router) fn on_session_alarm(&mut self, slot: Slot) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(slot) else { return };
        if session.armed.tick() > now {
            return; // it was set before an earlier one, which has done its work
        }
        session.armed = Moment::NEVER;
        let due = session.due.tick();
        if due > now {
            return self.set_due(slot, due);
        }
        if self.drain.is_some() && matches!(session.poll, PollState::Parked { .. }) {
            return self.stop_polls(slot);
        }
        match (session.poll, session.next.take()) {
            (PollState::Parked { key }, Some(next)) => self.replace(slot, key, next.key, next.seq),
            (PollState::Parked { key }, None) => self.deliver_queue(slot, key),
            (PollState::Absent | PollState::Answering { .. }, next) => {
                session.next = next;
                self.end_session(slot, End::Silent);
            }
        }
    }

    /// Ends a session: its polls are answered, and what it has not acknowledged goes on to others of its user, or
    /// into the linger.
    pub(in crate::router) fn end_session(&mut self, slot: Slot, end: End) {
        let (user, left) = self.take_session(slot, end);
        let messages = self.settle(user, &left);
        self.hand_over(user, messages);
    }

    /// Takes a session out; what it had not acknowledged is the caller's.
    pub(in crate::router) fn take_session(&mut self, slot: Slot, end: End) -> (Slot, Left) {
        let reason = match end {
            End::Offline => Reason::Offline,
            End::Limit => {
                self.counters.sessions_limited_total += 1;
                Reason::Limit
            }
            End::Silent => {
                self.counters.sessions_expired_total += 1;
                Reason::Offline
            }
            End::Overflow { .. } => {
                self.counters.sessions_overflowed_total += 1;
                Reason::Offline
            }
        };
        if let PollState::Parked { key } = self.sessions[slot].poll {
            self.stop(key, slot, reason);
        }
        if let Some(next) = self.sessions[slot].next.take() {
            self.stop(next.key, slot, reason);
        }
        let user = self.sessions[slot].user;
        self.unlist_session(user, slot);
        let session = self.sessions.remove(slot).expect("it was there above");
        self.counters.packets_waiting -= session.queue.len() as u64;
        let missed = u64::from(end == End::Overflow { missed: true });
        let mut messages = session.queue.into_messages();
        messages.sort_by_key(|kept| kept.given);
        self.work.charge(session.domain, messages.len());
        (
            user,
            Left { session: slot, from: session.given_from, to: self.users[user].given - missed, messages },
        )
    }

    /// Stops the polls of a session that wait: the server is going down.
    pub(in crate::router) fn stop_polls(&mut self, slot: Slot) {
        let Some(session) = self.sessions.get_mut(slot) else { return };
        let next = session.next.take();
        if let PollState::Parked { key } = session.poll {
            session.poll = PollState::Absent;
            self.stop(key, slot, Reason::Shutdown);
        }
        if let Some(next) = next {
            self.stop(next.key, slot, Reason::Shutdown);
        }
        self.set_due(slot, self.now.after(self.timeouts.session_idle_ms));
    }
}
