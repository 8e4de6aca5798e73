//! The conductor: what is done to the server's process, and when.
//!
//! Owns: stops, reloads, crowds, jumps of the clock, and the shutdown. Must not: own users. It does one thing at a
//! time, and checks that the server does what it should.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::crowd::{Crowd, CrowdCounts};
use super::probe::{PendingCall, Probe};
use super::random::Random;
use super::shared::{DRAIN_MS, Phase, ServerConfig, SharedState, apikey};
use super::site::FailingSite;
use crate::interrupt::Interrupt;
use crate::measure::descriptors;
use crate::number::nanoseconds;
use crate::stage::say;
use crate::target::Target;

/// How often a condition is checked.
const LOOK: Duration = Duration::from_millis(50);
/// How long to wait for users, descriptors and reloads.
const PATIENCE: Duration = Duration::from_mins(1);
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
pub(super) struct ProcessFaultCounts {
    pub(super) stops: u64,
    pub(super) stopped_ms: u64,
    pub(super) reloads: u64,
    pub(super) guests: u64,
    pub(super) jumps: u64,
    pub(super) crowds: u64,
    pub(super) crowd: CrowdCounts,
}

/// The conductor.
pub(super) struct Conductor {
    pub(super) target: Target,
    pub(super) shared: Arc<SharedState>,
    pub(super) site: FailingSite,
    pub(super) config: ServerConfig,
    pub(super) path: PathBuf,
    /// The file with the offset of the wall clock.
    pub(super) clock: Option<PathBuf>,
    /// The number of connections of a crowd.
    pub(super) crowd: u64,
    pub(super) random: Random,
    pub(super) interrupt: Interrupt,
    pub(super) watched: bool,
    pub(super) process_faults: ProcessFaultCounts,
    pub(super) errors: BTreeMap<String, u64>,
}

impl Conductor {
    fn error(&mut self, kind: impl Into<String>) {
        *self.errors.entry(kind.into()).or_default() += 1;
    }

    /// Begins a phase, and waits until all users have settled in it.
    pub(super) fn settle(&mut self, phase: Phase) {
        self.shared.begin(phase);
        let (shared, users) = (Arc::clone(&self.shared), u64::from(self.shared.population.users));
        if !eventually(|| shared.settled(phase) == users) {
            let missing = users - shared.settled(phase);
            self.error(format!("users that did not settle ({phase:?}): {missing}"));
        }
    }

    /// Messages and faults for this many seconds.
    pub(super) fn faults(&mut self, seconds: f64) -> Result<(), Box<dyn Error>> {
        let (all, ms) = (Duration::from_secs_f64(seconds), nanoseconds(seconds) / 1_000_000);
        let mean = PROCESS_FAULTS.map(|(_, times)| (ms / (times + 1)).max(PROCESS_FAULT_MS_MIN));
        let mut next = mean.map(|mean| Duration::from_millis(self.random.within(mean / 4..mean)));
        self.shared.begin(Phase::Faults);
        let began = Instant::now();
        while began.elapsed() < all && !self.interrupt.came() {
            for (index, (fault, _)) in PROCESS_FAULTS.into_iter().enumerate() {
                if next[index] <= began.elapsed() {
                    self.inject(fault)?;
                    next[index] =
                        began.elapsed() + Duration::from_millis(self.random.wait(mean[index]).max(1));
                }
            }
            self.watch(began.elapsed());
            thread::sleep(LOOK);
        }
        // The next phase needs room for all users.
        self.config.max_users = u32::MAX;
        self.apply_config()
    }

    fn watch(&self, elapsed: Duration) {
        // About once a second.
        if self.watched && elapsed.subsec_millis() < u32::try_from(LOOK.as_millis()).unwrap_or(0) {
            let ProcessFaultCounts { stops, reloads, crowds, .. } = self.process_faults;
            let seconds = elapsed.as_secs();
            say(&format!("nextim faults: {seconds} s, {stops} stops, {reloads} reloads, {crowds} crowds"));
        }
    }

    fn inject(&mut self, fault: ProcessFault) -> Result<(), Box<dyn Error>> {
        match fault {
            ProcessFault::Stop => self.stop(|_| ()),
            ProcessFault::Reload => self.reload(),
            ProcessFault::Crowd => self.crowd(),
            ProcessFault::Jump => self.jump(),
        }
    }

    /// Stops the process for a while. `meanwhile` runs while it is stopped.
    fn stop<T>(&mut self, meanwhile: impl FnOnce(&Conductor) -> T) -> Result<T, Box<dyn Error>> {
        let ms = self.random.within(STOP_MS);
        self.target.signal(Signal::SIGSTOP)?;
        let done = meanwhile(self);
        thread::sleep(Duration::from_millis(ms));
        self.target.signal(Signal::SIGCONT)?;
        self.process_faults.stops += 1;
        self.process_faults.stopped_ms += ms;
        Ok(done)
    }

    /// Opens a crowd: half of the time while the process is stopped, so that the accept queues of the kernel
    /// overflow.
    fn crowd(&mut self) -> Result<(), Box<dyn Error>> {
        let crowd = if self.random.one_in(2) {
            self.stop(|conductor| Crowd::connect(conductor.shared.address, conductor.crowd))?
        } else {
            Crowd::connect(self.shared.address, self.crowd)
        };
        let ms = self.random.within(CROWD_MS);
        thread::sleep(Duration::from_millis(ms));
        let CrowdCounts { connected, refused, kept_out } = crowd.disconnect();
        self.process_faults.crowds += 1;
        self.process_faults.crowd.connected += connected;
        self.process_faults.crowd.refused += refused;
        self.process_faults.crowd.kept_out += kept_out;
        Ok(())
    }

