//! Orders to the thread that posts undelivered messages.
//!
//! Owns: the type. Must not: import `poster`, which carries them out.

use std::sync::Arc;

use super::client::PostOutcome;
use crate::base::domains::{DomainId, Domains};
use crate::router::mail::Returned;

/// What the poster is told.
#[derive(Debug)]
pub(super) enum PosterOrder {
    /// Post these.
    Post {
        /// To the site of this domain.
        domain: DomainId,
        /// In this order.
        messages: Vec<Returned>,
    },
    /// The domains were configured anew.
    Domains(Arc<Domains>),
    /// A site has answered, or has not in time.
    Answered {
        /// Whose it is.
        domain: DomainId,
        /// Which request.
        serial: u64,
        /// With what.
        outcome: PostOutcome,
    },
    /// Nothing more will come: post what is there, and end after so long at the latest, in milliseconds.
    Finish(u64),
}
