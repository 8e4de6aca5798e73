//! Compare: the message server and the stand-in, in turns, and what one costs of the other; the message server with users
//! who wait by streams and by sockets; and Nchan, if it is there.
//!
//! Owns: the order of turns and the ratios. Must not: measure otherwise than the scenarios do. A machine is never
//! twice the same: so all are measured in one run, several times, one after another, and a ratio is that
//! of the medians. What a second shard costs, which has to be sent mail, is found in the same way: both are measured
//! with one and with two, and ours with two is also told as a multiple of the stand-in with one.

use std::collections::BTreeSet;
use std::error::Error;

use nextim_testkit::load::wire::Transport;

use crate::nchan::server::installed;
use crate::number::{median, ratio};
use crate::outcome::{Latency, Outcome, Ratio, name, name_of};
use crate::scenarios;
use crate::settings::Kind;
use crate::settings::Settings;
use crate::stage::Stage;

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

/// Figures of users who are sent messages at a rate, or nothing.
const AT_A_RATE: [&str; 4] = [PRESENCE, P99, name::IDLE, name::CPU_IDLE];

/// What is compared: a figure, its unit.
const FIGURES: [(&str, &str); 11] = [
    (name::CPU_MESSAGE, "µs"),
    (name::MESSAGE_RATE, "/s"),
    (name::CPU_PARK, "µs"),
    (PRESENCE, "µs"),
    (name::CPU_ROOM, "µs"),
    (ROOM_SHARE, "%"),
    (name::BROADCAST_RATE, "/s"),
    (name::CPU_BROADCAST, "µs"),
    (P99, "µs"),
    (name::IDLE, "% of a core"),
    (name::CPU_IDLE, "µs"),
];

/// Measures all, the stand-in and ours in part with two shards as well. Returns every turn's outcome and the ratios.
pub(crate) fn run(
    settings: &Settings,
    with_two: Option<&Settings>,
) -> Result<(Vec<Outcome>, Vec<Ratio>), Box<dyn Error>> {
    let without = |settings: &Settings| Settings { buddies: 0, rate: None, ..settings.clone() };
    let (alone, alone_with_two) = (without(settings), with_two.map(without));
    let mut outcomes = Vec::new();
    for _ in 0..settings.rounds {
        let floor = without_buddies(&alone, Kind::Floor)?;
        let mut ours = without_buddies(&alone, Kind::Nextim)?;
        if let Some(two) = &alone_with_two {
            outcomes.push(routed(two, Kind::Floor)?.close()?);
            outcomes.push(routed(two, Kind::Nextim)?.close()?);
        }
        let by = |transport| without_buddies(&Settings { transport, ..alone.clone() }, Kind::Nextim);
        let (streamed, by_sockets) = (by(Transport::Stream)?, by(Transport::Socket)?);
        let nchan = nchan(&alone, &mut ours)?;
        let slower = [&floor, &ours].into_iter().filter_map(|outcome| outcome.get(name::MESSAGE_RATE));
        let rate = settings.rate.unwrap_or_else(|| (slower.fold(f64::MAX, f64::min) * HALF).max(1.0));
        let befriended = Settings { rate: Some(rate), ..settings.clone() };
        let floor_befriended = with_buddies(&befriended, Kind::Floor, &floor)?;
        let ours_befriended = with_buddies(&befriended, Kind::Nextim, &ours)?;
        outcomes.extend([floor, ours, streamed, by_sockets, floor_befriended, ours_befriended]);
        outcomes.extend(nchan);
    }
    let ratios = ratios(&outcomes);
    Ok((outcomes, ratios))
}

/// Users who do not know each other: what one comes to, messages in a closed loop when all have settled.
fn routed(settings: &Settings, kind: Kind) -> Result<Stage, Box<dyn Error>> {
    let mut stage = Stage::open(settings, "compare", kind)?;
    scenarios::park(&mut stage, settings)?;
    stage.settle()?;
    scenarios::route(&mut stage, settings)?;
    Ok(stage)
}

