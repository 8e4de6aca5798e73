//! What a cluster costs: a node against a server without a cluster, and what is between nodes against what is at one.
//!
//! Owns: the turns and the figures. Must not: measure otherwise than the scenarios do. What is compared is measured in
//! turns within one run. Of CPU times the lowest of all turns counts, because whatever else the machine does adds to them.

use std::error::Error;

use hdrhistogram::Histogram;

use crate::generator::task::{Pace, Reach};
use crate::nodes::{metrics, sum_of};
use crate::number::{ratio, real};
use crate::outcome::Outcome;
use crate::settings::Settings;
use crate::stage::{Stage, Step};

/// The rate at which a message between nodes may cost most, in messages a second.
const SLOW: f64 = 1_000.0;
/// How many messages there are at a time when the highest rate is looked for.
const MANY: u32 = 1_024;
/// The share of the highest rate at which latencies are measured.
const HALF: f64 = 0.5;

/// Measures all. What went wrong anywhere is part of the outcome.
pub(crate) fn run(settings: &Settings, title: &str) -> Result<Outcome, Box<dyn Error>> {
    let alone = Settings { buddies: 0, room_size: 0, rate: None, ..settings.clone() };
    let mut outcome = one_node(&alone, title)?;
    between_two(&Settings { buddies: settings.buddies, nodes: 2, ..alone.clone() }, &mut outcome)?;
    let room_size = settings.room_size.min(settings.users);
    if room_size > 1 {
        let one_room = Settings { users: room_size, room_size, nodes: 3, threads: 1, ..alone };
        room(&one_room, &mut outcome)?;
    }
    Ok(outcome)
}

/// The lowest of some times.
#[derive(Debug)]
struct Best(f64);

impl Best {
    const NONE: Best = Best(f64::INFINITY);

    fn take(&mut self, time: f64) {
        self.0 = self.0.min(time);
    }
}

/// CPU time of the servers for each message, and of the broker, in microseconds.
fn per_message(step: &Step) -> (f64, f64) {
    let messages = real(step.tally.messages);
    (ratio(step.server_cpu.unwrap_or(f64::NAN), messages), ratio(step.broker_cpu, messages))
}

/// A server without a cluster, and the only node of one.
fn one_node(settings: &Settings, title: &str) -> Result<Outcome, Box<dyn Error>> {
    let mut sum: Option<Outcome> = None;
    let [mut online, mut message] = [[Best::NONE, Best::NONE], [Best::NONE, Best::NONE]];
    for _ in 0..settings.rounds {
        for nodes in [0, 1] {
            let mut stage = Stage::open(&Settings { nodes, ..settings.clone() }, title, settings.kind)?;
            let step = stage.park()?;
            let kind = nodes as usize;
            online[kind].take(ratio(step.server_cpu.unwrap_or(f64::NAN), real(step.tally.parked)));
            stage.settle()?;
            let step = stage.messages(Pace::Closed(settings.concurrency), false, settings.seconds)?;
            message[kind].take(per_message(&step).0);
            let found = stage.close()?;
            match &mut sum {
                None => sum = Some(found),
                Some(sum) => sum.add(found),
            }
        }
    }
    let mut outcome = sum.ok_or("nothing was measured")?;
    outcome.figures.clear();
    for (name, [without, with]) in [("online and park", online), ("message", message)] {
        outcome.figure(&format!("CPU per {name}, without a cluster"), "µs", without.0);
        outcome.figure(&format!("CPU per {name}, one node"), "µs", with.0);
        outcome.figure(&format!("{name}: one node / without a cluster"), "", ratio(with.0, without.0));
    }
    Ok(outcome)
}

