//! What bounds those that watch the server: the admin listener, `nextim top`, the log and the service manager.
//!
//! Owns: numbers of watching. Must not: bound what a shard does.

use super::settings::{CREDENTIAL_BYTES_MAX, JSON_GROWTH, SHARDS_MAX};
use super::turn::SLEEP_MS_MAX;
use super::wire::HEAD_BYTES_MAX;

/// Time from one sample of the counters to the next, in milliseconds.
pub const SAMPLE_MS: u64 = 1_000;
/// A shard that has not turned for this many samples in a row stands still. Samples are counted, and not time,
/// because they stop with the shards if the process is stopped.
pub(crate) const STANDSTILL_SAMPLES: u32 = 10;
/// Samples that the rates and quantiles on the page are of.
pub(crate) const RECENT_SAMPLES: usize = 10;
/// Samples that are kept: ten minutes.
pub(crate) const HISTORY_SAMPLES: usize = 600;
/// Domains that are counted and shown by name. The others are shown as one.
pub(crate) const DOMAINS_NAMED_MAX: usize = 256;

/// Most connections of the admin listener. If there are as many, the oldest one is closed for a newcomer.
pub const ADMIN_CONNECTIONS_MAX: usize = 64;
/// Connections that the admin listener accepts before it serves the others again. So each connection is served
/// several times before it is the oldest.
pub(crate) const ADMIN_ACCEPTS_PER_TURN: usize = ADMIN_CONNECTIONS_MAX / 4;
/// Longest request line and headers together that the admin listener reads, in bytes.
pub(crate) const ADMIN_HEAD_BYTES_MAX: usize = 8 * 1_024;
/// A request to the admin listener must arrive within this, and its answer must be taken within this, in
/// milliseconds.
pub(crate) const ADMIN_MS: u64 = 5_000;

/// `nextim top` waits this long for an answer, in milliseconds.
pub(crate) const TOP_MS: u64 = 3_000;
/// Longest answer that `nextim top` reads, in bytes: that of a server with all shards and all domains it can name.
pub(crate) const TOP_ANSWER_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// `nextim domain` waits this long for a reload, in milliseconds. Tens of thousands of files take a second.
pub(crate) const RELOAD_MS: u64 = 30_000;
/// It looks this often whether the reload has ended, in milliseconds.
pub(crate) const RELOAD_LOOK_MS: u64 = 10;
/// A reload waits this long for shards to take new domains, in milliseconds.
pub(crate) const RELOAD_TAKEN_MS: u64 = 1_000;
/// A server that starts waits this long for the lock of its pid file, in milliseconds.
pub(crate) const PID_FILE_LOCK_MS: u64 = 1_000;
/// Longest pid file, in bytes.
pub(crate) const PID_FILE_BYTES_MAX: usize = 128;
/// The service manager must take a notification within this, in milliseconds.
pub(crate) const NOTIFY_MS: u64 = 1_000;

/// Lines that one place in the code may log in a second. More are counted.
pub(crate) const LOG_LINES_PER_SECOND: u32 = 10;
/// Lines of the log that wait to be written. More are dropped and counted.
pub(crate) const LOG_LINES_WAITING: usize = 1_024;
/// The process waits this long for its log to be written when it ends, in milliseconds.
pub(crate) const LOG_FLUSH_MS: u64 = 250;

/// A shard in the answer for `nextim top`, in bytes: its counters with their names.
const TOP_SHARD_BYTES: usize = 8 * 1_024;

// A sleeping shard does not stand still.
const _: () = assert!(STANDSTILL_SAMPLES as u64 * SAMPLE_MS >= 2 * SLEEP_MS_MAX);
const _: () = assert!(RECENT_SAMPLES >= 1 && RECENT_SAMPLES < HISTORY_SAMPLES);
const _: () = assert!(HISTORY_SAMPLES as u64 * SAMPLE_MS == 10 * 60 * 1_000);
const _: () = assert!(DOMAINS_NAMED_MAX >= 1);

const _: () = assert!(ADMIN_ACCEPTS_PER_TURN >= 1 && ADMIN_ACCEPTS_PER_TURN < ADMIN_CONNECTIONS_MAX);
// The admin listener's own heads are the shorter ones, and all of them take little memory.
const _: () = assert!(ADMIN_HEAD_BYTES_MAX <= HEAD_BYTES_MAX);
const _: () = assert!(ADMIN_CONNECTIONS_MAX * ADMIN_HEAD_BYTES_MAX <= 1_024 * 1_024);

// `nextim top` outlasts a sample, and reads the names of all domains, however they are escaped.
const _: () = assert!(SAMPLE_MS < TOP_MS && TOP_MS <= ADMIN_MS);
const _: () = assert!(
    DOMAINS_NAMED_MAX * CREDENTIAL_BYTES_MAX * JSON_GROWTH + SHARDS_MAX * TOP_SHARD_BYTES
        < TOP_ANSWER_BYTES_MAX
);
// A command looks often while it waits, and holds the lock of the pid file for less than a server waits for it.
const _: () = assert!(RELOAD_LOOK_MS > 0 && 10 * RELOAD_LOOK_MS < PID_FILE_LOCK_MS);
const _: () = assert!(10 * RELOAD_LOOK_MS < RELOAD_MS);
// A notification does not delay the next sample, and one place in the code does not fill the log in a second.
const _: () = assert!(NOTIFY_MS <= SAMPLE_MS);
const _: () = assert!(LOG_LINES_PER_SECOND >= 1);
const _: () = assert!((LOG_LINES_PER_SECOND as usize) < LOG_LINES_WAITING);
const _: () = assert!(LOG_FLUSH_MS < NOTIFY_MS);
