//! The simulator: several routers in one thread, and a world around them that does whatever a world may do.
//!
//! A seed decides everything: how many routers, domains, users and rooms there are, the limits, what browsers and
//! sites do, by polls with and without `seq` and by streams, how late mail is per pair of places, when alarms ring,
//! which answers and events are flushed, late, broken off, or flushed and lost, which acknowledgements are lost, and
//! when the process is stopped, after which clocks have moved against each other. So a seed that fails can be replayed:
//!
//! - `cargo test` runs 256 seeds, `NEXTIM_SIM_SEEDS=10000 cargo test --release sim` that many;
//! - `NEXTIM_SIM_SEED=1234 cargo test sim -- --nocapture` runs one and prints its steps.
//!
//! What is checked, and where:
//!
//! - after every input ([`ledger`], [`signals`]): no message or signal is lost, doubled, leaked or counted wrongly;
//!   what a user left unacknowledged goes back to a site that takes it, once; sessions end and users go offline no
//!   earlier than they may;
//! - at every answer ([`conns`], [`browser`]): each call is answered once and may be answered so; a page that uses
//!   `seq` sees each message once and those of one sender in order; nothing of another domain;
//! - after every step and whenever no mail is on its way ([`rules`]): the tables agree with each other, at both ends
//!   of every link, and every deadline has its alarm;
//! - in calm moments ([`calm`]): every page shows its buddies as they are, and single calls do all they must;
//! - at the end: all pages vanish, time passes, and nothing is left.
//!
//! Reading order: [`random`], [`plan`], [`account`], [`browser`], [`world`], [`conns`], [`actors`],
//! [`pollers`], [`afterwards`], [`ledger`], [`signals`], [`rules`], [`calm`];
//! [`regressions`] keeps, step by step, what it has found broken.

mod account;
mod actors;
mod afterwards;
mod browser;
mod calm;
mod conns;
mod ledger;
mod plan;
mod pollers;
mod queues;
mod regressions;
mod rules;
mod signals;
mod world;

use std::sync::Arc;

use crate::base::domains::{DomainConfig, Domains};
use crate::router::mail::Input;
use nextim_testkit::random::Random;
use nextim_testkit::variables::{Replay, number};

use plan::Plan;
use world::World;

/// Seeds in a plain `cargo test`.
const SEEDS: u64 = 256;
/// Steps of one run.
const STEPS: usize = 400;
/// Steps from one quiet moment to the next.
const STEPS_QUIET: usize = 40;

fn run(seed: u64, trace: bool) {
    let _replay = Replay { seed, variable: "NEXTIM_SIM_SEED", filter: "sim" };
    let mut random = Random::new(seed);
    let plan = Plan::new(&mut random);
    let mut world = World::new(plan, random, trace);
    world.note(|| format!("seed {seed}: {:?}", world.plan));
    for step in 1..=STEPS {
        world.act();
        world.check_always();
        if step == STEPS / 2 && world.plan.remove {
            world.remove_domain();
        }
        if step == STEPS * 9 / 10 && world.plan.drain {
            world.drains = (0..world.routers.len()).collect();
        }
        if step % STEPS_QUIET == 0 {
            if world.random.chance(40) && !world.plan.drain {
                world.calm();
            } else {
                world.drain_mail();
                world.check_quiet();
            }
        }
    }
    if world.plan.drain && world.random.chance(50) {
        world.go_down();
    } else {
        world.end();
    }
    world.check_returned();
}

impl World {
    /// The last domain is not configured any more.
    fn remove_domain(&mut self) {
        let removed = self.plan.domains - 1;
        self.note(|| format!("domain {removed} is removed"));
        let configs: Vec<DomainConfig> = (0..removed).map(|number| self.plan.domain(number)).collect();
        let domains: Domains = self.domains.reload(&configs);
        self.domains = Arc::new(domains);
        self.removed = Some(removed);
        self.reloads = (0..self.routers.len()).collect();
    }

    /// All routers handle that the server has gone down.
    fn go_down(&mut self) {
        self.drain_mail();
        for place in 0..self.routers.len() {
            self.note(|| format!("router {place} has gone down"));
            self.handle(place, Input::End);
        }
    }

    /// All pages vanish and time passes.
    fn end(&mut self) {
        self.note(|| "all pages vanish".to_owned());
        self.drain_mail();
        for page in 0..self.pages.len() {
            let percent = self.random.pick(&[0, 100]);
            self.vanish(page, percent);
        }
        while let Some(ms) = self.next_alarm_ms() {
            self.drain_mail();
            while let Some(written) = self.written.first() {
                self.flush(written.key);
            }
            self.advance(ms);
            self.check_always();
        }
        self.drain_mail();
        self.check_quiet();
        self.check_empty();
    }
}

#[test]
fn nothing_is_lost_doubled_reordered_or_leaked() {
    if let Some(seed) = number("NEXTIM_SIM_SEED") {
        return run(seed, true);
    }
    for seed in 0..number("NEXTIM_SIM_SEEDS").unwrap_or(SEEDS) {
        run(seed, false);
    }
}
