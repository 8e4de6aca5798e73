//! Stanzas from the XMPP server.
//!
//! Owns: who sends a stanza, by the domain of its address, and which part of the gateway takes it. Must not: take a stanza
//! from an address of the gateway's own domains: nobody but the gateway speaks for those.

use tokio_xmpp::Stanza;
use xmpp_parsers::iq::Iq;
use xmpp_parsers::jid::Jid;
use xmpp_parsers::message::{Message, MessageType};
use xmpp_parsers::presence::{Presence, Type};

use super::errors::{Rule, of_rule};
use super::queries::answer_server;
use super::{Core, Input, Link, Output, errors};
use crate::names::{Side, name};

/// Namespaces of privileges, the newest first.
const PRIVILEGES: [&str; 2] = ["urn:xmpp:privilege:2", "urn:xmpp:privilege:1"];
/// The privileges that the gateway uses.
const WANTED: [(&str, &str); 3] =
    [("roster", "both"), ("message", "outgoing"), ("presence", "managed_entity")];

/// The way of a stanza: the connection that brought it, and its addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route<'a> {
    pub(super) link: Link,
    pub(super) from: &'a Jid,
    pub(super) to: &'a Jid,
}

fn addresses(stanza: &Stanza) -> (Option<&Jid>, Option<&Jid>) {
    match stanza {
        Stanza::Iq(iq) => (iq.from(), iq.to()),
        Stanza::Message(message) => (message.from.as_ref(), message.to.as_ref()),
        Stanza::Presence(presence) => (presence.from.as_ref(), presence.to.as_ref()),
    }
}

impl Core {
    pub(super) fn on_stanza(&mut self, link: Link, stanza: Stanza, now: u64, outputs: &mut Vec<Output>) {
        let (Some(from), to) = addresses(&stanza) else {
            return drop_it("reason=\"malformed\"", outputs);
        };
        let (from, to) = (from.clone(), to.cloned().unwrap_or_else(|| self.domains.users_host()));
        let route = Route { link, from: &from, to: &to };
        match self.domains.side(&from) {
            Side::Users | Side::Rooms => drop_it("reason=\"forged\"", outputs),
            Side::Foreign => refuse(link, &stanza, Rule::Unknown, outputs),
            Side::Login if from.node().is_none() => self.on_server_stanza(link, &stanza, now, outputs),
            Side::Login if link == Link::Rooms && self.is_early(&stanza) => {
                let member = from.node().map(|node| node.as_str().to_owned()).unwrap_or_default();
                if let Some(stanza) = self.early.push(&member, stanza, now) {
                    drop_it("reason=\"full\"", outputs);
                    refuse_early(&stanza, Rule::TooMany, outputs);
                }
            }
            Side::Login => self.on_client_stanza(route, stanza, now, outputs),
        }
    }

    fn on_client_stanza(&mut self, route: Route<'_>, stanza: Stanza, now: u64, outputs: &mut Vec<Output>) {
        match stanza {
            Stanza::Presence(presence) => self.on_presence(route, &presence, now, outputs),
            Stanza::Message(message) => self.on_message(route, &message, now, outputs),
            Stanza::Iq(iq) => self.on_iq(route, iq, now, outputs),
        }
    }

    /// Whether a stanza to a room has overtaken the presence of its client, or the site's list of rooms.
    fn is_early(&self, stanza: &Stanza) -> bool {
        let member = |from: &Option<Jid>| self.members.get(from.as_ref()?.node()?.as_str());
        match stanza {
            Stanza::Presence(Presence { from, type_: Type::None, .. }) => {
                let client = from.as_ref().and_then(Jid::resource);
                !member(from)
                    .zip(client)
                    .is_some_and(|(member, client)| member.clients.contains_key(client.as_str()))
            }
            Stanza::Iq(Iq::Get { from, .. }) => {
                member(from).is_none_or(|member| member.session().is_none() && member.has_prospect())
            }
            Stanza::Presence(_) | Stanza::Message(_) | Stanza::Iq(_) => false,
        }
    }

