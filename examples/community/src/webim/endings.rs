//! Log-outs that the message server does not know of yet.
//!
//! Owns: the list of them, in memory only: a ticket is open here, and any reader of the database could poll with it. Must
//! not: call the message server.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::limits::ENDINGS_MAX;

/// Sessions to end as soon as the message server can be reached.
#[derive(Debug, Default)]
pub(super) struct Endings(Mutex<Vec<Ending>>);

#[derive(Debug)]
pub(super) enum Ending {
    /// One session.
    Ticket(String),
    /// All sessions of a user.
    Name(String),
}

impl Endings {
    /// Takes all at once, so that no other request waits for the calls that follow.
    pub(super) fn take(&self) -> Vec<Ending> {
        mem::take(&mut *self.lock())
    }

    /// Keeps these, as many as there is room for.
    pub(super) fn keep(&self, endings: impl Iterator<Item = Ending>) {
        let mut kept = self.lock();
        let room = ENDINGS_MAX.saturating_sub(kept.len());
        kept.extend(endings.take(room));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Ending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
