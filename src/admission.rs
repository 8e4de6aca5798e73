//! Who and what may still come in.
//!
//! Owns: [`Gauge`], a count of users that all shards share, and [`Budget`], the bytes that may wait to be posted to a
//! site. Must not: hold anything else that is shared; it is one of the few places where an atomic is allowed, and it is
//! touched only when a user comes or goes, or is sent something while he lingers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// The users of one domain, on all shards. Padded, so that two domains never share a cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Gauge(AtomicU32);

impl Gauge {
    /// Counts one more, unless `max` are there already. Relaxed: the count guards nothing but itself.
    pub fn admit(&self, max: u32) -> bool {
        let more = |count: u32| (count < max).then_some(count + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Counts one less.
    pub fn release(&self) {
        let before = self.0.fetch_sub(1, Ordering::Relaxed);
        debug_assert!(before > 0, "more users left than came");
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The bytes of undelivered messages that are kept for one domain, on all shards and on their way to its site. Padded,
/// as above.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Budget(AtomicUsize);

impl Budget {
    /// Claims so many bytes, unless there would be more than `max`. Relaxed: the sum guards nothing but itself.
    pub fn claim(self: &Arc<Self>, bytes: usize, max: usize) -> Option<Claim> {
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= max);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Claim { budget: Arc::clone(self), bytes })
    }

    /// How many are claimed.
    pub fn used(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Bytes of a [`Budget`]. They are given back when this is dropped, wherever the message it came with ends.
#[derive(Debug)]
pub struct Claim {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Claim {
    /// How many bytes it is for.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let before = self.budget.0.fetch_sub(self.bytes, Ordering::Relaxed);
        debug_assert!(before >= self.bytes, "more was given back than was claimed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_given_back_when_it_is_dropped() {
        let budget = Arc::new(Budget::default());
        let claim = budget.claim(60, 100).expect("there is room");
        assert!(budget.claim(41, 100).is_none() && budget.claim(usize::MAX, usize::MAX).is_none());
        let other = budget.claim(40, 100).expect("there is room for just that");
        assert_eq!((claim.bytes(), budget.used()), (60, 100));
        drop(claim);
        assert!(budget.claim(41, 80).is_none(), "the limit may have been lowered");
        drop(other);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_full_gauge_admits_nobody() {
        let gauge = Gauge::default();
        assert!(gauge.admit(2) && gauge.admit(2));
        assert!(!gauge.admit(2));
        gauge.release();
        assert!(gauge.admit(2));
        assert_eq!(gauge.count(), 2);
    }
}
