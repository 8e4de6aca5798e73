//! Rooms: the part of XEP-0045 that a group of the site is.
//!
//! Owns: who of a member's clients is in a room, and its members by their nicks. Must not: call the site.

use std::collections::{BTreeMap, BTreeSet};

use xmpp_parsers::jid::{BareJid, Jid};
use xmpp_parsers::message::{Message, MessageType};
use xmpp_parsers::minidom::Element;
use xmpp_parsers::presence::{Presence, Type};

use super::calls::Occupant;
use crate::names::{Domains, resource};
use crate::xml::{element, with};

const MUC: &str = "http://jabber.org/protocol/muc";
const MUC_USER: &str = "http://jabber.org/protocol/muc#user";

/// A room that clients of a member are in.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// The clients that are in it.
    pub(crate) joined: BTreeSet<String>,
    /// The members by their ids, each with the nick that is the resource of its address.
    pub(crate) nicks: BTreeMap<String, String>,
}

/// A client that is coming in.
#[derive(Clone, Debug)]
pub(crate) struct Joining {
    pub(crate) client: String,
    /// The nick that it asked for.
    pub(crate) nick: String,
    /// How many messages of the past it wants; clients that do not ask get none.
    pub(crate) history: Option<u64>,
}

/// Whether a presence asks to come in, and how much of the past it wants.
pub(crate) fn joining(presence: &Presence, client: &str, nick: &str) -> Option<Joining> {
    let x = presence.payloads.iter().find(|payload| payload.is("x", MUC))?;
    let history = x.get_child("history", MUC);
    let max = |name: &str| history.and_then(|history| history.attr(name)).and_then(|max| max.parse().ok());
    let history = history.map(|_| max("maxstanzas").unwrap_or(30)).filter(|max| *max > 0);
    // What is asked for in characters or as a time is left out, but for "nothing".
    let history = history.filter(|_| max("maxchars") != Some(0));
    Some(Joining { client: client.to_owned(), nick: nick.to_owned(), history })
}

/// The nick of each member. Two of one nick are told apart by their ids.
pub(crate) fn nicks(occupants: &[Occupant], me: &str, my_nick: &str) -> BTreeMap<String, String> {
    let mut nicks = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let myself = Occupant { id: me.to_owned(), nick: my_nick.to_owned() };
    let is_there = occupants.iter().any(|occupant| occupant.id == me);
    // A member who looks offline is in the room for the member's own clients.
    for occupant in occupants.iter().chain((!is_there).then_some(&myself)) {
        let nick = resource(&occupant.nick).or_else(|| resource(&occupant.id));
        let nick = nick.filter(|nick| !taken.contains(nick.as_str()));
        let nick = nick.or_else(|| resource(&format!("{} ({})", occupant.nick, occupant.id)));
        if let Some(nick) = nick {
            taken.insert(nick.as_str().to_owned());
            nicks.insert(occupant.id.clone(), nick.as_str().to_owned());
        }
    }
    nicks
}

impl Room {
    /// The id of the member of this nick.
    pub(crate) fn id_of(&self, nick: &str) -> Option<&str> {
        self.nicks.iter().find(|(_, found)| *found == nick).map(|(id, _)| id.as_str())
    }

    /// Takes new members, and returns the presences that say what has changed, without the addresses they go to.
    pub(crate) fn renew(
        &mut self,
        domains: &Domains,
        room: &BareJid,
        nicks: BTreeMap<String, String>,
    ) -> Vec<Presence> {
        let before = std::mem::replace(&mut self.nicks, nicks);
        let gone = before.iter().filter(|(id, nick)| self.nicks.get(*id) != Some(nick));
        let mut changes: Vec<Presence> =
            gone.filter_map(|(id, nick)| occupant(domains, room, id, nick, Type::Unavailable, &[])).collect();
        let come = self.nicks.iter().filter(|(id, nick)| before.get(*id) != Some(nick));
        changes.extend(come.filter_map(|(id, nick)| occupant(domains, room, id, nick, Type::None, &[])));
        changes
    }

