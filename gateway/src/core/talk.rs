//! What a client says.
//!
//! Owns: messages and typing states on their way to the site. Must not: begin or end a session.

use xmpp_parsers::jid::{Jid, ResourceRef};
use xmpp_parsers::message::{Message, MessageType};
use xmpp_parsers::stanza_error::StanzaError;

use super::calls::{self, SiteAnswer};
use super::errors::{Rule, of_rule, of_site};
use super::inbound::Route;
use super::member::{Member, Purpose};
use super::messages::SID;
use super::messages::{Said, cid, said};
use super::{Context, Link, errors};
use crate::limits::{BODY_BYTES_MAX, CID_BYTES_MAX, MESSAGES_AT_ONCE, MESSAGES_REFILL_MS};
use crate::names::name;

/// To whom a client is typing.
#[derive(Debug, Default)]
pub(super) struct Typing {
    /// As the client says.
    now: Option<String>,
    /// As the site was told.
    passed: Option<String>,
}

impl Member {
    pub(crate) fn on_client_message(
        &mut self,
        route: Route<'_>,
        message: &Message,
        context: &mut Context<'_>,
    ) {
        let result = match said(message) {
            Said::Text(body) => self.say(route, message, body, context),
            Said::Amendment => Err(Rule::NotServed),
            Said::Typing(is_typing) => {
                self.on_typing(route, message, is_typing, context);
                Ok(())
            }
            Said::Nothing => {
                context.dropped("reason=\"empty\"");
                Ok(())
            }
        };
        if let Err(rule) = result {
            let id = message.id.as_ref().map(|id| id.0.as_str());
            refuse(route, id, of_rule(rule), context);
        }
    }

    fn say(
        &mut self,
        route: Route<'_>,
        message: &Message,
        body: &str,
        context: &mut Context<'_>,
    ) -> Result<(), Rule> {
        let Route { from, to, .. } = route;
        let (kind, receiver, room) = self.receiver(route, message)?;
        if body.len() > BODY_BYTES_MAX {
            return Err(Rule::TooLong);
        }
        if !self.has_prospect() {
            return Err(Rule::NotNow);
        }
        self.take_message(context.now)?;
        // A message ends the typing of it.
        self.typing.now = None;
        let id = message.id.as_ref().map(|id| id.0.clone());
        let connection = from.resource().and_then(|client| self.clients.get(client.as_str()));
        let connection = connection.map_or(0, |client| client.connection);
        let call = self
            .call("message")
            .with("to", receiver)
            .with("type", kind)
            .with("body", body)
            .with("cid", cid(id.as_deref(), context.boot, connection, context.number()));
        let from = from.clone().try_into_full().map_err(|_| Rule::Malformed)?;
        let origin = || message.payloads.iter().find(|payload| payload.is("origin-id", SID))?.attr("id");
        let shown = room.map(|room| Reflection {
            room,
            body: body.to_owned(),
            origin: origin().filter(|id| id.len() <= CID_BYTES_MAX).map(str::to_owned),
        });
        let purpose = Purpose::Said { from, to: to.clone(), id, shown };
        if self.ask(call, purpose, context) { Ok(()) } else { Err(Rule::TooMany) }
    }

    /// The type and the receiver of a message, and the room that shows it to the member's own clients.
    fn receiver(
        &self,
        Route { link, from, to }: Route<'_>,
        message: &Message,
    ) -> Result<(&'static str, String, Option<String>), Rule> {
        if link == Link::Users {
            return Ok(("unicast", self.addressee(to).ok_or(Rule::Unknown)?, None));
        }
        let receiver = name(to).ok_or(Rule::Unknown)?;
        let room = self.rooms.get(&receiver).ok_or(Rule::NotInRoom)?;
        let client = from.resource().map(ResourceRef::as_str).unwrap_or_default();
        if !room.joined.contains(client) {
            return Err(Rule::NotInRoom);
        }
        match to.resource() {
            None if message.type_ == MessageType::Groupchat => {
                Ok(("multicast", receiver.clone(), Some(receiver)))
            }
            None => Err(Rule::Malformed),
            // A private word to a member of the room is a message to the user.
            Some(nick) => {
                let other = room.id_of(nick.as_str()).ok_or(Rule::NoSuchAddress)?;
                Ok(("unicast", other.to_owned(), None))
            }
        }
    }

    /// Takes one of the messages that the member may send now.
    fn take_message(&mut self, now: u64) -> Result<(), Rule> {
        let each = MESSAGES_REFILL_MS / MESSAGES_AT_ONCE;
        let until = self.sends_until.max(now) + each;
        if until - now > MESSAGES_REFILL_MS {
            return Err(Rule::TooMany);
        }
        self.sends_until = until;
        Ok(())
    }

    fn on_typing(
        &mut self,
        Route { link, to, .. }: Route<'_>,
        message: &Message,
        is_typing: bool,
        context: &mut Context<'_>,
    ) {
        if link == Link::Rooms || message.type_ == MessageType::Groupchat {
            return;
        }
        let Some(other) = self.addressee(to) else { return };
        if is_typing {
            self.typing.now = Some(other);
        } else if self.typing.now.as_ref() == Some(&other) {
            self.typing.now = None;
        }
        self.next_job(context);
    }

    /// Tells the site to whom a client is typing, once nothing else waits: what has changed back meanwhile is not said.
    pub(super) fn pass_typing(&mut self, context: &mut Context<'_>) {
        if self.session().is_none() || self.typing.now == self.typing.passed {
            return;
        }
        let (to, show) = match self.typing.passed.take() {
            Some(former) => (Some(former), "clear"),
            None => (self.typing.now.clone(), "typing"),
        };
        let Some(to) = to else { return };
        self.typing.passed = self.typing.now.clone().filter(|_| show == "typing");
        let call = self.call("status").with("to", to).with("show", show);
        self.ask(call, Purpose::Quiet, context);
    }

    pub(super) fn on_said(
        &mut self,
        answer: SiteAnswer,
        from: &Jid,
        to: &Jid,
        (id, shown): (Option<String>, Option<Reflection>),
        context: &mut Context<'_>,
    ) {
        if let Err(refusal) = answer {
            let link = if to.domain().as_str() == context.domains.rooms.as_str() {
                Link::Rooms
            } else {
                Link::Users
            };
            let route = Route { link, from, to };
            return refuse(route, id.as_deref(), of_site(&refusal), context);
        }
        if let Some(Reflection { room, body, origin }) = shown {
            let packet = calls::Message {
                id: id.unwrap_or_default(),
                from: self.user.clone(),
                nick: self.nick.clone(),
                to: room,
                kind: "multicast".to_owned(),
                body,
                timestamp: serde_json::Value::Null,
                meta: serde_json::Value::Null,
            };
            self.show_in_room(&packet, origin.as_deref(), context);
        }
    }
}

/// A room shows each message to all of its clients, with the ids that its sender gave it: by these a client knows its own
/// message.
#[derive(Debug)]
pub(crate) struct Reflection {
    room: String,
    body: String,
    /// The id of XEP-0359.
    origin: Option<String>,
}

/// Answers a message of a client with an error.
fn refuse(route: Route<'_>, id: Option<&str>, error: StanzaError, context: &mut Context<'_>) {
    context.send(route.link, errors::message(route.to.clone(), route.from.clone(), id, error));
}
