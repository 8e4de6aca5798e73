//! Bridges from the server to other systems, on threads that may block.
//!
//! Owns: outgoing connections. Must not: import `node`. A shard hands over by channel and does not wait.

#[cfg(feature = "cluster")]
pub(crate) mod cluster;
pub(crate) mod returns;
