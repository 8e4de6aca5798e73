//! What packets become for the clients of a member, and which of them come back.
//!
//! Owns: the choice of the stanza for each packet. Must not: acknowledge a packet.

use serde_json::{Value, json};

use super::jobs::Purpose;
use super::{Member, buddy_of};
use crate::core::calls::{Call, Message, PresencePacket};
use crate::core::{Context, Link, Output, messages};
use crate::limits::SENT_IDS_MAX;

impl Member {
    pub(super) fn on_message_packet(&mut self, packet: &Message, context: &mut Context<'_>) {
        match &*packet.kind {
            "multicast" => self.on_room_packet(packet, context),
            "broadcast" => {
                let headline = messages::broadcast(context.domains, &self.jid, packet);
                self.send(Link::Users, headline, context);
            }
            _ if packet.from == self.user => self.copy_to_clients(packet, context),
            _ => match messages::chat(context.domains, &self.jid, packet) {
                Some(chat) => {
                    self.note_shown(&packet.id);
                    self.send(Link::Users, chat, context);
                }
                None => context.dropped("reason=\"name\""),
            },
        }
    }

    /// Said on a page: each client shows it as its own.
    pub(super) fn copy_to_clients(&mut self, packet: &Message, context: &mut Context<'_>) {
        let Some(privilege) = context.privilege.map(str::to_owned) else {
            return context.dropped("reason=\"privilege\"");
        };
        for client in self.clients.keys().cloned().collect::<Vec<_>>() {
            let carbon = messages::carbon(context.domains, &privilege, &self.jid, &client, packet);
            if let Some(carbon) = carbon {
                self.send(Link::Users, carbon, context);
            }
        }
    }

    pub(super) fn on_room_packet(&mut self, packet: &Message, context: &mut Context<'_>) {
        if let Some(channel) = self.channels.iter().find(|channel| channel.name == packet.to) {
            let post = messages::post(context.domains, &self.jid, channel, packet);
            self.send(Link::Users, post, context);
        } else if self.rooms.contains_key(&packet.to) {
            self.show_in_room(packet, None, context);
        } else if self.invited.insert(packet.to.clone())
            && let Some(invitation) = messages::invitation(context.domains, &self.jid, &packet.to)
        {
            self.send(Link::Rooms, invitation, context);
        }
    }

    pub(super) fn on_presence_packet(&mut self, packet: PresencePacket, context: &mut Context<'_>) {
        match &*packet.kind {
            "join" | "leave" => self.ask_members(&packet.status, context),
            kind => {
                let show = if kind == "offline" { String::new() } else { packet.show };
                let mut buddy =
                    self.known.get(&packet.from).cloned().unwrap_or_else(|| buddy_of(&packet.from));
                (buddy.show, buddy.status) = (show, packet.status);
                if let Some(known) = self.known.get_mut(&packet.from) {
                    known.clone_from(&buddy);
                }
                self.show(&buddy, None, context);
            }
        }
    }

    // What the XMPP server could not deliver.

    pub(super) fn note_shown(&mut self, id: &str) {
        if self.shown.len() == SENT_IDS_MAX {
            self.shown.pop_front();
        }
        self.shown.push_back(hash(id));
    }

    /// A message has come back: it waits at the site again.
    pub(crate) fn on_returned(&mut self, id: &str, context: &mut Context<'_>) {
        let hash = hash(id);
        if let Some(at) = self.shown.iter().position(|shown| *shown == hash) {
            self.shown.remove(at);
            context.push(Output::Count("nextim_xmpp_missed_total", ""));
            self.return_messages(vec![id.to_owned()], context);
        }
    }

    pub(super) fn return_messages(&mut self, ids: Vec<String>, context: &mut Context<'_>) {
        if ids.is_empty() {
            return;
        }
        let messages: Vec<Value> = ids.into_iter().map(|id| json!({"id": id})).collect();
        let call = Call::new("missed", &self.user).with("messages", messages);
        self.jobs.push_back((call, Purpose::Quiet));
        self.next_job(context);
    }
}

/// Eight bytes of an id; two ids of a member that share them are too rare to matter.
fn hash(id: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
