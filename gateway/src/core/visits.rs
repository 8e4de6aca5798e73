//! How the clients of a member come and go in rooms.
//!
//! Owns: the steps of coming in, and what clients in a room are shown. Must not: begin or end a session.

use std::collections::BTreeSet;

use xmpp_parsers::jid::Jid;
use xmpp_parsers::presence::{Presence, Type};
use xmpp_parsers::stanza_error::StanzaError;

use super::calls::{self, Occupant, SiteAnswer};
use super::errors::{Rule, of_join, of_rule};
use super::inbound::Route;
use super::member::{Member, Purpose};
use super::messages::in_room;
use super::rooms::{self, Joining, nicks, occupant, subject};
use super::{Context, Link, errors};
use crate::limits::ROOMS_MAX;
use crate::names::name;

impl Member {
    /// Shows a message of a room to the clients that are in it.
    pub(super) fn show_in_room(
        &mut self,
        packet: &calls::Message,
        origin: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let (Some(room), Some(jid)) = (self.rooms.get(&packet.to), context.domains.room(&packet.to)) else {
            return;
        };
        let nick = room.nicks.get(&packet.from).cloned().unwrap_or_else(|| packet.nick.clone());
        let from = jid.with_resource_str(&nick).map_or_else(|_| Jid::from(jid.clone()), Jid::from);
        for client in room.joined.iter().cloned().collect::<Vec<_>>() {
            if let Some(to) = self.full(&client) {
                self.send(Link::Rooms, in_room(from.clone(), to, packet, origin), context);
            }
        }
    }

    pub(crate) fn on_room_presence(
        &mut self,
        client: &str,
        Route { from, to, .. }: Route<'_>,
        presence: &Presence,
        context: &mut Context<'_>,
    ) {
        let (Some(room), Some(nick)) = (name(to), to.resource()) else { return };
        let is_in = self.rooms.get(&room).is_some_and(|known| known.joined.contains(client));
        match presence.type_ {
            Type::None => {
                let own = self.rooms.get(&room).and_then(|known| known.nicks.get(&self.user));
                let refused = if let Some(joining) = rooms::joining(presence, client, nick.as_str()) {
                    self.come_in(&room, joining, context).err()
                } else {
                    (is_in && own.is_some_and(|own| own != nick.as_str())).then_some(Rule::NotAllowed)
                };
                if let Some(rule) = refused {
                    let error =
                        errors::presence(to.clone(), from.clone(), presence.id.clone(), of_rule(rule));
                    context.send(Link::Rooms, error);
                }
            }
            Type::Unavailable | Type::Error if is_in => {
                self.go_out(client, &room, presence.type_ == Type::Unavailable, context);
            }
            Type::Unavailable
            | Type::Error
            | Type::Probe
            | Type::Subscribe
            | Type::Subscribed
            | Type::Unsubscribe
            | Type::Unsubscribed => {}
        }
    }

    fn come_in(&mut self, room: &str, joining: Joining, context: &mut Context<'_>) -> Result<(), Rule> {
        if !self.has_prospect() {
            return Err(Rule::NotNow);
        }
        let rooms: BTreeSet<&str> = self.rooms.keys().chain(self.coming.keys()).map(String::as_str).collect();
        if rooms.len() >= ROOMS_MAX && !rooms.contains(room) {
            return Err(Rule::TooMany);
        }
        *self.coming.entry(room.to_owned()).or_default() += 1;
        let call = self.call("join").with("id", room);
        let purpose = Purpose::Join { room: room.to_owned(), joining };
        if self.ask(call, purpose, context) {
            return Ok(());
        }
        self.has_come(room);
        Err(Rule::TooMany)
    }

    /// A client has come into a room, or has not been let in.
    fn has_come(&mut self, room: &str) {
        if let Some(clients) = self.coming.get_mut(room) {
            *clients -= 1;
            if *clients == 0 {
                self.coming.remove(room);
            }
        }
    }

    fn go_out(&mut self, client: &str, room: &str, is_said: bool, context: &mut Context<'_>) {
        let Some(known) = self.rooms.get_mut(room) else { return };
        known.joined.remove(client);
        let nick = known.nicks.get(&self.user).cloned();
        if known.joined.is_empty() {
            self.rooms.remove(room);
        }
        let presence = context.domains.room(room).zip(nick).and_then(|(jid, nick)| {
            occupant(context.domains, &jid, &self.user, &nick, Type::Unavailable, &["110"])
        });
        if let (true, Some(presence), Some(to)) = (is_said, presence, self.full(client)) {
            context.send(Link::Rooms, presence.with_to(to));
        }
    }

    /// A client is gone, from all rooms too.
    pub(super) fn leave_all(&mut self, client: &str) {
        self.rooms.retain(|_, room| {
            room.joined.remove(client);
            !room.joined.is_empty()
        });
    }

