//! The memory of a shard: how much waits on it, for which owner, and when that is too much.
//!
//! Owns: the sum of everything that waits on one shard and grows with what others send or do not take, and the
//! accounts of it: one for each domain (packets that were not acknowledged, mailboxes, answers that were not taken,
//! calls that were put off), one for strangers (unfinished requests, answers to clients without a domain), and one
//! without an owner (mail for shards that are behind, requests from exempt addresses). Must not: own a buffer.
//! Connections, sessions, users and rooms are not counted here: they have limits of their own.
//!
//! Each holder keeps a [`Held`] beside its bytes; dropping it takes them out of the sum and the account. A shard
//! counts for itself, in plain numbers. Each shard has an equal share of the configured limit.
//!
//! **The threshold of a domain** moves with the free memory: a domain may hold as much as is free. So the first
//! domain that does not drain ends at half of the memory, and the next one at half of what is left, and something is
//! always left. That needs no list of domains, and it does not limit a single domain to a share of many.
//!
//! An account is found by the id of its domain, which is never used again. It is dropped when its domain is no longer
//! configured and holds nothing; an empty place of 8 bytes stays in the table.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::base::domains::DomainId;
use crate::base::limits::admission::{MEMORY_STRANGERS_PERCENT, RESUME_PERCENT, UNDER_WAY_PER_FREE_BYTE};

/// The owner of something that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// It waits for users or the site of this domain.
    Domain(DomainId),
    /// It is of clients without a domain.
    Strangers,
    /// It has no owner, or an owner without limits.
    Nobody,
}

/// The memory of one shard.
#[derive(Clone, Debug)]
pub struct Memory(Rc<Books>);

#[derive(Debug)]
struct Books {
    sum: Rc<Total>,
    strangers: Rc<Account>,
    nobody: Rc<Account>,
    /// By the ids of domains. An account is made when something is held for the first time.
    domains: RefCell<Vec<Option<Rc<Account>>>>,
    /// Whether newcomers are refused because of what strangers hold.
    crowded: Cell<bool>,
}

#[derive(Debug)]
struct Total {
    bytes: Cell<usize>,
    max: usize,
    /// The domains whose accounts have changed since the last [`Memory::show`].
    changed: RefCell<Vec<DomainId>>,
}

#[derive(Debug)]
struct Account {
    sum: Rc<Total>,
    domain: Option<DomainId>,
    bytes: Cell<usize>,
    /// Refusals because of this account since the last [`Memory::show`].
    refused: Cell<u64>,
    /// The bytes at the last [`Memory::show`].
    shown: Cell<usize>,
    /// Whether it is in the list of changed domains.
    changed: Cell<bool>,
    /// Whether the domain is no longer configured.
    gone: Cell<bool>,
}

/// The change of an account from one [`Memory::show`] to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The bytes at the one before.
    pub(crate) before: usize,
    /// The bytes now.
    pub(crate) now: usize,
    /// Refusals between the two.
    pub(crate) refused: u64,
}

impl Account {
    fn new(sum: &Rc<Total>, domain: Option<DomainId>) -> Rc<Account> {
        Rc::new(Account {
            sum: Rc::clone(sum),
            domain,
            bytes: Cell::new(0),
            refused: Cell::new(0),
            shown: Cell::new(0),
            changed: Cell::new(false),
            gone: Cell::new(false),
        })
    }

    fn exchange(&self, before: usize, now: usize) {
        let sum = &self.sum.bytes;
        sum.set(sum.get() - before + now);
        self.bytes.set(self.bytes.get() - before + now);
        self.note_change();
    }

    fn note_change(&self) {
        if let Some(domain) = self.domain
            && !self.changed.replace(true)
        {
            self.sum.changed.borrow_mut().push(domain);
        }
    }

    fn refuse(&self) {
        self.refused.set(self.refused.get() + 1);
        self.note_change();
    }
}

