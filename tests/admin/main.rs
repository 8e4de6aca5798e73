//! The admin listener as an operator uses it: Prometheus, probes, scripts, `nextim top`.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod figures;
mod listener;
mod prometheus;
mod server;
mod top;