    /// What was said in a room did not reach a client: it is not in it any more.
    pub(crate) fn on_room_error(&mut self, from: &Jid, to: &Jid) {
        let (Some(client), Some(room)) = (from.resource(), name(to)) else { return };
        if let Some(known) =
            self.rooms.get_mut(&room).filter(|_| to.domain().as_str() != from.domain().as_str())
        {
            known.joined.remove(client.as_str());
        }
        self.rooms.retain(|_, room| !room.joined.is_empty());
    }

    pub(super) fn on_joined(
        &mut self,
        room: &str,
        joining: &Joining,
        answer: SiteAnswer,
        context: &mut Context<'_>,
    ) {
        let error = match answer {
            Ok(_) => {
                let call = self.call("members").with("id", room);
                let purpose = Purpose::Members { room: room.to_owned(), joining: Some(joining.clone()) };
                if self.ask(call, purpose, context) {
                    return;
                }
                of_rule(Rule::TooMany)
            }
            Err(refusal) => of_join(&refusal),
        };
        self.has_come(room);
        self.not_let_in(room, joining, error, context);
    }

    fn not_let_in(&mut self, room: &str, joining: &Joining, error: StanzaError, context: &mut Context<'_>) {
        let from = context.domains.room(room).and_then(|jid| jid.with_resource_str(&joining.nick).ok());
        if let (Some(from), Some(to)) = (from, self.full(&joining.client)) {
            context.send(Link::Rooms, errors::presence(from.into(), to, None, error));
        }
    }

    /// Asks for the members of a room, if a client is in it.
    pub(super) fn ask_members(&mut self, room: &str, context: &mut Context<'_>) {
        if self.rooms.contains_key(room) {
            let call = self.call("members").with("id", room);
            self.ask(call, Purpose::Members { room: room.to_owned(), joining: None }, context);
        }
    }

    pub(super) fn on_members(
        &mut self,
        room: &str,
        joining: Option<Joining>,
        answer: SiteAnswer,
        context: &mut Context<'_>,
    ) {
        if joining.is_some() {
            self.has_come(room);
        }
        let Some(jid) = context.domains.room(room) else { return };
        let joining = joining.filter(|joining| self.clients.contains_key(&joining.client));
        let occupants: Vec<Occupant> = match calls::read(answer) {
            Ok(occupants) => occupants,
            Err(refusal) => {
                if let Some(joining) = joining {
                    self.not_let_in(room, &joining, of_join(&refusal), context);
                }
                return;
            }
        };
        if joining.is_none() && !self.rooms.contains_key(room) {
            return;
        }
        let (user, nicks) = (self.user.clone(), nicks(&occupants, &self.user, &self.nick));
        let known = self.rooms.entry(room.to_owned()).or_default();
        let changes = known.renew(context.domains, &jid, nicks);
        let was_in: Vec<String> = known.joined.iter().cloned().collect();
        let all = joining.as_ref().map(|joining| known.all(context.domains, &jid, &user, &joining.nick));
        known.joined.extend(joining.iter().map(|joining| joining.client.clone()));
        for client in
            was_in.iter().filter(|client| joining.as_ref().is_none_or(|joining| joining.client != **client))
        {
            let Some(to) = self.full(client) else { continue };
            for change in &changes {
                self.send(Link::Rooms, change.clone().with_to(to.clone()), context);
            }
        }
        if let (Some(joining), Some(all)) = (joining, all) {
            self.let_in(room, joining, all, context);
        }
        self.watch_rooms(context);
    }

    fn let_in(&mut self, room: &str, joining: Joining, all: Vec<Presence>, context: &mut Context<'_>) {
        let Some(to) = self.full(&joining.client) else { return };
        for presence in all {
            self.send(Link::Rooms, presence.with_to(to.clone()), context);
        }
        match joining.history {
            Some(max) => {
                let call = self.call("history").with("to", room).with("type", "multicast").with("max", max);
                self.ask(call, Purpose::Past { room: room.to_owned(), client: joining.client }, context);
            }
            None => self.say_subject(room, to, context),
        }
    }

    fn say_subject(&mut self, room: &str, to: Jid, context: &mut Context<'_>) {
        if let Some(jid) = context.domains.room(room) {
            self.send(Link::Rooms, subject(&jid, to), context);
        }
    }

    pub(super) fn on_past(
        &mut self,
        room: &str,
        client: &str,
        answer: SiteAnswer,
        context: &mut Context<'_>,
    ) {
        let (Some(jid), Some(to)) = (context.domains.room(room), self.full(client)) else { return };
        // Without its past, the room is there all the same.
        let past: Vec<calls::Message> = calls::read(answer).unwrap_or_default();
        let host = Jid::from(jid.clone());
        for message in &past {
            let nick = self.rooms.get(room).and_then(|known| known.nicks.get(&message.from));
            let nick = nick.map_or(&message.nick, |nick| nick);
            let from = jid.with_resource_str(nick).map_or_else(|_| host.clone(), Jid::from);
            let shown = super::messages::delayed(in_room(from, to.clone(), message, None), &host, message);
            self.send(Link::Rooms, shown, context);
        }
        self.say_subject(room, to, context);
    }
}
