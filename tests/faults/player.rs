//! A player: a thread that plays a part of the users, and makes the calls of the site for them.
//!
//! Owns: the event loop, the alarms, and when faults and messages are due. Must not: read answers of polls
//! (`users.rs`) or of calls (`callers.rs`).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use mio::event::Event;
use mio::{Events, Poll, Token};
use nextim_testkit::load::population::Part;
use nextim_testkit::load::wire::{NewsReader, Requests, Transport};

use super::caller::{CALLERS, SiteCall, SiteCaller};
use super::chance::Chance;
use super::kinds::{Fault, FaultCounts, FaultSchedule};
use super::ledger::MessageLedger;
use super::shared::{Phase, SharedState};
use super::user::{PlayedUser, UserState};

/// The most events of one turn.
const EVENTS: usize = 1_024;
/// The most that is read at once, in bytes.
const READ_BYTES: usize = 64 * 1_024;
/// The longest a turn waits, in milliseconds.
const WAIT_MS: u64 = 20;
/// The longest a turn waits while messages are sent, in milliseconds.
const WAIT_MS_BUSY: u64 = 2;
/// Messages that are overdue by more than this, in milliseconds, are never sent: a server that was stopped is not
/// flooded with everything it missed.
const OWED_MS_MAX: u64 = 500;

/// The counts of a player, without faults and messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Messages that were read for the first time.
    pub(crate) arrivals: u64,
    /// Messages that were read again on a later page, as they may be.
    pub(crate) again: u64,
    /// Messages that were read once too often.
    pub(crate) doubled: u64,
    /// Copies of a message at its sender.
    pub(crate) copies: u64,
    /// Polls that were answered, and events and texts, by the place of the transport in [`Transport::ALL`].
    pub(crate) answers: [u64; Transport::ALL.len()],
    /// Sessions that had ended when their user returned.
    pub(crate) ended: u64,
    /// Connections the server closed because the user did not read.
    pub(crate) given_up: u64,
    /// Polls the server refused for the time being.
    pub(crate) polls_refused: u64,
    /// Calls the server refused for the time being.
    pub(crate) calls_refused: u64,
    /// Messages that were due and were not sent.
    pub(crate) skipped: u64,
}

impl Counts {
    /// Adds the counts of another player.
    pub(crate) fn add(&mut self, other: &Counts) {
        let Counts {
            arrivals,
            again,
            doubled,
            copies,
            answers,
            ended,
            given_up,
            polls_refused,
            calls_refused,
            skipped,
        } = *other;
        self.arrivals += arrivals;
        self.again += again;
        self.doubled += doubled;
        self.copies += copies;
        for (all, more) in self.answers.iter_mut().zip(answers) {
            *all += more;
        }
        self.ended += ended;
        self.given_up += given_up;
        self.polls_refused += polls_refused;
        self.calls_refused += calls_refused;
        self.skipped += skipped;
    }
}

/// What went wrong, and how often.
pub(crate) type Errors = BTreeMap<&'static str, u64>;

/// The result of a player.
pub(crate) struct PlayerReport {
    pub(crate) ledger: MessageLedger,
    pub(crate) fault_counts: FaultCounts,
    pub(crate) counts: Counts,
    pub(crate) errors: Errors,
}

pub(crate) struct Player {
    pub(crate) poll: Poll,
    pub(crate) shared: Arc<SharedState>,
    pub(crate) index: u32,
    pub(crate) part: Part,
    pub(crate) phase: Phase,
    pub(crate) users: Vec<PlayedUser>,
    pub(crate) callers: Vec<SiteCaller>,
    /// Callers without a call.
    pub(crate) free: Vec<usize>,
    /// Calls that are made before messages are sent.
    pub(crate) calls: VecDeque<SiteCall>,
    /// The next call is to be cut.
    pub(crate) cuts_call: bool,
    /// The server accepts no more connections.
    pub(crate) server_closed: bool,
    pub(crate) requests: Requests,
    pub(crate) key: u64,
    pub(crate) chance: Chance,
    pub(crate) ledger: MessageLedger,
    pub(crate) fault_counts: FaultCounts,
    pub(crate) counts: Counts,
    pub(crate) errors: Errors,
    pub(crate) news: NewsReader,
    pub(crate) out: Vec<u8>,
    pub(crate) scratch: Vec<u8>,
    /// For each alarm its time, its user, and the user's stamp when it was set.
    alarms: BinaryHeap<Reverse<(u64, u32, u32)>>,
    schedule: FaultSchedule,
    /// Messages that are due, in thousandths.
    owed: u64,
    /// Messages are counted as due up to this time.
    counted: u64,
}

impl Player {
    /// The player of the nth part.
    pub(crate) fn new(shared: Arc<SharedState>, index: u32) -> io::Result<Player> {
        let part = shared.population.part(index);
        let mut chance = Chance::new(shared.seed, index.into());
        let callers = shared.callers_per_player as usize;
        let schedule = FaultSchedule::new(part.count, 0, &mut chance);
        Ok(Player {
            poll: Poll::new()?,
            index,
            part,
            phase: Phase::End,
            users: (0..part.count).map(|_| PlayedUser::default()).collect(),
            callers: (0..callers).map(|_| SiteCaller::default()).collect(),
            free: (0..callers).rev().collect(),
            calls: VecDeque::new(),
            cuts_call: false,
            server_closed: false,
            requests: shared.requests(0),
            key: 0,
            chance,
            ledger: MessageLedger::new(index),
            fault_counts: FaultCounts::default(),
            counts: Counts::default(),
            errors: Errors::new(),
            news: NewsReader::default(),
            out: Vec::new(),
            scratch: vec![0; READ_BYTES],
            alarms: BinaryHeap::new(),
            schedule,
            owed: 0,
            counted: 0,
            shared,
        })
    }

