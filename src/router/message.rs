//! Packets that users and sites send, on their way from the sender to the receivers.
//!
//! Owns: where each goes, and the count of sessions it was queued to. Must not: check whether users may speak to each
//! other: the site does, which holds the apikey. A packet is encoded once, by the sender's owner, and queued only by
//! its receivers' owners.

use super::call::{Answer, Caller, NewMessage, Receivers, Refusal, Speaker, Typing};
use super::crowds::CrowdDelivery;
use super::machine::Router;
use super::mail::{Mail, Multicast, Onward, Unicast, UserDelivery, Waiting};
use super::packet::{Kind, Message, MessageType, Packet};
use super::people::delivery::DeliveryOutcome;
use super::people::user::User;
use super::profile::Profile;
use crate::base::digits::append_hexadecimal;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;

/// The sender of a message or signal.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sender {
    /// The user, if online.
    pub(super) user: Option<Slot>,
    /// The session with whose ticket it is sent.
    session: Option<Slot>,
}

impl Router {
    /// `/messages`.
    pub(super) fn message(&mut self, caller: Caller, message: &NewMessage<'_>) {
        let Caller { key, domain, .. } = caller;
        let Some(sender) = self.find_sender(domain, &message.speaker) else {
            return self.out.refuse(key, Refusal::NoClient);
        };
        let admitted = self.people.admits(domain);
        if !admitted && message.kind == MessageType::Unicast {
            return self.out.refuse(key, Refusal::Overloaded);
        }
        self.out.counters_mut().messages_total += 1;
        if let Some(figures) = self.out.figures(domain) {
            figures.accepted();
        }
        let packet = self.encode(message, sender.user);
        // Rooms and crowds may have room elsewhere: each place judges for itself, and the count is what was queued.
        if admitted {
            self.copy(message.kind, &message.to, &packet, sender);
        }
        self.send(caller, message.kind, &message.to, packet, sender);
    }

    /// The sender; `None` if the ticket is not valid.
    pub(super) fn find_sender(&self, domain: DomainId, speaker: &Speaker<'_>) -> Option<Sender> {
        match speaker {
            Speaker::Ticket(ticket) => {
                let (user, session) = self.people.find_ticket(domain, ticket)?;
                Some(Sender { user: Some(user), session: Some(session) })
            }
            Speaker::Site(from) => Some(Sender { user: self.people.find(domain, from), session: None }),
        }
    }

    /// Sends a packet to its receivers.
    pub(super) fn send(
        &mut self,
        caller: Caller,
        kind: MessageType,
        to: &str,
        packet: Packet,
        sender: Sender,
    ) {
        let Caller { key, domain, until_ms } = caller;
        let sender = sender.user.map(|user| self.directory.user_key(user));
        match kind {
            MessageType::Unicast => self.send_unicast(caller, to, packet),
            MessageType::Multicast => {
                let call = Waiting { key, until_ms };
                let multicast = Multicast { call, domain, room: to.into(), packet, sender };
                self.out.send(self.out.owner_of(domain, to), Mail::Multicast(multicast));
            }
            MessageType::Broadcast => self.broadcast(caller, packet, sender),
        }
    }

    /// Queues copies to the sender's other sessions, unless the sender is the receiver, too.
    pub(super) fn copy(&mut self, kind: MessageType, to: &str, packet: &Packet, sender: Sender) {
        let Some(user) = sender.user else { return };
        if sender.session.is_some_and(|session| self.people.is_only_session(user, session)) {
            return; // as nearly always: nothing of the user needs to be looked at
        }
        let name = self.people.get(user).map(|user| user.profile().name());
        if kind != MessageType::Unicast || Some(to) != name {
            self.people.deliver(&mut self.out, user, packet, sender.session);
        }
    }

