//! Slabs whose keys carry a generation.
//!
//! Owns: [`Slot`] (index and generation) and [`Slots`], the only user of the `slab` crate. Must not: give out a value
//! for a bare index, but for [`Slots::at`]. Mail, timers, events and tickets outlive a turn and hold a [`Slot`]; once
//! the value is gone, the slot finds nothing, even if another value has its index.

use std::num::NonZeroU32;

use slab::Slab;

/// A key of [`Slots`]: the place of a value, and which of the values of that place it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// The place in the slab.
    pub index: u32,
    /// Different for each value of that place. Never 0, so an optional slot is as small as a slot.
    pub generation: NonZeroU32,
}

impl Slot {
    /// A key of nothing, in any table.
    pub(crate) const NOWHERE: Slot = Slot { index: u32::MAX, generation: NonZeroU32::MIN };
}

const _: () = assert!(size_of::<Option<Slot>>() <= crate::base::limits::parked::SLOT_BYTES_MAX);

/// A value of [`Slots`]. It has a field for its generation: among small fields that costs four bytes, and beside the
/// value it would cost eight.
pub(crate) trait Generational {
    /// The generation of its slot.
    fn generation(&self) -> NonZeroU32;
    /// Sets the generation. [`Slots::insert`] calls this.
    fn set_generation(&mut self, generation: NonZeroU32);
}

/// The generation of a value before it is inserted.
pub(crate) const UNBORN: NonZeroU32 = NonZeroU32::MIN;

/// Implements [`Generational`] for types with a field `generation`.
macro_rules! kept {
    ($($kept:ty),*) => {$(
        impl crate::base::slots::Generational for $kept {
            fn generation(&self) -> std::num::NonZeroU32 {
                self.generation
            }

            fn set_generation(&mut self, generation: std::num::NonZeroU32) {
                self.generation = generation;
            }
        }
    )*};
}
pub(crate) use kept;

/// A slab with generations.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    slab: Slab<T>,
    generation: NonZeroU32,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots { slab: Slab::new(), generation: NonZeroU32::MIN }
    }
}

impl<T: Generational> Slots<T> {
    /// The number of values.
    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.slab.is_empty()
    }

    /// Inserts a value. The generation of its slot is new to this table, until it comes round after 2³² values.
    pub(crate) fn insert(&mut self, mut value: T) -> Slot {
        self.generation = self.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        value.set_generation(self.generation);
        let index = self.slab.insert(value);
        let index = u32::try_from(index).expect("a table holds less than 2^32 values");
        Slot { index, generation: self.generation }
    }

    /// The value, if it was not removed.
    pub(crate) fn get(&self, slot: Slot) -> Option<&T> {
        self.slab.get(slot.index as usize).filter(|value| value.generation() == slot.generation)
    }

    /// The value, if it was not removed.
    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.slab.get_mut(slot.index as usize).filter(|value| value.generation() == slot.generation)
    }

    /// The value at an index, with its slot. The caller must check by other means that it is the right one.
    pub(crate) fn at(&self, index: u32) -> Option<(Slot, &T)> {
        let value = self.slab.get(index as usize)?;
        Some((Slot { index, generation: value.generation() }, value))
    }

    /// Removes the value and returns it.
    pub(crate) fn remove(&mut self, slot: Slot) -> Option<T> {
        self.get(slot)?;
        Some(self.slab.remove(slot.index as usize))
    }

    /// All values, in any order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        self.slab.iter().map(|(index, value)| {
            let index = u32::try_from(index).expect("insert has checked this");
            (Slot { index, generation: value.generation() }, value)
        })
    }
}

impl<T: Generational> std::ops::Index<Slot> for Slots<T> {
    type Output = T;

    /// For slots that are alive. A dead slot is a bug of the server, and panics.
    fn index(&self, slot: Slot) -> &T {
        self.get(slot).expect("the slot is alive")
    }
}

impl<T: Generational> std::ops::IndexMut<Slot> for Slots<T> {
    fn index_mut(&mut self, slot: Slot) -> &mut T {
        self.get_mut(slot).expect("the slot is alive")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Word {
        text: &'static str,
        generation: NonZeroU32,
    }

    kept!(Word);

    fn word(text: &'static str) -> Word {
        Word { text, generation: UNBORN }
    }

    fn text(word: Option<Word>) -> Option<&'static str> {
        word.map(|word| word.text)
    }

    #[test]
    fn a_stale_slot_finds_nothing() {
        let mut slots = Slots::default();
        let first = slots.insert(word("first"));
        assert_eq!(text(slots.remove(first)), Some("first"));
        let second = slots.insert(word("second"));
        assert_eq!(first.index, second.index, "the place is used again");
        assert_eq!(slots.get(first), None);
        assert_eq!(slots.get_mut(first), None);
        assert_eq!(slots.remove(first), None);
        assert_eq!(text(slots.remove(second)), Some("second"));
    }
}
