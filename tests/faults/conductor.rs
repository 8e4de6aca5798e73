//! The conductor: what is done to the server's process, and when.
//!
//! Owns: stops, reloads, crowds, jumps of the clock, and the shutdown. Must not: own users. It does one thing at a
//! time, and checks that the server does what it should.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nextim_testkit::patience::{comes_true, eventually};
use nextim_testkit::server::Server;
use nix::sys::signal::Signal;

use super::chance::Chance;
use super::crowd::{Crowd, CrowdCounts};
use super::memory::descriptors;
use super::probe::{PendingCall, Probe};
use super::shared::{Phase, ServerConfig, SharedState, apikey};
use super::site::FailingSite;

/// The pause between two looks at what is due.
const LOOK: Duration = Duration::from_millis(50);
/// After this many equal answers in a row, all shards are taken to have the new configuration.
const PROBES: u32 = 24;
/// How long the process is stopped, in milliseconds: longer than the delay that the server takes for overload.
const STOP_MS: std::ops::Range<u64> = 1_200..4_500;
/// How long a crowd stays, in milliseconds.
const CROWD_MS: std::ops::Range<u64> = 500..2_000;
/// The farthest jump of the wall clock, in seconds, to either side.
const JUMP_S: u64 = 86_400;

/// A fault of the server's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProcessFault {
    Stop,
    Reload,
    Crowd,
    Jump,
}

/// Each fault, and how often it is injected in a run. The mean time between two is at least this, in milliseconds.
const PROCESS_FAULTS: [(ProcessFault, u64); 4] = [
    (ProcessFault::Stop, 12),
    (ProcessFault::Reload, 24),
    (ProcessFault::Crowd, 8),
    (ProcessFault::Jump, 12),
];
const PROCESS_FAULT_MS_MIN: u64 = 1_500;

/// How often each fault was injected.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProcessFaultCounts {
    pub(crate) stops: u64,
    pub(crate) stopped_ms: u64,
    pub(crate) reloads: u64,
    pub(crate) guests: u64,
    pub(crate) jumps: u64,
    pub(crate) crowds: u64,
    pub(crate) crowd: CrowdCounts,
}

/// The conductor.
pub(crate) struct Conductor {
    pub(crate) server: Server,
    pub(crate) shared: Arc<SharedState>,
    pub(crate) site: FailingSite,
    pub(crate) config: ServerConfig,
    pub(crate) path: PathBuf,
    /// The file with the offset of the wall clock.
    pub(crate) clock: Option<PathBuf>,
    /// The number of connections of a crowd.
    pub(crate) crowd: u64,
    pub(crate) chance: Chance,
    pub(crate) process_faults: ProcessFaultCounts,
    pub(crate) errors: BTreeMap<String, u64>,
}

impl Conductor {
    fn error(&mut self, kind: impl Into<String>) {
        *self.errors.entry(kind.into()).or_default() += 1;
    }

    /// Begins a phase, and waits until all users have settled in it.
    pub(crate) fn settle(&mut self, phase: Phase) {
        self.shared.begin(phase);
        let (shared, users) = (Arc::clone(&self.shared), u64::from(self.shared.population.users));
        if !comes_true(|| shared.settled(phase) == users) {
            let missing = users - shared.settled(phase);
            self.error(format!("users that did not settle ({phase:?}): {missing}"));
        }
    }

    /// Messages and faults for this many milliseconds.
    pub(crate) fn faults(&mut self, ms: u64) {
        let all = Duration::from_millis(ms);
        let mean = PROCESS_FAULTS.map(|(_, times)| (ms / (times + 1)).max(PROCESS_FAULT_MS_MIN));
        let mut next = mean.map(|mean| Duration::from_millis(self.chance.within(mean / 4..mean)));
        self.shared.begin(Phase::Faults);
        let began = Instant::now();
        while began.elapsed() < all {
            for (index, (fault, _)) in PROCESS_FAULTS.into_iter().enumerate() {
                if next[index] <= began.elapsed() {
                    self.inject(fault);
                    next[index] =
                        began.elapsed() + Duration::from_millis(self.chance.wait(mean[index]).max(1));
                }
            }
            thread::sleep(LOOK);
        }
        // The next phase needs room for all users.
        self.config.max_users = u32::MAX;
        self.apply_config();
    }

    fn inject(&mut self, fault: ProcessFault) {
        match fault {
            ProcessFault::Stop => self.stop(|_| ()),
            ProcessFault::Reload => self.reload(),
            ProcessFault::Crowd => self.crowd(),
            ProcessFault::Jump => self.jump(),
        }
    }

    /// Stops the process for a while. `meanwhile` runs while it is stopped.
    fn stop<T>(&mut self, meanwhile: impl FnOnce(&Conductor) -> T) -> T {
        let ms = self.chance.within(STOP_MS);
        self.server.signal(Signal::SIGSTOP);
        let done = meanwhile(self);
        thread::sleep(Duration::from_millis(ms));
        self.server.signal(Signal::SIGCONT);
        self.process_faults.stops += 1;
        self.process_faults.stopped_ms += ms;
        done
    }

