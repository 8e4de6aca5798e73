//! A shard: one thread, one event loop, all the I/O of its connections.
//!
//! Owns: the turn and its order. Must not: hold logic; every phase is a call into the module that has it.
//!
//! A turn: 1 wait for events, 2 read the time, 3 serve connections, 4 take mail, 5 fire timers, 6 carry out what the
//! router wants done, 7 post mail, 8 free the dead and accept newcomers, 9 show the counters, which end with the turn's
//! own duration. The order matters: the time is read before anything looks at it; connections that waited are read
//! before anybody is expired (3 before 5); answers go out before the mail they caused (6 before 7), so that an answer's
//! fate travels in the same batch; and places are freed after everything that may still name them (8). Each phase is
//! bounded, and what is cut short is gone on with in the next turn, which then does not wait.
//!
//! The mailbox and the timers can be reached from outside, for the benchmarks; nothing else uses them there.

mod arrival;
mod buffers;
mod conn;
mod conns;
mod dispatch;
mod entrance;
mod entropy;
pub(crate) mod gate;
mod late;
pub(crate) mod listener;
pub mod mailbox;
mod postponed;
pub mod timers;
mod token;
mod traffic;
mod unserved;
mod wake;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use mio::{Events, Poll};

use crate::base::clock::{Clock, Origin, Tick};
use crate::base::domains::Domains;
use crate::base::limits::chat::MAIL_WORK_PER_TURN;
use crate::base::limits::turn::{
    ACCEPTS_PER_TURN, BATCHES_PER_TURN, DRAIN_GRACE_MS, EVENTS_PER_TURN, MAIL_RETRY_MS, OUTBOX_MARK,
    SLEEP_MS_MAX, TIMERS_PER_TURN,
};
use crate::base::limits::{Limits, Timeouts};
use crate::base::memory::{Change, Held, Memory, Owner};
use crate::base::slots::Slot;
use crate::base::stats::{Counters, Stats};
use crate::bridges::returns::Returns;
use crate::router::ids::Place;
use crate::router::mail::{Alarm, Effect, Input};
use crate::router::sessions::storm::Load;
use crate::router::{Router, Settings};
use buffers::Buffers;
use conn::{Begun, Deferral, Tally};
use conns::Conns;
use entropy::{Dice, Entropy};
use gate::Gate;
use late::LateBytes;
use listener::Listeners;
use mailbox::{Inbox, Outbox, Parcel};
use postponed::Postponed;
use timers::Wheel;
use token::Source;
use traffic::Readiness;

pub(crate) use token::WAKER;

/// Whose deadline has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    Router(Alarm),
    Conn(Slot),
    /// Look for calls that other shards have not answered.
    Sweep,
}

// An entry of the wheel has a timer, its moment and the number of the next entry.
const _: () = assert!(
    size_of::<Timer>() + size_of::<crate::base::clock::Moment>() + size_of::<u32>()
        <= crate::base::limits::parked::ALARM_BYTES_MAX
);

/// What a shard tells the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// No connection is left.
    Drained,
    /// Its thread has ended, because it was told to or because it failed.
    Ended {
        /// Whether by a panic or an error.
        failed: bool,
    },
}

/// What a shard is made of. Everything in it that has a descriptor other threads use was made before any shard got
/// its own descriptor table; the listeners were made after.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) poll: Poll,
    pub(crate) inbox: Inbox,
    pub(crate) outbox: Outbox,
    pub(crate) listeners: Listeners,
    pub(crate) gate: Gate,
    /// From when on shards count the time they share.
    pub(crate) origin: Origin,
    pub(crate) settings: Settings,
    /// What `online` answers as `server`.
    pub(crate) poll_url: Arc<str>,
    pub(crate) stats: Stats,
    /// Where messages go that were not delivered.
    pub(crate) returns: Returns,
    /// Where the shard tells that it has drained.
    pub(crate) reports: Sender<Report>,
}

/// One event loop.
#[derive(Debug)]
pub(crate) struct Shard {
    place: Place,
    shards: u16,
    poll: Poll,
    events: Events,
    clock: Clock,
    wheel: Wheel<Timer>,
    due: Vec<Timer>,
    /// More timers are due than one turn fires.
    timers_left: bool,
    /// More mail has come than one turn takes.
    mail_left: bool,
    /// The process was stopped: nobody is expired before the sockets that waited have been read.
    catching_up: bool,
    conns: Conns,
    tally: Tally,
    listeners: Listeners,
    gate: Gate,
    /// Connections to go on with without an event.
    deferred: Vec<Slot>,
    /// Connections to go on with after those of other domains.
    postponed: Postponed,
    router: Router,
    effects: Vec<Effect>,
    effects_spare: Vec<Effect>,
    inbox: Inbox,
    outbox: Outbox,
    /// What of the outbox did not fit into mailboxes.
    unposted: Held,
    /// What all of this shard holds.
    memory: Memory,
    /// What addresses hold of it by late requests.
    late: LateBytes,
    domains: Arc<Domains>,
    limits: Arc<Limits>,
    timeouts: Arc<Timeouts>,
    poll_url: Arc<str>,
    entropy: Entropy,
    dice: Dice,
    buffers: Buffers,
    /// The number of the last request that became a call.
    serial: u32,
    /// Whether a sweep is set.
    sweeping: bool,
    life: Life,
    returns: Returns,
    /// What this turn is like.
    load: Load,
    /// The calls that were answered in this turn.
    answered: Vec<Begun>,
    reports: Sender<Report>,
    counters: Counters,
    stats: Stats,
}

