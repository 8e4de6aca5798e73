//! Calls as PHP makes them: a connection for each, of the message server and of a stand-in, in turns.
//!
//! Owns: the order of turns, the figures and the ratios. Must not: call; `callers` does.
//!
//! Each call is a message of the site to a user who is offline, so the server has hardly anything to do but to serve
//! the connection: with one shard nothing of it goes to another.

mod callers;

use std::error::Error;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::measure::cpu;
use crate::number::{median, ratio, real};
use crate::outcome::{Latency, Outcome, Ratio};
use crate::settings::{Kind, Settings};
use crate::target::Target;

use callers::CallPlan;

/// Calls at a time, beside the most.
const FEW: [u32; 2] = [1, 8];
/// What is measured and divided: a figure, its unit.
const FIGURES: [(&str, &str); 2] = [("server CPU per call", "µs"), ("calls answered", "/s")];

/// Measures both servers in turns. Returns every turn's outcome and the ratios.
pub(crate) fn run(settings: &Settings, title: &str) -> Result<(Vec<Outcome>, Vec<Ratio>), Box<dyn Error>> {
    let folder = TempDir::new()?;
    let file = folder.path().join("nextim.toml");
    fs::write(&file, configuration(settings))?;
    let mut outcomes = Vec::new();
    for _ in 0..settings.rounds {
        for kind in [Kind::Floor, Kind::Nextim] {
            outcomes.push(turn(settings, title, kind, &file)?);
        }
    }
    let ratios = levels(settings).flat_map(|level| ratios(&outcomes, level)).collect();
    Ok((outcomes, ratios))
}

/// How many calls there are at a time, one level after the other.
fn levels(settings: &Settings) -> impl Iterator<Item = u32> {
    let most = settings.concurrency;
    FEW.into_iter().filter(move |few| *few < most).chain([most])
}

fn named(figure: &str, level: u32) -> String {
    format!("{figure}, {level} at a time")
}

fn turn(settings: &Settings, title: &str, kind: Kind, file: &Path) -> Result<Outcome, Box<dyn Error>> {
    let known = Settings { config: Some(file.to_owned()), ..settings.clone() };
    let target = Target::start(kind, &known)?;
    let mut outcome = Outcome {
        scenario: title.to_owned(),
        target: target.name.to_owned(),
        shards: target.shards,
        users: settings.users.into(),
        concurrency: settings.concurrency.into(),
        seconds: settings.seconds,
        ..Outcome::default()
    };
    for level in levels(settings) {
        let before = cpu(&target.processes);
        let tally = callers::call(&CallPlan::new(settings, &target.addresses, level));
        let used = before.and_then(|before| Some(real(cpu(&target.processes)?.saturating_sub(before)) / 1e3));
        let [(cpu_name, cpu_unit), (rate_name, rate_unit)] = FIGURES;
        if let Some(used) = used {
            outcome.figure(&named(cpu_name, level), cpu_unit, ratio(used, real(tally.calls)));
        }
        let rate = ratio(real(tally.calls), settings.seconds);
        outcome.figure(&named(rate_name, level), rate_unit, rate);
        outcome.latencies.push(Latency::of(&named("connect to answer", level), &tally.answer));
        for (kind, count) in &tally.errors {
            *outcome.errors.entry((*kind).to_owned()).or_default() += count;
        }
    }
    Ok(outcome)
}

fn ratios(outcomes: &[Outcome], level: u32) -> impl Iterator<Item = Ratio> {
    FIGURES.into_iter().filter_map(move |(figure, unit)| {
        let name = named(figure, level);
        let of = |kind: Kind| {
            let of_kind = outcomes.iter().filter(|outcome| outcome.target == kind.name());
            let mut values: Vec<f64> = of_kind.filter_map(|outcome| outcome.get(&name)).collect();
            (!values.is_empty()).then(|| median(&mut values))
        };
        let (floor, ours) = (of(Kind::Floor)?, of(Kind::Nextim)?);
        Some(Ratio {
            name,
            unit: unit.to_owned(),
            floor,
            ours,
            nchan: None,
            streams: None,
            sockets: None,
            times: ratio(ours, floor),
        })
    })
}

/// The configuration of a server that accepts as fast as it can.
fn configuration(settings: &Settings) -> String {
    let Settings { domain, apikey, .. } = settings;
    format!("[limits]\naccepts_per_second = 0\n[[domain]]\nname = {domain:?}\napikeys = [{apikey:?}]\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_medians() {
        let outcome = |target: &str, value: f64| {
            let mut outcome = Outcome { target: target.to_owned(), ..Outcome::default() };
            outcome.figure(&named(FIGURES[0].0, 8), "µs", value);
            outcome
        };
        let found = [("floor", 10.0), ("nextim", 13.0), ("nextim", 99.0), ("nextim", 12.0), ("floor", 10.0)];
        let outcomes = found.map(|(target, value)| outcome(target, value));
        let lines: Vec<_> = ratios(&outcomes, 8).map(|line| (line.name, line.times)).collect();
        assert_eq!(lines, [("server CPU per call, 8 at a time".to_owned(), 1.3)]);
    }
}
