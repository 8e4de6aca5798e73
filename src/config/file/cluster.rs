//! The settings in `[cluster]`.
//!
//! Owns: their names and what they may be. Must not: open a file.

use toml::Spanned;
use toml::de::DeValue;

use super::reader::Reader;
use crate::config::cluster::{ClusterConfig, PartitionKind};
use crate::config::values::{self, ValueResult};

/// The names in `[cluster]`.
const CLUSTER: [&str; 15] = [
    "name",
    "node",
    "nats",
    "nkey_file",
    "tls_ca",
    "tls_cert",
    "tls_key",
    "nodes",
    "min_nodes",
    "partition",
    "ranges",
    "isolated",
    "dead_ms",
    "offline_grace_ms",
    "answer_ms",
];
const RANGE: [&str; 2] = ["below", "node"];
/// Most nodes of a cluster.
const NODES_MAX: usize = 64;
/// Most characters of a name of a node or a cluster.
const NAME_CHARS_MAX: usize = 32;

impl Reader<'_> {
    pub(super) fn cluster(&mut self, value: &Spanned<DeValue<'_>>) -> Option<ClusterConfig> {
        let mut cluster = ClusterConfig::default();
        let before = self.problems.len();
        for (key, value) in self.table(value, "cluster")? {
            match key.get_ref().as_ref() {
                "name" => cluster.name = self.text(value, "cluster.name", name).unwrap_or_default(),
                "node" => cluster.node = self.text(value, "cluster.node", name).unwrap_or_default(),
                "nats" => cluster.nats = self.texts(value, "cluster.nats", 1, broker).unwrap_or_default(),
                "nkey_file" => cluster.nkey_file = self.text(value, "cluster.nkey_file", values::path),
                "tls_ca" => cluster.tls_ca = self.text(value, "cluster.tls_ca", values::path),
                "tls_cert" => cluster.tls_cert = self.text(value, "cluster.tls_cert", values::path),
                "tls_key" => cluster.tls_key = self.text(value, "cluster.tls_key", values::path),
                "nodes" => {
                    cluster.nodes = self.texts(value, "cluster.nodes", 1, name).unwrap_or_default();
                }
                "min_nodes" => {
                    let number = self.number(value, "cluster.min_nodes", &(0..=NODES_MAX));
                    cluster.min_nodes = number.unwrap_or_default();
                }
                "partition" => {
                    let partition = self.text(value, "cluster.partition", partition);
                    cluster.partition = partition.unwrap_or_default();
                }
                "ranges" => cluster.ranges = self.ranges(value),
                "isolated" => {
                    cluster.serves_alone = self.text(value, "cluster.isolated", isolated).unwrap_or_default();
                }
                "dead_ms" => {
                    let number = self.number(value, "cluster.dead_ms", &(2_000..=60_000_u64));
                    cluster.dead_ms = number.unwrap_or(cluster.dead_ms);
                }
                "offline_grace_ms" => {
                    let number = self.number(value, "cluster.offline_grace_ms", &(0..=600_000_u64));
                    cluster.offline_grace_ms = number.unwrap_or(cluster.offline_grace_ms);
                }
                "answer_ms" => {
                    let number = self.number(value, "cluster.answer_ms", &(100..=2_999_u64));
                    cluster.answer_ms = number.unwrap_or(cluster.answer_ms);
                }
                _ => self.unknown(key, "cluster.", &CLUSTER),
            }
        }
        if self.problems.len() == before {
            self.check_cluster(value, &cluster);
        }
        Some(cluster)
    }

    fn check_cluster(&mut self, value: &Spanned<DeValue<'_>>, cluster: &ClusterConfig) {
        let mut wrong =
            |setting: &str, wrong: &str| self.wrong(&value.span(), format!("cluster.{setting}"), wrong);
        if cluster.name.is_empty() {
            wrong("name", "is required");
        }
        if cluster.node.is_empty() {
            wrong("node", "is required");
        }
        if cluster.nats.is_empty() {
            wrong("nats", "is required: at least one broker");
        }
        let nodes = &cluster.nodes;
        if nodes.len() > NODES_MAX {
            wrong("nodes", "at most 64 nodes");
        }
        if nodes.iter().enumerate().any(|(at, node)| nodes[..at].contains(node)) {
            wrong("nodes", "a node is listed twice");
        }
        if !nodes.is_empty() && !nodes.contains(&cluster.node) {
            wrong("nodes", "does not list this node");
        }
        if cluster.partition != PartitionKind::Rendezvous && nodes.is_empty() {
            wrong("nodes", "is required for this partition");
        }
        if cluster.partition == PartitionKind::Range && cluster.ranges.is_empty() {
            wrong("ranges", "is required for this partition");
        }
        if cluster.ranges.iter().any(|(_, node)| !nodes.contains(node)) {
            wrong("ranges", "names a node that nodes does not list");
        }
        if !cluster.ranges.is_sorted_by(|(one, _), (other, _)| one < other) {
            wrong("ranges", "the bounds must ascend");
        }
        if cluster.tls_cert.is_some() != cluster.tls_key.is_some() {
            wrong("tls_cert", "needs tls_key, and the other way round");
        }
    }

    fn ranges(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(u64, String)> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong(
                &value.span(),
                "cluster.ranges",
                "must be a list of { below = number, node = \"name\" }",
            );
            return Vec::new();
        };
        let mut ranges = Vec::new();
        for item in list {
            let Some(table) = self.table(item, "cluster.ranges") else { continue };
            let (mut below, mut node) = (None, None);
            for (key, value) in table {
                match key.get_ref().as_ref() {
                    "below" => below = self.number(value, "cluster.ranges.below", &(1..=u64::MAX)),
                    "node" => node = self.text(value, "cluster.ranges.node", name),
                    _ => self.unknown(key, "cluster.ranges.", &RANGE),
                }
            }
            match (below, node) {
                (Some(below), Some(node)) => ranges.push((below, node)),
                _ => self.wrong(&item.span(), "cluster.ranges", "each needs below and node"),
            }
        }
        ranges
    }
}

fn name(text: &str) -> ValueResult<String> {
    let is_name = !text.is_empty()
        && text.len() <= NAME_CHARS_MAX
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_name { Ok(text.to_owned()) } else { Err("must be 1 to 32 characters of a-z, 0-9 and -".to_owned()) }
}

fn broker(text: &str) -> ValueResult<String> {
    let rest = text.strip_prefix("nats://").or_else(|| text.strip_prefix("tls://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['@', '/', ' ']) => Ok(text.to_owned()),
        Some(rest) if rest.contains('@') => Err(
            "must have no user and no password; NEXTIM_CLUSTER_USER and NEXTIM_CLUSTER_PASSWORD have them"
                .to_owned(),
        ),
        Some(_) | None => Err("must be nats://host:port or tls://host:port".to_owned()),
    }
}

fn partition(text: &str) -> ValueResult<PartitionKind> {
    match text {
        "rendezvous" => Ok(PartitionKind::Rendezvous),
        "md5" => Ok(PartitionKind::Md5),
        "range" => Ok(PartitionKind::Range),
        _ => Err("must be rendezvous, md5 or range".to_owned()),
    }
}

fn isolated(text: &str) -> ValueResult<bool> {
    match text {
        "refuse" => Ok(false),
        "serve" => Ok(true),
        _ => Err("must be refuse or serve".to_owned()),
    }
}
