//! The rooms that this place owns: who enters, who leaves, and what is sent to their members.
//!
//! Owns: the table of rooms and their names. Must not: hold which rooms a user is in, or what members show; the
//! members' owners do, and are sent mail.

use hashbrown::HashTable;

use super::room::Room;
use crate::base::domains::DomainId;
use crate::base::limits::chat::{MEMBERS_LISTED_MAX, STATUS_MEMBERS_MAX};
use crate::base::slots::{Slot, Slots};
use crate::router::call::{JoinedRoom, Receivers, Refusal};
use crate::router::directory::Directory;
use crate::router::gather::Collection;
use crate::router::ids::{GatherKey, Place, UserKey};
use crate::router::mail::{
    EnteredRoom, Entering, EntryReply, Mail, MembersRequest, Multicast, Presence, ProfilesRequest, Reach,
    Reenter, RoomEntry, RoomExit, RoomJoin, RoomLeave, RoomLeft, RoomReveal, UserDelivery,
};
use crate::router::out::Out;
use crate::router::packet::{Kind, Packet};
use crate::router::profile::Profile;

/// See the module.
#[derive(Debug)]
pub(in crate::router) struct Rooms {
    directory: Directory,
    table: Slots<Room>,
    names: HashTable<Slot>,
}

impl Rooms {
    pub(in crate::router) fn new(directory: Directory) -> Rooms {
        Rooms { directory, table: Slots::default(), names: HashTable::new() }
    }

    pub(in crate::router) fn len(&self) -> usize {
        self.table.len()
    }

    fn find(&self, domain: DomainId, name: &str) -> Option<Slot> {
        let same = |slot: &Slot| {
            let room = &self.table[*slot];
            room.domain() == domain && room.name() == name
        };
        self.names.find(self.directory.places().hash(domain, name), same).copied()
    }

    fn find_or_make(&mut self, out: &mut Out, domain: DomainId, name: &str) -> Slot {
        if let Some(room) = self.find(domain, name) {
            return room;
        }
        out.welcome(domain, name);
        let places = self.directory.places();
        let room = self.table.insert(Room::new(domain, name, places.hasher().clone()));
        let table = &self.table;
        let hash = |slot: &Slot| places.hash(table[*slot].domain(), table[*slot].name());
        self.names.insert_unique(places.hash(domain, name), room, hash);
        room
    }

    /// Removes a member, and the room with its last one. Returns whether the user was a member.
    fn remove_member(&mut self, slot: Slot, user: UserKey) -> bool {
        let Some(room) = self.table.get_mut(slot) else { return false };
        let removed = room.remove(user);
        if room.is_empty() {
            let hash = self.directory.places().hash(room.domain(), room.name());
            if let Ok(entry) = self.names.find_entry(hash, |other| *other == slot) {
                entry.remove();
            }
            self.table.remove(slot);
        }
        removed
    }

    /// Enters a user into the rooms that an `online` call names.
    pub(in crate::router) fn on_enter(&mut self, out: &mut Out, entry: RoomEntry) {
        let RoomEntry { gather, domain, user, sight, rooms, .. } = entry;
        out.charge_mail(domain, user.place, rooms.len());
        let mut entered = Vec::with_capacity(rooms.len());
        for (position, name) in rooms {
            let slot = self.find_or_make(out, domain, &name);
            let room = &mut self.table[slot];
            let unseen = sight.visible && room.is_watched() && !room.contains(user);
            room.set(user, sight);
            let members = room.count_for(user);
            entered.push(EnteredRoom { position, name, key: self.directory.room_key(slot), members, unseen });
        }
        let reply =
            EntryReply { by: Entering::Online(gather), domain, user, sight, more: false, rooms: entered };
        out.send(user.place, Mail::Entered(reply));
    }

    /// Handles `/room/join` at the owner of the room.
    pub(in crate::router) fn on_join(&mut self, out: &mut Out, join: RoomJoin) {
        let RoomJoin { key, domain, user, sight, full, room: name, packet, .. } = join;
        let known = self.find(domain, &name);
        let member = known.is_some_and(|room| self.table[room].contains(user));
        if full && !member {
            return out.refuse(key, Refusal::TooManyRooms);
        }
        let slot = self.find_or_make(out, domain, &name);
        let room = &mut self.table[slot];
        room.set(user, sight);
        let members = room.count_for(user);
        let key_of_room = self.directory.room_key(slot);
        let name_of_room = name.clone();
        let rooms =
            vec![EnteredRoom { position: 0, name: name_of_room, key: key_of_room, members, unseen: false }];
        let gather = out.open(key, Collection::Joined(JoinedRoom { room: name, members }));
        let reply = EntryReply { by: Entering::Join(gather), domain, user, sight, more: false, rooms };
        out.ask(gather, user.place, Mail::Entered(reply));
        if sight.visible && !member {
            self.send_to_members(out, gather, slot, &packet, Some(user));
        }
        out.close(gather);
    }

