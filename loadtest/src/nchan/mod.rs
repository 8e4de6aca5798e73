//! Nchan: a publish-and-subscribe module of nginx, measured as the other servers are.
//!
//! Owns: how nginx is started, and the bytes of its requests. Must not: measure. Each user has a channel, and one channel
//! is for all users. A message is published to a channel, and a long poll waits at the user's channel and at the common
//! one. Nchan has no sessions, buddies or rooms.

pub(crate) mod server;
pub(crate) mod wire;
