//! The scenarios: which steps each takes on a stage, and which figures come of them.
//!
//! Owns: the meaning of the figures. Must not: know how a step is done.

use std::error::Error;
use std::fs;

use hdrhistogram::Histogram;
use tempfile::TempDir;

use crate::attack::{Attack, Done, HELD, LINES, domains};
use crate::flatness::Flatness;
use crate::generator::tally::Tally;
use crate::generator::task::Pace;
use crate::interrupt::Interrupt;
use crate::number::{floor, median, ratio, real};
use crate::outcome::{Outcome, Sample, name};
use crate::scenario::Name;
use crate::settings::Settings;
use crate::stage::{Stage, Step};

/// How long messages of a soak go on between two samples of memory, in seconds.
const SAMPLE_SECONDS: f64 = 5.0;
const MEBIBYTE: f64 = 1_048_576.0;
/// Memory of a server that is attacked.
const HOSTILE_MEMORY_BYTES: u64 = 256 * 1_024 * 1_024;

/// Runs a scenario that has one server.
pub(crate) fn run(settings: &Settings) -> Result<Outcome, Box<dyn Error>> {
    let title = settings.scenario.scenario().title;
    let (folder, mut known) = (TempDir::new()?, settings.clone());
    if settings.scenario == Name::Hostile {
        let file = folder.path().join("nextim.toml");
        fs::write(&file, configuration(settings))?;
        known.config = Some(file);
    }
    let mut stage = Stage::open(&known, title, settings.kind)?;
    park(&mut stage, settings)?;
    match settings.scenario {
        Name::Park | Name::Calls | Name::Instructions | Name::Cluster | Name::Compare => {}
        Name::Route => route(&mut stage, settings)?,
        Name::Room => room(&mut stage, settings, settings.concurrency)?,
        Name::Broadcast => broadcast(&mut stage, settings.rate, count(settings.seconds))?,
        Name::Churn => churn(&mut stage, settings)?,
        Name::Storm => storm(&mut stage, settings)?,
        Name::Cycle => cycle(&mut stage, settings)?,
        Name::Idle => idle(&mut stage, settings.seconds)?,
        Name::Soak => soak(&mut stage, settings)?,
        Name::Hostile => hostile(&mut stage, settings)?,
    }
    stage.close()
}

/// At a rate if there is one, else so many at a time.
fn pace(rate: Option<f64>, in_flight: u32) -> Pace {
    rate.map_or(Pace::Closed(in_flight), Pace::Open)
}

/// A number of broadcasts.
fn count(number: f64) -> u32 {
    u32::try_from(floor(number)).unwrap_or(u32::MAX).clamp(1, 1_000)
}

/// Puts down CPU time for each of `count` things, if it is known.
fn cpu_per(stage: &mut Stage, name: &str, cpu: Option<f64>, count: u64) {
    if let Some(cpu) = cpu {
        stage.outcome.figure(name, "µs", ratio(cpu, real(count)));
    }
}

/// Puts down how many a second.
fn rate_of(stage: &mut Stage, name: &str, count: u64, seconds: f64) {
    stage.outcome.figure(name, "/s", ratio(real(count), seconds));
}

/// All users come online and poll.
pub(crate) fn park(stage: &mut Stage, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let Step { tally, server_cpu, seconds, .. } = stage.park()?;
    let (_, rest) = stage.quiet();
    let users = real(tally.parked);
    rate_of(stage, name::PARK_RATE, tally.parked, seconds);
    cpu_per(stage, name::CPU_PARK, server_cpu.map(|cpu| cpu + rest), tally.parked);
    stage.outcome.figure(name::PRESENCES, "", ratio(real(tally.presences), users));
    let (now, grown) = stage.memory();
    if now.rss > 0 {
        stage.outcome.figure(name::RSS, "MiB", real(now.rss) / MEBIBYTE);
        stage.outcome.figure("PSS with all parked", "MiB", real(now.pss) / MEBIBYTE);
        stage.outcome.figure(name::RSS_PER_USER, "bytes", ratio(real(grown.rss), users));
    }
    stage.outcome.figure(name::KERNEL_PER_USER, "bytes", ratio(real(grown.tcp + grown.slab), users));
    if settings.scenario == Name::Park {
        stage.latency("online call to its answer", &tally.answer);
    }
    Ok(())
}

