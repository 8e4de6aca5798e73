//! What befalls users, and what becomes of all of them when a phase begins.
//!
//! Owns: the faults of users and their networks. Must not: decide when; the player does.

use std::ops::Range;

use super::callers::Call;
use super::kinds::Fault;
use super::player::Player;
use super::shared::{LINGER_MS, Phase, SESSION_CUT_MS};
use super::users::{Doom, PAUSE_MS, State};

/// Bytes of an answer's beginning within which it is cut: no answer is as short.
const CUT_WITHIN: u64 = 250;
/// How long a reader stalls for a moment, in milliseconds.
const STALL_MS: Range<u64> = 100..1_200;
/// How much longer than it takes to be offline a user is gone, in milliseconds.
const GONE_MORE_MS: Range<u64> = 500..3_000;
/// How long a user who logged out is gone, in milliseconds.
const LOGGED_OUT_MS: Range<u64> = 10..2_000;
/// Long messages for a reader who is about to stall for too long.
const LONG_MESSAGES: u8 = 6;
/// How long each of them is, in bytes: together they are more than a narrow connection takes.
pub(super) const LONG_BYTES: usize = 30_000;

/// Going through everybody.
impl Player {
    pub(super) fn all_come(&mut self) {
        for index in 0..self.users.len() {
            self.come(index);
        }
    }

    /// What was to befall somebody does not.
    pub(super) fn all_calm_down(&mut self) {
        self.cuts_call = false;
        for user in &mut self.users {
            user.doom = Doom::None;
        }
    }

    /// Everybody leaves his page, and every other logs out.
    pub(super) fn all_leave(&mut self) {
        for index in 0..self.users.len() {
            self.cut_line(index, false);
            let user = &mut self.users[index];
            user.state = State::Gone;
            let (ticket, number) = (user.ticket, u32::try_from(index).expect("a user's index"));
            let logs_out = index % 2 == 1;
            self.calls.push_back(if logs_out { Call::LogOut(number) } else { Call::Leave(ticket, None) });
        }
    }
}

/// What befalls users.
impl Player {
    /// Something happens to a user who waits at his poll: now, or after the next answer.
    pub(super) fn befall(&mut self, index: usize, fault: Fault) {
        if self.users[index].doom != Doom::None {
            return;
        }
        let doom = match fault {
            Fault::CutInAnswer => {
                let bytes = usize::try_from(self.dice.within(1..CUT_WITHIN)).expect("a few bytes");
                Doom::Cut { bytes, fault }
            }
            Fault::CutUnread => Doom::Cut { bytes: 0, fault },
            Fault::CutAfterAnswer => Doom::Then(fault),
            Fault::Vanish
            | Fault::NewPageFirst
            | Fault::OldPageFirst
            | Fault::OldPageSilent
            | Fault::LogOut
                if self.dice.one_in(2) =>
            {
                Doom::Then(fault)
            }
            Fault::CutWaiting
            | Fault::CutCall
            | Fault::Stall
            | Fault::StallLong
            | Fault::Vanish
            | Fault::NewPageFirst
            | Fault::OldPageFirst
            | Fault::OldPageSilent
            | Fault::LogOut => return self.befalls_now(index, fault),
        };
        self.users[index].doom = doom;
    }

    pub(super) fn befalls_now(&mut self, index: usize, fault: Fault) {
        self.happened.count(fault);
        let number = u32::try_from(index).expect("a user's index");
        if fault == Fault::Stall {
            self.users[index].state = State::Stalled;
            let ms = self.dice.within(STALL_MS);
            return self.alarm(index, ms);
        }
        let with_reset = self.dice.one_in(2);
        self.cut_line(index, with_reset);
        let ticket = self.users[index].ticket;
        match fault {
            Fault::CutWaiting | Fault::CutInAnswer | Fault::CutUnread | Fault::CutAfterAnswer => {
                self.apart(index, PAUSE_MS);
            }
            Fault::StallLong => {
                self.users[index].state = State::Fed(LONG_MESSAGES);
                self.calls.extend((0..LONG_MESSAGES).map(|_| Call::Long(number)));
            }
            Fault::Vanish => {
                let ms = SESSION_CUT_MS + LINGER_MS + self.dice.within(GONE_MORE_MS);
                self.go(index, ms);
            }
            Fault::NewPageFirst => {
                self.users[index].leaves = Some(ticket);
                self.come(index);
            }
            Fault::OldPageFirst => {
                self.users[index].state = State::Coming;
                self.calls.push_back(Call::Leave(ticket, Some(number)));
            }
            Fault::OldPageSilent => self.come(index),
            Fault::LogOut => {
                self.users[index].state = State::Coming;
                self.calls.push_back(Call::LogOut(number));
            }
            Fault::CutCall | Fault::Stall => {}
        }
    }

    /// The site has logged a user out.
    pub(super) fn logged_out(&mut self, index: usize) {
        if self.phase != Phase::Leave {
            let ms = self.dice.within(LOGGED_OUT_MS);
            self.go(index, ms);
        }
    }
}
