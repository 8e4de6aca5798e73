//! Orders to the thread that posts undelivered messages.
//!
//! Owns: the type. Must not: import `poster`, which carries them out.

use std::sync::Arc;

use super::client::PostOutcome;
use crate::base::domains::{DomainId, Domains};
use crate::router::mail::Returned;

#[derive(Debug)]
pub(super) enum PosterOrder {
    /// Post these messages.
    Post { domain: DomainId, messages: Vec<Returned> },
    /// The domains of a reloaded configuration.
    Domains(Arc<Domains>),
    /// A site has answered, or has not in time.
    Answered {
        domain: DomainId,
        /// The number of the request.
        serial: u64,
        outcome: PostOutcome,
    },
    /// No more messages will come: post the rest, and end after this many milliseconds at the latest.
    Finish(u64),
}
