//! Calls, connections and answers: what a shard and the network to the browsers do.
//!
//! Owns: what becomes of every answer. The answer of a poll is flushed at once, later or never; a flushed one may
//! still not reach a browser, but only one that uses `seq` and asks again. Every answer but that of a cut poll comes
//! exactly once. A stream is answered until it is stopped or its connection is gone; what the kernel takes of it when
//! its browser has gone reaches nobody.

use super::browser::Life;
use super::plan::PLENTY_BYTES;
use super::world::{Ask, Pending, World, Written};
use crate::router::call::{Answer, Delivery, Reason, Refusal, Transport};
use crate::router::ids::{CallKey, SessionKey};
use crate::router::mail::{Input, PollCut, PollFate};

impl World {
    /// A router answers a call.
    pub(super) fn answered(&mut self, key: CallKey, answer: Answer) {
        let pending = self.calls.remove(&key).expect("a call is answered once");
        self.moment += 1;
        self.note(|| format!("answer {}: {answer:?}", { key.serial }));
        match pending.ask {
            Ask::Start { page } => self.started(page, answer),
            Ask::Poll { page, tab, bad_seq, transport } => {
                let goes_on = matches!(&answer, Answer::Packets(Delivery { stopped: None, .. }));
                if transport != Transport::Poll && goes_on {
                    self.calls.insert(key, pending.clone());
                }
                self.polled(key, page, tab, (bad_seq, pending.cut), answer);
            }
            Ask::Ack { page } => match answer {
                Answer::Done => {}
                Answer::Refused(Refusal::NoClient) => self.assert_ended(page),
                Answer::Refused(_)
                | Answer::Delivered(_)
                | Answer::Online(_)
                | Answer::Onlines(_)
                | Answer::Joined(_)
                | Answer::Members(_)
                | Answer::Packets(_) => unreachable!("{answer:?}"),
            },
            Ask::Say { message } => self.said(message, pending.late, &answer),
            Ask::Signal { signal } => self.signalled(signal, pending.late, &answer),
            Ask::Act { page } => match answer {
                Answer::Refused(Refusal::NoClient) => {
                    if let Some(page) = page {
                        self.assert_ended(page);
                    }
                }
                Answer::Refused(refusal) => {
                    // A room that is just being left counts until mail of that has come to the user's router.
                    let full = self.plan.limits.rooms_per_user <= self.plan.rooms;
                    assert!(refusal == Refusal::TooManyRooms && full, "{refusal:?}");
                }
                Answer::Done | Answer::Joined(_) | Answer::Onlines(_) | Answer::Members(_) => {
                    self.probed = Some(answer);
                }
                Answer::Delivered(_) | Answer::Online(_) | Answer::Packets(_) => unreachable!("{answer:?}"),
            },
            Ask::Wrong => {
                let refused = matches!(answer, Answer::Refused(Refusal::NoClient));
                assert!(refused, "a ticket of another domain was good for {answer:?}");
            }
        }
    }

    fn started(&mut self, page: usize, answer: Answer) {
        match answer {
            Answer::Online(started) => {
                let max = self.plan.limits.sessions_per_user;
                assert!(started.sessions > 0 && started.sessions as usize <= max, "{}", started.sessions);
                self.probed = Some(Answer::Online(started.clone()));
                self.pages[page].start(&started);
            }
            Answer::Refused(refusal) => {
                let expected = match refusal {
                    Refusal::TooManyUsers => self.plan.max_users != u32::MAX,
                    Refusal::ShuttingDown => self.plan.drain,
                    Refusal::Late => self.removed == Some(self.pages[page].domain),
                    Refusal::Overloaded => self.plan.memory_bytes < PLENTY_BYTES,
                    // No plan limits sessions.
                    Refusal::TooManySessions
                    | Refusal::NoClient
                    | Refusal::BadSeq
                    | Refusal::TooManyRooms
                    | Refusal::TooManyPolls
                    | Refusal::ReceiverFull
                    | Refusal::Unreachable
                    | Refusal::Unserved
                    | Refusal::Isolated => false,
                };
                assert!(expected, "online was refused: {refusal:?}");
                self.pages[page].life = Life::Over;
            }
            Answer::Done
            | Answer::Delivered(_)
            | Answer::Onlines(_)
            | Answer::Joined(_)
            | Answer::Members(_)
            | Answer::Packets(_) => unreachable!("{answer:?}"),
        }
    }

    fn polled(
        &mut self,
        key: CallKey,
        page: usize,
        tab: usize,
        (bad_seq, cut): (bool, bool),
        answer: Answer,
    ) {
        match answer {
            Answer::Packets(delivery) => {
                assert!(!bad_seq, "a seq that was never issued is refused");
                if cut || self.is_still_written(key) {
                    self.fates.push((key, delivery.session, false));
                    return;
                }
                let stopped = delivery.stopped;
                assert!(stopped != Some(Reason::Shutdown) || self.plan.drain);
                assert!(stopped != Some(Reason::Renew) || self.pages[page].expires.is_some());
                assert!(stopped.is_none() || delivery.packets.as_slice().is_empty());
                let since = self.now(key.place.index()).ms();
                self.written.push(Written { key, page, tab, since, delivery });
                if self.random.chance(if stopped.is_some() { 100 } else { self.plan.flush_at_once }) {
                    self.flush_soon.push(key);
                }
            }
            Answer::Refused(refusal) => {
                match refusal {
                    Refusal::NoClient => self.assert_ended(page),
                    Refusal::TooManyPolls => {}
                    Refusal::BadSeq => assert!(bad_seq, "a seq that was issued was refused"),
                    Refusal::TooManyUsers
                    | Refusal::TooManySessions
                    | Refusal::TooManyRooms
                    | Refusal::ReceiverFull
                    | Refusal::Overloaded
                    | Refusal::Late
                    | Refusal::ShuttingDown
                    | Refusal::Unreachable
                    | Refusal::Unserved
                    | Refusal::Isolated => unreachable!("{refusal:?}"),
                }
                let page = &mut self.pages[page];
                page.poll_over(tab, key);
                if refusal == Refusal::NoClient {
                    page.life = Life::Over;
                }
            }
            Answer::Done
            | Answer::Delivered(_)
            | Answer::Online(_)
            | Answer::Onlines(_)
            | Answer::Joined(_)
            | Answer::Members(_) => unreachable!("{answer:?}"),
        }
    }

