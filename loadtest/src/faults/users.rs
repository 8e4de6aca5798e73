//! Users: what a browser does when nothing is well.
//!
//! Owns: the users, their pages and polls. Must not: make calls of the site; what a user needs of it is put into
//! `calls`. What befalls him is in `inject.rs`.

use std::ops::Range;

use mio::Token;
use mio::event::Event;

use super::callers::Call;
use super::connection::Line;
use super::kinds::Fault;
use super::ledger::{Arrival, Page};
use super::player::Player;
use super::shared::{Phase, WRITE_MS};
use crate::generator::socket::Origin;
use crate::wire::{Parsed, Ticket, answer};

/// How long a user takes to come back after his connection was cut, in milliseconds.
pub(super) const PAUSE_MS: Range<u64> = 1..1_000;
/// How long a user waits when the server asks for patience, in milliseconds.
pub(super) const PATIENCE_MS: Range<u64> = 200..800;
/// How much longer than the server waits one stalls who stalls for too long, in milliseconds.
const STALL_MORE_MS: Range<u64> = 1_500..3_000;

/// Where a user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nowhere.
    Gone,
    /// He is being brought online.
    Coming,
    /// He has a page and no connection, while so many long messages are sent to him.
    Fed(u8),
    /// He has a page and no connection.
    Apart,
    /// He connects.
    Connecting,
    /// His poll was sent.
    Waiting,
    /// His poll was sent, and he does not look at the answer.
    Stalled,
}

/// What is to become of the next answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doom {
    /// It is read.
    None,
    /// The connection is cut when so much of it was read.
    Cut { bytes: usize, fault: Fault },
    /// It is read, and then this happens before the next poll.
    Then(Fault),
}

/// A user.
pub(super) struct User {
    pub(super) state: State,
    /// Tells alarms that hold from those that do not.
    pub(super) stamp: u32,
    pub(super) ticket: Ticket,
    page: u32,
    since: u32,
    seq: u64,
    /// Messages this page has read of which it is not known that the server knows.
    read: Vec<u64>,
    /// Of these, how many the last poll acknowledged.
    told: usize,
    line: Option<Line>,
    /// He comes from his other address.
    again: bool,
    pub(super) doom: Doom,
    /// On this connection no poll was answered yet: the session may have ended before.
    is_new: bool,
    /// On this connection he stalls as soon as he polls.
    stalls: bool,
    /// On this connection he stalled for too long: the server may have closed it.
    stalled: bool,
    /// The page he had before, which is to be left when the new one is there.
    pub(super) leaves: Option<Ticket>,
}

impl Default for User {
    fn default() -> Self {
        User {
            state: State::Gone,
            stamp: 0,
            ticket: Ticket::NONE,
            page: 0,
            since: 0,
            seq: 0,
            read: Vec::new(),
            told: 0,
            line: None,
            again: false,
            doom: Doom::None,
            is_new: false,
            stalls: false,
            stalled: false,
            leaves: None,
        }
    }
}

impl Player {
    /// The time has come for what a user waits for.
    pub(super) fn user_wakes(&mut self, index: usize) {
        match self.users[index].state {
            State::Gone => self.come(index),
            State::Apart => self.connect(index, false),
            State::Stalled => {
                self.users[index].state = State::Waiting;
                self.read_user(index);
            }
            State::Coming | State::Fed(_) | State::Connecting | State::Waiting => {}
        }
    }

    /// A user opens a page.
    pub(super) fn come(&mut self, index: usize) {
        self.users[index].state = State::Coming;
        self.calls.push_back(Call::Online(u32::try_from(index).expect("a user's index")));
    }

    /// One of the long messages was sent, or was not.
    pub(super) fn fed(&mut self, index: usize) {
        match self.users[index].state {
            State::Fed(0 | 1) => self.connect(index, true),
            State::Fed(left) => self.users[index].state = State::Fed(left - 1),
            State::Gone
            | State::Coming
            | State::Apart
            | State::Connecting
            | State::Waiting
            | State::Stalled => {}
        }
    }

    pub(super) fn cut_line(&mut self, index: usize, with_reset: bool) {
        let user = &mut self.users[index];
        (user.doom, user.stalls, user.stalled) = (Doom::None, false, false);
        if let Some(line) = user.line.take() {
            line.cut(with_reset);
            user.again = !user.again;
        }
    }

    pub(super) fn apart(&mut self, index: usize, pause: Range<u64>) {
        self.users[index].state = State::Apart;
        let ms = self.dice.within(pause);
        self.alarm(index, ms);
    }

    /// A user is gone for a while.
    pub(super) fn go(&mut self, index: usize, ms: u64) {
        self.users[index].state = State::Gone;
        self.alarm(index, ms);
    }

    /// A user who could not come tries again.
    pub(super) fn comes_later(&mut self, index: usize) {
        let ms = self.dice.within(PATIENCE_MS);
        self.go(index, ms);
    }

    /// A user has a new page: he polls. The one he had is left, if he has not left it yet.
    pub(super) fn opened(&mut self, index: usize, ticket: Ticket, since: u32) {
        let user = &mut self.users[index];
        (user.ticket, user.since, user.seq, user.told) = (ticket, since, 0, 0);
        user.page += 1;
        user.read.clear();
        if let Some(left) = user.leaves.take() {
            self.calls.push_back(Call::Leave(left, None));
        }
        self.connect(index, false);
    }

    fn connect(&mut self, index: usize, is_narrow: bool) {
        let number = self.part.first + u32::try_from(index).expect("a user's index");
        let origin = Origin::User { number, again: self.users[index].again };
        match Line::open(self.poll.registry(), self.ground.address, origin, Token(index), is_narrow) {
            Ok(line) => {
                let user = &mut self.users[index];
                (user.line, user.is_new, user.stalls) = (Some(line), true, is_narrow);
                user.state = State::Connecting;
            }
            Err(_) => self.line_failed(index, "a user could not connect"),
        }
    }