    /// Takes the stanzas whose client is there now. A client that does not come gets an error.
    pub(super) fn let_early_ones_in(&mut self, now: u64, outputs: &mut Vec<Output>) {
        while let Some(member) = self.early.next(now) {
            let mut early = std::mem::take(&mut self.early);
            let taken = early.take(&member, now, |stanza| !self.is_early(stanza));
            self.early = early;
            for stanza in taken {
                if self.is_early(&stanza) {
                    refuse_early(&stanza, Rule::NotNow, outputs);
                    continue;
                }
                let (Some(from), Some(to)) = addresses(&stanza) else { continue };
                let (from, to) = (from.clone(), to.clone());
                self.on_client_stanza(
                    Route { link: Link::Rooms, from: &from, to: &to },
                    stanza,
                    now,
                    outputs,
                );
            }
        }
    }

    pub(super) fn on_too_long(&mut self, link: Link, stanza: Stanza, now: u64, outputs: &mut Vec<Output>) {
        let is_request = !matches!(&stanza, Stanza::Message(Message { type_: MessageType::Error, .. }));
        if is_request && !matches!(&stanza, Stanza::Presence(_)) {
            drop_it("reason=\"long\"", outputs);
            return refuse(link, &stanza, Rule::TooLong, outputs);
        }
        self.handle(Input::Stanza(link, stanza), now, outputs);
    }

    /// The XMPP server itself grants privileges, and answers pings.
    fn on_server_stanza(&mut self, link: Link, stanza: &Stanza, now: u64, outputs: &mut Vec<Output>) {
        match stanza {
            Stanza::Message(message) => {
                if let Some(namespace) = granted(message) {
                    self.privilege = Some(namespace.to_owned());
                }
            }
            Stanza::Iq(iq @ (Iq::Result { id, .. } | Iq::Error { id, .. })) => {
                let number = id.strip_prefix("ping-").and_then(|number| number.parse().ok());
                let Some(waiters) = number.and_then(|number| self.acks.pong(link, number)) else {
                    if matches!(iq, Iq::Error { .. }) {
                        drop_it("reason=\"error\"", outputs);
                    }
                    return;
                };
                outputs.push(Output::Count("nextim_xmpp_acks_total", ""));
                for (member, session) in waiters {
                    self.with(&member, now, outputs, |member, context| {
                        member.on_pong(link, session, context);
                    });
                }
            }
            Stanza::Iq(Iq::Get { .. } | Iq::Set { .. }) => answer_server(link, stanza, outputs),
            Stanza::Presence(_) => {}
        }
    }

    fn on_presence(&mut self, route: Route<'_>, presence: &Presence, now: u64, outputs: &mut Vec<Output>) {
        let Route { link, from, to } = route;
        let is_host = to.node().is_none();
        let is_coming = is_host && presence.type_ == Type::None && link == Link::Users;
        let member =
            if is_coming { self.member_of(from) } else { from.node().map(|node| node.as_str().to_owned()) };
        let Some(member) = member else { return };
        let client = from.resource().map(|resource| resource.as_str().to_owned());
        self.with(&member, now, outputs, |member, context| match (link, &presence.type_) {
            (Link::Rooms, _) => {
                if let Some(client) = client {
                    member.on_room_presence(&client, route, presence, context);
                }
            }
            (Link::Users, Type::None) if is_host => {
                if let Some(client) = client {
                    member.on_available(&client, presence, context);
                }
            }
            (Link::Users, Type::Unavailable) if is_host => {
                if let Some(client) = client {
                    member.on_unavailable(&client, context);
                }
            }
            (Link::Users, Type::Probe) => member.on_probe(from, to, context),
            (Link::Users, Type::Subscribe) => member.on_subscribe(to, true, context),
            (Link::Users, Type::Unsubscribe) => member.on_subscribe(to, false, context),
            // The rest says what the site knows already, or what a client does to one contact.
            (
                Link::Users,
                Type::None | Type::Unavailable | Type::Subscribed | Type::Unsubscribed | Type::Error,
            ) => {}
        });
    }