    /// The presences of all members, the member's own last.
    pub(crate) fn all(&self, domains: &Domains, room: &BareJid, me: &str, asked: &str) -> Vec<Presence> {
        let others = self.nicks.iter().filter(|(id, _)| *id != me);
        let mut all: Vec<Presence> =
            others.filter_map(|(id, nick)| occupant(domains, room, id, nick, Type::None, &[])).collect();
        let mine = self.nicks.get(me).and_then(|nick| {
            let changed: &[&str] = if nick == asked { &["100", "110"] } else { &["100", "110", "210"] };
            occupant(domains, room, me, nick, Type::None, changed)
        });
        all.extend(mine);
        all
    }
}

/// The presence of a member in a room.
pub(crate) fn occupant(
    domains: &Domains,
    room: &BareJid,
    id: &str,
    nick: &str,
    kind: Type,
    codes: &[&str],
) -> Option<Presence> {
    let role = if kind == Type::None { "participant" } else { "none" };
    let jid = domains.user(id)?;
    let item = element("item", MUC_USER, &[("affiliation", "member"), ("role", role), ("jid", jid.as_str())]);
    let codes = codes.iter().map(|code| element("status", MUC_USER, &[("code", code)]));
    let x = with(element("x", MUC_USER, &[]), std::iter::once(item).chain(codes));
    let mut presence = Presence::new(kind).with_from(Jid::from(room.with_resource_str(nick).ok()?));
    presence.payloads.push(x);
    Some(presence)
}

/// The end of what a client is sent as it comes in.
pub(crate) fn subject(room: &BareJid, to: Jid) -> Message {
    let mut message = Message::new_with_type(MessageType::Groupchat, to);
    message.from = Some(room.clone().into());
    message.subjects.insert(xmpp_parsers::message::Lang::new(), String::new());
    message
}

/// What a room is.
pub(crate) fn features(name: &str) -> Vec<Element> {
    let info = "http://jabber.org/protocol/disco#info";
    let identity = element("identity", info, &[("category", "conference"), ("type", "text"), ("name", name)]);
    let features = [MUC, "muc_membersonly", "muc_nonanonymous", "muc_persistent", "muc_unmoderated"];
    std::iter::once(identity).chain(features.map(|var| element("feature", info, &[("var", var)]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occupants(list: &[(&str, &str)]) -> Vec<Occupant> {
        let of = |(id, nick): &(&str, &str)| Occupant { id: (*id).to_owned(), nick: (*nick).to_owned() };
        list.iter().map(of).collect()
    }

    #[test]
    fn every_member_has_a_nick_of_its_own() {
        let found = nicks(&occupants(&[("a", "Ann"), ("b", "Ann"), ("c", "\u{1}"), ("d", "")]), "e", "Eve");
        let found: Vec<_> = found.iter().map(|(id, nick)| (id.as_str(), nick.as_str())).collect();
        assert_eq!(found, [("a", "Ann"), ("b", "Ann (b)"), ("c", "c"), ("d", "d"), ("e", "Eve")]);
    }

    #[test]
    fn the_past_comes_only_to_those_who_ask() {
        let of = |history: Option<&[(&str, &str)]>| {
            let history = history.map(|attributes| element("history", MUC, attributes));
            let mut presence = Presence::available();
            presence.payloads.push(with(element("x", MUC, &[]), history));
            joining(&presence, "client", "nick").unwrap().history
        };
        assert_eq!(of(None), None);
        assert_eq!(of(Some(&[])), Some(30));
        assert_eq!(of(Some(&[("maxstanzas", "5")])), Some(5));
        assert_eq!(of(Some(&[("maxstanzas", "0")])), None);
        assert_eq!(of(Some(&[("maxchars", "0")])), None);
        assert!(joining(&Presence::available(), "client", "nick").is_none());
    }
}
