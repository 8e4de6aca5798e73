//! Images: the users and rooms of another node that users and rooms here have to do with.
//!
//! Owns: the two tables, and when an image is needed no more. Must not: send anything.
//!
//! Shards hold the key of an image where they would hold that of a user or a room, and the link puts the other node's key
//! in its place. An image stays as long as a user here is linked with it, or is a member of it, or it is a member of a room
//! here, or a question about it is under way (`pins`); and a while longer, because mail of a shard that was sent before the
//! last of these ended may still name it.

use std::collections::{BTreeSet, VecDeque};
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
    /// Users here who show an image that is hidden by now: the node of it did not know yet that they are linked with it,
    /// and has not told them since. Few have any.
    unaware: HashMap<Slot, BTreeSet<UserKey>, ahash::RandomState>,
    /// Images that nobody needed when they were put here, and when they may go.
    idle: VecDeque<(Tick, Slot)>,
    now: Tick,
}

impl Images {
    pub(crate) fn new(hasher: &ahash::RandomState) -> Images {
        Images {
            user_slots: HashMap::with_hasher(hasher.clone()),
            room_slots: HashMap::with_hasher(hasher.clone()),
            unaware: HashMap::with_hasher(hasher.clone()),
            ..Images::default()
        }
    }

    // Users.

    /// The image of a user, which is made if there is none, with what it shows now. [`Images::tidy`] must follow.
    pub(crate) fn see(&mut self, key: UserKey, domain: DomainId, profile: &Profile) -> Slot {
        if let Some(slot) = self.user_slots.get(&key).copied() {
            self.show(slot, profile.clone(), &[]);
            return slot;
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
        self.make_aware(slot, &[user]);
        self.tidy(slot);
    }

    /// Notes what a user here was shown of an image, as it is linked with it: that may not hold any more.
    pub(crate) fn note_shown(&mut self, slot: Slot, user: UserKey, profile: &Profile) {
        let is_hidden = self.users.get(slot).is_some_and(|image| !image.profile.visible());
        if is_hidden && profile.visible() {
            self.unaware.entry(slot).or_default().insert(user);
        }
    }

    /// An image shows this now, and these users are told.
    pub(crate) fn show(&mut self, slot: Slot, profile: Profile, told: &[UserKey]) {
        let Some(image) = self.users.get_mut(slot) else { return };
        let was_visible = image.profile.visible();
        image.profile = profile;
        if was_visible && !image.profile.visible() {
            let told: BTreeSet<&UserKey> = told.iter().collect();
            let others: Vec<UserKey> =
                image.linked.iter().filter(|user| !told.contains(user)).copied().collect();
            if !others.is_empty() {
                self.unaware.entry(slot).or_default().extend(others);
            }
        }
        self.make_aware(slot, told);
    }

    fn make_aware(&mut self, slot: Slot, told: &[UserKey]) {
        let Some(unaware) = self.unaware.get_mut(&slot) else { return };
        for user in told {
            unaware.remove(user);
        }
        if unaware.is_empty() {
            self.unaware.remove(&slot);
        }
    }

    /// Those who are linked with an image: those who show it or may, and the others.
    pub(crate) fn watchers(&self, slot: Slot) -> (Vec<UserKey>, Vec<UserKey>) {
        let Some(image) = self.users.get(slot) else { return (Vec::new(), Vec::new()) };
        let unaware = self.unaware.get(&slot);
        let shows =
            |user: &UserKey| image.profile.visible() || unaware.is_some_and(|unaware| unaware.contains(user));
        image.linked.iter().copied().partition(shows)
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
        self.unaware.clear();
        self.idle.clear();
        for (_, slot) in std::mem::take(&mut self.room_slots) {
            self.rooms.remove(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::ids::Place;

    fn profile(show: &str) -> Profile {
        Profile::new("alice", "Alice", show, "")
    }

    fn user(number: u32) -> UserKey {
        UserKey { place: Place::new(0), slot: Slot { index: number, ..Slot::NOWHERE } }
    }

    /// An image that shows this, and is linked with two users.
    fn images(show: &str) -> (Images, Slot) {
        let mut images = Images::new(&ahash::RandomState::with_seeds(1, 2, 3, 4));
        let slot = images.see(user(9), DomainId(0), &profile(show));
        images.link(slot, user(1));
        images.link(slot, user(2));
        (images, slot)
    }

    #[test]
    fn those_who_show_a_hidden_user_are_known() {
        let (mut images, slot) = images("available");
        assert_eq!(images.watchers(slot), (vec![user(1), user(2)], vec![]));
        images.show(slot, profile("invisible"), &[user(1)]);
        assert_eq!(images.watchers(slot), (vec![user(2)], vec![user(1)]), "only one was told");
        images.show(slot, profile("invisible"), &[user(2)]);
        assert_eq!(images.watchers(slot), (vec![], vec![user(1), user(2)]), "then the other was");
        images.see(user(9), DomainId(0), &profile("away"));
        images.see(user(9), DomainId(0), &profile("invisible"));
        images.unlink(slot, user(1));
        images.link(slot, user(1));
        assert_eq!(images.watchers(slot), (vec![user(2)], vec![user(1)]), "a new link shows nothing");
    }

    #[test]
    fn a_link_that_was_asked_for_before_a_user_hid_shows_it() {
        let (mut images, slot) = images("invisible");
        images.note_shown(slot, user(1), &profile("available"));
        images.note_shown(slot, user(2), &profile("invisible"));
        assert_eq!(images.watchers(slot), (vec![user(1)], vec![user(2)]));
        images.show(slot, profile("invisible"), &[user(1)]);
        assert_eq!(images.watchers(slot).0, vec![]);
    }
}
