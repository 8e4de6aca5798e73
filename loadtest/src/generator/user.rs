//! A user and the browser of the user.
//!
//! Owns: the state. Must not: use a connection; `users/` does.

use mio::net::TcpStream;
use nextim_testkit::load::wire::Ticket;

/// The state of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Not online, or about to be.
    Away,
    /// The connection is being opened.
    Connecting,
    /// A poll was sent.
    Polling,
    /// The user logs out or leaves; both answers are needed.
    Leaving {
        /// The call has been answered.
        answered: bool,
        /// The poll has been answered.
        stopped: bool,
    },
}

/// A user and the browser of the user.
pub(super) struct User {
    pub(super) ticket: Ticket,
    pub(super) state: State,
    pub(super) stream: Option<TcpStream>,
    /// The number of the last packet that was read.
    pub(super) seq: u64,
    pub(super) tries: u8,
    /// The node where the user polls.
    pub(super) home: u8,
    /// The task waits until this user polls.
    pub(super) awaited: bool,
    /// The user connects from the second address.
    pub(super) again: bool,
    /// The user polls with an old ticket, whose session may have ended.
    pub(super) resumes: bool,
    /// The server asked for a pause before the next poll.
    pub(super) rests: bool,
    /// The head of a stream or a socket was read on this connection.
    pub(super) streams: bool,
    /// Bytes of events and texts that are not acknowledged.
    pub(super) unacked_bytes: u32,
    /// The last packet that was acknowledged since the stream or the socket was opened.
    pub(super) acked: u64,
    /// When that was, or it was opened.
    pub(super) acked_at: u64,
}

impl Default for User {
    fn default() -> Self {
        User {
            ticket: Ticket::NONE,
            state: State::Away,
            stream: None,
            seq: 0,
            tries: 0,
            home: 0,
            awaited: false,
            again: false,
            resumes: false,
            rests: false,
            streams: false,
            unacked_bytes: 0,
            acked: 0,
            acked_at: 0,
        }
    }
}
