//! Leaving and coming back: log-outs, page ends, and sessions that were lost.
//!
//! Owns: the steps of a departure, and how often a user tries again. Must not: use a connection.

use crate::generator::task::{Call, Progress, Task};
use crate::generator::user::State;
use crate::generator::worker::Worker;

/// How often a user tries again in one task before the user is given up.
const TRIES_MAX: u8 = 3;

impl Worker {
    /// Notes that a user is about to be logged out, or to leave. The task waits until that is done.
    pub(in crate::generator) fn begins_to_leave(&mut self, user: u32) {
        self.await_user(user);
        self.users[user as usize].state = State::Leaving { answered: false, stopped: false };
    }

    /// Handles the answer to the call or the poll of a departure. After both, the user comes back, unless the task is
    /// to leave.
    pub(in crate::generator) fn left(&mut self, index: usize, answered: bool, stopped: bool) {
        self.users[index].state = State::Leaving { answered, stopped };
        if answered && stopped {
            self.tally.left += 1;
            self.users[index].state = State::Away;
            match &self.progress {
                Some(Progress { task: Task::Leave(_), .. }) => self.go_away(index),
                Some(_) | None => self.go_online(index),
            }
        }
    }

    /// Closes the browser of a user.
    fn go_away(&mut self, index: usize) {
        let user = &mut self.users[index];
        user.again ^= user.stream.take().is_some();
        self.no_longer_await(index);
    }

    /// Starts a new session for a user that lost one.
    pub(in crate::generator) fn online_again(&mut self, index: usize) {
        self.users[index].state = State::Away;
        if self.counts_as_try(index) {
            self.await_user(u32::try_from(index).expect("a user's index"));
            self.go_online(index);
        }
    }

    pub(super) fn go_online(&mut self, index: usize) {
        let call = Call::Online(u32::try_from(index).expect("a user's index"));
        self.again.push_back(call);
    }

    pub(super) fn counts_as_try(&mut self, index: usize) -> bool {
        let user = &mut self.users[index];
        user.tries += 1;
        let goes_on = user.tries <= TRIES_MAX;
        if !goes_on {
            self.no_longer_await(index);
            self.tally.error("a user was given up");
        }
        goes_on
    }

    /// Lets every user try again, as a task begins.
    pub(in crate::generator) fn forget_tries(&mut self) {
        for user in &mut self.users {
            user.tries = 0;
        }
    }
}
