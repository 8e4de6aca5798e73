//! Rates: what changed between two snapshots, as the reports have it.
//!
//! Owns: the arithmetic, and the list of losses. Must not: take a snapshot or keep one.

use std::collections::BTreeMap;

use super::report::{
    BrokerReport, CallReport, ClusterReport, DomainReport, LinkReport, LossReport, NodeReport, Sample,
    ShardReport,
};
use super::snapshot::{DomainSnapshot, Snapshot};
use crate::base::clock::wall_ms;
use crate::base::stats::{COUNTERS, CallKind, ClusterPost, LinkSeen, NodeSeen, index_of};

/// Counters of what was refused or lost.
const LOSSES: [&str; 8] = [
    "connections_refused_full",
    "connections_refused_address",
    "connections_refused_memory",
    "calls_refused_memory",
    "messages_lost_total",
    "packets_dropped_total",
    "sessions_overflowed_total",
    "undelivered_lost_total",
];

/// A snapshot in short: rates since the one before, quantiles since the oldest.
pub(super) fn sample(before: &Snapshot, oldest: &Snapshot, now: &Snapshot) -> Sample {
    let rate = Rate::between(before, now);
    let grown = |name: &str| rate.of(before.sum(name), now.sum(name));
    let recent = now.all_calls().since(&oldest.all_calls());
    Sample {
        time_ms: wall_ms(),
        users: now.sum("users"),
        connections: now.family("connections"),
        parked: now.sum("connections_parked"),
        messages_per_s: grown("messages_total"),
        packets_per_s: rate.of(before.family("packets_queued_total"), now.family("packets_queued_total")),
        calls_per_s: rate.of(before.all_calls().count(), now.all_calls().count()),
        p50_us: recent.quantile_us(0.50).map(rounded),
        p99_us: recent.quantile_us(0.99).map(rounded),
        losses_per_s: rounded(LOSSES.into_iter().map(grown).sum()),
        cores: rate.of(before.process.cpu_ms, now.process.cpu_ms) / 1_000.0,
        memory_bytes: now.process.resident_bytes,
    }
}

pub(super) fn calls(before: &Snapshot, now: &Snapshot) -> Vec<CallReport> {
    let rate = Rate::between(before, now);
    let kinds = CallKind::ALL.into_iter().zip(before.calls.iter().zip(&now.calls));
    let calls = kinds.map(|(kind, (before, now))| {
        let recent = now.since(before);
        CallReport {
            kind: kind.word().to_owned(),
            total: now.count(),
            per_s: rate.of(before.count(), now.count()),
            p50_us: recent.quantile_us(0.50).map(rounded),
            p99_us: recent.quantile_us(0.99).map(rounded),
        }
    });
    calls.collect()
}

pub(super) fn losses(before: &Snapshot, now: &Snapshot) -> Vec<LossReport> {
    let rate = Rate::between(before, now);
    let of = |name: &str| LossReport {
        name: name.to_owned(),
        help: COUNTERS[index_of(name).expect("it is a counter")].help.trim().to_owned(),
        total: now.sum(name),
        per_s: rate.of(before.sum(name), now.sum(name)),
    };
    LOSSES.into_iter().map(of).collect()
}

/// The report of a shard, without its counters.
pub(super) fn shard(shard: usize, before: &Snapshot, newest: &Snapshot, now: &Snapshot) -> ShardReport {
    let rate = Rate::between(before, newest);
    let messages = index_of("messages_total").expect("it is a counter");
    let turns = newest.turns[shard].since(&before.turns[shard]);
    ShardReport {
        shard,
        busy: (rate.of(0, turns.sum_us) / 1_000_000.0).min(1.0),
        messages_per_s: rate.of(before.boards[shard][messages], newest.boards[shard][messages]),
        turn_p99_us: turns.quantile_us(0.99).map(rounded),
        mailbox: now.mailboxes.get(shard).copied().unwrap_or(0),
        counters: BTreeMap::new(),
    }
}

pub(super) fn domains(before: &Snapshot, newest: &Snapshot, now: &Snapshot) -> Vec<DomainReport> {
    let rate = Rate::between(before, newest);
    let of =
        |name: Option<String>, now: DomainSnapshot, [before, newest]: [DomainSnapshot; 2]| DomainReport {
            name,
            users: now.users,
            calls: now.counts.calls,
            messages: now.counts.messages,
            waiting_bytes: now.counts.waiting_bytes,
            refused: now.counts.refused,
            calls_per_s: rate.of(before.counts.calls, newest.counts.calls),
            messages_per_s: rate.of(before.counts.messages, newest.counts.messages),
        };
    let at = |look: &Snapshot, name: &str| look.domains.get(name).copied().unwrap_or_default();
    let named = now
        .domains
        .iter()
        .map(|(name, seen)| of(Some(name.clone()), *seen, [at(before, name), at(newest, name)]));
    let others = of(None, now.other_domains, [before.other_domains, newest.other_domains]);
    let has_others = others.users > 0 || others.calls > 0 || others.waiting_bytes > 0;
    named.chain(has_others.then_some(others)).collect()
}

/// The cluster as of the last post, with rates since the post of `before`.
pub(super) fn cluster(before: &Snapshot, now: &Snapshot) -> Option<ClusterReport> {
    let post = now.cluster.as_deref()?;
    let before = before.cluster.as_deref();
    let seconds =
        before.map_or(0.0, |before| before.at.elapsed().saturating_sub(post.at.elapsed()).as_secs_f64());
    let age_ms = post.age_ms();
    let seen = &post.seen;
    let broker = &seen.broker;
    let node = |node: &NodeSeen| NodeReport {
        name: node.name.to_string(),
        url: node.url.to_string(),
        state: node.state.word().to_owned(),
        reason: node.reason.map(str::to_owned),
        heard_ms: node.silent_ms.map(|ms| ms + age_ms),
        round_trip_us: node.round_trip_us,
        users: node.users,
        link: node.link.map(|link| link_report(&node.name, link, (before, Rate { seconds }))),
    };
    Some(ClusterReport {
        name: seen.name.to_string(),
        partition: seen.partition.to_owned(),
        broker: BrokerReport {
            connected: broker.is_connected,
            url: broker.url.to_string(),
            connects: broker.connects,
            dropped: broker.dropped,
        },
        nodes: seen.nodes.iter().map(node).collect(),
    })
}

fn link_report(name: &str, link: LinkSeen, (before, rate): (Option<&ClusterPost>, Rate)) -> LinkReport {
    let earlier = before.and_then(|before| before.seen.nodes.iter().find(|node| *node.name == *name)?.link);
    let earlier = earlier.unwrap_or_default();
    LinkReport {
        up: link.is_up,
        images: link.images,
        frames_in_per_s: rate.of(earlier.frames_in, link.frames_in),
        frames_out_per_s: rate.of(earlier.frames_out, link.frames_out),
        frames_again: link.frames_again,
        unreachable: link.unreachable,
    }
}

/// The growth of counts in a second.
#[derive(Clone, Copy, Debug)]
struct Rate {
    seconds: f64,
}

impl Rate {
    fn between(before: &Snapshot, now: &Snapshot) -> Rate {
        Rate { seconds: before.at.elapsed().saturating_sub(now.at.elapsed()).as_secs_f64() }
    }

    #[allow(clippy::cast_precision_loss, reason = "what grows in ten seconds is far below 2^53")]
    fn of(self, before: u64, now: u64) -> f64 {
        if self.seconds > 0.0 { rounded(now.saturating_sub(before) as f64 / self.seconds) } else { 0.0 }
    }
}

/// Rounds to a hundredth: more digits are noise.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
