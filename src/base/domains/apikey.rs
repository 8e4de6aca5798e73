//! Apikeys, and their comparison with the key of a caller.
//!
//! Owns: the form in which keys are compared. Must not: keep a key as text.
//!
//! `subtle` returns at once if two slices have different lengths, so the time of a plain comparison reveals the
//! length of a key. Here every key, and the text of a caller, has a block of one size: [`CREDENTIAL_BYTES_MAX`] bytes
//! and the length. All words of both blocks are compared. That is better than a comparison of digests: it needs no
//! hash function and no secret, cannot collide, and costs less than `subtle` takes for two keys of 43 bytes.
//!
//! All domains of a snapshot have the same number of blocks, and an unknown domain has as many decoys, which no text
//! equals. So the time depends on the text of the caller, and on the longest list of keys in the configuration.

use std::fmt;

use subtle::{Choice, ConstantTimeEq};

use crate::base::limits::settings::CREDENTIAL_BYTES_MAX;

const WORD_BYTES: usize = size_of::<u64>();
const WORDS: usize = CREDENTIAL_BYTES_MAX / WORD_BYTES;
const _: () = assert!(WORDS * WORD_BYTES == CREDENTIAL_BYTES_MAX);

/// A text of any length in a block of fixed size: its first bytes, zeros behind them, and its length in bytes.
#[derive(Clone)]
struct Block {
    words: [u64; WORDS],
    length: u64,
}

impl Block {
    /// A block that no text has, because no text is that long.
    const DECOY: Block = Block { words: [0; WORDS], length: u64::MAX };

    fn of(text: &str) -> Block {
        let mut bytes = [0; CREDENTIAL_BYTES_MAX];
        let kept = text.len().min(CREDENTIAL_BYTES_MAX);
        bytes[..kept].copy_from_slice(&text.as_bytes()[..kept]);
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_ne_bytes(*bytes);
        }
        Block { words, length: text.len() as u64 }
    }

    /// Whether both are of the same text. A text longer than any key equals no other: a block does not have all of
    /// it.
    fn same(&self, other: &Block) -> Choice {
        // All differences are gathered first; `subtle` for each word would be six times as much work.
        let differences =
            self.words.iter().zip(&other.words).fold(0, |all, (one, other)| all | (one ^ other));
        let is_whole = Choice::from(u8::from(self.length <= CREDENTIAL_BYTES_MAX as u64));
        (differences | (self.length ^ other.length)).ct_eq(&0) & is_whole
    }
}

/// The keys of a domain, or the decoys of an unknown one.
#[derive(Clone)]
pub(super) struct Apikeys(Box<[Block]>);

impl Apikeys {
    /// These keys, filled up to `slots` with decoys.
    pub(super) fn new(keys: &[String], slots: usize) -> Apikeys {
        let blocks = keys.iter().map(|key| Block::of(key));
        let decoys = slots.saturating_sub(keys.len());
        Apikeys(blocks.chain(std::iter::repeat_n(Block::DECOY, decoys)).collect())
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.0.len()
    }

    /// Whether `typed` is one of the keys.
    pub(super) fn accept(&self, typed: &str) -> bool {
        let typed = Block::of(typed);
        self.0.iter().fold(Choice::from(0), |accepted, key| accepted | key.same(&typed)).into()
    }
}

impl fmt::Debug for Apikeys {
    /// Leaves out the keys and their number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Apikeys")
    }
}

impl Default for Apikeys {
    /// One decoy.
    fn default() -> Apikeys {
        Apikeys::new(&[], 1)
    }
}

/// Whether two credentials are the same, in a time that depends on neither. Sites check the credentials of this
/// server with it. A credential longer than [`CREDENTIAL_BYTES_MAX`] bytes equals none.
pub fn is_same_credential(one: &str, other: &str) -> bool {
    Block::of(one).same(&Block::of(other)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_equal_only_if_every_byte_and_the_length_are() {
        let longest = "k".repeat(CREDENTIAL_BYTES_MAX);
        let texts =
            ["", "\0", "k", "kk", "k\0", "\0k", "ke", "key", "kez", "Key", "鑰", &longest[1..], &longest];
        for one in texts {
            for other in texts {
                let keys = Apikeys::new(&["another".to_owned(), other.to_owned()], 3);
                assert_eq!(keys.accept(one), one == other, "{one:?} {other:?}");
                assert_eq!(is_same_credential(one, other), one == other, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn what_is_longer_than_a_key_is_no_key() {
        let longest = "k".repeat(CREDENTIAL_BYTES_MAX);
        let longer = format!("{longest}k");
        assert!(!Apikeys::new(&[longest], 1).accept(&longer));
        let unchecked = Apikeys::new(std::slice::from_ref(&longer), 1);
        assert!(!unchecked.accept(&longer) && !unchecked.accept(&format!("{}x", &longer[1..])));
        assert!(!is_same_credential(&longer, &longer) && !is_same_credential(&longer, &format!("{longer}k")));
    }

    #[test]
    fn nothing_is_a_decoy() {
        for typed in ["", "\0", &"\u{10ffff}".repeat(CREDENTIAL_BYTES_MAX)] {
            assert!(!Apikeys::default().accept(typed) && !Apikeys::new(&[], 2).accept(typed), "{typed:?}");
        }
    }

    /// The number of blocks that `typed` is compared with, and the bytes on either side.
    fn compared(keys: &Apikeys, typed: &str) -> (usize, usize, usize) {
        (keys.0.len(), keys.0.iter().map(size_of_val).sum(), size_of_val(&Block::of(typed)))
    }

    #[test]
    fn as_much_is_compared_whatever_is_typed_and_whichever_keys_there_are() {
        let long = "k".repeat(CREDENTIAL_BYTES_MAX);
        let domains = [vec![], vec!["k".to_owned()], vec!["key".to_owned(), long.clone()]];
        for keys in domains.map(|keys| Apikeys::new(&keys, 2)) {
            for typed in ["", "k", "kay", "key", &long, &long.repeat(9)] {
                let block = CREDENTIAL_BYTES_MAX + WORD_BYTES;
                assert_eq!(compared(&keys, typed), (2, 2 * block, block), "{typed:?}");
            }
        }
    }
}
