//! Injects faults into users, and moves all users when a phase begins.
//!
//! Owns: how each fault is carried out. Must not: choose a time; the schedule in `kinds.rs` does.

use std::ops::Range;

use nextim_testkit::load::wire::Transport;

use super::caller::SiteCall;
use super::kinds::Fault;
use super::player::Player;
use super::shared::{LINGER_MS, Phase, SESSION_CUT_MS};
use super::user::{AnswerPlan, UserState};
use super::users::PAUSE_MS;

/// An answer is cut within this many bytes: no answer is as short.
const CUT_WITHIN: u64 = 250;
/// How long a short stall takes, in milliseconds.
const STALL_MS: Range<u64> = 100..1_200;
/// How much longer than the linger time a user is gone, in milliseconds.
const GONE_MORE_MS: Range<u64> = 500..3_000;
/// How long a user is gone after a log-out, in milliseconds.
const LOGGED_OUT_MS: Range<u64> = 10..2_000;
/// How many long messages a user gets before a long stall.
const LONG_MESSAGES: u8 = 6;
/// The length of a long message, in bytes: together they are more than a narrow connection takes.
pub(crate) const LONG_BYTES: usize = 30_000;

/// What a new phase does to all users.
impl Player {
    pub(crate) fn open_all_pages(&mut self) {
        for index in 0..self.users.len() {
            self.open_page(index);
        }
    }

    /// No fault that is planned is injected any more.
    pub(crate) fn drop_plans(&mut self) {
        self.cuts_call = false;
        for user in &mut self.users {
            user.plan = AnswerPlan::Read;
        }
    }

    /// All users leave their pages; the site logs half of them out, of each transport.
    pub(crate) fn leave_all_pages(&mut self) {
        for index in 0..self.users.len() {
            self.cut_connection(index, false);
            let user = &mut self.users[index];
            user.state = UserState::Gone;
            let (ticket, number) = (user.ticket, u32::try_from(index).expect("a user's index"));
            let logs_out = index / Transport::ALL.len() % 2 == 1;
            self.calls.push_back(if logs_out {
                SiteCall::LogOut(number)
            } else {
                SiteCall::Leave(ticket, None)
            });
        }
    }
}

/// Faults of one user.
impl Player {
    /// Injects a fault into a user whose poll waits: now, or after the next answer.
    pub(crate) fn inject(&mut self, index: usize, fault: Fault) {
        if self.users[index].plan != AnswerPlan::Read {
            return;
        }
        let plan = match fault {
            Fault::CutInAnswer => {
                let bytes = usize::try_from(self.chance.within(1..CUT_WITHIN)).expect("a few bytes");
                AnswerPlan::Cut { bytes, fault }
            }
            Fault::CutUnread => AnswerPlan::Cut { bytes: 0, fault },
            Fault::CutAfterAnswer => AnswerPlan::ReadThen(fault),
            Fault::Vanish
            | Fault::NewPageFirst
            | Fault::OldPageFirst
            | Fault::OldPageSilent
            | Fault::LogOut
                if self.chance.one_in(2) =>
            {
                AnswerPlan::ReadThen(fault)
            }
            Fault::CutWaiting
            | Fault::CutCall
            | Fault::Stall
            | Fault::StallLong
            | Fault::Vanish
            | Fault::NewPageFirst
            | Fault::OldPageFirst
            | Fault::OldPageSilent
            | Fault::LogOut => return self.inject_now(index, fault),
        };
        self.users[index].plan = plan;
    }

    pub(crate) fn inject_now(&mut self, index: usize, fault: Fault) {
        self.fault_counts.count(fault);
        let number = u32::try_from(index).expect("a user's index");
        if fault == Fault::Stall {
            self.users[index].state = UserState::Stalled;
            let ms = self.chance.within(STALL_MS);
            return self.alarm(index, ms);
        }
        let with_reset = self.chance.one_in(2);
        self.cut_connection(index, with_reset);
        let ticket = self.users[index].ticket;
        match fault {
            Fault::CutWaiting | Fault::CutInAnswer | Fault::CutUnread | Fault::CutAfterAnswer => {
                self.reconnect_later(index, PAUSE_MS);
            }
            Fault::StallLong => {
                self.users[index].state = UserState::Flooded(LONG_MESSAGES);
                self.calls.extend((0..LONG_MESSAGES).map(|_| SiteCall::Long(number)));
            }
            Fault::Vanish => {
                let ms = SESSION_CUT_MS + LINGER_MS + self.chance.within(GONE_MORE_MS);
                self.go(index, ms);
            }
            Fault::NewPageFirst => {
                self.users[index].leaves = Some(ticket);
                self.open_page(index);
            }
            Fault::OldPageFirst => {
                self.users[index].state = UserState::Coming;
                self.calls.push_back(SiteCall::Leave(ticket, Some(number)));
            }
            Fault::OldPageSilent => self.open_page(index),
            Fault::LogOut => {
                self.users[index].state = UserState::Coming;
                self.calls.push_back(SiteCall::LogOut(number));
            }
            Fault::CutCall | Fault::Stall => {}
        }
    }

    /// The site has logged a user out.
    pub(crate) fn logged_out(&mut self, index: usize) {
        if self.phase != Phase::Leave {
            let ms = self.chance.within(LOGGED_OUT_MS);
            self.go(index, ms);
        }
    }
}
