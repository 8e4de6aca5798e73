//! A thread of the generator: its event loop.
//!
//! Owns: one `Poll`, the users and callers of one part, and the task that is being done. Must not: block anywhere but
//! in the poll. `users.rs` has what users do, `callers.rs` what the site does, and this file what turns both.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::time::Duration;

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use nextim_testkit::load::population::Part;
use nextim_testkit::load::wire::{NewsReader, Recipient};
use nextim_testkit::random::Random;
use nix::sched::{CloneFlags, unshare};
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use super::buddies::Buddies;
use super::caller::Caller;
use super::ledger::Ledger;
use super::setup::{Setup, Shared, WAKER};
use super::tally::Tally;
use super::task::{Call, Order, Progress, Reach, Task, tick_of};
use super::user::User;
use crate::measure::thread_cpu;

/// Tokens from here on are callers.
pub(super) const CALLERS: usize = 1 << 40;
/// The timer of open loops.
const TIMER: Token = Token(usize::MAX - 1);
/// Most events of one turn.
const EVENTS: usize = 1_024;
/// What is read at once, in bytes.
const READ_BYTES: usize = 256 * 1_024;
/// The longest a turn waits: then times are looked at.
const WAIT: Duration = Duration::from_millis(50);

/// What a thread is told.
#[derive(Debug)]
pub(super) enum Word {
    /// Do this.
    Begin(Order),
    /// End.
    End,
}

/// A thread's side of the generator.
pub(super) struct Worker {
    pub(super) poll: Poll,
    pub(super) setup: Arc<Setup>,
    pub(super) shared: Arc<Shared>,
    address: SocketAddr,
    index: u32,
    pub(super) part: Part,
    pub(super) users: Vec<User>,
    pub(super) callers: Vec<Caller>,
    /// Whom users name when they come back, if it matters at which node these are.
    pub(super) buddies: Option<Buddies>,
    /// Callers without a call.
    pub(super) free: VecDeque<u32>,
    pub(super) ledger: Ledger,
    pub(super) progress: Option<Progress>,
    /// Calls that are to be made before others.
    pub(super) again: VecDeque<Call>,
    pub(super) tally: Tally,
    pub(super) news: NewsReader,
    /// Where requests are written.
    pub(super) out: Vec<u8>,
    /// Where answers are read.
    pub(super) scratch: Vec<u8>,
    /// Beginnings of answers whose ends have not come.
    pub(super) rests: HashMap<usize, Vec<u8>>,
    /// Users who were asked to wait, and until when.
    pub(super) resting: BinaryHeap<Reverse<(u64, usize)>>,
    pub(super) random: Random,
    timer: TimerFd,
    tick: u64,
    cpu_before: u64,
}

