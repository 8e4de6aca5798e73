//! Tallies: what one thread counted while it did one task, and their sum.
//!
//! Owns: the counters and histograms. Must not: judge them.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

/// What went wrong, by kind.
pub(crate) type Errors = BTreeMap<&'static str, u64>;

/// What was counted during a task. Times are in nanoseconds since the fleet started.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// Calls that were answered with success.
    pub(crate) calls: u64,
    /// Messages that were sent.
    pub(crate) messages: u64,
    /// Arrivals of messages, one for each receiver, broadcasts apart.
    pub(crate) arrivals: u64,
    /// Presences that arrived.
    pub(crate) presences: u64,
    /// Polls that were sent.
    pub(crate) polls: u64,
    /// Users who were brought to their polls.
    pub(crate) parked: u64,
    /// Of these, those who came with a ticket they had.
    pub(crate) resumed: u64,
    /// Of these, those whose session was gone, so that they started another.
    pub(crate) restarted: u64,
    /// Users whom a node sent away, because their names have moved.
    pub(crate) moved: u64,
    /// Users who went offline.
    pub(crate) left: u64,
    /// Arrivals that were still awaited at the end.
    pub(crate) lost: u64,
    /// Arrivals that were one too many.
    pub(crate) doubled: u64,
    /// What went wrong.
    pub(crate) errors: Errors,
    /// From call to arrival, in nanoseconds, broadcasts apart.
    pub(crate) arrival: Histogram<u64>,
    /// From a broadcast's call to each arrival, in nanoseconds.
    pub(crate) broadcast: Histogram<u64>,
    /// From call to its answer, in nanoseconds.
    pub(crate) answer: Histogram<u64>,
    /// From an online call to its answer, in nanoseconds.
    pub(crate) online: Histogram<u64>,
    /// CPU time of the thread, in nanoseconds.
    pub(crate) cpu: u64,
    /// How long the task took, in nanoseconds.
    pub(crate) took: u64,
    /// Something was not finished in time.
    pub(crate) late: bool,
}

impl Default for Tally {
    fn default() -> Self {
        // Three digits are more than such a measurement is worth; beyond the highest time values are cut.
        let histogram =
            || Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("bounds that are allowed");
        Tally {
            calls: 0,
            messages: 0,
            arrivals: 0,
            presences: 0,
            polls: 0,
            parked: 0,
            resumed: 0,
            restarted: 0,
            moved: 0,
            left: 0,
            lost: 0,
            doubled: 0,
            errors: Errors::new(),
            arrival: histogram(),
            broadcast: histogram(),
            answer: histogram(),
            online: histogram(),
            cpu: 0,
            took: 0,
            late: false,
        }
    }
}

impl Tally {
    /// Counts an error.
    pub(crate) fn error(&mut self, kind: &'static str) {
        *self.errors.entry(kind).or_default() += 1;
    }

    /// Takes another's counts, of the same task or of one after it.
    pub(crate) fn add(&mut self, other: &Tally) {
        self.calls += other.calls;
        self.messages += other.messages;
        self.arrivals += other.arrivals;
        self.presences += other.presences;
        self.polls += other.polls;
        self.parked += other.parked;
        self.resumed += other.resumed;
        self.restarted += other.restarted;
        self.moved += other.moved;
        self.left += other.left;
        self.lost += other.lost;
        self.doubled += other.doubled;
        for (kind, count) in &other.errors {
            *self.errors.entry(kind).or_default() += count;
        }
        self.arrival.add(&other.arrival).expect("the bounds are the same");
        self.broadcast.add(&other.broadcast).expect("the bounds are the same");
        self.answer.add(&other.answer).expect("the bounds are the same");
        self.online.add(&other.online).expect("the bounds are the same");
        self.cpu += other.cpu;
        self.took = self.took.max(other.took);
        self.late |= other.late;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums() {
        let mut sum = Tally { calls: 1, took: 5, ..Tally::default() };
        sum.error("cut");
        let mut other = Tally { calls: 2, took: 3, lost: 1, late: true, ..Tally::default() };
        other.error("cut");
        other.error("late");
        other.arrival.record(1_000).unwrap();
        sum.add(&other);
        assert_eq!((sum.calls, sum.took, sum.lost, sum.late), (3, 5, 1, true));
        assert_eq!((sum.errors["cut"], sum.errors["late"], sum.arrival.len()), (2, 1, 1));
    }
}
