//! The presences queued to one session: of each name the newest.
//!
//! Owns: [`Presences`], their order, and that each push takes the same time however many wait. Must not: import
//! `backlog`.
//!
//! What was not answered yet may give way to something newer of the same name, whose place is at the end. What gave way
//! leaves a gap, which goes when the presences are answered, or when there are more gaps than presences.

use hashbrown::HashTable;
use smallvec::SmallVec;

use crate::router::packet::{Kind, Packet, PresenceType};

/// Most unanswered presences that are searched one after the other; more are found by an index.
const SEARCHED_MAX: usize = 16;

/// Presences that are not acknowledged.
#[derive(Debug, Default)]
pub(in crate::router) struct Presences {
    /// Oldest first.
    entries: SmallVec<[QueuedPresence; 1]>,
    /// Entries that were answered; all others come behind them.
    answered: usize,
    /// Gaps among the others.
    gaps: usize,
    /// What all packets count for, in bytes.
    shares: usize,
    /// Places of the unanswered, counted from the first of them, by name; empty while they are searched.
    index: HashTable<u32>,
}

#[derive(Debug)]
struct QueuedPresence {
    number: u64,
    /// The hash of the name it is about. Keyed, and 64 bits: two names that meet are not to be expected.
    name: u64,
    /// `None`: a gap.
    packet: Option<Packet>,
}

impl Presences {
    /// How many there are.
    pub(in crate::router) fn len(&self) -> usize {
        self.entries.len() - self.gaps
    }

    /// How many were answered.
    pub(in crate::router) fn answered(&self) -> usize {
        self.answered
    }

    /// What they take of the shard's memory.
    pub(in crate::router) fn held_bytes(&self) -> usize {
        size_of::<Presences>() + self.entries.len() * size_of::<QueuedPresence>() + self.shares
    }

    /// Whether one about this name has not been answered yet.
    pub(in crate::router) fn waits(&self, name: u64) -> bool {
        self.find(name).is_some()
    }

    /// Adds one, in the place of what was not answered yet about the same name; `false` if there are `most` already.
    pub(in crate::router) fn push(&mut self, number: u64, name: u64, packet: Packet, most: usize) -> bool {
        let packet = match self.find(name) {
            Some(at) => {
                let before = self.take(name, at);
                newest(&before, packet)
            }
            None if self.len() >= most => return false,
            None => packet,
        };
        self.shares += packet.share();
        self.entries.push(QueuedPresence { number, name, packet: Some(packet) });
        let unanswered = self.entries.len() - self.answered;
        if self.gaps > SEARCHED_MAX && self.gaps > unanswered / 2 {
            self.close_gaps();
            self.index_all();
        } else if !self.index.is_empty() {
            self.insert_into_index(unanswered - 1);
        } else if unanswered > SEARCHED_MAX {
            self.index_all();
        }
        true
    }

    /// The place of the unanswered one about this name, counted from the first of them.
    fn find(&self, name: u64) -> Option<usize> {
        let unanswered = &self.entries[self.answered..];
        let is_it = |entry: &QueuedPresence| entry.name == name && entry.packet.is_some();
        if self.index.is_empty() {
            debug_assert!(unanswered.len() <= SEARCHED_MAX, "many are indexed");
            return unanswered.iter().rposition(is_it);
        }
        self.index.find(name, |at| is_it(&unanswered[*at as usize])).map(|at| *at as usize)
    }

    /// Takes out what gives way.
    fn take(&mut self, name: u64, at: usize) -> Packet {
        if let Ok(entry) = self.index.find_entry(name, |other| *other as usize == at) {
            entry.remove();
        }
        let packet = self.entries[self.answered + at].packet.take().expect("it was found");
        self.shares -= packet.share();
        self.gaps += 1;
        packet
    }

    /// Closes the gaps; what was answered has none, and is not looked at.
    fn close_gaps(&mut self) {
        if self.gaps == 0 {
            return;
        }
        let mut end = self.answered;
        for at in self.answered..self.entries.len() {
            if self.entries[at].packet.is_some() {
                self.entries.swap(end, at);
                end += 1;
            }
        }
        self.entries.truncate(end);
        self.gaps = 0;
    }

