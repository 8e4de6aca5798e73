//! The encoder of a dialect.
//!
//! Owns: [`Dialect`], the list of calls whose answers differ between versions. Must not: import a
//! dialect.

use crate::api::reply::Reply;
use crate::router::call::Started;
use crate::router::profile::Profile;

/// Writes the answers that differ between versions.
pub(in crate::api) trait Dialect {
    /// Answers `/presences/online`. Browsers poll at `poll_url`.
    fn online(&self, reply: Reply<'_>, session: &Started, poll_url: &str);

    /// Whether pages come back whose session ends with `renew`.
    fn renews(&self) -> bool;

    /// Answers `/onlines`, if the call asks for no other format: the users that are online.
    fn onlines(&self, reply: Reply<'_>, users: &[Profile]);
}
