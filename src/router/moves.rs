//! Users and rooms whose names another node owns now.
//!
//! Owns: which of them are left. Must not: send anything; [`moving`](super::moving) does.

use crate::base::slots::Slot;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Moves {
    pub(super) users: Vec<Slot>,
    pub(super) rooms: Vec<Slot>,
    pub(super) per_step: usize,
    /// Whether others have come since it was looked which of them are here.
    pub(super) has_guests: bool,
    /// Whether an alarm is set for it.
    pub(super) is_set: bool,
}
