//! The plan of a run: how many users, for how long, with which faults.
//!
//! Owns: the variables that ask for a longer run, and the defaults. Must not: start anything.

use std::path::PathBuf;

use nextim_testkit::load::population::Population;
use nextim_testkit::variables::{number, path};

/// Buddies of each user.
const BUDDIES: u32 = 9;
/// Members of each room.
const ROOM_SIZE: u32 = 50;
/// Calls at a time, at most.
const CALLERS: u32 = 256;
/// The longest time that messages are sent before the server is shut down, in seconds.
const SECONDS_BEFORE_DOWN_MAX: u64 = 15;

/// The plan of a run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) users: u32,
    /// Messages a second.
    pub(crate) rate: u64,
    pub(crate) seconds: u64,
    pub(crate) shards: u16,
    pub(crate) seed: u64,
    /// Debian's libfaketimeMT.so.1: with it the server's wall clock jumps, too.
    pub(crate) faketime: Option<PathBuf>,
}

impl Plan {
    /// The plans that the variables ask for: by default a short run with one shard, and one with two.
    pub(crate) fn asked_for() -> Vec<Plan> {
        let shards = number("NEXTIM_FAULTS_SHARDS").map_or(vec![1, 2], |shards| vec![shards]);
        let small = |number: u64| u32::try_from(number).expect("a small number");
        let plan = |shards| Plan {
            users: number("NEXTIM_FAULTS_USERS").map_or(200, small),
            rate: number("NEXTIM_FAULTS_RATE").unwrap_or(300),
            seconds: number("NEXTIM_FAULTS_SECONDS").unwrap_or(10),
            shards: u16::try_from(shards).expect("a small number"),
            seed: number("NEXTIM_FAULTS_SEED").unwrap_or(1),
            faketime: path("NEXTIM_FAULTS_FAKETIME"),
        };
        shards.into_iter().map(plan).collect()
    }

    /// Connections of users and callers.
    pub(crate) fn connections(&self) -> u64 {
        u64::from(self.users) + u64::from(CALLERS)
    }

    /// How long messages are sent before the server is shut down, in seconds.
    pub(crate) fn seconds_before_down(&self) -> u64 {
        (self.seconds / 20).clamp(1, SECONDS_BEFORE_DOWN_MAX)
    }

    /// The users, all played by one thread.
    pub(crate) fn population(&self) -> Population {
        Population { users: self.users, buddies: BUDDIES, room_size: ROOM_SIZE, parts: 1 }
    }

    /// How many calls each player makes at a time, at most.
    pub(crate) fn callers_per_player(&self) -> u32 {
        CALLERS.div_ceil(self.population().parts)
    }
}
