//! Users: what a browser does. It polls, and polls again.
//!
//! Owns: the polls' connections. Must not: make calls of the site; what a user needs of it is put into `again`. A user
//! costs about a hundred bytes and a socket; what was read is looked at where it was read.

use std::cmp::Reverse;
use std::io::{ErrorKind, Read, Write};

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Token};

use super::ledger::{Arrival, Ledger};
use super::socket::{self, Origin};
use super::task::{Call, Progress, Task};
use super::worker::Worker;
use crate::wire::{Parsed, Ticket, answer};

/// How often a user tries again in one task before he is given up.
const TRIES_MAX: u8 = 3;

/// Where a user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Not online, or on his way there.
    Away,
    /// His connection is being made.
    Connecting,
    /// His poll was sent.
    Polling,
    /// He logs out or leaves: what is still to come.
    Leaving {
        /// The call has been answered.
        answered: bool,
        /// His poll has been.
        stopped: bool,
    },
}

/// A user and his browser.
pub(super) struct User {
    pub(super) ticket: Ticket,
    pub(super) state: State,
    stream: Option<TcpStream>,
    /// Up to where he acknowledges.
    seq: u64,
    tries: u8,
    /// The task waits for him to come to his poll.
    awaited: bool,
    /// He comes from his other address.
    again: bool,
    /// He hopes that his session is still alive.
    resumes: bool,
    /// He was asked to wait before he polls again.
    rests: bool,
}

impl Default for User {
    fn default() -> Self {
        User {
            ticket: Ticket::NONE,
            state: State::Away,
            stream: None,
            seq: 0,
            tries: 0,
            awaited: false,
            again: false,
            resumes: false,
            rests: false,
        }
    }
}

impl Worker {
    /// The task waits until this user is at his poll.
    pub(super) fn await_user(&mut self, user: u32) {
        let user = &mut self.users[user as usize];
        if !user.awaited {
            user.awaited = true;
            if let Some(progress) = &mut self.progress {
                progress.under_way += 1;
            }
        }
    }

    fn no_longer_await(&mut self, user: usize) -> bool {
        let awaited = std::mem::take(&mut self.users[user].awaited);
        if awaited && let Some(progress) = &mut self.progress {
            progress.under_way = progress.under_way.saturating_sub(1);
        }
        awaited
    }

    /// A user has a new session: he polls.
    pub(super) fn start_polling(&mut self, user: u32, ticket: Ticket) {
        let index = user as usize;
        let user = &mut self.users[index];
        (user.ticket, user.seq, user.resumes, user.state) = (ticket, 0, false, State::Away);
        if user.stream.is_some() {
            self.send_poll(index);
        } else {
            self.connect_user(index);
        }
    }

    /// All connections are cut, as when a network fails.
    pub(super) fn cut_all(&mut self) {
        for user in &mut self.users {
            if user.stream.take().is_some() {
                user.again = !user.again;
            }
            user.state = State::Away;
        }
        self.rests.retain(|token, _| *token >= super::worker::CALLERS);
    }

    /// A user whose connection was cut comes back with the ticket he has.
    pub(super) fn come_back(&mut self, user: u32) {
        self.users[user as usize].resumes = true;
        self.connect_user(user as usize);
    }

    fn connect_user(&mut self, index: usize) {
        let number = self.part.first + u32::try_from(index).expect("a user's index");
        let origin = Origin::User { number, again: self.users[index].again };
        let connected = socket::connect(self.address, origin).and_then(|mut stream| {
            let interests = Interest::READABLE | Interest::WRITABLE;
            self.poll.registry().register(&mut stream, Token(index), interests)?;
            Ok(stream)
        });
        match connected {
            Ok(stream) => {
                self.users[index].stream = Some(stream);
                self.users[index].state = State::Connecting;
            }
            Err(_) => self.fail_user(index, "a user could not connect"),
        }
    }

