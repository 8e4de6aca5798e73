//! Packets that are not acknowledged, within limits.
//!
//! Owns: which packets find room, which give way to others, and what they count. Must not: give out numbers; the queue
//! does, which has one of these only while there is something in it.

use smallvec::SmallVec;

use super::ids::UserKey;
use super::packet::{Kind, Packet, PresenceType};
use crate::admission::Claim;
use crate::limits::{Limits, PRESENCES_PER_LINK};
use crate::memory::Held;

/// What a queue must know of a packet besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// A message: the user's how-manieth it is. Says which of his sessions were given it.
    Message(u64),
    /// A message taken over from an ended session. It does not count: a page that has just opened is not ended for
    /// what was queued before it.
    Inherited(u64),
    /// A message that another session of the user has acknowledged, which has ended. This page still gets it, but nobody
    /// after it does.
    Seen(u64),
    /// A presence of this user: the next one of the same user takes its place.
    Presence(UserKey),
    /// A typing state or a room presence: the first to go when room is scarce.
    Light,
}

impl Label {
    /// Whether it counts for the limits of the queue.
    fn counts(self) -> bool {
        matches!(self, Label::Message(_) | Label::Seen(_) | Label::Light)
    }

    /// The how-manieth message of the user it is, if it is a message.
    pub(super) fn given(self) -> Option<u64> {
        match self {
            Label::Message(given) | Label::Inherited(given) | Label::Seen(given) => Some(given),
            Label::Presence(_) | Label::Light => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) label: Label,
    pub(super) packet: Packet,
}

impl Entry {
    /// What it takes of the shard's memory.
    fn held_bytes(&self) -> usize {
        size_of::<Entry>() + self.packet.share()
    }
}

/// A message between sessions of a user: not acknowledged by one that has ended, not queued to the next one yet.
#[derive(Debug)]
pub(super) struct Kept {
    /// The user's how-manieth it is.
    pub(super) given: u64,
    pub(super) packet: Packet,
    /// The place it has been promised on the way back to its site.
    pub(super) claim: Option<Claim>,
}

impl Kept {
    /// What it takes of the shard's memory.
    pub(super) fn held_bytes(&self) -> usize {
        size_of::<Kept>() + self.packet.share()
    }
}

/// What became of a packet that was to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// It is queued.
    Queued,
    /// It was not worth its place.
    Dropped,
    /// There is no room for it, and it must not be dropped.
    Full,
}

/// Packets that are not acknowledged.
#[derive(Debug)]
pub(super) struct Backlog {
    /// Oldest first. Hardly ever more than one, which needs no block of its own.
    pub(super) entries: SmallVec<[Entry; 1]>,
    /// The last number the browser may have heard of.
    pub(super) told: u64,
    /// The last number of an answer that was flushed.
    pub(super) flushed: u64,
    /// Messages and light packets in `entries`, and their bytes: what the limits count.
    pub(super) counted: u32,
    pub(super) counted_bytes: u32,
    /// What all of it takes of the shard's memory.
    held: Held,
}

impl Backlog {
    /// An empty one: the browser has been told of everything up to `issued`. `held` is the domain's, and holds nothing yet.
    pub(super) fn after(issued: u64, mut held: Held) -> Backlog {
        held.set(size_of::<Backlog>());
        let (told, flushed) = (issued, issued);
        Backlog { entries: SmallVec::new(), told, flushed, counted: 0, counted_bytes: 0, held }
    }

    /// Makes room for a packet; returns it as it is to be queued, or why it is not. `admits`: whether the domain may make
    /// more wait. That is asked for presences and light packets; whoever sends messages has asked before.
    pub(super) fn make_room(
        &mut self,
        packet: Packet,
        label: Label,
        limits: &Limits,
        admits: impl FnOnce() -> bool,
    ) -> Result<Packet, Pushed> {
        match label {
            Label::Presence(about) => {
                // The newer one goes to the end, not into the place of the older: between them may stand what was
                // told of the same name by a user who left.
                if let Some(before) = self.take_unanswered_presence(about) {
                    return Ok(newest(&before, packet));
                }
                if self.has_room_for_presence(limits) && admits() { Ok(packet) } else { Err(Pushed::Full) }
            }
            Label::Light => {
                if self.has_room(&packet, limits) && admits() {
                    Ok(packet)
                } else {
                    Err(Pushed::Dropped)
                }
            }
            Label::Message(_) | Label::Inherited(_) | Label::Seen(_) => {
                if !self.has_room(&packet, limits) {
                    self.drop_light();
                    if !self.has_room(&packet, limits) {
                        return Err(Pushed::Full);
                    }
                }
                Ok(packet)
            }
        }
    }

