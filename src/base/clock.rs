//! Time: the only place that reads a clock.
//!
//! Owns: [`Tick`], the time of one shard; [`Moment`], its coarse form; [`Clock`], which makes ticks; [`Origin`], from
//! which all shards count the time that they share; and, for threads that may wait, [`Deadline`] and the time of day.
//! Must not: send a tick to another shard; only durations travel. A shard reads the clock twice a turn: when the turn
//! begins, and, to know how long it took, when it ends. The poster of undelivered messages has a clock of its own,
//! and turns as a shard does.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};

use crate::base::limits::turn::{ALARM_MS_MAX, STOP_MS_MIN};

/// A moment in the life of one shard, in milliseconds since its start, without stops of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tick(u64);

impl Tick {
    /// The start of the shard.
    pub const ZERO: Tick = Tick(0);
    /// Later than every other tick: the value of a timer that is not set.
    pub(crate) const NEVER: Tick = Tick(u64::MAX);

    /// The tick `ms` milliseconds later.
    #[must_use]
    pub fn after(self, ms: u64) -> Tick {
        Tick(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this tick; 0 if it is not earlier.
    pub(crate) fn since(self, earlier: Tick) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Milliseconds since the start of the shard.
    pub(crate) fn ms(self) -> u64 {
        self.0
    }
}

/// A tick in four bytes, in grains of [`Moment::GRAIN_MS`], for deadlines of which there are a million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u32);

impl Moment {
    /// The start of the shard.
    pub(crate) const ZERO: Moment = Moment(0);
    /// Later than every other moment.
    pub(crate) const NEVER: Moment = Moment(u32::MAX);
    /// The length of a grain, in milliseconds.
    pub(crate) const GRAIN_MS: u64 = 64;

    /// The first moment that is not before `tick`.
    pub(crate) fn not_before(tick: Tick) -> Moment {
        if tick == Tick::NEVER {
            return Moment::NEVER;
        }
        Moment(u32::try_from(tick.0.div_ceil(Moment::GRAIN_MS)).expect("a shard lives less than 8 years"))
    }

    /// The last moment that is not after `tick`.
    pub(crate) fn not_after(tick: Tick) -> Moment {
        Moment(u32::try_from(tick.0 / Moment::GRAIN_MS).expect("a shard lives less than 8 years"))
    }

    /// Grains since the start of the shard.
    pub(crate) fn grains(self) -> u32 {
        self.0
    }

    /// The moment this many grains later.
    #[must_use]
    pub(crate) fn later(self, grains: u32) -> Moment {
        Moment(self.0.saturating_add(grains))
    }

    /// When to check this deadline: when it comes, or earlier if it is far from `now`.
    #[must_use]
    pub(crate) fn alarm(self, now: Tick) -> Moment {
        self.min(Moment::not_before(now.after(ALARM_MS_MAX)))
    }

    /// The moment as a tick.
    pub(crate) fn tick(self) -> Tick {
        if self == Moment::NEVER { Tick::NEVER } else { Tick(u64::from(self.0) * Moment::GRAIN_MS) }
    }
}

/// The start of the server. Rates that all shards count together need a time that is the same for all of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin(Instant);

impl Origin {
    /// A server that starts now.
    pub(crate) fn now() -> Origin {
        Origin(Instant::now())
    }
}

/// The clock of one shard.
///
/// If a turn starts more than a second too late (SIGSTOP, a suspended machine, a jump of the clock), the whole wait
/// before that turn is not counted, because the stop may have begun when the wait began. So every deadline of the shard
/// moves by at least the delay, and no client expires for a silence in which the server could not receive.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// Milliseconds from the origin to the start.
    before_ms: u64,
    skipped_ms: u64,
    /// Whether the last turn was late.
    was_late: bool,
    now: Tick,
    /// When the last turn began, in microseconds since the start.
    turn_us: u64,
}

/// When the request of a call was read: the beginning of that turn, in microseconds modulo 2^32 (71 minutes). Each
/// call keeps one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(u32);

impl Stamp {
    #[allow(clippy::cast_possible_truncation, reason = "it wraps on purpose; calls do not last that long")]
    fn at(us: u64) -> Stamp {
        Stamp(us as u32)
    }

    /// Microseconds from `earlier`, which was less than 71 minutes before.
    pub(crate) fn since_us(self, earlier: Stamp) -> u64 {
        u64::from(self.0.wrapping_sub(earlier.0))
    }
}

impl Clock {
    /// A clock that starts at [`Tick::ZERO`].
    pub(crate) fn start(origin: Origin) -> Clock {
        let start = Instant::now();
        let before_ms = ms(start.saturating_duration_since(origin.0));
        Clock { start, before_ms, skipped_ms: 0, was_late: false, now: Tick::ZERO, turn_us: 0 }
    }

    /// The moment of the last [`Clock::turn`].
    pub(crate) fn now(&self) -> Tick {
        self.now
    }

    /// Milliseconds from the server's start to the last [`Clock::turn`], stops of the process counted: the same on
    /// all shards, give or take a turn.
    pub(crate) fn shared_ms(&self) -> u64 {
        self.before_ms + self.turn_us / 1_000
    }

