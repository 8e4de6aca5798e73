//! Questions of clients: what an address is, who a user is, and which contacts a member has.
//!
//! Owns: service discovery, cards, probes and subscriptions. Must not: show a room to a member who is not in it.

use tokio_xmpp::Stanza;
use xmpp_parsers::iq::Iq;
use xmpp_parsers::jid::{BareJid, Jid, NodeRef, ResourceRef};
use xmpp_parsers::minidom::Element;
use xmpp_parsers::presence::{Presence, Type};

use super::calls::{self, Card, SiteAnswer};
use super::errors::{Rule, of_rule, of_site};
use super::inbound::{Route, refuse};
use super::member::{Member, Purpose};
use super::rooms::features;
use super::{Context, Core, Link, Output};
use crate::names::name;
use crate::xml::{element, with, with_text};

const INFO: &str = "http://jabber.org/protocol/disco#info";
const ITEMS: &str = "http://jabber.org/protocol/disco#items";
const PING: &str = "urn:xmpp:ping";
const VCARD: &str = "vcard-temp";

impl Core {
    pub(super) fn on_question(
        &mut self,
        route: Route<'_>,
        id: &str,
        payload: &Element,
        now: u64,
        outputs: &mut Vec<Output>,
    ) {
        let member = route.from.node().map(NodeRef::as_str).unwrap_or_default();
        if self.members.contains_key(member) {
            self.with(member, now, outputs, |member, context| {
                member.on_question(route, id, payload, context);
            });
        } else {
            answer(route, id, Err(Rule::NotNow), outputs);
        }
    }
}

/// Answers a question of the XMPP server itself, which wants to know what the components are.
pub(super) fn answer_server(link: Link, stanza: &Stanza, outputs: &mut Vec<Output>) {
    match stanza {
        Stanza::Iq(Iq::Get { from: Some(from), to: Some(to), id, payload }) => {
            answer(Route { link, from, to }, id, host(link, payload), outputs);
        }
        Stanza::Iq(_) | Stanza::Message(_) | Stanza::Presence(_) => {
            refuse(link, stanza, Rule::Unknown, outputs);
        }
    }
}

/// Answers a question.
fn answer(
    Route { link, from, to }: Route<'_>,
    id: &str,
    result: Result<Option<Element>, Rule>,
    outputs: &mut Vec<Output>,
) {
    let answer = match result {
        Ok(payload) => Iq::Result { from: None, to: None, id: id.to_owned(), payload },
        Err(rule) => Iq::from_error(id, of_rule(rule)),
    };
    outputs.push(Output::Send(link, answer.with_from(to.clone()).with_to(from.clone()).into()));
}

fn info(children: Vec<Element>) -> Element {
    with(element("query", INFO, &[]), children)
}

fn identity(category: &str, kind: &str, name: &str) -> Element {
    element("identity", INFO, &[("category", category), ("type", kind), ("name", name)])
}

fn feature(var: &str) -> Element {
    element("feature", INFO, &[("var", var)])
}

/// What a component says of itself.
fn host(link: Link, payload: &Element) -> Result<Option<Element>, Rule> {
    let what = match link {
        Link::Users => identity("gateway", "nextim", "NextIM"),
        Link::Rooms => identity("conference", "text", "Groups"),
    };
    if payload.is("query", INFO) {
        let muc = (link == Link::Rooms).then(|| feature("http://jabber.org/protocol/muc"));
        let features = [INFO, ITEMS, PING].map(feature).into_iter().chain(muc);
        return Ok(Some(info(std::iter::once(what).chain(features).collect())));
    }
    if payload.is("query", ITEMS) {
        return Ok(Some(element("query", ITEMS, &[])));
    }
    if payload.is("ping", PING) { Ok(None) } else { Err(Rule::Unknown) }
}

impl Member {
    fn on_question(&mut self, route: Route<'_>, id: &str, payload: &Element, context: &mut Context<'_>) {
        let Route { link, from, to } = route;
        if link == Link::Users && payload.is("vCard", VCARD) && to.node().is_some() {
            let purpose = Purpose::Card { from: from.clone(), to: to.clone(), id: id.to_owned() };
            let call = self.call("vcard").with("to", self.addressee(to).unwrap_or_default());
            if !self.ask(call, purpose, context) {
                answer(route, id, Err(Rule::TooMany), context.outputs);
            }
            return;
        }
        let result = match (link, to.node().is_some()) {
            (_, false) => self.about_host(link, payload, context),
            (Link::Users, true) => about_user(to, payload),
            (Link::Rooms, true) => self.about_room(from, to, payload),
        };
        answer(route, id, result, context.outputs);
    }

    /// The component of rooms lists those of the member.
    fn about_host(
        &self,
        link: Link,
        payload: &Element,
        context: &Context<'_>,
    ) -> Result<Option<Element>, Rule> {
        if link == Link::Rooms && payload.is("query", ITEMS) {
            let item = |(room, nick): (&String, &String)| {
                let jid = context.domains.room(room)?;
                Some(element("item", ITEMS, &[("jid", jid.as_str()), ("name", nick)]))
            };
            return Ok(Some(with(element("query", ITEMS, &[]), self.own_rooms.iter().filter_map(item))));
        }
        host(link, payload)
    }

