//! What goes wrong with users, and how often.
//!
//! Owns: the table of faults and when the next of each is due. Must not: carry them out.

use super::random::Dice;

/// A thing that users, their networks, or the site do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection of a waiting poll is cut.
    CutWaiting,
    /// It is cut in the middle of the answer.
    CutInAnswer,
    /// It is cut when the answer has come and nobody has read it.
    CutUnread,
    /// It is cut when the answer has been read, before the next poll says so.
    CutAfterAnswer,
    /// The site's connection is cut in the middle of a call.
    CutCall,
    /// A user does not read his answer for a while.
    Stall,
    /// A user does not read a long answer for longer than the server waits.
    StallLong,
    /// A user is gone without a word until the server takes him for offline.
    Vanish,
    /// A user changes pages: the new one comes online before the old one is left.
    NewPageFirst,
    /// A user changes pages: the old one is left before the new one comes online.
    OldPageFirst,
    /// A user changes pages, and the old one does not say that it was left.
    OldPageSilent,
    /// The site logs a user out; he comes back soon.
    LogOut,
}

/// A line of the table.
struct Kind {
    fault: Fault,
    title: &'static str,
    /// How many a minute for a thousand users.
    pace: u64,
}

const fn kind(fault: Fault, title: &'static str, pace: u64) -> Kind {
    Kind { fault, title, pace }
}

/// How many kinds there are.
pub(super) const KINDS: usize = 12;

const TABLE: [Kind; KINDS] = [
    kind(Fault::CutWaiting, "polls cut while they waited", 1_500),
    kind(Fault::CutInAnswer, "polls cut within the answer", 1_500),
    kind(Fault::CutUnread, "polls cut with the answer unread", 1_500),
    kind(Fault::CutAfterAnswer, "polls cut after the answer", 1_500),
    kind(Fault::CutCall, "calls cut", 1_500),
    kind(Fault::Stall, "readers who stalled for a moment", 600),
    kind(Fault::StallLong, "readers who stalled for too long", 120),
    kind(Fault::Vanish, "users who left without a word", 600),
    kind(Fault::NewPageFirst, "pages changed, the new one first", 600),
    kind(Fault::OldPageFirst, "pages changed, the old one first", 600),
    kind(Fault::OldPageSilent, "pages changed, the old one silently", 300),
    kind(Fault::LogOut, "users logged out", 300),
];

/// How often each kind happened, in the order of the table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Happened([u64; KINDS]);

impl Happened {
    /// It happened once more.
    pub(super) fn count(&mut self, fault: Fault) {
        if let Some(index) = TABLE.iter().position(|kind| kind.fault == fault) {
            self.0[index] += 1;
        }
    }

    /// Takes another's counts.
    pub(super) fn add(&mut self, other: &Happened) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    /// Each kind's title and how often it happened.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&'static str, u64)> {
        TABLE.iter().map(|kind| kind.title).zip(self.0)
    }
}

/// When the next fault of each kind is due, in milliseconds.
#[derive(Debug)]
pub(super) struct Paces {
    next: [u64; KINDS],
    mean: [u64; KINDS],
}

impl Paces {
    /// Paces for so many users, from `now` on.
    pub(super) fn new(users: u32, now: u64, dice: &mut Dice) -> Paces {
        let mean = TABLE.map(|kind| 60_000_000 / (kind.pace * u64::from(users.max(1))).max(1));
        Paces { next: mean.map(|mean| now + dice.wait(mean)), mean }
    }

    /// A fault that is due.
    pub(super) fn due(&mut self, now: u64, dice: &mut Dice) -> Option<Fault> {
        let index = self.next.iter().position(|at| *at <= now)?;
        self.next[index] += dice.wait(self.mean[index]).max(1);
        Some(TABLE[index].fault)
    }

    /// When the first of them is due.
    pub(super) fn first(&self) -> u64 {
        self.next.into_iter().min().unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_comes_at_its_pace() {
        let mut dice = Dice::new(1, 0);
        let mut paces = Paces::new(1_000, 500, &mut dice);
        let mut happened = Happened::default();
        while let Some(fault) = paces.due(600_500, &mut dice) {
            happened.count(fault);
        }
        assert!(paces.first() > 600_500);
        for (kind, (title, count)) in TABLE.iter().zip(happened.lines()) {
            let expected = kind.pace * 10;
            assert!((expected * 8 / 10..expected * 12 / 10).contains(&count), "{title}: {count}");
        }
        let mut twice = happened;
        twice.add(&happened);
        assert!(twice.lines().zip(happened.lines()).all(|((_, two), (_, one))| two == 2 * one));
    }
}