    pub(super) fn append(&mut self, number: u64, packet: Packet, label: Label) {
        if label.counts() {
            self.counted += 1;
            self.counted_bytes += bytes(&packet);
        }
        let entry = Entry { number, label, packet };
        self.held.add(entry.held_bytes());
        self.entries.push(entry);
    }

    /// Whether a packet that counts fits. One always does, however long it has become in JSON.
    fn has_room(&self, packet: &Packet, limits: &Limits) -> bool {
        let (count, bytes) = (self.counted as usize, (self.counted_bytes + bytes(packet)) as usize);
        count == 0 || (count < limits.queue_messages && bytes <= limits.queue_bytes)
    }

    /// Whether another presence fits: without the answered ones there is one for each link at most, but a browser
    /// that never acknowledges keeps all that it was answered.
    fn has_room_for_presence(&self, limits: &Limits) -> bool {
        let most = PRESENCES_PER_LINK * limits.roster_links;
        let presences = || self.entries.iter().filter(|entry| matches!(entry.label, Label::Presence(_)));
        self.entries.len() < most || presences().count() < most
    }

    fn take_unanswered_presence(&mut self, about: UserKey) -> Option<Packet> {
        let at = self.entries.iter().rposition(|entry| entry.label == Label::Presence(about))?;
        if self.entries[at].number <= self.told {
            return None;
        }
        let entry = self.entries.remove(at);
        self.held.subtract(entry.held_bytes());
        Some(entry.packet)
    }

    fn drop_light(&mut self) {
        let told = self.told;
        self.entries.retain(|entry| entry.number <= told || entry.label != Label::Light);
        self.recount();
    }

    /// How many have been answered.
    pub(super) fn answered(&self) -> usize {
        self.entries.iter().take_while(|entry| entry.number <= self.told).count()
    }

    pub(super) fn acknowledge(&mut self, number: u64) {
        let number = number.min(self.told);
        let acknowledged = self.entries.iter().take_while(|entry| entry.number <= number).count();
        for entry in self.entries.drain(..acknowledged) {
            self.held.subtract(entry.held_bytes());
            if entry.label.counts() {
                self.counted -= 1;
                self.counted_bytes -= bytes(&entry.packet);
            }
        }
    }

    /// Notes which messages another session has acknowledged.
    pub(super) fn mark_seen(&mut self, seen: impl Fn(u64) -> bool) {
        for entry in &mut self.entries {
            if let Label::Message(given) = entry.label
                && seen(given)
            {
                entry.label = Label::Seen(given);
            }
        }
    }

    pub(super) fn recount(&mut self) {
        let counted = self.entries.iter().filter(|entry| entry.label.counts());
        (self.counted, self.counted_bytes) =
            counted.fold((0, 0), |(count, sum), entry| (count + 1, sum + bytes(&entry.packet)));
        self.held.set(self.held_bytes());
    }

    /// What it must hold: itself, and what is in it.
    fn held_bytes(&self) -> usize {
        size_of::<Backlog>() + self.entries.iter().map(Entry::held_bytes).sum::<usize>()
    }

    /// Cuts off the newest messages that do not fit beside what was taken over already; returns them.
    pub(super) fn cut_to_limits(&self, messages: &mut Vec<Kept>, limits: &Limits) -> Vec<Kept> {
        let inherited = self.entries.iter().filter(|entry| matches!(entry.label, Label::Inherited(_)));
        let (mut count, mut bytes) =
            inherited.fold((0, 0), |(count, bytes), entry| (count + 1, bytes + entry.packet.json().len()));
        let fit = messages.iter().take_while(|kept| {
            count += 1;
            bytes += kept.packet.json().len();
            count <= limits.queue_messages && bytes <= limits.queue_bytes
        });
        let fit = fit.count();
        messages.split_off(fit)
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Backlog {
    /// Whether something is in it, and what the limits go by is what is there.
    pub(super) fn counts_right(&self) -> bool {
        let counted = self.entries.iter().filter(|entry| entry.label.counts());
        let counts = counted.fold((0, 0), |(count, sum), entry| (count + 1, sum + bytes(&entry.packet)));
        let held = self.held.bytes() == self.held_bytes();
        !self.entries.is_empty() && counts == (self.counted, self.counted_bytes) && held
    }

    /// What it holds of the shard's memory.
    pub(super) fn held(&self) -> usize {
        self.held.bytes()
    }
}

/// What a packet counts. Limits are far below what 32 bits hold: see `Limits::MAX`.
fn bytes(packet: &Packet) -> u32 {
    u32::try_from(packet.json().len()).expect("a packet is smaller than the request it came in, six times")
}

/// The presence that tells what two in a row tell: the newer one, but a coming stays a coming.
fn newest(before: &Packet, after: Packet) -> Packet {
    let came = before.kind() == Kind::Presence(PresenceType::Online);
    if came && after.kind() == Kind::Presence(PresenceType::Show) { after.as_online() } else { after }
}
