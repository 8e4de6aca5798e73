//! Acknowledgements: what the XMPP server is known to have.
//!
//! Owns: the pings, and which members each one speaks for. Must not: know what was sent before them.
//!
//! An XMPP server handles the stanzas of a connection in their order. So the answer to a ping says that it has all
//! stanzas before the ping. Many members share one.

use std::collections::VecDeque;

use super::Link;
use crate::limits::PONG_MS;

/// What a ping speaks for: a member, and the number of the member's session.
pub(crate) type Waiter = (String, u64);

#[derive(Debug)]
struct Flight {
    id: u64,
    link: Link,
    sent: u64,
    waiters: Vec<Waiter>,
}

#[derive(Debug, Default)]
pub(crate) struct Acks {
    joined: [Vec<Waiter>; 2],
    flights: VecDeque<Flight>,
    last: u64,
}

impl Acks {
    /// Stanzas were sent for this member; the next ping speaks for them.
    pub(crate) fn join(&mut self, link: Link, waiter: Waiter) {
        self.joined[link as usize].push(waiter);
    }

    /// The ping to send now on a connection, if anything was sent since the last one.
    pub(crate) fn ping(&mut self, link: Link, now: u64) -> Option<u64> {
        let waiters = std::mem::take(&mut self.joined[link as usize]);
        (!waiters.is_empty()).then(|| self.fly(link, now, waiters))
    }

    /// A ping that speaks for nobody, because a connection was silent.
    pub(crate) fn probe(&mut self, link: Link, now: u64) -> u64 {
        self.fly(link, now, Vec::new())
    }

    fn fly(&mut self, link: Link, now: u64, waiters: Vec<Waiter>) -> u64 {
        self.last += 1;
        self.flights.push_back(Flight { id: self.last, link, sent: now, waiters });
        self.last
    }

    /// The members that an answered ping spoke for; none if there was no such ping.
    pub(crate) fn pong(&mut self, link: Link, id: u64) -> Option<Vec<Waiter>> {
        let at = self.flights.iter().position(|flight| flight.id == id && flight.link == link)?;
        self.flights.remove(at).map(|flight| flight.waiters)
    }

    /// The connection whose oldest ping is overdue.
    pub(crate) fn overdue(&self, now: u64) -> Option<Link> {
        self.flights.iter().find(|flight| flight.sent + PONG_MS <= now).map(|flight| flight.link)
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        self.flights.front().map(|flight| flight.sent + PONG_MS)
    }

    /// A connection is lost; what it had not acknowledged comes again with the next session.
    pub(crate) fn lost(&mut self, link: Link) {
        self.joined[link as usize].clear();
        self.flights.retain(|flight| flight.link != link);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiter(name: &str) -> Waiter {
        (name.to_owned(), 1)
    }

    #[test]
    fn a_ping_speaks_for_all_that_was_sent_before_it_and_nothing_after() {
        let mut acks = Acks::default();
        assert_eq!(acks.ping(Link::Users, 0), None);
        acks.join(Link::Users, waiter("a"));
        acks.join(Link::Users, waiter("b"));
        acks.join(Link::Rooms, waiter("c"));
        let first = acks.ping(Link::Users, 0).unwrap();
        acks.join(Link::Users, waiter("d"));
        let second = acks.ping(Link::Users, 1).unwrap();
        assert_eq!(acks.pong(Link::Rooms, first), None, "the other connection has not seen it");
        assert_eq!(acks.pong(Link::Users, second), Some(vec![waiter("d")]));
        assert_eq!(acks.pong(Link::Users, first), Some(vec![waiter("a"), waiter("b")]));
        assert_eq!(acks.pong(Link::Users, first), None, "once");
    }

    #[test]
    fn a_ping_without_an_answer_is_overdue_and_a_lost_connection_acknowledges_nothing() {
        let mut acks = Acks::default();
        acks.join(Link::Users, waiter("a"));
        let id = acks.ping(Link::Users, 10).unwrap();
        assert_eq!((acks.overdue(10 + PONG_MS - 1), acks.overdue(10 + PONG_MS)), (None, Some(Link::Users)));
        assert_eq!(acks.deadline(), Some(10 + PONG_MS));
        acks.join(Link::Users, waiter("b"));
        acks.lost(Link::Users);
        assert_eq!(
            (acks.pong(Link::Users, id), acks.ping(Link::Users, 11), acks.deadline()),
            (None, None, None)
        );
    }
}
