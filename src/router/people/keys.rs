//! Sets of keys: the links of a user and the rooms a user is in.
//!
//! Owns: [`KeySet`]: how small it is, for there are two for every user, and that each change of it takes the same time
//! however many keys it holds. Must not: import `user` or `rooms`.

use std::marker::PhantomData;
use std::num::NonZeroU32;

use ahash::RandomState;
use hashbrown::HashTable;

use crate::base::slots::Slot;
use crate::router::ids::Place;

/// Keys for which a set that begins to grow makes room. A set that grew one by one would give back a block of another
/// size each time, and the blocks that fit no other set came to 56 bytes a user.
const GROWING: usize = 10;

/// Most keys that are searched one after the other; more are found by their hash. Few lie in one exact block, which is
/// what nearly every user has.
const FEW_MAX: usize = 32;

/// A key in ten bytes. As it stands in the program it takes twelve, because of its alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Packed([u8; 10]);

const _: () = assert!(size_of::<Packed>() <= crate::base::limits::parked::KEY_BYTES_MAX);

impl Packed {
    fn of(key: impl Into<(Place, Slot)>) -> Packed {
        let (place, Slot { index, generation }) = key.into();
        let mut bytes = [0; 10];
        bytes[..2].copy_from_slice(&place.number().to_be_bytes());
        bytes[2..6].copy_from_slice(&index.to_be_bytes());
        bytes[6..].copy_from_slice(&generation.get().to_be_bytes());
        Packed(bytes)
    }

    fn key<K: From<(Place, Slot)>>(self) -> K {
        let [p0, p1, i0, i1, i2, i3, generation @ ..] = self.0;
        let generation = NonZeroU32::new(u32::from_be_bytes(generation)).expect("it was made of a key");
        let slot = Slot { index: u32::from_be_bytes([i0, i1, i2, i3]), generation };
        K::from((Place::new(u16::from_be_bytes([p0, p1])), slot))
    }
}

/// A set of keys. One key needs no block of memory, few lie in one that is little longer than it must be, many in a
/// table. The methods that take a hasher must always be given the same one; it is keyed, so that outsiders cannot
/// choose keys that meet.
#[derive(Debug)]
pub(super) struct KeySet<K> {
    keys: Keys,
    of: PhantomData<K>,
}

#[derive(Debug)]
enum Keys {
    One(Packed),
    Few(Vec<Packed>),
    Many(Box<HashTable<Packed>>),
}

impl<K> Default for KeySet<K> {
    fn default() -> Self {
        KeySet { keys: Keys::Few(Vec::new()), of: PhantomData }
    }
}

impl<K: From<(Place, Slot)> + Into<(Place, Slot)>> KeySet<K> {
    /// Adds a key, if it is new and there are fewer than `most`; returns what came of it.
    pub(super) fn add(&mut self, key: K, most: usize, hasher: &RandomState) -> AddOutcome {
        let key = Packed::of(key);
        if self.holds(key, hasher) {
            return AddOutcome::Known;
        }
        if self.len() >= most {
            return AddOutcome::Full;
        }
        if self.len() == FEW_MAX {
            self.spill(hasher);
        }
        match &mut self.keys {
            Keys::One(first) => {
                let first = *first;
                let mut keys = Vec::with_capacity(GROWING);
                keys.extend([first, key]);
                self.keys = Keys::Few(keys);
            }
            Keys::Few(keys) if keys.capacity() == 0 => self.keys = Keys::One(key),
            Keys::Few(keys) => {
                if keys.len() == keys.capacity() {
                    // Many small steps would leave holes behind, doubling would be half empty.
                    let len = keys.len();
                    keys.reserve_exact((len + len / 4).max(GROWING) - len);
                }
                keys.push(key);
            }
            Keys::Many(keys) => {
                keys.insert_unique(hasher.hash_one(key), key, |key| hasher.hash_one(key));
            }
        }
        AddOutcome::New
    }

    /// Makes room for this many more, in one allocation, if they are still few then; what is more makes room itself.
    pub(super) fn expect(&mut self, more: usize) {
        let len = self.len();
        if more > 0 && len + more > 1 && len + more <= FEW_MAX {
            self.reserve(len + more);
        }
    }

    /// As [`KeySet::expect`], for a set that is likely to grow from then on.
    pub(super) fn expect_growing(&mut self, more: usize) {
        let len = self.len();
        if more > 0 && len + more > 1 && len + more <= FEW_MAX {
            self.reserve((len + more).max(GROWING));
        }
    }

    fn reserve(&mut self, capacity: usize) {
        match &mut self.keys {
            Keys::One(first) => {
                let first = *first;
                let mut keys = Vec::with_capacity(capacity);
                keys.push(first);
                self.keys = Keys::Few(keys);
            }
            Keys::Few(keys) => keys.reserve_exact(capacity.saturating_sub(keys.len())),
            Keys::Many(_) => {}
        }
    }

