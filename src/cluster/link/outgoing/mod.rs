//! Mail of shards, as records for the other node.
//!
//! Owns: which record each piece of mail becomes, the keys in it, and what an image loses by it. Must not: read a record.

mod rooms;

use super::asked::{Asked, LinkAsked, report};
use super::context::{Context, Sink};
use super::lost::LostUser;
use super::pending::Collected;
use super::state::Link;
use crate::base::slots::Slot;
use crate::cluster::limits::ONWARD;
use crate::cluster::wire::record;
use crate::router::call::{Receivers, Refusal};
use crate::router::ids::{CallKey, GatherKey, RoomKey, UserKey};
use crate::router::mail::{
    Broadcast, CallAnswer, CallRequest, GatherReport, Link as LinkMail, LinkReply, Mail, MembersRequest,
    Missed, Moved, Multicast, NamesRequest, Onward, Part, Presence, ProfilesRequest, Reach, Reached,
    RoomLeave, Unicast, Unlink, UnlinkReply, UserDelivery, Waiting,
};
use crate::router::packet::Packet;

impl Link {
    /// Takes mail of a shard.
    pub(crate) fn take_mail(&mut self, mail: Mail, context: Context<'_>, sink: &mut Sink) {
        match mail {
            Mail::Call(request) => self.take_call(request, 1, context, sink),
            Mail::Answer(answer) => self.take_answer(answer),
            Mail::Unicast(unicast) => self.take_unicast(unicast, 0, context, sink),
            Mail::Onward(Onward::Unicast { unicast, hops }) => {
                self.take_unicast(unicast, hops, context, sink);
            }
            Mail::Onward(Onward::Call { request, hops }) => {
                self.take_call(request, ONWARD + hops, context, sink);
            }
            Mail::Onward(Onward::Evict { domain, name }) => {
                self.say(0, record::Evict { domain: domain.0, name });
            }
            Mail::Multicast(multicast) => self.take_multicast(multicast, context, sink),
            Mail::Deliver(delivery) => self.take_delivery(&delivery, sink),
            Mail::Broadcast(broadcast) => self.take_broadcast(broadcast, sink),
            Mail::Reached(reached) => self.take_reached(reached),
            Mail::Link(link) => self.take_link(*link, sink),
            Mail::Linked(reply) => self.take_linked(*reply, context),
            Mail::Presence(presence) => self.take_presence(presence, context, sink),
            Mail::Unlink(unlink) => self.take_unlink(*unlink, sink),
            Mail::Unlinked(reply) => self.take_unlinked(reply),
            Mail::Enter(entry) => self.take_entry(entry, sink),
            Mail::Entered(reply) => self.take_entered(reply, sink),
            Mail::Join(join) => self.take_join(join, context, sink),
            Mail::Leave(leave) => {
                let RoomLeave { key, domain, user, visible, room, packet } = leave;
                let within_ms = CALL_WITHIN_MS;
                let said = record::Leave { within_ms, domain: domain.0, user, visible, room, packet };
                self.ask(Asked::Call(key), said, sink);
            }
            Mail::Left(left) => self.take_left(&left, sink),
            Mail::Exit(exit) => self.take_exit(exit, sink),
            Mail::Reveal(reveal) => self.take_reveal(reveal, sink),
            Mail::Members(request) => {
                let MembersRequest { key, domain, room, viewer } = request;
                let asked = Asked::Members(key, room.clone());
                let said = record::Members { within_ms: CALL_WITHIN_MS, domain: domain.0, room, viewer };
                self.ask(asked, said, sink);
            }
            Mail::Ask(request) => {
                let NamesRequest { gather, domain, viewer, names } = request;
                self.ask(Asked::Share(gather), record::Ask { domain: domain.0, viewer, names }, sink);
            }
            Mail::Describe(ProfilesRequest { gather, users }) => {
                let users = self.keys(&users);
                self.ask(Asked::Share(gather), record::Describe { users }, sink);
            }
            Mail::Report(GatherReport { gather, part }) => self.take_report(gather, part, sink),
            Mail::Missed(missed) => self.take_missed(*missed, context, sink),
            Mail::Moved(moved) => self.take_moved(moved, sink),
            Mail::Reenter(reenter) => self.take_reenter(reenter),
            Mail::Cut(_)
            | Mail::Fate(_)
            | Mail::Ack(_)
            | Mail::Close(_)
            | Mail::Relink(_)
            | Mail::Stranded(_)
            | Mail::Nodes(_) => {
                debug_assert!(false, "it stays within a process");
            }
        }
    }

