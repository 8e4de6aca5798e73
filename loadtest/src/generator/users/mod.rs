//! Users: what a browser does. It polls, and polls again; how it waits by a stream or a socket instead is in
//! [`streams`], and how users leave and come back in [`leaving`].
//!
//! Owns: the connections of polls. Must not: make calls of the site; the calls a user needs are queued in `again`. A
//! user costs about a hundred bytes and a socket; an answer is parsed in the buffer it was read into.

mod leaving;
mod streams;

use std::cmp::Reverse;
use std::io::{ErrorKind, Read, Write};

use mio::event::Event;
use mio::{Interest, Token};
use nextim_testkit::load::socket::{self, Origin};
use nextim_testkit::load::wire::{News, Parsed, Ticket, answer};

use super::ledger::{Arrival, Ledger};
use super::user::State;
use super::worker::Worker;

/// How often somebody is drawn who can do what is wanted.
const TRIES: u32 = 64;

impl Worker {
    /// Makes the task wait until this user polls.
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

    /// Begins the polls of a user with a new session.
    pub(super) fn start_polling(&mut self, user: u32, ticket: Ticket, home: u8) {
        let index = user as usize;
        let user = &mut self.users[index];
        if user.home != home {
            user.again ^= user.stream.take().is_some();
            user.home = home;
        }
        (user.ticket, user.seq, user.resumes, user.state) = (ticket, 0, false, State::Away);
        if user.stream.is_some() {
            self.send_poll(index);
        } else {
            self.connect_user(index);
        }
    }

    /// Cuts all connections, as when a network fails.
    pub(super) fn cut_all(&mut self) {
        for user in &mut self.users {
            if user.stream.take().is_some() {
                user.again = !user.again;
            }
            user.state = State::Away;
        }
        self.rests.retain(|token, _| *token >= super::worker::CALLERS);
    }

    /// Polls with the same ticket for a user whose connection was cut.
    pub(super) fn come_back(&mut self, user: u32) {
        self.users[user as usize].resumes = true;
        self.connect_user(user as usize);
    }

    fn connect_user(&mut self, index: usize) {
        let number = self.part.first + u32::try_from(index).expect("a user's index");
        let origin = Origin::User { number, again: self.users[index].again };
        let address = self.address_of(self.users[index].home.into());
        let connected = socket::connect(address, origin).and_then(|mut stream| {
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
        if self.setup.transport.goes_on() {
            (user.streams, user.unacked_bytes) = (false, 0);
            (user.acked, user.acked_at) = (user.seq, self.setup.now());
        }
        self.setup.dialect.wait(&mut self.out, self.setup.transport, number, (&user.ticket, user.seq));
        if stream.write(&self.out).is_ok_and(|bytes| bytes == self.out.len()) {
            if matches!(user.state, State::Connecting | State::Away) {
                user.state = State::Polling;
            }
            let (resumes, leaves) = (user.resumes, matches!(user.state, State::Leaving { .. }));
            self.tally.polls += 1;
            // The answer, or its absence, will show whether the session is alive. Who leaves and polls again, for the poll
            // before had brought news, is awaited until the departure is done.
            if !leaves && self.no_longer_await(index) {
                self.tally.parked += 1;
                self.tally.resumed += u64::from(resumes);
                self.shared.add_parked();
            }
        } else {
            self.fail_user(index, "a poll could not be sent");
        }
    }

    /// Handles an event of a user's connection: it has opened, or can be read.
    pub(super) fn user_ready(&mut self, index: usize, event: &Event) {
        if self.users[index].state == State::Connecting && event.is_writable() && !event.is_error() {
            self.send_poll(index);
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.read_user(index, event.is_read_closed());
        }
    }

    fn read_user(&mut self, index: usize, closed: bool) {
        // Taken out, so that the handlers of an answer can borrow the worker.
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

    /// Copies the kept beginning of an answer to the front. Returns its length.
    pub(super) fn take_rest(&mut self, token: usize, scratch: &mut [u8]) -> usize {
        if self.rests.is_empty() {
            return 0;
        }
        let Some(rest) = self.rests.remove(&token) else { return 0 };
        // It fits: an answer that fills the buffer is an error, see below.
        scratch[..rest.len()].copy_from_slice(&rest);
        rest.len()
    }

    /// Keeps the beginning of an answer.
    pub(super) fn keep_rest(&mut self, token: usize, rest: &[u8]) {
        if !rest.is_empty() {
            self.rests.insert(token, rest.to_vec());
        }
    }

    /// Handles all answers in `bytes`. Returns whether the connection is of further use.
    fn read_answers(&mut self, index: usize, mut bytes: &[u8]) -> bool {
        if self.setup.transport.goes_on() {
            return self.read_stream(index, bytes);
        }
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
        if status == 307 || status == 200 && self.setup.is_sent_away(body) {
            return self.sent_away(index, state);
        }
        if status != 200 {
            return self.poll_refused(index, state, status);
        }
        if !self.setup.dialect.follow(head, &mut self.users[index].ticket) {
            self.tally.error("an answer to a poll does not say where the next one goes on");
        }
        let news = self.take_news(index, body);
        match (news.stopped, state) {
            (true, State::Leaving { answered, .. }) => self.left(index, answered, true),
            (true, State::Away | State::Connecting | State::Polling) => {
                self.tally.error("a session was stopped");
                self.online_again(index);
            }
            (false, _) => match news.retry_ms {
                Some(ms) => self.rest(index, self.now() + ms * 1_000_000),
                None => self.send_poll(index),
            },
        }
    }

    /// The user's name has moved to another node, or the poll came to a wrong one: the page asks its site again.
    fn sent_away(&mut self, index: usize, state: State) {
        match state {
            State::Leaving { answered, .. } => self.left(index, answered, true),
            State::Away | State::Connecting | State::Polling => {
                self.tally.moved += 1;
                self.online_again(index);
            }
        }
    }

    /// Takes down what an answer or an event brings.
    fn take_news(&mut self, index: usize, body: &[u8]) -> News {
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
        news
    }

    /// Lets a user poll again at this time.
    fn rest(&mut self, index: usize, until: u64) {
        self.users[index].rests = true;
        self.resting.push(Reverse((until, index)));
    }

    /// Polls again for every user whose pause is over.
    pub(super) fn wake_resting(&mut self) {
        let now = self.now();
        while let Some(Reverse((until, index))) = self.resting.peek().copied()
            && until <= now
        {
            self.resting.pop();
            // A user that has reconnected since then polls already.
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

    /// Gives up a user's connection. A user that polls connects again.
    pub(super) fn fail_user(&mut self, index: usize, kind: &'static str) {
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

    /// A random user that polls.
    pub(super) fn somebody(&mut self) -> Option<u32> {
        self.somebody_at(|_| true)
    }

    /// A random user that polls at a node of this kind.
    pub(super) fn somebody_at(&mut self, is_right: impl Fn(u8) -> bool) -> Option<u32> {
        for _ in 0..TRIES {
            let index = self.below(self.part.count);
            let user = &self.users[index as usize];
            if user.state == State::Polling && is_right(user.home) {
                return Some(index);
            }
        }
        None
    }
}