    fn on_message(&mut self, route: Route<'_>, message: &Message, now: u64, outputs: &mut Vec<Output>) {
        let Some(node) = route.from.node() else { return };
        let member = node.as_str();
        if message.type_ == MessageType::Error {
            if let Some(id) = &message.id {
                self.with(member, now, outputs, |member, context| {
                    member.on_room_error(route.from, route.to);
                    member.on_returned(&id.0, context);
                });
            }
            return;
        }
        if !self.members.contains_key(member) {
            return refuse(route.link, &Stanza::Message(message.clone()), Rule::NotNow, outputs);
        }
        self.with(member, now, outputs, |member, context| {
            member.on_client_message(route, message, context);
        });
    }

    fn on_iq(&mut self, route: Route<'_>, iq: Iq, now: u64, outputs: &mut Vec<Output>) {
        let Some(member) = route.from.node().map(|node| node.as_str().to_owned()) else { return };
        match iq {
            Iq::Result { id, payload, .. } => {
                self.with(&member, now, outputs, |member, context| member.on_roster(&id, payload, context));
            }
            // Without its list, a member's contacts are shown all the same.
            Iq::Error { id, .. } => {
                self.with(&member, now, outputs, |member, context| member.on_roster(&id, None, context));
            }
            Iq::Get { id, payload, .. } => {
                self.on_question(route, &id, &payload, now, outputs);
            }
            iq @ Iq::Set { .. } => {
                let is_room = route.link == Link::Rooms && name(route.to).is_some();
                let rule = if is_room { Rule::NotAllowed } else { Rule::Unknown };
                refuse(route.link, &Stanza::Iq(iq), rule, outputs);
            }
        }
    }
}

/// The namespace in which the XMPP server grants all that the gateway uses.
fn granted(message: &Message) -> Option<&'static str> {
    PRIVILEGES.into_iter().find(|namespace| {
        let privilege = message.payloads.iter().find(|payload| payload.is("privilege", *namespace));
        privilege.is_some_and(|privilege| {
            WANTED.iter().all(|(access, kind)| {
                privilege.children().any(|perm| {
                    let grants =
                        perm.attr("type").is_some_and(|granted| granted == *kind || granted == "roster");
                    perm.name() == "perm" && perm.attr("access") == Some(*access) && grants
                })
            })
        })
    })
}

fn drop_it(label: &'static str, outputs: &mut Vec<Output>) {
    outputs.push(Output::Count("nextim_xmpp_dropped_total", label));
}

/// Answers a stanza to a room whose client is not there, or of whom too many wait.
fn refuse_early(stanza: &Stanza, rule: Rule, outputs: &mut Vec<Output>) {
    if let (Stanza::Presence(presence), (Some(from), Some(to))) = (stanza, addresses(stanza)) {
        let error = errors::presence(to.clone(), from.clone(), presence.id.clone(), of_rule(rule));
        return outputs.push(Output::Send(Link::Rooms, error.into()));
    }
    refuse(Link::Rooms, stanza, rule, outputs);
}

/// Answers a stanza with an error, unless it is an answer itself.
pub(super) fn refuse(link: Link, stanza: &Stanza, rule: Rule, outputs: &mut Vec<Output>) {
    let (Some(from), Some(to)) = addresses(stanza) else { return };
    let (from, to) = (from.clone(), to.clone());
    let answer: Stanza = match stanza {
        Stanza::Message(message) if message.type_ != MessageType::Error => {
            let id = message.id.as_ref().map(|id| id.0.as_str());
            errors::message(to, from, id, of_rule(rule)).into()
        }
        Stanza::Iq(Iq::Get { id, .. } | Iq::Set { id, .. }) => {
            Iq::from_error(id.as_str(), of_rule(rule)).with_from(to).with_to(from).into()
        }
        Stanza::Presence(presence) if presence.type_ == Type::Subscribe => {
            errors::presence(to, from, presence.id.clone(), of_rule(rule)).into()
        }
        Stanza::Message(_) | Stanza::Iq(_) | Stanza::Presence(_) => return,
    };
    outputs.push(Output::Send(link, answer));
}
