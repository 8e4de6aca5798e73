//! Signals: what was sent, which sessions were given it, and what became of it.
//!
//! Owns: the accounts that prove that no signal is lost, doubled or leaked. After every input it looks at the queues
//! and signal boxes of the router that handled it. What has left a queue was seen by a page of that session, or gave
//! way to a newer signal with the same subject; or the session ended: then the newest session of version 6 that was not
//! given it has it, or it waits in the box of a user who has no such session.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::account::user_at;
use super::ledger::Before;
use super::world::{Ask, World};
use crate::base::slots::Slot;
use crate::router::call::{Answer, NewSignal, Refusal, Speaker, Verb, Version};
use crate::router::ids::{SessionKey, UserKey};
use crate::router::mail::Alarm;
use crate::router::packet::{MessageType, Packet};
use crate::router::people::user::User;

/// A signal.
#[derive(Debug)]
pub(super) struct Signalled {
    pub(super) domain: usize,
    pub(super) from: String,
    kind: MessageType,
    to: String,
    page: Option<usize>,
    /// Signals of one sender with the same key supersede each other.
    key: Option<usize>,
    /// The sender, if online when it was judged.
    pub(super) sender: Option<UserKey>,
    pub(super) issued: u64,
    pub(super) answered: Option<u64>,
    pub(super) exact: bool,
    queued: Vec<QueuedSignal>,
}

/// A session that a signal was queued to.
#[derive(Clone, Copy, Debug)]
struct QueuedSignal {
    session: SessionKey,
    user: UserKey,
    given: u64,
    /// Whether it was passed on to the session.
    passed: bool,
}

impl Signalled {
    fn given_to(&self, session: SessionKey) -> Option<QueuedSignal> {
        self.queued.iter().find(|queued| queued.session == session).copied()
    }

    pub(super) fn was_passed_to(&self, session: SessionKey) -> bool {
        self.given_to(session).is_some_and(|queued| queued.passed)
    }

    fn is_copy(&self, user: UserKey) -> bool {
        let to_itself = self.kind == MessageType::Unicast && self.to == self.from;
        Some(user) == self.sender && !to_itself
    }

    fn supersedes(&self, other: &Signalled) -> bool {
        self.key.is_some() && (self.domain, &self.from, self.key) == (other.domain, &other.from, other.key)
    }
}

/// A signal in a queue or a box: its number among all that the user was given, and which one it is.
type HeldSignal = (u64, usize);

/// What a session held after the last input.
#[derive(Debug)]
struct HeldSignals {
    user: Slot,
    page: usize,
    held: Vec<HeldSignal>,
}

/// All accounts.
#[derive(Debug, Default)]
pub(super) struct SignalLedger {
    pub(super) all: Vec<Signalled>,
    /// By place and session.
    sessions: BTreeMap<(usize, Slot), HeldSignals>,
    /// By place and user.
    boxes: BTreeMap<(usize, Slot), Vec<HeldSignal>>,
}

/// Which signal it is.
pub(super) fn signal_number(json: &Value) -> usize {
    usize::try_from(json["data"]["number"].as_u64().expect("a number")).expect("signals are few")
}

fn number(packet: &Packet) -> usize {
    signal_number(&serde_json::from_slice(packet.json()).expect("packets are JSON"))
}

