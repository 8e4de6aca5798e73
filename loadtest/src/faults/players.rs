//! All players: their threads, from start to end.
//!
//! Owns: the threads. Must not: own users. All threads share one descriptor table: a fault run has as many users as
//! one table has room for.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::kinds::FaultCounts;
use super::ledger::MessageLedger;
use super::player::{Counts, Player, Report};
use super::shared::{Phase, SharedState};
use crate::generator::tally::Errors;

/// The reports of all players, added up.
#[derive(Default)]
pub(super) struct PlayerTotals {
    pub(super) ledgers: Vec<MessageLedger>,
    pub(super) fault_counts: FaultCounts,
    pub(super) counts: Counts,
    pub(super) errors: Errors,
}

/// The running threads.
pub(super) struct Players {
    shared: Arc<SharedState>,
    threads: Vec<JoinHandle<io::Result<Report>>>,
}

impl Players {
    /// Starts one thread for each part.
    pub(super) fn start(shared: &Arc<SharedState>) -> Result<Players, Box<dyn Error>> {
        let mut players = Players { shared: Arc::clone(shared), threads: Vec::new() };
        for part in 0..shared.population.parts {
            let player = Player::new(Arc::clone(shared), part)?;
            let thread = thread::Builder::new().name(format!("player-{part}")).spawn(|| player.run())?;
            players.threads.push(thread);
        }
        Ok(players)
    }

    /// Waits for all players. Requires [`Phase::End`].
    pub(super) fn end(mut self) -> Result<PlayerTotals, Box<dyn Error>> {
        let mut played = PlayerTotals::default();
        for thread in self.threads.drain(..) {
            let report = thread.join().map_err(|_| "a player has failed")??;
            played.ledgers.push(report.ledger);
            played.fault_counts.add(&report.fault_counts);
            played.counts.add(&report.counts);
            for (kind, count) in report.errors {
                *played.errors.entry(kind).or_default() += count;
            }
        }
        Ok(played)
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