/// Where a shard is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// It serves.
    Serving,
    /// It takes nothing new and finishes what there is, until this moment at the latest.
    Draining(Tick),
    /// It has told that it drained, and still passes mail for the others.
    Drained,
    /// It ends.
    Stopped,
}

impl Shard {
    /// Puts a shard together.
    pub(crate) fn new(parts: Parts) -> Shard {
        let Parts {
            poll,
            inbox,
            outbox,
            listeners,
            gate,
            origin,
            settings,
            poll_url,
            stats,
            returns,
            reports,
        } = parts;
        let memory = Memory::new(settings.memory_bytes);
        Shard {
            place: settings.place,
            shards: settings.places.count(),
            poll,
            events: Events::with_capacity(EVENTS_PER_TURN),
            clock: Clock::start(origin),
            wheel: Wheel::new(),
            due: Vec::new(),
            timers_left: false,
            mail_left: false,
            catching_up: false,
            conns: Conns::default(),
            tally: Tally::default(),
            listeners,
            gate,
            deferred: Vec::new(),
            postponed: Postponed::default(),
            domains: Arc::clone(&settings.domains),
            limits: Arc::clone(&settings.limits),
            timeouts: Arc::clone(&settings.timeouts),
            router: Router::new(settings, memory.clone()),
            effects: Vec::new(),
            effects_spare: Vec::new(),
            inbox,
            outbox,
            unposted: memory.hold(Owner::Nobody, 0),
            memory,
            late: LateBytes::default(),
            poll_url,
            entropy: Entropy::new(),
            dice: Dice::new(),
            buffers: Buffers::new(),
            serial: 0,
            sweeping: false,
            life: Life::Serving,
            returns,
            load: Load::default(),
            answered: Vec::new(),
            reports,
            counters: Counters::default(),
            stats,
        }
    }

    /// Turns until it is told to stop.
    pub(crate) fn run(mut self) -> io::Result<()> {
        while self.life != Life::Stopped {
            self.turn()?;
        }
        Ok(())
    }

    /// One turn; the module's text says why its phases stand in this order.
    fn turn(&mut self) -> io::Result<()> {
        let expected = self.wait()?;
        let stopped_ms = self.clock.turn(expected);
        self.counters.stopped_ms_total += stopped_ms;
        let is_full = self.events.iter().count() == EVENTS_PER_TURN || self.mail_left;
        self.catching_up = stopped_ms > 0 || self.catching_up && is_full;
        let load = Load { is_full, ..std::mem::take(&mut self.load) };
        self.router.begin_turn(self.clock.now(), load);
        self.serve_conns();
        self.take_mail();
        self.fire_timers();
        self.carry_out();
        self.post_mail();
        self.conns.free_dead();
        self.accept(ACCEPTS_PER_TURN);
        self.buffers.trim();
        self.check_drained();
        self.show_counters();
        Ok(())
    }

    /// Waits for events. Returns when the turn should start at the latest.
    fn wait(&mut self) -> io::Result<Tick> {
        let mut timeout_ms = self.patience_ms();
        if timeout_ms > 0 && !self.inbox.sleep() {
            timeout_ms = 0;
        }
        let expected = self.clock.now().after(timeout_ms);
        let waited = self.poll.poll(&mut self.events, Some(Duration::from_millis(timeout_ms)));
        self.inbox.awake();
        match waited {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            Ok(()) | Err(_) => Ok(expected),
        }
    }

    /// How long the shard may sleep, in milliseconds.
    fn patience_ms(&self) -> u64 {
        let goes_on = !self.deferred.is_empty() || !self.postponed.is_empty();
        if goes_on && !self.is_congested() || self.timers_left || !self.inbox.is_empty() {
            return 0;
        }
        let now = self.now();
        let mut patience_ms = if self.outbox.waiting() > 0 { MAIL_RETRY_MS } else { SLEEP_MS_MAX };
        let deadline = match self.life {
            Life::Draining(until) => Some(until),
            Life::Serving | Life::Drained | Life::Stopped => None,
        };
        for moment in [self.wheel.next_due(), self.listeners.next_attempt(), deadline].into_iter().flatten() {
            patience_ms = patience_ms.min(moment.since(now));
        }
        patience_ms
    }

    /// Whether too much mail waits for other shards to read more requests.
    fn is_congested(&self) -> bool {
        self.outbox.waiting() > OUTBOX_MARK
    }

