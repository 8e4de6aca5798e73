//! When a session ends that its site gave a time.
//!
//! Owns: [`Expiry`], which every session has, in two bytes: that is what lies idle in it. Must not: import a session.

use std::num::NonZeroU16;

use crate::base::clock::{Moment, Tick};
use crate::base::limits::chat::{EXPIRES_S_MAX, EXPIRES_S_MIN, EXPIRY_GRACE_MS, EXPIRY_SPREAD};

/// Times are kept to this many milliseconds.
const GRAIN_MS: u64 = 2_048;
/// Grains are counted round and round: 1 follows this one.
const ROUND: u64 = u16::MAX as u64;

/// What is farther ahead than this is past.
const AHEAD: u64 = (EXPIRES_S_MAX + EXPIRES_S_MAX / EXPIRY_SPREAD) * 1_000 / GRAIN_MS;

// A past time is seen long before it seems to be ahead.
const _: () = assert!((ROUND - AHEAD) * GRAIN_MS > 3_600_000);
// Between the time that was asked for and the end is at least one grain.
const _: () = assert!(EXPIRES_S_MIN / EXPIRY_SPREAD * 1_000 >= EXPIRY_GRACE_MS + GRAIN_MS);

/// A time at which a session ends, if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::router) struct Expiry(Option<NonZeroU16>);

impl Expiry {
    /// Some time after `seconds`, such that the grace ends within a tenth of that; `chance`, any number, says when.
    pub(in crate::router) fn after(now: Tick, seconds: u64, chance: u64) -> Expiry {
        let first = now.after(seconds * 1_000).ms().div_ceil(GRAIN_MS);
        let last_ms = seconds * 1_000 + seconds * 1_000 / EXPIRY_SPREAD - EXPIRY_GRACE_MS;
        let last = now.after(last_ms).ms() / GRAIN_MS;
        let grain = first + chance % (last.saturating_sub(first) + 1);
        let grain = u16::try_from(grain % ROUND + 1).expect("it is in the round");
        Expiry(NonZeroU16::new(grain))
    }

    /// The time, which is the one nearest to `now`.
    pub(super) fn tick(self, now: Tick) -> Tick {
        let Some(grain) = self.0 else { return Tick::NEVER };
        let now = now.ms() / GRAIN_MS;
        let ahead = (u64::from(grain.get() - 1) + ROUND - now % ROUND) % ROUND;
        let grain = if ahead <= AHEAD { now + ahead } else { (now + ahead).saturating_sub(ROUND) };
        Tick::ZERO.after(grain * GRAIN_MS)
    }

    /// Whether it has come: the next poll is the last one.
    pub(super) fn has_come(self, now: Tick) -> bool {
        self.tick(now) <= now
    }

    /// Which comes first: this, or `due`.
    pub(super) fn or_before(self, due: Moment, now: Tick) -> Moment {
        if self.0.is_none() { due } else { due.min(Moment::not_before(self.next_look(now))) }
    }

    /// When the session is looked at next: at the time, or when the grace is over in which a poll may still come.
    pub(in crate::router) fn next_look(self, now: Tick) -> Tick {
        let tick = self.tick(now);
        if tick > now { tick } else { tick.after(EXPIRY_GRACE_MS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_never() {
        assert_eq!(Expiry::default().tick(Tick::ZERO.after(7)), Tick::NEVER);
    }

    proptest::proptest! {
        #[test]
        fn a_time_is_after_what_was_asked_for_and_within_a_tenth(
            now_ms in 0..8 * 365 * 86_400_000_u64, seconds in EXPIRES_S_MIN..=EXPIRES_S_MAX, chance in 0..u64::MAX,
            looked_ms in 0..3_600_000_u64,
        ) {
            let now = Tick::ZERO.after(now_ms);
            let expiry = Expiry::after(now, seconds, chance);
            let tick = expiry.tick(now);
            let after_ms = tick.since(now);
            proptest::prop_assert!(after_ms >= seconds * 1_000, "{after_ms}");
            proptest::prop_assert!(after_ms + EXPIRY_GRACE_MS <= seconds * 1_100, "{after_ms}");
            proptest::prop_assert!(!expiry.has_come(now) && expiry.has_come(tick));
            proptest::prop_assert_eq!(expiry.next_look(now), tick);
            proptest::prop_assert_eq!(expiry.next_look(tick), tick.after(EXPIRY_GRACE_MS));
            proptest::prop_assert_eq!(expiry.tick(now.after(looked_ms)), tick, "whenever it is looked at");
        }
    }

    #[test]
    fn times_are_spread() {
        let now = Tick::ZERO.after(1_000_000);
        let times: std::collections::BTreeSet<Tick> =
            (0..1_000).map(|chance| Expiry::after(now, 3_600, chance).tick(now)).collect();
        assert!(times.len() >= 80, "{}", times.len());
    }
}
