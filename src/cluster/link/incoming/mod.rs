//! Records of the other node, as mail for shards.
//!
//! Owns: which mail each record becomes, the keys in it, and what an image gains or loses by it. Must not: trust a key: one
//! that names no place of this process, or no image, finds nobody.

mod fit;
mod people;
mod rooms;

use self::fit::fits;
use super::asked::{Asked, answer, report};
use super::context::{Context, Sink};
use super::divide::by_place;
use super::pending::{Collected, Pending};
use super::state::Link;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::cluster::limits::ONWARD;
use crate::cluster::wire::Reader;
use crate::cluster::wire::record::{self, NO_DOMAIN, Read, Record, Said, UNSUPPORTED, take};
use crate::router::call::{Answer, Call, Receivers, Refusal};
use crate::router::ids::{GatherKey, UserKey};
use crate::router::mail::{
    Broadcast, CallAnswer, CallRequest, Mail, Multicast, Onward, Part, Reached, Unicast, UserDelivery,
    Waiting,
};
use crate::router::profile::Profile;

/// The domain of records that name none.
const NO_DOMAIN_ID: DomainId = DomainId(u32::MAX);

impl Link {
    /// Takes the records of a frame. Returns whether all of it could be read.
    pub(crate) fn take_records(&mut self, records: &[u8], context: Context<'_>, sink: &mut Sink) -> bool {
        let mut from = Reader::new(records);
        while !from.is_empty() {
            match take(&mut from) {
                Some(Read::Said(said)) if fits(&said.record) => {
                    sink.heard += 1;
                    self.hear(said, context, sink);
                }
                Some(Read::Said(said)) => self.hear_unfit(&said, sink),
                Some(Read::Unknown(request)) => self.refuse(request, UNSUPPORTED),
                None => return false,
            }
        }
        true
    }

    /// A record that may not come to shards: it is refused, or ends the question that it answers.
    fn hear_unfit(&mut self, said: &Said, sink: &mut Sink) {
        if matches!(said.record, Record::Linked(_) | Record::Report(_)) {
            self.hear_refusal(said.request, UNSUPPORTED, sink);
        } else {
            self.refuse(said.request, UNSUPPORTED);
        }
    }

    pub(super) fn refuse(&mut self, request: u32, reason: u8) {
        if request != 0 {
            self.say(request, record::Refused { reason });
        }
    }

    fn hear(&mut self, Said { request, record }: Said, context: Context<'_>, sink: &mut Sink) {
        let domain = match record.domain() {
            Some(number) => match self.domain(number) {
                Some(domain) => domain,
                None => return self.refuse(request, NO_DOMAIN),
            },
            None => NO_DOMAIN_ID,
        };
        match record {
            Record::DomainList(list) => self.learn_domains(list.names, context),
            Record::Answered(record) => self.hear_answer(request, record.answer, context, sink),
            Record::Linked(record) => self.hear_linked(request, record, sink),
            Record::Unlinked(record) => self.hear_unlinked(request, record, sink),
            Record::Entered(record) => self.hear_entered(request, record, sink),
            Record::Report(record) => self.hear_report(request, record.part, sink),
            Record::Refused(record) => self.hear_refusal(request, record.reason, sink),
            Record::Deliver(record) => self.hear_delivery(request, &record, context, sink),
            Record::Left(record) => self.hear_left(request, &record, context, sink),
            Record::Exit(record) => self.hear_exit(request, &record, context, sink),
            Record::Reveal(record) => self.hear_reveal(request, &record, context, sink),
            Record::Describe(record) => self.hear_describe(request, record.users, context, sink),
            Record::Call(record) => self.hear_call(request, domain, record, context, sink),
            Record::Link(record) => self.hear_link(request, domain, &record, context, sink),
            Record::Unlink(record) => self.hear_unlink(request, domain, record, context, sink),
            Record::Presence(record) => self.hear_presence(request, domain, record, context, sink),
            Record::Unicast(record) => self.hear_unicast(request, domain, record, context, sink),
            Record::Multicast(record) => self.hear_multicast(request, domain, record, context, sink),
            Record::Broadcast(record) => self.hear_broadcast(request, domain, &record, context, sink),
            Record::Enter(record) => self.hear_entry(request, domain, record, context, sink),
            Record::Join(record) => self.hear_join(request, domain, record, context, sink),
            Record::Joining(record) => self.hear_joining(request, domain, record, context, sink),
            Record::Leave(record) => self.hear_leave(request, domain, record, context, sink),
            Record::Ended(record) => self.hear_ended(domain, &record, context, sink),
            Record::Missed(record) => self.hear_missed(domain, &record, context, sink),
            Record::Evict(record) => hear_evict(domain, record, context, sink),
            Record::Moved(record) => self.hear_moved(request, domain, record, context, sink),
            Record::Members(record) => self.hear_members(request, domain, record, context, sink),
            Record::Ask(record) => self.hear_ask(request, domain, record, context, sink),
        }
    }

