//! The window: frames that were sent and not received yet, and those that were missed.
//!
//! Owns: the numbers of frames in both directions, and what is sent again. Must not: know what is in a frame.
//!
//! A frame with records has the next number and is kept until the other end says that it has received it. One that comes
//! too early shows that others were lost: it is dropped, and the other end is asked to go on behind the last one that came.
//! So frames arrive once and in order, whatever is lost, doubled or late in between. Frames are lost seldom (a broker
//! restarts, or drops what a slow node does not fetch), so it does not matter that what came too early is sent again.

use std::collections::VecDeque;

use crate::base::clock::Tick;
use crate::cluster::limits::{IDLE_MS, LINK_BYTES, LINK_BYTES_MAX, MISSED_MS, REPEAT_BYTES};
use crate::cluster::wire::frame::Purpose;

/// See the module.
#[derive(Debug)]
pub(crate) struct Window {
    /// The number of the last frame with records.
    sent: u64,
    /// Those that were not received yet, the oldest first.
    kept: VecDeque<Vec<u8>>,
    kept_bytes: usize,
    /// The number of the last frame of the other end, with none missing before it.
    received: u64,
    /// Whether the other end has not been told of the last frames.
    owes: bool,
    /// Whether frames are missing that others came behind.
    is_missing: bool,
    /// When the other end was last asked for missing frames.
    asked: Option<Tick>,
    /// When something was last said.
    spoke: Tick,
}

/// What a frame of the other end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The next one: its records count.
    Next,
    /// None whose records count.
    Other,
}

/// The numbers in a head, and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) purpose: Purpose,
    pub(crate) seq: u64,
    pub(crate) received: u64,
}

impl Window {
    pub(crate) fn new(now: Tick) -> Window {
        Window {
            sent: 0,
            kept: VecDeque::new(),
            kept_bytes: 0,
            received: 0,
            owes: false,
            is_missing: false,
            asked: None,
            spoke: now,
        }
    }

    /// Numbers a frame with these records, and keeps it.
    pub(crate) fn send(&mut self, records: Vec<u8>, now: Tick) -> (Numbers, &[u8]) {
        self.sent += 1;
        self.kept_bytes += records.len();
        self.kept.push_back(records);
        self.say(Purpose::Records, self.sent, now);
        let numbers = Numbers { purpose: Purpose::Records, seq: self.sent, received: self.received };
        (numbers, self.kept.back().map_or(&[], Vec::as_slice))
    }

    fn say(&mut self, purpose: Purpose, seq: u64, now: Tick) {
        debug_assert!(seq <= self.sent || purpose == Purpose::Idle, "numbers are given out in order");
        self.owes = false;
        self.spoke = now;
    }

    /// Takes the numbers of a frame. Returns what it is, and whether the other end wants frames again.
    pub(crate) fn arrive(&mut self, numbers: Numbers) -> (Arrival, bool) {
        let Numbers { purpose, seq, received } = numbers;
        self.forget_up_to(received);
        let wants_again = purpose == Purpose::Missed;
        let arrival = if purpose == Purpose::Records && seq == self.received + 1 {
            self.received = seq;
            self.owes = true;
            self.is_missing = false;
            self.asked = None;
            Arrival::Next
        } else {
            // One that came before is answered, so that it is not sent a third time.
            self.owes |= purpose == Purpose::Records && seq <= self.received;
            self.is_missing |= seq > self.received;
            Arrival::Other
        };
        (arrival, wants_again)
    }

    fn forget_up_to(&mut self, received: u64) {
        let first = self.sent + 1 - self.kept.len() as u64;
        for _ in first..=received.min(self.sent) {
            self.kept_bytes -= self.kept.pop_front().map_or(0, |frame| frame.len());
        }
    }

    /// The frames that are sent again, the oldest first, as far as they go at once.
    pub(crate) fn again(&mut self, now: Tick) -> Vec<(Numbers, &[u8])> {
        self.spoke = now;
        let first = self.sent + 1 - self.kept.len() as u64;
        let received = self.received;
        let mut bytes = 0;
        let some = self.kept.iter().take_while(|frame| {
            let fits = bytes < REPEAT_BYTES;
            bytes += frame.len();
            fits
        });
        let numbered = some
            .zip(first..)
            .map(|(frame, seq)| (Numbers { purpose: Purpose::Records, seq, received }, frame.as_slice()));
        numbered.collect()
    }

    /// What is to be said though there are no records: that frames are missing, or, after a while, what was received.
    pub(crate) fn idle(&mut self, now: Tick) -> Option<Numbers> {
        let may_ask = self.asked.is_none_or(|asked| now.since(asked) >= MISSED_MS);
        let purpose = if self.is_missing && may_ask {
            self.asked = Some(now);
            Purpose::Missed
        } else if now.since(self.spoke) >= IDLE_MS {
            Purpose::Idle
        } else {
            return None;
        };
        self.say(purpose, self.sent, now);
        Some(Numbers { purpose, seq: self.sent, received: self.received })
    }

