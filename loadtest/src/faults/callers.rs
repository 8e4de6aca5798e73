//! Callers: connections on which the site calls, and which are cut now and then.
//!
//! Owns: the calls and what their answers mean. Must not: poll. When a connection is cut before its answer was read,
//! nobody knows whether the call was carried out.

use std::time::Duration;

use mio::Token;
use mio::event::Event;

use super::connection::Line;
use super::inject::LONG_BYTES;
use super::kinds::Fault;
use super::player::Player;
use super::shared::Phase;
use super::users::State;
use crate::generator::socket::Origin;
use crate::wire::{Parsed, Recipient, Ticket, answer, field, whole};

/// Tokens from here on are callers.
pub(super) const CALLERS: usize = 1 << 40;
/// How long a connection may idle and still be used.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// A call of the site. Users are counted in the part.
#[derive(Clone, Copy)]
pub(super) enum Call {
    /// A user opens a page.
    Online(u32),
    /// A page is left; then a user may open another.
    Leave(Ticket, Option<u32>),
    /// A user is logged out.
    LogOut(u32),
    /// A user says something.
    Message { id: u64, sender: u32, receiver: u32 },
    /// The site has a long message for a user.
    Long(u32),
}

/// Where a call is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// When half of it was sent.
    Half,
    /// When all of it was sent.
    Sent,
    /// When the answer has come, unread.
    Answered,
}

/// A connection for calls.
#[derive(Default)]
pub(super) struct Caller {
    line: Option<Line>,
    call: Option<Call>,
    cut: Option<Cut>,
    /// When the call was sent, or the connection was last used.
    used: u32,
    /// The how-manieth apikey it was sent with.
    key: u64,
    /// The message it carries.
    id: u64,
}

impl Player {
    /// Begins what can be begun.
    pub(super) fn pump(&mut self) {
        while let Some(caller) = self.free.last().copied() {
            let Some(call) = self.calls.pop_front().or_else(|| self.next_message()) else { break };
            self.free.pop();
            self.start_call(caller, call);
        }
        if self.phase == Phase::Leave {
            // When all is said, nothing is left at the server.
            self.free.iter().for_each(|caller| self.callers[*caller].line = None);
        }
    }

    fn next_message(&mut self) -> Option<Call> {
        if !self.owes_message() {
            return None;
        }
        let sender = self.somebody()?;
        let receiver = self.dice.below(self.part.count);
        if receiver == sender {
            return None;
        }
        let id = self.book.begin(Some(sender), receiver);
        Some(Call::Message { id, sender, receiver })
    }

    fn start_call(&mut self, index: usize, call: Call) {
        let now = self.stamp();
        if std::mem::take(&mut self.cuts_call) {
            self.happened.count(Fault::CutCall);
            let cuts = [Cut::Half, Cut::Sent, Cut::Answered];
            self.callers[index].cut = Some(cuts[self.dice.below(3) as usize]);
        }
        let caller = &mut self.callers[index];
        caller.call = Some(call);
        let idle = Duration::from_millis(u64::from(now - caller.used));
        if idle > IDLE_MAX {
            caller.line = None;
        }
        if caller.line.as_ref().is_some_and(|line| line.is_open) {
            self.send_call(index);
        } else {
            self.connect_caller(index);
        }
    }

    fn connect_caller(&mut self, index: usize) {
        let token = Token(CALLERS + index);
        let line = Line::open(self.poll.registry(), self.ground.address, Origin::Caller, token, false);
        match line {
            Ok(line) => self.callers[index].line = Some(line),
            Err(_) => self.call_broken(index, true),
        }
    }

    fn send_call(&mut self, index: usize) {
        let now = self.stamp();
        let Some(call) = self.callers[index].call else { return };
        self.out.clear();
        let (requests, first) = (&self.requests, self.part.first);
        let mut id = 0;
        match call {
            Call::Online(user) => {
                let room = self.part.room(user).map(|room| self.part.room_number(&room));
                requests.online(&mut self.out, first + user, self.part.buddies(user), room);
            }
            Call::Leave(ticket, _) => requests.leave(&mut self.out, &ticket),
            Call::LogOut(user) => requests.offline(&mut self.out, first + user),
            Call::Message { id: number, sender, receiver } => {
                id = number;
                let ticket = &self.users[sender as usize].ticket;
                requests.message(&mut self.out, ticket, Recipient::User(first + receiver), id);
            }
            Call::Long(user) => {
                id = self.book.begin(None, user);
                requests.push(&mut self.out, first + user, id, LONG_BYTES);
            }
        }
        let caller = &mut self.callers[index];
        (caller.used, caller.key, caller.id) = (now, self.key, id);
        let Some(line) = &mut caller.line else { return };
        let all = self.out.len();
        let (bytes, is_cut) = match caller.cut {
            Some(Cut::Half) => (all / 2, true),
            Some(Cut::Sent) => (all, true),
            Some(Cut::Answered) | None => (all, false),
        };
        if !line.send(&self.out[..bytes]) {
            self.call_broken(index, true);
        } else if is_cut {
            self.call_broken(index, false);
        }
    }

