//! All players: their threads, from start to end.
//!
//! Owns: the threads. Must not: play. They share one descriptor table with everything else: a fault run has as many
//! users as one table takes.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::kinds::Happened;
use super::ledger::Book;
use super::player::{Counts, Player, Report};
use super::shared::{Ground, Phase};
use crate::generator::tally::Errors;

/// What all players have to say.
#[derive(Default)]
pub(super) struct Played {
    pub(super) books: Vec<Book>,
    pub(super) happened: Happened,
    pub(super) counts: Counts,
    pub(super) errors: Errors,
}

/// The threads.
pub(super) struct Players {
    ground: Arc<Ground>,
    threads: Vec<JoinHandle<io::Result<Report>>>,
}

impl Players {
    /// Starts one for each part.
    pub(super) fn start(ground: &Arc<Ground>) -> Result<Players, Box<dyn Error>> {
        let mut players = Players { ground: Arc::clone(ground), threads: Vec::new() };
        for part in 0..ground.population.parts {
            let player = Player::new(Arc::clone(ground), part)?;
            let thread = thread::Builder::new().name(format!("player-{part}")).spawn(|| player.run())?;
            players.threads.push(thread);
        }
        Ok(players)
    }

    /// Waits for all, who have been told that it is over.
    pub(super) fn end(mut self) -> Result<Played, Box<dyn Error>> {
        let mut played = Played::default();
        for thread in self.threads.drain(..) {
            let report = thread.join().map_err(|_| "a player has failed")??;
            played.books.push(report.book);
            played.happened.add(&report.happened);
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
        self.ground.begin(Phase::End);
        for thread in self.threads.drain(..) {
            // Whatever it failed with, something else has failed before.
            thread.join().ok();
        }
    }
}
