//! Pace: how long polls are held and sessions may be silent, and when pages come back after a storm or a drain.
//!
//! Owns: [`PollPace`]. Must not: import a session, or answer a poll.

use std::sync::Arc;

use super::drain::Drain;
use super::storm::{Load, Storm};
use crate::base::clock::Tick;
use crate::base::limits::Timeouts;
use crate::base::slots::Slot;

/// See the module.
#[derive(Debug)]
pub(super) struct PollPace {
    timeouts: Arc<Timeouts>,
    storm: Storm,
    /// Set once the server is going down.
    drain: Option<Drain>,
}

impl PollPace {
    pub(super) fn new(timeouts: Arc<Timeouts>) -> PollPace {
        let storm = Storm::new(timeouts.storm_ms);
        PollPace { timeouts, storm, drain: None }
    }

    pub(super) fn begin_turn(&mut self, now: Tick, load: Load) {
        self.storm.begin_turn(now, load);
    }

    /// How long a session lives without a poll, once the connection of its poll is cut.
    pub(super) fn session_cut_ms(&self) -> u64 {
        self.timeouts.session_cut_ms
    }

    /// How long a session lives without a poll, once its page has an answer, and how long without an acknowledgement of
    /// its stream.
    pub(super) fn session_idle_ms(&self) -> u64 {
        self.timeouts.session_idle_ms
    }

    /// How long the page of a session that has ended may still acknowledge: as long as users linger.
    pub(super) fn linger_ms(&self) -> u64 {
        self.timeouts.linger_ms
    }

    /// How long a stream goes on whose page answers pings, and has not done so.
    pub(super) fn pong_ms(&self) -> u64 {
        self.timeouts.pong_ms()
    }

    /// How long a stream goes on after the event that a drain begins with for it.
    pub(super) fn stop_delay_ms(&self) -> u64 {
        self.timeouts.stream_stop_ms()
    }

    /// When the fate of an answer is known at the latest. Only a guard: the connection has a deadline of its own, and
    /// the fate is known long before.
    pub(super) fn fate_due(&self, now: Tick) -> Tick {
        now.after(self.timeouts.session_idle_ms + self.timeouts.answer_ms)
    }

    /// How long a poll is held for which nothing comes. Pages that came together do not come back together: `spread`
    /// chooses a number up to the one it is given.
    pub(super) fn held_ms(&self, spread: impl FnOnce(u64) -> u64) -> u64 {
        let shortest = self.timeouts.poll_hold_ms_min;
        shortest + spread(self.timeouts.poll_hold_ms_max - shortest)
    }

    /// One more poll is answered. Returns when its page should poll again, if not at once.
    pub(super) fn retry_ms(&mut self, now: Tick) -> Option<u64> {
        self.storm.answer(now)
    }

    /// Whether the server is going down.
    pub(super) fn is_draining(&self) -> bool {
        self.drain.is_some()
    }

    /// Begins to stop the polls of these sessions.
    pub(super) fn begin_drain(&mut self, sessions: Vec<Slot>) {
        self.drain = Some(Drain::new(sessions, self.timeouts.drain_ms));
    }

    /// The sessions whose polls are stopped in the next step of the drain, and whether it is the last step.
    pub(super) fn next_step(&mut self) -> Option<(Vec<Slot>, bool)> {
        let drain = self.drain.as_mut()?;
        let stopped = drain.next();
        Some((stopped, drain.is_done()))
    }
}