    pub(super) fn caller_ready(&mut self, index: usize, event: &Event) {
        let caller = &mut self.callers[index];
        let Some(line) = &mut caller.line else { return };
        if event.is_writable() && !event.is_error() && !std::mem::replace(&mut line.is_open, true) {
            self.send_call(index);
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.read_caller(index);
        }
    }

    fn read_caller(&mut self, index: usize) {
        let caller = &mut self.callers[index];
        let Some(line) = &mut caller.line else { return };
        if caller.cut == Some(Cut::Answered) {
            return self.call_broken(index, false);
        }
        let goes_on = line.receive(&mut self.scratch, usize::MAX);
        let input = std::mem::take(&mut line.input);
        match answer(&input) {
            Parsed::Whole { status, body, bytes } if bytes == input.len() => {
                let now = self.stamp();
                let caller = &mut self.callers[index];
                let sent = std::mem::replace(&mut caller.used, now);
                if !goes_on || status == 503 {
                    caller.line = None;
                }
                if let Some(call) = caller.call.take() {
                    self.free.push(index);
                    let head = &input[..bytes - body.len()];
                    self.call_answered(index, call, sent, status, head, body);
                }
            }
            Parsed::Partial if goes_on => line.input = input,
            // Between two calls the server may close a connection.
            Parsed::Partial if input.is_empty() && caller.call.is_none() => caller.line = None,
            Parsed::Partial => self.call_broken(index, true),
            Parsed::Whole { .. } | Parsed::Broken => {
                self.error("an answer to a call cannot be read");
                self.call_broken(index, true);
            }
        }
    }

    fn call_answered(&mut self, index: usize, call: Call, sent: u32, status: u16, head: &[u8], body: &[u8]) {
        let Caller { key, id, .. } = self.callers[index];
        match (status, call) {
            (200, Call::Online(user)) => match Ticket::find(body) {
                Some(ticket) if self.users[user as usize].state == State::Coming => {
                    self.opened(user as usize, ticket, sent);
                }
                // The server has gone down meanwhile.
                Some(_) => {}
                None => self.error("an online call brought no ticket"),
            },
            (200, Call::Message { .. } | Call::Long(_)) => {
                let receivers = field(head, b"x-nextim-delivered:").and_then(whole);
                let now = self.stamp();
                match receivers {
                    Some(receivers) => self.book.taken(id, receivers, now),
                    None => self.error("a message was taken without a count"),
                }
            }
            // The session ended before the site said so: that of the sender, or that of the page.
            (404, Call::Message { .. }) => self.book.refused(id),
            (200 | 404, Call::Leave(..)) | (200, Call::LogOut(_)) => {}
            (401, _) if key < self.key => self.counts.calls_refused += 1,
            (429, Call::Message { .. } | Call::Long(_)) => {
                self.counts.calls_refused += 1;
                self.book.refused(id);
            }
            (429 | 503, _) => self.counts.calls_refused += 1,
            (_, _) => self.error("a call was refused"),
        }
        match (status, call) {
            (200, Call::Online(_)) => {}
            (_, call) => self.after(call),
        }
    }

    /// A caller's connection is of no use any more: nobody knows what became of its call.
    fn call_broken(&mut self, index: usize, by_server: bool) {
        let with_reset = self.dice.one_in(2);
        let caller = &mut self.callers[index];
        caller.cut = None;
        if let Some(line) = caller.line.take() {
            line.cut(with_reset);
        }
        let Some(call) = caller.call.take() else { return };
        self.free.push(index);
        if by_server {
            if self.phase == Phase::Down {
                self.is_deaf = true;
            } else {
                self.error("a call was cut by the server");
            }
        }
        self.after(call);
    }

    /// What comes after a call that was carried out, or was not.
    fn after(&mut self, call: Call) {
        if self.is_deaf {
            self.calls.clear();
            return;
        }
        match call {
            Call::Online(user) => self.comes_later(user as usize),
            Call::Leave(_, Some(user)) => self.come(user as usize),
            Call::LogOut(user) => self.logged_out(user as usize),
            Call::Long(user) => self.fed(user as usize),
            Call::Leave(_, None) | Call::Message { .. } => {}
        }
    }
}
