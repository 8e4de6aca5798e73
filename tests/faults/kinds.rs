//! The kinds of faults that befall users, and how often.
//!
//! Owns: the table of faults, and when the next of each kind is due. Must not: inject them (`inject.rs`).

use super::chance::Chance;

/// A fault of a user, of a network, or of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection of a waiting poll is cut.
    CutWaiting,
    /// The connection is cut in the middle of the answer.
    CutInAnswer,
    /// The connection is cut when the answer has arrived and is unread.
    CutUnread,
    /// The connection is cut after the answer was read, before the next poll acknowledges it.
    CutAfterAnswer,
    /// The connection of the site is cut in the middle of a call.
    CutCall,
    /// A user does not read an answer for a while.
    Stall,
    /// A user does not read a long answer for longer than the server waits.
    StallLong,
    /// A user leaves without a call, until the server takes the user for offline.
    Vanish,
    /// A user changes pages: the new one comes online before the old one is left.
    NewPageFirst,
    /// A user changes pages: the old one is left before the new one comes online.
    OldPageFirst,
    /// A user changes pages, and the old one is never left.
    OldPageSilent,
    /// The site logs a user out, and the user returns soon.
    LogOut,
}

/// A row of the table.
struct FaultKind {
    fault: Fault,
    title: &'static str,
    /// How many a minute for a thousand users.
    pace: u64,
}

const fn kind(fault: Fault, title: &'static str, pace: u64) -> FaultKind {
    FaultKind { fault, title, pace }
}

/// The number of kinds.
pub(crate) const KINDS: usize = 12;

const TABLE: [FaultKind; KINDS] = [
    kind(Fault::CutWaiting, "polls cut while they waited", 1_500),
    kind(Fault::CutInAnswer, "polls cut within the answer", 1_500),
    kind(Fault::CutUnread, "polls cut with the answer unread", 1_500),
    kind(Fault::CutAfterAnswer, "polls cut after the answer", 1_500),
    kind(Fault::CutCall, "calls cut", 1_500),
    kind(Fault::Stall, "users who stalled for a moment", 600),
    kind(Fault::StallLong, "users who stalled for too long", 120),
    kind(Fault::Vanish, "users who left without a call", 600),
    kind(Fault::NewPageFirst, "pages changed, the new one first", 600),
    kind(Fault::OldPageFirst, "pages changed, the old one first", 600),
    kind(Fault::OldPageSilent, "pages changed, the old one silently", 300),
    kind(Fault::LogOut, "users logged out", 300),
];

/// How often each kind of fault was injected, in the order of the table.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FaultCounts([u64; KINDS]);

impl FaultCounts {
    /// Counts one more fault.
    pub(crate) fn count(&mut self, fault: Fault) {
        if let Some(index) = TABLE.iter().position(|kind| kind.fault == fault) {
            self.0[index] += 1;
        }
    }

    /// Adds the counts of another player.
    pub(crate) fn add(&mut self, other: &FaultCounts) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    /// The title of each kind, and how often it was injected.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&'static str, u64)> {
        TABLE.iter().map(|kind| kind.title).zip(self.0)
    }
}

/// When the next fault of each kind is due, in milliseconds.
#[derive(Debug)]
pub(crate) struct FaultSchedule {
    next: [u64; KINDS],
    mean: [u64; KINDS],
}

impl FaultSchedule {
    /// A schedule for this many users, from `now` on.
    pub(crate) fn new(users: u32, now: u64, chance: &mut Chance) -> FaultSchedule {
        let mean = TABLE.map(|kind| 60_000_000 / (kind.pace * u64::from(users.max(1))).max(1));
        FaultSchedule { next: mean.map(|mean| now + chance.wait(mean)), mean }
    }

    /// A fault that is due.
    pub(crate) fn due(&mut self, now: u64, chance: &mut Chance) -> Option<Fault> {
        let index = self.next.iter().position(|at| *at <= now)?;
        self.next[index] += chance.wait(self.mean[index]).max(1);
        Some(TABLE[index].fault)
    }

    /// When the next fault is due.
    pub(crate) fn first(&self) -> u64 {
        self.next.into_iter().min().unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_comes_at_its_pace() {
        let mut chance = Chance::new(1, 0);
        let mut schedule = FaultSchedule::new(1_000, 500, &mut chance);
        let mut fault_counts = FaultCounts::default();
        while let Some(fault) = schedule.due(600_500, &mut chance) {
            fault_counts.count(fault);
        }
        assert!(schedule.first() > 600_500);
        for (kind, (title, count)) in TABLE.iter().zip(fault_counts.lines()) {
            let expected = kind.pace * 10;
            assert!((expected * 8 / 10..expected * 12 / 10).contains(&count), "{title}: {count}");
        }
        let mut twice = fault_counts;
        twice.add(&fault_counts);
        assert!(twice.lines().zip(fault_counts.lines()).all(|((_, two), (_, one))| two == 2 * one));
    }
}
