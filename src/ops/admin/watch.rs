//! The watch: a look at the server every second.
//!
//! Owns: what was seen in the last ten minutes, and rates and quantiles made of it. Must not: disturb a shard; it reads
//! their boards. Its lock is taken by this thread and those that answer the admin listener, never by a shard.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::process::Process;
use super::pulse::Pulse;
use super::report::{CallReport, DomainReport, LossReport, Report, Sample, ShardReport};
use super::watched::WatchedServer;
use crate::base::clock::{Deadline, rfc3339, wall_ms};
use crate::base::limits::ops::{HISTORY_SAMPLES, RECENT_SAMPLES, SAMPLE_MS, STANDSTILL_SAMPLES};
use crate::base::stats::{Board, COUNTERS, CallKind, Distribution, DomainCounts, index_of};

/// Counters of what somebody did not get.
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

/// Looks at a server and remembers what it saw.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) server: WatchedServer,
    seen: Mutex<Observations>,
}

#[derive(Debug)]
struct Observations {
    pulse: Pulse,
    standing_still: Vec<usize>,
    /// The last looks in full, the newest last; never empty.
    recent: VecDeque<Snapshot>,
    /// All looks in short, the newest last.
    history: VecDeque<Sample>,
}

/// Everything as it was at one time.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    /// When; it has passed when nobody has looked for too long.
    at: Deadline,
    /// The values of [`COUNTERS`] by shard.
    pub(super) boards: Vec<Vec<u64>>,
    /// What the poster of undelivered messages has counted.
    pub(super) poster: Vec<u64>,
    /// How long turns took, by shard.
    pub(super) turns: Vec<Distribution>,
    /// How long calls took on all shards, by kind.
    pub(super) calls: Vec<Distribution>,
    pub(super) mailboxes: Vec<usize>,
    pub(super) domains: BTreeMap<String, DomainSnapshot>,
    pub(super) other_domains: DomainSnapshot,
    pub(super) process: Process,
}

/// A domain as it was at one time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DomainSnapshot {
    pub(super) users: u64,
    pub(super) counts: DomainCounts,
}

impl Snapshot {
    pub(super) fn now(server: &WatchedServer) -> Snapshot {
        let boards = server.stats.boards();
        let calls = |kind: CallKind| {
            boards.iter().fold(Distribution::default(), |mut sum, board| {
                sum.add(&board.calls(kind));
                sum
            })
        };
        let (domains, other_domains) = look_at_domains(server);
        Snapshot {
            at: Deadline::after_ms(u64::from(STANDSTILL_SAMPLES) * SAMPLE_MS),
            boards: boards.iter().map(Board::values).collect(),
            poster: server.stats.poster().values(),
            turns: boards.iter().map(Board::turns).collect(),
            calls: CallKind::ALL.into_iter().map(calls).collect(),
            mailboxes: (server.mailboxes)(),
            domains,
            other_domains,
            process: Process::look(),
        }
    }

    /// The sum of a counter over all shards and the poster.
    pub(super) fn sum(&self, name: &str) -> u64 {
        self.sum_at(index_of(name).expect("names of counters are those of their fields"))
    }

    fn sum_at(&self, index: usize) -> u64 {
        self.boards.iter().chain([&self.poster]).map(|values| values[index]).sum()
    }

    fn family(&self, family: &str) -> u64 {
        let members = COUNTERS.iter().filter(|metric| metric.family == family);
        members.map(|metric| self.sum(metric.name)).sum()
    }

    fn all_calls(&self) -> Distribution {
        self.calls.iter().fold(Distribution::default(), |mut sum, calls| {
            sum.add(calls);
            sum
        })
    }
}

fn look_at_domains(server: &WatchedServer) -> (BTreeMap<String, DomainSnapshot>, DomainSnapshot) {
    let mut named = BTreeMap::new();
    let mut others = DomainSnapshot { users: 0, counts: server.stats.other_domains() };
    for domain in (server.domains)().iter() {
        let users = u64::from(domain.users.count());
        match server.stats.domain(domain.id) {
            Some(counts) => {
                named.insert(domain.name.to_string(), DomainSnapshot { users, counts });
            }
            None => others.users += users,
        }
    }
    (named, others)
}

impl Watch {
    pub(super) fn new(server: WatchedServer) -> Watch {
        let look = Snapshot::now(&server);
        let pulse = Pulse::new(&server.stats);
        let first = sample(&look, &look, &look);
        let seen = Observations {
            pulse,
            standing_still: Vec::new(),
            recent: VecDeque::from([look]),
            history: VecDeque::from([first]),
        };
        Watch { server, seen: Mutex::new(seen) }
    }

    /// Looks once more.
    pub(super) fn look(&self) {
        let look = Snapshot::now(&self.server);
        let mut seen = self.seen();
        seen.standing_still = seen.pulse.look();
        let sample = sample(seen.newest(), seen.eldest(), &look);
        push_bounded(&mut seen.recent, look, RECENT_SAMPLES + 1);
        push_bounded(&mut seen.history, sample, HISTORY_SAMPLES);
    }

    /// What is wrong with the server, if anything.
    pub(super) fn illness(&self) -> Option<String> {
        let seen = self.seen();
        if seen.newest().at.left().is_none() {
            return Some("nobody has looked for too long".to_owned());
        }
        let shards: Vec<_> = seen.standing_still.iter().map(ToString::to_string).collect();
        (!shards.is_empty()).then(|| format!("standing still: shard {}", shards.join(", ")))
    }

