//! Chance, from a seed, so that a run can be had again as far as time allows.
//!
//! Owns: the numbers. Must not: know what they decide.

use std::ops::Range;

use crate::number::{floor, real};

/// A row of numbers (`SplitMix64`).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The row of this seed; each `player` has one of his own.
    pub(super) fn new(seed: u64, player: u64) -> Dice {
        Dice(seed ^ player.wrapping_mul(0xd134_2543_de82_ef95))
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

    /// True once in so many times.
    pub(super) fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// How long to wait for what happens once in `mean` on average, at any time as likely as at any other.
    pub(super) fn wait(&mut self, mean: u64) -> u64 {
        // Never 0, whose logarithm is none.
        let share = real((self.next() >> 11) + 1) / real(1 << 53);
        floor(-share.ln() * real(mean))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_have_their_mean() {
        let mut dice = Dice::new(7, 0);
        let sum: u64 = (0..10_000).map(|_| dice.wait(1_000)).sum();
        assert!((9_500_000..10_500_000).contains(&sum), "{sum}");
    }

    #[test]
    fn a_seed_is_a_row() {
        let row = |seed, player| {
            let mut dice = Dice::new(seed, player);
            [dice.below(1_000), dice.below(1_000), dice.below(1_000)]
        };
        assert_eq!(row(1, 0), row(1, 0));
        assert_ne!(row(1, 0), row(2, 0));
        assert_ne!(row(1, 0), row(1, 1));
        let mut dice = Dice::new(3, 0);
        assert!((0..100).all(|_| (5..7).contains(&dice.within(5..7)) && dice.below(3) < 3));
    }
}
