//! A caller: a connection for calls of the site.
//!
//! Owns: its state, and the kinds of calls. Must not: send or read; `callers.rs` does.

use nextim_testkit::load::wire::Ticket;

use super::connection::Connection;

/// Tokens from here on are callers.
pub(crate) const CALLERS: usize = 1 << 40;

/// A call of the site. Users are counted in the part.
#[derive(Clone, Copy)]
pub(crate) enum SiteCall {
    /// A user opens a page.
    Online(u32),
    /// A page is left; then a user may open another.
    Leave(Ticket, Option<u32>),
    /// A user acknowledges what came on the stream.
    Ack(u32),
    /// The site logs a user out.
    LogOut(u32),
    /// A user sends a message to another.
    Message { id: u64, sender: u32, receiver: u32 },
    /// The site sends a long message to a user.
    Long(u32),
}

/// The point at which a call is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Half of the request was sent.
    Half,
    /// All of the request was sent.
    Sent,
    /// The answer has arrived and is unread.
    Answered,
}

#[derive(Default)]
pub(crate) struct SiteCaller {
    pub(crate) connection: Option<Connection>,
    pub(crate) call: Option<SiteCall>,
    pub(crate) cut: Option<Cut>,
    /// When the call was sent, or the last answer was read.
    pub(crate) used: u32,
    /// The number of the apikey in the call.
    pub(crate) key: u64,
    /// The id of the message in the call.
    pub(crate) id: u64,
}