    /// Reads the time at the start of a turn that was due at `expected` at the latest. Returns the milliseconds that
    /// were taken out of time.
    pub(crate) fn turn(&mut self, expected: Tick) -> u64 {
        self.turn_us = self.elapsed_us();
        self.advance(self.turn_us / 1_000, expected)
    }

    /// Reads the time at the end of a turn. Returns the microseconds that the turn took, and the stamp of its end.
    pub(crate) fn end_turn(&self) -> (u64, Stamp) {
        let us = self.elapsed_us();
        (us.saturating_sub(self.turn_us), Stamp::at(us))
    }

    /// The stamp of requests that this turn reads.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp::at(self.turn_us)
    }

    /// When the last turn began, in microseconds since the start; for measuring, as stops of the process are counted.
    pub(crate) fn turn_us(&self) -> u64 {
        self.turn_us
    }

    fn elapsed_us(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
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

/// The time that a waiting thread has left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    start: Instant,
    patience: Duration,
}

impl Deadline {
    /// A deadline this long from now.
    pub(crate) fn after_ms(ms: u64) -> Deadline {
        Deadline { start: Instant::now(), patience: Duration::from_millis(ms) }
    }

    /// The time that is left; `None` if the deadline has passed.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.patience.checked_sub(self.start.elapsed()).filter(|left| !left.is_zero())
    }

    /// The time since the deadline was set.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The time of day, in milliseconds since 1970 UTC: the default `timestamp` of a message.
pub(crate) fn wall_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, ms)
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The monotonic clock in microseconds, which systemd compares with its own.
pub(crate) fn monotonic_us() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

/// A time of day as RFC 3339 writes it, in UTC, to the millisecond.
pub(crate) fn rfc3339(wall_ms: u64) -> String {
    let (seconds, ms) = (wall_ms / 1_000, wall_ms % 1_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// Year, month and day of a number of days since 1970. Years begin in March here, so that the leap day is the last
/// one (Hinnant, "chrono-compatible low-level date algorithms").
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // since the first of March of year 0
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153; // from March
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_taken_out_of_time() {
        let mut clock = Clock::start(Origin::now());
        assert_eq!(clock.advance(100, Tick(100)), 0);
        assert_eq!(clock.advance(1_000, Tick(200)), 0, "load is not a stop");
        assert_eq!(clock.now(), Tick(1_000));
        assert_eq!(clock.advance(61_000, Tick(1_500)), 60_000);
        assert_eq!(clock.now(), Tick(1_000), "the wait with the stop is left out");
        assert_eq!(clock.advance(61_300, Tick(1_800)), 0);
        assert_eq!(clock.now(), Tick(1_300));
        assert_eq!(clock.advance(64_000, Tick(1_300)), 2_700);
        assert_eq!(clock.advance(67_000, Tick(1_300)), 0, "late again is load");
        assert_eq!(clock.now(), Tick(4_300));
    }

    #[test]
    fn the_time_that_shards_share_knows_no_stops() {
        let mut clock = Clock::start(Origin::now());
        clock.turn_us = 61_000_000;
        assert_eq!(clock.advance(61_000, Tick(100)), 61_000);
        assert_eq!((clock.now(), clock.shared_ms()), (Tick(0), clock.before_ms + 61_000));
    }

    #[test]
    fn dates() {
        let check = |wall_ms, expected| assert_eq!(rfc3339(wall_ms), expected);
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_827_696_789, "2000-02-29T12:34:56.789Z");
        check(1_321_862_400_000, "2011-11-21T08:00:00.000Z");
        check(4_107_542_399_999, "2100-02-28T23:59:59.999Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
        check(1_735_689_599_000, "2024-12-31T23:59:59.000Z");
    }

    #[test]
    fn stamps_wrap() {
        let (early, late) = (u64::from(u32::MAX) - 10, u64::from(u32::MAX) + 20);
        assert_eq!(Stamp::at(late).since_us(Stamp::at(early)), 30);
    }

    #[test]
    fn moments_are_on_the_right_side_of_their_tick() {
        for ms in [0, 1, 63, 64, 65, 1_000, 86_400_000] {
            let tick = Tick(ms);
            let (before, after) = (Moment::not_after(tick).tick(), Moment::not_before(tick).tick());
            assert!(before <= tick && tick <= after && after.since(before) <= Moment::GRAIN_MS, "{ms}");
            assert_eq!(Moment::not_before(after).tick(), after);
        }
        assert_eq!(Moment::not_before(Tick::NEVER).tick(), Tick::NEVER);
    }

    #[test]
    fn alarms_are_not_far_ahead() {
        let now = Tick(1_000_000);
        for (ms, expected) in [(0, 0), (6_400, 6_400), (ALARM_MS_MAX, ALARM_MS_MAX), (90_000, ALARM_MS_MAX)] {
            let alarm = Moment::not_before(now.after(ms)).alarm(now).tick();
            assert!(
                alarm.since(now.after(expected)) < Moment::GRAIN_MS && alarm >= now.after(expected),
                "{ms}"
            );
        }
        assert!(Moment::NEVER.alarm(now) < Moment::NEVER);
    }

    #[test]
    fn time_never_runs_backwards() {
        let mut clock = Clock::start(Origin::now());
        clock.advance(500, Tick(500));
        clock.advance(400, Tick(500));
        assert_eq!(clock.now(), Tick(500));
    }
}
