//! What users of this place have lost with a node, and find again.
//!
//! Owns: links that are made again without a call that names them, rooms that are entered again, and users who go because
//! another node owns their names. Must not: show that
//! anybody is gone; the link to the lost node does, when that is certain.

use super::roster::Naming;
use super::tables::People;
use crate::base::slots::Slot;
use crate::router::ids::{GatherKey, Place};
use crate::router::mail::{Reenter, Relink};
use crate::router::out::Out;
use crate::router::sessions::session::SessionEnd;

impl People {
    /// Handles [`Relink`]: asks the owners of these names to link them.
    pub(in crate::router) fn on_relink(&mut self, out: &mut Out, relink: Relink) {
        let Relink { domain, users } = relink;
        for (user, names) in users {
            if self.get(user).is_none_or(|owner| owner.domain() != domain) {
                continue;
            }
            let gather = self.nobody_waits();
            let naming = Naming { gather, user, session: Slot::NOWHERE };
            self.link(out, naming, names.into_iter().map(|name| String::from(name).into()).collect());
        }
    }

    /// Handles [`Reenter`]: the members forget the lost room, and enter the one that has its name now.
    pub(in crate::router) fn on_reenter(&mut self, out: &mut Out, reenter: Reenter) {
        let Reenter { room, name, users, .. } = reenter;
        for user in users {
            let Some((owner, hasher)) = self.user_with_hasher(user) else { continue };
            if owner.remove_room(room, hasher) {
                let gather = self.nobody_waits();
                self.enter(out, user, vec![String::from(name.clone()).into()], gather);
            }
        }
    }

    /// Whether the server goes down: then all users go, and it does not matter who owns their names.
    pub(in crate::router) fn is_going_down(&self) -> bool {
        self.is_draining()
    }

    /// The users whose names this place does not own.
    pub(in crate::router) fn not_owned_by(&self, here: Place, out: &Out) -> Vec<Slot> {
        let mut users = self.slots();
        users.retain(|user| {
            let owner = self.user(*user);
            out.owner_of(owner.domain(), owner.profile().name()) != here
        });
        users
    }

    /// Sends a user's pages to their site, which finds the new owner of the name.
    pub(in crate::router) fn send_away(&mut self, out: &mut Out, user: Slot, here: Place) {
        let Some(owner) = self.get(user) else { return };
        if !self.is_draining() && out.owner_of(owner.domain(), owner.profile().name()) != here {
            self.go_offline(out, user, None, SessionEnd::Expired);
        }
    }

    /// A gather that was never open: reports to it change nothing.
    fn nobody_waits(&self) -> GatherKey {
        self.directory().gather_key(Slot::NOWHERE)
    }
}