    /// Changes the form from few keys to many.
    fn spill(&mut self, hasher: &RandomState) {
        if let Keys::Few(few) = &self.keys {
            let mut many = HashTable::with_capacity(2 * FEW_MAX);
            for key in few {
                many.insert_unique(hasher.hash_one(key), *key, |key| hasher.hash_one(key));
            }
            self.keys = Keys::Many(Box::new(many));
        }
    }

    /// Removes a key; returns whether it was there.
    pub(super) fn remove(&mut self, key: K, hasher: &RandomState) -> bool {
        let key = Packed::of(key);
        match &mut self.keys {
            Keys::One(only) => {
                let found = *only == key;
                if found {
                    self.keys = Keys::Few(Vec::new());
                }
                found
            }
            Keys::Few(keys) => {
                let at = keys.iter().position(|other| *other == key);
                at.is_some_and(|at| keys.swap_remove(at) == key)
            }
            Keys::Many(keys) => match keys.find_entry(hasher.hash_one(key), |other| *other == key) {
                Ok(entry) => entry.remove().0 == key,
                Err(_) => false,
            },
        }
    }

    pub(super) fn contains(&self, key: K, hasher: &RandomState) -> bool {
        self.holds(Packed::of(key), hasher)
    }

    fn holds(&self, key: Packed, hasher: &RandomState) -> bool {
        match &self.keys {
            Keys::One(only) => *only == key,
            Keys::Few(keys) => keys.contains(&key),
            Keys::Many(keys) => keys.find(hasher.hash_one(key), |other| *other == key).is_some(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match &self.keys {
            Keys::One(_) => 1,
            Keys::Few(keys) => keys.len(),
            Keys::Many(keys) => keys.len(),
        }
    }

    /// All of them, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = K> {
        let (few, many) = match &self.keys {
            Keys::One(only) => (std::slice::from_ref(only), None),
            Keys::Few(keys) => (keys.as_slice(), None),
            Keys::Many(keys) => (&[][..], Some(keys.iter())),
        };
        few.iter().chain(many.into_iter().flatten()).map(|key| key.key())
    }
}

/// What came of adding a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AddOutcome {
    /// It was not there before.
    New,
    /// It was there before.
    Known,
    /// There is no room for it.
    Full,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::router::ids::UserKey;

    fn hasher() -> RandomState {
        RandomState::with_seeds(1, 2, 3, 4)
    }

    fn key(place: u16, index: u32) -> UserKey {
        let generation = NonZeroU32::new(index + 1).unwrap();
        UserKey { place: Place::new(place), slot: Slot { index, generation } }
    }

    #[test]
    fn a_set_holds_each_once_and_no_more_than_it_may() {
        let (mut set, hasher) = (KeySet::default(), hasher());
        let mut add = |number| set.add(key(0, number), 2, &hasher);
        assert_eq!(
            [2, 1, 2, 3].map(&mut add),
            [AddOutcome::New, AddOutcome::New, AddOutcome::Known, AddOutcome::Full]
        );
        assert_eq!(set.iter().collect::<BTreeSet<_>>(), BTreeSet::from([key(0, 1), key(0, 2)]));
        assert!(set.remove(key(0, 1), &hasher) && !set.remove(key(0, 1), &hasher));
        assert!(set.len() == 1 && set.contains(key(0, 2), &hasher) && !set.contains(key(0, 1), &hasher));
    }

    proptest::proptest! {
        #[test]
        fn keys_come_back_as_they_were(place: u16, index: u32) {
            let key = key(place, index >> 1);
            proptest::prop_assert_eq!(Packed::of(key).key::<UserKey>(), key);
        }

        #[test]
        fn a_set_is_a_set_however_many_it_holds(
            changes in proptest::collection::vec((proptest::bool::weighted(0.7), 0..100_u32), 0..300),
        ) {
            let (mut set, mut model, hasher) = (KeySet::default(), BTreeSet::new(), hasher());
            for (adds, number) in changes {
                let key = key(1, number);
                if adds {
                    let expected = if model.insert(key) { AddOutcome::New } else { AddOutcome::Known };
                    proptest::prop_assert_eq!(set.add(key, 100, &hasher), expected);
                } else {
                    proptest::prop_assert_eq!(set.remove(key, &hasher), model.remove(&key));
                }
                proptest::prop_assert_eq!(set.len(), model.len());
                proptest::prop_assert_eq!(set.contains(key, &hasher), model.contains(&key));
            }
            proptest::prop_assert_eq!(set.iter().collect::<BTreeSet<_>>(), model);
        }
    }

    #[test]
    fn a_key_takes_ten_bytes_and_one_needs_no_block() {
        assert_eq!((size_of::<Packed>(), size_of::<KeySet<UserKey>>()), (10, 24));
        let (mut set, hasher) = (KeySet::default(), hasher());
        set.expect(1);
        set.add(key(0, 1), 9, &hasher);
        assert!(matches!(set.keys, Keys::One(_)));
        set.add(key(0, 2), 9, &hasher);
        assert!(matches!(&set.keys, Keys::Few(keys) if keys.capacity() == GROWING));
    }
}
