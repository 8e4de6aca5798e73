//! Nodes of a cluster, as processes, with a real broker between them.
//!
//! Owns: what must hold while nodes, brokers and the lines between them come, go and stand still. Must not: look into a
//! process; sites and pages speak HTTP, operators have files, signals and logs.
//!
//! Each test has brokers and nodes of its own. Nothing is asserted of how long anything takes.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod admitted;
mod behind_nginx;
mod broker_gone;
mod cut;
mod killed;
mod leaving;
mod names;
mod reload;
mod slow;
mod stopped;
mod support;
mod together;
mod two_brokers;
mod wrong_node;
