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
mod tests;