/// Messages and buddies at one of two nodes, and between them.
fn between_two(settings: &Settings, outcome: &mut Outcome) -> Result<(), Box<dyn Error>> {
    let mut stage =
        Stage::open(&Settings { buddies: settings.buddies, ..settings.clone() }, "cluster", settings.kind)?;
    stage.park()?;
    stage.settle()?;
    let kinds = [("at one node", Reach::Near), ("between nodes", Reach::Far)];
    let mut slow = [[Best::NONE, Best::NONE], [Best::NONE, Best::NONE]];
    let mut fast = [[Best::NONE, Best::NONE], [Best::NONE, Best::NONE]];
    let (mut most, mut back, mut answers) = ([0.0_f64; 2], [Best::NONE, Best::NONE], [None, None]);
    let mut arrivals = [None, None];
    for _ in 0..settings.rounds {
        for (kind, (_, reach)) in kinds.into_iter().enumerate() {
            stage.reach(reach);
            let step = stage.messages(Pace::Open(SLOW), false, settings.seconds)?;
            take(&mut slow[kind], &step);
            let step = stage.messages(Pace::Closed(MANY), false, settings.seconds)?;
            take(&mut fast[kind], &step);
            most[kind] = most[kind].max(ratio(real(step.tally.messages), step.seconds));
        }
    }
    let half = most[0].min(most[1]) * HALF;
    for _ in 0..settings.rounds {
        for (kind, (_, reach)) in kinds.into_iter().enumerate() {
            stage.reach(reach);
            let step = stage.messages(Pace::Open(half), false, settings.seconds)?;
            keep_lower(&mut arrivals[kind], step.tally.arrival);
            stage.quiet();
            let step = stage.churn(settings.seconds)?;
            back[kind].take(ratio(step.server_cpu.unwrap_or(f64::NAN), real(step.tally.left)));
            keep_lower(&mut answers[kind], step.tally.online);
            stage.quiet();
        }
    }
    for (name, costs) in [("1,000/s", &slow), ("the highest rate", &fast)] {
        for ((kind, _), [servers, broker]) in kinds.iter().zip(costs) {
            outcome.figure(&format!("CPU per message {kind}, {name}"), "µs", servers.0);
            outcome.figure(&format!("  of the broker, {kind}, {name}"), "µs", broker.0);
        }
        outcome.figure(&format!("  more between nodes, {name}"), "µs", costs[1][0].0 - costs[0][0].0);
    }
    for ((kind, _), rate) in kinds.iter().zip(most) {
        outcome.figure(&format!("highest rate {kind}"), "/s", rate);
    }
    outcome.figure("rate of the latencies", "/s", half);
    for ((kind, _), best) in kinds.iter().zip(&back) {
        outcome.figure(&format!("CPU per logging out and back, buddies {kind}"), "µs", best.0);
    }
    outcome.figure("logging out and back: buddies between nodes / at one", "", ratio(back[1].0, back[0].0));
    for ((kind, _), (arrival, answer)) in kinds.iter().zip(arrivals.iter().zip(&answers)) {
        if let (Some(arrival), Some(answer)) = (arrival, answer) {
            stage.latency(&format!("call to arrival, {kind}"), arrival);
            stage.latency(&format!("online, buddies {kind}"), answer);
        }
    }
    let found = stage.close()?;
    outcome.latencies.extend(found.latencies.clone());
    outcome.notes.extend(found.notes.clone());
    outcome.add(found);
    Ok(())
}

fn take([servers, broker]: &mut [Best; 2], step: &Step) {
    let (of_servers, of_broker) = per_message(step);
    servers.take(of_servers);
    broker.take(of_broker);
}

/// Keeps the turn with the lower p99.
fn keep_lower(kept: &mut Option<Histogram<u64>>, found: Histogram<u64>) {
    let p99 = |histogram: &Histogram<u64>| histogram.value_at_quantile(0.99);
    if !found.is_empty() && kept.as_ref().is_none_or(|kept| p99(&found) < p99(kept)) {
        *kept = Some(found);
    }
}

/// One room over three nodes: what goes between them for a message, one at a time and many at once.
fn room(settings: &Settings, outcome: &mut Outcome) -> Result<(), Box<dyn Error>> {
    let mut stage = Stage::open(settings, "cluster, room", settings.kind)?;
    stage.park()?;
    stage.settle()?;
    for (name, in_flight) in [("one at a time", 1), ("many at once", settings.concurrency)] {
        // What the nodes say is a second old at most.
        stage.idle(1.2)?;
        let before = counted(&stage)?;
        let step = stage.messages(Pace::Closed(in_flight), true, settings.seconds)?;
        stage.idle(1.2)?;
        let after = counted(&stage)?;
        let nodes = f64::from(settings.nodes);
        let messages = real(step.tally.messages) * nodes;
        let each = |index: usize| ratio(after[index] - before[index], messages);
        outcome.figure(&format!("frames to a node per room message, {name}"), "", each(0));
        outcome.figure(&format!("records to a node per room message, {name}"), "", each(1));
        outcome.figure(&format!("CPU per arrival in the room, {name}"), "µs", {
            ratio(step.server_cpu.unwrap_or(f64::NAN), real(step.tally.arrivals))
        });
    }
    outcome.add(stage.close()?);
    Ok(())
}

/// Frames and records that have come to all nodes.
fn counted(stage: &Stage) -> Result<[f64; 2], Box<dyn Error>> {
    let mut sums = [0.0, 0.0];
    for admin in &stage.target.admins {
        let metrics = metrics(*admin)?;
        for (sum, name) in sums.iter_mut().zip(["frames_in_total", "records_in_total"]) {
            *sum += sum_of(&metrics, &format!("nextim_cluster_{name}"));
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_turn_counts() {
        let mut best = Best::NONE;
        for time in [3.0, 1.0, 2.0, f64::NAN] {
            best.take(time);
        }
        assert!((best.0 - 1.0).abs() < 1e-9);
        let histogram = |value: u64| {
            let mut histogram = Histogram::new(3).unwrap();
            histogram.record(value).unwrap();
            histogram
        };
        let mut kept = None;
        for value in [30, 10, 20] {
            keep_lower(&mut kept, histogram(value));
        }
        keep_lower(&mut kept, Histogram::new(3).unwrap());
        assert_eq!(kept.map(|kept| kept.max()), Some(10));
    }
}
