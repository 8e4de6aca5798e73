//! The watch: a snapshot of the server every second.
//!
//! Owns: the snapshots of the last seconds and the samples of the last ten minutes. Must not: ask a shard; it reads the
//! boards. The threads of the admin listener share its lock, and no shard takes it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::pulse::Pulse;
use super::rates;
use super::report::{Report, Sample, ShardReport};
use super::snapshot::Snapshot;
use super::watched::WatchedServer;
use crate::base::clock::{rfc3339, wall_ms};
use crate::base::limits::ops::{HISTORY_SAMPLES, RECENT_SAMPLES};
use crate::base::stats::COUNTERS;

/// Takes snapshots of a server and keeps the last ones.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) server: WatchedServer,
    kept: Mutex<Samples>,
}

#[derive(Debug)]
struct Samples {
    pulse: Pulse,
    standing_still: Vec<usize>,
    /// The last snapshots, the newest last; never empty.
    recent: VecDeque<Snapshot>,
    /// The samples of the last ten minutes, the newest last.
    history: VecDeque<Sample>,
}

impl Watch {
    pub(super) fn new(server: WatchedServer) -> Watch {
        let snapshot = Snapshot::take(&server);
        let pulse = Pulse::new(&server.stats);
        let first = rates::sample(&snapshot, &snapshot, &snapshot);
        let kept = Samples {
            pulse,
            standing_still: Vec::new(),
            recent: VecDeque::from([snapshot]),
            history: VecDeque::from([first]),
        };
        Watch { server, kept: Mutex::new(kept) }
    }

    /// Takes the next snapshot.
    pub(super) fn sample(&self) {
        let snapshot = Snapshot::take(&self.server);
        let mut kept = self.kept();
        kept.standing_still = kept.pulse.take();
        let sample = rates::sample(kept.newest(), kept.oldest(), &snapshot);
        push_bounded(&mut kept.recent, snapshot, RECENT_SAMPLES + 1);
        push_bounded(&mut kept.history, sample, HISTORY_SAMPLES);
    }

    /// The reason why the server is not healthy, if it is not.
    pub(super) fn fault(&self) -> Option<String> {
        let kept = self.kept();
        if kept.newest().at.left().is_none() {
            return Some("the thread that takes samples stands still".to_owned());
        }
        let shards: Vec<_> = kept.standing_still.iter().map(ToString::to_string).collect();
        (!shards.is_empty()).then(|| format!("standing still: shard {}", shards.join(", ")))
    }

    /// Everything as it is now, with rates as of the last snapshot.
    pub(super) fn report(&self) -> Report {
        let now = Snapshot::take(&self.server);
        let kept = self.kept();
        let (oldest, newest) = (kept.oldest(), kept.newest());
        let totals = |sum: &dyn Fn(usize) -> u64| {
            COUNTERS.iter().enumerate().map(|(index, metric)| (metric.name.to_owned(), sum(index))).collect()
        };
        Report {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            time: rfc3339(wall_ms()),
            uptime_s: self.server.started.elapsed().as_secs(),
            draining: self.server.stats.is_draining(),
            standing_still: kept.standing_still.clone(),
            connections_per_shard_max: self.server.connections_per_shard,
            process: now.process,
            now: kept.history.back().cloned().unwrap_or_default(),
            calls: rates::calls(oldest, newest),
            losses: rates::losses(oldest, newest),
            totals: totals(&|index| now.sum_at(index)),
            shards: (0..now.boards.len())
                .map(|shard| ShardReport {
                    counters: totals(&|index| now.boards[shard][index]),
                    ..rates::shard(shard, oldest, newest, &now)
                })
                .collect(),
            domains: rates::domains(oldest, newest, &now),
            cluster: rates::cluster(oldest, &now),
        }
    }

    /// The samples of the last ten minutes, the oldest first.
    pub(super) fn history(&self) -> Vec<Sample> {
        self.kept().history.iter().cloned().collect()
    }

    fn kept(&self) -> MutexGuard<'_, Samples> {
        // A thread that panicked with the lock left nothing half-done: each change is a single step.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Samples {
    fn newest(&self) -> &Snapshot {
        self.recent.back().expect("there is always one")
    }