impl Memory {
    /// A memory of `max` bytes, with nothing held.
    pub fn new(max: usize) -> Memory {
        let sum = Rc::new(Total { bytes: Cell::new(0), max, changed: RefCell::default() });
        Memory(Rc::new(Books {
            strangers: Account::new(&sum, None),
            nobody: Account::new(&sum, None),
            domains: RefCell::default(),
            crowded: Cell::new(false),
            sum,
        }))
    }

    /// Holds this many bytes for an owner.
    pub(crate) fn hold(&self, owner: Owner, bytes: usize) -> Held {
        let account = match owner {
            Owner::Domain(domain) => self.account(domain),
            Owner::Strangers => Rc::clone(&self.0.strangers),
            Owner::Nobody => Rc::clone(&self.0.nobody),
        };
        let mut held = Held { account, bytes: 0 };
        held.set(bytes);
        held
    }

    fn account(&self, domain: DomainId) -> Rc<Account> {
        let mut domains = self.0.domains.borrow_mut();
        let index = domain.0 as usize;
        if domains.len() <= index {
            domains.resize(index + 1, None);
        }
        let account = domains[index].get_or_insert_with(|| Account::new(&self.0.sum, Some(domain)));
        Rc::clone(account)
    }

    /// The bytes held for all owners.
    pub(crate) fn bytes(&self) -> usize {
        self.0.sum.bytes.get()
    }

    fn free(&self) -> usize {
        self.0.sum.max.saturating_sub(self.bytes())
    }

    /// The bytes held for this owner.
    pub(crate) fn held_by(&self, owner: Owner) -> usize {
        match owner {
            Owner::Domain(domain) => {
                let domains = self.0.domains.borrow();
                let account = domains.get(domain.0 as usize).and_then(Option::as_ref);
                account.map_or(0, |account| account.bytes.get())
            }
            Owner::Strangers => self.0.strangers.bytes.get(),
            Owner::Nobody => self.0.nobody.bytes.get(),
        }
    }

    /// Whether more may wait for a domain: it holds less than is free. If not, a refusal is counted.
    pub(crate) fn admits(&self, domain: DomainId) -> bool {
        self.admits_within(domain, self.free())
    }

    /// Whether something under way may be kept for a domain: a call until its turn comes, or an answer until the
    /// client takes it. A call that was accepted is answered, so this admits more than [`Memory::admits`], but not
    /// all that is free.
    pub(crate) fn admits_under_way(&self, domain: DomainId) -> bool {
        self.admits_within(domain, self.free().saturating_mul(UNDER_WAY_PER_FREE_BYTE))
    }

    /// As [`Memory::admits_under_way`], but counts no refusal.
    pub(crate) fn has_room_under_way(&self, domain: DomainId) -> bool {
        self.is_within(domain, self.free().saturating_mul(UNDER_WAY_PER_FREE_BYTE))
    }

    fn is_within(&self, domain: DomainId, threshold: usize) -> bool {
        self.held_by(Owner::Domain(domain)) < threshold
    }

    fn admits_within(&self, domain: DomainId, threshold: usize) -> bool {
        let admitted = self.is_within(domain, threshold);
        if !admitted {
            self.account(domain).refuse();
        }
        admitted
    }

    /// Whether nothing is free.
    pub(crate) fn is_full(&self) -> bool {
        self.free() == 0
    }

    /// The most bytes that strangers may hold, whatever is free.
    fn strangers_max(&self) -> usize {
        self.0.sum.max / 100 * MEMORY_STRANGERS_PERCENT
    }

    /// Whether newcomers are refused: strangers hold as much as they may, until they hold noticeably less; or nothing
    /// is free. As long as something is free, domains do not cause this.
    pub(crate) fn is_crowded(&self) -> bool {
        let (held, max) = (self.held_by(Owner::Strangers), self.strangers_max());
        if held >= max {
            self.0.crowded.set(true);
        } else if held <= max / 100 * RESUME_PERCENT {
            self.0.crowded.set(false);
        }
        self.0.crowded.get() || self.is_full()
    }

    /// The bytes left for strangers. They have a threshold as domains have, and a limit of their own.
    pub(crate) fn free_for_strangers(&self) -> usize {
        self.strangers_max().min(self.free()).saturating_sub(self.held_by(Owner::Strangers))
    }

