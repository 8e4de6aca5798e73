//! Bytes that mean something in a text, found sixteen at a time.
//!
//! Owns: the search for the bytes of a [`Class`]. Must not: know what such a byte means; the caller names the class. Most
//! bytes of a form or of a JSON string mean only themselves, so a search by vectors passes over them at a fifth of the
//! instructions that a table takes.

use std::marker::PhantomData;

use wide::u8x16;

/// Bytes that are compared at once.
const BLOCK: usize = 16;

/// A set of bytes to be found.
pub(crate) trait Class {
    /// The bytes in it.
    const BYTES: &'static [u8];
    /// All bytes below this one are in it, too.
    const BELOW: u8 = 0;
}

/// The positions of the bytes of a class, in order.
#[derive(Clone, Debug)]
pub(crate) struct Marks<'a, C> {
    bytes: &'a [u8],
    /// Where the block begins whose marks are being returned.
    block_at: usize,
    /// Where the next block begins.
    next_at: usize,
    /// A bit for each mark of the block that was not returned yet.
    left: u32,
    class: PhantomData<C>,
}

/// Finds the bytes of a class.
pub(crate) fn marks<C: Class>(bytes: &[u8]) -> Marks<'_, C> {
    Marks { bytes, block_at: 0, next_at: 0, left: 0, class: PhantomData }
}

impl<C: Class> Iterator for Marks<'_, C> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            let rest = self.bytes.get(self.next_at..).filter(|rest| !rest.is_empty())?;
            self.left = first_marks::<C>(rest);
            self.block_at = self.next_at;
            self.next_at += BLOCK;
        }
        let at = self.block_at + self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        Some(at)
    }
}

/// The marks in the first block of `rest`, a bit each. The last block may be shorter than others.
#[inline]
fn first_marks<C: Class>(rest: &[u8]) -> u32 {
    if let Some(block) = rest.first_chunk::<BLOCK>() {
        return marks_in::<C>(*block);
    }
    let ends =
        ends::<8>(rest).or_else(|| ends::<4>(rest)).or_else(|| ends::<2>(rest)).or_else(|| ends::<1>(rest));
    let Some((block, length)) = ends else { return 0 };
    let (found, whole) = (marks_in::<C>(block), (1 << length) - 1);
    found & whole | (found >> length & whole) << (rest.len() - length)
}

/// The first and the last `LENGTH` bytes of `rest`, one behind the other, and this length; they may overlap. To copy a
/// constant number of bytes twice takes fewer steps than to copy any number.
#[inline]
fn ends<const LENGTH: usize>(rest: &[u8]) -> Option<([u8; BLOCK], usize)> {
    let (first, last) = (rest.first_chunk::<LENGTH>()?, rest.last_chunk::<LENGTH>()?);
    let mut block = [0; BLOCK];
    block[..LENGTH].copy_from_slice(first);
    block[LENGTH..2 * LENGTH].copy_from_slice(last);
    Some((block, LENGTH))
}

#[inline]
fn marks_in<C: Class>(block: [u8; BLOCK]) -> u32 {
    let block = u8x16::new(block);
    let mut found = if C::BELOW > 0 { block.simd_lt(u8x16::splat(C::BELOW)) } else { u8x16::ZERO };
    for byte in C::BYTES {
        found |= block.simd_eq(u8x16::splat(*byte));
    }
    found.to_bitmask()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Ends;

    impl Class for Ends {
        const BYTES: &'static [u8] = b"&\xE2";
        const BELOW: u8 = 3;
    }

    fn expected(bytes: &[u8]) -> Vec<usize> {
        let is_mark = |byte: u8| byte < 3 || byte == b'&' || byte == 0xE2;
        (0..bytes.len()).filter(|at| is_mark(bytes[*at])).collect()
    }

    #[test]
    fn marks_are_found_wherever_they_stand() {
        for length in 0..70 {
            for at in 0..length {
                for mark in [0, 2, b'&', 0xE2] {
                    let mut bytes = vec![b'a'; length];
                    bytes[at] = mark;
                    assert_eq!(marks::<Ends>(&bytes).collect::<Vec<_>>(), [at], "{mark} in {length}");
                }
            }
        }
        assert_eq!(marks::<Ends>(&[3, b'%', b'\'', 0xE1, 0xE3, 0x7F, 0xFF]).count(), 0);
    }

    proptest! {
        #[test]
        fn marks_are_those_of_a_plain_search(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(marks::<Ends>(&bytes).collect::<Vec<_>>(), expected(&bytes));
        }
    }
}