    fn send_poll(&mut self, index: usize) {
        let user = &mut self.users[index];
        let Some(line) = &mut user.line else { return };
        self.out.clear();
        self.requests.poll(&mut self.out, &user.ticket, user.seq);
        if !line.send(&self.out) {
            return self.line_failed(index, "a poll could not be sent");
        }
        user.state = State::Waiting;
        user.told = user.read.len();
        user.read.iter().for_each(|id| self.book.acknowledged(*id));
        if std::mem::take(&mut user.stalls) {
            user.stalled = true;
            user.state = State::Stalled;
            let ms = WRITE_MS + self.dice.within(STALL_MORE_MS);
            self.alarm(index, ms);
        }
    }

    pub(super) fn user_ready(&mut self, index: usize, event: &Event) {
        let user = &mut self.users[index];
        if user.state == State::Connecting && event.is_writable() && !event.is_error() {
            if let Some(line) = &mut user.line {
                line.is_open = true;
            }
            self.send_poll(index);
        }
        let is_reader = matches!(self.users[index].state, State::Connecting | State::Waiting);
        if is_reader && (event.is_readable() || event.is_read_closed() || event.is_error()) {
            self.read_user(index);
        }
    }

    fn read_user(&mut self, index: usize) {
        let user = &mut self.users[index];
        let (most, fault) = match user.doom {
            Doom::Cut { bytes, fault } => (bytes, Some(fault)),
            Doom::None | Doom::Then(_) => (usize::MAX, None),
        };
        let Some(line) = &mut user.line else { return };
        let goes_on = line.receive(&mut self.scratch, most);
        if let Some(fault) = fault.filter(|_| goes_on && line.input.len() >= most) {
            return self.befalls_now(index, fault);
        }
        let input = std::mem::take(&mut line.input);
        match answer(&input) {
            Parsed::Whole { status, body, bytes } if bytes == input.len() => {
                self.poll_answered(index, status, body);
                if !goes_on && self.users[index].state == State::Waiting {
                    self.line_failed(index, "a poll's connection was closed");
                }
            }
            Parsed::Partial if goes_on => line.input = input,
            Parsed::Partial => self.line_failed(index, "a poll's connection was closed"),
            Parsed::Whole { .. } | Parsed::Broken => self.line_failed(index, "an answer cannot be read"),
        }
    }

    fn poll_answered(&mut self, index: usize, status: u16, body: &[u8]) {
        self.counts.answers += 1;
        let User { is_new, stalled, .. } = self.users[index];
        match status {
            200 => return self.news(index, body),
            // He came, or looked, too late.
            404 if is_new || stalled => self.counts.ended += 1,
            404 => self.error("a session was gone under its poll"),
            429 | 503 => {
                self.counts.polls_refused += 1;
                self.cut_line(index, false);
                return self.apart(index, PATIENCE_MS);
            }
            _ => return self.line_failed(index, "a poll was refused"),
        }
        self.cut_line(index, false);
        self.come(index);
    }

    fn news(&mut self, index: usize, body: &[u8]) {
        let user = &mut self.users[index];
        let number = u32::try_from(index).expect("a user's index");
        let page = Page { user: number, number: user.page, since: user.since };
        let (mut arrived, mut strange) = (Vec::new(), 0);
        let (book, counts) = (&mut self.book, &mut self.counts);
        let news = self.news.read(body, |id| {
            match book.arrive(id, page) {
                Arrival::First => counts.arrivals += 1,
                Arrival::Again => counts.again += 1,
                Arrival::Doubled => counts.doubled += 1,
                // That the sender has it says nothing of the receiver.
                Arrival::Copy => return counts.copies += 1,
                Arrival::Strange => return strange += 1,
            }
            arrived.push(id);
        });
        if !news.stopped {
            user.read.drain(..user.told).for_each(|id| book.known(id));
        }
        user.read.append(&mut arrived);
        (user.told, user.is_new) = (0, false);
        user.seq = news.seq.unwrap_or(user.seq);
        if strange > 0 {
            self.error("a message came to somebody else");
        }
        let doom = std::mem::replace(&mut self.users[index].doom, Doom::None);
        match doom {
            _ if news.stopped => self.stopped(index, body),
            Doom::Then(fault) => self.befalls_now(index, fault),
            _ if self.users[index].stalled => {
                // What he polls on from now on is no longer narrow.
                self.cut_line(index, false);
                self.apart(index, PAUSE_MS);
            }
            Doom::None | Doom::Cut { .. } => self.send_poll(index),
        }
    }

    fn stopped(&mut self, index: usize, body: &[u8]) {
        self.cut_line(index, false);
        let says = |reason: &str| {
            memchr::memmem::find(body, format!("\"reason\":\"{reason}\"").as_bytes()).is_some()
        };
        if says("replaced") {
            // A poll that was cut came later than this one.
            self.apart(index, PATIENCE_MS);
        } else if self.phase == Phase::Down && says("shutdown") {
            self.users[index].state = State::Gone;
        } else {
            self.error("a session was stopped");
            self.come(index);
        }
    }

    /// A user's connection is of no use any more.
    fn line_failed(&mut self, index: usize, kind: &'static str) {
        let stalled = self.users[index].stalled;
        self.cut_line(index, false);
        if self.phase == Phase::Down {
            self.users[index].state = State::Gone;
            return;
        }
        if stalled {
            self.counts.given_up += 1;
        } else {
            self.error(kind);
        }
        self.apart(index, PAUSE_MS);
    }
}
