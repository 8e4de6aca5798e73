//! Packets of which the newest about each subject is enough: presences, and signals that supersede each other.
//!
//! Owns: [`Newest`], their order, and that each push takes the same time however many wait. Must not: import
//! `backlog`.
//!
//! What was not answered yet may give way to something newer about the same subject, whose place is at the end. What
//! gave way leaves a gap, which goes when the packets are answered, or when there are more gaps than packets.

use hashbrown::HashTable;
use smallvec::SmallVec;

use crate::router::packet::{Kind, Packet, PresenceType};

/// Most unanswered packets that are searched one after the other; more are found by an index.
const SEARCHED_MAX: usize = 16;

/// Packets that are not acknowledged, each with a note about it.
#[derive(Debug)]
pub(in crate::router) struct Newest<N> {
    /// Oldest first.
    entries: SmallVec<[Entry<N>; 1]>,
    /// Entries that were answered; all others come behind them.
    answered: usize,
    /// Gaps among the others.
    gaps: usize,
    /// What all packets count for, in bytes.
    shares: usize,
    /// Places of the unanswered, counted from the first of them, by subject; empty while they are searched.
    index: HashTable<u32>,
}

#[derive(Debug)]
struct Entry<N> {
    number: u64,
    /// The hash of the subject. Keyed, and 64 bits: two subjects that meet are not to be expected.
    subject: u64,
    note: N,
    /// `None`: a gap.
    packet: Option<Packet>,
}

impl<N> Default for Newest<N> {
    fn default() -> Newest<N> {
        Newest { entries: SmallVec::new(), answered: 0, gaps: 0, shares: 0, index: HashTable::new() }
    }
}

impl<N: Copy> Newest<N> {
    /// How many there are.
    pub(in crate::router) fn len(&self) -> usize {
        self.entries.len() - self.gaps
    }

    /// How many were answered.
    pub(super) fn answered(&self) -> usize {
        self.answered
    }

    /// What they take of the shard's memory.
    pub(in crate::router) fn held_bytes(&self) -> usize {
        size_of::<Newest<N>>() + self.entries.len() * size_of::<Entry<N>>() + self.shares
    }

    /// The one about this subject that has not been answered yet.
    pub(in crate::router) fn waiting(&self, subject: u64) -> Option<(&Packet, N)> {
        let Entry { packet, note, .. } = &self.entries[self.answered + self.find(subject)?];
        packet.as_ref().map(|packet| (packet, *note))
    }

    /// Adds one, in the place of what was not answered yet about the same subject.
    pub(in crate::router) fn push(&mut self, number: u64, subject: u64, packet: Packet, note: N) {
        let packet = match self.find(subject) {
            Some(at) => {
                let before = self.take(subject, at);
                newest(&before, packet)
            }
            None => packet,
        };
        self.shares += packet.share();
        self.entries.push(Entry { number, subject, note, packet: Some(packet) });
        let unanswered = self.entries.len() - self.answered;
        if self.gaps > SEARCHED_MAX && self.gaps > unanswered / 2 {
            self.close_gaps();
            self.index_all();
        } else if !self.index.is_empty() {
            self.insert_into_index(unanswered - 1);
        } else if unanswered > SEARCHED_MAX {
            self.index_all();
        }
    }

    /// The place of the unanswered one about this subject, counted from the first of them.
    fn find(&self, subject: u64) -> Option<usize> {
        let unanswered = &self.entries[self.answered..];
        let is_it = |entry: &Entry<N>| entry.subject == subject && entry.packet.is_some();
        if self.index.is_empty() {
            debug_assert!(unanswered.len() <= SEARCHED_MAX, "many are indexed");
            return unanswered.iter().rposition(is_it);
        }
        self.index.find(subject, |at| is_it(&unanswered[*at as usize])).map(|at| *at as usize)
    }

