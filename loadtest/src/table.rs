//! Tables: a run as text.
//!
//! Owns: the columns. Must not: print.

use std::fmt::Write as _;

use crate::number::{real, short};
use crate::outcome::{Outcome, Run};

const GIBIBYTE: f64 = 1_073_741_824.0;

/// A run as text.
pub(crate) fn of(run: &Run) -> String {
    let machine = &run.machine;
    let mut text = format!(
        "machine   {} cores ({}), {} GiB, Linux {}, load {} at the start\n",
        machine.cores,
        machine.processor,
        short(real(machine.memory) / GIBIBYTE),
        machine.kernel,
        machine.load,
    );
    for outcome in &run.outcomes {
        write_outcome(&mut text, outcome);
    }
    if !run.ratios.is_empty() {
        let [floor, ours, nchan, streams, sockets] = ["floor", "nextim", "nchan", "streams", "sockets"];
        line(
            &mut text,
            format_args!(
                "\n{:<56} {floor:>10} {ours:>10} {nchan:>10} {streams:>10} {sockets:>10}  nextim/floor streams/nextim sockets/nextim",
                "medians"
            ),
        );
        for ratio in &run.ratios {
            let name = format!("{} ({})", ratio.name, ratio.unit);
            let (floor, ours) = (short(ratio.floor), short(ratio.ours));
            let [nchan, streams, sockets] =
                [ratio.nchan, ratio.streams, ratio.sockets].map(|value| value.map_or("-".to_owned(), short));
            let [by_streams, by_sockets] = [ratio.streams, ratio.sockets]
                .map(|value| value.map_or("-".to_owned(), |value| format!("{:.2}", value / ratio.ours)));
            line(
                &mut text,
                format_args!(
                    "{name:<56} {floor:>10} {ours:>10} {nchan:>10} {streams:>10} {sockets:>10} {:>13.2} {by_streams:>14} \
                     {by_sockets:>14}",
                    ratio.times
                ),
            );
        }
    }
    text
}

fn write_outcome(text: &mut String, outcome: &Outcome) {
    let shards = if outcome.shards == 0 { String::new() } else { format!(", shards {}", outcome.shards) };
    let rate = outcome.rate.map_or(String::new(), |rate| format!(", rate {}/s", short(rate)));
    line(text, format_args!("\n{} of {}{shards}", outcome.scenario, outcome.target));
    line(
        text,
        format_args!(
            "settings  users {}, buddies {}, room size {}, concurrency {}{rate}, {} s, {}, generator threads {}",
            outcome.users,
            outcome.buddies,
            outcome.room_size,
            outcome.concurrency,
            outcome.seconds,
            waits(outcome),
            outcome.generator_threads,
        ),
    );
    for figure in &outcome.figures {
        line(text, format_args!("  {:<54} {:>12} {}", figure.name, short(figure.value), figure.unit));
    }
    if !outcome.latencies.is_empty() {
        line(
            text,
            format_args!(
                "  {:<30} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9}",
                "latency, µs", "count", "p50", "p90", "p99", "p99.9", "max"
            ),
        );
    }
    for latency in &outcome.latencies {
        let [p50, p90, p99, p999, max] =
            [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(short);
        let count = latency.count;
        line(
            text,
            format_args!("  {:<30} {count:>10} {p50:>9} {p90:>9} {p99:>9} {p999:>9} {max:>9}", latency.name),
        );
    }
    for (kind, count) in &outcome.errors {
        line(text, format_args!("  ERROR: {kind}: {count}"));
    }
    for note in &outcome.notes {
        line(text, format_args!("  note: {note}"));
    }
    let errors: u64 = outcome.errors.values().sum();
    line(text, format_args!("  errors {errors}, lost {}, doubled {}", outcome.lost, outcome.doubled));
}

/// How users wait.
fn waits(outcome: &Outcome) -> String {
    let seq = if outcome.with_seq { "" } else { " without seq" };
    format!("by {}{seq}", outcome.transport)
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("a string takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Machine;
    use crate::outcome::{FORMAT, Latency, Ratio};

    #[test]
    fn a_run_as_text() {
        let mut outcome =
            Outcome { scenario: "park".to_owned(), lost: 2, rate: Some(5.0), ..Outcome::default() };
        outcome.figure("things", "/s", 1_234.0);
        outcome.errors.insert("cut".to_owned(), 3);
        outcome.latencies.push(Latency { name: "way".to_owned(), p99: 12.5, ..Latency::default() });
        let ratio = Ratio {
            name: "x".to_owned(),
            unit: "µs".to_owned(),
            floor: 1.0,
            ours: 2.0,
            nchan: Some(3.5),
            streams: Some(1.5),
            sockets: Some(1.0),
            times: 2.0,
        };
        let machine = Machine::default();
        let text =
            of(&Run { format: FORMAT, began: 0, machine, outcomes: vec![outcome], ratios: vec![ratio] });
        for part in [
            "1,234 /s",
            "ERROR: cut: 3",
            "errors 3, lost 2, doubled 0",
            "12.5",
            "x (µs)",
            "rate 5.00/s",
            "3.50",
            "0.75",
            "0.50",
        ] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }
}
