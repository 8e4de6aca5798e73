//! A cluster: several nodes that divide the names of users and rooms, and serve every call together.
//!
//! Owns: the order of its files. Must not: read a clock, draw randomness, or touch a socket: like the router it is a value
//! machine, so a test can run any number of nodes in one thread, and lose, delay and double what goes between them.
//!
//! A node is one server process. Each user and each room has one owner among the nodes, and nothing is kept twice. To the
//! routers of a process another node is one more *place*: behind the places of the shards come those of the links, one
//! for each other node. A [`link`] takes mail as a shard does, and answers each question exactly once. What it says to
//! its other end goes in [`wire`] records, in frames that get lost; a [`window`](link::window) numbers them and repeats
//! what was lost, so that records arrive once and in order, or the link breaks at both ends.
//!
//! Keys of other nodes never enter a shard. A link keeps an *image* of each user and room of its node that users or rooms
//! here have to do with, and the shards hold the key of that. So a node that was started again cannot be mistaken for the
//! old one, and when a node is lost the link knows who misses whom.
//!
//! Reading order: [`partition`] (which node owns a name), [`view`] (the nodes as routers see them), [`wire`] (records and
//! frames), [`link`] (one other node), [`trips`], [`absent`], [`rival`] and [`members`] (who is there, or was), [`hub`] (all
//! of it).

pub(crate) mod absent;
pub(crate) mod hub;
pub(crate) mod limits;
pub(crate) mod link;
pub(crate) mod members;
pub(crate) mod misfit;
pub(crate) mod partition;
pub(crate) mod rival;
#[cfg(test)]
mod sim;
pub(crate) mod trips;
pub(crate) mod view;
pub(crate) mod wire;
