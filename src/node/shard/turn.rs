//! The turn: the loop of a shard, and the order of its phases.
//!
//! Owns: the poll call, the mailbox, the life of the shard. Must not: hold logic of a phase; each phase is a call into
//! the part that has it.
//!
//! A turn: 1 wait for events, 2 read the time, 3 serve connections and accept newcomers, 4 take mail, and a slice of
//! what goes to many, 5 fire timers, 6 carry out effects of the router, 7 post mail, 8 watch what waits and free the
//! dead, 9 show the counters, which end with the turn's own duration. The order matters. The time is read before a
//! deadline is compared with it. Newcomers come after the connections that are there, whose places may have become free,
//! and before the effects (3 before 6), so that a call on a connection of its own is answered and closed in one turn.
//! Connections that waited are read before a deadline expires (3 before 5). Answers go out before the mail they caused
//! (6 before 7), so that an answer's fate travels in the same batch. Only what outlives the turn is registered with
//! epoll (8). Each phase is bounded; what is cut short continues in the next turn, which then does not wait.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use mio::{Events, Poll};

use super::buffers::release_if_large;
use super::chat::Chat;
use super::dispatch::Dispatcher;
use super::entrance::Entrance;
use super::execute::Executor;
use super::io::Io;
use super::listener::Listeners;
use super::mailbox::{Inbox, Parcel};
use super::moving::Mover;
use super::parts::{Opening, Parts, ShardEvent};
use super::schedule::Timer;
use super::token::{self, EventSource};
use super::traffic::{self, Readiness, Traffic};
use super::watch::watch_unwatched;
use crate::base::clock::Tick;
use crate::base::limits::chat::MAIL_WORK_PER_TURN;
use crate::base::limits::turn::{
    BATCHES_PER_TURN, EVENTS_PER_TURN, MAIL_RETRY_MS, SLEEP_MS_MAX, TIMERS_PER_TURN,
};
use crate::base::memory::{Change, Memory, Owner};
use crate::base::stats::Stats;
use crate::router::call::{Answer, Refusal};
use crate::router::ids::Place;
use crate::router::mail::Input;
use crate::router::sessions::storm::Load;

/// One event loop.
#[derive(Debug)]
pub(crate) struct Shard {
    place: Place,
    poll: Poll,
    events: Events,
    inbox: Inbox,
    entrance: Entrance,
    traffic: Traffic,
    dispatcher: Dispatcher,
    executor: Executor,
    io: Io,
    due: Vec<Timer>,
    /// More timers are due than one turn fires.
    timers_left: bool,
    /// More mail has come than one turn takes.
    mail_left: bool,
    /// The process was stopped: no deadline expires before the sockets that waited have been read.
    catching_up: bool,
    life: ShardLife,
    /// The duration of the last turn, in microseconds.
    busy_us: u64,
    reports: Sender<ShardEvent>,
    stats: Stats,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ShardLife {
    Serving,
    /// It takes nothing new and finishes what there is, until this moment at the latest.
    Draining(Tick),
    /// It has reported the end of its drain, and still passes mail for the others.
    Drained,
    Stopped,
}

impl Shard {
    /// Puts a shard together and opens its listeners.
    pub(crate) fn open(parts: Parts, opening: &Opening) -> io::Result<Shard> {
        let Parts { poll, passing, inbox, outbox, gate, accepts, origin, settings, stats, returns, events } =
            parts;
        let listeners = Listeners::open(&opening.addresses, poll.registry(), accepts)?;
        let mover = Mover::new(settings.place, passing, poll.registry().try_clone()?, stats.clone());
        let memory = Memory::new(settings.memory_bytes);
        let unposted = memory.hold(Owner::Nobody, 0);
        let chat = Chat::new(settings.clone(), memory.clone());
        Ok(Shard {
            place: settings.place,
            poll,
            events: Events::with_capacity(EVENTS_PER_TURN),
            inbox,
            entrance: Entrance::new(listeners),
            traffic: Traffic::new(Arc::clone(&settings.limits), mover),
            dispatcher: Dispatcher::new(&settings, chat, stats.clone()),
            executor: Executor::new(outbox, unposted, returns, Arc::clone(&opening.base_url)),
            io: Io::new(settings.place, origin, settings.timeouts, gate, memory),
            due: Vec::new(),
            timers_left: false,
            mail_left: false,
            catching_up: false,
            life: ShardLife::Serving,
            busy_us: 0,
            reports: events,
            stats,
        })
    }

