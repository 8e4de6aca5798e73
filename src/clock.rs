//! Time: the only place that reads a clock.
//!
//! Owns: [`Tick`], the time of one shard, and [`Clock`], which makes ticks. Must not: be read more than once a
//! turn by the same shard. A tick never leaves its shard: between shards only durations travel.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::limits::STOP_MS_MIN;

/// A moment in the life of one shard, in milliseconds since it started, stops of the process not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tick(u64);

impl Tick {
    /// The moment the shard started.
    pub const ZERO: Tick = Tick(0);
    /// Later than every other moment; the value of a timer that is not set.
    pub const NEVER: Tick = Tick(u64::MAX);

    /// The moment `ms` milliseconds later.
    #[must_use]
    pub fn after(self, ms: u64) -> Tick {
        Tick(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; 0 if it is not earlier.
    pub fn since(self, earlier: Tick) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Milliseconds since the shard started.
    pub fn ms(self) -> u64 {
        self.0
    }
}

/// The clock of one shard.
///
/// If a turn starts more than a second later than it should have (SIGSTOP, a suspended machine, a jump of the
/// clock), the wait before it is taken out of time, because the stop may have begun with it: every deadline of the
/// shard moves by at least the delay, and nobody is expired for a silence in which the server could not have heard him.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    skipped_ms: u64,
    /// Whether the last turn was late already.
    was_late: bool,
    now: Tick,
}

impl Clock {
    /// A clock that starts at [`Tick::ZERO`].
    pub fn start() -> Clock {
        Clock { start: Instant::now(), skipped_ms: 0, was_late: false, now: Tick::ZERO }
    }

    /// The moment of the last [`Clock::turn`].
    pub fn now(&self) -> Tick {
        self.now
    }

    /// Reads the time at the start of a turn that was due at `expected` at the latest. Returns how many
    /// milliseconds were taken out of time.
    pub fn turn(&mut self, expected: Tick) -> u64 {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.advance(elapsed, expected)
    }

    fn advance(&mut self, elapsed_ms: u64, expected: Tick) -> u64 {
        let read = Tick(elapsed_ms.saturating_sub(self.skipped_ms));
        let late = read.since(expected) > STOP_MS_MIN;
        // Late twice in a row is load, and time must go on.
        let was_late = std::mem::replace(&mut self.was_late, late);
        let skip = if late && !was_late { read.since(self.now) } else { 0 };
        self.skipped_ms += skip;
        self.now = self.now.max(Tick(read.0 - skip));
        skip
    }
}

/// The time of day, in milliseconds since 1970 UTC: the default `timestamp` of a message.
pub fn wall_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_taken_out_of_time() {
        let mut clock = Clock::start();
        assert_eq!(clock.advance(100, Tick(100)), 0);
        assert_eq!(clock.advance(1_000, Tick(200)), 0, "load is not a stop");
        assert_eq!(clock.now(), Tick(1_000));
        assert_eq!(clock.advance(61_000, Tick(1_500)), 60_000);
        assert_eq!(clock.now(), Tick(1_000), "the wait in which it stopped did not happen");
        assert_eq!(clock.advance(61_300, Tick(1_800)), 0);
        assert_eq!(clock.now(), Tick(1_300));
        assert_eq!(clock.advance(64_000, Tick(1_300)), 2_700);
        assert_eq!(clock.advance(67_000, Tick(1_300)), 0, "late again is load");
        assert_eq!(clock.now(), Tick(4_300));
    }

    #[test]
    fn time_never_runs_backwards() {
        let mut clock = Clock::start();
        clock.advance(500, Tick(500));
        clock.advance(400, Tick(500));
        assert_eq!(clock.now(), Tick(500));
    }
}
