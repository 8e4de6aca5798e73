//! Unlinkings that wait for the answer of the name's owner.
//!
//! Owns: [`Unlinking`]: which pairs are under way, found in constant time however many there are. Must not: change a
//! roster.

use hashbrown::HashMap;

use crate::base::slots::Slot;
use crate::router::directory::Places;
use crate::router::ids::Place;

/// Pairs for which there stays room when nothing is under way.
const KEPT: usize = 64;

/// A user, the name that it is unlinked from, and the place that was asked. A name may have another owner by now: a link
/// that comes from there is another one.
type Parting = (Slot, u64, Place);

/// See the module. The hashes of names are keyed already, and 64 bits: two names that meet are not to be expected, and
/// would only delay a link.
#[derive(Debug, Default)]
pub(super) struct Unlinking(HashMap<Parting, u32, ahash::RandomState>);

impl Unlinking {
    /// With a hasher that outsiders do not know.
    pub(super) fn new(places: &Places) -> Unlinking {
        Unlinking(HashMap::with_hasher(places.hasher().clone()))
    }

    /// Begins an unlinking, whose name's owner is about to be asked.
    pub(super) fn begin(&mut self, parting: Parting) {
        *self.0.entry(parting).or_default() += 1;
    }

    /// Ends an unlinking that the name's owner has answered.
    pub(super) fn end(&mut self, parting: Parting) {
        let asked = self.0.get_mut(&parting).expect("it was entered when the owner was asked");
        *asked -= 1;
        if *asked == 0 {
            self.0.remove(&parting);
            if self.0.is_empty() {
                self.0.shrink_to(KEPT);
            }
        }
    }

    /// Whether a user is just being unlinked from this name of that place.
    pub(super) fn is_parting(&self, parting: &Parting) -> bool {
        !self.0.is_empty() && self.0.contains_key(parting)
    }

    /// Whether nothing is under way.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