/// The same, and then rooms and broadcasts.
fn without_buddies(settings: &Settings, kind: Kind) -> Result<Outcome, Box<dyn Error>> {
    let mut stage = routed(settings, kind)?;
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

/// Users with buddies: what a presence comes to, latencies at a rate that both can serve, and what it costs if they
/// only wait.
fn with_buddies(settings: &Settings, kind: Kind, alone: &Outcome) -> Result<Outcome, Box<dyn Error>> {
    let mut stage = Stage::open(settings, "compare, with buddies", kind)?;
    scenarios::park(&mut stage, settings)?;
    let price = |outcome: &Outcome| outcome.get(name::CPU_PARK);
    if let (Some(with), Some(without)) = (price(&stage.outcome), price(alone)) {
        let presences = stage.outcome.get(name::PRESENCES).unwrap_or(0.0);
        stage.outcome.figure(PRESENCE, "µs", ratio(with - without, presences));
    }
    stage.settle()?;
    scenarios::route(&mut stage, settings)?;
    let p99 = stage.outcome.latencies.iter().find(|latency| latency.name == "call to arrival").map(p99);
    if let Some(p99) = p99 {
        stage.outcome.figure(P99, "µs", p99);
    }
    if settings.idle > 0.0 {
        scenarios::idle(&mut stage, settings.idle)?;
    }
    stage.close()
}

fn p99(latency: &Latency) -> f64 {
    latency.p99
}

fn ratios(outcomes: &[Outcome]) -> Vec<Ratio> {
    let mut lines = Vec::new();
    for (figure, unit) in FIGURES {
        // What is sent at a given rate says nothing of what can be.
        let closed = |outcome: &&Outcome| outcome.rate.is_none() || AT_A_RATE.contains(&figure);
        let found: Vec<&Outcome> =
            outcomes.iter().filter(closed).filter(|outcome| outcome.get(figure).is_some()).collect();
        for (name, floor_shards, shards) in pairs(figure, &found) {
            let median = |kind, shards, by| median_of(&found, kind, shards, by, figure);
            let floor = median(Kind::Floor, floor_shards, Transport::Jsonp);
            let ours = median(Kind::Nextim, shards, Transport::Jsonp);
            let beside = |kind, by| if floor_shards == shards { median(kind, shards, by) } else { None };
            let nchan = beside(Kind::Nchan, Transport::Jsonp);
            let [streams, sockets] =
                [Transport::Stream, Transport::Socket].map(|by| beside(Kind::Nextim, by));
            if let (Some(floor), Some(ours)) = (floor, ours) {
                let times = ratio(ours, floor);
                let unit = unit.to_owned();
                lines.push(Ratio { name, unit, floor, ours, nchan, streams, sockets, times });
            }
        }
    }
    lines
}

/// What is divided by what: the name of a line, the shards of the stand-in and ours.
fn pairs(figure: &str, found: &[&Outcome]) -> Vec<(String, u64, u64)> {
    let ours = found.iter().filter(|outcome| outcome.target == Kind::Nextim.name());
    let numbers: BTreeSet<u64> = ours.map(|outcome| outcome.shards).collect();
    let numbers: Vec<u64> = numbers.into_iter().collect();
    let [one, more @ ..] = &*numbers else { return Vec::new() };
    if more.is_empty() {
        return vec![(figure.to_owned(), *one, *one)];
    }
    let shards = |number| if number == 1 { "shard" } else { "shards" };
    let alike = numbers.iter().map(|number| {
        let name = format!("{figure}, {number} {}", shards(*number));
        (name, *number, *number)
    });
    let more = more.iter().filter(|_| figure == name::CPU_MESSAGE);
    let unlike = more.map(|number| (format!("{figure}, {number} shards to {one}"), *one, *number));
    alike.chain(unlike).collect()
}

fn median_of(found: &[&Outcome], kind: Kind, shards: u64, by: Transport, figure: &str) -> Option<f64> {
    let of_these = |outcome: &&&Outcome| {
        outcome.target == kind.name() && outcome.shards == shards && outcome.transport == name_of(by)
    };
    let values = found.iter().filter(of_these).filter_map(|outcome| outcome.get(figure));
    let mut values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| median(&mut values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_medians() {
        let by = |transport: &str, outcome| Outcome { transport: transport.to_owned(), ..outcome };
        let outcome = |target: &str, shards, rate, figures: &[(&str, f64)]| {
            let mut outcome =
                by("polls", Outcome { target: target.to_owned(), shards, rate, ..Outcome::default() });
            for (name, value) in figures {
                outcome.figure(name, "µs", *value);
            }
            outcome
        };
        let check = |outcomes: &[Outcome], expected: &[(&str, f64, Option<f64>)]| {
            let ratios = ratios(outcomes);
            let found: Vec<_> = ratios.iter().map(|line| (&*line.name, line.times, line.nchan)).collect();
            assert_eq!(found, expected);
        };
        let mut outcomes = vec![
            outcome("floor", 1, None, &[(name::CPU_MESSAGE, 10.0)]),
            outcome("nextim", 1, None, &[(name::CPU_MESSAGE, 11.0)]),
            outcome("nextim", 1, None, &[(name::CPU_MESSAGE, 15.0)]),
            outcome("nextim", 1, None, &[(name::CPU_MESSAGE, 12.0)]),
            outcome("nextim", 1, Some(1.0), &[(name::CPU_MESSAGE, 99.0), (P99, 30.0)]),
            outcome("floor", 1, Some(1.0), &[(P99, 10.0)]),
            outcome("nchan", 1, None, &[(name::CPU_MESSAGE, 20.0)]),
            by("streams", outcome("nextim", 1, None, &[(name::CPU_MESSAGE, 9.0)])),
            by("sockets", outcome("nextim", 1, None, &[(name::CPU_MESSAGE, 8.0)])),
        ];
        let beside = |ratio: &Ratio| (ratio.streams, ratio.sockets);
        assert_eq!(beside(&ratios(&outcomes)[0]), (Some(9.0), Some(8.0)));
        check(&outcomes, &[(name::CPU_MESSAGE, 1.2, Some(20.0)), (P99, 3.0, None)]);
        outcomes.push(outcome("floor", 2, None, &[(name::CPU_MESSAGE, 8.0)]));
        outcomes.push(outcome("nextim", 2, None, &[(name::CPU_MESSAGE, 16.0)]));
        check(
            &outcomes,
            &[
                ("server CPU per routed message, 1 shard", 1.2, Some(20.0)),
                ("server CPU per routed message, 2 shards", 2.0, None),
                ("server CPU per routed message, 2 shards to 1", 1.6, None),
                (P99, 3.0, None),
            ],
        );
    }
}
