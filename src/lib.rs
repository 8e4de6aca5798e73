#![doc = include_str!("../ARCHITECTURE.md")]
#![cfg_attr(
    not(feature = "cluster"),
    allow(
        dead_code,
        unused_variables,
        reason = "without clusters nobody is on the other side of some doors"
    )
)]

mod api;
mod base;
mod bridges;
#[cfg(feature = "cluster")]
mod cluster;
mod config;
#[cfg(any(test, fuzzing))]
pub mod fuzzed;
mod http;
pub mod internals;
mod node;
mod ops;
mod router;

pub use base::domains::DomainConfig;
pub use base::limits::{Limits, Timeouts};
pub use base::ranges::AddressRange;
pub use config::{Config, ConfigError};
pub use node::error::{ServerError, StartError};
pub use node::{Handle, Server};
pub use ops::logging::Format;
