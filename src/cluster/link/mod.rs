//! A link: one other node, as the shards see it and as it sees them.
//!
//! Owns: the order of its files. Must not: decide whether the other node is there; `members` does, and the
//! link is told.
//!
//! `state` is one end of it. `session` and `handshake` are its beginning and its end, `window` makes what it says arrive, `outgoing` turns mail of shards into records
//! and `incoming` records into mail. `images` are the other node's users and rooms, `asked` the questions of shards here,
//! `pending` those of the other node, and `lost` is what is left of a link that broke, which `recovery` finds again.

pub(crate) mod asked;
mod context;
mod divide;
mod handshake;
pub(crate) mod images;
mod incoming;
mod lost;
mod outgoing;
pub(crate) mod pending;
mod recovery;
mod session;
mod state;
pub(crate) mod window;

pub(crate) use self::context::{Context, Sink};
pub(crate) use self::session::Taken;
pub(crate) use self::state::Link;
