//! The contract as a model, checked from outside: a seeded world of sites and browsers against the built server.
//!
//! Each seed starts a server with 1 to 8 shards and two domains with the same names. For some rounds users come and go,
//! with up to four pages, of all dialects; pages poll, are cut, drop answers, replace their polls, change and vanish;
//! the process is stopped, and single shards stand still. After each round everything comes to rest, and then the model
//! and the server must agree on the messages each page has seen, the users each page shows, lists, members and counts,
//! and the messages that came back to the site. Where parallel calls leave a link undecided, the probe at rest finds it
//! out: then all pages must agree with each other.
//!
//! - `cargo test --test model` runs a few seeds, `NEXTIM_MODEL_SEEDS=N` that many;
//! - `NEXTIM_MODEL_MINUTES=M` runs as many as there is time for, and prints how many that was;
//! - `NEXTIM_MODEL_FROM=X` begins either of these with seed X instead of 0, to run seeds that were not run yet;
//! - `NEXTIM_MODEL_SEED=X` runs one and prints its steps. The seed decides the choices, not how the machine interleaves
//!   them; a failure therefore leaves its trace in `target/tmp/`.
//!
//! A machine that is too slow for the model to poll in time, or for the server to gather in time, makes a run
//! worthless; that is measured, and such a seed runs again, with longer time limits. An answer that came late, by the
//! measure of a machine that comes late itself, says less than one in time: the summary counts them.
//!
//! Reading order: [`plan`], [`ledger`], [`world`], [`pages`], [`sights`], [`groups`], [`signals`], [`calls`], [`opening`],
//! [`acts`], [`users`], [`faults`], [`rules`], [`views`], [`rest`], [`trials`].

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a failing seed says how to run it again")]

mod acts;
mod calls;
mod faults;
mod groups;
mod ledger;
mod opening;
mod pages;
mod plan;
mod rest;
mod rules;
mod server;
mod sights;
mod signals;
mod trials;
mod users;
mod views;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use nextim_testkit::variables::number;
use plan::Plan;
use world::World;

/// Seeds in a plain `cargo test`.
const SEEDS: u64 = 6;
/// Rounds of a run in a plain `cargo test`, and in longer ones.
const ROUNDS: (usize, usize) = (2, 4);
/// Worlds at once, for each core.
const WORLDS_PER_CORE: usize = 2;
/// How often a seed runs again because the machine was too slow.
const STALLS_MAX: usize = 5;

/// After how many seeds that failed no other is begun.
const FAILURES_MAX: usize = 4;

/// Progress of a test.
#[derive(Default)]
struct Work {
    next: u64,
    ran: u64,
    stalls: usize,
    failed: Vec<u64>,
    counts: Counts,
}

/// Counters of acts and faults.
type Counts = BTreeMap<&'static str, u64>;

/// Writes the trace if a run fails.
struct Replay(World);

impl Drop for Replay {
    fn drop(&mut self) {
        if thread::panicking() {
            let seed = self.0.plan.seed;
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("model-{seed}.trace"));
            let written = fs::write(&path, self.0.trace());
            eprintln!(
                "seed {seed} failed: NEXTIM_MODEL_SEED={seed} cargo test --test model; trace in {}: {written:?}",
                path.display()
            );
        }
    }
}

/// Runs a seed. The error is why the run is worthless.
fn run(seed: u64, rounds: usize, pace: u64, aloud: bool) -> Result<Counts, String> {
    let plan = Plan::new(seed, pace);
    let mut replay = Replay(World::new(plan, aloud));
    let world = &mut replay.0;
    let plan = world.plan.clone();
    world.note(|| format!("{plan:?}"));
    for _ in 0..rounds {
        if world.round().is_none() {
            return Err(world.stalled.clone().unwrap_or_default());
        }
    }
    world.go_down().ok_or_else(|| world.stalled.clone().unwrap_or_default())?;
    Ok(std::mem::take(&mut world.counts))
}

/// Runs a seed until the machine is fast enough. Returns how often it was not, and the counters.
fn run_surely(seed: u64, rounds: usize) -> (usize, Counts) {
    let mut last = String::new();
    for stalls in 0..STALLS_MAX {
        match run(seed, rounds, 1 << stalls, false) {
            Ok(counts) => return (stalls, counts),
            Err(why) => {
                eprintln!("seed {seed} runs again: {why}");
                last = why;
            }
        }
    }
    panic!("this machine, or the server, is too slow for seed {seed}: {last}");
}

#[test]
fn the_server_does_what_the_contract_says() {
    if let Some(seed) = number("NEXTIM_MODEL_SEED") {
        run(seed, ROUNDS.1, 1, true).expect("the machine is fast enough");
        return;
    }
    let until =
        number("NEXTIM_MODEL_MINUTES").map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    let seeds = number("NEXTIM_MODEL_SEEDS");
    let rounds = if until.is_some() || seeds.is_some() { ROUNDS.1 } else { ROUNDS.0 };
    let seeds = seeds.unwrap_or(if until.is_some() { u64::MAX } else { SEEDS });
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let work = Mutex::new(Work { next: number("NEXTIM_MODEL_FROM").unwrap_or(0), ..Work::default() });
    let take = || {
        let mut work = work.lock().unwrap();
        let out_of_time = until.is_some_and(|until| Instant::now() > until);
        if work.ran >= seeds || out_of_time || work.failed.len() >= FAILURES_MAX {
            return None;
        }
        work.ran += 1;
        work.next += 1;
        Some(work.next - 1)
    };
    thread::scope(|scope| {
        for _ in 0..WORLDS_PER_CORE * cores {
            scope.spawn(|| {
                while let Some(seed) = take() {
                    let ran = thread::scope(|scope| scope.spawn(|| run_surely(seed, rounds)).join());
                    let mut work = work.lock().unwrap();
                    match ran {
                        Ok((stalls, counts)) => {
                            work.stalls += stalls;
                            for (what, count) in counts {
                                *work.counts.entry(what).or_default() += count;
                            }
                        }
                        Err(_) => work.failed.push(seed),
                    }
                }
            });
        }
    });
    let Work { ran, stalls, failed, counts, .. } = work.into_inner().unwrap();
    println!("model: {ran} seeds, {rounds} rounds each; {stalls} runs were too slow and ran again");
    let counts: Vec<String> = counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
    println!("model: {}", counts.join(", "));
    assert!(failed.is_empty(), "these seeds failed: {failed:?}");
}