    /// Opens a crowd: half of the time while the process is stopped, so that the accept queues of the kernel
    /// overflow.
    fn crowd(&mut self) {
        let crowd = if self.chance.one_in(2) {
            self.stop(|conductor| Crowd::connect(conductor.shared.address, conductor.crowd))
        } else {
            Crowd::connect(self.shared.address, self.crowd)
        };
        let ms = self.chance.within(CROWD_MS);
        thread::sleep(Duration::from_millis(ms));
        let CrowdCounts { connected, refused, kept_out } = crowd.disconnect();
        self.process_faults.crowds += 1;
        self.process_faults.crowd.connected += connected;
        self.process_faults.crowd.refused += refused;
        self.process_faults.crowd.kept_out += kept_out;
    }

    /// Lets the wall clock jump, if a library can do it.
    fn jump(&mut self) {
        if let Some(clock) = &self.clock {
            let sign = if self.chance.one_in(2) { '+' } else { '-' };
            fs::write(clock, format!("{sign}{}s\n", self.chance.within(1..JUMP_S))).unwrap();
            self.process_faults.jumps += 1;
        }
    }

    /// Changes the configuration. Three turns alternate: a new apikey and the second domain are added; the old
    /// apikey goes and `max_users` falls; `max_users` rises again and the second domain goes.
    fn reload(&mut self) {
        let turn = self.process_faults.reloads % 3;
        self.process_faults.reloads += 1;
        let probe = Probe(self.shared.address);
        match turn {
            0 => self.add_a_key_and_the_guest(probe),
            1 => self.remove_a_key_and_room(probe),
            _ => self.remove_the_guest(probe),
        }
    }

    fn add_a_key_and_the_guest(&mut self, probe: Probe) {
        let (old, new) = (self.shared.key(), self.shared.key() + 1);
        self.config.keys = vec![new, old];
        self.config.with_guest = true;
        self.site.allow(&apikey(new));
        self.apply_config();
        self.expect("a new apikey is not known", || probe.status_of_key(new) != Some(401));
        self.shared.use_key(new);
        self.expect_guest(probe);
    }

    fn remove_a_key_and_room(&mut self, probe: Probe) {
        let key = self.shared.key();
        self.config.keys = vec![key];
        self.config.max_users = self.shared.population.users / 20 * 19;
        self.apply_config();
        let before = key.saturating_sub(1);
        self.expect("an old apikey is still known", || probe.status_of_key(before) == Some(401));
    }

    fn remove_the_guest(&mut self, probe: Probe) {
        self.config.max_users = u32::MAX;
        self.config.with_guest = false;
        // After a crowd there may be no room for a moment.
        let ticket = eventually("the other domain is there", || probe.guest_ticket());
        let poll = probe.guest_poll(&ticket);
        self.apply_config();
        self.expect("a removed domain is still known", || probe.guest_is_unknown());
        // If the server refused this poll, the next poll of the page shows the end of the session.
        let sees_the_end = |poll: Option<PendingCall>| poll.is_some_and(PendingCall::shows_the_end);
        if !sees_the_end(poll) && !comes_true(|| sees_the_end(probe.guest_poll(&ticket))) {
            self.error("the page of a removed domain was not stopped");
        }
    }

    /// Writes the file, and sends the signal that makes the server read it.
    fn apply_config(&mut self) {
        fs::write(&self.path, self.config.text()).unwrap();
        self.server.signal(Signal::SIGHUP);
    }

    /// Waits until every shard satisfies a condition: enough checks in a row reach all shards.
    fn expect(&mut self, otherwise: &str, holds: impl Fn() -> bool) {
        if !comes_true(|| (0..PROBES).all(|_| holds())) {
            self.error(otherwise);
        }
    }

    /// A user of the second domain must get messages.
    fn expect_guest(&mut self, probe: Probe) {
        let is_served =
            comes_true(|| probe.guest_ticket().is_some_and(|ticket| probe.guest_is_served(&ticket)));
        if is_served {
            self.process_faults.guests += 1;
        } else {
            self.error("an added domain is not served");
        }
    }

    /// The number of descriptors of each thread of the server, once it has stopped changing.
    pub(crate) fn descriptors(&self) -> BTreeMap<String, u64> {
        let process = self.server.process().id();
        let mut before = descriptors(process);
        comes_true(|| {
            thread::sleep(4 * LOOK);
            let now = descriptors(process);
            let is_same = now == before;
            before = now;
            is_same
        });
        before
    }

    /// Waits until the server has no more descriptors than before. Returns how many more it has otherwise.
    pub(crate) fn leaked(&self, before: &BTreeMap<String, u64>) -> u64 {
        let process = self.server.process().id();
        let leaked = || -> u64 {
            let now = descriptors(process);
            let more = now
                .iter()
                .map(|(thread, count)| count.saturating_sub(before.get(thread).copied().unwrap_or(0)));
            more.sum()
        };
        comes_true(|| leaked() == 0);
        leaked()
    }

    /// Shuts the server down while messages are sent and the site takes every report. Returns how long it took.
    pub(crate) fn down(&mut self) -> Duration {
        self.site.accept_all();
        self.shared.begin(Phase::Down);
        if !comes_true(|| self.shared.is_followed(Phase::Down)) {
            self.error("a player hangs");
        }
        let began = Instant::now();
        self.server.signal(Signal::SIGTERM);
        let status = self.server.wait();
        if !status.success() {
            self.error(format!("the server ended with {status}"));
        }
        began.elapsed()
    }
}
