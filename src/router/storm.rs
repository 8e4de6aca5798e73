//! Storms: very many polls answered at once, of which the next ones would all come at once.
//!
//! Owns: when a page that is answered should come back. Must not: know pages. A shard takes polls at a certain pace. It
//! notes until when it would be busy if each answer so far brought the next poll, one after the other at that pace; as
//! soon as that is long, every further page is told to come back then. So a storm is spread over a time in proportion
//! to it, and in an ordinary hour nobody is told anything.

use crate::clock::Tick;
use crate::limits::{RETRY_MS_MAX, STORM_POLLS};

/// What a shard expects to come back.
#[derive(Debug)]
pub(super) struct Storm {
    /// From one poll to the next.
    interval_ns: u64,
    /// When all of them have been taken.
    calm_ns: u64,
}

impl Storm {
    /// A shard that takes so many polls in a second.
    pub(super) fn new(polls_per_second: usize) -> Storm {
        Storm { interval_ns: 1_000_000_000 / polls_per_second.max(1) as u64, calm_ns: 0 }
    }

    /// One more poll is answered. Returns how long its page should wait before it polls again, in milliseconds, if it
    /// should.
    pub(super) fn answer(&mut self, now: Tick) -> Option<u64> {
        let now_ns = now.ms() * 1_000_000;
        let last_ns = now_ns + RETRY_MS_MAX * 1_000_000;
        self.calm_ns = (self.calm_ns.max(now_ns) + self.interval_ns).min(last_ns);
        let busy_ns = self.calm_ns - now_ns;
        (busy_ns > STORM_POLLS * self.interval_ns).then(|| busy_ns.div_ceil(1_000_000).min(RETRY_MS_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What so many pages are told that are answered at once.
    fn told(storm: &mut Storm, now_ms: u64, pages: usize) -> Vec<Option<u64>> {
        (0..pages).map(|_| storm.answer(Tick::ZERO.after(now_ms))).collect()
    }

    #[test]
    fn a_small_server_tells_nobody_to_wait() {
        let mut storm = Storm::new(50_000);
        for second in 0..10 {
            for part in 0..10 {
                let told = told(&mut storm, second * 1_000 + part * 100, 1_000);
                assert!(told.iter().all(Option::is_none), "10,000 polls a second are none too many");
            }
        }
    }

    #[test]
    fn a_storm_is_spread_in_proportion_to_it() {
        let mut storm = Storm::new(50_000);
        let told = told(&mut storm, 5_000, 20_000);
        let waits: Vec<u64> = told.iter().flatten().copied().collect();
        assert_eq!((told.len() - waits.len(), waits.first(), waits.last()), (1_000, Some(&21), Some(&400)));
        for ms in 22..400 {
            assert_eq!(waits.iter().filter(|wait| **wait == ms).count(), 50, "{ms} ms");
        }
    }

    #[test]
    fn what_still_has_to_come_counts_for_the_next_storm() {
        let mut storm = Storm::new(50_000);
        told(&mut storm, 0, 20_000);
        assert_eq!(told(&mut storm, 100, 1), [Some(301)]);
        assert_eq!(told(&mut storm, 1_000, 1), [None]);
    }

    #[test]
    fn nobody_waits_too_long() {
        let mut storm = Storm::new(1_000);
        assert_eq!(told(&mut storm, 7, 100_000).last(), Some(&Some(RETRY_MS_MAX)));
        assert_eq!(told(&mut storm, 7 + RETRY_MS_MAX, 1), [None]);
        assert_eq!(Storm::new(0).answer(Tick::ZERO), None);
    }
}
