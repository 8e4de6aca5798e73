//! How many instructions the server takes for each thing it does.
//!
//! Owns: the steps of the scenario, and what is divided by what. Must not: count; `callgrind.rs` does.

use std::error::Error;
use std::fs;

use tempfile::TempDir;

use crate::generator::task::Pace;
use crate::number::{ratio, real};
use crate::outcome::Outcome;
use crate::settings::Settings;
use crate::stage::Stage;

/// How long an empty poll is held, in milliseconds. Short, so that there are many to count; not so short that a server
/// under valgrind cannot keep up.
const HOLD_MS: u32 = 1_000;

/// How long it is held otherwise, in milliseconds: as long as front ends wait.
const LONG_HOLD_MS: u32 = 39_000;
/// How long users may be silent, in milliseconds: a server under valgrind is slow, and nobody's session ends for that.
const SLOW_MS: u32 = 3_600_000;

/// Counts, each kind on a server of its own: what users have in one would be part of the other.
pub(crate) fn run(settings: &Settings, title: &str) -> Result<Outcome, Box<dyn Error>> {
    let folder = TempDir::new()?;
    let with_holds = |hold_ms: u32| -> Result<Settings, Box<dyn Error>> {
        let file = folder.path().join(format!("{hold_ms}.toml"));
        fs::write(&file, configuration(settings, hold_ms))?;
        Ok(Settings { config: Some(file), buddies: 0, room_size: 0, ..settings.clone() })
    };
    let alone = with_holds(LONG_HOLD_MS)?;
    let mut stage = Stage::open(&alone, title, settings.kind)?;
    let online = park(&mut stage)?.0;
    figure(&mut stage.outcome, "per online and park", online);
    let pairs = messages(&mut stage, settings.concurrency, false, settings.seconds)?;
    figure(&mut stage.outcome, "per message, next poll included, many at once", pairs);
    let lockstep = messages(&mut stage, 1, false, settings.seconds)?;
    figure(&mut stage.outcome, "per message, next poll included, one at a time", lockstep);
    let mut outcome = stage.close()?;

    let mut stage =
        Stage::open(&Settings { buddies: settings.buddies, ..alone.clone() }, title, settings.kind)?;
    let (with_buddies, presences) = park(&mut stage)?;
    figure(&mut outcome, "per presence, next poll included", ratio(with_buddies - online, presences));
    outcome.add(stage.close()?);

    let mut stage = Stage::open(&Settings { room_size: settings.room_size, ..alone }, title, settings.kind)?;
    park(&mut stage)?;
    let rooms = messages(&mut stage, settings.concurrency, true, settings.seconds)?;
    figure(&mut outcome, "per room delivery, next poll included", rooms);
    outcome.add(stage.close()?);

    let mut stage = Stage::open(&with_holds(HOLD_MS)?, title, settings.kind)?;
    park(&mut stage)?;
    let step = stage.idle(settings.seconds)?;
    figure(&mut outcome, "per empty poll", ratio(real(step.instructions), real(step.tally.polls)));
    outcome.add(stage.close()?);
    Ok(outcome)
}

fn figure(outcome: &mut Outcome, what: &str, number: f64) {
    outcome.figure(&format!("instructions {what}"), "", number.round());
}

/// Instructions of a user who comes online and polls, and how many presences came to users meanwhile, of each.
fn park(stage: &mut Stage) -> Result<(f64, f64), Box<dyn Error>> {
    let step = stage.park()?;
    let users = real(step.tally.parked);
    Ok((ratio(real(step.instructions), users), ratio(real(step.tally.presences), users)))
}

/// Instructions for each arrival, so many calls at a time.
fn messages(stage: &mut Stage, in_flight: u32, rooms: bool, seconds: f64) -> Result<f64, Box<dyn Error>> {
    let step = stage.messages(Pace::Closed(in_flight), rooms, seconds)?;
    Ok(ratio(real(step.instructions), real(step.tally.arrivals)))
}

/// The configuration of a server that holds polls for so long.
fn configuration(settings: &Settings, hold_ms: u32) -> String {
    let Settings { domain, apikey, .. } = settings;
    format!(
        "[timeouts]\npoll_hold_ms_min = {hold_ms}\npoll_hold_ms_max = {hold_ms}\nsession_cut_ms = {SLOW_MS}\n\
         session_idle_ms = {SLOW_MS}\nidle_ms = {SLOW_MS}\n[[domain]]\nname = {domain:?}\napikeys = [{apikey:?}]\n"
    )
}
