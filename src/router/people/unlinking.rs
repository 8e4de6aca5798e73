//! Unlinkings that wait for the answer of the name's owner.
//!
//! Owns: [`Unlinking`]: which pairs are under way, found in constant time however many there are. Must not: change a
//! roster.

use hashbrown::HashMap;

use crate::base::slots::Slot;
use crate::router::directory::Places;

/// Pairs for which there stays room when nothing is under way.
const KEPT: usize = 64;

/// See the module. The hashes of names are keyed already, and 64 bits: two names that meet are not to be expected, and
/// would only delay a link.
#[derive(Debug, Default)]
pub(super) struct Unlinking(HashMap<(Slot, u64), u32, ahash::RandomState>);

impl Unlinking {
    /// With a hasher that outsiders do not know.
    pub(super) fn new(places: &Places) -> Unlinking {
        Unlinking(HashMap::with_hasher(places.hasher().clone()))
    }

    /// Begins an unlinking, whose name's owner is about to be asked.
    pub(super) fn begin(&mut self, user: Slot, name: u64) {
        *self.0.entry((user, name)).or_default() += 1;
    }

    /// Ends an unlinking that the name's owner has answered.
    pub(super) fn end(&mut self, user: Slot, name: u64) {
        let key = (user, name);
        let asked = self.0.get_mut(&key).expect("it was entered when the owner was asked");
        *asked -= 1;
        if *asked == 0 {
            self.0.remove(&key);
            if self.0.is_empty() {
                self.0.shrink_to(KEPT);
            }
        }
    }

    /// Whether a user is just being unlinked from this name.
    pub(super) fn is_parting(&self, user: Slot, name: u64) -> bool {
        !self.0.is_empty() && self.0.contains_key(&(user, name))
    }

    /// Whether nothing is under way.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
