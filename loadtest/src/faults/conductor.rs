//! The conductor: what happens to the server's process, and when.
//!
//! Owns: stops, reloads, crowds, jumps of the clock, and the end. Must not: play users. It does one thing at a time and
//! looks whether the server does what it was told.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::crowd::{Crowd, Fates};
use super::probe::{Asked, Asking};
use super::random::Dice;
use super::shared::{DRAIN_MS, File, Ground, Phase, apikey};
use super::site::Site;
use crate::interrupt::Interrupt;
use crate::measure::descriptors;
use crate::number::nanoseconds;
use crate::stage::say;
use crate::target::Target;

/// How often to look whether something has happened.
const LOOK: Duration = Duration::from_millis(50);
/// How long to wait for users, descriptors and reloads.
const PATIENCE: Duration = Duration::from_mins(1);
/// So many answers in a row say that all shards have read the file.
const ASKED: u32 = 24;
/// How long the server is stopped, in milliseconds: longer than what it takes for load.
const STOP_MS: std::ops::Range<u64> = 1_200..4_500;
/// How long a crowd stays, in milliseconds.
const CROWD_MS: std::ops::Range<u64> = 500..2_000;
/// How far the wall clock jumps, in seconds, to either side.
const JUMP_S: u64 = 86_400;

/// What happens to the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    Stop,
    Reload,
    Crowd,
    Jump,
}

/// Each, and how many there are in a run. None comes more often than this many milliseconds.
const BLOWS: [(Blow, u64); 4] = [(Blow::Stop, 12), (Blow::Reload, 24), (Blow::Crowd, 8), (Blow::Jump, 12)];
const BLOW_MS_MIN: u64 = 1_500;

/// How often each happened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Blows {
    pub(super) stops: u64,
    pub(super) stopped_ms: u64,
    pub(super) reloads: u64,
    pub(super) guests: u64,
    pub(super) jumps: u64,
    pub(super) crowds: u64,
    pub(super) crowd: Fates,
}

/// The conductor.
pub(super) struct Conductor {
    pub(super) target: Target,
    pub(super) ground: Arc<Ground>,
    pub(super) site: Site,
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// The file from which the preloaded clock reads how far it is off.
    pub(super) clock: Option<PathBuf>,
    /// How many come at once.
    pub(super) crowd: u64,
    pub(super) dice: Dice,
    pub(super) interrupt: Interrupt,
    pub(super) watched: bool,
    pub(super) blows: Blows,
    pub(super) errors: BTreeMap<String, u64>,
}

impl Conductor {
    fn error(&mut self, kind: impl Into<String>) {
        *self.errors.entry(kind.into()).or_default() += 1;
    }

    /// Brings all users to where a phase wants them.
    pub(super) fn settle(&mut self, phase: Phase) {
        self.ground.begin(phase);
        let (ground, users) = (Arc::clone(&self.ground), u64::from(self.ground.population.users));
        if !eventually(|| ground.settled(phase) == users) {
            let missing = users - ground.settled(phase);
            self.error(format!("users who were not where they should be ({phase:?}): {missing}"));
        }
    }

    /// Messages and faults for so many seconds.
    pub(super) fn faults(&mut self, seconds: f64) -> Result<(), Box<dyn Error>> {
        let (all, ms) = (Duration::from_secs_f64(seconds), nanoseconds(seconds) / 1_000_000);
        let mean = BLOWS.map(|(_, times)| (ms / (times + 1)).max(BLOW_MS_MIN));
        let mut next = mean.map(|mean| Duration::from_millis(self.dice.within(mean / 4..mean)));
        self.ground.begin(Phase::Faults);
        let began = Instant::now();
        while began.elapsed() < all && !self.interrupt.came() {
            for (index, (blow, _)) in BLOWS.into_iter().enumerate() {
                if next[index] <= began.elapsed() {
                    self.strike(blow)?;
                    next[index] = began.elapsed() + Duration::from_millis(self.dice.wait(mean[index]).max(1));
                }
            }
            self.watch(began.elapsed());
            thread::sleep(LOOK);
        }
        // What comes next wants everybody to be let in.
        self.file.max_users = u32::MAX;
        self.tell()
    }

    fn watch(&self, elapsed: Duration) {
        // About once a second.
        if self.watched && elapsed.subsec_millis() < u32::try_from(LOOK.as_millis()).unwrap_or(0) {
            let Blows { stops, reloads, crowds, .. } = self.blows;
            let seconds = elapsed.as_secs();
            say(&format!("nextim faults: {seconds} s, {stops} stops, {reloads} reloads, {crowds} crowds"));
        }
    }

    fn strike(&mut self, blow: Blow) -> Result<(), Box<dyn Error>> {
        match blow {
            Blow::Stop => self.stop(|_| ()),
            Blow::Reload => self.reload(),
            Blow::Crowd => self.crowd(),
            Blow::Jump => self.jump(),
        }
    }

