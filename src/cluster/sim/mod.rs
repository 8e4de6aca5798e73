//! The simulator of the cluster: several nodes in one thread, each with routers and a hub, and a network that loses, delays
//! and doubles what goes between them.
//!
//! A seed decides everything, so one that fails can be replayed:
//!
//! - `cargo test` runs 256 seeds, `NEXTIM_CLUSTER_SEEDS=10000 cargo test --release cluster::sim` that many;
//! - `NEXTIM_CLUSTER_SEED=12 cargo test --lib cluster::sim -- --nocapture` runs one and prints its steps.
//!
//! What is checked when all is quiet ([`rules`]): every call was answered once; rosters and rooms agree at both ends, by the
//! images between them; no image is kept for nothing; every page shows its buddies as they are; a message that was counted
//! was seen, and none was seen twice.

mod moves;
mod pages;
mod rules;
mod world;

use std::thread;

use nextim_testkit::random::Random;
use nextim_testkit::variables::{Replay, number};

use world::{Plan, World};

/// Seeds in a plain `cargo test`.
const SEEDS: u64 = 256;
/// Seeds beyond them that have found what they do not: two users who were shown for ever, one because it hid while a link
/// broke, and one because it moved here while it was looked for.
const RARE: [u64; 1] = [353];
/// They are divided among so many threads.
const THREADS: u64 = 2;
/// Steps of one run.
const STEPS: usize = 500;
/// Steps from one quiet moment to the next.
const STEPS_QUIET: usize = 100;

fn run(seed: u64, trace: bool) {
    let _replay = Replay { seed, variable: "NEXTIM_CLUSTER_SEED", filter: "cluster::sim" };
    let mut random = Random::new(seed);
    let plan = Plan::new(&mut random);
    let mut world = World::new(plan, random, trace);
    world.note(|| format!("seed {seed}: {:?}", world.plan));
    world.come_up();
    for step in 1..=STEPS {
        world.act();
        if step % STEPS_QUIET == 0 {
            world.settle();
            world.check_quiet();
        }
    }
    world.end();
}

#[test]
fn nodes_agree_whatever_the_network_does() {
    if let Some(seed) = number("NEXTIM_CLUSTER_SEED") {
        return run(seed, true);
    }
    let seeds = number("NEXTIM_CLUSTER_SEEDS").unwrap_or(SEEDS);
    let is_mine = |thread: u64| move |seed: &u64| seed % THREADS == thread;
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                (0..seeds).chain(RARE).filter(is_mine(thread)).for_each(|seed| run(seed, false));
            });
        }
    });
}
