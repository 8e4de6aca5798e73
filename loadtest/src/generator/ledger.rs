//! The ledger: what was sent and must still arrive, once at each receiver.
//!
//! Owns: ids of messages and who has seen which. Must not: know connections or time beyond a number. An id is a place
//! in the ledger and the generation of what is there, so that a message that comes after it was complete is
//! known to be one too many.

use std::ops::Range;

/// Marks the ids of broadcasts, which are in every thread's ledger.
const BROADCAST: u64 = 1 << 63;

/// A message on its way.
#[derive(Debug, Default)]
struct Flight {
    generation: u32,
    open: bool,
    answered: bool,
    /// When it was sent, or should have been.
    sent: u64,
    /// The first receiver; the bits of `seen` are counted from it.
    first: u32,
    left: u32,
    seen: Vec<u64>,
}

impl Flight {
    fn fill(&mut self, receivers: &Range<u32>, sender: Option<u32>, sent: u64) {
        (self.open, self.answered, self.sent) = (true, false, sent);
        (self.first, self.left) = (receivers.start, receivers.end - receivers.start);
        self.seen.clear();
        self.seen.resize(receivers.len().div_ceil(64), 0);
        if let Some(sender) = sender {
            // The sender is no receiver: a message that arrives there is one too many.
            self.see(sender);
        }
    }

    /// Whether it is the first time that this user sees it.
    fn see(&mut self, user: u32) -> bool {
        let Some(bit) = user.checked_sub(self.first) else { return false };
        let Some(word) = self.seen.get_mut(bit as usize / 64) else { return false };
        let mask = 1 << (bit % 64);
        let is_new = *word & mask == 0 && self.left > 0;
        if is_new {
            *word |= mask;
            self.left -= 1;
        }
        is_new
    }
}

/// What an arrival is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// What was awaited; it was sent at this time.
    Awaited(u64),
    /// One too many, or not for this user.
    Doubled,
}

/// What is on its way.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    flights: Vec<Flight>,
    free: Vec<u32>,
    broadcast: Flight,
}

impl Ledger {
    /// Messages on their way or not answered yet, broadcasts apart.
    pub(crate) fn open(&self) -> usize {
        self.flights.len() - self.free.len()
    }

    /// Begins a message to these users but the sender. Returns its id.
    pub(crate) fn begin(&mut self, receivers: &Range<u32>, sender: Option<u32>, sent: u64) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.flights.push(Flight::default());
            u32::try_from(self.flights.len() - 1).expect("a message needs a call, and these are fewer")
        });
        let flight = &mut self.flights[index as usize];
        flight.generation = flight.generation.wrapping_add(1) & 0x7fff_ffff;
        flight.fill(receivers, sender, sent);
        u64::from(flight.generation) << 32 | u64::from(index)
    }

    /// Begins broadcast number `number`.
    pub(crate) fn begin_broadcast(&mut self, number: u32, count: u32, sender: Option<u32>) -> u64 {
        self.broadcast.generation = number;
        self.broadcast.fill(&(0..count), sender, 0);
        BROADCAST | u64::from(number)
    }

    /// Whether this is a broadcast.
    pub(crate) fn is_broadcast(id: u64) -> bool {
        id & BROADCAST != 0
    }

    /// How many have not seen the broadcast.
    pub(crate) fn broadcast_left(&self) -> u32 {
        if self.broadcast.open { self.broadcast.left } else { 0 }
    }

    /// A message came to a user.
    pub(crate) fn arrive(&mut self, id: u64, user: u32) -> Arrival {
        let Some(flight) = self.find(id) else { return Arrival::Doubled };
        if !flight.see(user) {
            return Arrival::Doubled;
        }
        let sent = flight.sent;
        self.end_if_complete(id);
        Arrival::Awaited(sent)
    }

    /// Notes that the server has accepted a message.
    pub(crate) fn answer(&mut self, id: u64) {
        if let Some(flight) = self.find(id) {
            flight.answered = true;
            self.end_if_complete(id);
        }
    }

    /// Forgets a message that the server did not accept: nobody waits for it.
    pub(crate) fn cancel(&mut self, id: u64) {
        if let Some(flight) = self.find(id) {
            (flight.left, flight.answered) = (0, true);
            self.end_if_complete(id);
        }
    }

    /// Gives up what is on its way. Returns how many arrivals were still awaited.
    pub(crate) fn give_up(&mut self) -> u64 {
        let mut lost = u64::from(self.broadcast_left());
        self.broadcast.open = false;
        for (index, flight) in (0..).zip(&mut self.flights) {
            if flight.open {
                lost += u64::from(flight.left);
                flight.open = false;
                self.free.push(index);
            }
        }
        lost
    }

    fn find(&mut self, id: u64) -> Option<&mut Flight> {
        let (flight, generation) = if Ledger::is_broadcast(id) {
            (Some(&mut self.broadcast), id & !BROADCAST)
        } else {
            (self.flights.get_mut(usize::try_from(id & 0xffff_ffff).ok()?), id >> 32)
        };
        flight.filter(|flight| flight.open && u64::from(flight.generation) == generation)
    }

    fn end_if_complete(&mut self, id: u64) {
        if Ledger::is_broadcast(id) {
            return;
        }
        if let Some(flight) = self.find(id)
            && flight.left == 0
            && flight.answered
        {
            flight.open = false;
            self.free.push(u32::try_from(id & 0xffff_ffff).expect("32 bits"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_complete_when_it_was_answered_and_all_have_it() {
        let mut ledger = Ledger::default();
        let id = ledger.begin(&(100..170), Some(130), 5);
        assert_eq!(ledger.arrive(id, 130), Arrival::Doubled, "the sender does not get it");
        assert_eq!(ledger.arrive(id, 99), Arrival::Doubled, "it is not for this user");
        for user in (100..170).filter(|user| *user != 130) {
            assert_eq!(ledger.arrive(id, user), Arrival::Awaited(5));
        }
        assert_eq!(ledger.arrive(id, 169), Arrival::Doubled);
        assert_eq!(ledger.open(), 1);
        ledger.answer(id);
        assert_eq!(ledger.open(), 0);
        assert_eq!(ledger.arrive(id, 100), Arrival::Doubled, "it comes after it was complete");
        let next = ledger.begin(&(100..101), None, 6);
        assert_ne!(next, id);
        assert_eq!(ledger.arrive(id, 100), Arrival::Doubled, "the same place, another message");
    }

    #[test]
    fn what_is_given_up_is_lost() {
        let mut ledger = Ledger::default();
        let first = ledger.begin(&(0..3), None, 0);
        ledger.begin(&(0..1), None, 0);
        ledger.arrive(first, 2);
        let refused = ledger.begin(&(0..9), None, 0);
        ledger.cancel(refused);
        assert_eq!((ledger.open(), ledger.give_up(), ledger.open(), ledger.give_up()), (2, 3, 0, 0));
    }

    #[test]
    fn broadcasts() {
        let mut ledger = Ledger::default();
        let id = ledger.begin_broadcast(3, 2, Some(0));
        assert!(Ledger::is_broadcast(id));
        assert_eq!(ledger.arrive(id, 1), Arrival::Awaited(0));
        assert_eq!((ledger.arrive(id, 1), ledger.broadcast_left()), (Arrival::Doubled, 0));
        ledger.begin_broadcast(4, 2, None);
        assert_eq!(ledger.arrive(id, 1), Arrival::Doubled, "an old one");
        assert_eq!(ledger.give_up(), 2);
    }
}
