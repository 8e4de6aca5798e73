//! Warnings of settings that are allowed and unwise.
//!
//! Owns: the warnings. Must not: refuse a configuration, or repeat a key. A setting that may be intended is not
//! warned of. `nextim check-config` prints the warnings, and a server that starts logs them.

mod cluster;

use std::fs;
use std::path::Path;

use crate::base::limits::settings::{APIKEY_CHARS_ADVISED, FRONT_END_POLL_MS};
use crate::config::check::beyond_loopback;
use crate::config::checked::Config;

/// The warnings, each as `setting: why`. `memory_bytes` is the memory of the machine, if known.
pub(in crate::config) fn advice(config: &Config, memory_bytes: Option<u64>) -> Vec<String> {
    let mut advice = Vec::new();
    short_apikeys(config, &mut advice);
    if let Some(admin) = beyond_loopback(&config.admin) {
        advice.push(format!(
            "admin: {admin} can be reached from other machines; it has no password, and shows the names and \
             counters of all domains"
        ));
    }
    for range in config.exempt.iter().filter(|range| range.is_vast()) {
        advice.push(format!(
            "exempt: {range} includes public addresses, and limits per address do not apply to them"
        ));
    }
    for range in config.trusted_proxies.iter().filter(|range| range.is_vast()) {
        advice.push(format!(
            "trusted_proxies: {range} includes public addresses, which could name any client in X-Forwarded-For"
        ));
    }
    memory(config, memory_bytes, &mut advice);
    if config.timeouts.poll_hold_ms_max >= FRONT_END_POLL_MS {
        advice.push(format!(
            "timeouts.poll_hold_ms_max: front ends give up a poll after {FRONT_END_POLL_MS} ms"
        ));
    }
    if let Some(cluster) = &config.cluster {
        cluster::advise(cluster, config, &mut advice);
    }
    advice
}

fn short_apikeys(config: &Config, advice: &mut Vec<String>) {
    let Some(beyond) = beyond_loopback(&config.listen) else { return };
    let is_short = |key: &String| key.chars().count() < APIKEY_CHARS_ADVISED;
    for domain in config.domains.iter().filter(|domain| domain.apikeys.iter().any(is_short)) {
        advice.push(format!(
            "domain.apikeys: {:?} has an apikey of fewer than {APIKEY_CHARS_ADVISED} characters, which other \
             machines can guess at {beyond}; `nextim genkey` makes a better one",
            domain.name
        ));
    }
}

fn memory(config: &Config, machine: Option<u64>, advice: &mut Vec<String>) {
    let wanted = config.limits.memory_bytes;
    if let Some(machine) = machine.filter(|machine| *machine < wanted as u64) {
        advice.push(format!(
            "limits.memory_bytes: {wanted} is more than the {machine} that this process may use"
        ));
    }
    let share = wanted / usize::from(config.shards.unwrap_or(1).max(1));
    let body = config.limits.list_body_bytes.max(config.limits.body_bytes);
    if share < body {
        advice.push(format!(
            "limits.memory_bytes: a shard has {share} of it, so the longest body that is allowed, {body}, is refused"
        ));
    }
}

/// The memory of this machine, or what the control group of this process leaves of it.
pub(in crate::config) fn machine_memory() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = control_groups(&own).filter_map(|group| {
        let limit = fs::read_to_string(Path::new("/sys/fs/cgroup").join(group).join("memory.max")).ok()?;
        limit.trim().parse().ok() // "max" is no limit
    });
    total(&meminfo).into_iter().chain(limits).min()
}

/// `MemTotal` of `/proc/meminfo`, in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1_024)
}

/// The control group of a process and those around it, below their file system (cgroups(7), version 2).
fn control_groups(cgroup: &str) -> impl Iterator<Item = &Path> {
    let path = cgroup.lines().find_map(|line| line.strip_prefix("0::/"));
    path.into_iter().flat_map(|path| Path::new(path).ancestors())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks which settings are warned of.
    #[track_caller]
    fn check(text: &str, memory_bytes: u64, expected: &[&str]) {
        let config: Config = text.parse().unwrap();
        let advice = advice(&config, Some(memory_bytes));
        assert!(!advice.iter().any(|line| line.contains("Kx7")), "{advice:?}");
        let settings: Vec<&str> = advice.iter().map(|line| line.split_once(": ").unwrap().0).collect();
        assert_eq!(settings, expected, "{text}: {advice:?}");
    }

    const PLENTY: u64 = 1 << 40;

    #[test]
    fn wise_settings_have_no_warning() {
        check("", PLENTY, &[]);
        check(include_str!("../../../nextim.toml"), PLENTY, &[]);
        check("admin = \"[::1]:8001\"\nexempt = [\"10.0.0.0/8\", \"fc00::/7\"]", PLENTY, &[]);
        let long = "k".repeat(APIKEY_CHARS_ADVISED);
        let domain = format!("[[domain]]\nname = \"a\"\napikeys = [\"{long}\"]");
        check(&format!("listen = [\"0.0.0.0:80\"]\n{domain}"), PLENTY, &[]);
        check("[[domain]]\nname = \"a\"\napikeys = [\"Kx7\"]", PLENTY, &[]);
    }

    #[test]
    fn unwise_settings_have_a_warning() {
        let long = "k".repeat(APIKEY_CHARS_ADVISED);
        let keys = format!("[[domain]]\nname = \"a\"\napikeys = [\"{long}\", \"Kx7\"]");
        check(&format!("listen = [\"127.0.0.1:1\", \"10.0.0.1:1\"]\n{keys}"), PLENTY, &["domain.apikeys"]);
        check("admin = \"0.0.0.0:8001\"", PLENTY, &["admin"]);
        for range in ["0.0.0.0/0", "128.0.0.0/1", "::/0", "2000::/3"] {
            check(&format!("exempt = [\"::1\", \"{range}\"]"), PLENTY, &["exempt"]);
            check(&format!("trusted_proxies = [\"{range}\"]"), PLENTY, &["trusted_proxies"]);
        }
        check("", 512 << 20, &["limits.memory_bytes"]);
        check("limits.memory_bytes = 1_048_576", PLENTY, &[]);
        check("shards = 3\nlimits.memory_bytes = 1_048_576", PLENTY, &["limits.memory_bytes"]);
        check(
            "limits.memory_bytes = 1_048_576\nlimits.list_body_bytes = 1_048_577",
            PLENTY,
            &["limits.memory_bytes"],
        );
        check("timeouts.poll_hold_ms_max = 39_999", PLENTY, &[]);
        check("timeouts.poll_hold_ms_max = 40_000", PLENTY, &["timeouts.poll_hold_ms_max"]);
    }

    #[test]
    fn memory_of_machines_and_groups() {
        assert_eq!(total("MemTotal:       16 kB\nMemFree: 8 kB\n"), Some(16_384));
        assert_eq!((total(""), total("MemTotal: much\n")), (None, None));
        let groups =
            |text| control_groups(text).map(|path| path.to_str().unwrap()).collect::<Vec<_>>().join(" ");
        assert_eq!(
            groups("4:memory:/old\n0::/system.slice/nextim.service\n"),
            "system.slice/nextim.service system.slice "
        );
        assert_eq!((groups("0::/\n"), groups("")), (String::new(), String::new()));
        assert!(machine_memory().is_some_and(|bytes| bytes > 1 << 20));
    }
}
