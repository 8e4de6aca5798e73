//! Mail about calls and polls, between the place that accepted them and the place that judges them.
//!
//! Owns: the types. Must not: import a part of the router.

use crate::router::call::{Answer, Call};
use crate::router::ids::{CallKey, SessionKey};

/// A call, and where its answer goes.
#[derive(Debug)]
pub struct CallRequest<'a> {
    /// The request that waits for the answer.
    pub key: CallKey,
    /// What it asks for.
    pub call: Call<'a>,
    /// The latest time to carry it out, as all shards count it (see [`Waiting`]).
    pub until_ms: u64,
}

impl CallRequest<'_> {
    /// The same, of its own.
    pub(in crate::router) fn into_owned(self) -> CallRequest<'static> {
        let CallRequest { key, call, until_ms } = self;
        CallRequest { key, call: call.into_owned(), until_ms }
    }

    /// The request, unless a browser waits: what polls acknowledge stays true, and their pages wait for more than one
    /// answer.
    pub(super) fn waiting(&self) -> Option<Waiting> {
        (!self.call.verb.is_of_browser()).then_some(Waiting { key: self.key, until_ms: self.until_ms })
    }
}

/// The request that waits for what a letter brings about, and would be refused if it waited longer.
///
/// Its place answers it at its deadline in any case. Mail that arrives so late that the answer to it would not be
/// waited for is refused before it has an effect, so that a site that is told "not answered in time" may send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The request.
    pub(crate) key: CallKey,
    /// The latest time at which the letter may have an effect, in milliseconds as all shards count them.
    pub(crate) until_ms: u64,
}

/// The answer to a call.
#[derive(Debug)]
pub struct CallAnswer {
    /// The request that waits for it.
    pub key: CallKey,
    /// What it is answered.
    pub answer: Answer,
}

/// A parked poll whose connection the browser closed.
#[derive(Clone, Copy, Debug)]
pub struct PollCut {
    /// The session that polled.
    pub(crate) session: SessionKey,
    /// The poll.
    pub(crate) key: CallKey,
}

/// An acknowledgement that came by a stream itself.
#[derive(Clone, Copy, Debug)]
pub struct StreamAck {
    /// The session whose stream it is.
    pub(crate) session: SessionKey,
    /// The stream.
    pub(crate) key: CallKey,
    /// The number of the last packet that its page has.
    pub(crate) seq: u64,
}

/// What became of the answer to a poll.
#[derive(Clone, Copy, Debug)]
pub struct PollFate {
    /// The session that polled.
    pub session: SessionKey,
    /// The poll.
    pub key: CallKey,
    /// Whether the kernel took the last byte. If not, it never will.
    pub flushed: bool,
}