impl World {
    /// A page or the site sends a signal. Returns it.
    pub(super) fn signal(&mut self, domain: usize, from: String, page: Option<usize>) -> usize {
        let kind = self.random.pick(&[MessageType::Unicast, MessageType::Multicast]);
        let to = match kind {
            MessageType::Unicast => self.random.pick(&self.plan.names()),
            MessageType::Multicast | MessageType::Broadcast => self.random.pick(&self.plan.rooms()),
        };
        let key = self.random.chance(60).then(|| self.random.below(2));
        let number = self.signals.all.len();
        let speaker = match page {
            Some(page) => Speaker::Ticket(self.pages[page].ticket.expect("it has one")),
            None => Speaker::Site(from.clone().into()),
        };
        let signal = NewSignal {
            speaker,
            to: to.clone().into(),
            kind,
            name: "edit".into(),
            data: json!({"number": number}).to_string().into(),
            key: key.map(|key| key.to_string().into()),
        };
        let (issued, sender) = (self.moment + 1, None);
        let queued = Vec::new();
        let (answered, exact) = (None, false);
        self.signals.all.push(Signalled {
            domain,
            from,
            kind,
            to,
            page,
            key,
            sender,
            issued,
            answered,
            exact,
            queued,
        });
        self.call(Ask::Signal { signal: number }, domain, Verb::Signal(Box::new(signal)));
        number
    }

    /// The users a signal is for, copies apart.
    pub(super) fn signal_receivers(&self, number: usize) -> Vec<UserKey> {
        let signal = &self.signals.all[number];
        let sender = self.find_user(signal.domain, &signal.from);
        if signal.kind == MessageType::Unicast {
            return self.find_user(signal.domain, &signal.to).into_iter().collect();
        }
        let members = self.members(signal.domain, &signal.to).into_iter().map(|(user, _)| user);
        members.filter(|user| Some(*user) != sender).collect()
    }

    /// A signal is answered.
    pub(super) fn signalled(&mut self, number: usize, late: u64, answer: &Answer) {
        let (moment, exact) = (self.moment, self.late() == late);
        let signal = &mut self.signals.all[number];
        (signal.answered, signal.exact) = (Some(moment), exact);
        let signal = &self.signals.all[number];
        let direct = signal.queued.iter().filter(|queued| !queued.passed && !signal.is_copy(queued.user));
        let receivers = direct.count();
        match answer {
            Answer::Delivered(count) if exact => {
                assert_eq!(count.sessions as usize, receivers, "signal {number}: the count is wrong");
            }
            Answer::Delivered(count) => assert!(count.sessions as usize <= receivers),
            Answer::Refused(Refusal::ReceiverFull | Refusal::Overloaded) => {
                assert!(self.plan.queues_are_short() && receivers == 0, "a receiver had room for {number}");
            }
            Answer::Refused(Refusal::NoClient) => {
                self.assert_ended(signal.page.expect("a site may speak for anybody"));
            }
            Answer::Done
            | Answer::Online(_)
            | Answer::Onlines(_)
            | Answer::Joined(_)
            | Answer::Members(_)
            | Answer::Packets(_)
            | Answer::Refused(_) => unreachable!("{answer:?}"),
        }
    }

    /// Looks at what an input has changed.
    pub(super) fn observe_signals(&mut self, place: usize, before: &Before) {
        let here = |key: &(usize, Slot)| key.0 == place;
        let was: BTreeMap<_, _> = self.signals.sessions.extract_if(.., |key, _| here(key)).collect();
        let boxes: BTreeMap<_, _> = self.signals.boxes.extract_if(.., |key, _| here(key)).collect();
        let heirs = self.heirs(place, &was);
        self.look_at_signals(place, &was);
        for ((_, slot), HeldSignals { page, held, .. }) in &was {
            let Some(now) = self.signals.sessions.get(&(place, *slot)) else { continue };
            for gone in held.iter().filter(|held| !now.held.contains(held)) {
                let seen = self.pages[*page].has_seen_signal(gone.1);
                let superseded = now.held.iter().any(|newer| self.supersedes(*newer, *gone));
                assert!(seen || superseded, "signal {} is gone from page {page}", gone.1);
            }
        }
        for (held, user, heir) in heirs {
            let has = match heir {
                Some(heir) => self.has_signal(heir, held) || self.was_given_newer(heir, held),
                None => self.is_in_box(place, user, held),
            };
            assert!(has || self.plan.queues_are_short(), "signal {} was not passed to {heir:?}", held.1);
        }
        self.look_at_started(place, &was);
        self.look_at_boxes(place, &boxes, before);
    }

