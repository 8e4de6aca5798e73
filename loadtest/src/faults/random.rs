//! Random numbers from a seed, so that a run can be repeated as far as its timing allows.
//!
//! Owns: the generator. Must not: know what the numbers decide.

use std::ops::Range;

use crate::number::{floor, real};

/// A sequence of numbers (`SplitMix64`).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The sequence of this seed and `player`.
    pub(super) fn new(seed: u64, player: u64) -> Random {
        Random(seed ^ player.wrapping_mul(0xd134_2543_de82_ef95))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number within a range that is not empty.
    pub(super) fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(((self.next() >> 32) * u64::from(bound)) >> 32).expect("less than the bound")
    }

    /// True in one of this many cases.
    pub(super) fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// A random wait (exponential) between two events that are `mean` apart on average.
    pub(super) fn wait(&mut self, mean: u64) -> u64 {
        // Never 0, which has no logarithm.
        let share = real((self.next() >> 11) + 1) / real(1 << 53);
        floor(-share.ln() * real(mean))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_have_their_mean() {
        let mut random = Random::new(7, 0);
        let sum: u64 = (0..10_000).map(|_| random.wait(1_000)).sum();
        assert!((9_500_000..10_500_000).contains(&sum), "{sum}");
    }

    #[test]
    fn a_seed_is_a_row() {
        let row = |seed, player| {
            let mut random = Random::new(seed, player);
            [random.below(1_000), random.below(1_000), random.below(1_000)]
        };
        assert_eq!(row(1, 0), row(1, 0));
        assert_ne!(row(1, 0), row(2, 0));
        assert_ne!(row(1, 0), row(1, 1));
        let mut random = Random::new(3, 0);
        assert!((0..100).all(|_| (5..7).contains(&random.within(5..7)) && random.below(3) < 3));
    }
}
