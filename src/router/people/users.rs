//! The users of this place, by their slots, their names and their domains.
//!
//! Owns: the three tables of users, which always hold the same users. Must not: send mail.

use hashbrown::HashTable;

use super::user::User;
use crate::base::domains::DomainId;
use crate::base::slots::{Slot, Slots};
use crate::router::directory::Directory;
use crate::router::profile::Profile;
use crate::router::sessions::session::Owners;

/// See the module.
#[derive(Debug)]
pub(super) struct Users {
    directory: Directory,
    table: Slots<User>,
    names: HashTable<Slot>,
    /// The users of each domain, by its number.
    crowds: Vec<Vec<Slot>>,
}

impl Users {
    pub(super) fn new(directory: Directory) -> Users {
        Users { directory, table: Slots::default(), names: HashTable::new(), crowds: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&User> {
        self.table.get(slot)
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut User> {
        self.table.get_mut(slot)
    }

    pub(super) fn slots(&self) -> Vec<Slot> {
        self.table.iter().map(|(slot, _)| slot).collect()
    }

    /// The user of that name, if online.
    pub(super) fn find(&self, domain: DomainId, name: &str) -> Option<Slot> {
        let same = |slot: &Slot| {
            let user = &self.table[*slot];
            user.domain() == domain && user.profile().name() == name
        };
        self.names.find(self.directory.places().hash(domain, name), same).copied()
    }

    /// The users of a domain, in no order that means anything.
    pub(super) fn of_domain(&self, domain: DomainId) -> &[Slot] {
        self.crowds.get(domain.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The domains that have, or had, users here.
    pub(super) fn domains(&self) -> impl Iterator<Item = DomainId> + use<> {
        let ids = u32::try_from(self.crowds.len()).expect("ids are 32 bits");
        (0..ids).map(DomainId)
    }

    /// Adds a user; no other may be online under that name.
    pub(super) fn insert(&mut self, domain: DomainId, profile: Profile) -> Slot {
        let places = self.directory.places();
        let hash = places.hash(domain, profile.name());
        let index = domain.0 as usize;
        if self.crowds.len() <= index {
            self.crowds.resize_with(index + 1, Vec::new);
        }
        let crowd = &mut self.crowds[index];
        let crowd_index = u32::try_from(crowd.len()).expect("slots have 32 bits");
        let user = self.table.insert(User::new(domain, profile, crowd_index));
        crowd.push(user);
        let table = &self.table;
        let rehash = |slot: &Slot| places.hash(table[*slot].domain(), table[*slot].profile().name());
        self.names.insert_unique(hash, user, rehash);
        user
    }

    pub(super) fn remove(&mut self, slot: Slot) -> User {
        let user = self.table.remove(slot).expect("a user goes offline once");
        let hash = self.directory.places().hash(user.domain(), user.profile().name());
        // Found without growing the table, which would have to hash the name of the user who is gone already.
        let found = self.names.find_entry(hash, |other| *other == slot);
        found.expect("every user is in the table of names").remove();
        let crowd = &mut self.crowds[user.domain().0 as usize];
        let index = user.crowd_index() as usize;
        crowd.swap_remove(index);
        if let Some(moved) = crowd.get(index) {
            self.table[*moved].set_crowd_index(user.crowd_index());
        } else if crowd.is_empty() {
            *crowd = Vec::new();
        }
        user
    }

    /// Asserts, in debug builds, what can be compared at once.
    pub(super) fn assert_sound(&self) {
        debug_assert_eq!(self.names.len(), self.table.len(), "every user has one name");
    }
}

impl std::ops::Index<Slot> for Users {
    type Output = User;

    /// For users that are known to be online.
    fn index(&self, slot: Slot) -> &User {
        &self.table[slot]
    }
}

impl std::ops::IndexMut<Slot> for Users {
    fn index_mut(&mut self, slot: Slot) -> &mut User {
        &mut self.table[slot]
    }
}

impl Owners for Users {
    fn profile(&self, user: Slot) -> &Profile {
        self.table[user].profile()
    }

    fn acknowledge_late(&mut self, user: Slot, messages: &[u64]) {
        let owner = &mut self.table[user];
        for given in messages {
            owner.extras_mut().acknowledge_late(*given);
        }
        owner.tidy();
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Users {
    pub(super) fn iter(&self) -> impl Iterator<Item = (Slot, &User)> {
        self.table.iter()
    }

    /// Asserts what must hold between the tables.
    pub(super) fn check(&self) {
        assert_eq!(self.names.len(), self.table.len(), "every user has one name");
        let crowds: usize = self.crowds.iter().map(Vec::len).sum();
        assert_eq!(crowds, self.table.len(), "every user is in one crowd");
        for (slot, user) in self.iter() {
            let (domain, name) = (user.domain(), user.profile().name());
            assert_eq!(self.find(domain, name), Some(slot), "a user is found by its name");
            assert_eq!(self.directory.places().of(domain, name), self.directory.place(), "it lives here");
            assert_eq!(self.of_domain(domain).get(user.crowd_index() as usize), Some(&slot));
            user.check();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty() && self.names.is_empty() && self.crowds.iter().all(Vec::is_empty)
    }
}
