//! How users and rooms go whose names another node owns now.
//!
//! Owns: the steps in which they go. Must not: decide who owns a name.
//!
//! When nodes come, or halves of a cluster meet again, names get other owners. A page of such a user is told to go online
//! again, by its site, and so it comes to the new owner; what it had not acknowledged goes there with it. Members of such a
//! room enter the one of the new owner. That takes some seconds, so that the pages do not come all at once. Mail that was
//! on its way may still bring such a name here later: then it is looked again.

use std::sync::Arc;

use super::machine::Router;
use super::mail::Alarm;
use super::owners::Nodes;

/// From one step to the next, in milliseconds.
const STEP_MS: u64 = 100;
/// Steps in which all go.
const STEPS: usize = 100;
/// Users and rooms have gone so long after their names got another owner, in milliseconds.
pub(crate) const MOVED_MS: u64 = STEPS as u64 * STEP_MS;
/// At least so many go in a step.
const PER_STEP_MIN: usize = 64;
/// How long a name that is another node's may stay here, in milliseconds: this node may hear of a change later.
const GUEST_MS: u64 = 1_000;

impl Router {
    /// Other nodes are there now.
    pub(super) fn on_nodes(&mut self, nodes: Arc<dyn Nodes>) {
        self.out.owners_mut().replace_nodes(nodes);
        if !self.out.is_settling() {
            self.people.forget_met();
        }
        self.moves.users.clear();
        self.moves.rooms.clear();
        self.set_moves_alarm(STEP_MS);
    }

    /// Names have come here that are not this node's.
    pub(super) fn look_again(&mut self) {
        self.moves.has_guests = true;
        self.set_moves_alarm(GUEST_MS);
    }

    fn set_moves_alarm(&mut self, ms: u64) {
        if !std::mem::replace(&mut self.moves.is_set, true) {
            self.out.set_alarm(self.out.now().after(ms), Alarm::Moves);
        }
    }

    /// Looks which names are not this node's any more.
    fn look_for_moves(&mut self) {
        if self.people.is_going_down() {
            return;
        }
        self.moves.has_guests = false;
        let (here, out) = (self.directory.place(), &self.out);
        self.moves.users = self.people.not_owned_by(here, out);
        self.moves.rooms = self.rooms.not_owned_by(here, out);
        let all = self.moves.users.len() + self.moves.rooms.len();
        self.moves.per_step = PER_STEP_MIN.max(all.div_ceil(STEPS));
    }

    /// Takes the next step.
    pub(super) fn move_on(&mut self) {
        self.moves.is_set = false;
        if self.moves.users.is_empty() && self.moves.rooms.is_empty() {
            self.look_for_moves();
        }
        let here = self.directory.place();
        for _ in 0..self.moves.per_step {
            if let Some(room) = self.moves.rooms.pop() {
                self.rooms.dissolve(&mut self.out, room, here);
            } else if let Some(user) = self.moves.users.pop() {
                self.people.send_away(&mut self.out, user, here);
            } else {
                break;
            }
        }
        if !self.moves.rooms.is_empty() || !self.moves.users.is_empty() {
            self.set_moves_alarm(STEP_MS);
        } else if self.moves.has_guests {
            self.set_moves_alarm(GUEST_MS);
        }
    }
}
