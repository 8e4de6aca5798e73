//! What the calls of each domain make a shard do in one turn.
//!
//! Owns: [`Work`]: how many names, rooms and receivers they have used, and when a domain has used its share. Must not:
//! delay anything; the shard comes to a domain's next calls later. What a call is divided into by place is charged
//! where it is divided (`by_place`), and once more at other places, when it arrives there. What one turn used beyond a
//! share, a broadcast or mail of other shards, is owed: it comes off the next shares, but not off more than a few.

use super::ids::Place;
use crate::base::domains::DomainId;
use crate::base::limits::chat::{WORK_OWED_MAX, WORK_PER_TURN};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// By the numbers of domains.
    used: Vec<usize>,
    /// Domains that have used something.
    touched: Vec<DomainId>,
    /// What all of them have used in this turn.
    sum: usize,
    /// Scratch of `by_place`, by the numbers of places; otherwise all are [`NO_GROUP`].
    groups: Vec<u16>,
}

/// A place that has no list yet.
const NO_GROUP: u16 = u16::MAX;

impl Work {
    /// Keys of a domain by place: one list for each place that has any, in the order of the keys. Charges for them.
    pub(super) fn by_place<T>(
        &mut self,
        domain: DomainId,
        keys: impl IntoIterator<Item = (Place, T)>,
    ) -> Vec<(Place, Vec<T>)> {
        let mut groups: Vec<(Place, Vec<T>)> = Vec::new();
        let mut count = 0;
        for (place, key) in keys {
            let group = self.group_of(place);
            if *group == NO_GROUP {
                *group = u16::try_from(groups.len()).expect("places have 16 bits");
                groups.push((place, Vec::new()));
            }
            groups[usize::from(*group)].1.push(key);
            count += 1;
        }
        for (place, _) in &groups {
            *self.group_of(*place) = NO_GROUP;
        }
        debug_assert!(self.groups.iter().all(|group| *group == NO_GROUP), "the scratch is clean");
        self.charge(domain, count);
        groups
    }

    /// The list that a place has in the division under way.
    fn group_of(&mut self, place: Place) -> &mut u16 {
        let index = place.index();
        if self.groups.len() <= index {
            self.groups.resize(index + 1, NO_GROUP);
        }
        &mut self.groups[index]
    }

    /// Charges a domain for names, rooms or receivers.
    pub(super) fn charge(&mut self, domain: DomainId, more: usize) {
        let index = domain.0 as usize;
        if self.used.len() <= index {
            self.used.resize(index + 1, 0);
        }
        if more > 0 && self.used[index] == 0 {
            self.touched.push(domain);
        }
        self.used[index] += more;
        self.sum += more;
    }

    /// Whether a domain has used its share of this turn: its next calls come after those of others.
    pub(crate) fn is_used_up(&self, domain: DomainId) -> bool {
        self.used.get(domain.0 as usize).is_some_and(|used| *used >= WORK_PER_TURN)
    }

    /// What all domains have used in this turn.
    pub(crate) fn sum(&self) -> usize {
        self.sum
    }

    /// Gives every domain its share of a new turn.
    pub(super) fn begin_turn(&mut self) {
        self.sum = 0;
        let used = &mut self.used;
        self.touched.retain(|domain| {
            let used = &mut used[domain.0 as usize];
            *used = used.saturating_sub(WORK_PER_TURN).min(WORK_OWED_MAX);
            *used > 0
        });
    }
}

/// What tests look at.
#[cfg(test)]
impl Work {
    /// What a domain has used.
    pub(super) fn used(&self, domain: DomainId) -> usize {
        self.used.get(domain.0 as usize).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_divided_among_the_places_that_are_addressed() {
        let (domain, [one, other]) = (DomainId(0), [Place::new(900), Place::new(3)]);
        let mut work = Work::default();
        for used in [3, 6] {
            let groups = work.by_place(domain, [(one, 'a'), (other, 'b'), (one, 'c')]);
            assert_eq!(groups, [(one, vec!['a', 'c']), (other, vec!['b'])]);
            assert_eq!(work.used(domain), used, "each key is charged");
        }
    }

    #[test]
    fn a_share_is_used_up_until_the_next_turn() {
        let (one, other) = (DomainId(3), DomainId(0));
        let mut work = Work::default();
        assert!(!work.is_used_up(one));
        work.charge(one, WORK_PER_TURN - 1);
        work.charge(other, 0);
        assert!(!work.is_used_up(one));
        work.charge(one, 1);
        assert!(work.is_used_up(one) && !work.is_used_up(other));
        assert_eq!(work.sum(), WORK_PER_TURN);
        work.charge(one, WORK_PER_TURN + 5);
        work.begin_turn();
        assert!(work.is_used_up(one) && work.sum() == 0, "it owes the rest");
        work.begin_turn();
        assert_eq!((work.used[3], work.is_used_up(one)), (5, false));
        work.begin_turn();
        assert!(work.used[3] == 0 && work.touched.is_empty());
        work.charge(one, 1_000_000_000);
        work.begin_turn();
        assert_eq!(work.used[3], WORK_OWED_MAX);
    }
}
