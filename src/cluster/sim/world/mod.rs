//! The world around the nodes: their mail, their alarms, the network between them, and what breaks.
//!
//! Owns: everything that is on its way. It promises what the real one promises: mail within a node is in order per pair of
//! places and however late, alarms ring when they are due or later; a frame may be lost, late, or there twice.

mod network;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;

use nextim_testkit::random::Random;

use super::pages::{Ask, Page};
use crate::base::clock::Tick;
use crate::base::domains::{DomainConfig, DomainId, Domains};
use crate::base::limits::{Limits, Timeouts};
use crate::base::memory::Memory;
use crate::cluster::hub::{Hub, HubSettings, Order};
use crate::router::call::{Call, Verb};
use crate::router::directory::Places;
use crate::router::ids::{CallKey, Place};
use crate::router::mail::{
    Alarm, CallAnswer, CallRequest, Effect, Envelope, Input, Mail, Returned, TimedAlarm,
};
use crate::router::{Router, Settings};

/// What kind of world a seed makes.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) nodes: usize,
    pub(super) shards: u16,
    pub(super) names: usize,
    pub(super) rooms: usize,
    /// Frames of a hundred that get lost.
    pub(super) lost: usize,
    /// Frames of a hundred that come twice.
    pub(super) doubled: usize,
    /// How late a frame may be, in milliseconds.
    pub(super) late_ms: u64,
    /// Whether processes are killed.
    pub(super) kills: bool,
    /// Whether others come in their places.
    pub(super) joins: bool,
    /// Whether processes stand still for a while.
    pub(super) freezes: bool,
    /// Whether processes are cut off from the others.
    pub(super) cuts: bool,
    /// Whether processes go down in peace.
    pub(super) drains: bool,
}

impl Plan {
    pub(super) fn new(random: &mut Random) -> Plan {
        Plan {
            nodes: 2 + random.below(3),
            shards: random.pick(&[1, 2, 3]),
            names: 2 + random.below(6),
            rooms: 1 + random.below(3),
            lost: random.pick(&[0, 0, 2, 20]),
            doubled: random.pick(&[0, 5]),
            late_ms: random.pick(&[1, 50, 400]),
            kills: random.chance(30),
            joins: random.chance(50),
            freezes: random.chance(20),
            drains: random.chance(40),
            cuts: random.chance(20),
        }
    }
}

/// A process.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) epoch: u32,
    pub(super) routers: Vec<Router>,
    pub(super) places: Places,
    pub(super) hub: Hub,
    /// By sender and receiver; the hub is [`HUB`].
    mail: BTreeMap<(u16, u16), VecDeque<(Place, Mail)>>,
    alarms: BinaryHeap<Reverse<(Tick, u64, usize)>>,
    alarm_of: BTreeMap<u64, Alarm>,
    /// Until when it stands still.
    frozen_until: u64,
    /// Until when nothing comes to it, and nothing of it comes anywhere.
    cut_until: u64,
    /// Whether it goes down.
    pub(super) is_draining: bool,
}

/// The hub, among the places that mail comes from and goes to.
const HUB: u16 = u16::MAX;

/// A frame or a heartbeat between nodes.
struct Flight {
    arrives: u64,
    /// `None`: all.
    to: Option<u32>,
    bytes: Vec<u8>,
}

/// Nodes and all that surrounds them.
pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) random: Random,
    trace: bool,
    /// Milliseconds since the beginning.
    pub(super) time: u64,
    pub(super) nodes: Vec<Node>,
    epochs: u32,
    flights: Vec<Flight>,
    alarms_set: u64,
    serial: u32,
    /// By the epoch of the node where they wait.
    pub(super) calls: BTreeMap<(u32, CallKey), Ask>,
    pub(super) pages: Vec<Page>,
    pub(super) domains: Arc<Domains>,
    pub(super) messages: Vec<super::pages::Said>,
    /// The numbers of nodes that are not there.
    down: Vec<usize>,
    /// Whether frames are not lost for now.
    is_calm: bool,
}

pub(super) const DOMAIN: DomainId = DomainId(0);

