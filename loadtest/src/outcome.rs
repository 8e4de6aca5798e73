//! Outcomes: what a run found, as it is shown, written to files and read again.
//!
//! Owns: the names of figures, for those who compare and plot them. Must not: measure.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use nextim_testkit::load::wire::Transport;
use serde::{Deserialize, Serialize};

use crate::measure::Machine;
use crate::number::real;

/// The form of the files.
pub(crate) const FORMAT: u32 = 2;

/// Names of figures that are compared or plotted.
pub(crate) mod name {
    pub(crate) const CPU_PARK: &str = "server CPU per online and park";
    pub(crate) const PARK_RATE: &str = "online and parked";
    pub(crate) const PRESENCES: &str = "presences per online";
    pub(crate) const RSS_PER_USER: &str = "RSS growth per user";
    pub(crate) const RSS: &str = "RSS with all parked";
    pub(crate) const KERNEL_PER_USER: &str = "kernel memory per user, both ends";
    pub(crate) const CPU_MESSAGE: &str = "server CPU per routed message";
    pub(crate) const MESSAGE_RATE: &str = "messages routed";
    pub(crate) const CPU_ROOM: &str = "server CPU per room delivery";
    pub(crate) const ROOM_RATE: &str = "room deliveries";
    pub(crate) const BROADCAST_RATE: &str = "broadcast deliveries";
    pub(crate) const CPU_BROADCAST: &str = "server CPU per broadcast delivery, next poll included";
    pub(crate) const CYCLE_GROWTH: &str = "RSS growth of the last cycle over the first";
    pub(crate) const UNDER_ATTACK: &str = "throughput under attack, of that without";
    pub(crate) const BESIDE_A_SITE: &str = "throughput beside a hostile site, of that without";
    pub(crate) const SOAK_GROWTH: &str = "RSS growth from the first tenth of the time to the last";
    pub(crate) const SOAK_SLOPE: &str = "RSS slope";
    pub(crate) const IDLE: &str = "server CPU while idle";
    pub(crate) const CPU_IDLE: &str = "server CPU per poll that was due";
}

/// The name of a way to wait, as it stands in an outcome.
pub(crate) fn name_of(transport: Transport) -> &'static str {
    match transport {
        Transport::Jsonp => "polls",
        Transport::Json => "polls for JSON",
        Transport::Stream => "streams",
        Transport::Socket => "sockets",
    }
}

/// All that one command found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The form of this file.
    pub(crate) format: u32,
    /// When it began, in seconds since 1970.
    pub(crate) began: u64,
    /// Where.
    pub(crate) machine: Machine,
    /// What each scenario found.
    pub(crate) outcomes: Vec<Outcome>,
    /// What was compared.
    pub(crate) ratios: Vec<Ratio>,
}

/// What one scenario found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) scenario: String,
    pub(crate) target: String,
    pub(crate) shards: u64,
    pub(crate) users: u64,
    pub(crate) buddies: u64,
    pub(crate) room_size: u64,
    pub(crate) concurrency: u64,
    pub(crate) rate: Option<f64>,
    pub(crate) seconds: f64,
    pub(crate) with_seq: bool,
    /// How users waited, by its name.
    pub(crate) transport: String,
    pub(crate) generator_threads: u64,
    pub(crate) figures: Vec<Figure>,
    pub(crate) latencies: Vec<Latency>,
    /// Memory over time.
    pub(crate) samples: Vec<Sample>,
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// What a reader of the figures should know.
    pub(crate) notes: Vec<String>,
}

/// A number with its unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) value: f64,
}

/// How long something took, in microseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) name: String,
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) max: f64,
}

/// Memory of the server at a time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Seconds since messages began.
    pub(crate) at: f64,
    /// In bytes.
    pub(crate) rss: u64,
    /// In bytes.
    pub(crate) pss: u64,
}

/// The same figure of two servers, or three.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ratio {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) floor: f64,
    pub(crate) ours: f64,
    /// If it was measured there.
    #[serde(default)]
    pub(crate) nchan: Option<f64>,
    /// Ours, with users who wait by streams, if that was measured.
    #[serde(default)]
    pub(crate) streams: Option<f64>,
    /// The same by sockets.
    #[serde(default)]
    pub(crate) sockets: Option<f64>,
    /// The second by the first.
    pub(crate) times: f64,
}

impl Latency {
    /// Reads a histogram of nanoseconds.
    pub(crate) fn of(name: &str, histogram: &Histogram<u64>) -> Latency {
        let at = |quantile| real(histogram.value_at_quantile(quantile)) / 1e3;
        Latency {
            name: name.to_owned(),
            count: histogram.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: at(1.0),
        }
    }
}

impl Outcome {
    /// Adds what went wrong in another part of the same scenario.
    pub(crate) fn add(&mut self, other: Outcome) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        for (kind, count) in other.errors {
            *self.errors.entry(kind).or_default() += count;
        }
    }

    /// Adds a figure.
    pub(crate) fn figure(&mut self, name: &str, unit: &str, value: f64) {
        self.figures.push(Figure { name: name.to_owned(), unit: unit.to_owned(), value });
    }

    /// Adds a figure, or keeps the higher value if it is there.
    pub(crate) fn figure_max(&mut self, name: &str, unit: &str, value: f64) {
        match self.figures.iter_mut().find(|figure| figure.name == name) {
            Some(figure) => figure.value = figure.value.max(value),
            None => self.figure(name, unit, value),
        }
    }

    /// Adds a note, once.
    pub(crate) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// A figure by its name.
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.name == name).map(|figure| figure.value)
    }

    /// Whether something went wrong.
    pub(crate) fn failed(&self) -> bool {
        self.lost > 0 || self.doubled > 0 || !self.errors.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies() {
        let mut histogram = Histogram::new(3).unwrap();
        (1..=1_000).for_each(|ms: u64| histogram.record(ms * 1_000_000).unwrap());
        let latency = Latency::of("a", &histogram);
        let near = |value: f64, ms: f64| (value / 1e3 - ms).abs() < ms * 0.002;
        assert!(
            near(latency.p50, 500.0) && near(latency.p90, 900.0) && near(latency.p99, 990.0),
            "{latency:?}"
        );
        assert!(near(latency.p999, 999.0) && near(latency.max, 1_000.0) && latency.count == 1_000);
    }

    #[test]
    fn failures() {
        let check = |outcome: Outcome, expected| assert_eq!(outcome.failed(), expected, "{outcome:?}");
        check(Outcome::default(), false);
        check(Outcome { lost: 1, ..Outcome::default() }, true);
        check(Outcome { doubled: 1, ..Outcome::default() }, true);
        check(Outcome { errors: [("cut".to_owned(), 1)].into(), ..Outcome::default() }, true);
    }
}