    fn send_poll(&mut self, index: usize) {
        let user = &mut self.users[index];
        user.rests = false;
        let Some(stream) = &mut user.stream else { return };
        self.out.clear();
        let number = self.part.first + u32::try_from(index).expect("a user's index");
        self.setup.dialect.poll(&mut self.out, number, &user.ticket, user.seq);
        if stream.write(&self.out).is_ok_and(|bytes| bytes == self.out.len()) {
            if matches!(user.state, State::Connecting | State::Away) {
                user.state = State::Polling;
            }
            let resumes = user.resumes;
            self.tally.polls += 1;
            // Whether his session is alive he will hear from the answer, or by its absence.
            if self.no_longer_await(index) {
                self.tally.parked += 1;
                self.tally.resumed += u64::from(resumes);
                self.shared.add_parked();
            }
        } else {
            self.fail_user(index, "a poll could not be sent");
        }
    }

    /// Something is to be read from a user's connection, or it has connected.
    pub(super) fn user_ready(&mut self, index: usize, event: &Event) {
        if self.users[index].state == State::Connecting && event.is_writable() && !event.is_error() {
            self.send_poll(index);
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.read_user(index, event.is_read_closed());
        }
    }

    fn read_user(&mut self, index: usize, closed: bool) {
        // Taken out, so that what is done with what was read can use the rest of this thread.
        let mut scratch = std::mem::take(&mut self.scratch);
        loop {
            let kept = self.take_rest(index, &mut scratch);
            let Some(stream) = &mut self.users[index].stream else { break };
            match stream.read(&mut scratch[kept..]) {
                Ok(0) => {
                    self.fail_user(index, "a poll's connection was closed");
                    break;
                }
                Ok(bytes) => {
                    if !self.read_answers(index, &scratch[..kept + bytes]) {
                        break;
                    }
                    // A short read has drained the socket.
                    if kept + bytes < scratch.len() && !closed {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.keep_rest(index, &scratch[..kept]);
                    break;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    self.keep_rest(index, &scratch[..kept]);
                }
                Err(_) => {
                    self.fail_user(index, "a poll's connection was reset");
                    break;
                }
            }
        }
        self.scratch = scratch;
    }

    /// Puts the beginning of an answer that was read before to the front. Returns its length.
    pub(super) fn take_rest(&mut self, token: usize, scratch: &mut [u8]) -> usize {
        if self.rests.is_empty() {
            return 0;
        }
        let Some(rest) = self.rests.remove(&token) else { return 0 };
        // What fills all there is was no answer, see below.
        scratch[..rest.len()].copy_from_slice(&rest);
        rest.len()
    }

    /// Remembers the beginning of an answer.
    pub(super) fn keep_rest(&mut self, token: usize, rest: &[u8]) {
        if !rest.is_empty() {
            self.rests.insert(token, rest.to_vec());
        }
    }

    /// Returns whether the connection is of further use.
    fn read_answers(&mut self, index: usize, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            match answer(bytes) {
                Parsed::Whole { status, body, bytes: used } => {
                    self.poll_answered(index, status, &bytes[..used - body.len()], body);
                    bytes = &bytes[used..];
                }
                Parsed::Partial if bytes.len() < self.setup.answer_bytes_max => {
                    self.keep_rest(index, bytes);
                    break;
                }
                Parsed::Partial | Parsed::Broken => {
                    self.fail_user(index, "an answer cannot be read");
                    return false;
                }
            }
        }
        true
    }

    fn poll_answered(&mut self, index: usize, status: u16, head: &[u8], body: &[u8]) {
        let state = self.users[index].state;
        if self.setup.dialect.is_no_news(status) {
            return self.send_poll(index);
        }
        if status != 200 {
            return self.poll_refused(index, state, status);
        }
        if !self.setup.dialect.follow(head, &mut self.users[index].ticket) {
            self.tally.error("an answer to a poll does not say where the next one goes on");
        }
        let now = self.now();
        let reader = &self.news;
        let (ledger, tally, shared) = (&mut self.ledger, &mut self.tally, &self.shared);
        let user = u32::try_from(index).expect("a user's index");
        let news = reader.read(body, |id| match ledger.arrive(id, user) {
            Arrival::Awaited(_) if Ledger::is_broadcast(id) => {
                tally.broadcast.saturating_record(now.saturating_sub(shared.broadcast_sent()));
            }
            Arrival::Awaited(sent) => {
                tally.arrivals += 1;
                tally.arrival.saturating_record(now.saturating_sub(sent));
            }
            Arrival::Doubled => tally.doubled += 1,
        });
        self.tally.presences += news.presences;
        if let Some(seq) = news.seq {
            self.users[index].seq = seq;
        }
        match (news.stopped, state) {
            (true, State::Leaving { answered, .. }) => self.left(index, answered, true),
            (true, State::Away | State::Connecting | State::Polling) => {
                self.tally.error("a session was stopped");
                self.online_again(index);
            }
            (false, _) => match news.retry_ms {
                Some(ms) => self.rest(index, now + ms * 1_000_000),
                None => self.send_poll(index),
            },
        }
    }