    fn hear_refusal(&mut self, request: u32, reason: u8, sink: &mut Sink) {
        let refusal = if reason == NO_DOMAIN { Refusal::Unserved } else { Refusal::Unreachable };
        let asked = self.questions.take(request);
        sink.mail.extend(asked.map(|asked| asked.unanswered(refusal)));
    }

    /// The key here of a user of the other node.
    pub(super) fn image_key(&self, key: UserKey) -> Option<UserKey> {
        Some(UserKey { place: self.place, slot: self.images.find(key)? })
    }

    /// The same; if there is no image, a key of nobody.
    pub(super) fn image_or_nobody(&self, key: UserKey) -> UserKey {
        self.image_key(key).unwrap_or(UserKey { place: self.place, slot: Slot::NOWHERE })
    }

    /// The key here of a user of the other node, who is kept in mind until the question about it is answered.
    pub(super) fn see(&mut self, key: UserKey, domain: DomainId, profile: &Profile) -> UserKey {
        let slot = self.images.see(key, domain, profile);
        self.images.pin(slot);
        UserKey { place: self.place, slot }
    }

    /// Opens a question that so many shards answer. If none does, it is answered at once.
    pub(super) fn open(
        &mut self,
        request: u32,
        collected: Collected,
        waiting: usize,
        pinned: Option<Slot>,
    ) -> u32 {
        let number = self.pendings.open(Pending { request, collected, waiting: waiting.max(1), pinned });
        if waiting == 0 {
            self.answer_pending(number);
        }
        number
    }

    /// Opens a question whose parts so many shards answer, about an image; `None`: none does.
    pub(super) fn open_parts(
        &mut self,
        request: u32,
        collected: Collected,
        waiting: usize,
        image: Slot,
    ) -> Option<u32> {
        if waiting == 0 {
            self.images.unpin(image);
            return None;
        }
        Some(self.pendings.open(Pending { request, collected, waiting, pinned: Some(image) }))
    }

    /// Opens a question that one shard answers as it answers a call.
    pub(super) fn waiting(
        &mut self,
        request: u32,
        within_ms: u64,
        pinned: Option<Slot>,
        context: Context<'_>,
    ) -> Waiting {
        let number = self.open(request, Collected::Answer, 1, pinned);
        let until_ms = context.shared_ms.saturating_add(within_ms);
        Waiting { key: self.pendings.call_key(number), until_ms }
    }

    pub(super) fn hear_call(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Call,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let Waiting { key, until_ms } = self.waiting(request, record.within_ms, None, context);
        let call = Call { domain, verb: record.verb };
        let request = CallRequest { key, call, until_ms };
        let Some(hops) = record.hops.checked_sub(ONWARD) else {
            return sink.calls.push((request, record.hops));
        };
        if let Some(name) = request.call.verb.about() {
            let place = context.places().of(domain, name);
            sink.mail.push((place, Mail::Onward(Onward::Call { request, hops })));
        } else {
            self.take_answer(CallAnswer { key, answer: Answer::Refused(Refusal::Unreachable) });
        }
    }