    /// Whether an event of a stream that is stopped now has not been flushed. Then its connection is closed.
    fn is_still_written(&mut self, key: CallKey) -> bool {
        let Some(at) = self.written.iter().position(|written| written.key == key) else { return false };
        let written = self.written.remove(at);
        assert!(!self.calls.contains_key(&key), "an event follows one that is not flushed");
        self.pages[written.page].poll_over(written.tab, key);
        true
    }

    /// Only a session that has ended may be unknown.
    pub(super) fn assert_ended(&self, page: usize) {
        let Some(session) = self.pages[page].session else { return };
        let router = &self.routers[session.place.index()];
        assert!(router.people.sessions().get(session.slot).is_none(), "the session of page {page} is alive");
    }

    /// The kernel takes the last byte of an answer; the browser may or may not see it.
    pub(super) fn flush(&mut self, key: CallKey) {
        let Some(at) = self.written.iter().position(|written| written.key == key) else { return };
        let written = self.written.remove(at);
        let session = written.delivery.session;
        let page = &self.pages[written.page];
        let gone = self.calls.contains_key(&key) && !page.tabs[written.tab].polls.contains(&key);
        let lost = gone || page.seq && self.random.chance(self.plan.lost);
        self.note(|| format!("flushed {}{}", { key.serial }, if lost { ", and lost" } else { "" }));
        if lost {
            // A browser that has lost an event waits for no other on that connection.
            self.pages[written.page].poll_over(written.tab, key);
        } else if self.pages[written.page].seq {
            self.arrivals.push_back(written);
        } else {
            self.take(&written);
        }
        self.handle(key.place.index(), Input::Fate(PollFate { session, key, flushed: true }));
    }

    /// The connection of an answer dies before it was flushed.
    pub(super) fn break_off(&mut self, at: usize) {
        let written = self.written.remove(at);
        let (key, session) = (written.key, written.delivery.session);
        self.note(|| format!("broken off {}", { key.serial }));
        self.end_stream(key);
        self.pages[written.page].poll_over(written.tab, key);
        self.handle(key.place.index(), Input::Fate(PollFate { session, key, flushed: false }));
    }

    /// The connection of a stream is gone; its router may not know yet.
    fn end_stream(&mut self, key: CallKey) {
        if let Some(pending) = self.calls.get_mut(&key) {
            pending.cut = true;
        }
    }

    /// A router wants the connection of an answered poll closed.
    pub(super) fn close(&mut self, key: CallKey) {
        let streams = |pending: &Pending| matches!(pending.ask, Ask::Poll { transport, .. } if transport != Transport::Poll);
        let answered = self.calls.get(&key).is_none_or(|pending| pending.cut || streams(pending));
        assert!(answered, "only an answered poll is closed");
        self.flush_soon.retain(|soon| *soon != key);
        if let Some(at) = self.written.iter().position(|written| written.key == key) {
            let written = self.written.remove(at);
            self.note(|| format!("closed {}", { key.serial }));
            self.end_stream(key);
            self.pages[written.page].poll_over(written.tab, key);
            self.fates.push((key, written.delivery.session, false));
        }
    }

    /// The browser closes the connection of a poll.
    pub(super) fn cut(&mut self, page: usize, tab: usize, key: CallKey) {
        self.pages[page].poll_over(tab, key);
        let Some(session) = self.pages[page].session else { return };
        if let Some(at) = self.written.iter().position(|written| written.key == key) {
            self.break_off(at);
        } else if let Some(Pending { cut, .. }) = self.calls.get_mut(&key) {
            *cut = true;
            self.note(|| format!("cut {}", { key.serial }));
            self.handle(key.place.index(), Input::Cut(PollCut { session, key }));
        }
    }

    /// The oldest answer that was flushed reaches its browser.
    pub(super) fn arrive(&mut self) {
        if let Some(written) = self.arrivals.pop_front() {
            self.take(&written);
        }
    }

    fn take(&mut self, Written { key, page: number, tab, delivery, .. }: &Written) {
        let streams = self.calls.contains_key(key);
        let page = &mut self.pages[*number];
        let newest = page.tabs[*tab].newest == Some(*key);
        if !streams {
            page.poll_over(*tab, *key);
        }
        if page.seq && !newest {
            return; // it was given up for a newer one
        }
        match delivery.stopped {
            Some(Reason::Replaced) => {}
            Some(Reason::Offline | Reason::Limit | Reason::Renew | Reason::Shutdown | Reason::Overflow) => {
                page.life = Life::Over;
            }
            None => page.receive(*tab, delivery, &self.ledger.said, &self.signals.all),
        }
        // A page of a stream acknowledges when an event comes, and does so seldom.
        if page.streams() && page.life == Life::Open && self.random.chance(25) {
            self.acknowledge(*number, *tab);
        }
    }

    /// The poll's session, if it is alive.
    pub(super) fn alive(&self, page: usize) -> Option<SessionKey> {
        let session = self.pages[page].session?;
        let router = &self.routers[session.place.index()];
        router.people.sessions().get(session.slot).map(|_| session)
    }
}
