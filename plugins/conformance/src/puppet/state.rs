//! What the puppet knows, and what it is told to do.
//!
//! Owns: the lock that all its threads share. Must not: open a socket.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::call::Call;
use super::people::People;

/// What the puppet does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// It answers as the message server would.
    Answer,
    /// It answers this status and text, and does nothing.
    Refuse(u16, &'static str),
    /// It answers nothing until the case ends.
    Hang,
    /// It cuts the connection before it does anything.
    Cut,
    /// It does what was asked, and cuts the connection in the middle of the answer.
    CutAnswer,
}

pub(super) type Hook = Box<dyn FnOnce(&Call) -> Act + Send>;

#[derive(Default)]
pub(super) struct State {
    pub(super) people: People,
    pub(super) calls: Vec<Call>,
    /// For all calls without a hook.
    pub(super) always: Option<Act>,
    pub(super) hooks: VecDeque<(&'static str, Hook)>,
    /// The real message server, which then answers all calls.
    pub(super) real: Option<SocketAddr>,
    /// Counts the cases; a call that hangs ends with its case.
    pub(super) case: usize,
}

pub(super) struct Shared {
    pub(super) address: SocketAddr,
    pub(super) domain: String,
    pub(super) apikey: String,
    pub(super) state: Mutex<State>,
    pub(super) changed: Condvar,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