    /// Everything as it is now, with rates as of the last look.
    pub(super) fn report(&self) -> Report {
        let now = Snapshot::now(&self.server);
        let seen = self.seen();
        let (eldest, newest) = (seen.eldest(), seen.newest());
        let totals = |sum: &dyn Fn(usize) -> u64| {
            COUNTERS.iter().enumerate().map(|(index, metric)| (metric.name.to_owned(), sum(index))).collect()
        };
        Report {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            time: rfc3339(wall_ms()),
            uptime_s: self.server.started.elapsed().as_secs(),
            draining: self.server.stats.is_draining(),
            standing_still: seen.standing_still.clone(),
            connections_per_shard_max: self.server.connections_per_shard,
            process: now.process,
            now: seen.history.back().cloned().unwrap_or_default(),
            calls: calls(eldest, newest),
            losses: losses(eldest, newest),
            totals: totals(&|index| now.sum_at(index)),
            shards: (0..now.boards.len())
                .map(|shard| shard_report(shard, eldest, newest, &now))
                .map(|(shard, values)| ShardReport { counters: totals(&|index| values[index]), ..shard })
                .collect(),
            domains: domains(eldest, newest, &now),
        }
    }

    /// The looks of the last ten minutes, the eldest first.
    pub(super) fn history(&self) -> Vec<Sample> {
        self.seen().history.iter().cloned().collect()
    }

    fn seen(&self) -> MutexGuard<'_, Observations> {
        // Whoever panicked with it has left it whole: it is changed by single steps.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observations {
    fn newest(&self) -> &Snapshot {
        self.recent.back().expect("there is always one")
    }

    fn eldest(&self) -> &Snapshot {
        self.recent.front().expect("there is always one")
    }
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, most: usize) {
    if queue.len() >= most {
        queue.pop_front();
    }
    queue.push_back(item);
}

/// A look in short: rates since the one before, quantiles since the eldest.
fn sample(before: &Snapshot, eldest: &Snapshot, now: &Snapshot) -> Sample {
    let rate = Rate::between(before, now);
    let grown = |name: &str| rate.of(before.sum(name), now.sum(name));
    let recent = now.all_calls().since(&eldest.all_calls());
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

fn calls(before: &Snapshot, now: &Snapshot) -> Vec<CallReport> {
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

fn losses(before: &Snapshot, now: &Snapshot) -> Vec<LossReport> {
    let rate = Rate::between(before, now);
    let of = |name: &str| LossReport {
        name: name.to_owned(),
        help: COUNTERS[index_of(name).expect("it is a counter")].help.trim().to_owned(),
        total: now.sum(name),
        per_s: rate.of(before.sum(name), now.sum(name)),
    };
    LOSSES.into_iter().map(of).collect()
}

/// A shard, with the values of its counters, which are for the caller to name.
fn shard_report(
    shard: usize,
    before: &Snapshot,
    newest: &Snapshot,
    now: &Snapshot,
) -> (ShardReport, Vec<u64>) {
    let rate = Rate::between(before, newest);
    let messages = index_of("messages_total").expect("it is a counter");
    let turns = newest.turns[shard].since(&before.turns[shard]);
    let report = ShardReport {
        shard,
        busy: (rate.of(0, turns.sum_us) / 1_000_000.0).min(1.0),
        messages_per_s: rate.of(before.boards[shard][messages], newest.boards[shard][messages]),
        turn_p99_us: turns.quantile_us(0.99).map(rounded),
        mailbox: now.mailboxes.get(shard).copied().unwrap_or(0),
        counters: BTreeMap::new(),
    };
    (report, now.boards[shard].clone())
}

fn domains(before: &Snapshot, newest: &Snapshot, now: &Snapshot) -> Vec<DomainReport> {
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

/// What counts grow by in a second.
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

/// To a hundredth: more digits are noise, and many.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::domains::{DomainConfig, Domains};
    use crate::base::limits::ops::DOMAINS_NAMED_MAX;
    use crate::base::stats::{Counters, Stats};

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
        first.users.admit(9);
        last.users.admit(9);
        watch.look();
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
        let [first, .., last] = &*report.domains else { panic!("there are many") };
        assert_eq!((memory(first), memory(last)), ((7, 0), (0, 3)));
    }

    #[test]
    fn the_history_has_an_end() {
        let watch = Watch::new(server(&Arc::default()));
        for _ in 0..HISTORY_SAMPLES + 5 {
            watch.look();
        }
        assert_eq!(watch.history().len(), HISTORY_SAMPLES);
        assert_eq!(watch.seen().recent.len(), RECENT_SAMPLES + 1);
    }

    #[test]
    fn a_shard_that_does_not_turn_is_an_illness() {
        let watch = Watch::new(server(&Arc::default()));
        let turn = |turns_total| {
            watch
                .server
                .stats
                .board(0)
                .publish(&Counters { turns_total, ..Counters::default() }, &Counters::default());
        };
        for turns in 0..u64::from(STANDSTILL_SAMPLES) {
            assert_eq!(watch.illness(), None);
            turn(turns + 1);
            watch.look();
        }
        assert_eq!(watch.illness().as_deref(), Some("standing still: shard 1"));
        assert_eq!(watch.report().standing_still, [1]);
    }
}
