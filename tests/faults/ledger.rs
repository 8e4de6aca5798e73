//! The ledger: every message of one player, from its call to the last packet or report of it.
//!
//! Owns: the state of each message, and the verdict. Must not: use connections, or read a clock.
//!
//! A message that the server took (`ok`, and counted for at least one receiver) must be *delivered* (a page has
//! read it and has sent a poll that acknowledges it) or *reported* (the server has posted it to the site as
//! undelivered); otherwise it is lost. A page reads a message once. A later page may read it again if the
//! acknowledgement may not have reached the server. That it has reached the server is *known* as soon as the poll
//! that carried it is answered. After that the message must not be reported, and no page that was opened after the
//! message was sent may read it.

use std::collections::HashSet;

/// How many odd messages are shown in full, at most.
const ODD_MAX: usize = 5;

/// How the server answered the call of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum CallResult {
    /// There is no answer yet, or it was never read.
    #[default]
    Unknown,
    /// The server took it, for at least one receiver.
    Taken,
    /// No receiver was online: the site keeps it.
    ForNobody,
    /// The server refused it, with a reason.
    Refused,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    from: u32,
    to: u32,
    /// When the answer was read, in milliseconds.
    answered: u32,
    /// The page that read it last; 0: none.
    page: u32,
    said: CallResult,
    /// A poll that acknowledges it was sent.
    acknowledged: bool,
    /// That poll was answered.
    known: bool,
}

/// A page that reads messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// The user of the page, counted in the part.
    pub(crate) user: u32,
    /// The nth page of this user, from 1.
    pub(crate) number: u32,
    /// When the call that opened the page was sent, in milliseconds.
    pub(crate) since: u32,
}

/// What the arrival of a message at a page means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArrivalKind {
    /// It arrives for the first time.
    First,
    /// It arrives again on another page, as it may.
    Again,
    /// It arrives once too often.
    Doubled,
    /// It is a copy: the sender's other pages get one, and a page that ends leaves its copy to the next page.
    Copy,
    /// It is for another user, or was never sent.
    Strange,
}

/// All messages of a player.
#[derive(Debug)]
pub(crate) struct MessageLedger {
    part: u64,
    entries: Vec<Entry>,
    /// The first messages that broke a rule, in full.
    odd: Vec<String>,
}

/// The counts of all messages by their end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) sent: u64,
    /// Messages the server took for at least one receiver.
    pub(crate) taken: u64,
    /// Messages the server took while no receiver was online.
    pub(crate) for_nobody: u64,
    pub(crate) refused: u64,
    /// Messages without a known answer.
    pub(crate) unknown: u64,
    /// The part of `unknown` that arrived or was reported.
    pub(crate) unknown_but_there: u64,
    /// The part of `taken` that was delivered.
    pub(crate) delivered: u64,
    /// The part of `taken` that was reported and not delivered.
    pub(crate) reported: u64,
    /// The part of `taken` that was delivered and reported: the acknowledgement may not have reached the server.
    pub(crate) both: u64,
    /// The part of `taken` that was neither delivered nor reported.
    pub(crate) lost: u64,
    /// Messages that were reported although the server knew of the acknowledgement.
    pub(crate) reported_though_known: u64,
    /// Messages that arrived although they were refused, or counted for no receiver.
    pub(crate) there_though_not_taken: u64,
}

impl MessageLedger {
    /// An empty ledger of the nth part.
    pub(crate) fn new(part: u32) -> MessageLedger {
        MessageLedger { part: u64::from(part) + 1, entries: Vec::new(), odd: Vec::new() }
    }

