//! Randomness: secrets for tickets, and numbers that spread the times at which clients come back.
//!
//! Owns: a pool of random bytes from the kernel, and dice, which are fast and may be guessed. Must not: make a ticket;
//! the router does.

/// Bytes fetched at once: enough for a few hundred tickets a system call.
const POOL_BYTES: usize = 4_096;
const SECRET_BYTES: usize = 16;

/// A pool of random bytes. No secret is given out twice.
pub(super) struct Entropy {
    pool: Box<[u8; POOL_BYTES]>,
    at: usize,
}

impl Entropy {
    pub(super) fn new() -> Entropy {
        let mut entropy = Entropy { pool: Box::new([0; POOL_BYTES]), at: 0 };
        entropy.fill();
        entropy
    }

    fn fill(&mut self) {
        getrandom::fill(&mut self.pool[..]).expect("the kernel has random numbers");
        self.at = 0;
    }

    /// The next secret. It stays the next until it is [spent](Entropy::spend), so a call that keeps none costs nothing.
    pub(super) fn peek(&self) -> [u8; SECRET_BYTES] {
        self.pool[self.at..self.at + SECRET_BYTES].try_into().expect("a range of that length")
    }

    /// Drops the secret that was peeked at last, because a call uses it.
    pub(super) fn spend(&mut self) {
        self.pool[self.at..self.at + SECRET_BYTES].fill(0);
        self.at += SECRET_BYTES;
        if self.at == POOL_BYTES {
            self.fill();
        }
    }
}

/// Shows nothing: these bytes are what tickets are made of.
impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entropy").finish_non_exhaustive()
    }
}

/// Numbers without a visible order (xorshift, Marsaglia 2003), for purposes that need no secret.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new() -> Dice {
        let seed = getrandom::u64().expect("the kernel has random numbers");
        Dice(seed | 1) // 0 would stay 0
    }

    pub(super) fn roll(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 >> 32).expect("32 bits are left")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dice_show_every_side() {
        let mut dice = Dice::new();
        let mut seen = [0; 6];
        for _ in 0..6_000 {
            seen[dice.roll() as usize % 6] += 1;
        }
        assert!(seen.iter().all(|count| (800..1_200).contains(count)), "{seen:?}");
    }

    #[test]
    fn no_secret_is_given_twice() {
        let mut entropy = Entropy::new();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..2 * POOL_BYTES / SECRET_BYTES {
            let secret = entropy.peek();
            assert_eq!(secret, entropy.peek());
            assert!(seen.insert(secret));
            entropy.spend();
        }
    }
}
