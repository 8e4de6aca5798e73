//! The book: every message of one player, from its call to its last sign.
//!
//! Owns: what is known of each message, and the verdict. Must not: know connections or time beyond a number.
//!
//! A message that the server took (`ok`, and counted for at least one receiver) must be *delivered* (a page has read it
//! and has sent a poll that acknowledges it) or *reported* (the site was told that it was not delivered): else it is
//! lost. A page sees a message once. It may come again on a later page if its acknowledgement may not have come
//! to the server; whether it has is *known* as soon as the poll that carried it is answered. After that the message must neither come
//! on a page that was opened later than it was sent, nor be reported.

use std::collections::HashSet;

/// Most messages of which all that is known is shown.
const ODD_MAX: usize = 5;

/// What the server said of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Said {
    /// Nothing yet; or nobody heard it, or it does not know itself.
    #[default]
    Unknown,
    /// It took it, for at least one receiver.
    Taken,
    /// Nobody was there: the site keeps it.
    ForNobody,
    /// It refused it, and said why.
    Refused,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    from: u32,
    to: u32,
    /// When the answer was heard, in milliseconds.
    answered: u32,
    /// The page that has seen it last; 0: none.
    page: u32,
    said: Said,
    /// A poll that acknowledges it was sent.
    acknowledged: bool,
    /// That poll was answered.
    known: bool,
}

/// A page, as the book must know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    /// Whose it is, counted in the part.
    pub(super) user: u32,
    /// His how-manieth page it is, from 1.
    pub(super) number: u32,
    /// When the call that opened it was sent, in milliseconds.
    pub(super) since: u32,
}

/// What an arrival is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The first one.
    First,
    /// Again, on another page, as may be.
    Again,
    /// One too many.
    Doubled,
    /// What he sent himself: his other pages have a copy, and one that ends leaves it to the next.
    Copy,
    /// It is not for him, or nobody sent it.
    Strange,
}

/// All messages of a player.
#[derive(Debug)]
pub(super) struct Book {
    part: u64,
    entries: Vec<Entry>,
    /// What is known of the first that were not as they should be.
    odd: Vec<String>,
}

/// What the books say in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Messages that were begun.
    pub(super) sent: u64,
    /// Messages the server took for at least one receiver.
    pub(super) taken: u64,
    /// Messages for nobody.
    pub(super) for_nobody: u64,
    /// Messages the server refused.
    pub(super) refused: u64,
    /// Messages of which nobody knows whether the server took them.
    pub(super) unknown: u64,
    /// Of the unknown, those that arrived or were reported.
    pub(super) unknown_but_there: u64,
    /// Of the taken, those that were delivered.
    pub(super) delivered: u64,
    /// Of the taken, those that were reported and not delivered.
    pub(super) reported: u64,
    /// Of the taken, those that were delivered and reported, for the acknowledgement may not have come.
    pub(super) both: u64,
    /// Of the taken, those that were neither.
    pub(super) lost: u64,
    /// Messages that were reported although the server knew that they had been delivered.
    pub(super) reported_though_known: u64,
    /// Messages that came although they were refused, or counted for nobody.
    pub(super) there_though_not_taken: u64,
}

impl Book {
    /// The book of this part.
    pub(super) fn new(part: u32) -> Book {
        Book { part: u64::from(part) + 1, entries: Vec::new(), odd: Vec::new() }
    }

    /// Begins a message from a user, or from nobody in particular, to a user. Returns its id, which is that of no other
    /// part.
    pub(super) fn begin(&mut self, from: Option<u32>, to: u32) -> u64 {
        let from = from.unwrap_or(u32::MAX);
        self.entries.push(Entry { from, to, answered: u32::MAX, ..Entry::default() });
        self.part << 40 | (self.entries.len() as u64 - 1)
    }

    fn entry(&mut self, id: u64) -> Option<&mut Entry> {
        if id >> 40 != self.part {
            return None;
        }
        self.entries.get_mut(usize::try_from(id & 0xff_ffff_ffff).ok()?)
    }

