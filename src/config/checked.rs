//! The checked configuration.
//!
//! Owns: [`Config`] and its defaults. Must not: read a text.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use log::LevelFilter;

use super::cluster::ClusterConfig;
use crate::base::domains::DomainConfig;
use crate::base::limits::{Limits, Timeouts};
use crate::base::ranges::AddressRange;
use crate::ops::logging::Format;

/// The domain that is served if none is configured.
pub(crate) const DOMAIN_DEFAULT: &str = "localhost";
/// Its apikey. It is public, so no server that other machines can reach accepts it.
pub(crate) const APIKEY_DEFAULT: &str = "public";
/// The address to listen on if none is configured.
pub(crate) const LISTEN_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8_000);

/// Exempt addresses if none are configured: programs on the same machine.
pub(crate) const EXEMPT_DEFAULT: [&str; 2] = ["127.0.0.0/8", "::1"];
/// The address of the admin listener if `--admin` has no value.
pub(crate) const ADMIN_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8_001);

/// The configuration of a server. Every value has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Addresses to listen on, at least one; port 0 is any free port.
    pub listen: Vec<SocketAddr>,
    /// The number of shards; `None`: as many as the machine and its descriptor limit call for.
    pub shards: Option<u16>,
    /// The URL at which browsers reach the server, without a slash at its end.
    pub public_url: Option<String>,
    /// The sites that are served. There is at least one, unless there is an empty directory for them.
    pub domains: Vec<DomainConfig>,
    /// Limits, with defaults for those that were not set.
    pub limits: Limits,
    /// Time limits, with defaults for those that were not set.
    pub timeouts: Timeouts,
    /// Addresses to which limits per address do not apply.
    pub exempt: Vec<AddressRange>,
    /// Proxies whose `X-Forwarded-For` header names the client.
    pub trusted_proxies: Vec<AddressRange>,
    /// The level of the log.
    pub log: LevelFilter,
    /// The format of the log.
    pub log_format: Format,
    /// The address of the admin listener; port 0 is any free port.
    pub admin: Option<SocketAddr>,
    /// Where the command keeps the number of its process while it serves. A server inside another program has none.
    pub pid_file: Option<PathBuf>,
    /// Host names at which the admin listener answers, besides numeric addresses and `localhost`.
    pub admin_hosts: Vec<String>,
    /// The cluster that the server is a node of.
    pub cluster: Option<ClusterConfig>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: vec![LISTEN_DEFAULT],
            shards: None,
            public_url: None,
            domains: vec![DomainConfig::new(DOMAIN_DEFAULT, APIKEY_DEFAULT)],
            limits: Limits::DEFAULT,
            timeouts: Timeouts::DEFAULT,
            exempt: EXEMPT_DEFAULT.map(|range| range.parse().expect("it is a range")).into(),
            trusted_proxies: Vec::new(),
            log: LevelFilter::Info,
            log_format: Format::Text,
            admin: None,
            pid_file: None,
            admin_hosts: Vec::new(),
            cluster: None,
        }
    }
}
