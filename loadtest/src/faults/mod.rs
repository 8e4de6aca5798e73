//! The fault run: messages at half of the rate the server can take, while users, networks, the site and the process
//! fail.
//!
//! ```text
//!   conductor ── SIGSTOP, SIGHUP, crowds, SIGTERM ──► the server ── undelivered messages ──► site
//!       │ phases                                          ▲ │
//!       └──► players: users and callers that break ───────┘ └──► ledger: 0 lost, 0 doubled
//! ```
//!
//! Reading order: [`kinds`] (the faults of users, and how often each is due), `shared` (the phases, the server's
//! configuration), [`mod@ledger`] (what must hold), [`player`] with [`users`], [`inject`], [`callers`] and
//! [`connection`], [`conductor`] with [`crowd`] and [`probe`], [`site`], and [`report`].
//!
//! Owns: the steps of a run. Must not: measure speed, which is the generator's; it is used here only to find the
//! rate.

mod callers;
mod conductor;
mod connection;
mod crowd;
mod inject;
mod kinds;
mod ledger;
mod player;
mod players;
mod probe;
mod random;
mod report;
mod shared;
mod site;
mod users;

use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::arguments::Settings;
use crate::generator::task::Pace;
use crate::interrupt::Interrupt;
use crate::measure::Memory;
use crate::number::{ratio, real};
use crate::outcome::Outcome;
use crate::population::Population;
use crate::stage::{Stage, say};
use crate::target::{Extras, Target};
use conductor::{Conductor, ProcessFaultCounts};
use crowd::accept_queue;
use players::Players;
use random::Random;
use report::Findings;
use shared::{DOMAIN, LINGER_MS, Phase, SESSION_CUT_MS, ServerConfig, SharedState, apikey};
use site::FailingSite;

/// Descriptors for everything but users, callers and the crowd.
const DESCRIPTORS: u64 = 500;
/// The share of the measured rate that is sent if no rate is given.
const SHARE: f64 = 0.5;
/// How long the rate is measured, and how long messages are sent before the server is stopped: at most, in seconds.
const PART_SECONDS: f64 = 15.0;

/// Runs all steps, and reports.
pub(crate) fn run(settings: &Settings) -> Result<Outcome, Box<dyn Error>> {
    let connections = u64::from(settings.users) + u64::from(settings.concurrency);
    if connections + DESCRIPTORS > settings.table {
        return Err(
            "this many users need more descriptors than one table of this machine has; see ulimit -n".into(),
        );
    }
    let interrupt = Interrupt::heard()?;
    let folder = TempDir::new()?;
    let site = FailingSite::start(DOMAIN, Random::new(settings.seed, 1 << 32))?;
    site.allow(&apikey(0));
    let config = config(settings, site.url());
    let path = folder.path().join("nextim.toml");
    fs::write(&path, config.text())?;
    let clock = clock(settings, folder.path())?;
    let extras = Extras { config: Some(path.clone()), environment: environment(settings, clock.as_deref()) };
    let known = Settings { domain: DOMAIN.to_owned(), apikey: apikey(0), extras, ..settings.clone() };
    let (target, outcome, rate) = measured(&known)?;
    // More connections than accept queues and shards hold.
    let crowd = accept_queue() * settings.shards * 11 / 10 + connections;
    let shared = Arc::new(shared(settings, &target, rate)?);
    let mut conductor = Conductor {
        target,
        shared: Arc::clone(&shared),
        site,
        config,
        path,
        clock,
        crowd: crowd.min(settings.table - connections - DESCRIPTORS),
        random: Random::new(settings.seed, 2 << 32),
        interrupt,
        watched: settings.progress || io::stderr().is_terminal(),
        process_faults: ProcessFaultCounts::default(),
        errors: BTreeMap::new(),
    };
    let found = conduct(&mut conductor, settings.seconds)?;
    Ok(report::write(outcome, settings, rate, found, conductor))
}

