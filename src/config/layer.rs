//! The settings of one source: flags, environment or file.
//!
//! Owns: how one layer covers another, and how all of them become a [`Config`]. Must not: read a text.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use log::LevelFilter;

use super::check;
use super::checked::Config;
use super::cluster::{ClusterConfig, Login};
use super::problem::{ConfigError, Location};
use crate::base::domains::DomainConfig;
use crate::base::limits::{Limits, Timeouts};
use crate::base::ranges::AddressRange;
use crate::ops::logging::Format;

/// The settings of one source; `None`: not set there. Only the file has limits, time limits, ranges of addresses and
/// `admin_hosts`.
#[derive(Clone, Default)]
pub(super) struct Layer {
    pub(super) listen: Option<(Vec<SocketAddr>, Location)>,
    pub(super) shards: Option<u16>,
    pub(super) public_url: Option<String>,
    pub(super) log: Option<LevelFilter>,
    pub(super) log_format: Option<Format>,
    pub(super) admin: Option<(SocketAddr, Location)>,
    pub(super) admin_hosts: Vec<String>,
    pub(super) domains: Option<Vec<DomainConfig>>,
    pub(super) domains_dir: Option<(PathBuf, Location)>,
    pub(super) pid_file: Option<PathBuf>,
    pub(super) limits: Limits,
    pub(super) timeouts: Timeouts,
    pub(super) exempt: Option<Vec<AddressRange>>,
    pub(super) trusted_proxies: Option<Vec<AddressRange>>,
    pub(super) cluster: Option<ClusterConfig>,
    /// Only the environment has it: others may read the file.
    pub(super) cluster_login: Option<Login>,
}

impl Layer {
    /// A setting of this layer replaces the same one of the layer below. Lists are not merged: domains of this layer
    /// replace those of the layer below, and its directory of domains too.
    pub(super) fn over(self, below: Layer) -> Layer {
        let below_dir = below.domains_dir.filter(|_| self.domains.is_none());
        Layer {
            listen: self.listen.or(below.listen),
            shards: self.shards.or(below.shards),
            public_url: self.public_url.or(below.public_url),
            log: self.log.or(below.log),
            log_format: self.log_format.or(below.log_format),
            admin: self.admin.or(below.admin),
            admin_hosts: below.admin_hosts,
            domains: self.domains.or(below.domains),
            domains_dir: self.domains_dir.or(below_dir),
            pid_file: self.pid_file.or(below.pid_file),
            limits: below.limits,
            timeouts: below.timeouts,
            exempt: below.exempt,
            trusted_proxies: below.trusted_proxies,
            cluster: below.cluster,
            cluster_login: self.cluster_login.or(below.cluster_login),
        }
    }

    /// The configuration, with defaults for settings that no layer has. Settings of different layers are checked
    /// together.
    pub(super) fn check(self, file: Option<&Path>) -> Result<Config, ConfigError> {
        let default = Config::default();
        let domains = self.domains.unwrap_or(default.domains);
        let (listen, of_listen) =
            self.listen.unwrap_or_else(|| (default.listen, Location::elsewhere("listen")));
        let (admin, of_admin) = self.admin.unzip();
        let of_admin = of_admin.unwrap_or_else(|| Location::elsewhere("admin"));
        let public_url = self.public_url.or(default.public_url);
        let of_cluster = (self.cluster.as_ref(), public_url.as_deref());
        let problems = check::refusals((&listen, &of_listen), (admin, &of_admin), &domains, of_cluster);
        if !problems.is_empty() {
            return Err(ConfigError::new(file, &problems));
        }
        Ok(Config {
            listen,
            shards: self.shards.or(default.shards),
            public_url,
            domains,
            limits: self.limits,
            timeouts: self.timeouts,
            exempt: self.exempt.unwrap_or(default.exempt),
            trusted_proxies: self.trusted_proxies.unwrap_or(default.trusted_proxies),
            log: self.log.unwrap_or(default.log),
            log_format: self.log_format.unwrap_or(default.log_format),
            admin,
            pid_file: self.pid_file,
            admin_hosts: self.admin_hosts,
            cluster: self.cluster.map(|cluster| ClusterConfig { login: self.cluster_login, ..cluster }),
        })
    }
}
