//! Randomness for tickets.
//!
//! Owns: a pool of random bytes from the kernel. Must not: hand out the same bytes twice.

/// Bytes fetched at once: enough for a few hundred tickets a system call.
const POOL_BYTES: usize = 4_096;
const SECRET_BYTES: usize = 16;

/// A pool of random bytes.
pub(crate) struct Entropy {
    pool: Box<[u8; POOL_BYTES]>,
    at: usize,
}

impl Entropy {
    /// A filled pool.
    pub(crate) fn new() -> Entropy {
        let mut entropy = Entropy { pool: Box::new([0; POOL_BYTES]), at: 0 };
        entropy.fill();
        entropy
    }

    fn fill(&mut self) {
        getrandom::fill(&mut self.pool[..]).expect("the kernel has random numbers");
        self.at = 0;
    }

    /// The next secret; it stays the next until it is [spent](Entropy::spend), so that only those who keep one pay.
    pub(crate) fn peek(&self) -> [u8; SECRET_BYTES] {
        self.pool[self.at..self.at + SECRET_BYTES].try_into().expect("a range of that length")
    }

    /// The last secret that was peeked at is taken.
    pub(crate) fn spend(&mut self) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