    /// Whether strangers hold more than half of what they may hold: then each of them has a limit, too.
    pub(crate) fn is_strained(&self) -> bool {
        self.held_by(Owner::Strangers) > self.free_for_strangers()
    }

    /// Calls `give` for every account that has changed since the last call, with the change.
    pub(crate) fn show(&self, mut give: impl FnMut(DomainId, Change)) {
        let mut changed = self.0.sum.changed.take();
        let mut domains = self.0.domains.borrow_mut();
        for domain in changed.drain(..) {
            let Some(place) = domains.get_mut(domain.0 as usize) else { continue };
            let Some(account) = place else { continue };
            account.changed.set(false);
            let now = account.bytes.get();
            give(domain, Change { before: account.shown.replace(now), now, refused: account.refused.take() });
            if account.gone.get() && now == 0 {
                *place = None;
            }
        }
        // The list keeps its block for the next turn.
        *self.0.sum.changed.borrow_mut() = changed;
    }

    /// Drops the accounts of domains that are no longer `configured`, each as soon as nothing is held.
    pub(crate) fn reload(&self, configured: impl Fn(DomainId) -> bool) {
        for account in self.0.domains.borrow().iter().flatten() {
            if account.domain.is_some_and(|domain| !configured(domain)) {
                account.gone.set(true);
                account.note_change();
            }
        }
    }
}

/// A part of the sum. It is held until this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    account: Rc<Account>,
    bytes: usize,
}

