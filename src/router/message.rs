//! Messages and typing states.
//!
//! Owns: who receives what is said, and the count of it. Must not: decide who may say what to whom: the site does,
//! it holds the apikey. A packet is encoded once, by the sender's owner, and queued only by its receivers' owners.

use super::Router;
use super::call::{Answer, NewMessage, Refusal, Speaker, Typing};
use super::gather::Collect;
use super::ids::{CallKey, GatherKey};
use super::mail::{Broadcast, Distribution, Mail, Multicast, Part, Unicast};
use super::packet::{Kind, Message, MessageType, Packet};
use super::people::user::User;
use super::profile::Profile;
use super::sessions::backlog::{Label, Pushed};
use super::sessions::session::End;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;

/// What became of a packet for one user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Delivered {
    /// Sessions it was queued to; 1 if he lingers and it is sure to reach him or his site.
    pub(super) sessions: u32,
    /// Sessions that had no room for it, and ended.
    refused: u32,
}

impl Router {
    /// `/messages`.
    pub(super) fn message(&mut self, key: CallKey, domain: DomainId, message: &NewMessage<'_>) {
        let (user, session) = match &message.speaker {
            Speaker::Ticket(ticket) => match self.find_session(domain, ticket) {
                Some(session) => (Some(self.sessions[session].user), Some(session)),
                None => return self.refuse(key, Refusal::NoClient),
            },
            Speaker::Site(from) => (self.find_user(domain, from), None),
        };
        let admitted = self.memory.admits(domain);
        if !admitted && message.kind == MessageType::Unicast {
            return self.refuse(key, Refusal::Overloaded);
        }
        self.counters.messages_total += 1;
        let packet = self.encode(message, user);
        // Rooms and crowds may have room elsewhere: each place judges for itself, and the count tells.
        if let Some(user) = user.filter(|_| admitted) {
            let to_self =
                message.kind == MessageType::Unicast && message.to == self.users[user].profile.name();
            if !to_self {
                self.deliver(user, &packet, None, session);
            }
        }
        let sender = user.map(|user| self.user_key(user));
        match message.kind {
            MessageType::Unicast => self.send_unicast(key, domain, &message.to, packet),
            MessageType::Multicast => {
                let multicast = Multicast { key, domain, room: (*message.to).into(), packet, sender };
                self.send(self.places.of(domain, &message.to), Mail::Multicast(multicast));
            }
            MessageType::Broadcast => {
                let gather = self.open(key, Collect::Delivered(0));
                for place in self.places.all() {
                    let packet = packet.clone();
                    self.ask(gather, place, Mail::Broadcast(Broadcast { gather, domain, packet, sender }));
                }
                self.close(gather);
            }
        }
    }

    fn encode(&mut self, message: &NewMessage<'_>, user: Option<Slot>) -> Packet {
        let made;
        let id = if let Some(id) = &message.id {
            id
        } else {
            self.ids_made += 1;
            made = format!("{:x}-{:x}-{:x}", self.epoch, self.place.0, self.ids_made);
            made.as_str()
        };
        let profile = user.map(|user| &self.users[user].profile);
        let from = match (&message.speaker, profile) {
            (Speaker::Site(from), _) => from,
            (Speaker::Ticket(_), Some(profile)) => profile.name(),
            (Speaker::Ticket(_), None) => unreachable!("a session has a user"),
        };
        let nick = message.nick.as_deref().or(profile.map(Profile::nick)).unwrap_or(from);
        let to = if message.kind == MessageType::Broadcast { "" } else { &*message.to };
        Packet::message(&Message {
            from,
            nick,
            to,
            timestamp: &message.timestamp,
            kind: message.kind,
            body: &message.body,
            style: &message.style,
            id,
        })
    }

    /// `/statuses`.
    pub(super) fn status(&mut self, key: CallKey, domain: DomainId, typing: &Typing<'_>) {
        let Typing { ticket, to, nick, show } = typing;
        let Some(session) = self.find_session(domain, ticket) else {
            return self.refuse(key, Refusal::NoClient);
        };
        let profile = &self.users[self.sessions[session].user].profile;
        let packet = Packet::status(profile.name(), nick.as_deref().unwrap_or(profile.nick()), to, show);
        self.send_unicast(key, domain, to, packet);
    }

    fn send_unicast(&mut self, key: CallKey, domain: DomainId, to: &str, packet: Packet) {
        let place = self.places.of(domain, to);
        if place == self.place {
            self.unicast(key, domain, to, &packet);
        } else {
            self.send(place, Mail::Unicast(Unicast { key, domain, to: to.into(), packet }));
        }
    }

    /// A message or typing state has come for a user of this place.
    pub(super) fn on_unicast(&mut self, unicast: &Unicast) {
        self.unicast(unicast.key, unicast.domain, &unicast.to, &unicast.packet);
    }