    /// Plays until [`Phase::End`].
    pub(crate) fn run(mut self) -> io::Result<PlayerReport> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            self.follow_conductor();
            if self.phase == Phase::End {
                let Player { ledger, fault_counts, counts, errors, .. } = self;
                return Ok(PlayerReport { ledger, fault_counts, counts, errors });
            }
            match self.poll.poll(&mut events, Some(self.wait())) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            for event in &events {
                self.dispatch(event);
            }
            self.fire_alarms();
            self.inject_due();
            self.count_due_messages();
            self.pump();
            self.shared.settle(self.index, self.phase, self.settled());
        }
    }

    pub(crate) fn now(&self) -> u64 {
        self.shared.now()
    }

    /// The time as the ledger keeps it.
    pub(crate) fn stamp(&self) -> u32 {
        u32::try_from(self.now()).unwrap_or(u32::MAX)
    }

    pub(crate) fn sends_messages(&self) -> bool {
        matches!(self.phase, Phase::Faults | Phase::Down) && !self.server_closed
    }

    pub(crate) fn error(&mut self, kind: &'static str) {
        *self.errors.entry(kind).or_default() += 1;
    }

    /// Takes over a new apikey, and starts a new phase.
    fn follow_conductor(&mut self) {
        let key = self.shared.key();
        if key != self.key {
            (self.key, self.requests) = (key, self.shared.requests(key));
        }
        let phase = self.shared.phase();
        if phase != self.phase {
            self.phase = phase;
            match phase {
                Phase::Gather => self.open_all_pages(),
                Phase::Faults => {
                    let now = self.now();
                    self.schedule = FaultSchedule::new(self.part.count, now, &mut self.chance);
                    (self.owed, self.counted) = (0, now);
                }
                Phase::Calm => self.drop_plans(),
                Phase::Leave => self.leave_all_pages(),
                Phase::Down | Phase::End => {}
            }
        }
    }

    fn wait(&self) -> Duration {
        let most = if self.sends_messages() { WAIT_MS_BUSY } else { WAIT_MS };
        let alarm = self.alarms.peek().map_or(u64::MAX, |Reverse((at, _, _))| *at);
        let next = if self.phase == Phase::Faults { alarm.min(self.schedule.first()) } else { alarm };
        Duration::from_millis(next.saturating_sub(self.now()).min(most))
    }

    fn dispatch(&mut self, event: &Event) {
        match event.token() {
            Token(token) if token >= CALLERS => self.caller_ready(token - CALLERS, event),
            Token(user) => self.user_ready(user, event),
        }
    }

    /// Wakes a user in this many milliseconds, unless another alarm of the user is set before.
    pub(crate) fn alarm(&mut self, index: usize, ms: u64) {
        let at = self.now() + ms;
        let user = &mut self.users[index];
        user.stamp = user.stamp.wrapping_add(1);
        self.alarms.push(Reverse((at, u32::try_from(index).expect("a user's index"), user.stamp)));
    }

    fn fire_alarms(&mut self) {
        let now = self.now();
        while let Some(Reverse((at, user, stamp))) = self.alarms.peek().copied()
            && at <= now
        {
            self.alarms.pop();
            if self.users[user as usize].stamp == stamp {
                self.user_wakes(user as usize);
            }
        }
    }

    fn inject_due(&mut self) {
        let now = self.now();
        while self.phase == Phase::Faults
            && let Some(fault) = self.schedule.due(now, &mut self.chance)
        {
            if fault == Fault::CutCall {
                self.cuts_call = true;
            } else if let Some(user) = self.somebody() {
                self.inject(user as usize, fault);
            }
        }
    }

    /// Counts the messages that have become due.
    fn count_due_messages(&mut self) {
        let now = self.now();
        let ms = now - std::mem::replace(&mut self.counted, now);
        if self.sends_messages() {
            let most = self.shared.rate * OWED_MS_MAX;
            self.owed += ms * self.shared.rate;
            if self.owed > most {
                self.counts.skipped += (self.owed - most) / 1_000;
                self.owed = most;
            }
        }
    }

    /// Takes a message that is due. Returns whether there was one.
    pub(crate) fn take_due_message(&mut self) -> bool {
        let owes = self.sends_messages() && self.owed >= 1_000;
        self.owed -= if owes { 1_000 } else { 0 };
        owes
    }

    /// A random user whose poll waits.
    pub(crate) fn somebody(&mut self) -> Option<u32> {
        (0..32)
            .map(|_| self.chance.below(self.part.count))
            .find(|user| self.users[*user as usize].state == UserState::Waiting)
    }

    /// How many users are where the phase wants them; 0 while a call is queued or under way.
    fn settled(&self) -> u32 {
        let wanted = match self.phase {
            Phase::Gather | Phase::Calm => UserState::Waiting,
            Phase::Leave => UserState::Gone,
            Phase::Faults | Phase::Down | Phase::End => return 0,
        };
        if !self.calls.is_empty() || self.free.len() < self.callers.len() {
            return 0;
        }
        u32::try_from(self.users.iter().filter(|user| user.state == wanted).count()).expect("users are u32")
    }
}
