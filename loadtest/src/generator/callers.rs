//! Callers: connections on which the site calls, and what it calls next.
//!
//! Owns: the callers and the choice of senders and receivers. Must not: poll. A caller makes one call at a time and
//! keeps its connection. After so long an idle time that the server may be closing it, the caller reconnects.

use std::io::{ErrorKind, Read, Write};

use mio::event::Event;
use mio::{Interest, Token};
use nextim_testkit::load::socket::{self, Origin};
use nextim_testkit::load::wire::{Parsed, Recipient, Ticket, answer};

use super::task::{Call, Pace, Reach, Task};
use super::user::State;
use super::worker::{CALLERS, Worker};

/// How long a connection may idle and still be used, in nanoseconds: servers close them after 60 to 90 seconds.
const IDLE_MAX: u64 = 30_000_000_000;

/// A signal follows one of this many messages to users.
const SIGNAL_EVERY: u64 = 16;

impl Worker {
    /// Begins whatever can be begun.
    pub(super) fn pump(&mut self) {
        while let Some(user) = self.next_to_come_back() {
            self.await_user(user);
            self.come_back(user);
        }
        while let Some(caller) = self.next_free()
            && let Some(call) = self.next_call(caller as usize)
        {
            if self.setup.nodes.is_empty() {
                self.free.pop_back()
            } else {
                self.free.pop_front()
            };
            self.start_call(caller as usize, call);
        }
    }

    /// The caller that calls next: the one that called last, whose connection is warm, or with several nodes the one
    /// that has rested longest, so that all are called in turn.
    fn next_free(&self) -> Option<u32> {
        if self.setup.nodes.is_empty() { self.free.back().copied() } else { self.free.front().copied() }
    }

    fn next_to_come_back(&mut self) -> Option<u32> {
        let has_sessions = self.setup.dialect.has_sessions();
        let progress = self.progress.as_mut()?;
        let at_once = match progress.task {
            Task::Storm(at_once) => at_once,
            // Without sessions a new user polls at once.
            Task::Park(at_once) if !has_sessions => at_once,
            Task::Park(_)
            | Task::Messages { .. }
            | Task::Broadcast { .. }
            | Task::Churn(_)
            | Task::Leave(_)
            | Task::Idle => return None,
        };
        let user = progress.next;
        (user < self.part.count && progress.under_way < at_once).then(|| progress.next += 1)?;
        Some(user)
    }

    fn next_call(&mut self, caller: usize) -> Option<Call> {
        if let Some(call) = self.due_message(caller).or_else(|| self.again.pop_front()) {
            return Some(call);
        }
        let (now, has_sessions) = (self.now(), self.setup.dialect.has_sessions());
        let progress = self.progress.as_mut()?;
        match progress.task {
            Task::Park(at_once) if has_sessions => {
                let user = progress.next;
                (user < self.part.count && progress.under_way < at_once).then(|| progress.next += 1)?;
                self.await_user(user);
                Some(Call::Online(user))
            }
            Task::Churn(at_once) => {
                (now < progress.ends && progress.under_way < at_once).then_some(())?;
                let user = self.somebody()?;
                self.begins_to_leave(user);
                Some(Call::Offline(user))
            }
            Task::Leave(at_once) => {
                (progress.under_way < at_once).then_some(())?;
                let user = self.next_polling()?;
                self.begins_to_leave(user);
                Some(Call::Leave(user))
            }
            Task::Messages { pace: Pace::Closed(in_flight), rooms } => {
                (now < progress.ends && self.ledger.open() < in_flight as usize).then_some(())?;
                self.message(rooms, now, caller)
            }
            Task::Messages { pace: Pace::Open(_), .. }
            | Task::Broadcast { .. }
            | Task::Park(_)
            | Task::Storm(_)
            | Task::Idle => None,
        }
    }

    /// The next message of an open loop. It waits for no acknowledgement, for pages send these on connections of their own.
    fn due_message(&mut self, caller: usize) -> Option<Call> {
        let progress = self.progress.as_mut()?;
        let sent = progress.due.pop_front()?;
        let rooms = matches!(progress.task, Task::Messages { rooms: true, .. });
        self.message(rooms, sent, caller)
    }

