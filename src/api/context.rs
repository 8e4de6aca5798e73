//! Contexts: the world around a request.
//!
//! Owns: [`Context`]. Must not: read a clock or make a random number; the shard fills it in.

use crate::base::domains::{DomainId, Domains};
use crate::base::limits::Limits;

/// The world around a request: all that a call needs beside its parameters.
#[derive(Clone, Copy)]
pub struct Context<'c> {
    /// The sites that are served.
    pub domains: &'c Domains,
    /// How much a call may carry.
    pub limits: &'c Limits,
    /// Whether a call of this domain is put off. The flag stands for a call that is never refused for lack of memory.
    pub is_put_off: &'c dyn Fn(DomainId, bool) -> bool,
    /// The server's time, in milliseconds since 1970: the timestamp of messages that have none. Most requests need no
    /// time.
    pub wall_ms: fn() -> u64,
    /// How long the server has been up, in milliseconds; rates are counted by it.
    pub now_ms: u64,
    /// Fresh random bits, for a ticket.
    pub secret: [u8; 16],
}
