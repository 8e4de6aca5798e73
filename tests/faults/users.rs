//! Users: what a browser does while everything around it fails.
//!
//! Owns: the users, their pages and polls. Must not: make calls of the site; the calls a user needs are queued in
//! `calls`. Faults are injected in `inject.rs`.

use std::ops::Range;

use mio::Token;
use mio::event::Event;
use nextim_testkit::load::socket::Origin;
use nextim_testkit::load::wire::{Parsed, Ticket, answer};

use super::caller::SiteCall;
use super::connection::Connection;
use super::ledger::{ArrivalKind, Page};
use super::player::Player;
use super::shared::{Phase, WRITE_MS};
use super::user::{AnswerPlan, PlayedUser, UserState};

/// How long a user takes to return after a cut of the connection, in milliseconds.
pub(crate) const PAUSE_MS: Range<u64> = 1..1_000;
/// How long a user waits after a 429 or 503, in milliseconds.
pub(crate) const PATIENCE_MS: Range<u64> = 200..800;
/// How much longer than the server's write timeout a long stall takes, in milliseconds.
const STALL_MORE_MS: Range<u64> = 1_500..3_000;

impl Player {
    /// A user's alarm has fired.
    pub(crate) fn user_wakes(&mut self, index: usize) {
        match self.users[index].state {
            UserState::Gone => self.open_page(index),
            UserState::Disconnected => self.connect(index, false),
            UserState::Stalled => {
                self.users[index].state = UserState::Waiting;
                self.read_user(index);
            }
            UserState::Coming | UserState::Flooded(_) | UserState::Connecting | UserState::Waiting => {}
        }
    }

    /// Queues the call that opens a page for a user.
    pub(crate) fn open_page(&mut self, index: usize) {
        self.users[index].state = UserState::Coming;
        self.calls.push_back(SiteCall::Online(u32::try_from(index).expect("a user's index")));
    }

    /// The call of one long message is over, with or without success.
    pub(crate) fn flooded(&mut self, index: usize) {
        match self.users[index].state {
            UserState::Flooded(0 | 1) => self.connect(index, true),
            UserState::Flooded(left) => self.users[index].state = UserState::Flooded(left - 1),
            UserState::Gone
            | UserState::Coming
            | UserState::Disconnected
            | UserState::Connecting
            | UserState::Waiting
            | UserState::Stalled => {}
        }
    }

    pub(crate) fn cut_connection(&mut self, index: usize, with_reset: bool) {
        let user = &mut self.users[index];
        (user.plan, user.stalls, user.stalled) = (AnswerPlan::Read, false, false);
        if let Some(connection) = user.connection.take() {
            connection.cut(with_reset);
            user.again = !user.again;
        }
    }

    pub(crate) fn reconnect_later(&mut self, index: usize, pause: Range<u64>) {
        self.users[index].state = UserState::Disconnected;
        let ms = self.chance.within(pause);
        self.alarm(index, ms);
    }

    /// A user is gone for this many milliseconds.
    pub(crate) fn go(&mut self, index: usize, ms: u64) {
        self.users[index].state = UserState::Gone;
        self.alarm(index, ms);
    }

    /// A user whose call failed tries again later.
    pub(crate) fn open_page_later(&mut self, index: usize) {
        let ms = self.chance.within(PATIENCE_MS);
        self.go(index, ms);
    }

    /// A user has a new page and polls. The previous page is left, unless it was left before.
    pub(crate) fn opened(&mut self, index: usize, ticket: Ticket, since: u32) {
        let user = &mut self.users[index];
        (user.ticket, user.since, user.seq, user.acknowledged_count) = (ticket, since, 0, 0);
        user.page += 1;
        user.read.clear();
        if let Some(left) = user.leaves.take() {
            self.calls.push_back(SiteCall::Leave(left, None));
        }
        self.connect(index, false);
    }

    fn connect(&mut self, index: usize, is_narrow: bool) {
        let number = self.part.first + u32::try_from(index).expect("a user's index");
        let origin = Origin::User { number, again: self.users[index].again };
        match Connection::open(self.poll.registry(), self.shared.address, origin, Token(index), is_narrow) {
            Ok(connection) => {
                let user = &mut self.users[index];
                (user.connection, user.is_new, user.stalls) = (Some(connection), true, is_narrow);
                user.state = UserState::Connecting;
            }
            Err(_) => self.connection_failed(index, "a user could not connect"),
        }
    }

    fn send_poll(&mut self, index: usize) {
        let user = &mut self.users[index];
        let Some(connection) = &mut user.connection else { return };
        self.out.clear();
        self.requests.wait(&mut self.out, Player::transport(index), &user.ticket, user.seq);
        if !connection.send(&self.out) {
            return self.connection_failed(index, "a poll could not be sent");
        }
        user.state = UserState::Waiting;
        user.acknowledged_count = user.read.len();
        user.read.iter().for_each(|id| self.ledger.acknowledged(*id));
        if std::mem::take(&mut user.stalls) {
            user.stalled = true;
            user.state = UserState::Stalled;
            let ms = WRITE_MS + self.chance.within(STALL_MORE_MS);
            self.alarm(index, ms);
        }
    }