    /// Makes the index, if it is needed.
    fn index_all(&mut self) {
        self.index = HashTable::new();
        let unanswered = self.entries.len() - self.answered;
        if unanswered > SEARCHED_MAX {
            self.index.reserve(unanswered, |_| unreachable!("it is empty"));
            (0..unanswered).filter(|at| self.entries[self.answered + at].packet.is_some()).for_each(|at| {
                let place = u32::try_from(at).expect("presences are limited");
                self.index.insert_unique(self.entries[self.answered + at].name, place, |_| {
                    unreachable!("there is room")
                });
            });
        }
    }

    fn insert_into_index(&mut self, at: usize) {
        let unanswered = &self.entries[self.answered..];
        let place = u32::try_from(at).expect("presences are limited");
        self.index.insert_unique(unanswered[at].name, place, |at| unanswered[*at as usize].name);
    }

    /// All of them are answered.
    pub(in crate::router) fn answer(&mut self) {
        self.close_gaps();
        self.answered = self.entries.len();
        self.index = HashTable::new();
    }

    /// Drops what was answered up to this number.
    pub(in crate::router) fn acknowledge(&mut self, number: u64) {
        let answered = self.entries[..self.answered].iter();
        let acknowledged = answered.take_while(|entry| entry.number <= number).count();
        for entry in self.entries.drain(..acknowledged) {
            self.shares -= entry.packet.map_or(0, |packet| packet.share());
        }
        self.answered -= acknowledged;
    }

    /// The packets, in order.
    pub(in crate::router) fn packets(&self) -> impl Iterator<Item = &Packet> {
        self.entries.iter().filter_map(|entry| entry.packet.as_ref())
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Presences {
    /// The numbers of what was answered.
    pub(in crate::router) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.entries[..self.answered].iter().map(|entry| entry.number)
    }

    /// Asserts what must hold between its parts.
    pub(in crate::router) fn check(&self) {
        let shares: usize = self.packets().map(Packet::share).sum();
        assert_eq!((self.packets().count(), shares), (self.len(), self.shares), "what is counted is there");
        let unanswered = &self.entries[self.answered..];
        assert!(self.entries[..self.answered].iter().all(|entry| entry.packet.is_some()));
        let names: std::collections::BTreeSet<u64> =
            unanswered.iter().filter(|entry| entry.packet.is_some()).map(|entry| entry.name).collect();
        assert_eq!(names.len(), unanswered.len() - self.gaps, "at most one unanswered a name");
        assert!(names.iter().all(|name| self.find(*name).is_some()), "each is found");
        assert!(self.index.is_empty() || self.index.len() == names.len());
    }
}

/// The presence that stands for two in a row: the newer one, but an announced coming stays one.
fn newest(before: &Packet, after: Packet) -> Packet {
    let came = before.kind() == Kind::Presence(PresenceType::Online);
    if came && after.kind() == Kind::Presence(PresenceType::Show) { after.as_online() } else { after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::profile::Profile;

    fn show(show: &str) -> Packet {
        Packet::presence(PresenceType::Show, &Profile::new("bob", "Bob", show, ""))
    }

    proptest::proptest! {
        #[test]
        fn of_each_name_the_newest_waits_in_the_order_of_the_pushes(
            pushes in proptest::collection::vec((0..60_u64, 0..40_u8), 0..400),
        ) {
            let mut presences = Presences::default();
            let (mut answered, mut waiting): (Vec<Packet>, Vec<(u64, Packet)>) = (Vec::new(), Vec::new());
            for (count, (name, action)) in pushes.into_iter().enumerate() {
                if action == 0 {
                    presences.answer();
                    answered.extend(waiting.drain(..).map(|(_, packet)| packet));
                } else {
                    let packet = show(&count.to_string());
                    proptest::prop_assert!(presences.push(count as u64, name, packet.clone(), 1_000));
                    waiting.retain(|(other, _)| *other != name);
                    waiting.push((name, packet));
                }
                presences.check();
                let expected = answered.iter().chain(waiting.iter().map(|(_, packet)| packet));
                proptest::prop_assert!(presences.packets().eq(expected));
            }
        }
    }

    #[test]
    fn gaps_do_not_pile_up() {
        let mut presences = Presences::default();
        for count in 0..10_000_u64 {
            assert!(presences.push(count, count % 3, show("away"), 3));
            assert!(presences.entries.len() <= 3 + 2 * SEARCHED_MAX, "{}", presences.entries.len());
        }
        assert!(!presences.push(10_000, 3, show("away"), 3), "there are three already");
    }
}