impl Held {
    /// Holds this many bytes more.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.set(self.bytes + bytes);
    }

    /// Holds this many bytes instead of the present ones.
    pub(crate) fn set(&mut self, bytes: usize) {
        if bytes != self.bytes {
            self.account.exchange(self.bytes, bytes);
            self.bytes = bytes;
        }
    }

    /// The bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
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

    const A: DomainId = DomainId(0);
    const B: DomainId = DomainId(7);

    fn held(memory: &Memory) -> [usize; 5] {
        let of = |owner| memory.held_by(owner);
        let domains = [of(Owner::Domain(A)), of(Owner::Domain(B))];
        [memory.bytes(), domains[0], domains[1], of(Owner::Strangers), of(Owner::Nobody)]
    }

    #[test]
    fn what_is_dropped_is_not_held() {
        let memory = Memory::new(1_000);
        let mut one = memory.hold(Owner::Domain(A), 100);
        let other = memory.hold(Owner::Domain(B), 50);
        let (stranger, nobody) = (memory.hold(Owner::Strangers, 7), memory.hold(Owner::Nobody, 3));
        one.add(10);
        one.set(80);
        assert_eq!((held(&memory), one.bytes()), ([140, 80, 50, 7, 3], 80));
        drop(one);
        assert_eq!(held(&memory), [60, 0, 50, 7, 3]);
        drop((other, stranger, nobody));
        assert_eq!(held(&memory), [0; 5]);
    }

    /// Holds for a domain, ten bytes at a time, as long as they are admitted.
    fn fill(memory: &Memory, domain: DomainId) -> Held {
        let mut held = memory.hold(Owner::Domain(domain), 0);
        while memory.admits(domain) {
            held.add(10);
        }
        held
    }

    #[test]
    fn each_domain_that_does_not_drain_ends_at_half_of_what_is_left() {
        let memory = Memory::new(16_000);
        let mut hogs = Vec::new();
        for (number, expected) in [8_000, 4_000, 2_000, 1_000].into_iter().enumerate() {
            let domain = DomainId(u32::try_from(number).unwrap());
            hogs.push(fill(&memory, domain));
            assert_eq!(hogs[number].bytes(), expected);
            assert!(!memory.is_full() && !memory.is_crowded(), "newcomers may come in");
            assert!(memory.admits(DomainId(99)), "there is something left for others");
        }
        hogs.swap_remove(0);
        assert!(memory.admits(DomainId(1)), "bytes of one domain become free for the others");
    }

    #[test]
    fn with_nothing_free_everybody_is_refused() {
        let memory = Memory::new(1_000);
        let mut all = memory.hold(Owner::Nobody, 999);
        assert!(memory.admits(A) && !memory.is_crowded());
        all.add(1);
        assert!(!memory.admits(A) && memory.is_full() && memory.is_crowded());
        assert!(memory.free_for_strangers() == 0 && !memory.admits_under_way(A));
        all.add(500);
        assert!(!memory.admits(A) && memory.is_full(), "more than all is not less than nothing");
        all.set(999);
        assert!(memory.admits(A) && !memory.is_full() && !memory.is_crowded(), "a byte is enough");
    }

    #[test]
    fn what_is_under_way_goes_on_when_a_domain_is_at_its_threshold_and_has_an_end() {
        let memory = Memory::new(16_000);
        let mut hog = fill(&memory, A);
        assert!(memory.admits_under_way(A));
        while memory.admits_under_way(A) {
            hog.add(10);
        }
        assert_eq!(hog.bytes(), 12_000);
        assert_eq!(fill(&memory, B).bytes(), 2_000);
    }

    #[test]
    fn strangers_have_a_quarter_at_most_and_no_more_than_is_free() {
        let memory = Memory::new(1_000);
        let mut strangers = memory.hold(Owner::Strangers, 0);
        for (bytes, admitted, strained, crowded) in [
            (125, true, false, false),
            (126, true, true, false),
            (249, true, true, false),
            (250, false, true, true),
            (249, true, true, true),
            (181, true, true, true),
            (180, true, true, false),
            (249, true, true, false),
        ] {
            strangers.set(bytes);
            let found = (memory.free_for_strangers() > 0, memory.is_strained(), memory.is_crowded());
            assert_eq!(found, (admitted, strained, crowded), "{bytes}");
        }
        let _hog = memory.hold(Owner::Domain(A), 800);
        strangers.set(99);
        assert_eq!(memory.free_for_strangers(), 2);
        strangers.set(100);
        assert_eq!(memory.free_for_strangers(), 0, "as much as is free");
        assert!(!memory.is_crowded(), "but a newcomer without a long request may come in");
    }

    fn changes(memory: &Memory) -> Vec<(DomainId, usize, usize, u64)> {
        let mut changes = Vec::new();
        memory.show(|domain, Change { before, now, refused }| changes.push((domain, before, now, refused)));
        changes
    }

    #[test]
    fn what_has_changed_is_shown_once() {
        let memory = Memory::new(1_000);
        let mut one = memory.hold(Owner::Domain(A), 100);
        one.add(500);
        let _strangers = memory.hold(Owner::Strangers, 1);
        assert!(!memory.admits(A) && !memory.admits(A) && memory.admits(B));
        assert_eq!(changes(&memory), [(A, 0, 600, 2)]);
        assert_eq!(changes(&memory), []);
        let other = memory.hold(Owner::Domain(B), 5);
        drop(one);
        assert_eq!(changes(&memory), [(B, 0, 5, 0), (A, 600, 0, 0)]);
        drop(other);
        assert_eq!(changes(&memory), [(B, 5, 0, 0)]);
    }

    #[test]
    fn the_account_of_a_domain_that_is_gone_is_dropped_with_its_last_byte() {
        let memory = Memory::new(1_000);
        let accounts = || memory.0.domains.borrow().iter().flatten().count();
        let held = memory.hold(Owner::Domain(A), 5);
        drop(memory.hold(Owner::Domain(B), 5));
        assert_eq!(changes(&memory), [(A, 0, 5, 0), (B, 0, 0, 0)]);
        memory.reload(|domain| domain == A);
        assert_eq!((changes(&memory), accounts()), (vec![(B, 0, 0, 0)], 1));
        memory.reload(|_| false);
        assert_eq!((changes(&memory), accounts()), (vec![(A, 5, 5, 0)], 1), "something is held");
        drop(held);
        assert_eq!((changes(&memory), accounts()), (vec![(A, 5, 0, 0)], 0));
        assert_eq!(memory.bytes(), 0);
    }

    #[test]
    fn a_part_of_the_sum_is_two_words() {
        assert_eq!(size_of::<Held>(), 2 * size_of::<usize>());
    }
}
