//! What the server says of itself: the JSON of `/stats` and `/history`.
//!
//! Owns: the names and shapes, for whoever writes them and whoever reads them. Must not: compute anything. A member that
//! a reader misses is its default, so that `nextim top` can look at a server of another version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::process::Process;

/// Everything at one time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// The version of the server.
    pub version: String,
    /// The time of day, in UTC (RFC 3339).
    pub time: String,
    /// How long it has run, in seconds.
    pub uptime_s: u64,
    /// It takes nothing new and ends soon.
    pub draining: bool,
    /// Shards that should turn and do not.
    pub standing_still: Vec<usize>,
    /// Connections each shard may hold.
    pub connections_per_shard_max: usize,
    /// What the kernel knows of it.
    pub process: Process,
    /// The last look.
    pub now: Sample,
    /// Calls by kind, with their latencies in the last seconds.
    pub calls: Vec<CallReport>,
    /// What somebody did not get, by reason.
    pub losses: Vec<LossReport>,
    /// Every counter, summed over all shards.
    pub totals: BTreeMap<String, u64>,
    /// One by one.
    pub shards: Vec<ShardReport>,
    /// The sites; those beyond the limit of names are summed as the last one, which has none.
    pub domains: Vec<DomainReport>,
}

/// One look at the server: rates are those since the look before, a second earlier.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// When, in milliseconds since 1970.
    pub time_ms: u64,
    /// Users online.
    pub users: u64,
    /// Connections open.
    pub connections: u64,
    /// Polls that wait.
    pub parked: u64,
    /// Messages taken from senders, a second.
    pub messages_per_s: f64,
    /// Packets queued to sessions, a second.
    pub packets_per_s: f64,
    /// Calls of sites answered, a second.
    pub calls_per_s: f64,
    /// Half of the calls of the last seconds took no longer than this, in microseconds.
    pub p50_us: Option<f64>,
    /// All but one of a hundred took no longer than this.
    pub p99_us: Option<f64>,
    /// What somebody did not get, a second.
    pub losses_per_s: f64,
    /// How many cores the process keeps busy.
    pub cores: f64,
    /// Memory it occupies.
    pub memory_bytes: u64,
}

/// Calls of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallReport {
    /// Which.
    pub kind: String,
    /// Since the start.
    pub total: u64,
    /// In the last seconds.
    pub per_s: f64,
    /// Half of those took no longer than this, in microseconds.
    pub p50_us: Option<f64>,
    /// All but one of a hundred took no longer than this.
    pub p99_us: Option<f64>,
}

/// A way in which something gets lost or refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LossReport {
    /// The counter.
    pub name: String,
    /// What it counts.
    pub help: String,
    /// Since the start.
    pub total: u64,
    /// In the last seconds.
    pub per_s: f64,
}

/// One shard.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShardReport {
    /// Its number.
    pub shard: usize,
    /// The share of its time in which it had something to do.
    pub busy: f64,
    /// Messages a second in the last seconds.
    pub messages_per_s: f64,
    /// All but one of a hundred of its turns in the last seconds took no longer than this, in microseconds.
    pub turn_p99_us: Option<f64>,
    /// Batches in its mailbox.
    pub mailbox: usize,
    /// Its counters.
    pub counters: BTreeMap<String, u64>,
}

/// One site.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DomainReport {
    /// Its name; `None` for those that have none here.
    pub name: Option<String>,
    /// Users online.
    pub users: u64,
    /// Calls since the start.
    pub calls: u64,
    /// Those of them that were messages.
    pub messages: u64,
    /// Calls a second in the last seconds.
    pub calls_per_s: f64,
    /// Messages a second in the last seconds.
    pub messages_per_s: f64,
    /// Bytes that wait for it.
    pub waiting_bytes: u64,
    /// What was refused since the start because of what waited for it.
    pub refused: u64,
}
