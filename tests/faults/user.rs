//! A user: the state of a browser.
//!
//! Owns: the state, and what is planned for the next answer. Must not: use a connection; `users.rs` does.

use nextim_testkit::load::wire::Ticket;

use super::connection::Connection;
use super::kinds::Fault;

/// The state of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserState {
    /// The user is offline and has no page.
    Gone,
    /// The call that brings the user online is queued or under way.
    Coming,
    /// The user has a page and no connection, until this many long messages have been sent.
    Flooded(u8),
    /// The user has a page and no connection.
    Disconnected,
    /// The user's connection is being opened.
    Connecting,
    /// A poll was sent.
    Waiting,
    /// A poll was sent, and its answer is not read.
    Stalled,
}

/// What is planned for the next answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerPlan {
    /// It is read.
    Read,
    /// The connection is cut when this many bytes of it were read.
    Cut { bytes: usize, fault: Fault },
    /// It is read, and this fault is injected before the next poll.
    ReadThen(Fault),
}

pub(crate) struct PlayedUser {
    pub(crate) state: UserState,
    /// The number of the user's latest alarm; an alarm with another number is void.
    pub(crate) stamp: u32,
    pub(crate) ticket: Ticket,
    pub(crate) page: u32,
    pub(crate) since: u32,
    pub(crate) seq: u64,
    /// Messages this page has read, without those whose acknowledgement the server is known to have.
    pub(crate) read: Vec<u64>,
    /// How many of `read` the last poll acknowledged.
    pub(crate) acknowledged_count: usize,
    pub(crate) connection: Option<Connection>,
    /// The user connects from the second address.
    pub(crate) again: bool,
    pub(crate) plan: AnswerPlan,
    /// No poll was answered on this connection yet: the session may have ended before.
    pub(crate) is_new: bool,
    /// On this connection the user stalls after the first poll.
    pub(crate) stalls: bool,
    /// On this connection the user stalled for too long: the server may have closed it.
    pub(crate) stalled: bool,
    /// The previous page, which is left once the new one is there.
    pub(crate) leaves: Option<Ticket>,
}

impl Default for PlayedUser {
    fn default() -> Self {
        PlayedUser {
            state: UserState::Gone,
            stamp: 0,
            ticket: Ticket::NONE,
            page: 0,
            since: 0,
            seq: 0,
            read: Vec::new(),
            acknowledged_count: 0,
            connection: None,
            again: false,
            plan: AnswerPlan::Read,
            is_new: false,
            stalls: false,
            stalled: false,
            leaves: None,
        }
    }
}
