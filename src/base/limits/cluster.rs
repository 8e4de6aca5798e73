//! What bounds a cluster.
//!
//! Owns: the numbers that the configuration and the cluster share. Must not: bound what goes between nodes;
//! `cluster::limits` does.

/// Most nodes of a cluster.
pub(crate) const NODES_MAX: usize = 64;
/// Most characters of a name of a node or a cluster.
const NODE_NAME_CHARS_MAX: usize = 32;

/// Whether it can be the name of a node or a cluster.
pub(crate) fn is_node_name(text: &str) -> bool {
    (1..=NODE_NAME_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

// A place has 16 bits, and most of them are for shards.
const _: () = assert!(NODES_MAX < 1 << 8);