    /// Adds a message to a user, from a user or from the site. Returns its id, which no other part uses.
    pub(crate) fn begin(&mut self, from: Option<u32>, to: u32) -> u64 {
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

    /// The server took the message for this many receivers.
    pub(crate) fn taken(&mut self, id: u64, receivers: u64, now: u32) {
        if let Some(entry) = self.entry(id) {
            entry.said = if receivers > 0 { CallResult::Taken } else { CallResult::ForNobody };
            entry.answered = now;
        }
    }

    pub(crate) fn refused(&mut self, id: u64) {
        if let Some(entry) = self.entry(id) {
            entry.said = CallResult::Refused;
        }
    }

    /// A page has read the message.
    pub(crate) fn arrive(&mut self, id: u64, page: Page) -> ArrivalKind {
        let Some(entry) = self.entry(id) else { return ArrivalKind::Strange };
        if entry.from == page.user {
            return ArrivalKind::Copy;
        }
        if entry.to != page.user {
            return ArrivalKind::Strange;
        }
        let before = std::mem::replace(&mut entry.page, page.number);
        if before == 0 {
            return ArrivalKind::First;
        }
        if before != page.number && (!entry.known || entry.answered >= page.since) {
            return ArrivalKind::Again;
        }
        let entry = *entry;
        self.note_odd(|| format!("doubled: {id:016x} on {page:?} after page {before}: {entry:?}"));
        ArrivalKind::Doubled
    }

    fn note_odd(&mut self, line: impl FnOnce() -> String) {
        if self.odd.len() < ODD_MAX {
            self.odd.push(line());
        }
    }

    /// The first messages that broke a rule, in full, so that the reason can be found.
    pub(crate) fn odd(&self) -> &[String] {
        &self.odd
    }

    /// A poll that acknowledges the message was sent.
    pub(crate) fn acknowledged(&mut self, id: u64) {
        if let Some(entry) = self.entry(id) {
            entry.acknowledged = true;
        }
    }

    /// The poll that acknowledges the message was answered.
    pub(crate) fn known(&mut self, id: u64) {
        if let Some(entry) = self.entry(id) {
            entry.known = true;
        }
    }

    /// Judges all messages, given the ids that were reported.
    pub(crate) fn verdict(&mut self, reported: &HashSet<u64>) -> Verdict {
        let mut verdict = Verdict { sent: self.entries.len() as u64, ..Verdict::default() };
        for index in 0..self.entries.len() {
            let (entry, id) = (self.entries[index], self.part << 40 | index as u64);
            let is_reported = reported.contains(&id);
            if !verdict.judge(&entry, is_reported) {
                self.note_odd(|| format!("{id:016x}, reported: {is_reported}: {entry:?}"));
            }
        }
        verdict
    }
}

impl Verdict {
    /// Counts a message. Returns whether it kept every rule.
    fn judge(&mut self, entry: &Entry, reported: bool) -> bool {
        let wrong = self.wrong();
        let there = entry.page > 0 || reported;
        self.reported_though_known += u64::from(entry.known && reported);
        match entry.said {
            CallResult::Unknown => {
                self.unknown += 1;
                self.unknown_but_there += u64::from(there);
            }
            CallResult::ForNobody => {
                self.for_nobody += 1;
                self.there_though_not_taken += u64::from(there);
            }
            CallResult::Refused => {
                self.refused += 1;
                self.there_though_not_taken += u64::from(there);
            }
            CallResult::Taken => {
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

    /// How many messages broke a rule.
    fn wrong(&self) -> u64 {
        self.lost + self.reported_though_known + self.there_though_not_taken
    }

    /// Adds the counts of another part.
    pub(crate) fn add(&mut self, other: &Verdict) {
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
    fn taken() -> (MessageLedger, u64) {
        let mut ledger = MessageLedger::new(0);
        let id = ledger.begin(Some(5), 3);
        ledger.taken(id, 1, 10);
        (ledger, id)
    }

    #[test]
    fn what_is_read_and_acknowledged_is_delivered() {
        let (mut ledger, id) = taken();
        assert_eq!(ledger.verdict(&HashSet::new()).lost, 1);
        assert_eq!(ledger.arrive(id, page(1, 0)), ArrivalKind::First);
        assert_eq!(ledger.verdict(&HashSet::new()).lost, 1, "read, but the server cannot know");
        assert!(ledger.odd().len() == 2 && ledger.odd()[1].contains("page: 1"), "{:?}", ledger.odd());
        ledger.acknowledged(id);
        let verdict = ledger.verdict(&HashSet::new());
        assert_eq!((verdict.sent, verdict.taken, verdict.delivered, verdict.lost), (1, 1, 1, 0));
    }

    #[test]
    fn a_page_sees_it_once() {
        let (mut ledger, id) = taken();
        ledger.arrive(id, page(1, 0));
        assert_eq!(ledger.arrive(id, page(1, 0)), ArrivalKind::Doubled);
    }

    #[test]
    fn a_later_page_sees_it_again_only_if_its_acknowledgement_may_be_missing() {
        let (mut ledger, id) = taken();
        ledger.arrive(id, page(1, 0));
        ledger.acknowledged(id);
        assert_eq!(ledger.arrive(id, page(2, 20)), ArrivalKind::Again);
        ledger.known(id);
        assert_eq!(
            ledger.arrive(id, page(3, 5)),
            ArrivalKind::Again,
            "a page that was there when it was sent has a copy"
        );
        assert_eq!(ledger.arrive(id, page(4, 20)), ArrivalKind::Doubled);
    }

    #[test]
    fn what_is_reported_is_not_lost() {
        let (mut ledger, id) = taken();
        let reported = HashSet::from([id]);
        assert_eq!(ledger.verdict(&reported).reported, 1);
        ledger.arrive(id, page(1, 0));
        ledger.acknowledged(id);
        let verdict = ledger.verdict(&reported);
        assert_eq!((verdict.both, verdict.reported_though_known), (1, 0));
        ledger.known(id);
        assert_eq!(ledger.verdict(&reported).reported_though_known, 1);
    }

    #[test]
    fn strangers() {
        let (mut ledger, id) = taken();
        assert_eq!(
            ledger.arrive(id, Page { user: 5, ..page(1, 0) }),
            ArrivalKind::Copy,
            "a copy at the sender"
        );
        assert_eq!(ledger.arrive(id, Page { user: 4, ..page(1, 0) }), ArrivalKind::Strange);
        assert_eq!(ledger.arrive(id + 1, page(1, 0)), ArrivalKind::Strange, "nobody sent it");
        assert_eq!(MessageLedger::new(1).arrive(id, page(1, 0)), ArrivalKind::Strange, "another part's");
    }

    #[test]
    fn what_was_not_taken() {
        let check = |say: fn(&mut MessageLedger, u64), expected: Verdict| {
            let mut ledger = MessageLedger::new(2);
            let id = ledger.begin(Some(5), 3);
            say(&mut ledger, id);
            let before = ledger.verdict(&HashSet::new());
            assert_eq!(
                before,
                Verdict { sent: 1, unknown_but_there: 0, there_though_not_taken: 0, ..expected }
            );
            ledger.arrive(id, page(1, 0));
            let mut sum = Verdict::default();
            sum.add(&ledger.verdict(&HashSet::new()));
            assert_eq!(sum, Verdict { sent: 1, ..expected });
        };
        check(|_, _| {}, Verdict { unknown: 1, unknown_but_there: 1, ..Verdict::default() });
        check(
            |ledger, id| ledger.taken(id, 0, 1),
            Verdict { for_nobody: 1, there_though_not_taken: 1, ..Verdict::default() },
        );
        check(
            MessageLedger::refused,
            Verdict { refused: 1, there_though_not_taken: 1, ..Verdict::default() },
        );
    }
}
