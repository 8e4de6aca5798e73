//! The network between the nodes, how time passes, and which processes end and come.
//!
//! Owns: what is lost, late or there twice. Must not: lose anything while all settles.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::{Flight, World};
use crate::base::clock::Tick;
use crate::router::mail::Input;

impl World {
    pub(super) fn fly(&mut self, from: usize, to: Option<u32>, bytes: &[u8]) {
        if self.is_cut(from) {
            return;
        }
        // Heartbeats are not lost one by one: losing one changes nothing, and losing eight in a row is a split.
        let percent = if self.is_calm || to.is_none() { 0 } else { self.plan.lost };
        if self.random.chance(percent) {
            return;
        }
        let copies = if self.random.chance(self.plan.doubled) { 2 } else { 1 };
        for _ in 0..copies {
            let arrives = self.time + self.random.within(0, self.plan.late_ms);
            self.flights.push(Flight { arrives, to, bytes: bytes.to_vec() });
        }
    }

    fn land(&mut self) {
        let time = self.time;
        let mut landed: Vec<Flight> = self.flights.extract_if(.., |flight| flight.arrives <= time).collect();
        landed.sort_by_key(|flight| flight.arrives);
        for flight in landed {
            for at in 0..self.nodes.len() {
                if flight.to.is_some_and(|epoch| epoch != self.nodes[at].epoch) || self.is_cut(at) {
                    continue;
                }
                if self.is_frozen(at) {
                    self.flights.push(Flight {
                        arrives: time + 1,
                        to: Some(self.nodes[at].epoch),
                        bytes: flight.bytes.clone(),
                    });
                    continue;
                }
                self.begin_hub(at);
                match flight.to {
                    Some(_) => self.nodes[at].hub.take_frame(&flight.bytes),
                    None => self.nodes[at].hub.take_beat(&flight.bytes),
                }
                self.end_hub(at);
            }
        }
    }

    /// Time passes.
    pub(in crate::cluster::sim) fn pass(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(10) {
            self.time += 10;
            self.land();
            for at in 0..self.nodes.len() {
                if self.is_frozen(at) {
                    continue;
                }
                self.begin_hub(at);
                self.end_hub(at);
                self.ring(at);
            }
            self.end_drained();
        }
    }

    fn ring(&mut self, at: usize) {
        let now = Tick::ZERO.after(self.time);
        while let Some(Reverse((due, number, shard))) = self.nodes[at].alarms.peek().copied()
            && due <= now
        {
            self.nodes[at].alarms.pop();
            let alarm = self.nodes[at].alarm_of.remove(&number).expect("it was set");
            self.handle(at, shard, Input::Alarm(alarm));
        }
    }

    /// A process comes in the place of one that has ended.
    pub(super) fn join_some(&mut self) {
        if let Some(number) = self.down.pop() {
            self.add_node(number);
        }
    }

    pub(in crate::cluster::sim) fn add_node(&mut self, number: usize) {
        self.note(|| format!("im{number} comes"));
        let node = self.make_node(number);
        self.nodes.push(node);
    }

    /// What was said before may be lost with what happens now.
    pub(in crate::cluster::sim) fn disturb(&mut self) {
        for said in &mut self.messages {
            said.disturbed = true;
        }
    }

    /// Whether others are there that do not go down.
    fn can_spare(&self, at: usize) -> bool {
        self.nodes.iter().enumerate().any(|(other, node)| other != at && !node.is_draining)
    }

    fn is_cut(&self, at: usize) -> bool {
        self.nodes[at].cut_until > self.time
    }

    /// A process is cut off for a while.
    pub(super) fn cut_some(&mut self) {
        let (at, ms) = (self.random.below(self.nodes.len()), self.random.pick(&[1_000, 3_500, 4_500, 9_000]));
        self.note(|| format!("{} is cut off for {ms} ms", self.nodes[at].name));
        self.nodes[at].cut_until = self.time + ms;
        self.disturb();
        // Often enough the others go on, and nothing else happens meanwhile.
        while self.random.chance(90) && at < self.nodes.len() && self.is_cut(at) {
            self.pass(200);
            self.drain_mail();
            self.serve_pages();
        }
    }

    /// A process is told to go down.
    pub(super) fn drain_some(&mut self) {
        let staying: Vec<usize> =
            (0..self.nodes.len()).filter(|at| !self.nodes[*at].is_draining && self.can_spare(*at)).collect();
        if staying.is_empty() {
            return;
        }
        let at = self.random.pick(&staying);
        self.drain_at(at);
    }

    pub(in crate::cluster::sim) fn drain_at(&mut self, at: usize) {
        self.note(|| format!("{} is told to go down", self.nodes[at].name));
        self.nodes[at].is_draining = true;
        self.begin_hub(at);
        self.nodes[at].hub.drain();
        self.end_hub(at);
    }

    /// Processes end whose users have moved.
    fn end_drained(&mut self) {
        let Some(at) = (0..self.nodes.len()).find(|at| self.has_drained(*at)) else { return };
        self.note(|| format!("{} has gone down", self.nodes[at].name));
        for shard in 0..self.nodes[at].routers.len() {
            self.handle(at, shard, Input::End);
        }
        self.begin_hub(at);
        self.nodes[at].hub.leave();
        self.end_hub(at);
        self.remove(at);
    }

    fn has_drained(&self, at: usize) -> bool {
        let node = &self.nodes[at];
        let users = node.routers.iter().map(|router| router.seen_users().len()).sum::<usize>();
        let is_asked = self.calls.keys().any(|(epoch, _)| *epoch == node.epoch);
        let is_read = node.mail.values().all(VecDeque::is_empty);
        node.is_draining && !self.is_frozen(at) && !is_asked && is_read && node.hub.has_moved(users as u64)
    }

    /// A process ends without a word.
    pub(super) fn kill_some(&mut self) {
        let at = self.random.below(self.nodes.len());
        if !self.can_spare(at) {
            return;
        }
        self.note(|| format!("{} is killed", self.nodes[at].name));
        self.remove(at);
        self.disturb();
    }

    fn remove(&mut self, at: usize) {
        let gone = self.nodes[at].epoch;
        let number: usize = self.nodes[at].name[2..].parse().expect("names end with numbers");
        self.calls.retain(|(epoch, _), _| *epoch != gone);
        for page in self.pages.iter_mut().filter(|page| page.epoch() == Some(gone)) {
            page.lose();
        }
        self.nodes.remove(at);
        self.down.push(number);
    }
}