    /// Lets the wall clock jump, if a library can do it.
    fn jump(&mut self) -> Result<(), Box<dyn Error>> {
        if let Some(clock) = &self.clock {
            let sign = if self.random.one_in(2) { '+' } else { '-' };
            fs::write(clock, format!("{sign}{}s\n", self.random.within(1..JUMP_S)))?;
            self.process_faults.jumps += 1;
        }
        Ok(())
    }

    /// Changes the configuration. Three turns alternate: a new apikey and the second domain are added; the old
    /// apikey goes and `max_users` falls; `max_users` rises again and the second domain goes.
    fn reload(&mut self) -> Result<(), Box<dyn Error>> {
        let turn = self.process_faults.reloads % 3;
        self.process_faults.reloads += 1;
        let probe = Probe(self.shared.address);
        let (old, new) = (self.shared.key(), self.shared.key() + 1);
        match turn {
            0 => {
                self.config.keys = vec![new, old];
                self.config.with_guest = true;
                self.site.allow(&apikey(new));
                self.apply_config()?;
                self.expect("a new apikey is not known", || probe.status_of_key(new) != Some(401));
                self.shared.use_key(new);
                self.expect_guest(probe);
            }
            1 => {
                let before = new.saturating_sub(2);
                self.config.keys = vec![old];
                self.config.max_users = self.shared.population.users / 20 * 19;
                self.apply_config()?;
                self.expect("an old apikey is still known", || probe.status_of_key(before) == Some(401));
            }
            _ => {
                self.config.max_users = u32::MAX;
                self.config.with_guest = false;
                // After a crowd there may be no room for a moment.
                let mut ticket = None;
                eventually(|| {
                    ticket = probe.guest_ticket();
                    ticket.is_some()
                });
                let ticket = ticket.ok_or("the other domain is not there")?;
                let poll = probe.guest_poll(&ticket);
                self.apply_config()?;
                self.expect("a removed domain is still known", || probe.guest_is_unknown());
                // If the server refused this poll, the next poll of the page shows the end of the session.
                let sees_the_end = |poll: io::Result<PendingCall>| poll.is_ok_and(PendingCall::shows_the_end);
                if !sees_the_end(poll) && !eventually(|| sees_the_end(probe.guest_poll(&ticket))) {
                    self.error("the page of a removed domain was not stopped");
                }
            }
        }
        Ok(())
    }

    /// Writes the file, and sends the signal that makes the server read it.
    fn apply_config(&mut self) -> Result<(), Box<dyn Error>> {
        fs::write(&self.path, self.config.text())?;
        self.target.signal(Signal::SIGHUP)
    }

    /// Waits until every shard satisfies a condition: enough checks in a row reach all shards.
    fn expect(&mut self, otherwise: &str, holds: impl Fn() -> bool) {
        if !eventually(|| (0..PROBES).all(|_| holds())) {
            self.error(otherwise);
        }
    }

    /// A user of the second domain must get messages.
    fn expect_guest(&mut self, probe: Probe) {
        let is_served =
            eventually(|| probe.guest_ticket().is_some_and(|ticket| probe.guest_is_served(&ticket)));
        if is_served {
            self.process_faults.guests += 1;
        } else {
            self.error("an added domain is not served");
        }
    }

    /// The number of descriptors of each thread of the server, once it has stopped changing.
    pub(super) fn descriptors(&self) -> BTreeMap<String, u64> {
        let process = self.target.processes[0];
        let mut before = descriptors(process);
        eventually(|| {
            thread::sleep(4 * LOOK);
            let now = descriptors(process);
            let is_same = now == before;
            before = now;
            is_same
        });
        before
    }

    /// Waits until the server has no more descriptors than before. Returns how many more it has otherwise.
    pub(super) fn leaked(&self, before: &BTreeMap<String, u64>) -> u64 {
        let process = self.target.processes[0];
        let leaked = || -> u64 {
            let now = descriptors(process);
            let more = now
                .iter()
                .map(|(thread, count)| count.saturating_sub(before.get(thread).copied().unwrap_or(0)));
            more.sum()
        };
        eventually(|| leaked() == 0);
        leaked()
    }

    /// Shuts the server down while messages are sent and the site takes every report. Returns how long it took.
    pub(super) fn down(&mut self) -> Result<Duration, Box<dyn Error>> {
        self.site.accept_all();
        self.shared.begin(Phase::Down);
        if !eventually(|| self.shared.is_followed(Phase::Down)) {
            self.error("a player hangs");
        }
        let began = Instant::now();
        self.target.signal(Signal::SIGTERM)?;
        // The server waits this long for its clients, and again for the site.
        let patience = Duration::from_millis(3 * DRAIN_MS);
        match self.target.ended_within(patience)? {
            Some(status) if status.success() => {}
            Some(status) => self.error(format!("the server ended with {status}")),
            None => self.error("the server did not end after SIGTERM"),
        }
        Ok(began.elapsed())
    }
}

/// Waits until a condition holds. Returns whether it does.
fn eventually(mut holds: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + PATIENCE;
    loop {
        if holds() {
            return true;
        }
        if Instant::now() > until {
            return false;
        }
        thread::sleep(LOOK);
    }
}