    /// The keys of these images' users at the other node.
    fn keys(&self, images: &[Slot]) -> Vec<UserKey> {
        images.iter().filter_map(|slot| Some(self.images.user(*slot)?.key)).collect()
    }

    /// The keys of these images' rooms at the other node.
    fn room_keys(&self, images: &[Slot]) -> Vec<RoomKey> {
        images.iter().filter_map(|slot| Some(self.images.room(*slot)?.key)).collect()
    }

    // Calls and messages.

    /// A call, which has been passed on by so many nodes when it arrives.
    pub(crate) fn take_call(
        &mut self,
        request: CallRequest<'static>,
        hops: u8,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let CallRequest { key, call, until_ms } = request;
        let within_ms = until_ms.saturating_sub(context.shared_ms);
        let said = record::Call { hops, within_ms, domain: call.domain.0, verb: call.verb };
        self.ask(Asked::Call(key), said, sink);
    }

    pub(super) fn take_answer(&mut self, answer: CallAnswer) {
        let CallAnswer { key, answer } = answer;
        if let Some(pending) = self.pendings.answered(key.serial) {
            self.say(pending.request, record::Answered { answer });
            self.unpin(pending.pinned);
        }
    }

    /// What waits for the answer to a packet.
    fn asked_by(packet: &Packet, key: CallKey) -> Asked {
        if packet.is_counted() { Asked::Message(key) } else { Asked::Status(key) }
    }

    /// Whether a packet that may be refused is.
    fn turns_away(&self, asked: Asked, sink: &mut Sink) -> Option<Asked> {
        if self.session.is_congested() {
            sink.mail.push(asked.unanswered(Refusal::Unreachable));
            return None;
        }
        Some(asked)
    }

    fn take_unicast(&mut self, unicast: Unicast, hops: u8, context: Context<'_>, sink: &mut Sink) {
        let Unicast { call: Waiting { key, until_ms }, domain, to, packet } = unicast;
        if let Some(asked) = self.turns_away(Self::asked_by(&packet, key), sink) {
            let within_ms = until_ms.saturating_sub(context.shared_ms);
            self.ask(asked, record::Unicast { within_ms, domain: domain.0, to, packet, hops }, sink);
        }
    }

    fn take_multicast(&mut self, multicast: Multicast, context: Context<'_>, sink: &mut Sink) {
        let Multicast { call: Waiting { key, until_ms }, domain, room, packet, sender } = multicast;
        if let Some(asked) = self.turns_away(Self::asked_by(&packet, key), sink) {
            let within_ms = until_ms.saturating_sub(context.shared_ms);
            let sender = sender.and_then(|sender| Link::own(sender, context));
            self.ask(asked, record::Multicast { within_ms, domain: domain.0, room, packet, sender }, sink);
        }
    }

    fn take_delivery(&mut self, delivery: &UserDelivery, sink: &mut Sink) {
        let UserDelivery { gather, ref packet, ref to } = *delivery;
        let to = self.keys(to);
        if to.is_empty() {
            return sink.mail.push(report(gather, Part::Delivered(Receivers::default())));
        }
        if let Some(asked) = self.turns_away(Asked::Delivery(gather), sink) {
            self.ask(asked, record::Deliver { packet: packet.clone(), to }, sink);
        }
    }

    fn take_broadcast(&mut self, broadcast: Broadcast, sink: &mut Sink) {
        let Broadcast { key, domain, packet, sender } = broadcast;
        self.ask(Asked::Broadcast(key), record::Broadcast { domain: domain.0, packet, sender }, sink);
    }