    fn about_room(&self, from: &Jid, to: &Jid, payload: &Element) -> Result<Option<Element>, Rule> {
        let room = name(to).unwrap_or_default();
        if to.resource().is_some() {
            // A client asks whether it is still in the room.
            let client = from.resource().map(ResourceRef::as_str).unwrap_or_default();
            let is_in = self.rooms.get(&room).is_some_and(|known| known.joined.contains(client));
            return match (payload.is("ping", PING), is_in) {
                (true, true) => Ok(None),
                (_, false) => Err(Rule::NotInRoom),
                (false, true) => Err(Rule::Unknown),
            };
        }
        let nick = self.own_rooms.get(&room).ok_or(Rule::NoSuchAddress)?;
        if payload.is("query", INFO) {
            return Ok(Some(info(features(nick))));
        }
        if payload.is("query", ITEMS) {
            return Ok(Some(element("query", ITEMS, &[])));
        }
        let is_change = payload.ns().starts_with("http://jabber.org/protocol/muc#");
        Err(if is_change { Rule::NotAllowed } else { Rule::Unknown })
    }

    /// A client, or the XMPP server for it, asks for the presence of a contact.
    pub(crate) fn on_probe(&mut self, from: &Jid, to: &Jid, context: &mut Context<'_>) {
        // Before the site has said who the contacts are, nothing is known; then all are shown.
        let Some(name) = self.addressee(to).filter(|_| self.session().is_some()) else { return };
        match self.known.get(&name).cloned() {
            Some(buddy) => self.show(&buddy, Some(from.clone()), context),
            None => deny(to, from.clone(), context),
        }
    }

    /// A client adds or removes a contact. Who is one is for the site to say.
    pub(crate) fn on_subscribe(&mut self, to: &Jid, on: bool, context: &mut Context<'_>) {
        let Some(name) = self.addressee(to) else { return };
        if on && self.known.contains_key(&name) {
            return self.on_subscribe_answer(&to.to_bare(), true, true, context);
        }
        let call = self.call(if on { "subscribe" } else { "unsubscribe" }).with("to", name);
        self.ask(call, Purpose::Subscribe { contact: to.to_bare(), on }, context);
    }

    pub(super) fn on_subscribe_answer(
        &mut self,
        contact: &BareJid,
        on: bool,
        is_done: bool,
        context: &mut Context<'_>,
    ) {
        let me = Jid::from(self.jid.clone());
        let name = self.addressee(contact).unwrap_or_default();
        // Who is one already may be known only since the session began.
        match (on, is_done || (on && self.known.contains_key(&name))) {
            (true, true) => {
                let presence = Presence::new(Type::Subscribed).with_from(contact.clone()).with_to(me);
                context.send(Link::Users, presence);
                if let Some(buddy) = self.known.get(&name).cloned() {
                    self.show(&buddy, None, context);
                }
            }
            (true, false) => deny(&Jid::from(contact.clone()), me, context),
            (false, true) => drop(self.known.remove(&name)),
            (false, false) => self.restore_contact(&name, context),
        }
    }
}

/// Answers the question who a user is.
pub(super) fn answer_card((from, to, id): (Jid, Jid, String), answer: SiteAnswer, context: &mut Context<'_>) {
    let iq = match calls::read::<Card>(answer) {
        Ok(card) => Iq::Result { from: None, to: None, id: id.clone(), payload: Some(vcard(&card)) },
        Err(refusal) => Iq::from_error(id.as_str(), of_site(&refusal)),
    };
    context.send(Link::Users, iq.with_from(to).with_to(from));
}

/// A contact that is not known has no presence to show.
fn deny(contact: &Jid, to: Jid, context: &mut Context<'_>) {
    let denied = Presence::new(Type::Unsubscribed).with_from(contact.to_bare()).with_to(to);
    context.send(Link::Users, denied);
}

fn about_user(to: &Jid, payload: &Element) -> Result<Option<Element>, Rule> {
    if payload.is("query", INFO) {
        let kind = if to.resource().is_some() { ("client", "web") } else { ("account", "registered") };
        let features = [INFO, PING, VCARD, "http://jabber.org/protocol/chatstates"].map(feature);
        return Ok(Some(info(std::iter::once(identity(kind.0, kind.1, "")).chain(features).collect())));
    }
    if payload.is("query", ITEMS) {
        return Ok(Some(element("query", ITEMS, &[])));
    }
    if payload.is("ping", PING) { Ok(None) } else { Err(Rule::Unknown) }
}

fn vcard(card: &Card) -> Element {
    let text = |name: &str, text: &str| (!text.is_empty()).then(|| with_text(name, VCARD, text));
    let absolute = |url: &str| if url.starts_with("http") { url.to_owned() } else { String::new() };
    let photo = text("EXTVAL", &absolute(&card.pic_url)).map(|url| with(element("PHOTO", VCARD, &[]), [url]));
    let parts = [
        text("FN", &card.nick),
        text("NICKNAME", &card.nick),
        text("URL", &absolute(&card.url)),
        text("DESC", &card.status),
        photo,
    ];
    with(element("vCard", VCARD, &[]), parts.into_iter().flatten())
}