/// Messages from user to user.
pub(crate) fn route(stage: &mut Stage, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let step = stage.messages(pace(settings.rate, settings.concurrency), false, settings.seconds)?;
    // What was on its way when time was up is part of the count, but hardly of the time.
    rate_of(stage, name::MESSAGE_RATE, step.tally.messages, step.seconds);
    cpu_per(stage, name::CPU_MESSAGE, step.server_cpu, step.tally.messages);
    stage.outcome.figure("messages sent", "", real(step.tally.messages));
    stage.latency("call to arrival", &step.tally.arrival);
    stage.latency("call to its answer", &step.tally.answer);
    Ok(())
}

/// Messages to rooms, so many at a time.
pub(crate) fn room(stage: &mut Stage, settings: &Settings, in_flight: u32) -> Result<(), Box<dyn Error>> {
    if settings.room_size < 2 {
        return Err("rooms need at least 2 members: --room-size".into());
    }
    let step = stage.messages(pace(settings.rate, in_flight), true, settings.seconds)?;
    rate_of(stage, "room messages", step.tally.messages, step.seconds);
    rate_of(stage, name::ROOM_RATE, step.tally.arrivals, step.seconds);
    cpu_per(stage, "server CPU per room message", step.server_cpu, step.tally.messages);
    cpu_per(stage, name::CPU_ROOM, step.server_cpu, step.tally.arrivals);
    stage.latency("room call to each arrival", &step.tally.arrival);
    Ok(())
}

/// Messages to everybody, one after another; if `rate` says so, with messages from user to user meanwhile.
pub(crate) fn broadcast(stage: &mut Stage, rate: Option<f64>, count: u32) -> Result<(), Box<dyn Error>> {
    let (mut sum, mut last, mut storm, mut cpu) = (Tally::default(), 0.0, 0.0, Some(0.0));
    for _ in 0..count {
        let step = stage.broadcast(rate)?;
        let (quiet_after, rest) = stage.quiet();
        last += real(step.tally.broadcast.max()) / 1e9;
        storm += quiet_after;
        cpu = cpu.zip(step.server_cpu).map(|(sum, more)| sum + more + rest);
        sum.add(&step.tally);
    }
    let (arrivals, count) = (sum.broadcast.len(), f64::from(count));
    stage.outcome.figure("broadcasts", "", count);
    stage.outcome.figure("broadcast arrivals", "", real(arrivals));
    let ms = |nanoseconds: u64| real(nanoseconds) / 1e6;
    stage.outcome.figure("broadcast to first arrival, at best", "ms", ms(sum.broadcast.min()));
    stage.outcome.figure("broadcast to half of the arrivals", "ms", ms(sum.broadcast.value_at_quantile(0.5)));
    stage.outcome.figure("broadcast to last arrival", "ms", last / count * 1e3);
    stage.outcome.figure("last arrival until the next polls are parked", "ms", storm / count * 1e3);
    rate_of(stage, name::BROADCAST_RATE, arrivals, last);
    if rate.is_some() {
        stage.outcome.figure("messages sent meanwhile", "", real(sum.messages));
        stage.latency("meanwhile: call to arrival", &sum.arrival);
    } else {
        cpu_per(stage, name::CPU_BROADCAST, cpu, arrivals);
    }
    stage.latency("broadcast to each arrival", &sum.broadcast);
    Ok(())
}

fn churn(stage: &mut Stage, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let step = stage.churn(settings.seconds)?;
    rate_of(stage, "logged out and back", step.tally.left, step.seconds);
    cpu_per(stage, "server CPU per logging out and back", step.server_cpu, step.tally.left);
    stage.outcome.figure(
        "presences per logging out and back",
        "",
        ratio(real(step.tally.presences), real(step.tally.left)),
    );
    stage.latency("call to its answer", &step.tally.answer);
    Ok(())
}

fn storm(stage: &mut Stage, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let step = stage.storm()?;
    let (quiet_after, rest) = stage.quiet();
    // Those who came back after their sessions had ended came twice: to hear it, and with a new one.
    let users = f64::from(settings.users);
    stage.outcome.figure("all back after", "ms", (step.seconds + quiet_after) * 1e3);
    stage.outcome.figure("came back", "/s", ratio(users, step.seconds + quiet_after));
    if let Some(cpu) = step.server_cpu {
        stage.outcome.figure("server CPU per user who comes back", "µs", ratio(cpu + rest, users));
    }
    stage.outcome.figure("sessions that had ended", "", real(step.tally.restarted));
    let (now, _) = stage.memory();
    stage.outcome.figure("RSS after the storm", "MiB", real(now.rss) / MEBIBYTE);
    Ok(())
}