    fn take_reached(&mut self, reached: Reached) {
        let Reached { key, receivers: more } = reached;
        if let Some(pending) = self.pendings.get_mut(key.number)
            && let Collected::Reached(receivers) = &mut pending.collected
        {
            receivers.add_all(more);
        }
        self.answer_pending(key.number);
    }

    fn take_report(&mut self, gather: GatherKey, part: Part, sink: &mut Sink) {
        let number = gather.slot.index;
        if self.take_who_is_here(number, &part, sink) {
            return;
        }
        if let Some(pending) = self.pendings.get_mut(number)
            && let Collected::Share(collected) = &mut pending.collected
        {
            match (collected, part) {
                (Part::Delivered(receivers), Part::Delivered(more)) => receivers.add_all(more),
                (Part::Profiles(profiles), Part::Profiles(more)) => profiles.extend(more),
                (collected, part @ (Part::Missing | Part::Refused(_))) => *collected = part,
                (_, Part::Done | Part::Delivered(_) | Part::Profiles(_)) => {}
            }
        }
        self.answer_pending(number);
    }

    /// Counts the answer of a shard, and answers the other node after the last one.
    pub(super) fn answer_pending(&mut self, number: u32) {
        let Some(pending) = self.pendings.answered(number) else { return };
        let request = pending.request;
        match pending.collected {
            Collected::Answer | Collected::Parts | Collected::Unlinks(_) => {
                debug_assert!(false, "its answer goes on as it comes");
            }
            Collected::Share(part) => {
                self.say(request, record::Report { part });
            }
            Collected::Reached(receivers) => {
                self.say(request, record::Report { part: Part::Delivered(receivers) });
            }
        }
        self.unpin(pending.pinned);
    }

    pub(super) fn unpin(&mut self, pinned: Option<Slot>) {
        if let Some(slot) = pinned {
            self.images.unpin(slot);
        }
    }

    // Links and presences.

    fn take_link(&mut self, link: LinkMail, sink: &mut Sink) {
        let asked = LinkAsked {
            gather: link.gather,
            domain: link.domain,
            user: link.user,
            session: link.session,
            asked_as: link.profile.clone(),
            changes: link.changes,
            reserved: link.reserved,
            names: link.names.iter().map(|(_, name)| name.clone()).collect(),
        };
        let said = record::Link {
            domain: link.domain.0,
            user: link.user,
            profile: link.profile,
            announce: link.announce,
            reserved: u32::try_from(link.reserved).unwrap_or(u32::MAX),
            names: link.names,
        };
        self.ask(Asked::Link(Box::new(asked)), said, sink);
    }

    fn take_linked(&mut self, reply: LinkReply, context: Context<'_>) {
        let LinkReply { gather, user, domain, buddies, unplaced, reserved, asked_as, .. } = reply;
        if self.images.user(user.slot).is_none() {
            // The link broke while the shard was asked: they were linked with somebody who is lost.
            let linked = buddies.iter().filter(|buddy| buddy.linked).map(|buddy| buddy.key).collect();
            let shown = asked_as.visible();
            let lost = LostUser { about: user, domain, profile: asked_as, shown, linked };
            return self.miss(lost, context.now.after(context.answer_ms));
        }
        for buddy in buddies.iter().filter(|buddy| buddy.linked) {
            self.images.link(user.slot, buddy.key);
            self.images.note_shown(user.slot, buddy.key, &asked_as);
        }
        let Some((request, more)) = self.answer_in_part(gather.slot.index) else { return };
        let buddies =
            buddies.into_iter().map(|buddy| (buddy.position, buddy.key, (buddy.profile, buddy.linked)));
        let (buddies, reserved) = (buddies.collect(), u32::try_from(reserved).unwrap_or(u32::MAX));
        self.say(request, record::Linked { buddies, unplaced, reserved, more });
    }

