//! The names of settings.
//!
//! Owns: which names there are at which place. Must not: read a value.

use crate::base::limits::{Limits, Timeouts};

/// The names at the top of the file.
pub(in crate::config) const TOP: [&str; 15] = [
    "listen",
    "shards",
    "public_url",
    "log",
    "log_format",
    "admin",
    "admin_hosts",
    "exempt",
    "trusted_proxies",
    "domains_dir",
    "pid_file",
    "timeouts",
    "limits",
    "cluster",
    "domain",
];
/// The names in a `[[domain]]`, and in the file of a domain.
pub(super) const DOMAIN: [&str; 7] =
    ["name", "apikeys", "origins", "max_users", "max_sessions", "max_calls_per_second", "undelivered_url"];

/// Where a known setting belongs.
pub(super) fn place_of(name: &str, is_of_domain: bool) -> Option<&'static str> {
    let is_limit = Limits::SETTINGS.iter().any(|limit| limit.name == name);
    let is_timeout = Timeouts::SETTINGS.iter().any(|timeout| timeout.name == name);
    if is_of_domain {
        return match name {
            "domain" => Some("is not written in the file of a domain; its settings stand at the top"),
            _ if TOP.contains(&name) || is_limit || is_timeout => {
                Some("belongs into the settings of the server, and not into the file of a domain")
            }
            _ => None,
        };
    }
    match name {
        _ if TOP.contains(&name) => Some("belongs at the top of the file, above the first line in [ ]"),
        _ if is_limit => Some("belongs under [limits]"),
        _ if is_timeout => Some("belongs under [timeouts]"),
        _ if DOMAIN.contains(&name) => Some("belongs under [[domain]]"),
        _ => None,
    }
}
