//! `/metrics`: what Prometheus reads.
//!
//! Owns: the text (exposition format 0.0.4), and the names of what is no counter of a shard. Must not: make series
//! without bound: there is one for each shard or each domain that has a name here, and histograms are of all shards
//! together.

use std::fmt::{Display, Write as _};

use super::watch::{DomainSnapshot, Snapshot};
use super::watched::WatchedServer;
use crate::base::stats::{COUNTERS, CallKind, Distribution, FAMILIES};

/// The label of the domains that have no name here; a domain's name has no colon.
const OTHERS: &str = ":others";

/// Everything, as Prometheus reads it.
pub(super) fn metrics(server: &WatchedServer, look: &Snapshot, healthy: bool) -> String {
    let mut text = MetricsText(String::new());
    counters(&mut text, look);
    durations(&mut text, look);
    shards(&mut text, server, look);
    domains(&mut text, look);
    process(&mut text, server, look, healthy);
    text.0
}

struct MetricsText(String);

impl MetricsText {
    /// Begins a metric.
    fn about(&mut self, name: &str, kind: &str, help: &str) {
        writeln!(self.0, "# HELP {name} {}\n# TYPE {name} {kind}", help.trim()).expect("to a string");
    }

    /// A sample of it.
    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (index, (label, value)) in labels.iter().enumerate() {
            let before = if index == 0 { '{' } else { ',' };
            write!(self.0, "{before}{label}=\"{}\"", escaped(value)).expect("to a string");
        }
        let end = if labels.is_empty() { "" } else { "}" };
        writeln!(self.0, "{end} {value}").expect("to a string");
    }

    /// A metric with one sample.
    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.about(name, kind, help);
        self.value(name, &[], value);
    }

    /// A histogram, its buckets in seconds.
    fn histogram(&mut self, name: &str, labels: &[(&str, &str)], durations: &Distribution) {
        let bucket = format!("{name}_bucket");
        for (end_us, count) in durations.cumulative() {
            let end = seconds(end_us).to_string();
            self.value(&bucket, &[labels, &[("le", &end)]].concat(), count);
        }
        self.value(&bucket, &[labels, &[("le", "+Inf")]].concat(), durations.count());
        self.value(&format!("{name}_sum"), labels, seconds(durations.sum_us));
        self.value(&format!("{name}_count"), labels, durations.count());
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[allow(clippy::cast_precision_loss, reason = "microseconds of a process are far below 2^53")]
fn seconds(us: u64) -> f64 {
    us as f64 / 1_000_000.0
}

/// What shards count, family by family.
fn counters(text: &mut MetricsText, look: &Snapshot) {
    let mut told: Vec<&str> = Vec::new();
    for metric in COUNTERS {
        if told.contains(&metric.family) {
            continue;
        }
        told.push(metric.family);
        // Shards count milliseconds, Prometheus likes seconds.
        let in_seconds =
            metric.family.strip_suffix("_ms_total").map(|base| format!("nextim_{base}_seconds_total"));
        let scaled = |value: u64| match in_seconds {
            Some(_) => seconds(value * 1_000).to_string(),
            None => value.to_string(),
        };
        let name = in_seconds.clone().unwrap_or_else(|| format!("nextim_{}", metric.family));
        let help =
            FAMILIES.iter().find(|(family, _)| *family == metric.family).map_or(metric.help, |known| known.1);
        text.about(&name, metric.kind, help);
        for (index, member) in
            COUNTERS.iter().enumerate().filter(|(_, member)| member.family == metric.family)
        {
            let poster = member.name.starts_with("undelivered_").then(|| ("poster".to_owned(), &look.poster));
            let boards = look.boards.iter().enumerate().map(|(shard, values)| (shard.to_string(), values));
            for (shard, values) in boards.chain(poster) {
                let labels: Vec<_> = [("shard", shard.as_str())].into_iter().chain(member.label).collect();
                text.value(&name, &labels, scaled(values[index]));
            }
        }
    }
}

fn durations(text: &mut MetricsText, look: &Snapshot) {
    let name = "nextim_turn_duration_seconds";
    text.about(name, "histogram", "How long turns of the event loops took, waiting for events left out.");
    let mut turns = Distribution::default();
    look.turns.iter().for_each(|shard| turns.add(shard));
    text.histogram(name, &[], &turns);
    let name = "nextim_call_duration_seconds";
    let help =
        "From the turn in which a site's call was read to the end of that in which its answer was written.";
    text.about(name, "histogram", help);
    for (kind, calls) in CallKind::ALL.into_iter().zip(&look.calls) {
        text.histogram(name, &[("call", kind.word())], calls);
    }
}

fn shards(text: &mut MetricsText, server: &WatchedServer, look: &Snapshot) {
    let mut each = |name: &str, kind: &str, help: &str, value: &dyn Fn(usize) -> String| {
        text.about(name, kind, help);
        for shard in 0..look.boards.len() {
            text.value(name, &[("shard", &shard.to_string())], value(shard));
        }
    };
    let busy = |shard: usize| seconds(look.turns[shard].sum_us).to_string();
    each("nextim_busy_seconds_total", "counter", "Time in which a shard did not wait for events.", &busy);
    let max = |_| server.connections_per_shard.to_string();
    each("nextim_connections_max", "gauge", "Connections a shard may hold.", &max);
    let batches = |shard: usize| look.mailboxes.get(shard).copied().unwrap_or(0).to_string();
    each("nextim_mailbox_batches", "gauge", "Batches of mail that lie in a shard's mailbox.", &batches);
}

fn domains(text: &mut MetricsText, look: &Snapshot) {
    let named = look.domains.iter().map(|(name, seen)| (name.as_str(), *seen));
    let seen: Vec<(&str, DomainSnapshot)> = named.chain([(OTHERS, look.other_domains)]).collect();
    let mut each = |name: &str, kind: &str, help: &str, value: fn(&DomainSnapshot) -> u64| {
        text.about(name, kind, help);
        for (domain, seen) in &seen {
            text.value(name, &[("domain", domain)], value(seen));
        }
    };
    each("nextim_domain_users", "gauge", "Users of a domain online now.", |seen| seen.users);
    each("nextim_domain_calls_total", "counter", "Calls of a domain's site.", |seen| seen.counts.calls);
    let help = "Calls of a domain's site to send a message.";
    each("nextim_domain_messages_total", "counter", help, |seen| seen.counts.messages);
    let help = "Bytes that wait for a domain now: packets, mailboxes, and answers that were not taken.";
    each("nextim_domain_waiting_bytes", "gauge", help, |seen| seen.counts.waiting_bytes);
    let help = "Calls, packets and answers of a domain refused because of what waited for it.";
    each("nextim_domain_refused_total", "counter", help, |seen| seen.counts.refused);
}

fn process(text: &mut MetricsText, server: &WatchedServer, look: &Snapshot, healthy: bool) {
    text.about("nextim_build_info", "gauge", "The version of the server; the value is always 1.");
    text.value("nextim_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    let help = "Whether every shard turns, as /healthz says.";
    text.single("nextim_healthy", "gauge", help, u8::from(healthy));
    let help = "Whether the server takes nothing new and will end, as /readyz says.";
    text.single("nextim_draining", "gauge", help, u8::from(server.stats.is_draining()));
    let process = look.process;
    let start = seconds(server.started_ms * 1_000);
    let help = "When the process started, in seconds since 1970.";
    text.single("process_start_time_seconds", "gauge", help, start);
    let cpu = seconds(process.cpu_ms * 1_000);
    text.single("process_cpu_seconds_total", "counter", "CPU time of all threads.", cpu);
    let bytes = [
        ("process_resident_memory_bytes", "Memory the process occupies.", process.resident_bytes),
        ("nextim_resident_memory_max_bytes", "The most memory it has occupied.", process.resident_max_bytes),
        ("process_virtual_memory_bytes", "Addresses the process has reserved.", process.virtual_bytes),
        ("nextim_threads", "Threads of the process.", process.threads),
        (
            "process_open_fds",
            "Descriptors in the main table; those of connections are in tables of the shards.",
            process.descriptors,
        ),
        ("process_max_fds", "Descriptors each table may hold.", server.descriptors_max as u64),
    ];
    for (name, help, value) in bytes {
        text.single(name, "gauge", help, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = MetricsText(String::new());
        text.value("a", &[("b", "\\ \" \n"), ("c", "")], 1);
        text.value("a", &[], 0.5);
        assert_eq!(text.0, "a{b=\"\\\\ \\\" \\n\",c=\"\"} 1\na 0.5\n");
    }

    #[test]
    fn the_ends_of_buckets_are_plain_decimals() {
        let mut text = MetricsText(String::new());
        text.histogram("a", &[("call", "b")], &Distribution::default());
        assert!(text.0.starts_with("a_bucket{call=\"b\",le=\"0.000008\"} 0\n"), "{}", text.0);
        assert!(text.0.contains("le=\"16.777216\"} 0\na_bucket{call=\"b\",le=\"+Inf\"} 0\n"), "{}", text.0);
    }
}