    /// The process is stopped for a while, in which something may be done.
    fn stop<T>(&mut self, meanwhile: impl FnOnce(&Conductor) -> T) -> Result<T, Box<dyn Error>> {
        let ms = self.dice.within(STOP_MS);
        self.target.signal(Signal::SIGSTOP)?;
        let done = meanwhile(self);
        thread::sleep(Duration::from_millis(ms));
        self.target.signal(Signal::SIGCONT)?;
        self.blows.stops += 1;
        self.blows.stopped_ms += ms;
        Ok(done)
    }

    /// Many connect and say nothing: half of the time while the process is stopped, so that the queues of the kernel
    /// overflow.
    fn crowd(&mut self) -> Result<(), Box<dyn Error>> {
        let crowd = if self.dice.one_in(2) {
            self.stop(|conductor| Crowd::comes(conductor.ground.address, conductor.crowd))?
        } else {
            Crowd::comes(self.ground.address, self.crowd)
        };
        let ms = self.dice.within(CROWD_MS);
        thread::sleep(Duration::from_millis(ms));
        let Fates { came, refused, kept_out } = crowd.leaves();
        self.blows.crowds += 1;
        self.blows.crowd.came += came;
        self.blows.crowd.refused += refused;
        self.blows.crowd.kept_out += kept_out;
        Ok(())
    }

    /// The wall clock jumps, if there is a way.
    fn jump(&mut self) -> Result<(), Box<dyn Error>> {
        if let Some(clock) = &self.clock {
            let sign = if self.dice.one_in(2) { '+' } else { '-' };
            fs::write(clock, format!("{sign}{}s\n", self.dice.within(1..JUMP_S)))?;
            self.blows.jumps += 1;
        }
        Ok(())
    }

    /// The file changes. Three turns go round: a new key and the other domain come; the old key goes, and fewer users are
    /// let in; as many as before are, and the other domain goes.
    fn reload(&mut self) -> Result<(), Box<dyn Error>> {
        let turn = self.blows.reloads % 3;
        self.blows.reloads += 1;
        let asking = Asking(self.ground.address);
        let (old, new) = (self.ground.key(), self.ground.key() + 1);
        match turn {
            0 => {
                self.file.keys = vec![new, old];
                self.file.with_guest = true;
                self.site.allow(&apikey(new));
                self.tell()?;
                self.expect("a new apikey is not known", || asking.status_of_key(new) != Some(401));
                self.ground.use_key(new);
                self.greet(asking);
            }
            1 => {
                let before = new.saturating_sub(2);
                self.file.keys = vec![old];
                self.file.max_users = self.ground.population.users / 20 * 19;
                self.tell()?;
                self.expect("an old apikey is still known", || asking.status_of_key(before) == Some(401));
            }
            _ => {
                self.file.max_users = u32::MAX;
                self.file.with_guest = false;
                // There may be no room for a moment, after a crowd.
                let mut ticket = None;
                eventually(|| {
                    ticket = asking.guest_ticket();
                    ticket.is_some()
                });
                let ticket = ticket.ok_or("the other domain is not there")?;
                let poll = asking.guest_poll(&ticket);
                self.tell()?;
                self.expect("a domain that went is still there", || asking.guest_is_unknown());
                // If its poll was turned away, its page hears of it by the next.
                let hears = |poll: io::Result<Asked>| poll.is_ok_and(Asked::tells_of_the_end);
                if !hears(poll) && !eventually(|| hears(asking.guest_poll(&ticket))) {
                    self.error("a domain went, and its page did not hear of it");
                }
            }
        }
        Ok(())
    }

    /// Writes the file, and tells the server to read it.
    fn tell(&mut self) -> Result<(), Box<dyn Error>> {
        fs::write(&self.path, self.file.text())?;
        self.target.signal(Signal::SIGHUP)
    }

    /// Waits until something holds that can be asked of any shard: it is asked so often that all have answered.
    fn expect(&mut self, otherwise: &str, holds: impl Fn() -> bool) {
        if !eventually(|| (0..ASKED).all(|_| holds())) {
            self.error(otherwise);
        }
    }

    /// The other domain is served like any.
    fn greet(&mut self, asking: Asking) {
        let is_served =
            eventually(|| asking.guest_ticket().is_some_and(|ticket| asking.guest_is_served(&ticket)));
        if is_served {
            self.blows.guests += 1;
        } else {
            self.error("a domain that came is not served");
        }
    }

    /// How many descriptors each thread of the server has, as soon as that is the same for a while.
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

    /// Waits until the server has no more descriptors than before. Returns how many more it has, if it does not.
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

    /// The server is told to end, while there are messages; the site is well from now on. Returns how long it took.
    pub(super) fn down(&mut self) -> Result<Duration, Box<dyn Error>> {
        self.site.be_well();
        self.ground.begin(Phase::Down);
        if !eventually(|| self.ground.is_heard(Phase::Down)) {
            self.error("a player hangs");
        }
        let began = Instant::now();
        self.target.signal(Signal::SIGTERM)?;
        // It waits so long for what is there, and as long again for the site.
        let patience = Duration::from_millis(3 * DRAIN_MS);
        match self.target.ended_within(patience)? {
            Some(status) if status.success() => {}
            Some(status) => self.error(format!("the server ended with {status}")),
            None => self.error("the server did not end when it was told to"),
        }
        Ok(began.elapsed())
    }
}

/// Waits until something holds. Returns whether it does.
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
