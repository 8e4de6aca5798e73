//! Signals: what has happened to messages after they were sent.
//!
//! Owns: `/signals`, and which signals have the same subject. Must not: queue a packet; `message` sends it as it sends
//! messages.

use super::call::{Caller, NewSignal, Refusal};
use super::machine::Router;
use super::message::name_of;
use super::packet::{MessageType, Packet, Signal};
use super::people::user::User;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;

impl Router {
    /// `/signals`.
    pub(super) fn signal(&mut self, caller: Caller, signal: &NewSignal<'_>) {
        let Caller { key, domain, .. } = caller;
        let Some(sender) = self.find_sender(domain, &signal.speaker) else {
            return self.out.refuse(key, Refusal::NoClient);
        };
        let admitted = self.people.admits(domain);
        if !admitted && signal.kind == MessageType::Unicast {
            return self.out.refuse(key, Refusal::Overloaded);
        }
        self.out.counters_mut().signals_total += 1;
        let packet = self.encode_signal(domain, signal, sender.user);
        if admitted {
            self.copy(signal.kind, &signal.to, &packet, sender);
        }
        self.send(caller, signal.kind, &signal.to, packet, sender);
    }

    fn encode_signal(&mut self, domain: DomainId, signal: &NewSignal<'_>, user: Option<Slot>) -> Packet {
        let NewSignal { speaker, to, name, data, key, .. } = signal;
        self.ids_made += 1;
        let profile = user.and_then(|user| self.people.get(user)).map(User::profile);
        let from = name_of(speaker, profile);
        let places = self.directory.places();
        let subject = match key {
            Some(key) => places.spread((domain, from, &**name, &**key)),
            // A subject of its own.
            None => places.spread((self.directory.place(), self.ids_made)),
        };
        Packet::signal(&Signal { from, to, name, data, subject })
    }
}
