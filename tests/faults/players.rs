//! All players: their threads, from start to end.
//!
//! Owns: the threads. Must not: own users. All threads share one descriptor table: a fault run has as many users as
//! one table has room for.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::kinds::FaultCounts;
use super::ledger::MessageLedger;
use super::player::{Counts, Errors, Player, PlayerReport};
use super::shared::{Phase, SharedState};

/// The reports of all players, added up.
#[derive(Default)]
pub(crate) struct PlayerTotals {
    pub(crate) ledgers: Vec<MessageLedger>,
    pub(crate) fault_counts: FaultCounts,
    pub(crate) counts: Counts,
    pub(crate) errors: Errors,
}

/// The running threads.
pub(crate) struct Players {
    shared: Arc<SharedState>,
    threads: Vec<JoinHandle<io::Result<PlayerReport>>>,
}

impl Players {
    /// Starts one thread for each part.
    pub(crate) fn start(shared: &Arc<SharedState>) -> Players {
        let mut players = Players { shared: Arc::clone(shared), threads: Vec::new() };
        for part in 0..shared.population.parts {
            let player = Player::new(Arc::clone(shared), part).unwrap();
            let thread =
                thread::Builder::new().name(format!("player-{part}")).spawn(|| player.run()).unwrap();
            players.threads.push(thread);
        }
        players
    }

    /// Waits for all players. Requires [`Phase::End`].
    pub(crate) fn end(mut self) -> PlayerTotals {
        let mut played = PlayerTotals::default();
        for thread in self.threads.drain(..) {
            let report = thread.join().expect("a player has failed").unwrap();
            played.ledgers.push(report.ledger);
            played.fault_counts.add(&report.fault_counts);
            played.counts.add(&report.counts);
            for (kind, count) in report.errors {
                *played.errors.entry(kind).or_default() += count;
            }
        }
        played
    }
}

impl Drop for Players {
    fn drop(&mut self) {
        self.shared.begin(Phase::End);
        for thread in self.threads.drain(..) {
            // If the thread failed, the run is failing already.
            thread.join().ok();
        }
    }
}