    /// Handles `/room/leave` at the owner of the room.
    pub(in crate::router) fn on_leave(&mut self, out: &mut Out, leave: &RoomLeave) {
        let RoomLeave { key, domain, user, visible, room: ref name, ref packet } = *leave;
        let gather = out.open(key, Collection::Done);
        if let Some(slot) = self.find(domain, name)
            && self.remove_member(slot, user)
        {
            let room = self.directory.room_key(slot);
            out.ask(gather, user.place, Mail::Left(RoomLeft { gather: Some(gather), user, room }));
            if visible && self.table.get(slot).is_some() {
                self.send_to_members(out, gather, slot, packet, None);
            }
        }
        out.close(gather);
    }

    /// Removes a user from these rooms. For a user who is still online the owner gets `Mail::Left`: the user may have
    /// entered again meanwhile, and the owner must drop the membership.
    pub(in crate::router) fn on_exit(&mut self, out: &mut Out, exit: &RoomExit) {
        let RoomExit { gather, user, online, ref farewell, ref rooms } = *exit;
        self.charge(out, user.place, rooms);
        for slot in rooms {
            let removed = self.remove_member(*slot, user);
            if let (true, Some(profile)) = (removed, farewell) {
                self.show_to_watchers(out, *slot, user, profile, false);
            }
            if online {
                let room = self.directory.room_key(*slot);
                out.send(user.place, Mail::Left(RoomLeft { gather: None, user, room }));
            }
        }
        out.report_done(gather);
    }

    /// Members of these rooms begin or cease to see a user, or the user begins to watch them.
    pub(in crate::router) fn on_reveal(&mut self, out: &mut Out, reveal: &RoomReveal) {
        let RoomReveal { gather, user, sight, ref news, ref rooms } = *reveal;
        self.charge(out, user.place, rooms);
        for slot in rooms {
            if let Some(room) = self.table.get_mut(*slot)
                && room.contains(user)
            {
                room.set(user, sight);
                if let Some(profile) = news {
                    self.show_to_watchers(out, *slot, user, profile, sight.visible);
                }
            }
        }
        out.report_done(gather);
    }

    /// Shows those who watch a room, if any are left in it, that a member came, or went if it is not `visible`.
    fn show_to_watchers(&self, out: &mut Out, slot: Slot, user: UserKey, profile: &Profile, visible: bool) {
        let Some(room) = self.table.get(slot).filter(|room| room.is_watched()) else { return };
        let (domain, name) = (room.domain(), room.name());
        let presence = Presence {
            gather: None,
            about: user,
            name: self.directory.places().spread((domain, profile.name(), name)),
            packet: Some(Packet::group_presence(profile, visible, name)),
            reach: Reach::Room,
            to: Vec::new(),
        };
        let watchers = room.watchers().filter(|watcher| *watcher != user);
        let receivers = out.by_place(domain, watchers.map(Into::into));
        let shown: usize = receivers.iter().map(|(_, users)| users.len()).sum();
        out.charge(domain, room.len() - shown);
        for (place, to) in receivers {
            out.send(place, Mail::Presence(Presence { to, ..presence.clone() }));
        }
    }

    /// Charges for rooms that were named by mail; their domain is the same for all.
    fn charge(&self, out: &mut Out, from: Place, rooms: &[Slot]) {
        if let Some(room) = rooms.iter().find_map(|room| self.table.get(*room)) {
            out.charge_mail(room.domain(), from, rooms.len());
        }
    }

    /// Collects the members of a room for an answer.
    pub(in crate::router) fn on_members(&self, out: &mut Out, request: MembersRequest) {
        let MembersRequest { key, domain, room, viewer } = request;
        let slot = self.find(domain, &room);
        let gather = out.open(key, Collection::Members { room, members: Vec::new() });
        if let Some(slot) = slot {
            self.ask_for_profiles(out, gather, slot, viewer);
        }
        out.close(gather);
    }

