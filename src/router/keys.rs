//! Sets of keys: the links of a user and the rooms he is in.
//!
//! Owns: [`KeySet`], and how small it is: there is one of each for every user. Must not: know what the keys are of.

use std::marker::PhantomData;
use std::num::NonZeroU32;

use smallvec::SmallVec;

use super::ids::Place;
use crate::slots::Slot;

/// Keys for which a set that begins to grow makes room. A set that grew one by one would give back a block of another
/// size each time, and there are so many sets that what nobody else can use of those came to 56 bytes a user.
const GROWING: usize = 10;

/// A key in ten bytes, in the order of keys. As it stands in the program it takes twelve, because of its alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Packed([u8; 10]);

impl Packed {
    fn of(key: impl Into<(Place, Slot)>) -> Packed {
        let (Place(place), Slot { index, generation }) = key.into();
        let mut bytes = [0; 10];
        bytes[..2].copy_from_slice(&place.to_be_bytes());
        bytes[2..6].copy_from_slice(&index.to_be_bytes());
        bytes[6..].copy_from_slice(&generation.get().to_be_bytes());
        Packed(bytes)
    }

    fn key<K: From<(Place, Slot)>>(self) -> K {
        let [p0, p1, i0, i1, i2, i3, generation @ ..] = self.0;
        let generation = NonZeroU32::new(u32::from_be_bytes(generation)).expect("it was made of a key");
        let slot = Slot { index: u32::from_be_bytes([i0, i1, i2, i3]), generation };
        K::from((Place(u16::from_be_bytes([p0, p1])), slot))
    }
}

/// A set of keys, sorted, in one block that is little longer than it must be; one key needs no block.
#[derive(Debug)]
pub(super) struct KeySet<K> {
    keys: SmallVec<[Packed; 1]>,
    of: PhantomData<K>,
}

impl<K> Default for KeySet<K> {
    fn default() -> Self {
        KeySet { keys: SmallVec::new(), of: PhantomData }
    }
}

impl<K: From<(Place, Slot)> + Into<(Place, Slot)>> KeySet<K> {
    /// Adds a key; `false` if it is not there and there is no room for it.
    pub(super) fn add(&mut self, key: K, most: usize) -> bool {
        let key = Packed::of(key);
        match self.keys.binary_search(&key) {
            Ok(_) => true,
            Err(_) if self.keys.len() >= most => false,
            Err(at) => {
                if self.keys.len() == self.keys.capacity() {
                    self.grow();
                }
                self.keys.insert(at, key);
                true
            }
        }
    }

    /// Makes room for more than one more: many small steps would leave holes behind, doubling would be half empty.
    fn grow(&mut self) {
        let len = self.keys.len();
        self.keys.reserve_exact((len + len / 4).max(GROWING) - len);
    }

    /// Makes room for so many more, in one allocation.
    pub(super) fn expect(&mut self, more: usize) {
        self.keys.reserve_exact(more);
    }

    /// The same, for a set that is likely to grow from then on.
    pub(super) fn expect_growing(&mut self, more: usize) {
        let len = self.keys.len();
        if len + more > 1 {
            self.keys.reserve_exact((len + more).max(GROWING) - len);
        }
    }

    /// Removes a key, if it is there.
    pub(super) fn remove(&mut self, key: K) {
        if let Ok(at) = self.keys.binary_search(&Packed::of(key)) {
            self.keys.remove(at);
        }
    }

    pub(super) fn contains(&self, key: K) -> bool {
        self.keys.binary_search(&Packed::of(key)).is_ok()
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = K> {
        self.keys.iter().map(|key| key.key())
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::UserKey;
    use super::*;

    fn key(place: u16, index: u32) -> UserKey {
        let generation = NonZeroU32::new(index + 1).unwrap();
        UserKey { place: Place(place), slot: Slot { index, generation } }
    }

    #[test]
    fn a_set_holds_each_once_and_no_more_than_it_may() {
        let mut set = KeySet::default();
        assert!(set.add(key(0, 2), 2) && set.add(key(0, 1), 2) && set.add(key(0, 2), 2));
        assert_eq!(set.iter().collect::<Vec<_>>(), [key(0, 1), key(0, 2)]);
        assert!(!set.add(key(0, 3), 2), "it is full");
        set.remove(key(0, 1));
        set.remove(key(0, 1));
        assert!(set.len() == 1 && set.contains(key(0, 2)) && !set.contains(key(0, 1)));
    }

    proptest::proptest! {
        #[test]
        fn keys_come_back_as_they_were_and_in_their_order(a: (u16, u32), b: (u16, u32)) {
            let (a, b) = (key(a.0, a.1 >> 1), key(b.0, b.1 >> 1));
            proptest::prop_assert_eq!(Packed::of(a).key::<UserKey>(), a);
            proptest::prop_assert_eq!(Packed::of(a).cmp(&Packed::of(b)), a.cmp(&b));
        }
    }

    #[test]
    fn a_key_takes_ten_bytes_and_one_needs_no_block() {
        assert_eq!((size_of::<Packed>(), size_of::<KeySet<UserKey>>()), (10, 24));
        let mut set = KeySet::default();
        set.add(key(0, 1), 9);
        assert!(!set.keys.spilled());
    }
}