    fn next_polling(&mut self) -> Option<u32> {
        let progress = self.progress.as_mut()?;
        let mut others = progress.next..self.part.count;
        let user = others.find(|user| self.users[*user as usize].state == State::Polling);
        progress.next = user.map_or(self.part.count, |user| user + 1);
        user
    }

    fn message(&mut self, rooms: bool, sent: u64, caller: usize) -> Option<Call> {
        let reach = self.progress.as_ref().map_or(Reach::Any, |progress| progress.reach);
        let node = u8::try_from(self.node_of_caller(caller)).expect("a node's index");
        let calls_home = |home| reach == Reach::Any || home == node;
        let sender = self.somebody_at(calls_home)?;
        let (receivers, not_to, receiver) = if rooms {
            let room = self.part.room(sender)?;
            let number = self.part.room_number(&room);
            (room, Some(sender), Recipient::Room(number))
        } else {
            let user = self.somebody_at(|home| reach.admits(node, home))?;
            (user..user + 1, None, Recipient::User(self.part.first + user))
        };
        let id = self.ledger.begin(&receivers, not_to, sent);
        self.tally.messages += 1;
        if let Recipient::User(to) = receiver
            && self.tally.messages.is_multiple_of(SIGNAL_EVERY)
            && self.setup.dialect.has_sessions()
        {
            self.again.push_back(Call::Signal { sender, to });
        }
        Some(Call::Message { id, sender, receiver })
    }

    fn start_call(&mut self, index: usize, call: Call) {
        let now = self.now();
        let caller = &mut self.callers[index];
        caller.call = Some(call);
        if now - caller.used > IDLE_MAX {
            caller.stream = None;
        }
        if caller.stream.is_some() { self.send_call(index) } else { self.connect_caller(index) }
    }

    fn connect_caller(&mut self, index: usize) {
        let address = self.address_of(self.node_of_caller(index));
        let connected = socket::connect(address, Origin::Caller).and_then(|mut stream| {
            let interests = Interest::READABLE | Interest::WRITABLE;
            self.poll.registry().register(&mut stream, Token(CALLERS + index), interests)?;
            Ok(stream)
        });
        match connected {
            Ok(stream) => {
                let caller = &mut self.callers[index];
                (caller.stream, caller.connecting) = (Some(stream), true);
            }
            Err(_) => self.fail_call(index, "a caller could not connect"),
        }
    }

    fn send_call(&mut self, index: usize) {
        let now = self.now();
        let caller = &mut self.callers[index];
        let (Some(call), Some(stream)) = (caller.call, &mut caller.stream) else { return };
        caller.used = now;
        self.out.clear();
        let (dialect, part) = (&self.setup.dialect, &self.part);
        match call {
            Call::Online(user) => {
                let room = part.room(user).map(|room| part.room_number(&room));
                match &self.buddies {
                    Some(buddies) => {
                        let buddies = buddies.of(user, self.users[user as usize].home);
                        dialect.online(
                            &mut self.out,
                            part.first + user,
                            buddies.map(|user| part.first + user),
                            room,
                        );
                    }
                    None => dialect.online(&mut self.out, part.first + user, part.buddies(user), room),
                }
            }
            Call::Offline(user) => dialect.offline(&mut self.out, part.first + user),
            Call::Leave(user) => dialect.leave(&mut self.out, &self.users[user as usize].ticket),
            Call::Ack(user) => {
                let user = &self.users[user as usize];
                dialect.ack(&mut self.out, &user.ticket, user.seq);
            }
            Call::Signal { sender, to } => {
                dialect.signal(&mut self.out, &self.users[sender as usize].ticket, to);
            }
            Call::Message { id, sender, receiver } => {
                if receiver == Recipient::All {
                    self.shared.broadcast_begins(now);
                }
                let ticket = &self.users[sender as usize].ticket;
                dialect.message(&mut self.out, part.first + sender, ticket, receiver, id);
            }
        }
        if !stream.write(&self.out).is_ok_and(|bytes| bytes == self.out.len()) {
            self.fail_call(index, "a call could not be sent");
        }
    }

    /// Handles an event of a caller's connection: it has connected, or something can be read.
    pub(super) fn caller_ready(&mut self, index: usize, event: &Event) {
        if event.is_writable() && !event.is_error() && std::mem::take(&mut self.callers[index].connecting) {
            self.send_call(index);
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.read_caller(index);
        }
    }