    /// Asks the owners of the members that `viewer` may see what they show.
    fn ask_for_profiles(&self, out: &mut Out, gather: GatherKey, room: Slot, viewer: Option<UserKey>) {
        let room = &self.table[room];
        let mut looked_at = 0;
        let members = room.members().inspect(|_| looked_at += 1);
        let seen = members.filter(|(user, visible)| *visible || viewer == Some(*user));
        let seen = seen.take(MEMBERS_LISTED_MAX).map(|(user, _)| user.into());
        let seen = out.by_place(room.domain(), seen);
        let unseen = looked_at - seen.iter().map(|(_, users)| users.len()).sum::<usize>();
        out.charge(room.domain(), unseen);
        for (place, users) in seen {
            out.ask(gather, place, Mail::Describe(ProfilesRequest { gather, users }));
        }
    }

    /// Sends a packet to the members of a room. A typing state of a large room goes to none.
    pub(in crate::router) fn on_multicast(&self, out: &mut Out, multicast: &Multicast) {
        let Multicast { call, domain, ref room, ref packet, sender } = *multicast;
        let counted = || Collection::Delivered(Receivers::default());
        let collection = if packet.is_counted() { counted() } else { Collection::Done };
        let gather = out.open(call.key, collection);
        let is_crowd = |slot: &Slot| self.table[*slot].len() > STATUS_MEMBERS_MAX;
        let room = self.find(domain, room);
        if let Some(slot) = room.filter(|slot| packet.kind() != Kind::RoomStatus || !is_crowd(slot)) {
            self.send_to_members(out, gather, slot, packet, sender);
        }
        out.close(gather);
    }

    /// Sends a packet to the members of a room but one.
    fn send_to_members(
        &self,
        out: &mut Out,
        gather: GatherKey,
        room: Slot,
        packet: &Packet,
        except: Option<UserKey>,
    ) {
        let room = &self.table[room];
        let members = room.members().map(|(user, _)| user).filter(|user| Some(*user) != except);
        for (place, to) in out.by_place(room.domain(), members.map(Into::into)) {
            let packet = packet.clone();
            out.ask(gather, place, Mail::Deliver(UserDelivery { gather, packet, to }));
        }
    }

    /// The rooms whose names this place does not own.
    pub(in crate::router) fn not_owned_by(&self, here: Place, out: &Out) -> Vec<Slot> {
        let rooms = self.table.iter().filter(|(_, room)| out.owner_of(room.domain(), room.name()) != here);
        rooms.map(|(slot, _)| slot).collect()
    }

    /// Ends a room whose name another place owns now. The members enter it there.
    pub(in crate::router) fn dissolve(&mut self, out: &mut Out, slot: Slot, here: Place) {
        let Some(room) = self.table.get(slot) else { return };
        let (domain, name) = (room.domain(), Box::from(room.name()));
        if out.owner_of(domain, &name) == here {
            return;
        }
        let members: Vec<UserKey> = room.members().map(|(user, _)| user).collect();
        for user in &members {
            self.remove_member(slot, *user);
        }
        let room = self.directory.room_key(slot);
        for (place, users) in out.by_place(domain, members.into_iter().map(Into::into)) {
            let name = name.clone();
            out.send(place, Mail::Reenter(Reenter { domain, room, name, users }));
        }
    }

    /// Asserts, in debug builds, what can be compared at once.
    pub(in crate::router) fn assert_sound(&self) {
        debug_assert_eq!(self.names.len(), self.table.len(), "every room has one name");
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Rooms {
    /// Asserts what must hold between the tables.
    pub(in crate::router) fn check(&self) {
        assert_eq!(self.names.len(), self.table.len(), "every room has one name");
        for (slot, room) in self.table.iter() {
            assert_eq!(self.find(room.domain(), room.name()), Some(slot), "it is found by its name");
            room.check();
        }
    }

    pub(in crate::router) fn is_empty(&self) -> bool {
        self.table.is_empty() && self.names.is_empty()
    }

    /// All rooms, with their domains.
    pub(in crate::router) fn all(&self) -> impl Iterator<Item = (Slot, DomainId)> {
        self.table.iter().map(|(slot, room)| (slot, room.domain()))
    }

    /// The name of a room.
    pub(in crate::router) fn name_of(&self, slot: Slot) -> &str {
        self.table[slot].name()
    }

    /// The members of the room of this name, and whether others see them.
    pub(in crate::router) fn members_by_name(&self, domain: DomainId, name: &str) -> Vec<(UserKey, bool)> {
        self.find(domain, name).map(|slot| self.members_of(slot)).unwrap_or_default()
    }

    /// The members of a room, and whether others see them.
    pub(in crate::router) fn members_of(&self, slot: Slot) -> Vec<(UserKey, bool)> {
        self.table.get(slot).map(|room| room.members().collect()).unwrap_or_default()
    }
}
