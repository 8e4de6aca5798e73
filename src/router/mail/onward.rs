//! Mail for another node where a user may be, from one where it should be and is not.
//!
//! Owns: the type. Must not: import a part of the router.
//!
//! While names move, a user may still be at the former owner of its name, or be on its way to the new one. What a node says
//! after it has sent a user on comes to the new owner after the user; so asking there, back and there again finds it.

use super::calls::{CallRequest, Waiting};
use super::messages::Unicast;
use crate::base::domains::DomainId;

/// See the module. `hops` counts the nodes that have sent it on.
#[derive(Debug)]
pub enum Onward {
    /// A call about the user.
    Call {
        /// The call.
        request: CallRequest<'static>,
        /// At most [`ONWARD_HOPS_MAX`].
        hops: u8,
    },
    /// A message, signal or typing state for the user.
    Unicast {
        /// It.
        unicast: Unicast,
        /// At most [`ONWARD_HOPS_MAX`].
        hops: u8,
    },
    /// The user has come online at the owner of its name: it is to go there at once, with what waits for it.
    Evict {
        /// In which world.
        domain: DomainId,
        /// The user.
        name: Box<str>,
    },
}

/// From the owner to the former one and back.
pub(crate) const ONWARD_HOPS_MAX: u8 = 2;

impl Onward {
    pub(super) fn waiting(&self) -> Option<Waiting> {
        match self {
            Onward::Call { request, .. } => request.waiting(),
            Onward::Unicast { unicast, .. } => Some(unicast.call),
            Onward::Evict { .. } => None,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Onward::Call { request, .. } => request.call.verb.bytes(),
            Onward::Unicast { unicast, .. } => unicast.bytes(),
            Onward::Evict { name, .. } => name.len(),
        }
    }
}
