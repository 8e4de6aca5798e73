//! What bounds the posting of undelivered messages to sites.
//!
//! Owns: batches, attempts and waits of the poster. Must not: bound what is kept; a budget does
//! (`undelivered_bytes`).

use super::settings::{Limits, Timeouts};

/// What a kept message costs beside its text, in bytes: its places in lists and its reference count.
pub(crate) const UNDELIVERED_EXTRA_BYTES: usize = 128;
/// Most undelivered messages in one request to a site.
pub(crate) const UNDELIVERED_BATCH: usize = 100;
/// Longest body of such a request, in bytes, unless a single message is longer. Sites often take a megabyte at most.
pub(crate) const UNDELIVERED_BATCH_BYTES: usize = 256 * 1_024;
/// Most such requests under way at once: this many sites may hang before another site has to wait.
pub(crate) const UNDELIVERED_POSTS: usize = 4;
/// A site must answer such a request within this, in milliseconds, from the look-up of its name to its status.
pub(crate) const UNDELIVERED_POST_MS: u64 = 10_000;
/// The first wait after a site did not take its messages, in milliseconds. Each next one is twice as long. The poster
/// waits between half of that and all of it, by chance.
pub(crate) const UNDELIVERED_RETRY_MS_MIN: u64 = 1_000;
/// The longest wait after a site did not take its messages, in milliseconds.
pub(crate) const UNDELIVERED_RETRY_MS_MAX: u64 = 60_000;
/// Least time between two lines of the log about one site that does not take its messages, in milliseconds.
pub(crate) const UNDELIVERED_LOG_MS: u64 = 60_000;
/// Longest sleep of the poster, in milliseconds.
pub(crate) const UNDELIVERED_SLEEP_MS: u64 = 60_000;

// The longest message can be kept, and several of the defaults go into one request.
const _: () =
    assert!(Limits::DEFAULT.message_bytes + UNDELIVERED_EXTRA_BYTES < Limits::DEFAULT.undelivered_bytes);
const _: () = assert!(2 * Limits::DEFAULT.message_bytes < UNDELIVERED_BATCH_BYTES);
const _: () = assert!(UNDELIVERED_BATCH_BYTES <= Limits::DEFAULT.undelivered_bytes);
const _: () = assert!(UNDELIVERED_BATCH >= 1 && UNDELIVERED_POSTS >= 1);
// A message is tried several times before it is given up, however long the waits have become.
const _: () = assert!(UNDELIVERED_RETRY_MS_MIN <= UNDELIVERED_RETRY_MS_MAX);
const _: () =
    assert!(2 * (UNDELIVERED_RETRY_MS_MAX + UNDELIVERED_POST_MS) <= Timeouts::DEFAULT.undelivered_ms);
// The log does not repeat what has not been tried again.
const _: () = assert!(UNDELIVERED_RETRY_MS_MAX <= UNDELIVERED_LOG_MS);
