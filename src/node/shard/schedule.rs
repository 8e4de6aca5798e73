//! The schedule of a shard: its time, and the timers that are set.
//!
//! Owns: the clock and the wheel. Must not: act on a timer; `turn` does.

use super::timers::Wheel;
use crate::base::clock::{Clock, Moment, Origin, Stamp, Tick};
use crate::base::limits::parked::ALARM_BYTES_MAX;
use crate::base::slots::Slot;
use crate::router::mail::Alarm;

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    Router(Alarm),
    Conn(Slot),
    /// The sweep over calls that other shards have not answered.
    Sweep,
}

// An entry of the wheel has a timer, its moment and the number of the next entry.
const _: () = assert!(size_of::<Timer>() + size_of::<Moment>() + size_of::<u32>() <= ALARM_BYTES_MAX);

#[derive(Debug)]
pub(super) struct Schedule {
    clock: Clock,
    wheel: Wheel<Timer>,
}

impl Schedule {
    pub(super) fn new(origin: Origin) -> Schedule {
        Schedule { clock: Clock::start(origin), wheel: Wheel::new() }
    }

    /// Reads the time. Returns the milliseconds for which the process was stopped.
    pub(super) fn begin_turn(&mut self, expected: Tick) -> u64 {
        self.clock.turn(expected)
    }

    /// Reads the time again. Returns the duration of the turn, in microseconds, and the stamp of its end.
    pub(super) fn end_turn(&self) -> (u64, Stamp) {
        self.clock.end_turn()
    }

    pub(super) fn now(&self) -> Tick {
        self.clock.now()
    }

    /// The time that all shards share, in milliseconds.
    pub(super) fn shared_ms(&self) -> u64 {
        self.clock.shared_ms()
    }

    pub(super) fn stamp(&self) -> Stamp {
        self.clock.stamp()
    }

    pub(super) fn set(&mut self, at: Tick, timer: Timer) {
        self.wheel.insert(at, timer);
    }

    pub(super) fn next_due(&self) -> Option<Tick> {
        self.wheel.next_due()
    }

    /// Takes timers that are due into `due`, about `most` at once. Returns whether more are due.
    pub(super) fn fire(&mut self, most: usize, due: &mut Vec<Timer>) -> bool {
        self.wheel.fire(self.clock.now(), most, due)
    }
}
