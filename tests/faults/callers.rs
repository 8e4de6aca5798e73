//! Callers: connections for calls of the site, some of which are cut.
//!
//! Owns: the calls, and what their answers mean. Must not: poll. After a cut before the answer, the result of the
//! call is unknown.

use std::time::Duration;

use mio::Token;
use mio::event::Event;
use nextim_testkit::load::socket::Origin;
use nextim_testkit::load::wire::{Parsed, Recipient, Ticket, answer, field, whole};

use super::caller::{CALLERS, Cut, SiteCall, SiteCaller};
use super::connection::Connection;
use super::inject::LONG_BYTES;
use super::kinds::Fault;
use super::player::Player;
use super::shared::Phase;
use super::user::UserState;

/// How long a connection may idle before it is replaced.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// The answer to a call.
struct CallAnswer<'a> {
    status: u16,
    head: &'a [u8],
    body: &'a [u8],
}

impl Player {
    /// Starts queued calls and due messages while a caller is free.
    pub(crate) fn pump(&mut self) {
        while let Some(caller) = self.free.last().copied() {
            let Some(call) = self.calls.pop_front().or_else(|| self.next_message()) else { break };
            self.free.pop();
            self.start_call(caller, call);
        }
        if self.phase == Phase::Leave {
            // After the last call the server must have no connection of a caller left.
            self.free.iter().for_each(|caller| self.callers[*caller].connection = None);
        }
    }

    fn next_message(&mut self) -> Option<SiteCall> {
        if !self.take_due_message() {
            return None;
        }
        let sender = self.somebody()?;
        let receiver = self.chance.below(self.part.count);
        if receiver == sender {
            return None;
        }
        let id = self.ledger.begin(Some(sender), receiver);
        Some(SiteCall::Message { id, sender, receiver })
    }

    fn start_call(&mut self, index: usize, call: SiteCall) {
        let now = self.stamp();
        if std::mem::take(&mut self.cuts_call) {
            self.fault_counts.count(Fault::CutCall);
            let cuts = [Cut::Half, Cut::Sent, Cut::Answered];
            self.callers[index].cut = Some(cuts[self.chance.below(3) as usize]);
        }
        let caller = &mut self.callers[index];
        caller.call = Some(call);
        let idle = Duration::from_millis(u64::from(now - caller.used));
        if idle > IDLE_MAX {
            caller.connection = None;
        }
        if caller.connection.as_ref().is_some_and(|connection| connection.is_open) {
            self.send_call(index);
        } else {
            self.connect_caller(index);
        }
    }

    fn connect_caller(&mut self, index: usize) {
        let token = Token(CALLERS + index);
        let connection =
            Connection::open(self.poll.registry(), self.shared.address, Origin::Caller, token, false);
        match connection {
            Ok(connection) => self.callers[index].connection = Some(connection),
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
            SiteCall::Online(user) => {
                let room = self.part.room(user).map(|room| self.part.room_number(&room));
                requests.online(&mut self.out, first + user, self.part.buddies(user), room);
            }
            SiteCall::Leave(ticket, _) => requests.leave(&mut self.out, &ticket),
            SiteCall::LogOut(user) => requests.offline(&mut self.out, first + user),
            SiteCall::Ack(user) => {
                let user = &self.users[user as usize];
                requests.ack(&mut self.out, &user.ticket, user.seq);
                user.read.iter().for_each(|id| self.ledger.acknowledged(*id));
            }
            SiteCall::Message { id: number, sender, receiver } => {
                id = number;
                let ticket = &self.users[sender as usize].ticket;
                requests.message(&mut self.out, ticket, Recipient::User(first + receiver), id);
            }
            SiteCall::Long(user) => {
                id = self.ledger.begin(None, user);
                requests.push(&mut self.out, first + user, id, LONG_BYTES);
            }
        }
        let caller = &mut self.callers[index];
        (caller.used, caller.key, caller.id) = (now, self.key, id);
        let Some(connection) = &mut caller.connection else { return };
        let all = self.out.len();
        let (bytes, is_cut) = match caller.cut {
            Some(Cut::Half) => (all / 2, true),
            Some(Cut::Sent) => (all, true),
            Some(Cut::Answered) | None => (all, false),
        };
        if !connection.send(&self.out[..bytes]) {
            self.call_broken(index, true);
        } else if is_cut {
            self.call_broken(index, false);
        }
    }