    /// Queues a message or typing state to one user, and answers the call. The user lives here if online.
    fn unicast(&mut self, key: CallKey, domain: DomainId, to: &str, packet: &Packet) {
        if packet.is_message() && !self.memory.admits(domain) {
            return self.refuse(key, Refusal::Overloaded);
        }
        let delivered = match self.find_user(domain, to) {
            Some(user) => self.deliver(user, packet, None, None),
            None => Delivered::default(),
        };
        match packet.kind() {
            Kind::Status | Kind::Presence(_) => self.answer(key, Answer::Done),
            Kind::Message(_) if delivered.sessions == 0 && delivered.refused > 0 => {
                self.refuse(key, Refusal::ReceiverFull);
            }
            Kind::Message(_) => {
                self.counters.messages_delivered_total += u64::from(delivered.sessions);
                self.answer(key, Answer::Delivered(delivered.sessions));
            }
        }
    }

    /// Queues a packet to these users.
    pub(super) fn on_deliver(&mut self, distribution: &Distribution) {
        let Distribution { gather, ref packet, ref to } = *distribution;
        let mut sessions = 0;
        let packet = &packet.shared_by(to.len());
        self.charge_receivers(gather.place, to);
        for user in to {
            let Some(User { domain, .. }) = self.users.get(*user) else { continue };
            if packet.is_message() && !self.memory.admits(*domain) {
                break; // it reaches as many as there is room for
            }
            sessions += self.deliver(*user, packet, None, None).sessions;
        }
        self.report_delivered(gather, packet, sessions);
    }

    /// Queues a message to everybody of the domain who lives here.
    pub(super) fn on_broadcast(&mut self, broadcast: &Broadcast) {
        let Broadcast { gather, domain, ref packet, sender } = *broadcast;
        let mut sessions = 0;
        let index = domain.0 as usize;
        let crowd = self.crowds.get(index).map_or(0, Vec::len);
        let packet = &packet.shared_by(crowd);
        self.work.charge(domain, crowd);
        // Delivering may end sessions, but no user goes offline by it: the crowd stays as it is.
        for at in 0..crowd {
            let user = self.crowds[index][at];
            if !self.memory.admits(domain) {
                break; // it reaches as many as there is room for
            }
            if sender != Some(self.user_key(user)) {
                sessions += self.deliver(user, packet, None, None).sessions;
            }
        }
        self.report_delivered(gather, packet, sessions);
    }

    fn report_delivered(&mut self, gather: GatherKey, packet: &Packet, sessions: u32) {
        if packet.is_message() {
            self.counters.messages_delivered_total += u64::from(sessions);
        }
        self.report(gather, Part::Delivered(sessions));
    }

    /// Queues a packet to every session of a user but `except`; a message also to the mailbox of one who lingers. With a
    /// presence comes the hash of the name it is `about`.
    pub(super) fn deliver(
        &mut self,
        user: Slot,
        packet: &Packet,
        about: Option<u64>,
        except: Option<Slot>,
    ) -> Delivered {
        let owner = &mut self.users[user];
        let is_message = packet.is_message();
        if is_message {
            owner.given += 1;
            if owner.linger().is_some() {
                let sessions = u32::from(self.keep_lingering(user, packet));
                return Delivered { sessions, refused: 0 };
            }
        }
        let label = label(packet, about, owner.given);
        let mut delivered = Delivered::default();
        let mut full = Vec::new();
        // The first one goes with the user, who is charged for as one of many receivers, or is the only one of a call.
        self.work.charge(owner.domain, usize::from(owner.sessions).saturating_sub(1));
        let mut next = owner.newest;
        while let Some(session) = next {
            next = self.sessions[session].older;
            if Some(session) == except {
                continue;
            }
            match self.queue_to(session, packet.clone(), label) {
                Pushed::Queued => delivered.sessions += 1,
                Pushed::Dropped => {}
                Pushed::Full => full.push(session),
            }
        }
        if is_message
            && let Some(speaker) = except
            && delivered.sessions > 0
        {
            self.note_spoken(user, speaker);
        }
        delivered.refused = u32::try_from(full.len()).expect("sessions of a user are few");
        for session in full {
            self.end_session(session, End::Overflow { missed: is_message });
        }
        delivered
    }

    /// Queues a presence to one session. `about` is the hash of the name it is about.
    pub(super) fn deliver_to(&mut self, session: Slot, packet: Packet, about: u64) {
        if self.queue_to(session, packet, Label::Presence(about)) == Pushed::Full {
            self.end_session(session, End::Overflow { missed: false });
        }
    }
}

/// What the queues must know of a packet: the name it is about, or that it is the receiver's nth message.
fn label(packet: &Packet, about: Option<u64>, given: u64) -> Label {
    use super::packet::PresenceType::{Join, Leave, Offline, Online, Show};
    match (packet.kind(), about) {
        (Kind::Message(_), _) => Label::Message(given),
        (Kind::Presence(Online | Offline | Show), Some(about)) => Label::Presence(about),
        (Kind::Presence(Online | Offline | Show), None) => unreachable!("a presence is about somebody"),
        (Kind::Presence(Join | Leave) | Kind::Status, _) => Label::Light,
    }
}
