//! What a shard holds for others, and when that is too much.
//!
//! Owns: the sum of everything that waits on one shard and grows with what strangers send or do not take: requests that
//! have not arrived as a whole, answers that were not taken, packets that were not acknowledged, mailboxes, and mail for
//! shards that are behind. Must not: know what any of it is. Connections, sessions, users and rooms are not in it: they
//! have limits of their own.
//!
//! Whoever holds something keeps a [`Held`] beside it, which takes itself out of the sum when it is dropped, so nothing
//! can be forgotten. A shard counts for itself, in plain numbers; the configured ceiling is divided by the shards.

use std::cell::Cell;
use std::rc::Rc;

use crate::limits::{MEMORY_CROWDED_PERCENT, RESUME_PERCENT};

/// The sum of one shard.
#[derive(Clone, Debug)]
pub struct Memory(Rc<Sum>);

#[derive(Debug)]
struct Sum {
    bytes: Cell<usize>,
    crowded: Mark,
    full: Mark,
}

/// A mark that has been passed from when the sum is above it until it is noticeably below.
#[derive(Debug)]
struct Mark {
    bytes: usize,
    passed: Cell<bool>,
}

impl Mark {
    fn at(bytes: usize) -> Mark {
        Mark { bytes, passed: Cell::new(false) }
    }

    fn is_passed(&self, sum: usize) -> bool {
        if sum > self.bytes {
            self.passed.set(true);
        } else if sum <= self.bytes * RESUME_PERCENT / 100 {
            self.passed.set(false);
        }
        self.passed.get()
    }
}

impl Memory {
    /// Nothing is held; `max` bytes may be.
    pub fn new(max: usize) -> Memory {
        let crowded = Mark::at(max * MEMORY_CROWDED_PERCENT / 100);
        Memory(Rc::new(Sum { bytes: Cell::new(0), crowded, full: Mark::at(max) }))
    }

    /// Holds so many bytes more.
    pub fn hold(&self, bytes: usize) -> Held {
        let mut held = Held { memory: self.clone(), bytes: 0 };
        held.add(bytes);
        held
    }

    /// All that is held.
    pub fn bytes(&self) -> usize {
        self.0.bytes.get()
    }

    /// Whether what is left is for those who are inside.
    pub fn is_crowded(&self) -> bool {
        self.0.crowded.is_passed(self.bytes())
    }

    /// Whether nothing more may be taken in.
    pub fn is_full(&self) -> bool {
        self.0.full.is_passed(self.bytes())
    }
}

/// A part of the sum, as long as it lives.
#[derive(Debug)]
pub struct Held {
    memory: Memory,
    bytes: usize,
}

impl Held {
    /// Holds so many more.
    pub fn add(&mut self, bytes: usize) {
        self.set(self.bytes + bytes);
    }

    /// Holds so many less.
    pub fn subtract(&mut self, bytes: usize) {
        self.set(self.bytes - bytes);
    }

    /// Holds so many.
    pub fn set(&mut self, bytes: usize) {
        let sum = &self.memory.0.bytes;
        sum.set(sum.get() - self.bytes + bytes);
        self.bytes = bytes;
    }

    /// How many it holds.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_not_held() {
        let memory = Memory::new(1_000);
        let mut one = memory.hold(100);
        let other = memory.hold(50);
        one.add(10);
        one.subtract(30);
        assert_eq!((memory.bytes(), one.bytes()), (130, 80));
        drop(one);
        assert_eq!(memory.bytes(), 50);
        drop(other);
        assert_eq!(memory.bytes(), 0);
    }

    #[test]
    fn marks_are_passed_until_the_sum_is_noticeably_below() {
        let memory = Memory::new(1_000);
        let mut held = memory.hold(0);
        for (bytes, crowded, full) in [
            (750, false, false),
            (751, true, false),
            (1_000, true, false),
            (1_001, true, true),
            (901, true, true),
            (900, true, false),
            (676, true, false),
            (630, false, false),
            (750, false, false),
        ] {
            held.set(bytes);
            assert_eq!((memory.is_crowded(), memory.is_full()), (crowded, full), "{bytes}");
        }
    }
}
