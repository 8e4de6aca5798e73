//! Whether every shard turns.
//!
//! Owns: the difference between sleep and standstill. Must not: send to a shard; one that stands still would not answer.
//! A shard counts its turns, and sleeps [`SLEEP_MS_MAX`](crate::base::limits::turn::SLEEP_MS_MAX) at a time at most. So a
//! shard whose count is the same in [`STANDSTILL_SAMPLES`] samples in a row is stuck, or has slept through its wake.

use crate::base::limits::ops::STANDSTILL_SAMPLES;
use crate::base::stats::{Stats, index_of};

/// The pulse of a server's shards, taken every [`SAMPLE_MS`](crate::base::limits::ops::SAMPLE_MS).
#[derive(Debug)]
pub struct Pulse {
    stats: Stats,
    shards: Vec<Heartbeat>,
    turns: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Heartbeat {
    turns: u64,
    /// Samples in a row with this number.
    missed: u32,
}

impl Pulse {
    /// A pulse that has not been taken.
    pub fn new(stats: &Stats) -> Pulse {
        let turns = index_of("turns_total").expect("shards count their turns");
        Pulse { stats: stats.clone(), shards: vec![Heartbeat::default(); stats.boards().len()], turns }
    }

    /// Takes the pulse. Returns the shards that stand still.
    pub fn take(&mut self) -> Vec<usize> {
        for (beat, board) in self.shards.iter_mut().zip(self.stats.boards()) {
            let turns = board.values()[self.turns];
            beat.missed = if turns == beat.turns { beat.missed + 1 } else { 0 };
            beat.turns = turns;
        }
        let still = |(_, beat): &(usize, &Heartbeat)| beat.missed >= STANDSTILL_SAMPLES;
        self.shards.iter().enumerate().filter(still).map(|(shard, _)| shard).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stats::Counters;

    #[test]
    fn a_shard_stands_still_when_its_turns_do() {
        let stats = Stats::new(2);
        let mut pulse = Pulse::new(&stats);
        let turn = |shard: usize, turns_total: u64| {
            stats
                .board(shard)
                .publish(&Counters { turns_total, ..Counters::default() }, &Counters::default());
        };
        for sample in 0..u64::from(STANDSTILL_SAMPLES) {
            turn(0, 1 + sample);
            turn(1, 7);
            assert_eq!(pulse.take(), [0; 0], "sample {sample}");
        }
        turn(0, 1_000);
        assert_eq!(pulse.take(), [1], "the second one has not turned since the first sample");
        turn(1, 8);
        assert_eq!(pulse.take(), [0; 0], "it may recover");
    }
}
