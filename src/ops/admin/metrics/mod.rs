//! `/metrics`: the text that Prometheus reads (exposition format 0.0.4).
//!
//! Owns: the names of metrics that are not counters of a shard. Must not: import the boards; `snapshot` reads them. The
//! number of series is bounded: a label is a shard, a domain with a name here, or a node, and a histogram is of all shards
//! together.

mod cluster;
mod text;

use self::text::{MetricsText, seconds};
use crate::base::domains::Domain;
use crate::base::stats::{COUNTERS, CallKind, Distribution, FAMILIES};
use crate::ops::admin::snapshot::{DomainSnapshot, Snapshot};
use crate::ops::admin::watched::WatchedServer;

/// The label of domains without a name here. No domain has this name, because of the colon.
const OTHERS: &str = ":others";

const WAITING: &str =
    "Bytes that wait for the domain now: packets, mailboxes, and answers that a peer has not read.";
const REFUSED: &str = "Calls, packets and answers of the domain refused because too much waited for it.";
const STARTED: &str = "Start of the process, in seconds since 1970.";

/// All metrics.
pub(super) fn metrics(server: &WatchedServer, snapshot: &Snapshot, healthy: bool) -> String {
    let mut text = MetricsText::default();
    counters(&mut text, snapshot);
    durations(&mut text, snapshot);
    shards(&mut text, server, snapshot);
    domains(&mut text, snapshot);
    if let Some(post) = &snapshot.cluster {
        cluster::write(&mut text, post);
    }
    process(&mut text, server, snapshot, healthy);
    text.done()
}

/// The figures of one domain. Those of all domains would be too many series.
pub(super) fn of_domain(server: &WatchedServer, domain: &Domain) -> String {
    let mut text = MetricsText::default();
    let figures = domain.figures.read();
    let figure = |text: &mut MetricsText, name: &str, kind: &str, help: &str, value: u64| {
        text.about(name, kind, help);
        text.value(name, &[("domain", &domain.name)], value);
    };
    let mut gauge = |name: &str, help: &str, value: u64| figure(&mut text, name, "gauge", help, value);
    gauge("nextim_domain_users", "Users of the domain online now.", domain.present.users.count().into());
    gauge("nextim_domain_users_max", "The most users of the domain.", domain.max_users.into());
    gauge("nextim_domain_sessions", "Sessions of the domain now.", domain.present.sessions.count().into());
    gauge("nextim_domain_sessions_max", "The most sessions of the domain.", domain.max_sessions.into());
    gauge("nextim_domain_waiting_bytes", WAITING, figures.waiting_bytes);
    let help = "Bytes of undelivered messages that are kept for the domain's site now.";
    gauge("nextim_domain_undelivered_bytes", help, domain.undelivered.used() as u64);
    let mut counter = |name: &str, help: &str, value: u64| figure(&mut text, name, "counter", help, value);
    counter("nextim_domain_calls_total", "Calls of the domain's site.", figures.calls);
    let help = "Messages accepted from senders of the domain.";
    counter("nextim_domain_messages_accepted_total", help, figures.messages);
    let help = "Messages queued to sessions of receivers.";
    counter("nextim_domain_messages_delivered_total", help, figures.delivered);
    let help =
        "Messages to one user who had not acknowledged them before going offline, for the site to take back.";
    counter("nextim_domain_messages_undelivered_total", help, figures.undelivered);
    let help =
        "Messages that no session had received when their user went offline, and that nobody takes back.";
    counter("nextim_domain_messages_lost_total", help, figures.lost);
    let help = "Bytes of all packets queued to sessions of the domain.";
    counter("nextim_domain_packets_bytes_total", help, figures.queued_bytes);
    counter("nextim_domain_refused_total", REFUSED, figures.refused);
    let start = seconds(server.started_ms * 1_000);
    text.single("process_start_time_seconds", "gauge", STARTED, start);
    text.done()
}

/// Writes the counters of shards, family by family.
fn counters(text: &mut MetricsText, snapshot: &Snapshot) {
    let mut written: Vec<&str> = Vec::new();
    for metric in COUNTERS {
        if written.contains(&metric.family) {
            continue;
        }
        written.push(metric.family);
        // Shards count milliseconds; Prometheus wants base units.
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
            let poster =
                member.name.starts_with("undelivered_").then(|| ("poster".to_owned(), &snapshot.poster));
            let boards =
                snapshot.boards.iter().enumerate().map(|(shard, values)| (shard.to_string(), values));
            for (shard, values) in boards.chain(poster) {
                let labels: Vec<_> = [("shard", shard.as_str())].into_iter().chain(member.label).collect();
                text.value(&name, &labels, scaled(values[index]));
            }
        }
    }
}