/// The steps, from the first user to the end of the server.
fn conduct(conductor: &mut Conductor, seconds: f64) -> Result<Findings, Box<dyn Error>> {
    let (before, descriptors) = (Memory::of(&conductor.target.processes), conductor.descriptors());
    let players = Players::start(&conductor.shared)?;
    conductor.settle(Phase::Gather);
    conductor.faults(seconds)?;
    conductor.settle(Phase::Calm);
    conductor.settle(Phase::Leave);
    // Until then the server may hold pages whose ticket never arrived, and users that linger.
    thread::sleep(Duration::from_millis(SESSION_CUT_MS + LINGER_MS));
    let leaked = conductor.leaked(&descriptors);
    let after = Memory::of(&conductor.target.processes);
    conductor.settle(Phase::Gather);
    conductor.faults(part(seconds))?;
    let down = conductor.down()?;
    conductor.shared.begin(Phase::End);
    if conductor.watched {
        say("");
    }
    Ok(Findings { before, after, leaked, down, played: players.end()? })
}

/// How long a short step of the run takes, in seconds.
fn part(seconds: f64) -> f64 {
    (seconds / 20.0).clamp(1.0, PART_SECONDS)
}

/// The configuration the server starts with.
fn config(settings: &Settings, undelivered_url: String) -> ServerConfig {
    let connections = u64::from(settings.users) + u64::from(settings.concurrency);
    // More than an even share, for the kernel does not spread connections evenly, and fewer than a crowd opens.
    let connections_per_shard = connections * 3 / 2 / settings.shards + 100;
    ServerConfig {
        keys: vec![0],
        max_users: u32::MAX,
        with_guest: false,
        connections_per_shard,
        undelivered_url,
    }
}

/// The file with the offset of the wall clock, if there is a library that reads it.
fn clock(settings: &Settings, folder: &Path) -> io::Result<Option<PathBuf>> {
    let Some(library) = &settings.faketime else { return Ok(None) };
    if !library.is_file() {
        return Err(io::Error::other(format!("there is no {}", library.display())));
    }
    let file = folder.join("clock");
    fs::write(&file, "+0\n")?;
    Ok(Some(file))
}

fn environment(settings: &Settings, clock: Option<&Path>) -> Vec<(&'static str, OsString)> {
    match (&settings.faketime, clock) {
        (Some(library), Some(clock)) => vec![
            ("LD_PRELOAD", library.into()),
            ("FAKETIME_TIMESTAMP_FILE", clock.into()),
            // libfaketime reads the file again once a second. The monotonic clock is not changed.
            ("FAKETIME_CACHE_DURATION", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ],
        (_, _) => Vec::new(),
    }
}

/// Starts the server. Measures how many messages a second it takes, unless a rate is given.
fn measured(settings: &Settings) -> Result<(Target, Outcome, f64), Box<dyn Error>> {
    let title = settings.scenario.scenario().title;
    let mut stage = Stage::open(settings, title, settings.kind)?;
    if let Some(rate) = settings.rate {
        let (target, outcome) = stage.dismiss();
        return Ok((target, outcome, rate));
    }
    stage.park()?;
    let step = stage.messages(Pace::Closed(settings.concurrency), false, part(settings.seconds))?;
    stage.leave()?;
    let (target, mut outcome) = stage.dismiss();
    let taken = ratio(real(step.tally.messages), step.seconds);
    outcome.figures.clear();
    outcome.figure("messages the server takes without faults", "/s", taken);
    Ok((target, outcome, taken * SHARE))
}

fn shared(settings: &Settings, target: &Target, rate: f64) -> Result<SharedState, Box<dyn Error>> {
    let population = Population {
        users: settings.users,
        buddies: settings.buddies,
        room_size: settings.room_size,
        parts: settings.threads,
    };
    let address = *target.addresses.first().ok_or("the server listens nowhere")?;
    let callers = settings.concurrency.div_ceil(settings.threads);
    Ok(SharedState::new(address, population, callers, rate, settings.seed))
}