    /// Counts a shard's part of an answer. Returns the request, and whether other parts follow.
    fn answer_in_part(&mut self, number: u32) -> Option<(u32, bool)> {
        let request = self.pendings.get_mut(number)?.request;
        let done = self.pendings.answered(number);
        let more = done.is_none();
        self.unpin(done.and_then(|pending| pending.pinned));
        Some((request, more))
    }

    fn take_presence(&mut self, presence: Presence, context: Context<'_>, sink: &mut Sink) {
        let Presence { gather, about, packet, reach, to, .. } = presence;
        let keys = self.keys(&to);
        let domain = to.iter().find_map(|slot| Some(self.images.user(*slot)?.domain));
        if reach == Reach::Parted {
            for slot in &to {
                self.images.unlink(*slot, about);
            }
        }
        let Some(domain) = domain else {
            return sink.mail.extend(gather.map(|gather| report(gather, Part::Done)));
        };
        let about = Link::own(about, context);
        let said = record::Presence { domain: domain.0, about, packet, reach, to: keys };
        self.ask_some(gather, said, sink);
    }

    fn take_moved(&mut self, moved: Box<Moved>, sink: &mut Sink) {
        let (profile, messages) = (moved.profile.clone(), moved.messages.clone());
        let said = record::Moved { domain: moved.domain.0, profile, messages };
        self.tell(Asked::Moved(moved), said, sink);
    }

    fn take_missed(&mut self, missed: Missed, context: Context<'_>, sink: &mut Sink) {
        let Missed { about, domain, profile, users } = missed;
        let (here, there): (Vec<UserKey>, Vec<UserKey>) =
            users.into_iter().partition(|user| context.places().contains(user.place));
        let there: Vec<Slot> = there.into_iter().map(|image| image.slot).collect();
        let users = self.keys(&there);
        for image in there {
            self.images.unlink(image, about);
        }
        if !users.is_empty() {
            self.say(0, record::Missed { domain: domain.0, about, shown: profile.visible(), users });
        }
        let shown = profile.visible();
        self.miss_moved(LostUser { about, domain, profile, shown, linked: here }, context, sink);
    }

    /// Says something that is reported on if there is a gather.
    fn ask_some(&mut self, gather: Option<GatherKey>, said: impl Into<record::Record>, sink: &mut Sink) {
        match gather {
            Some(gather) => self.tell(Asked::Done(gather), said, sink),
            None => {
                self.say(0, said);
            }
        }
    }

    fn take_unlink(&mut self, unlink: Unlink, sink: &mut Sink) {
        let Unlink { gather, domain, user, profile, farewell, names } = unlink;
        let (texts, hashes): (_, Vec<u64>) = names.into_iter().map(|name| (name.text, name.hash)).unzip();
        let answered = vec![false; hashes.len()];
        let asked = Asked::Unlink { gather, user, by: self.place, names: hashes, answered };
        self.ask(asked, record::Unlink { domain: domain.0, user, profile, farewell, names: texts }, sink);
    }

    fn take_unlinked(&mut self, reply: UnlinkReply) {
        let UnlinkReply { gather, user, names, parted, .. } = reply;
        let number = gather.slot.index;
        for gone in &parted {
            self.images.unlink(user.slot, gone.key);
        }
        let Some(Collected::Unlinks(hashes)) =
            self.pendings.get_mut(number).map(|pending| &pending.collected)
        else {
            return;
        };
        let position = |name: &u64| {
            let at = hashes.iter().position(|hash| hash == name);
            at.and_then(|at| u32::try_from(at).ok())
        };
        let parted =
            parted.into_iter().filter_map(|gone| Some((position(&gone.name)?, gone.key, gone.farewell)));
        let (parted, names) = (parted.collect(), names.iter().filter_map(position).collect());
        if let Some((request, more)) = self.answer_in_part(number) {
            self.say(request, record::Unlinked { names, parted, more });
        }
    }
}

/// How long a call about a room may take to begin, in milliseconds: its mail says no deadline of its own.
const CALL_WITHIN_MS: u64 = crate::base::limits::turn::CARRY_OUT_MS_MAX;