    pub(crate) fn caller_ready(&mut self, index: usize, event: &Event) {
        let caller = &mut self.callers[index];
        let Some(connection) = &mut caller.connection else { return };
        if event.is_writable() && !event.is_error() && !std::mem::replace(&mut connection.is_open, true) {
            self.send_call(index);
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.read_caller(index);
        }
    }

    fn read_caller(&mut self, index: usize) {
        let caller = &mut self.callers[index];
        let Some(connection) = &mut caller.connection else { return };
        if caller.cut == Some(Cut::Answered) {
            return self.call_broken(index, false);
        }
        let goes_on = connection.receive(&mut self.scratch, usize::MAX);
        let input = std::mem::take(&mut connection.input);
        match answer(&input) {
            Parsed::Whole { status, body, bytes } if bytes == input.len() => {
                let now = self.stamp();
                let caller = &mut self.callers[index];
                let sent = std::mem::replace(&mut caller.used, now);
                if !goes_on || status == 503 {
                    caller.connection = None;
                }
                if let Some(call) = caller.call.take() {
                    self.free.push(index);
                    let answer = CallAnswer { status, head: &input[..bytes - body.len()], body };
                    self.call_answered(index, call, sent, &answer);
                }
            }
            Parsed::Partial if goes_on => connection.input = input,
            // Between two calls the server may close a connection.
            Parsed::Partial if input.is_empty() && caller.call.is_none() => caller.connection = None,
            Parsed::Partial => self.call_broken(index, true),
            Parsed::Whole { .. } | Parsed::Broken => {
                self.error("an answer to a call cannot be read");
                self.call_broken(index, true);
            }
        }
    }

    fn call_answered(&mut self, index: usize, call: SiteCall, sent: u32, answer: &CallAnswer<'_>) {
        let SiteCaller { key, id, .. } = self.callers[index];
        let CallAnswer { status, head, body } = *answer;
        match (status, call) {
            (200, SiteCall::Online(user)) => match Ticket::find(body) {
                Some(ticket) if self.users[user as usize].state == UserState::Coming => {
                    self.opened(user as usize, ticket, sent);
                }
                // The server has shut down meanwhile.
                Some(_) => {}
                None => self.error("an online call brought no ticket"),
            },
            (200, SiteCall::Message { .. } | SiteCall::Long(_)) => {
                let receivers = field(head, b"x-nextim-delivered:").and_then(whole);
                let now = self.stamp();
                match receivers {
                    Some(receivers) => self.ledger.taken(id, receivers, now),
                    None => self.error("a message was taken without a count"),
                }
            }
            // The session ended before the call: that of the sender, or that of the page.
            (404, SiteCall::Message { .. }) => self.ledger.refused(id),
            // A session that has ended is acknowledged too late.
            (200 | 404, SiteCall::Leave(..) | SiteCall::Ack(_)) | (200, SiteCall::LogOut(_)) => {}
            (401, _) if key < self.key => self.counts.calls_refused += 1,
            (429, SiteCall::Message { .. } | SiteCall::Long(_)) => {
                self.counts.calls_refused += 1;
                self.ledger.refused(id);
            }
            (429 | 503, _) => self.counts.calls_refused += 1,
            (_, _) => self.error("a call was refused"),
        }
        match (status, call) {
            (200, SiteCall::Online(_)) => {}
            (_, call) => self.after(call),
        }
    }

    /// A caller's connection is of no use any more: the result of its call is unknown.
    fn call_broken(&mut self, index: usize, by_server: bool) {
        let with_reset = self.chance.one_in(2);
        let caller = &mut self.callers[index];
        caller.cut = None;
        if let Some(connection) = caller.connection.take() {
            connection.cut(with_reset);
        }
        let Some(call) = caller.call.take() else { return };
        self.free.push(index);
        if by_server {
            if self.phase == Phase::Down {
                self.server_closed = true;
            } else {
                self.error("a call was cut by the server");
            }
        }
        self.after(call);
    }

    /// What follows a call, whether it succeeded or not.
    fn after(&mut self, call: SiteCall) {
        if self.server_closed {
            self.calls.clear();
            return;
        }
        match call {
            SiteCall::Online(user) => self.open_page_later(user as usize),
            SiteCall::Leave(_, Some(user)) => self.open_page(user as usize),
            SiteCall::LogOut(user) => self.logged_out(user as usize),
            SiteCall::Long(user) => self.flooded(user as usize),
            SiteCall::Leave(_, None) | SiteCall::Message { .. } | SiteCall::Ack(_) => {}
        }
    }
}
