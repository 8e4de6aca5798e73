//! Rooms: who is in, and what is said there.
//!
//! Owns: the table of rooms and their members, of the rooms this place owns; and, at the member's place, the list of
//! rooms a user is in. Must not: keep what members show: their owners are asked. Membership belongs to the user and
//! ends when he leaves or goes offline; the room's owner hears of it.

use std::num::NonZeroU32;

use ahash::RandomState;
use hashbrown::HashMap;

use crate::base::domains::DomainId;
use crate::base::limits::chat::MEMBERS_LISTED_MAX;
use crate::base::slots::{Slot, UNBORN, kept};
use crate::router::Router;
use crate::router::call::{Answer, JoinedRoom, MembersQuery, Refusal, RoomCall, Subject, Text};
use crate::router::gather::Collect;
use crate::router::ids::{CallKey, GatherKey, Place, RoomKey, UserKey};
use crate::router::mail::{
    Distribution, Entered, EnteredRoom, Mail, MembersRequest, Multicast, ProfilesRequest, RoomEntry,
    RoomExit, RoomJoin, RoomLeave, RoomLeft, RoomReveal, Sight,
};
use crate::router::packet::{Packet, PresenceType};
use crate::router::people::keys::Added;
use crate::router::people::user::User;

/// A room with at least one member.
#[derive(Debug)]
pub(in crate::router) struct Room {
    pub(in crate::router) domain: DomainId,
    pub(in crate::router) name: Box<str>,
    /// Its members, and whether others see them.
    pub(in crate::router) members: HashMap<UserKey, bool, RandomState>,
    visible: u32,
    generation: NonZeroU32,
}

kept!(Room);
const _: () = assert!(size_of::<(UserKey, bool)>() <= crate::base::limits::parked::MEMBER_BYTES_MAX);

impl Room {
    /// Adds a member; `false` if he is one already. Either way he is as visible as he says now.
    fn add(&mut self, user: UserKey, visible: bool) -> bool {
        let before = self.members.insert(user, visible);
        self.visible += u32::from(visible);
        self.visible -= u32::from(before == Some(true));
        before.is_none()
    }

    fn remove(&mut self, user: UserKey) -> bool {
        let before = self.members.remove(&user);
        self.visible -= u32::from(before == Some(true));
        before.is_some()
    }

