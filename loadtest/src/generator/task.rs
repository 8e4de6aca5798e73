//! Tasks: what the threads of the generator are told to do, and how far one is with it.
//!
//! Owns: the choice of the next call. Must not: send it. Every task ends: by a count or a time, and in any case at
//! its deadline.

use std::collections::VecDeque;

use nextim_testkit::load::wire::Recipient;

use crate::number::{nanoseconds, real};

/// How calls are paced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// A closed loop: so many messages on their way at any time.
    Closed(u32),
    /// An open loop: so many messages a second, whatever becomes of them.
    Open(f64),
}

/// Who is whose receiver or buddy, where there are several nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Any two; the site calls one node after the other.
    #[default]
    Any,
    /// Both are at the node that is called.
    Near,
    /// The first is at the node that is called, the second at another one.
    Far,
}

impl Reach {
    /// Whether users of these nodes are of that kind to each other.
    pub(crate) fn admits(self, node: u8, other: u8) -> bool {
        match self {
            Reach::Any => true,
            Reach::Near => node == other,
            Reach::Far => node != other,
        }
    }
}

/// What to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// Bring all users online and to their polls, so many at a time.
    Park(u32),
    /// Send messages: to users, or to rooms.
    Messages {
        /// How fast.
        pace: Pace,
        /// To rooms.
        rooms: bool,
    },
    /// Receive a broadcast, and send it if told to.
    Broadcast {
        /// Which one it is, from 1.
        number: u32,
        /// This thread sends it.
        sends: bool,
        /// Messages a second from user to user meanwhile.
        rate: Option<f64>,
    },
    /// Users log out and come back, so many at a time.
    Churn(u32),
    /// All polls are cut, and everybody comes back, so many at a time.
    Storm(u32),
    /// All users leave, so many at a time, and stay away.
    Leave(u32),
    /// Nothing but the polls.
    Idle,
}

impl Task {
    /// The rate of an open loop, if there is one.
    pub(crate) fn rate(&self) -> Option<f64> {
        match self {
            Task::Messages { pace: Pace::Open(rate), .. } => Some(*rate),
            Task::Broadcast { rate, .. } => *rate,
            Task::Messages { pace: Pace::Closed(_), .. }
            | Task::Park(_)
            | Task::Churn(_)
            | Task::Storm(_)
            | Task::Leave(_)
            | Task::Idle => None,
        }
    }
}

/// A task with its times, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// What to do.
    pub(crate) task: Task,
    /// Between whom.
    pub(crate) reach: Reach,
    /// How long to begin new things, for tasks that end by time.
    pub(crate) seconds: f64,
    /// How long to wait after that.
    pub(crate) patience: f64,
}

/// A call of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// A user goes online.
    Online(u32),
    /// A user logs out.
    Offline(u32),
    /// A user leaves a page.
    Leave(u32),
    /// A signal; nothing more is known of it once it was answered.
    Signal {
        /// The sender, counted in the part.
        sender: u32,
        /// The receiver, by number.
        to: u32,
    },
    /// A user acknowledges what came on the stream, beside it.
    Ack(u32),
    /// A message.
    Message {
        id: u64,
        /// The sender, counted in the part.
        sender: u32,
        receiver: Recipient,
    },
}

/// A task that is being done. Times are nanoseconds since the fleet started.
#[derive(Debug)]
pub(crate) struct Progress {
    /// What is done.
    pub(crate) task: Task,
    /// Between whom.
    pub(crate) reach: Reach,
    /// When it began.
    pub(crate) began: u64,
    /// When nothing new is begun any more.
    pub(crate) ends: u64,
    /// When what is not finished is given up.
    pub(crate) deadline: u64,
    /// The next user, for tasks that go through all of them.
    pub(crate) next: u32,
    /// Users on their way to their polls.
    pub(crate) under_way: u32,
    /// Messages that are due, by the time when they should have been sent.
    pub(crate) due: VecDeque<u64>,
    issued: u64,
}

impl Progress {
    /// A task that begins.
    pub(crate) fn new(order: Order, now: u64) -> Progress {
        let ends = now + nanoseconds(order.seconds);
        Progress {
            task: order.task,
            reach: order.reach,
            began: now,
            ends,
            deadline: ends + nanoseconds(order.patience),
            next: 0,
            under_way: 0,
            due: VecDeque::new(),
            issued: 0,
        }
    }

    /// Makes due what an open loop should have sent by now. It sends on the ticks of a timer, `tick` apart, so the time
    /// that counts is that of the tick.
    pub(crate) fn tick(&mut self, rate: f64, tick: u64, now: u64) {
        while self.began < self.ends {
            let exact = nanoseconds(real(self.issued + 1) / rate);
            let at = self.began + exact.div_ceil(tick) * tick;
            if at > now || at > self.ends {
                return;
            }
            self.issued += 1;
            self.due.push_back(at);
        }
    }
}

/// How far apart the ticks of an open loop are, in nanoseconds: one for each message, but not too many a second.
pub(crate) fn tick_of(rate: f64) -> u64 {
    nanoseconds(1.0 / rate.max(0.1)).max(250_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_near() {
        let check = |reach: Reach, expected: [bool; 2]| {
            assert_eq!([reach.admits(1, 1), reach.admits(1, 2)], expected, "{reach:?}");
        };
        check(Reach::Any, [true, true]);
        check(Reach::Near, [true, false]);
        check(Reach::Far, [false, true]);
    }

    #[test]
    fn an_open_loop_keeps_its_rate() {
        let check = |rate: f64, now_ms: u64, expected: usize| {
            let task = Task::Messages { pace: Pace::Open(rate), rooms: false };
            let mut progress =
                Progress::new(Order { task, reach: Reach::Any, seconds: 2.0, patience: 1.0 }, 1_000);
            let tick = tick_of(rate);
            progress.tick(rate, tick, 1_000 + now_ms * 1_000_000);
            assert_eq!(progress.due.len(), expected, "{rate} {now_ms}");
            assert!(progress.due.iter().all(|at| (at - 1_000) % tick == 0));
            progress.tick(rate, tick, 1_000 + now_ms * 1_000_000);
            assert_eq!(progress.due.len(), expected, "the same time again");
        };
        check(10.0, 0, 0);
        check(10.0, 100, 1);
        check(10.0, 1_000, 10);
        check(10_000.0, 1_000, 10_000);
        check(10_000.0, 5_000, 20_000);
    }
}