    /// What ended sessions held, each with the session that must have it now; without one, if it must wait.
    fn heirs(
        &self,
        place: usize,
        was: &BTreeMap<(usize, Slot), HeldSignals>,
    ) -> Vec<(HeldSignal, Slot, Option<SessionKey>)> {
        let people = &self.routers[place].people;
        let mut heirs = Vec::new();
        for ((_, slot), HeldSignals { user, page, held, .. }) in was {
            let Some(owner) = people.get(*user).filter(|_| people.sessions().get(*slot).is_none()) else {
                continue;
            };
            if owner.sessions().newest().is_none() && owner.linger().is_none() {
                continue; // the server has gone down
            }
            // The poll to which a page learns that its session has expired acknowledges first.
            let page = &self.pages[*page];
            let acknowledged = |signal: &HeldSignal| page.expires.is_some() && page.has_seen_signal(signal.1);
            let superseded = |signal: &HeldSignal| held.iter().any(|other| self.supersedes(*other, *signal));
            for signal in held.iter().filter(|signal| !acknowledged(signal) && !superseded(signal)) {
                let mut readers = self.readers(place, *user);
                let given = |reader: &SessionKey| self.was_given(*reader, *signal);
                match readers.clone().find(|reader| !given(reader)) {
                    Some(heir) => heirs.push((*signal, *user, Some(heir))),
                    None if readers.next().is_none() => heirs.push((*signal, *user, None)),
                    None => {}
                }
            }
        }
        heirs
    }

    /// The sessions of a user that can read signals, newest first.
    fn readers(&self, place: usize, user: Slot) -> impl Iterator<Item = SessionKey> + Clone + use<> {
        let router = &self.routers[place];
        let sessions = router.people.sessions_of(user);
        let readers = sessions.filter(|session| router.people.sessions()[*session].version() == Version::V6);
        let keys: Vec<SessionKey> = readers.map(|session| router.directory.session_key(session)).collect();
        keys.into_iter()
    }

    /// Whether the first supersedes the second.
    fn supersedes(&self, newer: HeldSignal, older: HeldSignal) -> bool {
        newer.0 > older.0 && self.signals.all[newer.1].supersedes(&self.signals.all[older.1])
    }

    fn has_signal(&self, session: SessionKey, held: HeldSignal) -> bool {
        self.signals.all[held.1].given_to(session).is_some()
    }

    /// Whether a session was given a signal, or that was sent on it.
    fn was_given(&self, session: SessionKey, held: HeldSignal) -> bool {
        let spoke =
            self.signals.all[held.1].page.is_some_and(|page| self.pages[page].session == Some(session));
        spoke || self.has_signal(session, held)
    }

    /// Whether a session was given a newer signal with the same subject.
    fn was_given_newer(&self, session: SessionKey, held: HeldSignal) -> bool {
        let older = &self.signals.all[held.1];
        self.signals
            .all
            .iter()
            .filter(|newer| newer.supersedes(older))
            .any(|newer| newer.given_to(session).is_some_and(|queued| queued.given > held.0))
    }

    fn is_in_box(&self, place: usize, user: Slot, held: HeldSignal) -> bool {
        let kept = self.signals.boxes.get(&(place, user));
        kept.is_some_and(|kept| kept.iter().any(|kept| *kept == held || self.supersedes(*kept, held)))
    }

