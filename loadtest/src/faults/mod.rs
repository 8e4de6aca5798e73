//! The fault run: messages at half of what the server takes, while everything goes wrong.
//!
//! ```text
//!   conductor ── SIGSTOP, SIGHUP, crowds, SIGTERM ──► the server ── undelivered messages ──► site
//!       │ phases                                          ▲ │
//!       └──► players: users and callers that break ───────┘ └──► book: lost = 0, doubled = 0
//! ```
//!
//! Reading order: [`kinds`] (what happens to users, and how often), [`shared`] (the server's file, the phases),
//! [`mod@ledger`] (what must hold), [`player`] with [`users`], [`inject`], [`callers`] and [`connection`], [`conductor`] with
//! [`crowd`] and [`probe`], and [`site`].
//!
//! Owns: the steps and the figures. Must not: be used to measure speed: the generator does that, and here it says only
//! how much is half.

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
use conductor::{Blows, Conductor};
use crowd::accept_queue;
use players::Players;
use random::Dice;
use report::Found;
use shared::{DOMAIN, File, Ground, LINGER_MS, Phase, SESSION_CUT_MS, apikey};
use site::Site;

/// Descriptors that are neither users' nor callers' nor the crowd's.
const DESCRIPTORS: u64 = 500;
/// The share of what the server takes that is sent if nobody says how much.
const SHARE: f64 = 0.5;
/// How long is measured what it takes, in seconds, at most; and how long messages go on before it is told to end.
const PART_SECONDS: f64 = 15.0;

/// Runs it.
pub(crate) fn run(settings: &Settings) -> Result<Outcome, Box<dyn Error>> {
    let connections = u64::from(settings.users) + u64::from(settings.concurrency);
    if connections + DESCRIPTORS > settings.table {
        return Err(
            "so many users need more descriptors than one table of this machine has; see ulimit -n".into()
        );
    }
    let interrupt = Interrupt::heard()?;
    let folder = TempDir::new()?;
    let site = Site::start(DOMAIN, Dice::new(settings.seed, 1 << 32))?;
    site.allow(&apikey(0));
    let file = file(settings, site.url());
    let path = folder.path().join("nextim.toml");
    fs::write(&path, file.text())?;
    let clock = clock(settings, folder.path())?;
    let extras = Extras { config: Some(path.clone()), environment: environment(settings, clock.as_deref()) };
    let known = Settings { domain: DOMAIN.to_owned(), apikey: apikey(0), extras, ..settings.clone() };
    let (target, outcome, rate) = measured(&known)?;
    // More than queues and shards take.
    let crowd = accept_queue() * settings.shards * 11 / 10 + connections;
    let ground = Arc::new(ground(settings, &target, rate)?);
    let mut conductor = Conductor {
        target,
        ground: Arc::clone(&ground),
        site,
        file,
        path,
        clock,
        crowd: crowd.min(settings.table - connections - DESCRIPTORS),
        dice: Dice::new(settings.seed, 2 << 32),
        interrupt,
        watched: settings.progress || io::stderr().is_terminal(),
        blows: Blows::default(),
        errors: BTreeMap::new(),
    };
    let found = conduct(&mut conductor, settings.seconds)?;
    Ok(report::tell(outcome, settings, rate, found, conductor))
}

/// What happens, from the first user to the end of the server.
fn conduct(conductor: &mut Conductor, seconds: f64) -> Result<Found, Box<dyn Error>> {
    let (before, descriptors) = (Memory::of(&conductor.target.processes), conductor.descriptors());
    let players = Players::start(&conductor.ground)?;
    conductor.settle(Phase::Gather);
    conductor.faults(seconds)?;
    conductor.settle(Phase::Calm);
    conductor.settle(Phase::Leave);
    // Until then pages nobody knows of may be there, and users who linger.
    thread::sleep(Duration::from_millis(SESSION_CUT_MS + LINGER_MS));
    let leaked = conductor.leaked(&descriptors);
    let after = Memory::of(&conductor.target.processes);
    conductor.settle(Phase::Gather);
    conductor.faults(part(seconds))?;
    let down = conductor.down()?;
    conductor.ground.begin(Phase::End);
    if conductor.watched {
        say("");
    }
    Ok(Found { before, after, leaked, down, played: players.end()? })
}

/// A part of a run.
fn part(seconds: f64) -> f64 {
    (seconds / 20.0).clamp(1.0, PART_SECONDS)
}

/// What the server is configured with at first.
fn file(settings: &Settings, undelivered_url: String) -> File {
    let connections = u64::from(settings.users) + u64::from(settings.concurrency);
    // More than its share, for the kernel does not spread them evenly, and fewer than a crowd takes.
    let connections_per_shard = connections * 3 / 2 / settings.shards + 100;
    File { keys: vec![0], max_users: u32::MAX, with_guest: false, connections_per_shard, undelivered_url }
}

/// A file that says how far the wall clock is off, if there is a library that reads it.
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
            // It reads the file again once a second. The clock that never goes back does not.
            ("FAKETIME_CACHE_DURATION", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ],
        (_, _) => Vec::new(),
    }
}

/// Starts the server, and finds out how many messages a second are to be sent, unless somebody says.
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

fn ground(settings: &Settings, target: &Target, rate: f64) -> Result<Ground, Box<dyn Error>> {
    let population = Population {
        users: settings.users,
        buddies: settings.buddies,
        room_size: settings.room_size,
        parts: settings.threads,
    };
    let address = *target.addresses.first().ok_or("the server listens nowhere")?;
    let callers = settings.concurrency.div_ceil(settings.threads);
    Ok(Ground::new(address, population, callers, rate, settings.seed))
}
