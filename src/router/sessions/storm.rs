//! Storms: more polls than a shard can take, all at once.
//!
//! Owns: when a page that is answered should come back. Must not: read a clock; the shard measures its turns
//! ([`Load`]). What a step costs is taken from the turns of this shard on this machine, and is no constant.
//!
//! An answer asks its page to wait in two cases. *Many are answered in one turn*, as after a broadcast: their next
//! polls would all come at once. Each further page is to come back when those before it will have been taken. *The
//! shard is behind*: turn after turn more sockets are ready than a turn serves. Then pages are to come back after about
//! as long as that has lasted, so that a storm of any size dies down, in proportion to it. In between, however many
//! messages there are, no page waits.

use crate::base::clock::Tick;
use crate::base::limits::chat::{
    BEHIND_TURNS, RETRY_MS_MAX, STEP_NS_FIRST, STEP_NS_MAX, STEP_NS_MIN, STEPS_REMEMBERED,
};

/// What the last turn of a shard was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// How long it took, in microseconds.
    pub(crate) busy_us: u64,
    /// Requests that were read and answers that were written in it.
    pub(crate) steps: u64,
    /// Whether the turn that begins has found as many sockets ready as it serves, so that more may wait.
    pub(crate) is_full: bool,
}

/// What a shard expects to come back.
#[derive(Debug)]
pub(super) struct Storm {
    /// How much work may come back at once.
    patience_ns: u64,
    /// What remembered turns took, and the steps in them.
    work_ns: u64,
    steps: u64,
    /// When all pages that wait have been taken.
    calm_ns: u64,
    /// Pages answered in this turn.
    answered: u64,
    /// Turns in a row that were full, and when the first of them began.
    full_turns: u32,
    full_since: Tick,
    /// Spreads the waits of pages while the shard is behind.
    spread: u32,
}

impl Storm {
    /// As much work as takes a shard this long may come back at once.
    pub(super) fn new(patience_ms: u64) -> Storm {
        Storm {
            patience_ns: patience_ms * 1_000_000,
            work_ns: STEP_NS_FIRST * STEPS_REMEMBERED / 2,
            steps: STEPS_REMEMBERED / 2,
            calm_ns: 0,
            answered: 0,
            full_turns: 0,
            full_since: Tick::ZERO,
            spread: 0,
        }
    }

    /// Begins a turn, and counts the cost of the last one.
    pub(super) fn begin_turn(&mut self, now: Tick, load: Load) {
        let Load { busy_us, steps, is_full } = load;
        // A turn in which the process stood still says nothing of what a step costs.
        self.work_ns += (busy_us * 1_000).min(steps * STEP_NS_MAX);
        self.steps += steps;
        while self.steps > STEPS_REMEMBERED {
            self.work_ns /= 2;
            self.steps /= 2;
        }
        self.answered = 0;
        if self.full_turns == 0 {
            self.full_since = now;
        }
        self.full_turns = if is_full { self.full_turns.saturating_add(1) } else { 0 };
    }

    /// What reading a request, or writing an answer, takes here.
    fn step_ns(&self) -> u64 {
        (self.work_ns / self.steps.max(1)).clamp(STEP_NS_MIN, STEP_NS_MAX)
    }

