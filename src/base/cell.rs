//! A number that one thread writes and any thread reads.
//!
//! Owns: the one way to add to such a cell. Must not: use a locked instruction.

use std::sync::atomic::{AtomicU64, Ordering};

/// Adds to a cell that only the caller writes: a load and a store, and no locked instruction. Relaxed: each number
/// stands for itself.
pub(crate) fn add(cell: &AtomicU64, more: u64) {
    cell.store(cell.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}