    /// When [`Window::idle`] has something to say at the latest.
    pub(crate) fn due(&self) -> Tick {
        let idle = self.spoke.after(IDLE_MS);
        if self.is_missing {
            return idle.min(self.asked.map_or(Tick::ZERO, |asked| asked.after(MISSED_MS)));
        }
        idle
    }

    /// Whether so much waits that what may be refused is.
    pub(crate) fn is_congested(&self) -> bool {
        self.kept_bytes > LINK_BYTES
    }

    /// Whether so much waits that the link must break.
    pub(crate) fn is_burst(&self) -> bool {
        self.kept_bytes > LINK_BYTES_MAX
    }

    /// Whether all that was sent has been received, and the other end knows what has been here.
    #[cfg(test)]
    pub(crate) fn is_quiet(&self) -> bool {
        self.kept.is_empty() && !self.is_missing
    }
}

#[cfg(test)]
mod tests {
    use nextim_testkit::random::Random;

    use super::*;

    /// Two ends and what is on the way between them.
    struct Ends {
        windows: [Window; 2],
        way: [Vec<(Numbers, Vec<u8>)>; 2],
        got: [Vec<u8>; 2],
        now: Tick,
    }

    impl Ends {
        fn new() -> Ends {
            let window = || Window::new(Tick::ZERO);
            let (way, got) = (Default::default(), Default::default());
            Ends { windows: [window(), window()], way, got, now: Tick::ZERO }
        }

        fn send(&mut self, end: usize, record: u8) {
            let (numbers, frame) = self.windows[end].send(vec![record], self.now);
            self.way[end].push((numbers, frame.to_vec()));
        }

        /// A frame that `from` has sent arrives.
        fn arrive(&mut self, from: usize, (numbers, frame): (Numbers, Vec<u8>)) {
            let to = 1 - from;
            let (arrival, again) = self.windows[to].arrive(numbers);
            if arrival == Arrival::Next {
                self.got[to].extend(frame);
            }
            if again {
                let again = self.windows[to].again(self.now);
                self.way[to].extend(again.into_iter().map(|(numbers, frame)| (numbers, frame.to_vec())));
            }
        }

        fn pass(&mut self, ms: u64) {
            self.now = self.now.after(ms);
            for end in [0, 1] {
                if let Some(numbers) = self.windows[end].idle(self.now) {
                    self.way[end].push((numbers, Vec::new()));
                }
            }
        }
    }

    #[test]
    fn whatever_is_lost_doubled_or_late_arrives_once_and_in_order() {
        for seed in 0..200 {
            let mut random = Random::new(seed);
            let mut ends = Ends::new();
            let mut said: [Vec<u8>; 2] = Default::default();
            let loss = random.pick(&[0, 20, 60]);
            for _ in 0..300 {
                match random.below(4) {
                    0 => {
                        let (end, record) = (random.below(2), random.pick(&[1, 2, 3, 4, 5]));
                        said[end].push(record);
                        ends.send(end, record);
                    }
                    1 => ends.pass(random.within(0, 300)),
                    _ => {
                        let from = random.below(2);
                        if ends.way[from].is_empty() {
                            continue;
                        }
                        // Frames overtake each other, too.
                        let at = random.below(ends.way[from].len().min(3));
                        let frame = ends.way[from].remove(at);
                        if random.chance(10) {
                            ends.way[from].push(frame.clone());
                        }
                        if !random.chance(loss) {
                            ends.arrive(from, frame);
                        }
                    }
                }
            }
            while ends.windows.iter().any(|end| !end.is_quiet())
                || ends.got[1] != said[0]
                || ends.got[0] != said[1]
            {
                ends.pass(IDLE_MS);
                for from in [0, 1] {
                    for frame in std::mem::take(&mut ends.way[from]) {
                        ends.arrive(from, frame);
                    }
                }
                assert!(ends.now < Tick::ZERO.after(1_000_000), "seed {seed} goes on for ever");
            }
            assert_eq!((&ends.got[1], &ends.got[0]), (&said[0], &said[1]), "seed {seed}");
            assert_eq!((ends.windows[0].kept_bytes, ends.windows[1].kept_bytes), (0, 0));
        }
    }

    #[test]
    fn what_the_other_end_claims_to_have_received_is_believed_only_if_it_was_sent() {
        let mut window = Window::new(Tick::ZERO);
        window.send(vec![1, 2, 3], Tick::ZERO);
        window.arrive(Numbers { purpose: Purpose::Idle, seq: 0, received: u64::MAX });
        assert!(window.kept.is_empty() && window.kept_bytes == 0);
        window.send(vec![4], Tick::ZERO);
        assert_eq!((window.sent, window.kept.len()), (2, 1));
    }
}
