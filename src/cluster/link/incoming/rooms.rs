//! Records about rooms.
//!
//! Owns: which mail each becomes, and what an image gains or loses by it. Must not: read a record that it is not given.

use crate::base::domains::DomainId;
use crate::cluster::link::asked::Asked;
use crate::cluster::link::context::{Context, Sink};
use crate::cluster::link::divide::{by_place, by_shard};
use crate::cluster::link::pending::Collected;
use crate::cluster::link::state::Link;
use crate::cluster::wire::record::{self, UNSUPPORTED};
use crate::router::ids::{RoomKey, UserKey};
use crate::router::mail::{
    EnteredRoom, Entering, EntryReply, Mail, MembersRequest, Part, Reenter, RoomEntry, RoomExit, RoomJoin,
    RoomLeave, RoomLeft, RoomReveal, Waiting,
};

impl Link {
    pub(super) fn hear_entry(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Enter,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let record::Enter { user, sight, profile, rooms, .. } = record;
        let user = self.see(user, domain, &profile);
        let places = by_shard(domain, rooms, context);
        let Some(number) = self.open_parts(request, Collected::Parts, places.len(), user.slot) else {
            self.say(request, record::Entered { rooms: Vec::new(), more: false });
            return;
        };
        let gather = self.pendings.gather_key(number);
        for (place, rooms) in places {
            let profile = profile.clone();
            sink.mail.push((place, Mail::Enter(RoomEntry { gather, domain, user, sight, profile, rooms })));
        }
    }

    pub(super) fn hear_entered(&mut self, request: u32, record: record::Entered, sink: &mut Sink) {
        let more = record.more;
        let Some(Asked::Enter { gather, domain, user, sight, rooms: names }) =
            self.questions.get_mut(request)
        else {
            return;
        };
        let (gather, domain, user, sight) = (*gather, *domain, *user, *sight);
        let names = if more { names.clone() } else { std::mem::take(names) };
        if !more {
            self.questions.take(request);
        }
        let mut rooms = Vec::new();
        for (position, key, (members, unseen)) in record.rooms {
            let Some((_, name)) = names.iter().find(|(at, _)| *at == position) else { continue };
            let slot = self.images.add_member(key, domain, name, user);
            let (name, key) = (name.clone(), RoomKey { place: self.place, slot });
            rooms.push(EnteredRoom { position, name, key, members, unseen });
        }
        let reply = EntryReply { by: Entering::Online(gather), domain, user, sight, more, rooms };
        sink.mail.push((user.place, Mail::Entered(reply)));
    }

    pub(super) fn hear_join(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Join,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let record::Join { within_ms, user, sight, profile, full, room, packet, .. } = record;
        let user = self.see(user, domain, &profile);
        let Waiting { key, .. } = self.waiting(request, within_ms, Some(user.slot), context);
        let place = context.places().of(domain, &room);
        let join = RoomJoin { key, domain, user, sight, profile, full, room, packet };
        sink.mail.push((place, Mail::Join(join)));
    }

    pub(super) fn hear_joining(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Joining,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let record::Joining { user, sight, name, room, members, .. } = record;
        let Some(user) = Link::own(user, context) else { return self.refuse(request, UNSUPPORTED) };
        let slot = self.images.add_member(room, domain, &name, user);
        let number = self.open(request, Collected::Share(Part::Done), 1, None);
        let key = RoomKey { place: self.place, slot };
        let rooms = vec![EnteredRoom { position: 0, name, key, members, unseen: false }];
        let by = Entering::Join(self.pendings.gather_key(number));
        sink.mail
            .push((user.place, Mail::Entered(EntryReply { by, domain, user, sight, more: false, rooms })));
    }

    pub(super) fn hear_left(
        &mut self,
        request: u32,
        record: &record::Left,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let slot = self.images.find_room(record.room);
        let (Some(user), Some(slot)) = (Link::own(record.user, context), slot) else {
            self.open_done(request, 0);
            return;
        };
        self.images.remove_member(slot, user);
        let gather = self.open_done(request, 1);
        let room = RoomKey { place: self.place, slot };
        sink.mail.push((user.place, Mail::Left(RoomLeft { gather, user, room })));
    }

    pub(super) fn hear_ended(
        &mut self,
        domain: DomainId,
        record: &record::Ended,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let Some(slot) = self.images.find_room(record.room) else { return };
        let users: Vec<UserKey> = record.users.iter().filter_map(|user| Link::own(*user, context)).collect();
        for user in &users {
            self.images.remove_member(slot, *user);
        }
        let room = RoomKey { place: self.place, slot };
        for (place, users) in by_place(users) {
            let name = record.name.clone();
            sink.mail.push((place, Mail::Reenter(Reenter { domain, room, name, users })));
        }
    }

    pub(super) fn hear_exit(
        &mut self,
        request: u32,
        record: &record::Exit,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let user = self.image_or_nobody(record.user);
        let rooms = record.rooms.iter().filter(|room| context.places().contains(room.place)).copied();
        let rooms: Vec<RoomKey> = rooms.collect();
        for room in rooms.iter().filter(|_| !record.online) {
            self.images.exit(user.slot, *room);
        }
        let places = by_place(rooms);
        let gather = self.open_done(request, places.len());
        for (place, rooms) in places {
            let (online, farewell) = (record.online, record.farewell.clone());
            sink.mail.push((place, Mail::Exit(RoomExit { gather, user, online, farewell, rooms })));
        }
    }

    pub(super) fn hear_reveal(
        &mut self,
        request: u32,
        record: &record::Reveal,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let user = self.image_or_nobody(record.user);
        if let Some(news) = &record.news {
            self.images.show(user.slot, news.clone(), &[]);
        }
        let rooms = record.rooms.iter().filter(|room| context.places().contains(room.place)).copied();
        let places = by_place(rooms);
        let gather = self.open_done(request, places.len());
        for (place, rooms) in places {
            let (sight, news) = (record.sight, record.news.clone());
            sink.mail.push((place, Mail::Reveal(RoomReveal { gather, user, sight, news, rooms })));
        }
    }

    pub(super) fn hear_leave(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Leave,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let Waiting { key, .. } = self.waiting(request, record.within_ms, None, context);
        let place = context.places().of(domain, &record.room);
        let (user, visible) = (self.image_or_nobody(record.user), record.visible);
        let leave = RoomLeave { key, domain, user, visible, room: record.room, packet: record.packet };
        sink.mail.push((place, Mail::Leave(leave)));
    }

    pub(super) fn hear_members(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Members,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let Waiting { key, .. } = self.waiting(request, record.within_ms, None, context);
        let place = context.places().of(domain, &record.room);
        let viewer = record.viewer.and_then(|viewer| self.image_key(viewer));
        let members = MembersRequest { key, domain, room: record.room, viewer };
        sink.mail.push((place, Mail::Members(members)));
    }
}
