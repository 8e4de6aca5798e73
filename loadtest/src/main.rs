//! The load generator and benchmark harness of `NextIM`.
//!
//! ```text
//!   scenarios, compare ──► stage ──► target: the server's process
//!                            └─────► generator: threads with an event loop each
//!                                      users (polls)  callers (the site's calls)  ledger (nothing lost)
//! ```
//!
//! Reading order: [`scenario`] (what there is to measure), [`arguments`], [`scenarios`], [`compare`], [`cluster`] with [`nodes`] and [`calls`] (the steps and
//! figures), [`stage`] (measuring around a step), [`generator`], [`attack`] (hostile clients), [`dialect`], [`floor`]
//! (the stand-in server that ratios are taken to), [`nchan`] (a server that others use), [`outcome`] and [`table`], and
//! [`page`] (plots).
//!
//! Owns: what is printed, and the exit code: 0, 1 if something went wrong, a message that was lost or came twice
//! included, 2 for wrong arguments. Must not: measure.

mod arguments;
mod attack;
mod callgrind;
mod calls;
mod cluster;
mod compare;
mod dialect;
mod flatness;
mod floor;
mod generator;
mod instructions;
mod interrupt;
mod measure;
mod nchan;
mod nodes;
mod number;
mod outcome;
mod page;
mod plot;
mod scenario;
mod scenarios;
mod settings;
mod stage;
mod table;
mod target;

use std::error::Error;
use std::fs;
use std::io::Write;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;

use arguments::{Arguments, Command, Options};
use measure::Machine;
use outcome::{FORMAT, Outcome, Run};
use scenario::Name;

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            writeln!(std::io::stderr(), "nextim-loadtest: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

/// Does what was asked for. Returns whether all was well.
fn run(command: Command) -> Result<bool, Box<dyn Error>> {
    match command {
        Command::Park(options) => measured(Name::Park, &options),
        Command::Route(options) => measured(Name::Route, &options),
        Command::Room(options) => measured(Name::Room, &options),
        Command::Broadcast(options) => measured(Name::Broadcast, &options),
        Command::Churn(options) => measured(Name::Churn, &options),
        Command::Storm(options) => measured(Name::Storm, &options),
        Command::Cycle(options) => measured(Name::Cycle, &options),
        Command::Idle(options) => measured(Name::Idle, &options),
        Command::Soak(options) => measured(Name::Soak, &options),
        Command::Hostile(options) => measured(Name::Hostile, &options),
        Command::Calls(options) => measured(Name::Calls, &options),
        Command::Instructions(options) => measured(Name::Instructions, &options),
        Command::Cluster(options) => measured(Name::Cluster, &options),
        Command::Compare(options) => measured(Name::Compare, &options),
        Command::Report { files, out } => {
            let mut runs = Vec::new();
            for file in &files {
                let named = |error: &dyn Error| format!("{}: {error}", file.display());
                let text = fs::read_to_string(file).map_err(|error| named(&error))?;
                let run: Run = serde_json::from_str(&text).map_err(|error| named(&error))?;
                if run.format != FORMAT {
                    return Err(format!("{}: of another version", file.display()).into());
                }
                runs.push(run);
            }
            fs::write(&out, page::of(&runs)).map_err(|error| format!("{}: {error}", out.display()))?;
            Ok(true)
        }
        Command::FloorServer { threads, calls } => floor::serve(threads, calls).map(|()| true),
    }
}

fn measured(scenario: Name, options: &Options) -> Result<bool, Box<dyn Error>> {
    let table = generator::connections_per_table()?;
    let began = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let machine = Machine::here();
    let (outcomes, ratios) = match scenario {
        Name::Compare => {
            let (settings, with_two) = options.compared(table)?;
            compare::run(&settings, with_two.as_ref())?
        }
        Name::Calls => calls::run(&options.settings(scenario, table)?, scenario.scenario().title)?,
        Name::Cluster => {
            (vec![cluster::run(&options.settings(scenario, table)?, scenario.scenario().title)?], Vec::new())
        }
        Name::Instructions => {
            let settings = options.settings(scenario, table)?;
            (vec![instructions::run(&settings, scenario.scenario().title)?], Vec::new())
        }
        Name::Park
        | Name::Route
        | Name::Room
        | Name::Broadcast
        | Name::Churn
        | Name::Storm
        | Name::Cycle
        | Name::Idle
        | Name::Soak
        | Name::Hostile => (vec![scenarios::run(&options.settings(scenario, table)?)?], Vec::new()),
    };
    let run = Run { format: FORMAT, began, machine, outcomes, ratios };
    let mut stdout = std::io::stdout().lock();
    write!(stdout, "{}", table::of(&run)).and_then(|()| stdout.flush())?;
    if let Some(file) = &options.json {
        let text = serde_json::to_string_pretty(&run)?;
        fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(!run.outcomes.iter().any(Outcome::failed))
}
