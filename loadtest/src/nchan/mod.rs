//! Nchan: a publish-and-subscribe module of nginx, measured as the other servers are.
//!
//! Owns: how it is started and talked to. Must not: measure. Each user has a channel of his own, and there is one for
//! everybody; a message is published to a channel, and a user's long poll waits at both of his. What else a chat has
//! (sessions, buddies, rooms) an Nchan has not.

pub(crate) mod server;
pub(crate) mod wire;
