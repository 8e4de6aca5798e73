//! Reports: the JSON of `/stats` and `/history`.
//!
//! Owns: the names and shapes, for the writer and the reader. Must not: compute anything. A missing member has its
//! default, so `nextim top` can show a server of another version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::process::Process;

/// The whole of `/stats`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Report {
    /// The version of the server.
    pub(crate) version: String,
    /// The time of day, in UTC (RFC 3339).
    pub(crate) time: String,
    /// Seconds since the server started.
    pub(crate) uptime_s: u64,
    /// Whether the server takes nothing new and ends soon.
    pub(crate) draining: bool,
    /// The shards that stand still.
    pub(crate) standing_still: Vec<usize>,
    /// The most connections of a shard.
    pub(crate) connections_per_shard_max: usize,
    /// The process as the kernel counts it.
    pub(crate) process: Process,
    /// The last sample.
    pub(crate) now: Sample,
    /// The calls of sites, by kind.
    pub(crate) calls: Vec<CallReport>,
    /// What was refused or lost, by counter.
    pub(crate) losses: Vec<LossReport>,
    /// Every counter, summed over all shards.
    pub(crate) totals: BTreeMap<String, u64>,
    /// The shards, in the order of their numbers.
    pub(crate) shards: Vec<ShardReport>,
    /// The domains. Those beyond the limit of names are summed as the last one, which has no name.
    pub(crate) domains: Vec<DomainReport>,
    /// The cluster, if the server is a node of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cluster: Option<ClusterReport>,
}

/// A sample of the server. Its rates are those since the sample before, a second earlier.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Sample {
    /// The time, in milliseconds since 1970.
    pub(crate) time_ms: u64,
    /// Users online.
    pub(crate) users: u64,
    /// Connections open.
    pub(crate) connections: u64,
    /// Polls that wait for packets.
    pub(crate) parked: u64,
    /// Messages taken from senders, a second.
    pub(crate) messages_per_s: f64,
    /// Packets queued to sessions, a second.
    pub(crate) packets_per_s: f64,
    /// Calls of sites answered, a second.
    pub(crate) calls_per_s: f64,
    /// The median latency of calls in the last ten seconds, in microseconds.
    pub(crate) p50_us: Option<f64>,
    /// The 99th percentile of the latency.
    pub(crate) p99_us: Option<f64>,
    /// Refused or lost, a second.
    pub(crate) losses_per_s: f64,
    /// The number of cores that the process keeps busy.
    pub(crate) cores: f64,
    /// Memory the process occupies.
    pub(crate) memory_bytes: u64,
}

/// Calls of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CallReport {
    /// The kind.
    pub(crate) kind: String,
    /// Since the start.
    pub(crate) total: u64,
    /// A second, in the last ten seconds.
    pub(crate) per_s: f64,
    /// The median latency in the last ten seconds, in microseconds.
    pub(crate) p50_us: Option<f64>,
    /// The 99th percentile of the latency.
    pub(crate) p99_us: Option<f64>,
}

/// A counter of refusals or losses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LossReport {
    /// The name of the counter.
    pub(crate) name: String,
    /// What it counts.
    pub(crate) help: String,
    /// Since the start.
    pub(crate) total: u64,
    /// A second, in the last ten seconds.
    pub(crate) per_s: f64,
}

/// One shard.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ShardReport {
    /// Its number.
    pub(crate) shard: usize,
    /// The share of the last ten seconds in which it did not wait for events.
    pub(crate) busy: f64,
    /// Messages a second, in the last ten seconds.
    pub(crate) messages_per_s: f64,
    /// The 99th percentile of the duration of its turns in the last ten seconds, in microseconds.
    pub(crate) turn_p99_us: Option<f64>,
    /// Batches of mail in its mailbox.
    pub(crate) mailbox: usize,
    /// Its counters.
    pub(crate) counters: BTreeMap<String, u64>,
}

/// One domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DomainReport {
    /// The name; `None` for the sum of domains without one.
    pub(crate) name: Option<String>,
    /// Users online.
    pub(crate) users: u64,
    /// Calls since the start.
    pub(crate) calls: u64,
    /// Messages since the start.
    pub(crate) messages: u64,
    /// Calls a second, in the last ten seconds.
    pub(crate) calls_per_s: f64,
    /// Messages a second, in the last ten seconds.
    pub(crate) messages_per_s: f64,
    /// Bytes that wait for the domain.
    pub(crate) waiting_bytes: u64,
    /// Refusals since the start, because too much waited for the domain.
    pub(crate) refused: u64,
}

/// A cluster, as its node sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ClusterReport {
    /// The cluster's name.
    pub(crate) name: String,
    /// How names are divided.
    pub(crate) partition: String,
    /// The connection to a broker.
    pub(crate) broker: BrokerReport,
    /// This node, then all others that are known, by name.
    pub(crate) nodes: Vec<NodeReport>,
}

/// The connection to a broker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct BrokerReport {
    /// Whether there is one.
    pub(crate) connected: bool,
    /// The broker's URL; if it is not known which one, those of all.
    pub(crate) url: String,
    /// How often it was connected.
    pub(crate) connects: u64,
    /// Messages that this node did not fetch in time.
    pub(crate) dropped: u64,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NodeReport {
    /// Its name.
    pub(crate) name: String,
    /// Where its browsers poll; empty if it was never heard.
    pub(crate) url: String,
    /// What it is: `joining`, `up`, `draining`, `isolated`, `suspect`, `left`, `dead`, `missing` or `refused`.
    pub(crate) state: String,
    /// Why it is isolated or refused.
    pub(crate) reason: Option<String>,
    /// How long ago it was heard, in milliseconds.
    pub(crate) heard_ms: Option<u64>,
    /// How long words take to it and back, in microseconds; of this node: to the broker and back.
    pub(crate) round_trip_us: Option<u64>,
    /// Users online there, as it says.
    pub(crate) users: Option<u64>,
    /// The link to it; this node has none to itself.
    pub(crate) link: Option<LinkReport>,
}

/// The link to a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LinkReport {
    /// Whether frames go through.
    pub(crate) up: bool,
    /// Its users and rooms that users and rooms here have to do with.
    pub(crate) images: u64,
    /// Frames that came, a second, in the last ten seconds.
    pub(crate) frames_in_per_s: f64,
    /// Frames for it, a second, in the last ten seconds.
    pub(crate) frames_out_per_s: f64,
    /// Frames that were sent again, since the start.
    pub(crate) frames_again: u64,
    /// Requests that it could not answer, since the start.
    pub(crate) unreachable: u64,
}
