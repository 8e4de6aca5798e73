//! Bursts: how many newcomers a listener accepts in one turn.
//!
//! Owns: the number, and when it grows and falls. Must not: accept.
//!
//! Epoll reports a listener as long as newcomers wait, but not how many. An accept that finds none costs as much as one
//! that finds one. So a burst ends when its number is accepted, and what is left is reported again. The number doubles
//! while newcomers fill it, and falls to what there was when they do not. Each growth in vain makes the next wait for
//! more full bursts: a caller at a time is accepted without an accept in vain, and a crowd soon by the hundred.

use crate::base::limits::turn::{ACCEPTS_PER_TURN, BURST_PATIENCE_MAX};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Burst {
    /// Newcomers to accept in a turn.
    size: usize,
    /// Bursts that must be full before the size grows.
    patience: u32,
    /// Full bursts of this size.
    full: u32,
    /// The size has grown, and no burst of it has ended.
    is_trial: bool,
}

impl Burst {
    pub(super) const FIRST: Burst = Burst { size: 1, patience: 1, full: 0, is_trial: false };

    pub(super) fn size(self) -> usize {
        self.size
    }

    /// Notes that as many newcomers came as the burst takes; more may wait.
    pub(super) fn filled(&mut self) {
        if std::mem::take(&mut self.is_trial) {
            self.patience = (self.patience / 2).max(1);
        }
        self.full += 1;
        if self.full >= self.patience && self.size < ACCEPTS_PER_TURN {
            (self.size, self.full, self.is_trial) = ((self.size * 2).min(ACCEPTS_PER_TURN), 0, true);
        }
    }

    /// Notes that only this many came, and an accept was in vain.
    pub(super) fn drained(&mut self, newcomers: usize) {
        self.patience = (self.patience * 2).min(BURST_PATIENCE_MAX);
        (self.size, self.full, self.is_trial) = (newcomers.clamp(1, self.size), 0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets this many newcomers come before each turn. Returns the accepts that found one, those in vain, and the
    /// newcomers that wait at the end.
    fn turns(burst: &mut Burst, arrivals: impl IntoIterator<Item = usize>) -> (usize, usize, usize) {
        let (mut accepted, mut vain, mut waiting) = (0, 0, 0);
        for arrived in arrivals {
            waiting += arrived;
            if waiting == 0 {
                continue; // no event
            }
            let newcomers = waiting.min(burst.size());
            if newcomers == burst.size() {
                burst.filled();
            } else {
                vain += 1;
                burst.drained(newcomers);
            }
            (accepted, waiting) = (accepted + newcomers, waiting - newcomers);
        }
        (accepted, vain, waiting)
    }

    #[test]
    fn a_steady_flow_is_accepted_with_hardly_an_accept_in_vain() {
        for at_once in [1, 3, 20, ACCEPTS_PER_TURN] {
            let mut burst = Burst::FIRST;
            turns(&mut burst, [at_once; 1_000]);
            let (accepted, vain, waiting) = turns(&mut burst, [at_once; 1_000]);
            assert_eq!(accepted + waiting, 1_000 * at_once, "{at_once}");
            assert!(waiting <= at_once && vain <= 40, "{at_once} at once: {vain} in vain, {waiting} wait");
        }
    }

    #[test]
    fn a_crowd_is_soon_accepted_by_the_hundred() {
        let mut burst = Burst::FIRST;
        turns(&mut burst, std::iter::repeat_n(1, 10_000));
        assert_eq!(burst.patience, BURST_PATIENCE_MAX);
        let enough = 2 * BURST_PATIENCE_MAX as usize + 10_000 / ACCEPTS_PER_TURN;
        let (accepted, _, waiting) =
            turns(&mut burst, (0..enough).map(|turn| usize::from(turn == 0) * 10_000));
        assert_eq!((accepted, waiting), (10_000, 0));
    }
}