/// Everybody, who is there already, leaves; then all come and leave again: what memory the server keeps.
fn cycle(stage: &mut Stage, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let (mut kept, mut left) = (Vec::new(), 0);
    for round in 1..=settings.rounds {
        if round > 1 {
            let tally = stage.park()?.tally;
            stage.quiet();
            if round == settings.rounds {
                // About as many as at first, for who had not left would not be announced.
                let presences = ratio(real(tally.presences), real(tally.parked));
                stage.outcome.figure("presences per online, last cycle", "", presences);
            }
        }
        left += stage.leave()?.tally.left;
        let (now, _) = stage.memory();
        if now.rss > 0 {
            stage.outcome.figure(&format!("RSS after cycle {round}"), "MiB", real(now.rss) / MEBIBYTE);
            stage.outcome.figure(&format!("PSS after cycle {round}"), "MiB", real(now.pss) / MEBIBYTE);
            kept.push(real(now.rss));
        }
    }
    stage.outcome.figure("users who left, all cycles", "", real(left));
    if let [first, .., last] = *kept {
        stage.outcome.figure(name::CYCLE_GROWTH, "%", ratio(last - first, first) * 100.0);
    }
    Ok(())
}

/// Everybody waits.
pub(crate) fn idle(stage: &mut Stage, seconds: f64) -> Result<(), Box<dyn Error>> {
    let step = stage.idle(seconds)?;
    if let Some(cpu) = step.server_cpu {
        stage.outcome.figure(name::IDLE, "% of a core", ratio(cpu, step.seconds * 1e4));
    }
    rate_of(stage, "polls that were due", step.tally.polls, step.seconds);
    cpu_per(stage, name::CPU_IDLE, step.server_cpu, step.tally.polls);
    Ok(())
}

fn soak(stage: &mut Stage, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let interrupt = Interrupt::heard()?;
    let (mut messages, mut cpu, mut seconds) = (0, Some(0.0), 0.0);
    let mut arrival = None;
    while seconds < settings.seconds && !interrupt.came() {
        let part = SAMPLE_SECONDS.min(settings.seconds - seconds).max(0.1);
        let step = stage.messages(pace(settings.rate, settings.concurrency), false, part)?;
        seconds += step.seconds;
        messages += step.tally.messages;
        cpu = cpu.zip(step.server_cpu).map(|(sum, more)| sum + more);
        match &mut arrival {
            None => arrival = Some(step.tally.arrival),
            Some(sum) => sum.add(&step.tally.arrival)?,
        }
        let (now, _) = stage.memory();
        stage.outcome.samples.push(Sample { at: seconds, rss: now.rss, pss: now.pss });
    }
    rate_of(stage, name::MESSAGE_RATE, messages, seconds);
    cpu_per(stage, name::CPU_MESSAGE, cpu, messages);
    stage.outcome.figure("messages sent", "", real(messages));
    let samples = &stage.outcome.samples;
    if let (Some(first), Some(last)) = (samples.first(), samples.last()) {
        let growth = (real(last.rss) - real(first.rss)) / MEBIBYTE;
        let flatness = Flatness::of(samples);
        stage.outcome.figure("RSS growth while messages went on", "MiB", growth);
        if let Some(Flatness { growth, slope }) = flatness {
            stage.outcome.figure(name::SOAK_GROWTH, "%", growth);
            stage.outcome.figure(name::SOAK_SLOPE, "MiB/h", slope / MEBIBYTE);
        }
    }
    if interrupt.came() {
        stage.outcome.note(format!("it was interrupted after {seconds:.0} s"));
    }
    if let Some(arrival) = arrival {
        stage.latency("call to arrival", &arrival);
    }
    Ok(())
}

/// The server of those who are attacked: their site, and a hostile one. Its memory is so small that one site can try to
/// fill it.
fn configuration(settings: &Settings) -> String {
    let Settings { domain, apikey, .. } = settings;
    format!(
        "[limits]\nmemory_bytes = {HOSTILE_MEMORY_BYTES}\n[[domain]]\nname = {domain:?}\napikeys = [{apikey:?}]\n{}",
        domains()
    )
}

