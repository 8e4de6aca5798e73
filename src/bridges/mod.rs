//! Ways from the server to other systems, on threads that may block.
//!
//! Owns: outgoing connections. Must not: be waited for by a shard; shards hand over by channel and go on.

pub mod returns;
