//! Pages: what browsers show.
//!
//! Owns: what a page has seen, and the rules a browser can check by itself: with `seq` no message twice and none out
//! of order, nothing of another domain, nothing a dialect cannot understand. Order holds between two messages of one
//! sender if the first was answered before the second was sent; what a living page was answered and never acknowledged
//! comes late, when its session ends.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::account::{Said, assert_meta, number_of};
use super::signals::{Signalled, signal_number};
use crate::router::call::{Delivery, Started, Transport, Version};
use crate::router::ids::{CallKey, SessionKey, Ticket};
use crate::router::packet::{Kind, MessageType, PresenceType};

/// What a user shows: show and status.
pub(super) type Shown = (String, String);

/// Where a page is in its life.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// Its site has asked for a session.
    Opening,
    /// It has one, as far as it knows.
    Open,
    /// It was left, or its session has ended and an answer said so.
    Over,
}

/// A page of a user. Two tabs of one page hold the same ticket.
pub(super) struct Page {
    pub(super) domain: usize,
    pub(super) name: String,
    pub(super) version: Version,
    /// Whether it acknowledges by number.
    pub(super) seq: bool,
    /// How it waits; a page of a stream acknowledges by number.
    pub(super) transport: Transport,
    /// The names it was opened with.
    pub(super) named: Vec<String>,
    pub(super) life: Life,
    /// What it was answered with.
    pub(super) ticket: Option<Ticket>,
    /// The session of that ticket.
    pub(super) session: Option<SessionKey>,
    pub(super) tabs: Vec<Tab>,
    /// The buddies it shows as online.
    pub(super) view: BTreeMap<String, Shown>,
    /// Presences it was shown of each name, but for those of rooms.
    pub(super) told: BTreeMap<String, usize>,
    /// Of each room and member, how often it was shown that the member came or went, and whether it came last.
    pub(super) groups: BTreeMap<(String, String), (usize, bool)>,
    /// When its session ends at the earliest and, if it was started at once and no alarm is late, at the latest.
    pub(super) expires: Option<(u64, u64)>,
    /// When its session was asked for, or its last poll came to its router.
    pub(super) heard: u64,
    /// That poll, and when the fate "flushed" came to its router.
    pub(super) heard_poll: Option<CallKey>,
    pub(super) flushed: Option<u64>,
    /// Whether its session has a stream: it is heard by acknowledgements.
    pub(super) streaming: bool,
}

/// One of the windows that poll with a page's ticket.
#[derive(Default)]
pub(super) struct Tab {
    /// The last packet it has.
    pub(super) seq: u64,
    /// The last packet it has acknowledged beside its stream.
    pub(super) acked: u64,
    /// It has named an older packet than it has, so packets come again.
    pub(super) goes_back: bool,
    /// Polls it waits for; with `seq` only for the newest, all others it has given up.
    pub(super) polls: Vec<CallKey>,
    pub(super) newest: Option<CallKey>,
    pub(super) seen: BTreeSet<usize>,
    /// By sender, when the latest message of those it has seen was sent.
    latest: BTreeMap<String, u64>,
    pub(super) seen_signals: BTreeSet<usize>,
    /// The same of signals.
    latest_signal: BTreeMap<String, u64>,
}

impl Page {
    /// Whether one of its tabs has seen a message.
    pub(super) fn has_seen(&self, message: usize) -> bool {
        self.tabs.iter().any(|tab| tab.seen.contains(&message))
    }

    /// Whether it waits by a stream, and acknowledges beside that.
    pub(super) fn streams(&self) -> bool {
        self.transport != Transport::Poll
    }

    /// Its session is there.
    pub(super) fn start(&mut self, started: &Started) {
        self.ticket = Some(started.ticket);
        self.session = Some(started.ticket.session);
        if self.life == Life::Opening {
            self.life = Life::Open;
        }
        for profile in &started.buddies {
            assert!(profile.visible(), "an invisible buddy is shown");
            self.check_domain(profile.nick());
            let shown = (profile.show().to_owned(), profile.status().to_owned());
            self.view.insert(profile.name().to_owned(), shown);
        }
    }

    pub(super) fn poll_over(&mut self, tab: usize, key: CallKey) {
        self.tabs[tab].polls.retain(|poll| *poll != key);
    }

    /// An answer with packets has come to one of its tabs.
    pub(super) fn receive(
        &mut self,
        tab: usize,
        delivery: &Delivery,
        said: &[Said],
        signalled: &[Signalled],
    ) {
        // Messages and signals have an order between answers only.
        let before = (self.tabs[tab].latest.clone(), self.tabs[tab].latest_signal.clone());
        for packet in delivery.packets.as_slice() {
            let mut written = Vec::new();
            packet.write(&mut written, &delivery.reader);
            let json: Value = serde_json::from_slice(&written).expect("packets are JSON");
            match packet.kind() {
                Kind::Message(kind) => {
                    let word = dialect_word(self.version, kind);
                    assert_eq!(json["type"], word, "it is not of the page's dialect");
                    let to_one = word == dialect_word(self.version, MessageType::Unicast);
                    if to_one && json["from"] != self.name.as_str() {
                        assert_eq!(json["to"], self.name.as_str(), "it is addressed to another user");
                    }
                    assert_meta(number_of(&json), &json, self.version == Version::V6);
                    self.take_message(tab, number_of(&json), said, &before.1);
                }
                Kind::Presence(kind) => self.take_presence(kind, &json),
                Kind::Status => self.check_domain(text(&json, "nick")),
                Kind::RoomStatus => {
                    assert_eq!(self.version, Version::V6, "an older page gets typing states of a room");
                    self.check_domain(text(&json, "nick"));
                }
                Kind::Signal => {
                    assert_eq!(self.version, Version::V6, "an older page gets a signal");
                    self.take_signal(tab, signal_number(&json), signalled, &before.0);
                }
            }
        }
        let tab = &mut self.tabs[tab];
        if self.seq {
            assert!(delivery.seq >= tab.seq, "numbers went back");
        }
        tab.seq = delivery.seq;
    }

