//! A player: a thread that plays a part of the users, and the site on their behalf.
//!
//! Owns: the event loop, the alarms, and when faults and messages are due. Must not: know what users do (`users.rs`) or
//! how calls are made (`callers.rs`).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use mio::event::Event;
use mio::{Events, Poll, Token};

use super::callers::{CALLERS, Call, Caller};
use super::kinds::{Fault, Happened, Paces};
use super::ledger::Book;
use super::random::Dice;
use super::shared::{Ground, Phase};
use super::users::{State, User};
use crate::generator::tally::Errors;
use crate::number::floor;
use crate::population::Part;
use crate::wire::{NewsReader, Requests};

/// Most events of one turn.
const EVENTS: usize = 1_024;
/// What is read at once, in bytes.
const READ_BYTES: usize = 64 * 1_024;
/// The longest a turn waits, in milliseconds.
const WAIT_MS: u64 = 20;
/// The longest a turn waits while messages are sent, in milliseconds.
const WAIT_MS_BUSY: u64 = 2;
/// Messages that are owed for a longer time than this, in milliseconds, are never sent: a server that was stopped is
/// not flooded with all it has missed.
const OWED_MS_MAX: u64 = 500;

/// What a player counted beside faults and messages.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    /// Messages that were read for the first time.
    pub(super) arrivals: u64,
    /// Messages that came again on a later page, as may be.
    pub(super) again: u64,
    /// Messages that came again.
    pub(super) doubled: u64,
    /// Copies of what a user sent himself from an earlier page.
    pub(super) copies: u64,
    /// Polls that were answered.
    pub(super) answers: u64,
    /// Users who came back too late.
    pub(super) ended: u64,
    /// Connections the server closed because nobody read.
    pub(super) given_up: u64,
    /// Polls the server refused for the time being.
    pub(super) polls_refused: u64,
    /// Calls the server refused for the time being.
    pub(super) calls_refused: u64,
    /// Messages that were due and were not sent.
    pub(super) skipped: u64,
}

impl Counts {
    /// Takes another's counts.
    pub(super) fn add(&mut self, other: &Counts) {
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
        self.answers += answers;
        self.ended += ended;
        self.given_up += given_up;
        self.polls_refused += polls_refused;
        self.calls_refused += calls_refused;
        self.skipped += skipped;
    }
}

/// What a player has to say in the end.
pub(super) struct Report {
    pub(super) book: Book,
    pub(super) happened: Happened,
    pub(super) counts: Counts,
    pub(super) errors: Errors,
}

/// A player.
pub(super) struct Player {
    pub(super) poll: Poll,
    pub(super) ground: Arc<Ground>,
    pub(super) index: u32,
    pub(super) part: Part,
    pub(super) phase: Phase,
    pub(super) users: Vec<User>,
    pub(super) callers: Vec<Caller>,
    /// Callers without a call.
    pub(super) free: Vec<usize>,
    /// Calls that are to be made before messages.
    pub(super) calls: VecDeque<Call>,
    /// A call is to be cut.
    pub(super) cuts_call: bool,
    /// The server listens no more.
    pub(super) is_deaf: bool,
    pub(super) requests: Requests,
    pub(super) key: u64,
    pub(super) dice: Dice,
    pub(super) book: Book,
    pub(super) happened: Happened,
    pub(super) counts: Counts,
    pub(super) errors: Errors,
    pub(super) news: NewsReader,
    pub(super) out: Vec<u8>,
    pub(super) scratch: Vec<u8>,
    /// When which user is to do something, and which of his stamps it was set with.
    alarms: BinaryHeap<Reverse<(u64, u32, u32)>>,
    paces: Paces,
    /// Messages that are due, in thousandths.
    owed: u64,
    /// Until when messages have been counted as owed.
    counted: u64,
}

impl Player {
    /// The player of a part.
    pub(super) fn new(ground: Arc<Ground>, index: u32) -> io::Result<Player> {
        let part = ground.population.part(index);
        let mut dice = Dice::new(ground.seed, index.into());
        let callers = ground.callers_per_player as usize;
        let paces = Paces::new(part.count, 0, &mut dice);
        Ok(Player {
            poll: Poll::new()?,
            index,
            part,
            phase: Phase::End,
            users: (0..part.count).map(|_| User::default()).collect(),
            callers: (0..callers).map(|_| Caller::default()).collect(),
            free: (0..callers).rev().collect(),
            calls: VecDeque::new(),
            cuts_call: false,
            is_deaf: false,
            requests: ground.requests(0),
            key: 0,
            dice,
            book: Book::new(index),
            happened: Happened::default(),
            counts: Counts::default(),
            errors: Errors::new(),
            news: NewsReader::new(),
            out: Vec::new(),
            scratch: vec![0; READ_BYTES],
            alarms: BinaryHeap::new(),
            paces,
            owed: 0,
            counted: 0,
            ground,
        })
    }

