//! Links that were made while names move between nodes.
//!
//! Owns: [`Met`]: by which key a user was linked with a name last. Must not: change a roster.
//!
//! While names move, a user may go at one node and come at another, and the news of the two go different ways: that it has
//! gone may come last. It is not shown to those who have been linked with the new one meanwhile.

use ahash::RandomState;
use hashbrown::HashMap;

use crate::base::slots::Slot;
use crate::router::directory::Places;
use crate::router::ids::UserKey;

/// So many are remembered. Of more, one may be shown as gone that has come back.
const MET_MAX: usize = 65_536;

/// See the module.
#[derive(Debug)]
pub(super) struct Met(HashMap<(Slot, u64), UserKey, RandomState>);

impl Met {
    /// With a hasher that outsiders do not know.
    pub(super) fn new(places: &Places) -> Met {
        Met(HashMap::with_hasher(places.hasher().clone()))
    }

    /// A user was linked with a name by this key.
    pub(super) fn note(&mut self, user: Slot, name: u64, key: UserKey) {
        if self.0.len() < MET_MAX {
            self.0.insert((user, name), key);
        }
    }

    /// The key by which a user was linked with a name last, if that is known, and another than this one.
    pub(super) fn other(&self, user: Slot, name: u64, key: UserKey) -> Option<UserKey> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&(user, name)).copied().filter(|met| *met != key)
    }

    /// Names do not move any more.
    pub(super) fn forget(&mut self) {
        self.0.clear();
        self.0.shrink_to(0);
    }
}
