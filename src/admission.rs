//! Who may still come in.
//!
//! Owns: [`Gauge`], a count of users that all shards share. Must not: hold anything else that is shared; it is one
//! of the few places where an atomic is allowed, and it is touched only when a user comes or goes.

use std::sync::atomic::{AtomicU32, Ordering};

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

#[cfg(test)]
mod tests {
    use super::*;

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