    pub(super) fn hear_answer(
        &mut self,
        request: u32,
        mut said: Answer,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        if let Answer::Online(started) = &mut said
            && started.server.is_none()
        {
            started.server = context.owners.issuer(&started.ticket).map(|peer| peer.url);
        }
        match self.questions.take(request) {
            Some(Asked::Call(key) | Asked::Members(key, _) | Asked::Message(key) | Asked::Status(key)) => {
                sink.mail.push(answer(key, said));
            }
            Some(other) => sink.mail.push(other.unanswered(Refusal::Unreachable)),
            None => {}
        }
    }

    pub(super) fn hear_report(&mut self, request: u32, part: Part, sink: &mut Sink) {
        let Some(asked) = self.questions.take(request) else { return };
        let mail = match asked {
            Asked::Delivery(gather) | Asked::Share(gather) | Asked::Done(gather) => report(gather, part),
            Asked::Broadcast(key) => {
                let receivers =
                    if let Part::Delivered(receivers) = part { receivers } else { Receivers::default() };
                (key.place, Mail::Reached(Reached { key, receivers }))
            }
            Asked::Moved(moved) if matches!(part, Part::Done) => return drop(moved),
            other @ (Asked::Call(_)
            | Asked::Moved(_)
            | Asked::Members(..)
            | Asked::Message(_)
            | Asked::Status(_)
            | Asked::Link(_)
            | Asked::Unlink { .. }
            | Asked::Enter { .. }) => other.unanswered(Refusal::Unreachable),
        };
        sink.mail.push(mail);
    }

    /// Opens a question that needs no more than the end of it, if it is one.
    pub(super) fn open_done(&mut self, request: u32, waiting: usize) -> Option<GatherKey> {
        if request == 0 {
            return None;
        }
        let number = self.open(request, Collected::Share(Part::Done), waiting, None);
        Some(self.pendings.gather_key(number))
    }

    pub(super) fn hear_delivery(
        &mut self,
        request: u32,
        record: &record::Deliver,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let to = record.to.iter().filter_map(|user| Link::own(*user, context));
        let places = by_place(to);
        let collected = Collected::Share(Part::Delivered(Receivers::default()));
        let number = self.open(request, collected, places.len(), None);
        let gather = self.pendings.gather_key(number);
        for (place, to) in places {
            let packet = record.packet.clone();
            sink.mail.push((place, Mail::Deliver(UserDelivery { gather, packet, to })));
        }
    }

    fn hear_unicast(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Unicast,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let call = self.waiting(request, record.within_ms, None, context);
        let place = context.places().of(domain, &record.to);
        let unicast = Unicast { call, domain, to: record.to, packet: record.packet };
        let mail = match record.hops {
            0 => Mail::Unicast(unicast),
            hops => Mail::Onward(Onward::Unicast { unicast, hops }),
        };
        sink.mail.push((place, mail));
    }

    fn hear_multicast(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Multicast,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let call = self.waiting(request, record.within_ms, None, context);
        let place = context.places().of(domain, &record.room);
        let sender = record.sender.and_then(|sender| self.image_key(sender));
        let multicast = Multicast { call, domain, room: record.room, packet: record.packet, sender };
        sink.mail.push((place, Mail::Multicast(multicast)));
    }

    pub(super) fn hear_broadcast(
        &mut self,
        request: u32,
        domain: DomainId,
        record: &record::Broadcast,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let shards = usize::from(context.places().count());
        let number = self.open(request, Collected::Reached(Receivers::default()), shards, None);
        let key = self.pendings.broadcast_key(number);
        let sender = record.sender.and_then(|sender| self.image_key(sender));
        for place in context.places().all() {
            let packet = record.packet.clone();
            sink.mail.push((place, Mail::Broadcast(Broadcast { key, domain, packet, sender })));
        }
    }
}

fn hear_evict(domain: DomainId, record: record::Evict, context: Context<'_>, sink: &mut Sink) {
    let record::Evict { name, .. } = record;
    let place = context.places().of(domain, &name);
    sink.mail.push((place, Mail::Onward(Onward::Evict { domain, name })));
}
