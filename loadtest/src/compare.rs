//! Compare: the message server and the stand-in, in turns, and what one costs of the other; and Nchan, if it is there.
//!
//! Owns: the order of turns and the ratios. Must not: measure otherwise than the scenarios do. A machine is never
//! twice the same: so all are measured in one run, several times, one after another, and a ratio is that
//! of the medians.

use std::error::Error;

use crate::arguments::Settings;
use crate::nchan::server::installed;
use crate::number::{median, ratio};
use crate::outcome::{Latency, Outcome, Ratio, name};
use crate::scenarios;
use crate::stage::Stage;
use crate::target::Kind;

/// Broadcasts of one turn.
const BROADCASTS: u32 = 3;
/// Most messages to rooms on their way at a time: more would meet in the same polls, which costs less than it does
/// in a real room.
const ROOM_MESSAGES: u32 = 8;
/// What share of the throughput the latencies are measured at.
const HALF: f64 = 0.5;
/// What is named differently in a ratio than in an outcome.
const ROOM_SHARE: &str = "room delivery's CPU as a share of a unicast's";
const P99: &str = "p99 from call to arrival, at half the rate";
const PRESENCE: &str = "server CPU per presence delivered while parking";

/// What is compared: a figure, its unit.
const FIGURES: [(&str, &str); 9] = [
    (name::CPU_MESSAGE, "µs"),
    (name::MESSAGE_RATE, "/s"),
    (name::CPU_PARK, "µs"),
    (PRESENCE, "µs"),
    (name::CPU_ROOM, "µs"),
    (ROOM_SHARE, "%"),
    (name::BROADCAST_RATE, "/s"),
    (name::CPU_BROADCAST, "µs"),
    (P99, "µs"),
];

/// Measures all. Returns every turn's outcome and the ratios.
pub(crate) fn run(settings: &Settings) -> Result<(Vec<Outcome>, Vec<Ratio>), Box<dyn Error>> {
    let mut outcomes = Vec::new();
    for _ in 0..settings.rounds {
        let alone = Settings { buddies: 0, rate: None, ..settings.clone() };
        let floor = without_buddies(&alone, Kind::Floor)?;
        let mut ours = without_buddies(&alone, Kind::Nextim)?;
        let nchan = nchan(&alone, &mut ours)?;
        let slower = [&floor, &ours].into_iter().filter_map(|outcome| outcome.get(name::MESSAGE_RATE));
        let rate = settings.rate.unwrap_or_else(|| (slower.fold(f64::MAX, f64::min) * HALF).max(1.0));
        let befriended = Settings { rate: Some(rate), ..settings.clone() };
        let floor_befriended = with_buddies(&befriended, Kind::Floor, &floor)?;
        let ours_befriended = with_buddies(&befriended, Kind::Nextim, &ours)?;
        outcomes.extend([floor, ours, floor_befriended, ours_befriended]);
        outcomes.extend(nchan);
    }
    let ratios = ratios(&outcomes);
    Ok((outcomes, ratios))
}

/// Users who do not know each other: what one comes to, messages in a closed loop, rooms, broadcasts.
fn without_buddies(settings: &Settings, kind: Kind) -> Result<Outcome, Box<dyn Error>> {
    let mut stage = Stage::open(settings, "compare", kind)?;
    scenarios::park(&mut stage, settings)?;
    scenarios::route(&mut stage, settings)?;
    if settings.room_size > 1 {
        scenarios::room(&mut stage, settings, settings.concurrency.min(ROOM_MESSAGES))?;
        let cpu = |name| stage.outcome.get(name).unwrap_or(0.0);
        let share = ratio(cpu(name::CPU_ROOM), cpu(name::CPU_MESSAGE)) * 100.0;
        stage.outcome.figure(ROOM_SHARE, "%", share);
    }
    scenarios::broadcast(&mut stage, None, BROADCASTS)?;
    stage.close()
}

/// The same at an Nchan, but for rooms. If there is none, that is noted with what we measured of our own.
fn nchan(settings: &Settings, ours: &mut Outcome) -> Result<Option<Outcome>, Box<dyn Error>> {
    match installed() {
        _ if !settings.with_nchan => Ok(None),
        Ok(_) => without_buddies(&Settings { room_size: 0, ..settings.clone() }, Kind::Nchan).map(Some),
        Err(error) => {
            ours.note(format!("Nchan was not measured: {error}"));
            Ok(None)
        }
    }
}

/// Users with buddies: what a presence comes to, and latencies at a rate that both can serve.
fn with_buddies(settings: &Settings, kind: Kind, alone: &Outcome) -> Result<Outcome, Box<dyn Error>> {
    let mut stage = Stage::open(settings, "compare, with buddies", kind)?;
    scenarios::park(&mut stage, settings)?;
    let price = |outcome: &Outcome| outcome.get(name::CPU_PARK);
    if let (Some(with), Some(without)) = (price(&stage.outcome), price(alone)) {
        let presences = stage.outcome.get(name::PRESENCES).unwrap_or(0.0);
        stage.outcome.figure(PRESENCE, "µs", ratio(with - without, presences));
    }
    scenarios::route(&mut stage, settings)?;
    let p99 = stage.outcome.latencies.iter().find(|latency| latency.name == "call to arrival").map(p99);
    if let Some(p99) = p99 {
        stage.outcome.figure(P99, "µs", p99);
    }
    stage.close()
}

fn p99(latency: &Latency) -> f64 {
    latency.p99
}

fn ratios(outcomes: &[Outcome]) -> Vec<Ratio> {
    let of = |target: &str, figure: &str| {
        // What is sent at a given rate says nothing of what can be.
        let closed = |outcome: &&Outcome| outcome.rate.is_none() || [PRESENCE, P99].contains(&figure);
        let all = outcomes.iter().filter(|outcome| outcome.target == target).filter(closed);
        let mut values: Vec<f64> = all.filter_map(|outcome| outcome.get(figure)).collect();
        (!values.is_empty()).then(|| median(&mut values))
    };
    let lines = FIGURES.iter().filter_map(|(figure, unit)| {
        let (floor, ours) = (of("floor", figure)?, of("nextim", figure)?);
        let (name, unit) = ((*figure).to_owned(), (*unit).to_owned());
        let nchan = of("nchan", figure);
        Some(Ratio { name, unit, floor, ours, nchan, times: ratio(ours, floor) })
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_medians() {
        let outcome = |target: &str, rate, figures: &[(&str, f64)]| {
            let mut outcome = Outcome { target: target.to_owned(), rate, ..Outcome::default() };
            for (name, value) in figures {
                outcome.figure(name, "µs", *value);
            }
            outcome
        };
        let ratios = ratios(&[
            outcome("floor", None, &[(name::CPU_MESSAGE, 10.0)]),
            outcome("nextim", None, &[(name::CPU_MESSAGE, 11.0)]),
            outcome("nextim", None, &[(name::CPU_MESSAGE, 15.0)]),
            outcome("nextim", None, &[(name::CPU_MESSAGE, 12.0)]),
            outcome("nextim", Some(1.0), &[(name::CPU_MESSAGE, 99.0), (P99, 30.0)]),
            outcome("floor", Some(1.0), &[(P99, 10.0)]),
            outcome("nchan", None, &[(name::CPU_MESSAGE, 20.0)]),
        ]);
        let found: Vec<_> = ratios.iter().map(|line| (&*line.name, line.times, line.nchan)).collect();
        assert_eq!(found, [(name::CPU_MESSAGE, 1.2, Some(20.0)), (P99, 3.0, None)]);
    }
}