    fn encode(&mut self, message: &NewMessage<'_>, user: Option<Slot>) -> Packet {
        let made;
        let id = if let Some(id) = &message.id {
            id
        } else {
            self.ids_made += 1;
            let (epoch, place) = (self.directory.epoch(), self.directory.place());
            made = made_id([epoch.into(), place.number().into(), self.ids_made]);
            made.as_str()
        };
        let profile = user.and_then(|user| self.people.get(user)).map(User::profile);
        let from = name_of(&message.speaker, profile);
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
            meta: message.meta.as_deref(),
        })
    }

    /// `/statuses`.
    pub(super) fn status(&mut self, caller: Caller, typing: &Typing<'_>) {
        let Typing { ticket, to, kind, nick, show } = typing;
        let found = self.people.find_ticket(caller.domain, ticket);
        let Some((slot, user)) = found.and_then(|(slot, _)| Some((slot, self.people.get(slot)?))) else {
            return self.out.refuse(caller.key, Refusal::NoClient);
        };
        let profile = user.profile();
        let nick = nick.as_deref().unwrap_or(profile.nick());
        let packet = match kind {
            MessageType::Multicast => Packet::room_status(profile.name(), nick, to, show),
            MessageType::Unicast | MessageType::Broadcast => Packet::status(profile.name(), nick, to, show),
        };
        self.send(caller, *kind, to, packet, Sender { user: Some(slot), session: None });
    }

    fn send_unicast(&mut self, caller: Caller, to: &str, packet: Packet) {
        let Caller { key, domain, until_ms } = caller;
        let place = self.out.owner_of(domain, to);
        if place == self.directory.place() && self.left_behind(domain, to).is_none() {
            return self.unicast(caller, to, &packet);
        }
        let call = Waiting { key, until_ms };
        self.out.send(place, Mail::Unicast(Unicast { call, domain, to: to.into(), packet }));
    }

    /// Handles [`Mail::Unicast`], which so many nodes have sent on: the receiver, if online, is a user of this place, or
    /// about to be.
    pub(super) fn on_unicast(&mut self, unicast: Unicast, hops: u8) {
        if let Some(place) = self.elsewhere(unicast.domain, &unicast.to, hops) {
            return self.out.send(place, Mail::Onward(Onward::Unicast { unicast, hops: hops + 1 }));
        }
        let Unicast { call: Waiting { key, until_ms }, domain, ref to, ref packet } = unicast;
        self.unicast(Caller { key, domain, until_ms }, to, packet);
    }

    /// Queues a packet to one user, and answers the call. The user lives here if online.
    fn unicast(&mut self, caller: Caller, to: &str, packet: &Packet) {
        let Caller { key, domain, .. } = caller;
        if packet.is_counted() && !self.people.admits(domain) {
            return self.out.refuse(key, Refusal::Overloaded);
        }
        let mut receivers = Receivers::default();
        let outcome = match self.people.find(domain, to) {
            Some(user) => self.reach(user, packet, &mut receivers),
            None => DeliveryOutcome::default(),
        };
        if !packet.is_counted() {
            self.out.answer(key, Answer::Done);
        } else if outcome.sessions == 0 && outcome.refused > 0 {
            self.out.refuse(key, Refusal::ReceiverFull);
        } else {
            self.count_delivered(packet, receivers);
            self.out.answer(key, Answer::Delivered(receivers));
        }
    }

    /// Handles [`Mail::Deliver`]: the receivers are users of this place.
    pub(super) fn on_deliver(&mut self, delivery: UserDelivery) {
        let UserDelivery { gather, ref packet, to } = delivery;
        self.people.charge(&mut self.out, gather.place, &to);
        self.deliver(CrowdDelivery::to_users(packet, to, gather));
    }

    /// Queues a packet to a user of this place, and counts the sessions.
    pub(super) fn reach(
        &mut self,
        user: Slot,
        packet: &Packet,
        receivers: &mut Receivers,
    ) -> DeliveryOutcome {
        let receiver = self.people.get(user);
        let (domain, is_visible) =
            (receiver.map(User::domain), receiver.is_some_and(|user| user.profile().visible()));
        let outcome = self.people.deliver(&mut self.out, user, packet, None);
        receivers.add(outcome.sessions, is_visible);
        if matches!(packet.kind(), Kind::Message(_))
            && let Some(figures) = domain.and_then(|domain| self.out.figures(domain))
        {
            figures.delivered(u64::from(outcome.sessions));
        }
        outcome
    }

    pub(super) fn count_delivered(&mut self, packet: &Packet, Receivers { sessions, .. }: Receivers) {
        let counters = self.out.counters_mut();
        match packet.kind() {
            Kind::Message(_) => counters.messages_delivered_total += u64::from(sessions),
            Kind::Signal => counters.signals_delivered_total += u64::from(sessions),
            Kind::Presence(_) | Kind::Status | Kind::RoomStatus => {}
        }
    }
}

/// The longest id that is made: numbers of 32, 16 and 64 bits, and what stands between them.
const MADE_ID_BYTES_MAX: usize = 8 + 1 + 4 + 1 + 16;

/// An id of three numbers.
fn made_id([epoch, place, number]: [u64; 3]) -> String {
    let mut id = String::with_capacity(MADE_ID_BYTES_MAX);
    append_hexadecimal(&mut id, epoch);
    id.push('-');
    append_hexadecimal(&mut id, place);
    id.push('-');
    append_hexadecimal(&mut id, number);
    id
}

/// The name in which a user or a site speaks.
pub(super) fn name_of<'a>(speaker: &'a Speaker<'_>, profile: Option<&'a Profile>) -> &'a str {
    match (speaker, profile) {
        (Speaker::Site(from), _) => from,
        (Speaker::Ticket(_), Some(profile)) => profile.name(),
        (Speaker::Ticket(_), None) => unreachable!("a session has a user"),
    }
}
