//! Time: what passes, what is due, and what the routers know of it.
//!
//! Owns: when alarms ring, when readers have stalled for too long, and stops of the process. Must not: carry out an effect.

use std::cmp::Reverse;

use super::{World, Written};
use crate::base::clock::Tick;
use crate::base::limits::turn::STOP_MS_MIN;
use crate::router::mail::{Alarm, Input};

/// How late mail is at most, in milliseconds, if it may be later than gathers wait.
const MAIL_MS_MAX: u64 = 20_000;

/// How long the process is stopped at most, in milliseconds.
const STOP_MS_MAX: u64 = 60_000;

impl World {
    /// Time passes; some or all alarms that are due ring.
    pub(in crate::router::sim) fn advance(&mut self, ms: u64) {
        self.bring_mail_within(ms);
        self.time += ms;
        while let Some(at) = self.written.iter().position(|written| self.gives_up(written)) {
            self.break_off(at);
        }
        let late = self.random.chance(30);
        for place in 0..self.routers.len() {
            if !late || self.random.chance(50) {
                self.ring(place);
            }
        }
    }

    /// Mail that would be later than it may be after this many milliseconds arrives before.
    fn bring_mail_within(&mut self, ms: u64) {
        let mail_ms_max = if self.plan.late_mail { MAIL_MS_MAX } else { self.plan.timeouts.gather_ms - 100 };
        if self.time + ms > self.drained + mail_ms_max {
            self.drain_mail();
        }
    }

    /// Whether a reader has stalled for too long.
    fn gives_up(&self, written: &Written) -> bool {
        let now = self.now(written.key.place.index()).ms();
        written.since + self.plan.timeouts.write_ms <= now
    }

    /// The process is stopped. Time passes in the world; each router counts a little of it, as much as its last turn
    /// took to notice, and one more than another: their clocks move against each other.
    pub(in crate::router::sim) fn stop(&mut self) {
        let ms = self.random.within(STOP_MS_MIN, STOP_MS_MAX);
        self.bring_mail_within(STOP_MS_MIN);
        self.note(|| format!("the process is stopped for {ms} ms"));
        self.time += ms;
        self.drained += ms - STOP_MS_MIN;
        for stopped in &mut self.stopped {
            *stopped += ms - self.random.within(0, STOP_MS_MIN);
        }
    }

    /// All alarms of a router that are due ring.
    pub(in crate::router::sim) fn ring(&mut self, place: usize) {
        let now = self.now(place);
        while self.alarms[place].peek().is_some_and(|Reverse((at, _))| *at <= now) {
            let Reverse((at, number)) = self.alarms[place].pop().expect("it is there");
            let alarm = self.alarm_of[place].remove(&number).expect("it was set");
            self.note(|| format!("alarm at {place}: {alarm:?}, {} ms late", now.since(at)));
            self.handle(place, Input::Alarm(alarm));
        }
    }

    /// Milliseconds until the next alarm.
    pub(in crate::router::sim) fn next_alarm_ms(&self) -> Option<u64> {
        let next = |place: usize| self.alarms[place].peek().map(|Reverse((at, _))| at.since(self.now(place)));
        (0..self.routers.len()).filter_map(next).min()
    }

    /// Whether an alarm for `whom` rings at `at` or before.
    pub(in crate::router::sim) fn rings(&self, place: usize, whom: Alarm, at: Tick) -> bool {
        self.alarms[place]
            .iter()
            .any(|Reverse((set, number))| *set <= at && self.alarm_of[place][number] == whom)
    }
}