fn durations(text: &mut MetricsText, snapshot: &Snapshot) {
    let name = "nextim_turn_duration_seconds";
    text.about(name, "histogram", "Duration of a turn of an event loop, without its wait for events.");
    let mut turns = Distribution::default();
    snapshot.turns.iter().for_each(|shard| turns.add(shard));
    text.histogram(name, &[], &turns);
    let name = "nextim_call_duration_seconds";
    let help = "Latency of a site's call: from the start of the turn that read it to the end of the turn that wrote its answer.";
    text.about(name, "histogram", help);
    for (kind, calls) in CallKind::ALL.into_iter().zip(&snapshot.calls) {
        text.histogram(name, &[("call", kind.word())], calls);
    }
}

fn shards(text: &mut MetricsText, server: &WatchedServer, snapshot: &Snapshot) {
    let mut each = |name: &str, kind: &str, help: &str, value: &dyn Fn(usize) -> String| {
        text.about(name, kind, help);
        for shard in 0..snapshot.boards.len() {
            text.value(name, &[("shard", &shard.to_string())], value(shard));
        }
    };
    let busy = |shard: usize| seconds(snapshot.turns[shard].sum_us).to_string();
    each("nextim_busy_seconds_total", "counter", "Time in which the shard did not wait for events.", &busy);
    let max = |_| server.connections_per_shard.to_string();
    each("nextim_connections_max", "gauge", "The most connections the shard may hold.", &max);
    let batches = |shard: usize| snapshot.mailboxes.get(shard).copied().unwrap_or(0).to_string();
    each("nextim_mailbox_batches", "gauge", "Batches of mail in the shard's mailbox now.", &batches);
}

fn domains(text: &mut MetricsText, snapshot: &Snapshot) {
    let named = snapshot.domains.iter().map(|(name, seen)| (name.as_str(), *seen));
    let seen: Vec<(&str, DomainSnapshot)> = named.chain([(OTHERS, snapshot.other_domains)]).collect();
    let mut each = |name: &str, kind: &str, help: &str, value: fn(&DomainSnapshot) -> u64| {
        text.about(name, kind, help);
        for (domain, seen) in &seen {
            text.value(name, &[("domain", domain)], value(seen));
        }
    };
    each("nextim_domain_users", "gauge", "Users of the domain online now.", |seen| seen.users);
    each("nextim_domain_calls_total", "counter", "Calls of the domain's site.", |seen| seen.counts.calls);
    let help = "Messages sent by the domain's site.";
    each("nextim_domain_messages_total", "counter", help, |seen| seen.counts.messages);
    each("nextim_domain_waiting_bytes", "gauge", WAITING, |seen| seen.counts.waiting_bytes);
    each("nextim_domain_refused_total", "counter", REFUSED, |seen| seen.counts.refused);
}

fn process(text: &mut MetricsText, server: &WatchedServer, snapshot: &Snapshot, healthy: bool) {
    text.about("nextim_build_info", "gauge", "The version of the server; the value is always 1.");
    text.value("nextim_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    let help = "1 while every shard turns; the same as /healthz.";
    text.single("nextim_healthy", "gauge", help, u8::from(healthy));
    let help = "1 once the server takes nothing new and will end; the same as /readyz.";
    text.single("nextim_draining", "gauge", help, u8::from(server.stats.is_draining()));
    let process = snapshot.process;
    let start = seconds(server.started_ms * 1_000);
    text.single("process_start_time_seconds", "gauge", STARTED, start);
    let cpu = seconds(process.cpu_ms * 1_000);
    text.single("process_cpu_seconds_total", "counter", "CPU time of all threads, in seconds.", cpu);
    let bytes = [
        ("process_resident_memory_bytes", "Memory the process occupies.", process.resident_bytes),
        (
            "nextim_resident_memory_max_bytes",
            "The most memory the process has occupied.",
            process.resident_max_bytes,
        ),
        ("process_virtual_memory_bytes", "Addresses the process has reserved.", process.virtual_bytes),
        ("nextim_threads", "Threads of the process.", process.threads),
        (
            "process_open_fds",
            "Descriptors in the main table. Each shard has a table of its own for its connections.",
            process.descriptors,
        ),
        ("process_max_fds", "The most descriptors of a table.", server.descriptors_max as u64),
    ];
    for (name, help, value) in bytes {
        text.single(name, "gauge", help, value);
    }
}
