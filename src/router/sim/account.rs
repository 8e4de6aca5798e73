//! The accounts of messages: what was sent, and who holds it.
//!
//! Owns: the tables that the ledger compares. Must not: import `Router`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::base::slots::Slot;
use crate::router::ids::{Place, SessionKey, UserKey};
use crate::router::packet::{MessageType, Packet};
use crate::router::sessions::label::Label;

/// A message.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) domain: usize,
    pub(super) from: String,
    pub(super) kind: MessageType,
    pub(super) to: String,
    /// The page it was said on.
    pub(super) page: Option<usize>,
    /// The sender, if online when it was judged.
    pub(super) sender: Option<UserKey>,
    pub(super) issued: u64,
    pub(super) answered: Option<u64>,
    /// Whether every place had reported before it was answered.
    pub(super) exact: bool,
    pub(super) queued: Vec<Queued>,
    /// How often it was put into a mailbox from which it comes back if no page fetches it.
    pub(super) kept: usize,
    /// How often of a visible user.
    pub(super) kept_visible: usize,
    /// The number of sessions in its answer.
    pub(super) counted: usize,
    /// Whether a session of a receiver has acknowledged it.
    pub(super) acknowledged: bool,
    /// Whether it went back to its site.
    pub(super) returned: bool,
    /// Whether there was no room for that.
    pub(super) lost: bool,
}

/// A session a message was queued to.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) session: SessionKey,
    pub(super) user: UserKey,
    /// How it came there.
    pub(super) label: Label,
    /// Whether others saw its user then.
    pub(super) visible: bool,
}

impl Said {
    /// Whether a session took it over late, from one that has ended.
    pub(super) fn was_late_for(&self, session: SessionKey) -> bool {
        let late = |queued: &Queued| matches!(queued.label, Label::Late(_));
        self.queued.iter().any(|queued| queued.session == session && late(queued))
    }

    /// Whether a user is given it as its sender, and not as a receiver.
    pub(super) fn is_copy(&self, user: UserKey) -> bool {
        let to_himself = self.kind == MessageType::Unicast && self.to == self.from;
        Some(user) == self.sender && !to_himself
    }

    /// The receivers' sessions it was queued to.
    pub(super) fn receivers(&self) -> impl Iterator<Item = SessionKey> {
        self.queued_at_once().map(|queued| queued.session)
    }

    /// Those of users that others saw.
    pub(super) fn visible_receivers(&self) -> impl Iterator<Item = SessionKey> {
        self.queued_at_once().filter(|queued| queued.visible).map(|queued| queued.session)
    }

    fn queued_at_once(&self) -> impl Iterator<Item = &Queued> {
        let queued = self.queued.iter();
        queued.filter(|queued| matches!(queued.label, Label::Message(_)) && !self.is_copy(queued.user))
    }
}

/// What a session held after the last input.
#[derive(Debug)]
pub(super) struct HeldMessages {
    pub(super) user: Slot,
    pub(super) page: usize,
    pub(super) given: Vec<u64>,
    /// Numbers of packets that were answered: none goes before it is acknowledged.
    pub(super) answered: Vec<u64>,
}

/// All accounts.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) said: Vec<Said>,
    /// Which message each user's nth is.
    pub(super) numbers: BTreeMap<(UserKey, u64), usize>,
    /// What some session of a user has acknowledged.
    pub(super) acknowledged: BTreeSet<(UserKey, u64)>,
    /// Up to which number of a user it may be forgotten that messages were acknowledged.
    pub(super) forgotten: BTreeMap<UserKey, u64>,
    pub(super) held: Vec<BTreeMap<Slot, HeldMessages>>,
    pub(super) mailboxes: Vec<BTreeMap<Slot, Vec<u64>>>,
    /// Since when a user has lingered.
    pub(super) lingers: BTreeMap<UserKey, u64>,
}

impl Ledger {
    pub(super) fn new(places: usize) -> Ledger {
        Ledger {
            said: Vec::new(),
            numbers: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            forgotten: BTreeMap::new(),
            held: (0..places).map(|_| BTreeMap::new()).collect(),
            mailboxes: (0..places).map(|_| BTreeMap::new()).collect(),
            lingers: BTreeMap::new(),
        }
    }
}

pub(super) fn user_at(place: usize, slot: Slot) -> UserKey {
    UserKey { place: Place::new(u16::try_from(place).unwrap()), slot }
}

/// Whether a message may be given to this user at all.
pub(super) fn assert_may_have(number: usize, said: &Said, user: UserKey, name: &str) {
    let copy = said.is_copy(user);
    let may = copy
        || match said.kind {
            MessageType::Unicast => said.to == name,
            MessageType::Multicast | MessageType::Broadcast => Some(user) != said.sender,
        };
    assert!(may, "message {number} went to {name}");
}

/// The message of a packet that lies in a queue or mailbox, or goes back to its site: it is whole.
pub(super) fn number(packet: &Packet) -> usize {
    let json = serde_json::from_slice(packet.json()).expect("packets are JSON");
    let number = number_of(&json);
    assert_meta(number, &json, true);
    number
}

/// The object that goes with a message; every third has one.
pub(super) fn meta_of(number: usize) -> Option<String> {
    number.is_multiple_of(3).then(|| format!("{{\"number\":{number}}}"))
}

/// A message has its object exactly if its reader knows it.
pub(super) fn assert_meta(number: usize, json: &Value, is_known: bool) {
    let expected = meta_of(number).filter(|_| is_known);
    assert_eq!(json.get("meta").map(Value::to_string), expected, "the object of message {number}");
}

/// Which message it is: its body says so.
pub(super) fn number_of(json: &Value) -> usize {
    json["body"].as_str().expect("it is text").parse().expect("the body is the message's number")
}
