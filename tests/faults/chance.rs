//! Chance, as the fault run needs it.
//!
//! Owns: how numbers become waits. Must not: know what they decide.

use std::ops::Range;

use nextim_testkit::random::Random;

/// A source of chance.
#[derive(Clone, Debug)]
pub(crate) struct Chance(Random);

impl Chance {
    /// The source of this seed and `player`.
    pub(crate) fn new(seed: u64, player: u64) -> Chance {
        Chance(Random::new(seed ^ player.wrapping_mul(0xd134_2543_de82_ef95)))
    }

    /// A number within a range that is not empty.
    pub(crate) fn within(&mut self, range: Range<u64>) -> u64 {
        self.0.within(range.start, range.end - 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.0.next() % u64::from(bound)).expect("less than the bound")
    }

    /// True in one of this many cases.
    pub(crate) fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// A random wait (exponential) between two events that are `mean` apart on average.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the last digits of a wait do not matter, and the conversion saturates"
    )]
    pub(crate) fn wait(&mut self, mean: u64) -> u64 {
        // Never 0, which has no logarithm.
        let share = ((self.0.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        (-share.ln() * mean as f64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_have_their_mean() {
        let mut chance = Chance::new(7, 0);
        let sum: u64 = (0..10_000).map(|_| chance.wait(1_000)).sum();
        assert!((9_500_000..10_500_000).contains(&sum), "{sum}");
    }

    #[test]
    fn a_seed_is_a_row() {
        let row = |seed, player| {
            let mut chance = Chance::new(seed, player);
            [chance.below(1_000), chance.below(1_000), chance.below(1_000)]
        };
        assert_eq!(row(1, 0), row(1, 0));
        assert_ne!(row(1, 0), row(2, 0));
        assert_ne!(row(1, 0), row(1, 1));
        let mut chance = Chance::new(3, 0);
        assert!((0..100).all(|_| (5..7).contains(&chance.within(5..7)) && chance.below(3) < 3));
    }
}
