//! States of a connection.
//!
//! Owns: the states, what each waits for, the answer that is to be sent, and the count of connections in each state. Must not: touch a
//! socket.

use crate::api::Shape;
use crate::base::clock::Stamp;
use crate::base::domains::DomainId;
use crate::base::stats::{CallKind, Counters};
use crate::router::ids::SessionKey;

/// What a connection is doing.
#[derive(Debug)]
pub(super) enum ConnState {
    /// It is idle, or it receives a request.
    Reading,
    /// The router has a call of it. A poll without a session is one, too, and is not timed.
    Calling(Shape, Option<CallTiming>),
    /// It is a socket whose client has not shown its ticket yet.
    Subscribing(Shape),
    /// The owner of this session has a poll of it, or a stream. Nothing is read meanwhile, but of an open socket.
    Parked(Shape, SessionKey),
    /// An event of the session's stream did not fit into the socket. When it is written, the stream is parked again.
    Sending(Shape, SessionKey),
    /// An answer did not fit into the socket.
    Writing {
        /// The session that waits for the fate of the answer.
        fate: Option<SessionKey>,
        /// What follows the answer.
        then: AfterAnswer,
    },
    /// The last answer is written. Input is read and dropped, so that the peer reads the answer and not a reset.
    Farewell,
    /// Closed; freed at the end of the turn.
    Dead,
}

impl ConnState {
    fn is_parked_stream(&self) -> bool {
        matches!(self, ConnState::Parked(shape, _) if shape.is_stream() && !shape.is_socket())
    }

    fn is_parked_socket(&self) -> bool {
        matches!(self, ConnState::Parked(shape, _) if shape.is_socket())
    }
}

/// What epoll reports of a connection; each variant includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Watch {
    Nothing,
    /// Bytes that have come, and the end.
    Input,
    /// Room for the rest of an answer.
    InputAndRoom,
}

impl Watch {
    /// What a connection in this state waits for.
    pub(super) fn of(state: &ConnState) -> Watch {
        match state {
            ConnState::Dead => Watch::Nothing,
            ConnState::Reading
            | ConnState::Calling(..)
            | ConnState::Subscribing(_)
            | ConnState::Parked(..)
            | ConnState::Farewell => Watch::Input,
            ConnState::Writing { .. } | ConnState::Sending(..) => Watch::InputAndRoom,
        }
    }
}

/// A call that is not answered yet: its domain, its kind and its beginning, for the statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallTiming {
    pub(super) domain: DomainId,
    pub(super) kind: CallKind,
    pub(super) at: Stamp,
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterAnswer {
    /// The next request.
    Read,
    /// The close.
    Close,
    /// The close, after some time of reading: the peer may be in the middle of sending.
    Farewell,
}

impl AfterAnswer {
    pub(super) fn of(shape: &Shape) -> AfterAnswer {
        match shape.close {
            false => AfterAnswer::Read,
            // The client of a socket may send at any time.
            true if shape.is_socket() => AfterAnswer::Farewell,
            true => AfterAnswer::Close,
        }
    }
}

/// An answer as bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutgoingAnswer<'a> {
    pub(super) bytes: &'a [u8],
    /// Follows `bytes`.
    pub(super) asset: &'static [u8],
    /// The account of a rest that the peer does not take at once; `None`: the visitor's.
    pub(super) domain: Option<DomainId>,
    /// The session that waits for the fate of the answer.
    pub(super) fate: Option<SessionKey>,
    pub(super) then: AfterAnswer,
}

/// A stream that has an event: what its connection waits with, and the account of a rest that the peer does not take at
/// once.
#[derive(Debug)]
pub(super) struct ParkedStream {
    pub(super) shape: Shape,
    pub(super) session: SessionKey,
    pub(super) domain: DomainId,
}

/// Whether a connection continues without an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deferral {
    No,
    /// In the next turn.
    NextTurn,
    /// When the domain of its request has a share of a turn again.
    Postponed,
}

/// The number of connections in each state. It is updated at each change: a shard has too many to count.
#[derive(Debug, Default)]
pub(super) struct Tally {
    reading: u64,
    calling: u64,
    parked: u64,
    /// Those of the parked that are streams.
    streams: u64,
    /// Those that are sockets.
    sockets: u64,
    writing: u64,
    closing: u64,
}

impl Tally {
    pub(super) fn show(&self, counters: &mut Counters) {
        counters.connections_reading = self.reading;
        counters.connections_calling = self.calling;
        counters.connections_parked = self.parked;
        counters.streams_parked = self.streams;
        counters.sockets_parked = self.sockets;
        counters.connections_writing = self.writing;
        counters.connections_closing = self.closing;
    }

    pub(super) fn sum(&self) -> u64 {
        self.reading + self.calling + self.parked + self.writing + self.closing
    }

    pub(super) fn count(&mut self, state: &ConnState) {
        if let Some(count) = self.of(state) {
            *count += 1;
        }
        self.streams += u64::from(state.is_parked_stream());
        self.sockets += u64::from(state.is_parked_socket());
    }

    pub(super) fn uncount(&mut self, state: &ConnState) {
        if let Some(count) = self.of(state) {
            *count -= 1;
        }
        self.streams -= u64::from(state.is_parked_stream());
        self.sockets -= u64::from(state.is_parked_socket());
    }

    /// The count of a state; dead connections have none.
    fn of(&mut self, state: &ConnState) -> Option<&mut u64> {
        match state {
            ConnState::Reading | ConnState::Subscribing(_) => Some(&mut self.reading),
            ConnState::Calling(..) => Some(&mut self.calling),
            ConnState::Parked(..) => Some(&mut self.parked),
            ConnState::Writing { .. } | ConnState::Sending(..) => Some(&mut self.writing),
            ConnState::Farewell => Some(&mut self.closing),
            ConnState::Dead => None,
        }
    }
}
