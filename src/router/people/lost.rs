//! What users of this place have lost with a node, and find again.
//!
//! Owns: links that are made again without a call that names them, and rooms that are entered again. Must not: show that
//! anybody is gone; the link to the lost node does, when that is certain.

use super::roster::Naming;
use super::tables::People;
use crate::base::slots::Slot;
use crate::router::ids::GatherKey;
use crate::router::mail::{Reenter, Relink, RelinkTo};
use crate::router::out::Out;

impl People {
    /// Handles [`Relink`]: asks the owners of these names.
    pub(in crate::router) fn on_relink(&mut self, out: &mut Out, relink: Relink) {
        let Relink { domain, to, users } = relink;
        for (user, names) in users {
            if self.get(user).is_none_or(|owner| owner.domain() != domain) {
                continue;
            }
            let gather = self.nobody_waits();
            let names = names.into_iter().map(|name| String::from(name).into()).collect();
            match to {
                RelinkTo::Users => self.link(out, Naming { gather, user, session: Slot::NOWHERE }, names),
                RelinkTo::Rooms => self.enter(out, user, names, gather),
            }
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

    /// A gather that was never open: reports to it change nothing.
    pub(super) fn nobody_waits(&self) -> GatherKey {
        self.directory().gather_key(Slot::NOWHERE)
    }
}