    /// Plays until it is over.
    pub(super) fn run(mut self) -> io::Result<Report> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            self.hear();
            if self.phase == Phase::End {
                let Player { book, happened, counts, errors, .. } = self;
                return Ok(Report { book, happened, counts, errors });
            }
            match self.poll.poll(&mut events, Some(self.wait())) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            for event in &events {
                self.happened_on(event);
            }
            self.ring();
            self.go_wrong();
            self.owe();
            self.pump();
            self.ground.settle(self.index, self.phase, self.settled());
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.ground.now()
    }

    /// A time in the book.
    pub(super) fn stamp(&self) -> u32 {
        u32::try_from(self.now()).unwrap_or(u32::MAX)
    }

    /// Whether messages are sent.
    pub(super) fn talks(&self) -> bool {
        matches!(self.phase, Phase::Faults | Phase::Down) && !self.is_deaf
    }

    pub(super) fn error(&mut self, kind: &'static str) {
        *self.errors.entry(kind).or_default() += 1;
    }

    /// Listens to the conductor.
    fn hear(&mut self) {
        let key = self.ground.key();
        if key != self.key {
            (self.key, self.requests) = (key, self.ground.requests(key));
        }
        let phase = self.ground.phase();
        if phase != self.phase {
            self.phase = phase;
            match phase {
                Phase::Gather => self.all_come(),
                Phase::Faults => {
                    let now = self.now();
                    self.paces = Paces::new(self.part.count, now, &mut self.dice);
                    (self.owed, self.counted) = (0, now);
                }
                Phase::Calm => self.all_calm_down(),
                Phase::Leave => self.all_leave(),
                Phase::Down | Phase::End => {}
            }
        }
    }

    fn wait(&self) -> Duration {
        let most = if self.talks() { WAIT_MS_BUSY } else { WAIT_MS };
        let alarm = self.alarms.peek().map_or(u64::MAX, |Reverse((at, _, _))| *at);
        let next = if self.phase == Phase::Faults { alarm.min(self.paces.first()) } else { alarm };
        Duration::from_millis(next.saturating_sub(self.now()).min(most))
    }

    fn happened_on(&mut self, event: &Event) {
        match event.token() {
            Token(token) if token >= CALLERS => self.caller_ready(token - CALLERS, event),
            Token(user) => self.user_ready(user, event),
        }
    }

    /// In so many milliseconds a user is to do what his state says, unless he changes it before.
    pub(super) fn alarm(&mut self, index: usize, ms: u64) {
        let at = self.now() + ms;
        let user = &mut self.users[index];
        user.stamp = user.stamp.wrapping_add(1);
        self.alarms.push(Reverse((at, u32::try_from(index).expect("a user's index"), user.stamp)));
    }

    fn ring(&mut self) {
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

    fn go_wrong(&mut self) {
        let now = self.now();
        while self.phase == Phase::Faults
            && let Some(fault) = self.paces.due(now, &mut self.dice)
        {
            if fault == Fault::CutCall {
                self.cuts_call = true;
            } else if let Some(user) = self.somebody() {
                self.befall(user as usize, fault);
            }
        }
    }

    /// Counts messages that are due.
    fn owe(&mut self) {
        let now = self.now();
        let ms = now - std::mem::replace(&mut self.counted, now);
        if self.talks() {
            let rate = floor(self.ground.rate).max(1);
            let most = rate * OWED_MS_MAX;
            self.owed += ms * rate;
            if self.owed > most {
                self.counts.skipped += (self.owed - most) / 1_000;
                self.owed = most;
            }
        }
    }

    /// Takes a message that is due.
    pub(super) fn owes_message(&mut self) -> bool {
        let owes = self.talks() && self.owed >= 1_000;
        self.owed -= if owes { 1_000 } else { 0 };
        owes
    }

    /// A user at his poll, by chance.
    pub(super) fn somebody(&mut self) -> Option<u32> {
        (0..32)
            .map(|_| self.dice.below(self.part.count))
            .find(|user| self.users[*user as usize].state == State::Waiting)
    }

    /// How many users are where the phase wants them; none while there is still something to be done.
    fn settled(&self) -> u32 {
        let wanted = match self.phase {
            Phase::Gather | Phase::Calm => State::Waiting,
            Phase::Leave => State::Gone,
            Phase::Faults | Phase::Down | Phase::End => return 0,
        };
        if !self.calls.is_empty() || self.free.len() < self.callers.len() {
            return 0;
        }
        u32::try_from(self.users.iter().filter(|user| user.state == wanted).count()).expect("users are u32")
    }
}