impl World {
    pub(super) fn new(plan: Plan, random: Random, trace: bool) -> World {
        let mut site = DomainConfig::new("site", "key");
        site.undelivered_url = Some("http://site/undelivered".to_owned());
        let domains = Arc::new(Domains::new(&[site]));
        let mut world = World {
            plan,
            random,
            trace,
            time: 1_000,
            nodes: Vec::new(),
            epochs: 0,
            flights: Vec::new(),
            alarms_set: 0,
            serial: 0,
            calls: BTreeMap::new(),
            pages: Vec::new(),
            domains,
            messages: Vec::new(),
            down: Vec::new(),
            is_calm: true,
        };
        for number in 0..world.plan.nodes {
            let node = world.make_node(number);
            world.nodes.push(node);
        }
        world
    }

    fn make_node(&mut self, number: usize) -> Node {
        self.epochs += 1;
        let seeds = [self.random.next(), self.random.next(), self.random.next(), self.random.next()];
        let places = Places::new(self.plan.shards, seeds);
        let limits = Limits::DEFAULT;
        let settings = |place| Settings {
            place,
            places: places.clone(),
            epoch: self.epochs,
            limits: Arc::new(limits.clone()),
            timeouts: Arc::new(Timeouts::DEFAULT),
            memory_bytes: 1 << 30,
            slice: usize::MAX,
            broadcast_places: 2,
            domains: Arc::clone(&self.domains),
            is_clustered: true,
        };
        let name = format!("im{number}");
        let hub = HubSettings::plain(&name, self.epochs);
        let now = Tick::ZERO.after(self.time);
        Node {
            name,
            epoch: self.epochs,
            routers: places.all().map(|place| Router::new(settings(place), Memory::new(1 << 30))).collect(),
            hub: Hub::new(hub, places.clone(), Arc::clone(&self.domains), now),
            places,
            mail: BTreeMap::new(),
            alarms: BinaryHeap::new(),
            alarm_of: BTreeMap::new(),
            frozen_until: 0,
            cut_until: 0,
            is_draining: false,
        }
    }

