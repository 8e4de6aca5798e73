//! Mail about rooms, as records.
//!
//! Owns: which record each piece becomes, and what an image gains or loses by it. Must not: take mail that it is not given.

use super::CALL_WITHIN_MS;
use crate::cluster::link::asked::{Asked, report};
use crate::cluster::link::context::{Context, Sink};
use crate::cluster::link::divide::by_place;
use crate::cluster::link::state::Link;
use crate::cluster::wire::record;
use crate::router::mail::{
    Entering, EntryReply, Mail, Part, Reenter, RoomEntry, RoomExit, RoomJoin, RoomLeft, RoomReveal,
};

impl Link {
    pub(super) fn take_entry(&mut self, entry: RoomEntry, sink: &mut Sink) {
        let RoomEntry { gather, domain, user, sight, profile, rooms } = entry;
        let asked = Asked::Enter { gather, domain, user, sight, rooms: rooms.clone() };
        self.ask(asked, record::Enter { domain: domain.0, user, sight, profile, rooms }, sink);
    }

    pub(super) fn take_entered(&mut self, reply: EntryReply, sink: &mut Sink) {
        let EntryReply { by, domain, user, sight, rooms, .. } = reply;
        if self.images.user(user.slot).is_none() {
            // The link broke while the shard was asked: somebody who is lost has come into these rooms.
            for (place, rooms) in by_place(rooms.iter().map(|room| room.key)) {
                let exit = RoomExit { gather: None, user, online: false, farewell: None, rooms };
                sink.mail.push((place, Mail::Exit(exit)));
            }
        }
        for room in &rooms {
            self.images.enter(user.slot, room.key);
        }
        match by {
            Entering::Online(gather) => {
                let Some((request, more)) = self.answer_in_part(gather.slot.index) else { return };
                let rooms =
                    rooms.into_iter().map(|room| (room.position, room.key, (room.members, room.unseen)));
                self.say(request, record::Entered { rooms: rooms.collect(), more });
            }
            Entering::Join(gather) => {
                let image = self.images.user(user.slot).map(|image| image.key);
                let (Some(user), Some(room)) = (image, rooms.into_iter().next()) else {
                    return sink.mail.push(report(gather, Part::Missing));
                };
                let (name, members) = (room.name, room.members);
                let said = record::Joining { domain: domain.0, user, sight, name, room: room.key, members };
                self.tell(Asked::Share(gather), said, sink);
            }
        }
    }

    pub(super) fn take_join(&mut self, join: RoomJoin, context: Context<'_>, sink: &mut Sink) {
        let RoomJoin { key, domain, user, sight, profile, full, room, packet } = join;
        debug_assert!(Link::own(user, context).is_some(), "its user is one of this process");
        let (domain, within_ms) = (domain.0, CALL_WITHIN_MS);
        let said = record::Join { within_ms, domain, user, sight, profile, full, room, packet };
        self.ask(Asked::Call(key), said, sink);
    }

    pub(super) fn take_left(&mut self, left: &RoomLeft, sink: &mut Sink) {
        let RoomLeft { gather, user, room } = *left;
        let image = self.images.user(user.slot).map(|image| image.key);
        self.images.exit(user.slot, room);
        match image {
            Some(user) => self.ask_some(gather, record::Left { user, room }, sink),
            None => sink.mail.extend(gather.map(|gather| report(gather, Part::Done))),
        }
    }

    pub(super) fn take_reenter(&mut self, reenter: Reenter) {
        let Reenter { domain, room, name, users } = reenter;
        let keys = self.keys(&users);
        for user in users {
            self.images.exit(user, room);
        }
        self.say(0, record::Ended { domain: domain.0, room, name, users: keys });
    }

    pub(super) fn take_exit(&mut self, exit: RoomExit, sink: &mut Sink) {
        let RoomExit { gather, user, online, farewell, rooms } = exit;
        let keys = self.room_keys(&rooms);
        for slot in &rooms {
            self.images.remove_member(*slot, user);
        }
        self.ask_some(gather, record::Exit { user, online, farewell, rooms: keys }, sink);
    }

    pub(super) fn take_reveal(&mut self, reveal: RoomReveal, sink: &mut Sink) {
        let RoomReveal { gather, user, sight, news, rooms } = reveal;
        let rooms = self.room_keys(&rooms);
        self.ask_some(gather, record::Reveal { user, sight, news, rooms }, sink);
    }
}
