//! A round: users act for a while, and faults happen to the server.
//!
//! Owns: when the process is stopped and a shard stands still, and for how long.

use super::world::World;
use nextim_testkit::random::Random;

impl World {
    /// Users act, and then everything comes to rest. Nothing, if the run means nothing.
    pub(crate) fn round(&mut self) -> Option<()> {
        self.acting = true;
        self.lag_ms = 0;
        let begin = self.ms();
        let end = begin + self.plan.round_ms;
        let within = |random: &mut Random, ms: u64| begin + random.within(0, ms);
        let mut stop =
            self.random.chance(self.plan.stops).then(|| within(&mut self.random, self.plan.round_ms));
        let mut freeze =
            self.random.chance(self.plan.freezes).then(|| within(&mut self.random, self.plan.round_ms));
        while self.ms() < end && self.stalled.is_none() {
            self.pump(3);
            if freeze.take_if(|at| *at <= self.ms()).is_some() {
                self.freeze();
            }
            if stop.take_if(|at| *at <= self.ms()).is_some() {
                self.stand_still();
            }
        }
        self.rest()
    }

    /// The process is stopped for longer than sessions live. A stop is noticed when it lasts a second longer than the
    /// server meant to sleep, and the longest sleep here is until a session ends.
    fn stand_still(&mut self) {
        let ms = self.plan.session_idle_ms + self.random.within(1_200, 1_600);
        self.stop_server();
        let until = self.ms() + ms;
        while self.ms() < until {
            self.pump(5);
        }
        self.resume_server();
    }

    /// One shard stands still for longer than others wait for it.
    fn freeze(&mut self) {
        let shard = u16::try_from(self.random.below(usize::from(self.plan.shards))).expect("one of a few");
        let ms = self.random.within(self.plan.gather_ms + 20, 2 * self.plan.gather_ms);
        self.note(|| format!("shard {shard} stands still"));
        self.freeze_fates();
        self.count("shards that stood still");
        self.server.freeze(shard);
        let until = self.ms() + ms;
        while self.ms() < until {
            self.pump(5);
        }
        self.server.thaw();
        self.note(|| format!("shard {shard} goes on"));
        self.freeze_fates();
    }

    /// Whether answers that were read a moment ago were written is not known to all shards.
    fn freeze_fates(&mut self) {
        self.frozen = !self.frozen;
        let (now, fate_ms) = (self.server_ms(), self.fate_ms());
        for page in &mut self.pages {
            if let Some((span, done_ms)) = page.polling.last_mut()
                && *done_ms + fate_ms >= now
            {
                span.done = super::ledger::OPEN;
            }
        }
    }
}
