//! The plan: the number of shards, and what the descriptor limit leaves to each.
//!
//! Owns: the arithmetic, and raising the limit. Must not: open anything.

use std::io;
use std::thread;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::error::StartError;
use crate::base::limits::settings::SHARDS_MAX;
use crate::base::limits::turn::{CONNECTIONS_WANTED, DESCRIPTOR_RESERVE};
use crate::config::Config;

/// Descriptors of each shard that all tables have.
const DESCRIPTORS_PER_SHARD: usize = 4;

/// The size of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShardPlan {
    pub(super) shards: usize,
    /// How many of them can work at a time.
    pub(super) cores: usize,
    pub(super) connections_per_shard: usize,
}

impl ShardPlan {
    pub(super) fn make(config: &Config, descriptors: usize) -> Result<ShardPlan, StartError> {
        // The table of each shard has a copy of the epoll, the waker and the two passing sockets of every shard.
        let room =
            |shards: usize| descriptors.saturating_sub(DESCRIPTOR_RESERVE + DESCRIPTORS_PER_SHARD * shards);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let shards = config.shards.map_or_else(|| shards_for(CONNECTIONS_WANTED, cores, room), usize::from);
        if room(shards) == 0 {
            let error = io::Error::other(format!("{descriptors} per process are too few"));
            return Err(StartError::new("descriptor limit", error));
        }
        let configured = config.limits.connections_per_shard;
        let connections_per_shard = if configured == 0 { room(shards) } else { configured.min(room(shards)) };
        Ok(ShardPlan { shards, cores, connections_per_shard })
    }
}

/// The fewest shards, but no fewer than cores, that together have room for this many connections. If no number has, the
/// one with the most room.
fn shards_for(connections: usize, cores: usize, room: impl Fn(usize) -> usize) -> usize {
    let in_all = |shards: &usize| shards * room(*shards);
    let mut choices = cores.min(SHARDS_MAX)..=SHARDS_MAX;
    let enough = choices.clone().find(|shards| in_all(shards) >= connections);
    enough.or_else(|| choices.by_ref().max_by_key(in_all)).unwrap_or(cores)
}

/// Raises the soft limit of descriptors to the hard limit. Returns it.
pub(super) fn raise_descriptor_limit() -> Result<usize, StartError> {
    let raise = || {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
        Ok::<u64, nix::Error>(hard)
    };
    let hard = raise().map_err(|error| StartError::new("descriptor limit", error))?;
    Ok(usize::try_from(hard).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_decide_how_many_shards_there_are() {
        let check = |descriptors: usize, cores: usize, expected: usize| {
            let room = |shards: usize| {
                descriptors.saturating_sub(DESCRIPTOR_RESERVE + DESCRIPTORS_PER_SHARD * shards)
            };
            assert_eq!(
                shards_for(100_000, cores, room),
                expected,
                "{descriptors} descriptors, {cores} cores"
            );
        };
        check(1_000_000, 2, 2);
        check(20_000, 2, 6);
        check(20_000, 16, 16);
        check(1_200, 2, 134);
        check(1_024, 2, 112);
        check(600, 2, 59);
    }
}