    /// One more poll is answered. Returns how long its page should wait before it polls again, in milliseconds, if it
    /// should.
    pub(super) fn answer(&mut self, now: Tick) -> Option<u64> {
        let (now_ns, step_ns) = (now.ms() * 1_000_000, self.step_ns());
        self.answered += 1;
        self.calm_ns = (self.calm_ns.max(now_ns) + step_ns).min(now_ns + RETRY_MS_MAX * 1_000_000);
        let wait_ms = if self.answered * step_ns > self.patience_ns {
            (self.calm_ns - now_ns).div_ceil(1_000_000)
        } else if self.full_turns >= BEHIND_TURNS {
            let behind_ms = now.since(self.full_since);
            // Evenly between half of it and one and a half: every step of the golden section falls into the largest
            // gap.
            self.spread = self.spread.wrapping_add(0x9E37_79B9);
            behind_ms / 2 + ((u64::from(self.spread) * behind_ms) >> 32)
        } else {
            return None;
        };
        Some(wait_ms.clamp(1, RETRY_MS_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::Timeouts;

    const STORM_MS: u64 = Timeouts::DEFAULT.storm_ms;

    fn at(ms: u64) -> Tick {
        Tick::ZERO.after(ms)
    }

    /// A shard on which a step takes this long.
    fn shard(step_us: u64) -> Storm {
        let mut storm = Storm::new(STORM_MS);
        for _ in 0..100 {
            let steps = STEPS_REMEMBERED / 10;
            storm.begin_turn(at(0), Load { busy_us: steps * step_us, steps, is_full: false });
        }
        storm
    }

    /// The waits of this many pages that are answered in one turn.
    fn told(storm: &mut Storm, now_ms: u64, pages: usize) -> Vec<Option<u64>> {
        storm.begin_turn(at(now_ms), Load::default());
        (0..pages).map(|_| storm.answer(at(now_ms))).collect()
    }

    /// Plain routing stopped at the constant that stood here, with the shard at half of a core.
    #[test]
    fn ordinary_load_was_spread() {
        let mut storm = shard(5);
        for turn in 0..10_000_u64 {
            // A tenth of a millisecond each, with twelve messages in it: 120,000 a second.
            let load = Load { busy_us: 60, steps: 48, is_full: false };
            storm.begin_turn(at(turn / 10), load);
            assert!((0..12).all(|_| storm.answer(at(turn / 10)).is_none()));
        }
        assert!(told(&mut storm, 2_000, 5_000).iter().all(Option::is_none), "nor is a large room");
    }

    #[test]
    fn a_storm_is_spread_in_proportion_to_it() {
        let mut storm = shard(10);
        let told = told(&mut storm, 5_000, 20_000);
        let waits: Vec<u64> = told.iter().flatten().copied().collect();
        let free = usize::try_from(STORM_MS * 100).unwrap();
        assert_eq!(told.len() - waits.len(), free, "as many as are taken in no time");
        assert_eq!(
            (waits.first(), waits.last()),
            (Some(&(STORM_MS + 1)), Some(&200)),
            "20,000 steps of 10 us"
        );
        for ms in STORM_MS + 1..200 {
            assert_eq!(waits.iter().filter(|wait| **wait == ms).count(), 100, "{ms} ms");
        }
    }

    #[test]
    fn what_still_has_to_come_counts_for_the_next_storm() {
        let mut storm = shard(10);
        told(&mut storm, 0, 20_000);
        assert_eq!(told(&mut storm, 50, 10_000).last(), Some(&Some(250)));
        assert_eq!(told(&mut storm, 60, 100), [None; 100], "but a few pages are no storm");
    }

    #[test]
    fn what_a_step_costs_is_measured() {
        for (step_us, first_told) in [(5, 10_000), (50, 1_000)] {
            let told = told(&mut shard(step_us), 0, 20_000);
            assert_eq!(told.iter().position(Option::is_some), Some(first_told), "{step_us} us");
        }
        let mut stopped = shard(5);
        stopped.begin_turn(at(0), Load { busy_us: 60_000_000, steps: 1, is_full: false });
        assert_eq!(told(&mut stopped, 0, 9_000).iter().flatten().count(), 0, "one stop says nothing");
    }

    #[test]
    fn a_shard_that_is_behind_sends_pages_away_for_as_long_as_it_was() {
        let mut storm = shard(10);
        let full = Load { busy_us: 20_000, steps: 2_000, is_full: true };
        for turn in 0..BEHIND_TURNS - 1 {
            storm.begin_turn(at(u64::from(turn) * 20), full);
            assert_eq!(storm.answer(at(u64::from(turn) * 20)), None, "a few full turns are no storm");
        }
        storm.begin_turn(at(1_000), full);
        let waits: Vec<u64> = (0..1_000).filter_map(|_| storm.answer(at(1_000))).collect();
        assert_eq!(waits.len(), 1_000);
        for quarter in 0..4 {
            let within = 500 + quarter * 250_u64..750 + quarter * 250;
            let count = waits.iter().filter(|wait| within.contains(*wait)).count();
            assert!((245..=255).contains(&count), "{count} within {within:?}");
        }
        storm.begin_turn(at(1_020), Load { is_full: false, ..full });
        assert_eq!(storm.answer(at(1_020)), None, "it has caught up");
    }

    #[test]
    fn nobody_waits_too_long() {
        let mut storm = shard(100);
        assert_eq!(told(&mut storm, 7, 200_000).last(), Some(&Some(RETRY_MS_MAX)));
        assert_eq!(told(&mut storm, 7 + RETRY_MS_MAX, 1), [None]);
    }
}
