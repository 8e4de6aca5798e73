//! The fault run: messages at a rate, while users, networks, the site and the process fail.
//!
//! ```text
//!   conductor ── SIGSTOP, SIGHUP, crowds, SIGTERM ──► the server ── undelivered messages ──► site
//!       │ phases                                          ▲ │
//!       └──► players: users and callers that break ───────┘ └──► ledger: 0 lost, 0 doubled
//! ```
//!
//! Reading order: `plan` (the size of a run), `kinds` (the faults of users, and how often each is due), `shared` (the
//! phases, the server's configuration), `ledger` (what must hold), `player` with `user`, `users`, `streams`,
//! `inject`, `caller`, `callers` and `connection`, `conductor` with `crowd`, `probe` and `memory`, `site`, and `report`.
//!
//! Owns: the steps of a run. Must not: measure speed. `docs/reliability.md` has the variables for a longer run.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod caller;
mod callers;
mod chance;
mod conductor;
mod connection;
mod crowd;
mod inject;
mod kinds;
mod ledger;
mod memory;
mod plan;
mod player;
mod players;
mod probe;
mod report;
mod shared;
mod site;
mod streams;
mod user;
mod users;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nextim_testkit::process::nextim;
use nextim_testkit::server::Server;
use tempfile::TempDir;

use chance::Chance;
use conductor::{Conductor, ProcessFaultCounts};
use crowd::accept_queue;
use memory::{descriptors_max, resident_bytes};
use plan::Plan;
use players::Players;
use report::{Findings, Report};
use shared::{DOMAIN, LINGER_MS, Phase, SESSION_CUT_MS, ServerConfig, SharedState, apikey};
use site::FailingSite;

/// Descriptors for everything but users, callers and the crowd.
const DESCRIPTORS: u64 = 500;

/// Does all steps, and reports.
fn run(plan: &Plan) -> Report {
    let table = descriptors_max();
    let connections = plan.connections();
    assert!(connections + DESCRIPTORS <= table, "this many users need more descriptors; see ulimit -n");
    let folder = TempDir::new().unwrap();
    let site = FailingSite::start(DOMAIN, Chance::new(plan.seed, 1 << 32));
    site.allow(&apikey(0));
    let config = ServerConfig::new(plan, site.url());
    let path = folder.path().join("nextim.toml");
    fs::write(&path, config.text()).unwrap();
    let clock = plan.faketime.as_ref().map(|_| folder.path().join("clock"));
    if let Some(clock) = &clock {
        fs::write(clock, "+0\n").unwrap();
    }
    let shards = plan.shards.to_string();
    let mut command = nextim(&["--listen", "127.0.0.1:0", "--log", "warn", "--shards", &shards, "--config"]);
    command.arg(&path).envs(environment(plan, &folder));
    let server = Server::run(&mut command);
    // More connections than accept queues and shards hold.
    let crowd = accept_queue() * u64::from(plan.shards) * 11 / 10 + connections;
    let shared = Arc::new(SharedState::new(server.address, plan));
    let mut conductor = Conductor {
        server,
        shared,
        site,
        config,
        path,
        clock,
        crowd: crowd.min(table - connections - DESCRIPTORS),
        chance: Chance::new(plan.seed, 2 << 32),
        process_faults: ProcessFaultCounts::default(),
        errors: BTreeMap::new(),
    };
    let found = conduct(&mut conductor, plan);
    report::write(plan, found, conductor)
}

/// The steps, from the first user to the end of the server.
fn conduct(conductor: &mut Conductor, plan: &Plan) -> Findings {
    let process = conductor.server.process().id();
    let (before, descriptors) = (resident_bytes(process), conductor.descriptors());
    let players = Players::start(&conductor.shared);
    conductor.settle(Phase::Gather);
    conductor.faults(plan.seconds * 1_000);
    conductor.settle(Phase::Calm);
    conductor.settle(Phase::Leave);
    // Until then the server may hold pages whose ticket never arrived, and users that linger.
    thread::sleep(Duration::from_millis(SESSION_CUT_MS + LINGER_MS));
    let leaked = conductor.leaked(&descriptors);
    let after = resident_bytes(process);
    conductor.settle(Phase::Gather);
    conductor.faults(plan.seconds_before_down() * 1_000);
    let down = conductor.down();
    conductor.shared.begin(Phase::End);
    Findings { before, after, leaked, down, played: players.end() }
}

/// What lets the wall clock of the server jump, if there is a library for it.
fn environment(plan: &Plan, folder: &TempDir) -> Vec<(&'static str, OsString)> {
    let Some(library) = &plan.faketime else { return Vec::new() };
    assert!(library.is_file(), "there is no {}", library.display());
    vec![
        ("LD_PRELOAD", library.into()),
        ("FAKETIME_TIMESTAMP_FILE", folder.path().join("clock").into()),
        // libfaketime reads the file again once a second. The monotonic clock is not changed.
        ("FAKETIME_CACHE_DURATION", "1".into()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
    ]
}

#[test]
fn nothing_is_lost_or_doubled_while_everything_fails() {
    for plan in Plan::asked_for() {
        let report = run(&plan);
        println!("faults: {plan:?}\n{report}");
        report.is_good();
    }
}
