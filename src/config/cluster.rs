//! The cluster that a server is a node of.
//!
//! Owns: [`ClusterConfig`] and what its settings may be. Must not: connect to anything.

use std::path::PathBuf;

/// The settings of `[cluster]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConfig {
    /// The cluster's name: nodes of several clusters may share a broker.
    pub name: String,
    /// This node's name.
    pub node: String,
    /// The brokers, as `nats://host:port` or `tls://host:port`.
    pub nats: Vec<String>,
    /// Who the node is to the brokers.
    pub login: Option<Login>,
    /// A file with the seed of an `NKey`, instead of a user and a password.
    pub nkey_file: Option<PathBuf>,
    /// The certificates of those who may sign the brokers' ones, instead of those the system trusts.
    pub tls_ca: Option<PathBuf>,
    /// This node's certificate …
    pub tls_cert: Option<PathBuf>,
    /// … and its key.
    pub tls_key: Option<PathBuf>,
    /// All nodes, in the order by which `md5` counts them.
    pub nodes: Vec<String>,
    /// A node that sees fewer nodes than this, itself among them, takes no calls.
    pub min_nodes: usize,
    /// How names are divided.
    pub partition: PartitionKind,
    /// For `range`: numbers below each bound, and not below an earlier one, are of this node.
    pub ranges: Vec<(u64, String)>,
    /// Whether a node that is cut off from the broker goes on alone.
    pub serves_alone: bool,
    /// A node that was not heard for this long is dead, in milliseconds.
    pub dead_ms: u64,
    /// How long others do not see that a user was lost with a node, in milliseconds.
    pub offline_grace_ms: u64,
    /// How long an answer of another node may take, in milliseconds.
    pub answer_ms: u64,
}

/// A user and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Login {
    /// Leaves out the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// How names are divided among nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartitionKind {
    /// By the highest hash of node, domain and name.
    #[default]
    Rendezvous,
    /// By the MD5 of the name.
    Md5,
    /// By bounds of names that are numbers.
    Range,
}

impl Default for ClusterConfig {
    fn default() -> ClusterConfig {
        ClusterConfig {
            name: String::new(),
            node: String::new(),
            nats: Vec::new(),
            login: None,
            nkey_file: None,
            tls_ca: None,
            tls_cert: None,
            tls_key: None,
            nodes: Vec::new(),
            min_nodes: 0,
            partition: PartitionKind::Rendezvous,
            ranges: Vec::new(),
            serves_alone: false,
            dead_ms: 4_000,
            offline_grace_ms: 12_000,
            answer_ms: 1_000,
        }
    }
}
