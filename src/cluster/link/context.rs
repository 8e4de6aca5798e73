//! What a link is given when it works, and what leaves it.
//!
//! Owns: the types. Must not: import a link.

use crate::base::clock::Tick;
use crate::base::domains::Domains;
use crate::router::directory::Places;
use crate::router::ids::Place;
use crate::router::mail::{CallRequest, Mail};
use crate::router::owners::Owners;

/// What a link sees of its node when it works.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'c> {
    pub(crate) owners: &'c Owners,
    pub(crate) now: Tick,
    /// The same as all shards count it, for deadlines of calls.
    pub(crate) shared_ms: u64,
    /// This process.
    pub(crate) epoch: u32,
    /// How long others do not see that a user was lost, in milliseconds.
    pub(crate) grace_ms: u64,
    /// How long an answer of another node may take, in milliseconds.
    pub(crate) answer_ms: u64,
    /// This node's name.
    pub(crate) node: &'c str,
}

impl Context<'_> {
    pub(super) fn places(&self) -> &Places {
        self.owners.directory().places()
    }

    pub(super) fn domains(&self) -> &Domains {
        self.owners.domains()
    }
}

/// What leaves a link.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    /// Mail for shards, and for other links.
    pub(crate) mail: Vec<(Place, Mail)>,
    /// Calls that came from the other node, and how often they have been passed on.
    pub(crate) calls: Vec<(CallRequest<'static>, u8)>,
    /// Frames for the other node: its epoch, and the bytes.
    pub(crate) frames: Vec<(u32, Vec<u8>)>,
    /// Records that arrived.
    pub(crate) heard: u64,
    /// Frames that were sent again.
    pub(crate) repeated: u64,
    /// Questions that the other node could not answer.
    pub(crate) given_up: u64,
}
