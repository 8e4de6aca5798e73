//! Histograms of durations.
//!
//! Owns: the buckets, and what can be read out of them. Must not: import a metric. The buckets grow as the times do
//! (four to each doubling), so that one set serves for microseconds and for seconds, and a quantile is right within
//! an eighth. Recording is finding the bucket by a shift and adding to two cells that no other thread writes.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::cell::add;

/// Times below 2 to the power of this, in microseconds, share the first bucket.
const SMALLEST_BITS: u32 = 3;
/// Buckets of one doubling, as a power of 2.
const SPLIT_BITS: u32 = 2;
const SPLIT: usize = 1 << SPLIT_BITS;
/// Doublings with buckets of their own: up to 16.8 s.
const DOUBLINGS: usize = 21;
/// All of them, with one for shorter durations and one for longer ones.
const BUCKETS: usize = 1 + DOUBLINGS * SPLIT + 1;

/// Counts by duration, written by one thread and read by any.
#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    sum_us: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram { buckets: std::array::from_fn(|_| AtomicU64::new(0)), sum_us: AtomicU64::new(0) }
    }
}

impl Histogram {
    /// Counts a duration.
    pub(crate) fn record(&self, us: u64) {
        add(&self.buckets[bucket_of(us)], 1);
        add(&self.sum_us, us);
    }

    /// The counts up to now.
    pub(crate) fn read(&self) -> Distribution {
        Distribution {
            counts: self.buckets.iter().map(|cell| cell.load(Ordering::Relaxed)).collect(),
            sum_us: self.sum_us.load(Ordering::Relaxed),
        }
    }
}

/// The bucket of a duration.
fn bucket_of(us: u64) -> usize {
    if us < 1 << SMALLEST_BITS {
        return 0;
    }
    let doubling = us.ilog2();
    let doublings = (doubling - SMALLEST_BITS) as usize;
    let parts = us >> (doubling - SPLIT_BITS); // from SPLIT to twice that
    if doublings >= DOUBLINGS {
        return BUCKETS - 1;
    }
    1 + doublings * SPLIT + usize::try_from(parts).expect("it is small") - SPLIT
}

/// The duration at which a bucket ends; the last one has no end.
fn end_of(bucket: usize) -> u64 {
    let Some(index) = bucket.checked_sub(1) else { return 1 << SMALLEST_BITS };
    let (doubling, part) = (index / SPLIT, index % SPLIT);
    ((SPLIT + part + 1) as u64) << (doubling + (SMALLEST_BITS - SPLIT_BITS) as usize)
}

/// The counts of a histogram at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Distribution {
    counts: Vec<u64>,
    /// All durations together, in microseconds.
    pub(crate) sum_us: u64,
}

impl Distribution {
    /// The number of durations.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds the counts of another one.
    pub(crate) fn add(&mut self, other: &Distribution) {
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.sum_us += other.sum_us;
    }

    /// The counts since `earlier`, which was read from the same histograms.
    #[must_use]
    pub(crate) fn since(&self, earlier: &Distribution) -> Distribution {
        let before = earlier.counts.iter().copied().chain(std::iter::repeat(0));
        Distribution {
            counts: self.counts.iter().zip(before).map(|(now, before)| now.saturating_sub(before)).collect(),
            sum_us: self.sum_us.saturating_sub(earlier.sum_us),
        }
    }

    /// The duration that this share of all durations does not exceed, in microseconds; `None` if there are none.
    pub(crate) fn quantile_us(&self, share: f64) -> Option<f64> {
        let rank = share * as_f64(self.count());
        let mut below = 0;
        for (bucket, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            if as_f64(below + count) >= rank {
                let start = bucket.checked_sub(1).map_or(0, end_of);
                let width = if bucket == BUCKETS - 1 { 0 } else { end_of(bucket) - start };
                let within = (rank - as_f64(below)) / as_f64(*count);
                return Some(as_f64(start) + within * as_f64(width));
            }
            below += count;
        }
        None
    }

    /// For each doubling, its end in microseconds and the number of durations below it.
    pub(crate) fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        (0..=DOUBLINGS).map(|doublings| {
            let buckets = 1 + doublings * SPLIT;
            (end_of(buckets - 1), self.counts.iter().take(buckets).sum())
        })
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts and times are far below 2^53")]
fn as_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(durations: impl IntoIterator<Item = u64>) -> Distribution {
        let histogram = Histogram::default();
        durations.into_iter().for_each(|us| histogram.record(us));
        histogram.read()
    }

    #[test]
    fn every_duration_is_in_the_bucket_that_ends_after_it() {
        let near_powers = (0..64).flat_map(|bits| [1_u64 << bits, (1 << bits) - 1, (1 << bits) + 1]);
        for us in (0..5_000).chain(near_powers) {
            let bucket = bucket_of(us);
            assert!(bucket == BUCKETS - 1 || us < end_of(bucket), "{us}");
            assert!(bucket == 0 || us >= end_of(bucket - 1), "{us}");
        }
        assert_eq!(end_of(BUCKETS - 2), 1 << 24);
    }

    #[test]
    fn quantiles_are_right_within_an_eighth() {
        let even = of(1..=10_000);
        for (share, exact) in [(0.5, 5_000.0), (0.9, 9_000.0), (0.99, 9_900.0)] {
            let found = even.quantile_us(share).unwrap();
            assert!((found - exact).abs() < exact / 8.0, "{share}: {found}");
        }
        assert_eq!(of([]).quantile_us(0.5), None);
        assert_eq!(of([100_000_000]).quantile_us(0.5), Some(16_777_216.0), "the end of the longest bucket");
    }

    #[test]
    fn growth_and_sums() {
        let (before, after) = (of([10, 20]), of([10, 20, 30_000]));
        let grown = after.since(&before);
        assert_eq!((grown.count(), grown.sum_us), (1, 30_000));
        let mut both = Distribution::default();
        both.add(&before);
        both.add(&after);
        assert_eq!((both.count(), both.sum_us), (5, 30_060));
        let ends: Vec<_> = after.cumulative().collect();
        assert_eq!(ends.first(), Some(&(8, 0)));
        assert_eq!(ends.get(1), Some(&(16, 1)));
        assert_eq!(ends.last(), Some(&(1 << 24, 3)));
        assert!(ends.is_sorted());
    }
}
