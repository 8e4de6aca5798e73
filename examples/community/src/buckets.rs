//! Token buckets, of which rate limits are made.
//!
//! Owns: the level of each bucket, by its key. Must not: import `limits`; the sizes are given.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After this many new buckets, all are looked through and the full ones removed: the cost is shared by this many.
const BUCKETS_SWEPT: usize = 10_000;

/// Token buckets: each key has `size` tokens, and regains that many within `refill`.
#[derive(Debug)]
pub struct Buckets {
    size: u32,
    refill: Duration,
    levels: Mutex<Levels>,
}

#[derive(Debug, Default)]
struct Levels {
    of: HashMap<String, Bucket>,
    /// How many were made since the full ones were last removed.
    made: usize,
}

#[derive(Debug)]
struct Bucket {
    /// How many tokens were used up at the time `at`.
    used: f64,
    at: Instant,
}

impl Buckets {
    /// An empty bucket of this size is full again after `refill`.
    pub fn new(size: u32, refill: Duration) -> Buckets {
        Buckets { size, refill, levels: Mutex::default() }
    }

    /// Takes a token; false if there is none.
    pub fn take(&self, key: &str) -> bool {
        self.take_many(key, 1)
    }

    /// Takes this many tokens, or all of a full bucket; false if there are fewer.
    pub fn take_many(&self, key: &str, count: u32) -> bool {
        let now = Instant::now();
        let mut levels = self.lock();
        let known = levels.of.get(key);
        let used = known.map_or(0.0, |bucket| self.used(bucket, now)) + f64::from(count.min(self.size));
        if used > f64::from(self.size) {
            return false;
        }
        if known.is_none() {
            levels.made += 1;
            if levels.made > BUCKETS_SWEPT {
                levels.made = 1;
                levels.of.retain(|_, bucket| self.used(bucket, now) > 0.0);
            }
        }
        levels.of.insert(key.to_owned(), Bucket { used, at: now });
        true
    }

    /// Gives back one token, because the attempt did not count.
    pub fn give_back(&self, key: &str) {
        let mut levels = self.lock();
        if let Some(bucket) = levels.of.get_mut(key) {
            bucket.used -= 1.0;
            if bucket.used <= 0.0 {
                levels.of.remove(key);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Levels> {
        self.levels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn used(&self, bucket: &Bucket, now: Instant) -> f64 {
        let regained = (now - bucket.at).as_secs_f64() / self.refill.as_secs_f64() * f64::from(self.size);
        (bucket.used - regained).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_empties_its_own_bucket_only() {
        let buckets = Buckets::new(2, Duration::from_hours(1));
        assert!(buckets.take("a") && buckets.take("a") && !buckets.take("a"));
        assert!(buckets.take("b"));
        assert!(!buckets.take_many("b", 2) && buckets.take("b"));
        assert!(buckets.take_many("c", 3) && !buckets.take("c"), "three of two is all there is");
        buckets.give_back("c");
        assert!(buckets.take("c") && !buckets.take("c"));
    }

    #[test]
    fn a_bucket_fills_again() {
        let buckets = Buckets::new(1, Duration::from_nanos(1));
        assert!((0..1_000).all(|_| buckets.take("a")));
    }

    #[test]
    fn a_new_bucket_seldom_makes_all_others_be_looked_through() {
        let buckets = Buckets::new(1, Duration::from_hours(1));
        let full_again = || buckets.lock().of.values().filter(|bucket| bucket.used == 0.0).count();
        let take =
            |keys: std::ops::Range<usize>| keys.for_each(|key| assert!(buckets.take(&key.to_string())));
        take(0..BUCKETS_SWEPT + 1);
        for made_full in [0, 1] {
            buckets.lock().of.get_mut(&made_full.to_string()).unwrap().used = 0.0;
        }
        take(BUCKETS_SWEPT + 1..2 * BUCKETS_SWEPT);
        assert_eq!(full_again(), 2, "they were looked through not long ago");
        take(2 * BUCKETS_SWEPT..2 * BUCKETS_SWEPT + 1);
        assert_eq!(full_again(), 0);
        assert_eq!(buckets.lock().of.len(), 2 * BUCKETS_SWEPT - 1);
    }

    #[test]
    fn a_bucket_that_is_full_again_is_removed() {
        let buckets = Buckets::new(2, Duration::from_hours(1));
        assert!(buckets.take("a"));
        buckets.give_back("a");
        assert!(buckets.lock().of.is_empty());
    }
}