    /// The server took it for so many.
    pub(super) fn taken(&mut self, id: u64, receivers: u64, now: u32) {
        if let Some(entry) = self.entry(id) {
            entry.said = if receivers > 0 { Said::Taken } else { Said::ForNobody };
            entry.answered = now;
        }
    }

    /// The server refused it.
    pub(super) fn refused(&mut self, id: u64) {
        if let Some(entry) = self.entry(id) {
            entry.said = Said::Refused;
        }
    }

    /// A page has read it.
    pub(super) fn arrive(&mut self, id: u64, page: Page) -> Arrival {
        let Some(entry) = self.entry(id) else { return Arrival::Strange };
        if entry.from == page.user {
            return Arrival::Copy;
        }
        if entry.to != page.user {
            return Arrival::Strange;
        }
        let before = std::mem::replace(&mut entry.page, page.number);
        if before == 0 {
            return Arrival::First;
        }
        if before != page.number && (!entry.known || entry.answered >= page.since) {
            return Arrival::Again;
        }
        let entry = *entry;
        self.put_down(|| format!("doubled: {id:016x} on {page:?} after page {before}: {entry:?}"));
        Arrival::Doubled
    }

    fn put_down(&mut self, line: impl FnOnce() -> String) {
        if self.odd.len() < ODD_MAX {
            self.odd.push(line());
        }
    }

    /// What is known of the first that were not as they should be, for whoever looks for the reason.
    pub(super) fn odd(&self) -> &[String] {
        &self.odd
    }

    /// A poll that acknowledges it was sent.
    pub(super) fn acknowledged(&mut self, id: u64) {
        if let Some(entry) = self.entry(id) {
            entry.acknowledged = true;
        }
    }

    /// The poll that acknowledges it was answered.
    pub(super) fn known(&mut self, id: u64) {
        if let Some(entry) = self.entry(id) {
            entry.known = true;
        }
    }

    /// The verdict, given what was reported.
    pub(super) fn verdict(&mut self, reported: &HashSet<u64>) -> Verdict {
        let mut verdict = Verdict { sent: self.entries.len() as u64, ..Verdict::default() };
        for index in 0..self.entries.len() {
            let (entry, id) = (self.entries[index], self.part << 40 | index as u64);
            let is_reported = reported.contains(&id);
            if !verdict.judge(&entry, is_reported) {
                self.put_down(|| format!("{id:016x}, reported: {is_reported}: {entry:?}"));
            }
        }
        verdict
    }
}

impl Verdict {
    /// Counts a message. Returns whether all is well with it.
    fn judge(&mut self, entry: &Entry, reported: bool) -> bool {
        let wrong = self.wrong();
        let there = entry.page > 0 || reported;
        self.reported_though_known += u64::from(entry.known && reported);
        match entry.said {
            Said::Unknown => {
                self.unknown += 1;
                self.unknown_but_there += u64::from(there);
            }
            Said::ForNobody => {
                self.for_nobody += 1;
                self.there_though_not_taken += u64::from(there);
            }
            Said::Refused => {
                self.refused += 1;
                self.there_though_not_taken += u64::from(there);
            }
            Said::Taken => {
                self.taken += 1;
                match (entry.acknowledged, reported) {
                    (true, true) => self.both += 1,
                    (true, false) => self.delivered += 1,
                    (false, true) => self.reported += 1,
                    (false, false) => self.lost += 1,
                }
            }
        }
        self.wrong() == wrong
    }

    /// Messages with which something is wrong.
    fn wrong(&self) -> u64 {
        self.lost + self.reported_though_known + self.there_though_not_taken
    }