    fn read_caller(&mut self, index: usize) {
        let token = CALLERS + index;
        let mut scratch = std::mem::take(&mut self.scratch);
        while let Some(stream) = &mut self.callers[index].stream {
            let read = stream.read(&mut scratch);
            let rest = self.rests.remove(&token).unwrap_or_default();
            match read {
                Ok(0) => {
                    self.fail_call(index, "a caller's connection was closed");
                    break;
                }
                Ok(bytes) if rest.is_empty() => self.read_call_answer(index, &scratch[..bytes]),
                Ok(bytes) => {
                    self.read_call_answer(index, &[&rest, &scratch[..bytes]].concat());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.keep_rest(token, &rest);
                    break;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => self.keep_rest(token, &rest),
                Err(_) => {
                    self.fail_call(index, "a caller's connection was reset");
                    break;
                }
            }
            // Each answer is for one call and was sent in one piece, as a rule: what comes next is another event.
            if self.callers[index].call.is_none() {
                break;
            }
        }
        self.scratch = scratch;
    }

    fn read_call_answer(&mut self, index: usize, bytes: &[u8]) {
        match answer(bytes) {
            Parsed::Whole { status, body, bytes: used } if used == bytes.len() => {
                let now = self.now();
                let caller = &mut self.callers[index];
                let sent = std::mem::replace(&mut caller.used, now);
                if let Some(call) = caller.call.take() {
                    self.free.push_back(u32::try_from(index).expect("a caller's index"));
                    self.tally.answer.saturating_record(now - sent);
                    if matches!(call, Call::Online(_)) {
                        self.tally.online.saturating_record(now - sent);
                    }
                    self.call_answered(call, status, body);
                }
            }
            Parsed::Partial if bytes.len() < self.setup.answer_bytes_max => {
                self.keep_rest(CALLERS + index, bytes);
            }
            Parsed::Partial | Parsed::Broken | Parsed::Whole { .. } => {
                self.fail_call(index, "an answer to a call cannot be read");
            }
        }
    }

    fn call_answered(&mut self, call: Call, status: u16, body: &[u8]) {
        if matches!(call, Call::Ack(_)) && status == 404 {
            return; // the user has left meanwhile
        }
        if !self.setup.dialect.is_success(status) {
            return self.call_failed(call, refused(status));
        }
        self.tally.calls += 1;
        match call {
            Call::Online(user) => match (Ticket::find(body), self.setup.home(body)) {
                (Some(ticket), Some(home)) => self.start_polling(user, ticket, home),
                (Some(_), None) => self.call_failed(call, "an online call named a server that is no node"),
                (None, _) => self.call_failed(call, "an online call brought no ticket"),
            },
            Call::Offline(user) | Call::Leave(user) => {
                if let State::Leaving { stopped, .. } = self.users[user as usize].state {
                    self.left(user as usize, true, stopped);
                }
            }
            Call::Signal { .. } | Call::Ack(_) => {}
            Call::Message { id, .. } => self.ledger.answer(id),
        }
    }

    fn call_failed(&mut self, call: Call, kind: &'static str) {
        self.tally.error(kind);
        match call {
            Call::Online(user) | Call::Offline(user) | Call::Leave(user) => self.online_again(user as usize),
            Call::Signal { .. } | Call::Ack(_) => {}
            Call::Message { id, .. } => self.ledger.cancel(id),
        }
    }

    /// Gives up a caller's connection. Its call fails, if there is one.
    fn fail_call(&mut self, index: usize, kind: &'static str) {
        self.rests.remove(&(CALLERS + index));
        let caller = &mut self.callers[index];
        (caller.stream, caller.connecting) = (None, false);
        if let Some(call) = caller.call.take() {
            self.free.push_back(u32::try_from(index).expect("a caller's index"));
            self.call_failed(call, kind);
        }
    }
}

fn refused(status: u16) -> &'static str {
    match status {
        400 => "a call was refused: 400",
        401 => "a call was refused: 401",
        404 => "a call was refused: 404",
        429 => "a call was refused: 429",
        503 => "a call was refused: 503",
        507 => "a call was refused: 507",
        _ => "a call was refused",
    }
}