    /// A user polls again then.
    fn rest(&mut self, index: usize, until: u64) {
        self.users[index].rests = true;
        self.resting.push(Reverse((until, index)));
    }

    /// Those who have rested long enough poll again.
    pub(super) fn wake_resting(&mut self) {
        let now = self.now();
        while let Some(Reverse((until, index))) = self.resting.peek().copied()
            && until <= now
        {
            self.resting.pop();
            // Whoever has connected anew since then polls already.
            if self.users[index].rests {
                self.send_poll(index);
            }
        }
    }

    fn poll_refused(&mut self, index: usize, state: State, status: u16) {
        match (status, state) {
            _ if !self.setup.dialect.has_sessions() => self.fail_user(index, "a poll was refused"),
            (404, State::Leaving { answered, .. }) => self.left(index, answered, true),
            (404, _) if self.users[index].resumes => {
                self.tally.restarted += 1;
                self.online_again(index);
            }
            (404, _) => {
                self.tally.error("a session was gone");
                self.online_again(index);
            }
            _ => self.fail_user(index, "a poll was refused"),
        }
    }

    /// A user is about to be logged out, or to leave. The task waits for what becomes of it.
    pub(super) fn begins_to_leave(&mut self, user: u32) {
        self.await_user(user);
        self.users[user as usize].state = State::Leaving { answered: false, stopped: false };
    }

    /// A part of logging out is done; when all of it is, the user comes back, unless all are to leave.
    pub(super) fn left(&mut self, index: usize, answered: bool, stopped: bool) {
        self.users[index].state = State::Leaving { answered, stopped };
        if answered && stopped {
            self.tally.left += 1;
            self.users[index].state = State::Away;
            match &self.progress {
                Some(Progress { task: Task::Leave(_), .. }) => self.go_away(index),
                Some(_) | None => self.go_online(index),
            }
        }
    }

    /// A user closes his browser.
    fn go_away(&mut self, index: usize) {
        let user = &mut self.users[index];
        user.again ^= user.stream.take().is_some();
        self.no_longer_await(index);
    }

    /// A user who lost his session starts a new one.
    pub(super) fn online_again(&mut self, index: usize) {
        self.users[index].state = State::Away;
        if self.counts_as_try(index) {
            self.await_user(u32::try_from(index).expect("a user's index"));
            self.go_online(index);
        }
    }

    fn go_online(&mut self, index: usize) {
        let call = Call::Online(u32::try_from(index).expect("a user's index"));
        self.again.push_back(call);
    }

    fn counts_as_try(&mut self, index: usize) -> bool {
        let user = &mut self.users[index];
        user.tries += 1;
        let goes_on = user.tries <= TRIES_MAX;
        if !goes_on {
            self.no_longer_await(index);
            self.tally.error("a user was given up");
        }
        goes_on
    }

    /// A user's connection is of no use any more: he connects again, if he polls.
    fn fail_user(&mut self, index: usize, kind: &'static str) {
        self.rests.remove(&index);
        let user = &mut self.users[index];
        let had_stream = user.stream.take().is_some();
        user.again ^= had_stream;
        match user.state {
            // A connection kept for later was closed while it idled.
            State::Away if had_stream => {}
            State::Leaving { answered, .. } => self.left(index, answered, true),
            State::Away | State::Connecting | State::Polling => {
                self.tally.error(kind);
                self.users[index].state = State::Away;
                if self.counts_as_try(index) {
                    self.connect_user(index);
                }
            }
        }
    }

    /// A task begins: everybody may try again.
    pub(super) fn forget_tries(&mut self) {
        for user in &mut self.users {
            user.tries = 0;
        }
    }

    /// A user at his poll, by chance.
    pub(super) fn somebody(&mut self) -> Option<u32> {
        for _ in 0..32 {
            let user = self.below(self.part.count);
            if self.users[user as usize].state == State::Polling {
                return Some(user);
            }
        }
        None
    }
}