    fn take_message(&mut self, tab: usize, number: usize, said: &[Said], signals: &BTreeMap<String, u64>) {
        let message = &said[number];
        assert_eq!(message.domain, self.domain, "message {number} is of another domain");
        let tab = &mut self.tabs[tab];
        let new = tab.seen.insert(number);
        if !self.seq || !new && tab.goes_back {
            return;
        }
        assert!(new, "message {number} came twice");
        let latest = tab.latest.entry(message.from.clone()).or_default();
        let session = self.session.expect("it polls with its ticket");
        if let Some(answered) = message.answered
            && message.exact
            && !message.was_late_for(session)
        {
            assert!(answered > *latest, "message {number} came after a later one of {}", message.from);
            let signal = signals.get(&message.from).copied().unwrap_or_default();
            assert!(answered > signal, "message {number} came after a later signal of {}", message.from);
        }
        *latest = (*latest).max(message.issued);
    }

    fn take_signal(
        &mut self,
        tab: usize,
        number: usize,
        signalled: &[Signalled],
        messages: &BTreeMap<String, u64>,
    ) {
        let signal = &signalled[number];
        assert_eq!(signal.domain, self.domain, "signal {number} is of another domain");
        let tab = &mut self.tabs[tab];
        let new = tab.seen_signals.insert(number);
        if !self.seq || !new && tab.goes_back {
            return;
        }
        assert!(new, "signal {number} came twice");
        let latest = tab.latest_signal.entry(signal.from.clone()).or_default();
        let session = self.session.expect("it polls with its ticket");
        if let Some(answered) = signal.answered
            && signal.exact
            && !signal.was_passed_to(session)
        {
            let message = messages.get(&signal.from).copied().unwrap_or_default();
            assert!(answered > *latest, "signal {number} came after a later one of {}", signal.from);
            assert!(answered > message, "signal {number} came after a later message of {}", signal.from);
        }
        *latest = (*latest).max(signal.issued);
    }

    /// Whether one of its tabs has seen a signal.
    pub(super) fn has_seen_signal(&self, signal: usize) -> bool {
        self.tabs.iter().any(|tab| tab.seen_signals.contains(&signal))
    }

    fn take_presence(&mut self, kind: PresenceType, json: &Value) {
        self.check_domain(text(json, "nick"));
        let from = text(json, "from");
        if from == self.name {
            return; // another page of the user changed what it shows
        }
        if kind.is_of_room() {
            let is_group = matches!(kind, PresenceType::GroupOnline | PresenceType::GroupOffline);
            assert!(!is_group || self.version.is_v5(), "another page is shown who comes to a room");
            let room = if self.version.is_v5() { text(json, "to") } else { text(json, "status") };
            assert_eq!(text(json, "status"), room, "a presence of a room is addressed to it");
            if is_group {
                let shown = self.groups.entry((room.to_owned(), from.to_owned())).or_default();
                shown.0 += 1;
                shown.1 = kind == PresenceType::GroupOnline;
            }
        } else {
            assert!(!self.version.is_v5() || json["to"] == self.name.as_str(), "it is for another user");
            *self.told.entry(from.to_owned()).or_default() += 1;
        }
        match kind {
            PresenceType::Online | PresenceType::Show => {
                let shown = (text(json, "show").to_owned(), text(json, "status").to_owned());
                assert_ne!(shown.0, "invisible", "an invisible user is shown");
                self.view.insert(from.to_owned(), shown);
            }
            PresenceType::Offline => {
                self.view.remove(from);
            }
            PresenceType::Join
            | PresenceType::Leave
            | PresenceType::GroupOnline
            | PresenceType::GroupOffline => {}
        }
    }

    /// Nicks end with the number of their domain.
    fn check_domain(&self, nick: &str) {
        assert!(nick.ends_with(&format!("@{}", self.domain)), "{nick} is of another domain");
    }
}

/// The type of a message as a page of this version knows it.
fn dialect_word(version: Version, kind: MessageType) -> &'static str {
    match (version, kind) {
        (Version::Papers | Version::V3, MessageType::Broadcast) => MessageType::Unicast.word(),
        (Version::Papers | Version::V3 | Version::V6, kind) => kind.word(),
        (Version::V5 | Version::V50, MessageType::Unicast | MessageType::Broadcast) => "chat",
        (Version::V5 | Version::V50, MessageType::Multicast) => "grpchat",
    }
}

fn text<'a>(json: &'a Value, member: &str) -> &'a str {
    json[member].as_str().expect("it is text")
}