    /// Members as `viewer` may know them: the visible ones, and he himself.
    fn count_for(&self, viewer: UserKey) -> u32 {
        self.visible + u32::from(self.members.get(&viewer) == Some(&false))
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Room {
    /// How many of its members others see, as it believes.
    pub(in crate::router) fn visible(&self) -> u32 {
        self.visible
    }
}

impl Router {
    pub(in crate::router) fn find_room(&self, domain: DomainId, name: &str) -> Option<Slot> {
        let same = |slot: &Slot| {
            let room = &self.rooms[*slot];
            room.domain == domain && *room.name == *name
        };
        self.room_names.find(self.places.hash(domain, name), same).copied()
    }

    fn find_or_make_room(&mut self, domain: DomainId, name: &str) -> Slot {
        if let Some(room) = self.find_room(domain, name) {
            return room;
        }
        let members = HashMap::with_hasher(self.places.hasher().clone());
        let room =
            self.rooms.insert(Room { domain, name: name.into(), members, visible: 0, generation: UNBORN });
        let (rooms, places) = (&self.rooms, &self.places);
        let hash = |slot: &Slot| places.hash(rooms[*slot].domain, &rooms[*slot].name);
        self.room_names.insert_unique(places.hash(domain, name), room, hash);
        room
    }

    fn remove_member(&mut self, slot: Slot, user: UserKey) -> bool {
        let Some(room) = self.rooms.get_mut(slot) else { return false };
        let removed = room.remove(user);
        if room.members.is_empty() {
            let hash = self.places.hash(room.domain, &room.name);
            if let Ok(entry) = self.room_names.find_entry(hash, |other| *other == slot) {
                entry.remove();
            }
            self.rooms.remove(slot);
        }
        removed
    }

    fn room_key(&self, slot: Slot) -> RoomKey {
        RoomKey { place: self.place, slot }
    }

    /// The rooms an `online` call names.
    pub(in crate::router) fn enter(&mut self, user: Slot, rooms: Vec<Text<'_>>, gather: GatherKey) {
        let domain = self.users[user].domain;
        let sight = self.users[user].sight();
        let user = self.user_key(user);
        for (place, rooms) in self.names_by_place(domain, rooms) {
            self.ask(gather, place, Mail::Enter(RoomEntry { gather, domain, user, sight, rooms }));
        }
    }

    /// A user is in these rooms, says his site.
    pub(in crate::router) fn on_enter(&mut self, entry: RoomEntry) {
        let RoomEntry { gather, domain, user, sight, rooms } = entry;
        self.charge_mail(domain, user.place, rooms.len());
        let mut entered = Vec::with_capacity(rooms.len());
        for (position, name) in rooms {
            let slot = self.find_or_make_room(domain, &name);
            let room = &mut self.rooms[slot];
            room.add(user, sight.visible);
            let members = room.count_for(user);
            entered.push(EnteredRoom { position, name, key: self.room_key(slot), members });
        }
        let entered = Entered { gather: Some(gather), domain, user, sight, rooms: entered };
        self.send(user.place, Mail::Entered(entered));
    }

    /// A user of this place has become a member of these rooms.
    pub(in crate::router) fn on_entered(&mut self, entered: Entered) {
        let Entered { gather, domain, user, sight, rooms } = entered;
        let (kept, refused) = self.note_rooms(user.slot, rooms);
        let keys = |rooms: &[EnteredRoom]| -> Vec<(Place, Slot)> {
            rooms.iter().map(|room| (room.key.place, room.key.slot)).collect()
        };
        let truncated = !refused.is_empty();
        let now = self.users.get(user.slot).map(User::sight);
        let online = now.is_some();
        for (place, rooms) in self.work.by_place(domain, &self.places, keys(&refused)) {
            self.send(place, Mail::Exit(RoomExit { gather: None, user, online, rooms }));
        }
        if let Some(Sight { visible, .. }) = now.filter(|now| *now != sight) {
            // He appeared or disappeared while the rooms were asked, and may have told them or not.
            for (place, rooms) in self.work.by_place(domain, &self.places, keys(&kept)) {
                self.send(place, Mail::Reveal(RoomReveal { gather: None, user, visible, rooms }));
            }
        }
        if let Some(gather) = gather {
            self.add_rooms(gather, kept, truncated);
            self.reported(gather);
        }
    }

    /// Notes the rooms a user is in, as many as he may be in; all others he must leave again.
    fn note_rooms(&mut self, user: Slot, rooms: Vec<EnteredRoom>) -> (Vec<EnteredRoom>, Vec<EnteredRoom>) {
        let Some(owner) = self.users.get_mut(user) else { return (Vec::new(), rooms) };
        let rooms_max = self.limits.rooms_per_user;
        owner.rooms.expect(rooms.len().min(rooms_max.saturating_sub(owner.rooms.len())));
        let hasher = self.places.hasher();
        rooms.into_iter().partition(|room| owner.rooms.add(room.key, rooms_max, hasher) != Added::Full)
    }

    /// `/room/join`.
    pub(in crate::router) fn join(&mut self, key: CallKey, domain: DomainId, call: &RoomCall<'_>) {
        let Some((user, _)) = self.find_subject(domain, &call.subject) else {
            return self.refuse(key, Refusal::NoClient);
        };
        let full = self.users[user].rooms.len() >= self.limits.rooms_per_user;
        let (_, packet) = self.room_presence(PresenceType::Join, user, call);
        let sight = self.users[user].sight();
        let user = self.user_key(user);
        let join = RoomJoin { key, domain, user, sight, full, room: (*call.room).into(), packet };
        self.send(self.places.of(domain, &call.room), Mail::Join(join));
    }

    fn room_presence(&self, kind: PresenceType, user: Slot, call: &RoomCall<'_>) -> (bool, Packet) {
        let profile = &self.users[user].profile;
        let nick = call.nick.as_deref().unwrap_or(profile.nick());
        (profile.visible(), Packet::room_presence(kind, profile, nick, &call.room))
    }

    /// Somebody joins a room of this place.
    pub(in crate::router) fn on_join(&mut self, join: RoomJoin) {
        let RoomJoin { key, domain, user, sight, full, room: name, packet } = join;
        let known = self.find_room(domain, &name);
        let member = known.is_some_and(|room| self.rooms[room].members.contains_key(&user));
        if full && !member {
            return self.refuse(key, Refusal::TooManyRooms);
        }
        let slot = self.find_or_make_room(domain, &name);
        let room = &mut self.rooms[slot];
        room.add(user, sight.visible);
        let members = room.count_for(user);
        let room = RoomKey { place: self.place, slot };
        let rooms = vec![EnteredRoom { position: 0, name: name.clone(), key: room, members }];
        self.send(user.place, Mail::Entered(Entered { gather: None, domain, user, sight, rooms }));
        let gather = self.open(key, Collect::Joined(JoinedRoom { room: name, members }));
        if sight.visible && !member {
            self.tell_members(gather, slot, &packet, Some(user));
        }
        self.close(gather);
    }

    /// `/room/leave`.
    pub(in crate::router) fn leave(&mut self, key: CallKey, domain: DomainId, call: &RoomCall<'_>) {
        match (self.find_subject(domain, &call.subject), &call.subject) {
            (Some((user, _)), _) => {
                let (visible, packet) = self.room_presence(PresenceType::Leave, user, call);
                let user = self.user_key(user);
                let leave = RoomLeave { key, domain, user, visible, room: (*call.room).into(), packet };
                self.send(self.places.of(domain, &call.room), Mail::Leave(leave));
            }
            (None, Subject::Ticket(_)) => self.refuse(key, Refusal::NoClient),
            // Who is offline is in no room: that is what was asked for.
            (None, Subject::Name(_)) => self.answer(key, Answer::Done),
        }
    }

    /// Somebody leaves a room of this place.
    pub(in crate::router) fn on_leave(&mut self, leave: &RoomLeave) {
        let RoomLeave { key, domain, user, visible, room: ref name, ref packet } = *leave;
        let gather = self.open(key, Collect::Done);
        if let Some(slot) = self.find_room(domain, name) {
            let room = self.room_key(slot);
            if self.remove_member(slot, user) {
                self.send(user.place, Mail::Left(RoomLeft { user, room }));
                if visible && self.rooms.get(slot).is_some() {
                    self.tell_members(gather, slot, packet, None);
                }
            }
        }
        self.close(gather);
    }

    /// A user of this place is no member any more.
    pub(in crate::router) fn on_left(&mut self, left: &RoomLeft) {
        let Some(user) = self.users.get_mut(left.user.slot) else { return };
        user.rooms.remove(left.room, self.places.hasher());
    }

    /// A user is gone from these rooms. One who is online is told: he may have asked again meanwhile, and been told
    /// that he is in.
    pub(in crate::router) fn on_exit(&mut self, exit: &RoomExit) {
        let RoomExit { gather, user, online, ref rooms } = *exit;
        self.charge_rooms(user.place, rooms);
        for slot in rooms {
            self.remove_member(*slot, user);
            if online {
                self.send(user.place, Mail::Left(RoomLeft { user, room: self.room_key(*slot) }));
            }
        }
        self.report_done(gather);
    }

    /// Members of these rooms begin or cease to see a user.
    pub(in crate::router) fn on_reveal(&mut self, reveal: &RoomReveal) {
        let RoomReveal { gather, user, visible, ref rooms } = *reveal;
        self.charge_rooms(user.place, rooms);
        for room in rooms {
            if let Some(room) = self.rooms.get_mut(*room)
                && room.members.contains_key(&user)
            {
                room.add(user, visible);
            }
        }
        self.report_done(gather);
    }

    /// `/room/members`.
    pub(in crate::router) fn members(&mut self, key: CallKey, domain: DomainId, query: &MembersQuery<'_>) {
        match self.find_viewer(domain, query.ticket.as_ref()) {
            Ok(viewer) => {
                let request = MembersRequest { key, domain, room: (*query.room).into(), viewer };
                self.send(self.places.of(domain, &query.room), Mail::Members(request));
            }
            Err(refusal) => self.refuse(key, refusal),
        }
    }

    /// Somebody asks for the members of a room of this place.
    pub(in crate::router) fn on_members(&mut self, request: MembersRequest) {
        let MembersRequest { key, domain, room, viewer } = request;
        let slot = self.find_room(domain, &room);
        let gather = self.open(key, Collect::Members { room, members: Vec::new() });
        if let Some(slot) = slot {
            self.describe_members(gather, slot, viewer);
        }
        self.close(gather);
    }

    /// Asks the owners of the members that `viewer` may see what they show.
    fn describe_members(&mut self, gather: GatherKey, room: Slot, viewer: Option<UserKey>) {
        let Room { domain, members, .. } = &self.rooms[room];
        let (domain, mut looked_at) = (*domain, 0);
        let members = members.iter().inspect(|_| looked_at += 1);
        let seen = members.filter(|(user, visible)| **visible || viewer == Some(**user));
        let seen = seen.take(MEMBERS_LISTED_MAX).map(|(user, _)| (user.place, user.slot));
        let seen = self.work.by_place(domain, &self.places, seen);
        let unseen = looked_at - seen.iter().map(|(_, users)| users.len()).sum::<usize>();
        self.work.charge(domain, unseen);
        for (place, users) in seen {
            self.ask(gather, place, Mail::Describe(ProfilesRequest { gather, users }));
        }
    }

    /// A message for the members of a room of this place.
    pub(in crate::router) fn on_multicast(&mut self, multicast: &Multicast) {
        let Multicast { key, domain, ref room, ref packet, sender } = *multicast;
        let gather = self.open(key, Collect::Delivered(0));
        if let Some(slot) = self.find_room(domain, room) {
            self.tell_members(gather, slot, packet, sender);
        }
        self.close(gather);
    }

    /// Sends a packet to the members of a room but one.
    fn tell_members(&mut self, gather: GatherKey, room: Slot, packet: &Packet, except: Option<UserKey>) {
        let Room { domain, members, .. } = &self.rooms[room];
        let members = members.keys().filter(|user| Some(**user) != except).copied().map(Into::into);
        for (place, to) in self.work.by_place(*domain, &self.places, members) {
            let packet = packet.clone();
            self.ask(gather, place, Mail::Deliver(Distribution { gather, packet, to }));
        }
    }
}