    /// Takes another part's counts.
    pub(super) fn add(&mut self, other: &Verdict) {
        let Verdict {
            sent,
            taken,
            for_nobody,
            refused,
            unknown,
            unknown_but_there,
            delivered,
            reported,
            both,
            lost,
            reported_though_known,
            there_though_not_taken,
        } = *other;
        self.sent += sent;
        self.taken += taken;
        self.for_nobody += for_nobody;
        self.refused += refused;
        self.unknown += unknown;
        self.unknown_but_there += unknown_but_there;
        self.delivered += delivered;
        self.reported += reported;
        self.both += both;
        self.lost += lost;
        self.reported_though_known += reported_though_known;
        self.there_though_not_taken += there_though_not_taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn page(number: u32, since: u32) -> Page {
        Page { user: 3, number, since }
    }

    /// A message to user 3 that the server took at 10 ms.
    fn taken() -> (Book, u64) {
        let mut book = Book::new(0);
        let id = book.begin(Some(5), 3);
        book.taken(id, 1, 10);
        (book, id)
    }

    #[test]
    fn what_is_read_and_acknowledged_is_delivered() {
        let (mut book, id) = taken();
        assert_eq!(book.verdict(&HashSet::new()).lost, 1);
        assert_eq!(book.arrive(id, page(1, 0)), Arrival::First);
        assert_eq!(book.verdict(&HashSet::new()).lost, 1, "read, but the server cannot know");
        assert!(book.odd().len() == 2 && book.odd()[1].contains("page: 1"), "{:?}", book.odd());
        book.acknowledged(id);
        let verdict = book.verdict(&HashSet::new());
        assert_eq!((verdict.sent, verdict.taken, verdict.delivered, verdict.lost), (1, 1, 1, 0));
    }

    #[test]
    fn a_page_sees_it_once() {
        let (mut book, id) = taken();
        book.arrive(id, page(1, 0));
        assert_eq!(book.arrive(id, page(1, 0)), Arrival::Doubled);
    }

    #[test]
    fn a_later_page_sees_it_again_only_if_its_acknowledgement_may_be_missing() {
        let (mut book, id) = taken();
        book.arrive(id, page(1, 0));
        book.acknowledged(id);
        assert_eq!(book.arrive(id, page(2, 20)), Arrival::Again);
        book.known(id);
        assert_eq!(
            book.arrive(id, page(3, 5)),
            Arrival::Again,
            "a page that was there when it was sent has a copy"
        );
        assert_eq!(book.arrive(id, page(4, 20)), Arrival::Doubled);
    }

    #[test]
    fn what_is_reported_is_not_lost() {
        let (mut book, id) = taken();
        let reported = HashSet::from([id]);
        assert_eq!(book.verdict(&reported).reported, 1);
        book.arrive(id, page(1, 0));
        book.acknowledged(id);
        let verdict = book.verdict(&reported);
        assert_eq!((verdict.both, verdict.reported_though_known), (1, 0));
        book.known(id);
        assert_eq!(book.verdict(&reported).reported_though_known, 1);
    }

    #[test]
    fn strangers() {
        let (mut book, id) = taken();
        assert_eq!(book.arrive(id, Page { user: 5, ..page(1, 0) }), Arrival::Copy, "of his own");
        assert_eq!(book.arrive(id, Page { user: 4, ..page(1, 0) }), Arrival::Strange);
        assert_eq!(book.arrive(id + 1, page(1, 0)), Arrival::Strange, "nobody sent it");
        assert_eq!(Book::new(1).arrive(id, page(1, 0)), Arrival::Strange, "another part's");
    }

    #[test]
    fn what_was_not_taken() {
        let check = |say: fn(&mut Book, u64), expected: Verdict| {
            let mut book = Book::new(2);
            let id = book.begin(Some(5), 3);
            say(&mut book, id);
            let before = book.verdict(&HashSet::new());
            assert_eq!(
                before,
                Verdict { sent: 1, unknown_but_there: 0, there_though_not_taken: 0, ..expected }
            );
            book.arrive(id, page(1, 0));
            let mut sum = Verdict::default();
            sum.add(&book.verdict(&HashSet::new()));
            assert_eq!(sum, Verdict { sent: 1, ..expected });
        };
        check(|_, _| {}, Verdict { unknown: 1, unknown_but_there: 1, ..Verdict::default() });
        check(
            |book, id| book.taken(id, 0, 1),
            Verdict { for_nobody: 1, there_though_not_taken: 1, ..Verdict::default() },
        );
        check(Book::refused, Verdict { refused: 1, there_though_not_taken: 1, ..Verdict::default() });
    }
}