impl Worker {
    /// Takes its own descriptor table. What this thread opens from here on is in no other's way.
    pub(super) fn new(poll: Poll, setup: Arc<Setup>, shared: Arc<Shared>, index: u32) -> io::Result<Worker> {
        unshare(CloneFlags::CLONE_FILES)?;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK)?;
        poll.registry().register(&mut SourceFd(&timer.as_fd().as_raw_fd()), TIMER, Interest::READABLE)?;
        let part = setup.population.part(index);
        let callers = setup.callers_per_thread;
        Ok(Worker {
            poll,
            address: setup.addresses[index as usize % setup.addresses.len()],
            index,
            part,
            users: (0..part.count).map(|_| User::default()).collect(),
            callers: (0..callers).map(|_| Caller::default()).collect(),
            buddies: None,
            free: (0..callers).rev().collect(),
            ledger: Ledger::default(),
            progress: None,
            again: VecDeque::new(),
            tally: Tally::default(),
            news: NewsReader::default(),
            out: Vec::new(),
            scratch: vec![0; READ_BYTES],
            rests: HashMap::new(),
            resting: BinaryHeap::new(),
            random: Random::new(index.into()),
            timer,
            tick: 0,
            cpu_before: 0,
            setup,
            shared,
        })
    }

    /// Does what it is told until it is told to end, or nobody is there to tell.
    pub(super) fn run(mut self, words: &Receiver<Word>, reports: &Sender<Tally>) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            match self.poll.poll(&mut events, Some(self.patience())) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            for event in &events {
                self.happened(event)?;
            }
            self.wake_resting();
            match words.try_recv() {
                Ok(Word::Begin(order)) => self.begin(order)?,
                Err(TryRecvError::Empty) => {}
                Ok(Word::End) | Err(TryRecvError::Disconnected) => return Ok(()),
            }
            self.pump();
            if let Some(tally) = self.finished()
                && reports.send(tally).is_err()
            {
                return Ok(());
            }
        }
    }

    /// Where the node with this number listens, or, without a cluster, where this part has its server.
    pub(super) fn address_of(&self, node: usize) -> SocketAddr {
        if self.setup.nodes.is_empty() { self.address } else { self.setup.addresses[node] }
    }

    /// The node that a caller calls.
    pub(super) fn node_of_caller(&self, caller: usize) -> usize {
        self.setup.node_of_caller(self.index, caller)
    }

    /// How long to wait for something to happen.
    fn patience(&self) -> Duration {
        let rest = |Reverse((until, _)): &Reverse<(u64, usize)>| {
            Duration::from_nanos(until.saturating_sub(self.now()))
        };
        self.resting.peek().map_or(WAIT, rest).min(WAIT)
    }

    /// Nanoseconds since the fleet started.
    pub(super) fn now(&self) -> u64 {
        self.setup.now()
    }

    fn happened(&mut self, event: &Event) -> io::Result<()> {
        match event.token() {
            // The word that came with the wake-up is read in `run`.
            WAKER => {}
            TIMER => self.timer_fired()?,
            Token(token) if token >= CALLERS => self.caller_ready(token - CALLERS, event),
            Token(user) => self.user_ready(user, event),
        }
        Ok(())
    }

    fn timer_fired(&mut self) -> io::Result<()> {
        match self.timer.wait() {
            Ok(()) | Err(nix::Error::EAGAIN | nix::Error::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let now = self.now();
        if let Some(progress) = &mut self.progress
            && let Some(rate) = progress.task.rate()
        {
            if self.ledger.broadcast_left() > 0 {
                // What goes on beside a broadcast goes on until all have it, or its deadline.
                progress.ends = progress.ends.max(now);
            }
            progress.tick(rate, self.tick, now);
        }
        Ok(())
    }

    fn begin(&mut self, order: Order) -> io::Result<()> {
        self.cpu_before = thread_cpu();
        self.forget_tries();
        let progress = Progress::new(order, self.now());
        self.buddies = (order.reach != Reach::Any).then(|| {
            let homes = self.users.iter().map(|user| user.home);
            Buddies::new(homes, order.reach, self.setup.population.buddies)
        });
        if let Some(rate) = order.task.rate() {
            self.tick = tick_of(rate);
            let every = Duration::from_nanos(self.tick).into();
            self.timer.set(Expiration::Interval(every), TimerSetTimeFlags::empty())?;
        }
        match order.task {
            Task::Broadcast { number, sends, .. } => {
                let sender = (sends && !self.setup.dialect.broadcasts_reach_their_sender()).then_some(0);
                let id = self.ledger.begin_broadcast(number, self.part.count, sender);
                if sends {
                    self.again.push_back(Call::Message { id, sender: 0, receiver: Recipient::All });
                }
                self.shared.heard();
            }
            Task::Storm(_) => self.cut_all(),
            Task::Messages { .. } | Task::Park(_) | Task::Churn(_) | Task::Leave(_) | Task::Idle => {}
        }
        self.progress = Some(progress);
        Ok(())
    }

    /// The tally, if the task is done or out of time.
    fn finished(&mut self) -> Option<Tally> {
        let now = self.now();
        let progress = self.progress.as_ref()?;
        let calm = self.again.is_empty() && self.free.len() == self.callers.len();
        let settled = progress.under_way == 0;
        let told = now >= progress.ends && progress.due.is_empty() && self.ledger.open() == 0;
        let done = calm
            && match progress.task {
                Task::Park(_) | Task::Storm(_) | Task::Leave(_) => {
                    progress.next == self.part.count && settled
                }
                Task::Churn(_) => now >= progress.ends && settled,
                Task::Messages { .. } => told,
                Task::Broadcast { .. } => told && self.ledger.broadcast_left() == 0,
                Task::Idle => now >= progress.ends,
            };
        let late = !done && now >= progress.deadline;
        if !done && !late {
            return None;
        }
        let (began, under_way) = (progress.began, progress.under_way);
        if late {
            self.tally.late = true;
            for _ in 0..under_way {
                self.tally.error("a user did not settle in time");
            }
        }
        if progress.task.rate().is_some() && self.timer.unset().is_err() {
            self.tally.error("the timer cannot be stopped");
        }
        self.progress = None;
        self.tally.lost += self.ledger.give_up();
        self.tally.took = now - began;
        self.tally.cpu = thread_cpu() - self.cpu_before;
        Some(std::mem::take(&mut self.tally))
    }

    /// A random number below `bound`.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.random.below(bound as usize)).expect("less than the bound")
    }
}