    /// Takes out what gives way.
    fn take(&mut self, subject: u64, at: usize) -> Packet {
        if let Ok(entry) = self.index.find_entry(subject, |other| *other as usize == at) {
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
                let place = u32::try_from(at).expect("packets are limited");
                self.index.insert_unique(self.entries[self.answered + at].subject, place, |_| {
                    unreachable!("there is room")
                });
            });
        }
    }

    fn insert_into_index(&mut self, at: usize) {
        let unanswered = &self.entries[self.answered..];
        let place = u32::try_from(at).expect("packets are limited");
        self.index.insert_unique(unanswered[at].subject, place, |at| unanswered[*at as usize].subject);
    }

    /// Notes that all of them are answered.
    pub(super) fn answer(&mut self) {
        self.close_gaps();
        self.answered = self.entries.len();
        self.index = HashTable::new();
    }

    /// Drops what was answered up to this number, and shows it `each`.
    pub(super) fn acknowledge(&mut self, number: u64, mut each: impl FnMut(&Packet, N)) {
        let answered = self.entries[..self.answered].iter();
        let acknowledged = answered.take_while(|entry| entry.number <= number).count();
        for Entry { packet, note, .. } in self.entries.drain(..acknowledged) {
            if let Some(packet) = packet {
                self.shares -= packet.share();
                each(&packet, note);
            }
        }
        self.answered -= acknowledged;
    }

    /// The numbers of what was answered, each with its note.
    pub(super) fn answered_notes(&self) -> impl Iterator<Item = (u64, N)> {
        self.entries[..self.answered].iter().map(|entry| (entry.number, entry.note))
    }

    /// Drops what this asks for, of what was never answered.
    pub(in crate::router) fn withdraw(&mut self, mut wanted: impl FnMut(&Packet, N) -> bool) {
        let answered = self.answered;
        let unanswered = self.entries[answered..].iter_mut();
        for Entry { packet, note, .. } in unanswered {
            if let Some(gone) = packet.take_if(|packet| wanted(packet, *note)) {
                self.shares -= gone.share();
                self.gaps += 1;
            }
        }
        self.close_gaps();
        self.index_all();
    }

    /// The packets, in order.
    pub(super) fn packets(&self) -> impl Iterator<Item = &Packet> {
        self.iter().map(|(_, packet, _)| packet)
    }

    /// The packets that were never answered, in order.
    pub(super) fn news(&self) -> impl Iterator<Item = &Packet> {
        self.entries[self.answered..].iter().filter_map(|entry| entry.packet.as_ref())
    }

    /// The packets in order, each with the hash of its subject and its note.
    pub(in crate::router) fn iter(&self) -> impl Iterator<Item = (u64, &Packet, N)> {
        self.entries.iter().filter_map(|entry| Some((entry.subject, entry.packet.as_ref()?, entry.note)))
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl<N: Copy> Newest<N> {
    /// The numbers of what was answered.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.entries[..self.answered].iter().map(|entry| entry.number)
    }

    /// Asserts what must hold between its parts.
    pub(in crate::router) fn check(&self) {
        let shares: usize = self.packets().map(Packet::share).sum();
        assert_eq!((self.packets().count(), shares), (self.len(), self.shares), "what is counted is there");
        let unanswered = &self.entries[self.answered..];
        assert!(self.entries[..self.answered].iter().all(|entry| entry.packet.is_some()));
        let subjects: std::collections::BTreeSet<u64> =
            unanswered.iter().filter(|entry| entry.packet.is_some()).map(|entry| entry.subject).collect();
        assert_eq!(subjects.len(), unanswered.len() - self.gaps, "at most one unanswered a subject");
        assert!(subjects.iter().all(|subject| self.find(*subject).is_some()), "each is found");
        assert!(self.index.is_empty() || self.index.len() == subjects.len());
    }
}

/// The packet that stands for two in a row: the newer one, but an announced coming stays one.
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
        fn of_each_subject_the_newest_waits_in_the_order_of_the_pushes(
            pushes in proptest::collection::vec((0..60_u64, 0..40_u8), 0..400),
        ) {
            let mut newest = Newest::default();
            let (mut answered, mut waiting): (Vec<Packet>, Vec<(u64, Packet)>) = (Vec::new(), Vec::new());
            for (count, (subject, action)) in pushes.into_iter().enumerate() {
                if action == 0 {
                    newest.answer();
                    answered.extend(waiting.drain(..).map(|(_, packet)| packet));
                } else {
                    let packet = show(&count.to_string());
                    let before = waiting.iter().find(|(other, _)| *other == subject).map(|(_, packet)| packet);
                    proptest::prop_assert_eq!(newest.waiting(subject).map(|(packet, ())| packet), before);
                    newest.push(count as u64, subject, packet.clone(), ());
                    waiting.retain(|(other, _)| *other != subject);
                    waiting.push((subject, packet));
                }
                newest.check();
                let expected = answered.iter().chain(waiting.iter().map(|(_, packet)| packet));
                proptest::prop_assert!(newest.packets().eq(expected));
            }
        }
    }

    #[test]
    fn gaps_do_not_pile_up() {
        let mut newest = Newest::default();
        for count in 0..10_000_u64 {
            newest.push(count, count % 3, show("away"), ());
            assert!(newest.entries.len() <= 3 + 2 * SEARCHED_MAX, "{}", newest.entries.len());
        }
    }
}