    /// Turns until the shard is stopped.
    pub(crate) fn run(mut self) -> io::Result<()> {
        while self.life != ShardLife::Stopped {
            self.turn()?;
        }
        Ok(())
    }

    /// One turn; the head of this file says why its phases stand in this order.
    fn turn(&mut self) -> io::Result<()> {
        let expected = self.wait()?;
        let stopped_ms = self.io.schedule_mut().begin_turn(expected);
        self.io.counters().stopped_ms_total += stopped_ms;
        let is_full = self.events.iter().count() == EVENTS_PER_TURN || self.mail_left;
        self.catching_up = stopped_ms > 0 || self.catching_up && is_full;
        let load = Load { is_full, busy_us: self.busy_us, steps: self.io.take_steps() };
        self.dispatcher.chat().begin_turn(self.io.now(), load);
        self.serve_conns();
        self.take_mail();
        self.deliver_slice();
        self.fire_timers();
        self.executor.carry_out(&mut self.io, self.dispatcher.chat());
        self.executor.post(&mut self.io, self.traffic.departed());
        watch_unwatched(&mut self.io, self.poll.registry());
        self.io.free_dead();
        self.io.trim();
        self.traffic.trim();
        self.check_drained();
        self.show_counters();
        Ok(())
    }

    /// Waits for events. Returns the latest time at which the turn should have started.
    fn wait(&mut self) -> io::Result<Tick> {
        let mut timeout_ms = self.patience_ms();
        if timeout_ms > 0 && !self.inbox.sleep() {
            timeout_ms = 0;
        }
        let expected = self.io.now().after(timeout_ms);
        let waited = self.poll.poll(&mut self.events, Some(Duration::from_millis(timeout_ms)));
        self.inbox.awake();
        match waited {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            Ok(()) | Err(_) => Ok(expected),
        }
    }

    /// How long the shard may sleep, in milliseconds.
    fn patience_ms(&self) -> u64 {
        let continues = self.io.has_deferred() || self.dispatcher.has_postponed();
        let has_input = self.io.has_notes() || !self.inbox.is_empty();
        let is_left = self.timers_left || self.dispatcher.has_crowds() || has_input;
        if continues && !self.executor.is_congested() || is_left {
            return 0;
        }
        let now = self.io.now();
        let most_ms = if self.executor.has_unposted() { MAIL_RETRY_MS } else { SLEEP_MS_MAX };
        let deadline = match self.life {
            ShardLife::Draining(until) => Some(until),
            ShardLife::Serving | ShardLife::Drained | ShardLife::Stopped => None,
        };
        let moments = [self.io.schedule().next_due(), self.entrance.next_attempt(), deadline];
        moments.into_iter().flatten().map(|moment| moment.since(now)).fold(most_ms, u64::min)
    }

    fn serve_conns(&mut self) {
        let Shard { io, dispatcher, traffic, entrance, .. } = self;
        let congested = self.executor.is_congested();
        if !congested {
            traffic.serve_deferred(io, dispatcher);
        }
        for event in &self.events {
            match token::source(event.token()) {
                EventSource::Waker => {}
                EventSource::Listener(index) => entrance.set_ready(index),
                EventSource::Conn(slot) => {
                    let closed = event.is_read_closed() || event.is_error();
                    let (readable, writable) = (event.is_readable(), event.is_writable());
                    let readiness = Readiness { readable, writable, closed };
                    traffic.on_event(io, dispatcher, slot, readiness, congested);
                }
            }
        }
        // A place that one of these has left is free for a newcomer.
        io.free_dead();
        entrance.accept(io, self.poll.registry(), |io, slot| traffic.greet(io, dispatcher, slot, congested));
        if !congested {
            traffic.serve_postponed(io, dispatcher);
        }
    }

