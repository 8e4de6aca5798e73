//! Events on the site's pages that concern the chat.
//!
//! Owns: one method for each such event, which passes it on to the message server. Must not: use `Records`; the page
//! that calls has checked the user's rights.

use std::iter;

use super::endings::Ending;
use super::limits::MESSAGE_BYTES_MAX;
use super::plugin::Plugin;
use super::server::{By, CallError, Push};
use crate::dates::now;

impl Plugin {
    /// Ends a log-in: the pages that came online by it go offline, and no other pages of the user.
    pub fn log_out(&self, tickets: Vec<String>) {
        if !tickets.is_empty() {
            self.end(tickets.into_iter().map(Ending::Ticket));
        }
    }

    /// Ends all log-ins of a user: all pages of the user go offline.
    pub fn log_out_everywhere(&self, user: &str) {
        self.end([Ending::Name(user.to_owned())]);
    }

    /// Passes on the log-outs that could not be passed on before. This must come before a page goes online: the new
    /// session is not to be ended with the old ones.
    pub(super) fn log_out_rest(&self) {
        self.end([]);
    }

    fn end(&self, endings: impl IntoIterator<Item = Ending>) {
        let mut endings = self.endings.take().into_iter().chain(endings);
        while let Some(ending) = endings.next() {
            let result = self.im.offline(match &ending {
                Ending::Ticket(ticket) => By::Ticket(ticket),
                Ending::Name(name) => By::Name(name),
            });
            let is_there = result != Err(CallError::Unreachable);
            if result != Err(CallError::NoSession) {
                log_failure("log-out", result);
            }
            if !is_there {
                self.endings.keep(iter::once(ending).chain(endings));
                return;
            }
        }
    }

    /// Unlinks two users, after a friendship has ended or one has blocked the other: neither sees the other's presence
    /// any more.
    pub fn unlink(&self, user: &str, other: &str) {
        log_failure("friendship ended", self.im.unlink(user, other));
    }

    /// Whether a user is online and others see it.
    pub(super) fn is_seen(&self, user: &str) -> bool {
        self.im.onlines(&[user.to_owned()]).is_ok_and(|online| !online.is_empty())
    }

    /// Enters a new member into a room. A user who is online receives its messages from now on.
    pub fn enter(&self, user: &str, nick: &str, room: &str) {
        if self.is_seen(user) {
            log_failure("room joined", self.im.join(By::Name(user), nick, room));
        }
    }

    /// Takes a user out of a room, after the membership has ended or the user must no longer receive its messages.
    pub fn expel(&self, user: &str, nick: &str, room: &str) {
        log_failure("room left", self.im.leave(By::Name(user), nick, room));
    }

    /// Ends a subscription to new posts. A new subscription takes effect when a page of the user next goes online.
    pub fn unsubscribe(&self, user: &str, nick: &str) {
        self.expel(user, nick, self.setup.channel.id);
    }

    /// Sends a new post to the subscribers.
    pub fn push_post(&self, post: i64, text: &str) {
        let channel = &self.setup.channel;
        let push = Push {
            ticket: None,
            from: channel.from,
            nick: channel.nick,
            to: channel.id,
            kind: "multicast",
            body: &text[..text.floor_char_boundary(MESSAGE_BYTES_MAX)],
            style: "",
            timestamp: now(),
            id: &format!("post-{post}"),
            meta: None,
        };
        log_failure("post", self.im.message(&push));
    }
}

/// Logs a call that failed beside the one that was asked for. No harm is done: the message server gets the same data
/// when a page of the user next goes online.
pub(super) fn log_failure<T>(what: &str, result: Result<T, CallError>) {
    if let Err(error) = result {
        log::warn!("message server, {what}: {error}");
    }
}