    fn now(&self) -> Tick {
        self.clock.now()
    }

    fn serve_conns(&mut self) {
        let congested = self.is_congested();
        if !congested {
            for slot in std::mem::take(&mut self.deferred) {
                if let Some(conn) = self.conns.get(slot) {
                    conn.deferral = Deferral::No;
                    self.go_on(slot);
                }
            }
        }
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            match token::source(event.token()) {
                Source::Waker => {}
                Source::Listener(index) => self.listeners.set_ready(index),
                Source::Conn(slot) => {
                    let closed = event.is_read_closed() || event.is_error();
                    let (readable, writable) = (event.is_readable(), event.is_writable());
                    self.on_conn(slot, Readiness { readable, writable, closed });
                }
            }
        }
        self.events = events;
        if !congested {
            self.serve_postponed();
        }
    }

    fn take_mail(&mut self) {
        self.mail_left = false;
        let before = self.router.work().sum();
        for _ in 0..BATCHES_PER_TURN {
            match self.inbox.take() {
                Some(Parcel::Mail(batch)) => {
                    for mail in batch {
                        self.take(mail);
                    }
                }
                Some(Parcel::Domains(domains)) => {
                    self.domains = Arc::clone(&domains);
                    self.tell_router(Input::Domains(domains));
                    self.memory.reload(|domain| self.domains.get(domain).is_some());
                }
                Some(Parcel::Drain) => self.drain(),
                Some(Parcel::Stop) => {
                    // No shard has calls any more: what is queued now has nobody left to acknowledge it.
                    self.tell_router(Input::End);
                    self.life = Life::Stopped;
                    return;
                }
                None => return,
            }
            if self.router.work().sum() - before >= MAIL_WORK_PER_TURN {
                return;
            }
        }
        self.mail_left = !self.inbox.is_empty();
    }

    fn fire_timers(&mut self) {
        if self.catching_up {
            // The wait that told of the stop may have brought no events; those of the next, which is none, come first.
            self.timers_left = true;
            return;
        }
        let now = self.now();
        let mut due = std::mem::take(&mut self.due);
        self.timers_left = self.wheel.fire(now, TIMERS_PER_TURN, &mut due);
        for timer in due.drain(..) {
            match timer {
                Timer::Router(alarm) => self.tell_router(Input::Alarm(alarm)),
                Timer::Conn(slot) => self.on_conn_alarm(slot),
                Timer::Sweep => self.sweep(),
            }
        }
        buffers::release_if_large(&mut due);
        self.due = due;
    }

    fn post_mail(&mut self) {
        let posted = self.outbox.post();
        self.unposted.set(self.outbox.waiting_bytes());
        self.counters.mail_total += posted.mail;
        self.counters.wakes_total += posted.wakes;
        self.counters.mail_delayed_total += posted.delayed;
    }

    fn is_draining(&self) -> bool {
        self.life != Life::Serving
    }

    /// Takes nothing new: answers what is parked, lets go of who only waits, and gives the rest its time.
    fn drain(&mut self) {
        if self.is_draining() {
            return;
        }
        self.accept_all();
        self.life = Life::Draining(self.now().after(self.timeouts.drain_ms));
        self.tell_router(Input::Drain);
        let grace = self.now().after(DRAIN_GRACE_MS);
        for slot in self.conns.alive() {
            if self.conns.get(slot).is_some_and(|conn| conn.is_idle()) {
                self.set_due(slot, grace);
            }
        }
    }

    /// A draining shard has drained when no connection is left, or when its time is up.
    fn check_drained(&mut self) {
        let Life::Draining(until) = self.life else { return };
        if self.conns.len() > 0 && self.now() < until {
            return;
        }
        for slot in self.conns.alive() {
            self.kill(slot);
        }
        self.life = Life::Drained;
        if self.reports.send(Report::Drained).is_err() {
            self.life = Life::Stopped; // nobody is left to tell it to stop
        }
    }

    /// Shows what was counted, and how long this turn and the calls it answered took. The time is read once for all.
    fn show_counters(&mut self) {
        self.counters.turns_total += 1;
        self.counters.mail_waiting = self.outbox.waiting() as u64;
        self.tally.show(&mut self.counters);
        self.counters.memory_bytes = self.memory.bytes() as u64;
        self.counters.memory_strangers_bytes = self.memory.held_by(Owner::Strangers) as u64;
        let board = self.stats.board(usize::from(self.place.0));
        self.memory.show(|domain, Change { before, now, refused }| {
            board.waits(domain, before as u64, now as u64);
            board.refused(domain, refused);
        });
        board.publish(self.router.counters(), &self.counters);
        let (turn_us, now) = self.clock.end_turn();
        board.turned(turn_us);
        self.load.busy_us = turn_us;
        for Begun { kind, at, .. } in self.answered.drain(..) {
            board.answered(kind, now.since_us(at));
        }
        buffers::release_if_large(&mut self.answered);
    }
}