    /// Reads the queues and boxes of a router, and enters what is new.
    fn look_at_signals(&mut self, place: usize, was: &BTreeMap<(usize, Slot), HeldSignals>) {
        let router = &self.routers[place];
        for (slot, session) in router.people.sessions().iter() {
            let (user, key) = (user_at(place, session.user()), router.directory.session_key(slot));
            let owner = router.people.get(session.user()).expect("a session has a user");
            let before = was.get(&(place, slot));
            let mut held = Vec::new();
            for (_, packet, note) in session.queue().signals_in_order() {
                let number = number(packet);
                held.push((note.given, number));
                if before.is_some_and(|before| before.held.contains(&(note.given, number))) {
                    continue;
                }
                assert_eq!(session.version(), Version::V6, "signal {number} went to an older page");
                let signal = &mut self.signals.all[number];
                assert_eq!(
                    self.domain_ids[signal.domain],
                    owner.domain(),
                    "signal {number} is of another domain"
                );
                assert!(signal.given_to(key).is_none(), "signal {number} was queued twice");
                assert_may_have(number, signal, user, owner);
                signal.queued.push(QueuedSignal {
                    session: key,
                    user,
                    given: note.given,
                    passed: note.passed,
                });
            }
            let page = before.map_or_else(|| super::queues::page_of(session.secret()), |before| before.page);
            self.signals.sessions.insert((place, slot), HeldSignals { user: session.user(), page, held });
        }
        for (slot, owner) in router.people.users() {
            let Some(kept) = owner.signal_box() else { continue };
            let kept = kept.iter().map(|(_, packet, note)| (note.given, number(packet)));
            let kept: Vec<HeldSignal> = kept.collect();
            for (_, number) in &kept {
                assert_may_have(*number, &self.signals.all[*number], user_at(place, slot), owner);
            }
            self.signals.boxes.insert((place, slot), kept);
        }
    }

    /// A session that has just started was given what waits in those of its user that have no poll.
    fn look_at_started(&self, place: usize, was: &BTreeMap<(usize, Slot), HeldSignals>) {
        let router = &self.routers[place];
        let sessions = router.people.sessions();
        let started = sessions.iter().filter(|(slot, _)| !was.contains_key(&(place, *slot)));
        for (slot, session) in started.filter(|(_, session)| session.version() == Version::V6) {
            let key = router.directory.session_key(slot);
            for other in self.readers(place, session.user()).filter(|other| *other != key) {
                let waiting = was.get(&(place, other.slot)).filter(|_| !sessions[other.slot].has_poll());
                for held in waiting.iter().flat_map(|waiting| &waiting.held) {
                    let given = self.has_signal(key, *held) || self.was_given_newer(key, *held);
                    assert!(
                        given || self.plan.queues_are_short(),
                        "signal {} was not given at a start",
                        held.1
                    );
                }
            }
        }
    }

    /// What has left a box gave way, was given to a session that can read it, waited long enough, or was seen by a page
    /// whose acknowledgement came after its end.
    fn look_at_boxes(&self, place: usize, were: &BTreeMap<(usize, Slot), Vec<HeldSignal>>, before: &Before) {
        let people = &self.routers[place].people;
        for ((_, slot), kept) in were {
            let Some(owner) = people.get(*slot) else { continue };
            let is_over = before.alarm == Some(Alarm::User(*slot)) || owner.sessions().newest().is_none();
            for held in kept.iter().filter(|held| !self.is_in_box(place, *slot, **held)) {
                let mut readers = self.readers(place, *slot);
                let read = readers
                    .any(|reader| self.has_signal(reader, *held) || self.was_given_newer(reader, *held));
                let short = self.plan.queues_are_short();
                let mut afterwards = before.afterwards.iter().filter(|it| it.is(*slot, held.0));
                let seen = afterwards.any(|it| self.pages[it.page].has_seen_signal(held.1));
                assert!(read || short || is_over || seen, "signal {} is gone from a box", held.1);
            }
        }
    }
}

/// Whether a signal may be given to this user at all.
fn assert_may_have(number: usize, signal: &Signalled, user: UserKey, owner: &User) {
    let may = signal.is_copy(user)
        || match signal.kind {
            MessageType::Unicast => signal.to == owner.profile().name(),
            MessageType::Multicast | MessageType::Broadcast => Some(user) != signal.sender,
        };
    assert!(may, "signal {number} went to {}", owner.profile().name());
}
