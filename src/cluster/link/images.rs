//! Images: the users and rooms of another node that users and rooms here have to do with.
//!
//! Owns: the two tables, and when an image is needed no more. Must not: send anything.
//!
//! Shards hold the key of an image where they would hold that of a user or a room, and the link puts the other node's key
//! in its place. An image stays as long as a user here is linked with it, or is a member of it, or it is a member of a room
//! here, or a question about it is under way (`pins`); and a while longer, because mail of a shard that was sent before the
//! last of these ended may still name it.

use std::collections::VecDeque;
use std::num::NonZeroU32;

use hashbrown::HashMap;

use crate::base::clock::Tick;
use crate::base::domains::DomainId;
use crate::base::slots::{Slot, Slots, UNBORN, kept};
use crate::cluster::limits::IMAGE_IDLE_MS;
use crate::router::ids::{RoomKey, UserKey};
use crate::router::profile::Profile;

/// A user of the other node.
#[derive(Debug)]
pub(crate) struct UserImage {
    /// The key there.
    pub(crate) key: UserKey,
    pub(crate) domain: DomainId,
    /// What it last showed.
    pub(crate) profile: Profile,
    /// The users here that it is linked with.
    pub(crate) linked: Vec<UserKey>,
    /// The rooms here that it is in.
    pub(crate) rooms: Vec<RoomKey>,
    pins: u32,
    /// Whether it is among those that may go soon.
    is_idle: bool,
    generation: NonZeroU32,
}

/// A room of the other node.
#[derive(Debug)]
pub(crate) struct RoomImage {
    /// The key there.
    pub(crate) key: RoomKey,
    pub(crate) domain: DomainId,
    pub(crate) name: Box<str>,
    /// The users here that are in it.
    pub(crate) members: Vec<UserKey>,
    generation: NonZeroU32,
}

kept!(UserImage, RoomImage);