/// Messages as fast as the server takes them, alone, while strangers attack it, and beside a hostile site, in turns, for
/// the machine is never twice the same.
fn hostile(stage: &mut Stage, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let address = *stage.target.addresses.first().ok_or("the server listens nowhere")?;
    let (mut alone, mut attacked, mut beside) = (Turns::default(), Turns::default(), Turns::default());
    let (mut strangers, mut site) = (Done::default(), Done::default());
    for _ in 0..settings.rounds {
        alone.take(stage, settings)?;
        let attack = Attack::by_strangers(address)?;
        attacked.take(stage, settings)?;
        strangers.add(attack.end()?);
        let attack = Attack::by_a_site(address)?;
        beside.take(stage, settings)?;
        site.add(attack.end()?);
        stage.quiet();
    }
    stage.outcome.figure(name::UNDER_ATTACK, "%", attacked.share_of(&alone));
    stage.outcome.figure(name::BESIDE_A_SITE, "%", beside.share_of(&alone));
    stage.outcome.figure(name::MESSAGE_RATE, "/s", median(&mut alone.rates));
    stage.outcome.figure("messages routed under attack", "/s", median(&mut attacked.rates));
    stage.outcome.figure("messages routed beside a hostile site", "/s", median(&mut beside.rates));
    // What is left of the server's CPU when each message has had what it needs alone.
    let message = ratio(alone.cpu, alone.messages);
    stage.outcome.figure(name::CPU_MESSAGE, "µs", message);
    stage.outcome.figure("server CPU for the attack", "% of a core", attacked.cpu_beside(message));
    stage.outcome.figure("server CPU for the hostile site", "% of a core", beside.cpu_beside(message));
    stage.outcome.figure("CPU of the attackers themselves", "% of a core", strangers.cpu_share() * 100.0);
    stage.outcome.figure("CPU of the hostile site itself", "% of a core", site.cpu_share() * 100.0);
    stage.outcome.figure("hostile requests answered", "/s", strangers.rate(strangers.answers));
    stage.outcome.figure("hostile connections made", "/s", strangers.rate(strangers.connections));
    stage.outcome.figure("hostile connections held", "", real(HELD as u64));
    stage.outcome.figure("calls of the hostile site answered", "/s", site.rate(site.answers));
    stage.outcome.figure("of them refused", "/s", site.rate(site.refused));
    stage.outcome.figure("connections of the hostile site", "", f64::from(LINES));
    let kinds = [
        ("call to arrival", alone),
        ("the same under attack", attacked),
        ("the same beside a hostile site", beside),
    ];
    for (name, turns) in kinds {
        if let Some(arrival) = turns.arrival {
            stage.latency(name, &arrival);
        }
    }
    Ok(())
}

/// What the turns of one kind found.
#[derive(Default)]
struct Turns {
    rates: Vec<f64>,
    messages: f64,
    seconds: f64,
    /// Of the server, in microseconds.
    cpu: f64,
    arrival: Option<Histogram<u64>>,
}

impl Turns {
    /// The share of the throughput of others, in percent: of neighbours, because other programs may use the machine as
    /// well, now more and now less.
    fn share_of(&self, others: &Turns) -> f64 {
        let pairs = self.rates.iter().zip(&others.rates);
        let mut shares: Vec<f64> = pairs.map(|(own, other)| ratio(*own, *other) * 100.0).collect();
        median(&mut shares)
    }

    /// The share of a core, in percent, that the server used for something else, if a message needs so many microseconds.
    fn cpu_beside(&self, message: f64) -> f64 {
        ratio(self.cpu - self.messages * message, self.seconds * 1e4)
    }

    fn take(&mut self, stage: &mut Stage, settings: &Settings) -> Result<(), Box<dyn Error>> {
        let step = stage.messages(pace(settings.rate, settings.concurrency), false, settings.seconds)?;
        let messages = real(step.tally.messages);
        self.rates.push(ratio(messages, step.seconds));
        self.messages += messages;
        self.seconds += step.seconds;
        self.cpu += step.server_cpu.unwrap_or(0.0);
        match &mut self.arrival {
            None => self.arrival = Some(step.tally.arrival),
            Some(sum) => sum.add(&step.tally.arrival)?,
        }
        Ok(())
    }
}