    fn oldest(&self) -> &Snapshot {
        self.recent.front().expect("there is always one")
    }
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, most: usize) {
    if queue.len() >= most {
        queue.pop_front();
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::super::report::DomainReport;
    use super::*;
    use crate::base::clock::Deadline;
    use crate::base::domains::{DomainConfig, Domains};
    use crate::base::limits::ops::{DOMAINS_NAMED_MAX, STANDSTILL_SAMPLES};
    use crate::base::stats::{CallKind, Counters, Stats, cluster_of_three};

    fn server(domains: &Arc<Domains>) -> WatchedServer {
        let domains = Arc::clone(domains);
        WatchedServer {
            stats: Stats::new(2),
            domains: Box::new(move || Arc::clone(&domains)),
            mailboxes: Box::new(|| vec![0, 3]),
            connections_per_shard: 100,
            descriptors_max: 200,
            hosts: Vec::new(),
            started: Deadline::after_ms(0),
            started_ms: 0,
        }
    }

    #[test]
    fn a_report_has_sums_shards_and_domains() {
        let configs: Vec<_> = (0..DOMAINS_NAMED_MAX + 2)
            .map(|number| DomainConfig::new(format!("site{number:04}"), "key"))
            .collect();
        let domains = Arc::new(Domains::new(&configs));
        let watch = Watch::new(server(&domains));
        let stats = &watch.server.stats;
        let of = |users, messages_lost_total| Counters { users, messages_lost_total, ..Counters::default() };
        stats.board(0).publish(&of(5, 0), &of(0, 1));
        stats.board(1).publish(&of(0, 2), &of(7, 0));
        let (first, last) = (domains.find("site0000").unwrap(), domains.find("site0257").unwrap());
        stats.board(0).called(first.id, CallKind::Message);
        stats.board(1).called(last.id, CallKind::Online);
        stats.board(1).answered(CallKind::Message, 300);
        stats.board(0).waits(first.id, 0, 5);
        stats.board(1).waits(first.id, 0, 2);
        stats.board(1).refused(last.id, 3);
        first.present.users.admit(9);
        last.present.users.admit(9);
        watch.sample();
        let report = watch.report();
        assert_eq!((report.totals["users"], report.totals["messages_lost_total"]), (12, 3));
        assert_eq!((report.shards[1].counters["users"], report.shards[1].mailbox), (7, 3));
        let missed = report.losses.iter().find(|loss| loss.name == "messages_lost_total").unwrap();
        assert_eq!((report.now.users, missed.total), (12, 3));
        assert!(report.now.losses_per_s > 0.0 && missed.per_s > 0.0);
        let message = report.calls.iter().find(|calls| calls.kind == "message").unwrap();
        assert!(message.total == 1 && message.p50_us.unwrap() > 200.0 && message.p99_us.unwrap() < 400.0);
        assert_eq!(report.domains.len(), DOMAINS_NAMED_MAX + 1);
        let shown =
            |domain: &DomainReport| (domain.name.clone(), domain.users, domain.calls, domain.messages);
        assert_eq!(shown(&report.domains[0]), (Some("site0000".to_owned()), 1, 1, 1));
        assert_eq!(shown(&report.domains[DOMAINS_NAMED_MAX]), (None, 1, 1, 0));
        let memory = |domain: &DomainReport| (domain.waiting_bytes, domain.refused);
        let [first, .., last] = &*report.domains else { panic!("there is more than one") };
        assert_eq!((memory(first), memory(last)), ((7, 0), (0, 3)));
    }

    #[test]
    fn a_report_has_the_cluster_of_a_node_and_of_no_other_server() {
        let watch = Watch::new(server(&Arc::default()));
        let json = |watch: &Watch| serde_json::to_value(watch.report()).unwrap();
        assert!(json(&watch).get("cluster").is_none());
        let mut seen = cluster_of_three();
        let board = watch.server.stats.cluster();
        board.publish(seen.clone());
        watch.sample();
        if let Some(link) = &mut seen.nodes[1].link {
            link.frames_in += 50;
        }
        board.publish(seen);
        while watch.kept().recent.front().is_some_and(|oldest| oldest.cluster.is_none()) {
            watch.sample();
        }
        let cluster = &json(&watch)["cluster"];
        assert_eq!((&cluster["name"], &cluster["broker"]["connected"]), (&"forum".into(), &true.into()));
        let nodes = cluster["nodes"].as_array().unwrap();
        let shown = |index: usize, member: &str| nodes[index][member].clone();
        assert_eq!((shown(0, "name"), shown(0, "link")), ("im1".into(), Value::Null));
        assert_eq!((shown(1, "round_trip_us"), shown(1, "users")), (420.into(), 1_234.into()));
        assert_eq!((shown(2, "state"), &nodes[2]["link"]["unreachable"]), ("dead".into(), &31.into()));
        assert!(shown(2, "heard_ms").as_u64() >= Some(12_500));
        assert!(nodes[1]["link"]["frames_in_per_s"].as_f64() > Some(0.0), "{cluster}");
        assert_eq!(nodes[1]["link"]["frames_out_per_s"], 0.0);
    }

    #[test]
    fn the_history_has_an_end() {
        let watch = Watch::new(server(&Arc::default()));
        for _ in 0..HISTORY_SAMPLES + 5 {
            watch.sample();
        }
        assert_eq!(watch.history().len(), HISTORY_SAMPLES);
        assert_eq!(watch.kept().recent.len(), RECENT_SAMPLES + 1);
    }

    #[test]
    fn a_shard_that_does_not_turn_is_a_fault() {
        let watch = Watch::new(server(&Arc::default()));
        let turn = |turns_total| {
            watch
                .server
                .stats
                .board(0)
                .publish(&Counters { turns_total, ..Counters::default() }, &Counters::default());
        };
        for turns in 0..u64::from(STANDSTILL_SAMPLES) {
            assert_eq!(watch.fault(), None);
            turn(turns + 1);
            watch.sample();
        }
        assert_eq!(watch.fault().as_deref(), Some("standing still: shard 1"));
        assert_eq!(watch.report().standing_still, [1]);
    }
}
