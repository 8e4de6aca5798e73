//! Heartbeats and greetings: what nodes tell each other of themselves.
//!
//! Owns: their bytes. Must not: judge them; `members` does.

use super::text::{wire_structs, wire_words};
use crate::base::limits::cluster::is_node_name;

/// What a node is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It has come, and owns no name yet.
    Joining,
    /// It owns names.
    Up,
    /// It goes, and owns no name any more.
    Draining,
    /// It has gone.
    Gone,
}

wire_words! { Stage { Joining = 1, Up = 2, Draining = 3, Gone = 4 } }

/// What all nodes hear of each, every [`HEARTBEAT_MS`](crate::cluster::limits::HEARTBEAT_MS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beat {
    /// The version of the protocol.
    pub(crate) major: u8,
    /// The node's name.
    pub(crate) node: Box<str>,
    /// Its process.
    pub(crate) epoch: u32,
    pub(crate) stage: Stage,
    /// Where its browsers poll.
    pub(crate) url: Box<str>,
    /// A hash of how it divides the names: partition, bounds, list of nodes.
    pub(crate) division: u64,
    /// The time of the node's own clock, in microseconds; 0: it does not say.
    pub(crate) stamp_us: u64,
    /// How many users it has.
    pub(crate) users: u64,
    /// The last stamps of others.
    pub(crate) echoes: Vec<Echo>,
}

impl Beat {
    /// Whether its texts are what they should be: frames go to a subject with the name in it, and browsers are redirected
    /// to the URL.
    pub(crate) fn is_sound(&self) -> bool {
        let is_url = self.url.starts_with("http://") || self.url.starts_with("https://");
        is_node_name(&self.node) && is_url && self.url.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// A stamp of another node, which goes back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Echo {
    /// Whose stamp it is.
    pub(crate) epoch: u32,
    pub(crate) stamp_us: u64,
    /// How long the stamp was here, in microseconds.
    pub(crate) held_us: u64,
}

wire_structs! {
    Beat { major, node, epoch, stage, url, division, stamp_us, users, echoes }
    Echo { epoch, stamp_us, held_us }
}

/// The first words of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// The node's name.
    pub(crate) node: Box<str>,
    /// Its domains, in the order of the numbers by which its records name them; a name that was removed is empty.
    pub(crate) domains: Vec<Box<str>>,
}

wire_structs! { Greeting { node, domains } }