impl UserImage {
    fn is_useless(&self) -> bool {
        self.pins == 0 && self.linked.is_empty() && self.rooms.is_empty()
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Images {
    users: Slots<UserImage>,
    user_slots: HashMap<UserKey, Slot, ahash::RandomState>,
    rooms: Slots<RoomImage>,
    room_slots: HashMap<RoomKey, Slot, ahash::RandomState>,
    /// Images that nobody needed when they were put here, and when they may go.
    idle: VecDeque<(Tick, Slot)>,
    now: Tick,
}

impl Images {
    pub(crate) fn new(hasher: &ahash::RandomState) -> Images {
        Images {
            user_slots: HashMap::with_hasher(hasher.clone()),
            room_slots: HashMap::with_hasher(hasher.clone()),
            ..Images::default()
        }
    }

    // Users.

    /// The image of a user, which is made if there is none, with what it shows now. [`Images::tidy`] must follow.
    pub(crate) fn see(&mut self, key: UserKey, domain: DomainId, profile: &Profile) -> Slot {
        if let Some(slot) = self.user_slots.get(&key) {
            self.users[*slot].profile = profile.clone();
            return *slot;
        }
        let (linked, rooms) = (Vec::new(), Vec::new());
        let profile = profile.clone();
        let image =
            UserImage { key, domain, profile, linked, rooms, pins: 0, is_idle: false, generation: UNBORN };
        let slot = self.users.insert(image);
        self.user_slots.insert(key, slot);
        slot
    }

    pub(crate) fn find(&self, key: UserKey) -> Option<Slot> {
        self.user_slots.get(&key).copied()
    }

    pub(crate) fn user(&self, slot: Slot) -> Option<&UserImage> {
        self.users.get(slot)
    }

    pub(crate) fn user_mut(&mut self, slot: Slot) -> Option<&mut UserImage> {
        self.users.get_mut(slot)
    }

    /// Keeps an image until [`Images::unpin`].
    pub(crate) fn pin(&mut self, slot: Slot) {
        if let Some(image) = self.users.get_mut(slot) {
            image.pins += 1;
        }
    }

    pub(crate) fn unpin(&mut self, slot: Slot) {
        if let Some(image) = self.users.get_mut(slot) {
            image.pins = image.pins.saturating_sub(1);
        }
        self.tidy(slot);
    }

    /// Notes that a user here is linked with an image.
    pub(crate) fn link(&mut self, slot: Slot, user: UserKey) {
        if let Some(image) = self.users.get_mut(slot)
            && !image.linked.contains(&user)
        {
            image.linked.push(user);
        }
    }

    /// Notes that a user here is linked with an image no more.
    pub(crate) fn unlink(&mut self, slot: Slot, user: UserKey) {
        if let Some(image) = self.users.get_mut(slot) {
            image.linked.retain(|other| *other != user);
        }
        self.tidy(slot);
    }

    /// Notes that an image is in a room here.
    pub(crate) fn enter(&mut self, slot: Slot, room: RoomKey) {
        if let Some(image) = self.users.get_mut(slot)
            && !image.rooms.contains(&room)
        {
            image.rooms.push(room);
        }
    }

    /// Notes that an image is in a room here no more.
    pub(crate) fn exit(&mut self, slot: Slot, room: RoomKey) {
        if let Some(image) = self.users.get_mut(slot) {
            image.rooms.retain(|other| *other != room);
        }
        self.tidy(slot);
    }

    /// Notes that an image may not be needed any more.
    pub(crate) fn tidy(&mut self, slot: Slot) {
        let now = self.now;
        if let Some(image) = self.users.get_mut(slot)
            && image.is_useless()
            && !image.is_idle
        {
            image.is_idle = true;
            self.idle.push_back((now.after(IMAGE_IDLE_MS), slot));
        }
    }

    /// Drops images that were not needed for a while.
    pub(crate) fn sweep(&mut self, now: Tick) {
        self.now = now;
        while let Some((due, slot)) = self.idle.front().copied()
            && due <= now
        {
            self.idle.pop_front();
            let Some(image) = self.users.get_mut(slot) else { continue };
            image.is_idle = false;
            if image.is_useless() {
                self.user_slots.remove(&image.key);
                self.users.remove(slot);
            }
        }
    }

    /// When the next image may go.
    pub(crate) fn due(&self) -> Tick {
        self.idle.front().map_or(Tick::NEVER, |(due, _)| *due)
    }

    // Rooms.

    /// The image of a room, which is made if there is none, with one more member.
    pub(crate) fn add_member(&mut self, key: RoomKey, domain: DomainId, name: &str, user: UserKey) -> Slot {
        let slot = self.room_slots.get(&key).copied().unwrap_or_else(|| {
            let (name, members) = (name.into(), Vec::new());
            let slot = self.rooms.insert(RoomImage { key, domain, name, members, generation: UNBORN });
            self.room_slots.insert(key, slot);
            slot
        });
        let members = &mut self.rooms[slot].members;
        if !members.contains(&user) {
            members.push(user);
        }
        slot
    }

    /// Takes a user out of the image of a room, and drops it with the last one.
    pub(crate) fn remove_member(&mut self, slot: Slot, user: UserKey) {
        let Some(image) = self.rooms.get_mut(slot) else { return };
        image.members.retain(|other| *other != user);
        if image.members.is_empty() {
            self.room_slots.remove(&image.key);
            self.rooms.remove(slot);
        }
    }

    pub(crate) fn find_room(&self, key: RoomKey) -> Option<Slot> {
        self.room_slots.get(&key).copied()
    }

    pub(crate) fn room(&self, slot: Slot) -> Option<&RoomImage> {
        self.rooms.get(slot)
    }

    // All of them.

    pub(crate) fn users(&self) -> impl Iterator<Item = (Slot, &UserImage)> {
        self.users.iter()
    }

    pub(crate) fn rooms(&self) -> impl Iterator<Item = (Slot, &RoomImage)> {
        self.rooms.iter()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.users.len() + self.rooms.len()
    }

    /// Drops all of them. Keys of before find nothing from now on.
    pub(crate) fn clear(&mut self) {
        for (_, slot) in std::mem::take(&mut self.user_slots) {
            self.users.remove(slot);
        }
        self.idle.clear();
        for (_, slot) in std::mem::take(&mut self.room_slots) {
            self.rooms.remove(slot);
        }
    }
}