    pub(crate) fn user_ready(&mut self, index: usize, event: &Event) {
        let user = &mut self.users[index];
        if user.state == UserState::Connecting && event.is_writable() && !event.is_error() {
            if let Some(connection) = &mut user.connection {
                connection.is_open = true;
            }
            self.send_poll(index);
        }
        let is_reader = matches!(self.users[index].state, UserState::Connecting | UserState::Waiting);
        if is_reader && (event.is_readable() || event.is_read_closed() || event.is_error()) {
            self.read_user(index);
        }
    }

    fn read_user(&mut self, index: usize) {
        let user = &mut self.users[index];
        let (most, fault) = match user.plan {
            AnswerPlan::Cut { bytes, fault } => (bytes, Some(fault)),
            AnswerPlan::Read | AnswerPlan::ReadThen(_) => (usize::MAX, None),
        };
        let Some(connection) = &mut user.connection else { return };
        let goes_on = connection.receive(&mut self.scratch, most);
        if let Some(fault) = fault.filter(|_| goes_on && connection.input.len() >= most) {
            return self.inject_now(index, fault);
        }
        let input = std::mem::take(&mut connection.input);
        if Player::transport(index).goes_on() {
            return self.read_stream(index, &input, goes_on);
        }
        match answer(&input) {
            Parsed::Whole { status, body, bytes } if bytes == input.len() => {
                self.poll_answered(index, status, body);
                if !goes_on && self.users[index].state == UserState::Waiting {
                    self.connection_failed(index, "a poll's connection was closed");
                }
            }
            Parsed::Partial if goes_on => connection.input = input,
            Parsed::Partial => self.connection_failed(index, "a poll's connection was closed"),
            Parsed::Whole { .. } | Parsed::Broken => {
                self.connection_failed(index, "an answer cannot be read");
            }
        }
    }

    pub(crate) fn poll_answered(&mut self, index: usize, status: u16, body: &[u8]) {
        self.count_answer(index);
        let PlayedUser { is_new, stalled, .. } = self.users[index];
        match status {
            200 => return self.news(index, body),
            // The user polled, or read, too late.
            404 if is_new || stalled => self.counts.ended += 1,
            404 => self.error("a session was gone under its poll"),
            429 | 503 => {
                self.counts.polls_refused += 1;
                self.cut_connection(index, false);
                return self.reconnect_later(index, PATIENCE_MS);
            }
            _ => return self.connection_failed(index, "a poll was refused"),
        }
        self.cut_connection(index, false);
        self.open_page(index);
    }

    /// Handles what an answer or an event brings.
    pub(crate) fn news(&mut self, index: usize, body: &[u8]) {
        let user = &mut self.users[index];
        let number = u32::try_from(index).expect("a user's index");
        let page = Page { user: number, number: user.page, since: user.since };
        let (mut arrived, mut strange) = (Vec::new(), 0);
        let (ledger, counts) = (&mut self.ledger, &mut self.counts);
        let news = self.news.read(body, |id| {
            match ledger.arrive(id, page) {
                ArrivalKind::First => counts.arrivals += 1,
                ArrivalKind::Again => counts.again += 1,
                ArrivalKind::Doubled => counts.doubled += 1,
                // A copy at the sender proves nothing about the receiver.
                ArrivalKind::Copy => return counts.copies += 1,
                ArrivalKind::Strange => return strange += 1,
            }
            arrived.push(id);
        });
        if !news.stopped {
            user.read.drain(..user.acknowledged_count).for_each(|id| ledger.known(id));
        }
        let was_empty = arrived.is_empty();
        user.read.append(&mut arrived);
        (user.acknowledged_count, user.is_new) = (0, false);
        user.seq = news.seq.unwrap_or(user.seq);
        if strange > 0 {
            self.error("a message came to somebody else");
        }
        let plan = std::mem::replace(&mut self.users[index].plan, AnswerPlan::Read);
        match plan {
            _ if news.stopped => self.stopped(index, body),
            AnswerPlan::ReadThen(fault) => self.inject_now(index, fault),
            _ if self.users[index].stalled => {
                // The next connection is no longer narrow.
                self.cut_connection(index, false);
                self.reconnect_later(index, PAUSE_MS);
            }
            AnswerPlan::Read | AnswerPlan::Cut { .. } if Player::transport(index).goes_on() => {
                self.event_read(index, was_empty);
            }
            AnswerPlan::Read | AnswerPlan::Cut { .. } => self.send_poll(index),
        }
    }

    fn stopped(&mut self, index: usize, body: &[u8]) {
        self.cut_connection(index, false);
        let body = String::from_utf8_lossy(body);
        let says = |reason: &str| body.contains(&format!("\"reason\":\"{reason}\""));
        if says("replaced") {
            // A poll that was cut reached the server after this one.
            self.reconnect_later(index, PATIENCE_MS);
        } else if self.phase == Phase::Down && says("shutdown") {
            self.users[index].state = UserState::Gone;
        } else {
            self.error("a session was stopped");
            self.open_page(index);
        }
    }

    /// A user's connection is of no use any more.
    pub(crate) fn connection_failed(&mut self, index: usize, kind: &'static str) {
        let stalled = self.users[index].stalled;
        self.cut_connection(index, false);
        if self.phase == Phase::Down {
            self.users[index].state = UserState::Gone;
            return;
        }
        if stalled {
            self.counts.given_up += 1;
        } else {
            self.error(kind);
        }
        self.reconnect_later(index, PAUSE_MS);
    }
}
