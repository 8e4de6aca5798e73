//! What a session is opened with, and what its user may lose while it is opened.
//!
//! Owns: the rooms of a session and the users whose presence it receives. Must not: store anything.

use super::contacts::Circle;
use super::host::{Person, Records, Room};
use super::plugin::Plugin;
use super::settings;
use crate::http::Refusal;

/// The rights of a user.
pub(super) struct Rights {
    /// The rooms of the message server that a session of the user is to be in.
    pub(super) rooms: Vec<String>,
    pub(super) circle: Circle,
}

impl Rights {
    pub(super) fn of(db: &dyn Records, plugin: &Plugin, user: &Person) -> Result<Rights, Refusal> {
        let blocked = settings::blocked_rooms(&settings::of(db, user)?);
        let mut rooms = open_rooms(&db.rooms(&user.id)?, &blocked);
        rooms.extend(db.is_subscribed(&user.id)?.then(|| plugin.setup.channel.id.to_owned()));
        Ok(Rights { rooms, circle: Circle::of(db, user)? })
    }

    /// Takes from the sessions of a user what the user may not have any more.
    pub(super) fn take_back(&self, later: &Rights, contacts: &[Person], plugin: &Plugin, user: &Person) {
        for left in self.rooms.iter().filter(|room| !later.rooms.contains(room)) {
            plugin.expel(&user.id, &user.nick, left);
        }
        let were_together = contacts.iter().filter(|other| !self.circle.is_apart(&other.id));
        for other in were_together.filter(|other| later.circle.is_apart(&other.id)) {
            plugin.unlink(&user.id, &other.id);
        }
    }
}

/// The ids of the rooms that a user does not block.
pub(super) fn open_rooms(rooms: &[Room], blocked: &[String]) -> Vec<String> {
    rooms.iter().map(|room| room.id.clone()).filter(|id| !blocked.contains(id)).collect()
}
