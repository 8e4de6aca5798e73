//! The simulator of the cluster: several nodes in one thread, each with routers and a hub, and a network that loses, delays
//! and doubles what goes between them.
//!
//! A seed decides everything, so one that fails can be replayed:
//!
//! - `cargo test` runs 128 seeds, `NEXTIM_CLUSTER_SEEDS=10000 cargo test --release cluster::sim` that many;
//! - `NEXTIM_CLUSTER_SEED=12 cargo test --lib cluster::sim -- --nocapture` runs one and prints its steps.
//!
//! What is checked when all is quiet ([`rules`]): every call was answered once; rosters and rooms agree at both ends, by the
//! images between them; no image is kept for nothing; every page shows its buddies as they are; a message that was counted
//! was seen, and none was seen twice.

mod moves;
mod pages;
mod rules;
mod world;

use nextim_testkit::random::Random;
use nextim_testkit::variables::{Replay, number};

use world::{Plan, World};

/// Seeds in a plain `cargo test`.
const SEEDS: u64 = 128;
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
    for seed in 0..number("NEXTIM_CLUSTER_SEEDS").unwrap_or(SEEDS) {
        run(seed, false);
    }
}