    fn take_mail(&mut self) {
        self.mail_left = false;
        let before = self.dispatcher.chat().work();
        for _ in 0..BATCHES_PER_TURN {
            match self.inbox.take() {
                Some(Parcel::Mail(batch)) => {
                    for mail in batch {
                        self.dispatcher.take_mail(&mut self.io, mail);
                    }
                }
                Some(Parcel::Conns(moved)) => {
                    let congested = self.executor.is_congested();
                    for moved in moved {
                        self.traffic.settle(&mut self.io, &mut self.dispatcher, moved, congested);
                    }
                }
                Some(Parcel::Away(_)) => debug_assert!(false, "it is for the bridge"),
                Some(Parcel::Domains(domains, taken)) => {
                    self.dispatcher.reload(&mut self.io, domains);
                    drop(taken);
                }
                Some(Parcel::Drain) => self.drain(),
                Some(Parcel::Stop) => {
                    // No shard has calls any more: nobody is left to acknowledge what is queued.
                    self.handle(Input::End);
                    self.life = ShardLife::Stopped;
                    return;
                }
                None => return,
            }
            if self.dispatcher.chat().work() - before >= MAIL_WORK_PER_TURN {
                return;
            }
        }
        self.mail_left = !self.inbox.is_empty();
    }

    /// Goes on with what goes to many.
    fn deliver_slice(&mut self) {
        if self.dispatcher.has_crowds() {
            self.handle(Input::Slice);
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        self.dispatcher.chat().handle(&mut self.io, input);
    }

    fn fire_timers(&mut self) {
        if self.catching_up {
            // The wait during which the process was stopped may have collected no events. Fire no timer yet: the next
            // wait returns at once, with them.
            self.timers_left = true;
            return;
        }
        let mut due = std::mem::take(&mut self.due);
        self.timers_left = self.io.schedule_mut().fire(TIMERS_PER_TURN, &mut due);
        for timer in due.drain(..) {
            match timer {
                Timer::Router(alarm) => self.handle(Input::Alarm(alarm)),
                Timer::Conn(slot) => traffic::on_alarm(&mut self.io, slot),
                Timer::Sweep => {
                    for key in self.dispatcher.sweep(&mut self.io) {
                        self.executor.answer(&mut self.io, key, &Answer::Refused(Refusal::Late));
                    }
                }
            }
        }
        release_if_large(&mut due);
        self.due = due;
    }

    /// Begins the drain: takes nothing new, answers parked polls, closes idle connections, once no page has a stream to
    /// acknowledge, and gives the rest its time.
    fn drain(&mut self) {
        if self.life != ShardLife::Serving {
            return;
        }
        self.entrance.close(&mut self.io, self.poll.registry());
        self.life = ShardLife::Draining(self.io.now().after(self.io.timeouts().drain_ms));
        let acks_ms = if self.has_streams() { self.io.timeouts().streams_stopped_ms() } else { 0 };
        self.io.begin_drain(self.io.now().after(acks_ms));
        self.handle(Input::Drain);
        let idle_until = self.io.idle_until();
        for slot in self.io.alive() {
            if self.io.conn(slot).is_some_and(|conn| conn.is_idle()) {
                self.io.set_due(slot, idle_until);
            }
        }
    }

    /// Whether a shard holds a stream. Its page acknowledges on another connection, perhaps one of another shard.
    fn has_streams(&self) -> bool {
        self.stats.sum("streams_parked").is_some_and(|streams| streams > 0)
    }

    /// Ends the drain when no connection is left, or when its time is up.
    fn check_drained(&mut self) {
        let ShardLife::Draining(until) = self.life else { return };
        if self.io.connections() > 0 && self.io.now() < until {
            return;
        }
        for slot in self.io.alive() {
            self.io.kill(slot);
        }
        self.dispatcher.chat().handle_notes(&mut self.io);
        self.life = ShardLife::Drained;
        if self.reports.send(ShardEvent::Drained).is_err() {
            self.life = ShardLife::Stopped; // nobody is left to order the stop
        }
    }

    /// Shows what was counted, and how long this turn and the calls answered in it took. The time is read once for all.
    fn show_counters(&mut self) {
        self.io.counters().turns_total += 1;
        let board = self.stats.board(self.place.index());
        self.io.memory().show(|domain, Change { before, now, refused }| {
            board.waits(domain, before as u64, now as u64);
            board.refused(domain, refused);
            if let Some(figures) = self.dispatcher.figures(domain) {
                figures.waits(before as u64, now as u64, refused);
            }
        });
        board.publish(self.dispatcher.chat().counters(), self.io.shown_counters());
        self.traffic.shown();
        let (busy_us, now) = self.io.schedule().end_turn();
        self.busy_us = busy_us;
        board.turned(busy_us);
        self.executor.show_timings(board, now);
    }
}
