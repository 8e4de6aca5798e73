//! Stanzas to rooms that have overtaken the presence of their client.
//!
//! Owns: their order, their bounds, and how long they wait. Must not: decide whether a client is there.
//!
//! The connections of the two components have no order between them: a client that comes and enters a room at once may
//! be in the room's connection first. Each member has places of its own, so that none takes those of the others, and only
//! members to whom something has happened are looked at.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tokio_xmpp::Stanza;

use crate::limits::{EARLY_MAX, EARLY_MS, EARLY_OF_MEMBER_MAX};

#[derive(Debug, Default)]
pub(super) struct Early {
    /// By member, never empty.
    waiting: BTreeMap<String, VecDeque<(u64, Stanza)>>,
    /// How many there are in all.
    count: usize,
    /// When the oldest of each member has waited long enough.
    ends: BTreeSet<(u64, String)>,
    /// Members with waiting stanzas to whom something has happened.
    changed: BTreeSet<String>,
}

impl Early {
    /// Keeps a stanza of a member; returns it if there is no place.
    pub(super) fn push(&mut self, member: &str, stanza: Stanza, now: u64) -> Option<Stanza> {
        let of_member = self.waiting.get(member).map_or(0, VecDeque::len);
        if self.count >= EARLY_MAX || of_member >= EARLY_OF_MEMBER_MAX {
            return Some(stanza);
        }
        if of_member == 0 {
            self.ends.insert((now + EARLY_MS, member.to_owned()));
        }
        self.waiting.entry(member.to_owned()).or_default().push_back((now + EARLY_MS, stanza));
        self.count += 1;
        None
    }

    /// Something has happened to this member, whose stanzas may fit now.
    pub(super) fn note(&mut self, member: &str) {
        if self.waiting.contains_key(member) {
            self.changed.insert(member.to_owned());
        }
    }

    /// The next member to look at: one to whom something has happened, or whose oldest stanza waits no longer.
    pub(super) fn next(&mut self, now: u64) -> Option<String> {
        let ended = || self.ends.first().filter(|(until, _)| *until <= now).map(|(_, member)| member.clone());
        self.changed.pop_first().or_else(ended)
    }

    /// The stanzas of a member that wait no longer, in their order: those that fit, and those whose time is over.
    pub(super) fn take(&mut self, member: &str, now: u64, fits: impl Fn(&Stanza) -> bool) -> Vec<Stanza> {
        let Some(waiting) = self.waiting.remove(member) else { return Vec::new() };
        self.changed.remove(member);
        if let Some((until, _)) = waiting.front() {
            self.ends.remove(&(*until, member.to_owned()));
        }
        let (mut taken, mut left) = (Vec::new(), VecDeque::new());
        for (until, stanza) in waiting {
            if until <= now || fits(&stanza) {
                taken.push(stanza);
            } else {
                left.push_back((until, stanza));
            }
        }
        self.count -= taken.len();
        if let Some((until, _)) = left.front() {
            self.ends.insert((*until, member.to_owned()));
            self.waiting.insert(member.to_owned(), left);
        }
        taken
    }

    pub(super) fn deadline(&self) -> Option<u64> {
        self.ends.first().map(|(until, _)| *until)
    }

    /// The connection is lost, and with it whoever waits for an answer.
    pub(super) fn clear(&mut self) {
        *self = Early::default();
    }
}

#[cfg(test)]
mod tests {
    use xmpp_parsers::presence::{Presence, Type};

    use super::*;

    fn stanza(id: usize) -> Stanza {
        let mut presence = Presence::new(Type::None);
        presence.id = Some(id.to_string());
        presence.into()
    }

    #[test]
    fn a_member_takes_no_place_of_another_and_all_have_a_bound() {
        let mut early = Early::default();
        for number in 0..EARLY_OF_MEMBER_MAX {
            assert!(early.push("a", stanza(number), 0).is_none());
        }
        assert!(early.push("a", stanza(0), 0).is_some(), "its places are taken");
        assert!(early.push("b", stanza(0), 0).is_none());
        let others = EARLY_MAX - EARLY_OF_MEMBER_MAX - 1;
        assert!((0..others).all(|number| early.push(&number.to_string(), stanza(0), 0).is_none()));
        assert!(early.push("c", stanza(0), 0).is_some(), "all places are taken");
        assert_eq!(early.take("b", 0, |_| true).len(), 1);
        assert!(early.push("c", stanza(0), 0).is_none());
    }

    #[test]
    fn only_members_to_whom_something_happened_are_looked_at() {
        let mut early = Early::default();
        for member in ["a", "b", "c"] {
            early.push(member, stanza(1), 0);
        }
        early.push("b", stanza(2), 1);
        assert_eq!(early.next(0), None);
        early.note("b");
        early.note("nobody");
        assert_eq!((early.next(0), early.next(0)), (Some("b".to_owned()), None));
        assert_eq!(early.take("b", 1, |waits| *waits == stanza(1)), [stanza(1)]);
        assert_eq!(early.deadline(), Some(EARLY_MS));
        assert_eq!(early.next(EARLY_MS), Some("a".to_owned()));
        for member in ["a", "c"] {
            assert_eq!(early.take(member, EARLY_MS, |_| false), [stanza(1)], "its time is over");
        }
        assert_eq!((early.next(EARLY_MS), early.deadline()), (None, Some(EARLY_MS + 1)));
        assert_eq!(early.take("b", EARLY_MS + 1, |_| false), [stanza(2)]);
        assert_eq!((early.count, early.waiting.len(), early.ends.len()), (0, 0, 0));
    }
}
