//! What must hold when all is quiet.
//!
//! Owns: the rules. Must not: change anything.

use std::collections::{BTreeMap, BTreeSet};

use super::pages::{Ask, Life};
use super::world::World;
use crate::router::Router;
use crate::router::ids::{Place, UserKey};
use crate::router::packet::MessageType;
use crate::router::seen::{SeenRoom, SeenUser};

/// A user or room of some node: the node, the shard, and what it is.
type At<T> = (usize, Place, T);

impl World {
    fn all_users(&self) -> Vec<At<SeenUser>> {
        self.all(Router::seen_users)
    }

    fn all_rooms(&self) -> Vec<At<SeenRoom>> {
        self.all(Router::seen_rooms)
    }

    /// What all shards of all nodes have.
    fn all<T>(&self, seen: impl Fn(&Router) -> Vec<T>) -> Vec<At<T>> {
        let mut all = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            for (place, router) in node.places.all().zip(&node.routers) {
                all.extend(seen(router).into_iter().map(|value| (at, place, value)));
            }
        }
        all
    }

    /// The name of the user whom a node knows by this key.
    fn name_of(&self, at: usize, key: UserKey) -> String {
        let node = &self.nodes[at];
        if node.places.contains(key.place) {
            let users = node.routers[key.place.index()].seen_users();
            return users.into_iter().find(|user| user.slot == key.slot).expect("it is online").name;
        }
        let image = node.hub.link_at(key.place).images().user(key.slot).expect("an image is there");
        image.profile.name().to_owned()
    }

    pub(super) fn check_quiet(&self) {
        for node in &self.nodes {
            assert!(node.routers.iter().all(Router::has_no_gathers), "{}: a gather is open", node.name);
            assert!(node.hub.is_quiet(), "{} has something under way: {:?}", node.name, node.hub.figures());
        }
        let waiting: Vec<&Ask> = self.calls.values().filter(|ask| !matches!(ask, Ask::Poll(_))).collect();
        assert!(waiting.is_empty(), "not answered: {waiting:?}");
        self.check_rosters();
        self.check_rooms();
        self.check_views();
        self.check_messages();
    }

    fn check_rosters(&self) {
        let users = self.all_users();
        let mut names = BTreeSet::new();
        let mut links = BTreeSet::new();
        let mut linked_images: BTreeMap<(usize, UserKey), BTreeSet<UserKey>> = BTreeMap::new();
        for (at, place, user) in &users {
            assert!(names.insert(user.name.clone()), "{} is online twice", user.name);
            let key = UserKey { place: *place, slot: user.slot };
            for link in &user.links {
                let other = self.name_of(*at, *link);
                assert!(links.insert((user.name.clone(), other.clone())), "{} has {other} twice", user.name);
                if !self.nodes[*at].places.contains(link.place) {
                    linked_images.entry((*at, *link)).or_default().insert(key);
                }
            }
        }
        for (one, other) in &links {
            assert!(
                links.contains(&(other.clone(), one.clone())),
                "{other} is not linked with {one}, but the reverse"
            );
        }
        for (at, node) in self.nodes.iter().enumerate() {
            for (link, slot, image) in node.hub.all_images() {
                let key = UserKey { place: link, slot };
                let linked: BTreeSet<UserKey> = image.linked.iter().copied().collect();
                let expected = linked_images.remove(&(at, key)).unwrap_or_default();
                let name = image.profile.name();
                assert_eq!(linked, expected, "{} and its image of {name}", node.name);
                assert!(
                    !linked.is_empty() || !image.rooms.is_empty(),
                    "{} keeps {name} for nothing",
                    node.name
                );
            }
        }
        assert!(linked_images.is_empty(), "links to images that are gone: {linked_images:?}");
    }

    fn check_rooms(&self) {
        let rooms = self.all_rooms();
        let mut members = BTreeSet::new();
        let mut names = BTreeSet::new();
        for (at, _, room) in &rooms {
            assert!(names.insert(room.name.clone()), "{} is there twice", room.name);
            for member in &room.members {
                members.insert((room.name.clone(), self.name_of(*at, *member)));
            }
        }
        let mut entered = BTreeSet::new();
        for (at, _, user) in self.all_users() {
            for room in &user.rooms {
                let node = &self.nodes[at];
                let name = if node.places.contains(room.place) {
                    let rooms = node.routers[room.place.index()].seen_rooms();
                    rooms.into_iter().find(|seen| seen.slot == room.slot).expect("it is there").name
                } else {
                    node.hub
                        .link_at(room.place)
                        .images()
                        .room(room.slot)
                        .expect("an image is there")
                        .name
                        .to_string()
                };
                assert!(
                    entered.insert((name.clone(), user.name.clone())),
                    "{} is in {name} twice",
                    user.name
                );
            }
        }
        assert_eq!(members, entered, "rooms and users agree");
    }

    fn check_views(&self) {
        let users = self.all_users();
        let find = |name: &str| users.iter().find(|(_, _, user)| user.name == *name);
        for (number, page) in self.pages.iter().enumerate().filter(|(_, page)| page.life == Life::Open) {
            let Some((at, _, own)) = find(&page.name) else { panic!("page {number} has no user") };
            assert_eq!(Some(self.nodes[*at].epoch), page.epoch(), "page {number} is at its user's node");
            let linked: BTreeSet<String> = own.links.iter().map(|link| self.name_of(*at, *link)).collect();
            for name in self.names().iter().filter(|name| **name != page.name) {
                let concerned = page.named.contains(name) || page.told.contains_key(name);
                let truth = find(name).filter(|_| linked.contains(name) && concerned);
                let truth = truth.map(|(_, _, user)| &user.show).filter(|show| *show != "invisible");
                assert_eq!(page.view.get(name), truth, "page {number} of {} and {name}", page.name);
            }
        }
    }

    fn check_messages(&self) {
        for (number, said) in self.messages.iter().enumerate() {
            let Some(counted) = said.counted else { continue };
            if said.kind == MessageType::Unicast && counted > 0 && !said.disturbed {
                // A copy of another page's session may have been handed on: it was seen at least once.
                let is_somewhere = said.seen > 0 || said.returned;
                assert!(is_somewhere || self.is_gone(&said.to), "message {number} was counted and is gone");
            }
        }
    }

    /// Whether a user had no page that could have seen what was sent.
    fn is_gone(&self, name: &str) -> bool {
        !self.pages.iter().any(|page| page.name == name && page.life == Life::Open)
    }

    pub(super) fn check_empty(&self) {
        assert!(self.all_users().is_empty(), "users are left: {:?}", self.all_users());
        assert!(self.all_rooms().is_empty(), "rooms are left");
        for node in &self.nodes {
            assert_eq!(node.hub.all_images().count(), 0, "{} keeps images", node.name);
        }
    }
}
