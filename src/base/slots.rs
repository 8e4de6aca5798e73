//! Slabs whose keys carry a generation.
//!
//! Owns: [`Slot`] (index and generation) and [`Slots`], the only user of the `slab` crate. Must not: let anybody trust a
//! bare index. What outlives a turn (mail, timers, events, tickets) holds a [`Slot`]; once the value
//! is gone the slot finds nothing, even when its index serves somebody else.

use std::num::NonZeroU32;

use slab::Slab;

/// A key of [`Slots`]: where a value is, and which of those that were ever there it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// Where in the slab.
    pub index: u32,
    /// Which inhabitant of that place. Never 0, which lets an optional slot be as small as a slot.
    pub generation: NonZeroU32,
}

const _: () = assert!(size_of::<Option<Slot>>() <= crate::base::limits::parked::SLOT_BYTES_MAX);

/// What can be kept in [`Slots`]. It has a place for its generation: among small fields that costs four bytes, and
/// beside the value it would cost eight.
pub trait Kept {
    /// Which inhabitant of its place it is.
    fn generation(&self) -> NonZeroU32;
    /// Sets that, when it is inserted.
    fn set_generation(&mut self, generation: NonZeroU32);
}

/// The generation of a value that is in no table yet.
pub const UNBORN: NonZeroU32 = NonZeroU32::MIN;

/// Makes types with a field `generation` fit for [`Slots`].
macro_rules! kept {
    ($($kept:ty),*) => {$(
        impl crate::base::slots::Kept for $kept {
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
pub struct Slots<T> {
    slab: Slab<T>,
    generation: NonZeroU32,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots { slab: Slab::new(), generation: NonZeroU32::MIN }
    }
}

impl<T: Kept> Slots<T> {
    /// How many values there are.
    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slab.is_empty()
    }

    /// Keeps a value; the generation in its slot is new to this table (until 2³² later ones have come).
    pub fn insert(&mut self, mut value: T) -> Slot {
        self.generation = self.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        value.set_generation(self.generation);
        let index = self.slab.insert(value);
        let index = u32::try_from(index).expect("a table holds less than 2^32 values");
        Slot { index, generation: self.generation }
    }

    /// The value, if it is still there.
    pub fn get(&self, slot: Slot) -> Option<&T> {
        self.slab.get(slot.index as usize).filter(|value| value.generation() == slot.generation)
    }

    /// The value, if it is still there.
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.slab.get_mut(slot.index as usize).filter(|value| value.generation() == slot.generation)
    }

    /// The value at an index, with its slot, for keys that prove by other means which one they mean.
    pub fn at(&self, index: u32) -> Option<(Slot, &T)> {
        let value = self.slab.get(index as usize)?;
        Some((Slot { index, generation: value.generation() }, value))
    }

    /// Takes the value out.
    pub fn remove(&mut self, slot: Slot) -> Option<T> {
        self.get(slot)?;
        Some(self.slab.remove(slot.index as usize))
    }

    /// All values, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        self.slab.iter().map(|(index, value)| {
            let index = u32::try_from(index).expect("checked when it was inserted");
            (Slot { index, generation: value.generation() }, value)
        })
    }
}

impl<T: Kept> std::ops::Index<Slot> for Slots<T> {
    type Output = T;

    /// For slots that are known to be alive; a dead one is a fault of ours and panics.
    fn index(&self, slot: Slot) -> &T {
        self.get(slot).expect("the slot is alive")
    }
}

impl<T: Kept> std::ops::IndexMut<Slot> for Slots<T> {
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
