//! What tabs do to get packets, at random: polls, streams and acknowledgements.
//!
//! Owns: what a tab asks with, and which of its older connections it gives up. Must not: judge an answer.

use super::browser::{Page, Tab};
use super::world::{Ask, World};
use crate::router::call::{Ack, Poll, Transport, Verb};
use crate::router::mail::{Input, StreamAck};

impl World {
    /// Some tab polls, or opens a stream.
    pub(super) fn poll_some(&mut self) {
        let Some(page) = self.some_page() else { return };
        let tab = self.random.below(self.pages[page].tabs.len());
        let waits = self.pages[page].tabs[tab].polls.len();
        if waits == 0 || (waits == 1 && self.random.chance(25)) {
            if self.pages[page].streams() && self.random.chance(30) {
                return self.come_back(page, tab);
            }
            let bad_seq = self.random.chance(2);
            self.poll(page, tab, bad_seq);
        }
    }

    /// A tab polls, or opens a stream.
    pub(super) fn poll(&mut self, page: usize, tab: usize, bad_seq: bool) {
        let Page { seq, transport, .. } = self.pages[page];
        let seq = if bad_seq { Some(u64::MAX) } else { seq.then_some(self.pages[page].tabs[tab].seq) };
        self.poll_by(page, tab, seq, transport);
    }

    /// The tab of a stream polls in its place, or opens another one with the number of an older event.
    fn come_back(&mut self, page: usize, tab: usize) {
        let have = self.pages[page].tabs[tab].seq;
        if self.random.chance(50) {
            return self.poll_by(page, tab, Some(have), Transport::Poll);
        }
        let older = self.random.within(0, have);
        let coming = &mut self.pages[page].tabs[tab];
        // What comes again is acknowledged again.
        (coming.goes_back, coming.acked) = (true, coming.acked.min(older));
        let transport = self.pages[page].transport;
        self.poll_by(page, tab, Some(older), transport);
    }

    fn poll_by(&mut self, page: usize, tab: usize, seq: Option<u64>, transport: Transport) {
        let Page { domain, ticket, .. } = self.pages[page];
        let ticket = ticket.expect("it is open");
        let bad_seq = seq == Some(u64::MAX);
        if !bad_seq {
            self.give_up_streams(page, tab);
        }
        // The poll must be known before the router answers it.
        let key = self.next_key();
        if !bad_seq {
            let page = &mut self.pages[page];
            page.tabs[tab].polls.push(key);
            page.tabs[tab].newest = Some(key);
        }
        let ask = Ask::Poll { page, tab, bad_seq, transport };
        self.call_as(key, ask, domain, Verb::Poll(Poll { ticket, seq, transport }));
    }

    /// A tab that opens another stream waits for no older one; that its connection is gone may never come to the server.
    fn give_up_streams(&mut self, page: usize, tab: usize) {
        if !self.pages[page].streams() {
            return;
        }
        for key in self.pages[page].tabs[tab].polls.clone() {
            if self.random.chance(50) {
                self.cut(page, tab, key);
            } else {
                self.pages[page].poll_over(tab, key);
            }
        }
    }

    /// The tab of a stream acknowledges what it has; that may get lost. One that only answers pings does so where they come.
    pub(super) fn acknowledge(&mut self, page: usize, tab: usize) {
        let Page { domain, ticket: Some(ticket), transport, .. } = self.pages[page] else { return };
        if self.random.chance(self.plan.lost) {
            return;
        }
        let seq = self.pages[page].tabs[tab].seq;
        self.pages[page].tabs[tab].acked = seq;
        if transport == Transport::PingedStream || self.random.chance(50) {
            return self.acknowledge_on_stream(page, tab);
        }
        let verb = Verb::Ack(Ack { ticket, seq });
        self.call(Ask::Ack { page }, domain, verb);
    }

    /// The tab acknowledges on the connection of its stream, if it has one.
    fn acknowledge_on_stream(&mut self, page: usize, tab: usize) {
        let Tab { seq, newest, ref polls, .. } = self.pages[page].tabs[tab];
        let open = newest.filter(|key| polls.contains(key));
        let open = open.filter(|key| self.calls.get(key).is_some_and(|pending| !pending.cut));
        if let (Some(key), Some(session)) = (open, self.pages[page].session) {
            self.handle(key.place.index(), Input::Ack(StreamAck { session, key, seq }));
        }
    }

    /// The tab of some stream acknowledges.
    pub(super) fn acknowledge_some(&mut self) {
        let Some(page) = self.some_page() else { return };
        if self.pages[page].streams() {
            let tab = self.random.below(self.pages[page].tabs.len());
            self.acknowledge(page, tab);
        }
    }
}