    /// Prints what happens, if this run is being watched.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        if self.trace {
            eprintln!("{:>7} ms  {}", self.time, what());
        }
    }

    fn is_frozen(&self, node: usize) -> bool {
        self.nodes[node].frozen_until > self.time
    }

    // Mail within a node.

    /// Gives a router an input, and carries out what it wants done.
    pub(super) fn handle(&mut self, at: usize, shard: usize, input: Input<'_>) {
        let now = Tick::ZERO.after(self.time);
        let mut effects = Vec::new();
        let node = &mut self.nodes[at];
        node.routers[shard].handle(input, now, &mut effects);
        let from = u16::try_from(shard).unwrap();
        for effect in effects {
            match effect {
                Effect::Answer(CallAnswer { key, answer }) => self.answered(at, key, answer),
                Effect::Mail(Envelope { to, mail }) => {
                    let node = &mut self.nodes[at];
                    let receiver = if node.places.contains(to) { to.number() } else { HUB };
                    node.mail.entry((from, receiver)).or_default().push_back((to, mail));
                }
                Effect::Alarm(TimedAlarm { at: due, alarm }) => {
                    self.alarms_set += 1;
                    let node = &mut self.nodes[at];
                    node.alarms.push(Reverse((due, self.alarms_set, shard)));
                    node.alarm_of.insert(self.alarms_set, alarm);
                }
                Effect::Undelivered(undelivered) => {
                    for Returned { packet, .. } in undelivered.messages {
                        self.give_back(&packet);
                    }
                }
                Effect::Close(_) => {}
            }
        }
        while self.nodes[at].routers[shard].has_crowds() {
            self.handle(at, shard, Input::Slice);
        }
    }

    /// One piece of mail of a node arrives. Returns whether there was one.
    fn deliver(&mut self, at: usize) -> bool {
        let waiting: Vec<(u16, u16)> = self.nodes[at]
            .mail
            .iter()
            .filter(|(_, queue)| !queue.is_empty())
            .map(|(pair, _)| *pair)
            .collect();
        if waiting.is_empty() {
            return false;
        }
        let pair = self.random.pick(&waiting);
        let (to, mail) = self.nodes[at].mail.get_mut(&pair).and_then(VecDeque::pop_front).expect("it waits");
        self.note(|| format!("{} {pair:?} {to:?}: {mail:?}", self.nodes[at].name));
        if pair.1 == HUB {
            self.begin_hub(at);
            self.nodes[at].hub.take_mail(to, mail);
            self.end_hub(at);
        } else {
            self.handle(at, usize::from(pair.1), Input::Mail(mail));
        }
        true
    }

    fn begin_hub(&mut self, at: usize) {
        let time = self.time;
        self.nodes[at].hub.begin(Tick::ZERO.after(time), time);
    }

    fn end_hub(&mut self, at: usize) {
        for order in self.nodes[at].hub.end() {
            match order {
                Order::Mail(to, mail) => {
                    let queue = self.nodes[at].mail.entry((HUB, to.number())).or_default();
                    queue.push_back((to, mail));
                }
                Order::Frame { epoch, bytes, .. } => self.fly(at, Some(epoch), &bytes),
                Order::Beat(bytes) => self.fly(at, None, &bytes),
                Order::Tell(tidings) => self.note(|| format!("{}: {tidings:?}", self.nodes[at].name)),
            }
        }
    }

    // What happens.

    /// All nodes are there.
    pub(super) fn come_up(&mut self) {
        self.is_calm = true;
        self.pass(4_000);
        self.drain_mail();
        self.is_calm = false;
    }

    pub(super) fn drain_mail(&mut self) {
        for at in 0..self.nodes.len() {
            while self.deliver(at) {}
        }
    }

    /// One step.
    pub(super) fn act(&mut self) {
        match self.random.below(100) {
            0..45 => {
                for _ in 0..=self.random.below(6) {
                    let at = self.random.below(self.nodes.len());
                    if !self.is_frozen(at) {
                        self.deliver(at);
                    }
                }
            }
            45..60 => {
                let ms = self.random.pick(&[10, 20, 50, 200, 1_000]);
                self.pass(ms);
            }
            60..70 => self.open_some(),
            70..80 => self.say_some(),
            80..96 => self.change_some(),
            96 if self.plan.drains => self.drain_some(),
            97 if self.plan.joins => self.join_some(),
            98 if self.plan.kills => self.kill_some(),
            99 if self.plan.freezes => {
                let (at, ms) = (self.random.below(self.nodes.len()), self.random.pick(&[200, 1_000, 2_500]));
                self.note(|| format!("{} stands still for {ms} ms", self.nodes[at].name));
                self.nodes[at].frozen_until = self.time + ms;
            }
            _ if self.plan.cuts => self.cut_some(),
            _ => self.pass(500),
        }
        self.serve_pages();
    }

    /// A call arrives at some node.
    pub(super) fn call(&mut self, ask: Ask, verb: Verb<'static>) {
        let ready: Vec<usize> = (0..self.nodes.len()).filter(|at| !self.is_frozen(*at)).collect();
        if ready.is_empty() {
            return;
        }
        let at = self.random.pick(&ready);
        self.call_at(at, ask, verb);
    }

    /// A call arrives at this node.
    pub(super) fn call_at(&mut self, at: usize, ask: Ask, verb: Verb<'static>) {
        self.serial += 1;
        let shard = self.random.below(self.nodes[at].routers.len());
        let place = Place::new(u16::try_from(shard).unwrap());
        let key = CallKey { place, conn: self.serial, serial: self.serial };
        self.note(|| format!("{} is called: {ask:?} {verb:?}", self.nodes[at].name));
        self.calls.insert((self.nodes[at].epoch, key), ask);
        let request = CallRequest { key, call: Call { domain: DOMAIN, verb }, until_ms: self.time + 7_500 };
        self.handle(at, shard, Input::Call(request));
    }

    /// Everything arrives, and everybody has had time.
    pub(super) fn settle(&mut self) {
        if self.plan.freezes || self.plan.cuts {
            self.disturb();
        }
        self.note(|| "all settles".to_owned());
        self.is_calm = true;
        for node in &mut self.nodes {
            (node.frozen_until, node.cut_until) = (0, 0);
        }
        for _ in 0..300 {
            self.drain_mail();
            self.serve_pages();
            self.pass(100);
        }
        // Those who lost a page come back, and then nothing is left to be done.
        self.reopen_all();
        for _ in 0..160 {
            self.drain_mail();
            self.serve_pages();
            self.pass(100);
        }
        self.drain_mail();
        self.is_calm = false;
    }
}
