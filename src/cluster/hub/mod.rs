//! The hub: all links of a node, and who is there.
//!
//! Owns: the order in which mail, frames and heartbeats become mail, frames and views. Must not: wait for anything; the
//! bridge around it does.

mod counts;
#[cfg(test)]
mod hostile;
mod look;
mod orders;
mod report;
#[cfg(test)]
mod seen;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub(crate) use self::counts::HubCounts;
pub(crate) use self::orders::{HubSettings, Order, Tidings};
use crate::base::clock::Tick;
use crate::base::domains::{DomainId, Domains};
use crate::cluster::limits::{HEARTBEAT_MS, HOPS_MAX, LISTEN_MS, MOVING_MS};
use crate::cluster::link::asked::answer;
use crate::cluster::link::{Context, Link, Sink, Taken};
use crate::cluster::members::{Event, Members};
use crate::cluster::misfit::Misfit;
use crate::cluster::view::View;
use crate::cluster::wire::beat::{Beat, Stage};
use crate::cluster::wire::frame::{FrameError, Head, MAJOR};
use crate::cluster::wire::{Reader, Wire};
use crate::router::call::{Answer, Refusal};
use crate::router::directory::{Directory, Places};
use crate::router::ids::{Place, UserKey};
use crate::router::mail::{CallRequest, Mail};
use crate::router::owners::{Isolation, Owners};

/// What a link sees of its node. The times are the node's own, and what shards count.
fn context<'c>(owners: &'c Owners, settings: &'c HubSettings, (now, shared_ms): (Tick, u64)) -> Context<'c> {
    let HubSettings { ref node, epoch, grace_ms, answer_ms, .. } = *settings;
    Context { owners, now, shared_ms, epoch, grace_ms, answer_ms, node }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Hub {
    settings: HubSettings,
    places: Places,
    owners: Owners,
    members: Members,
    /// By their places.
    links: Vec<Link>,
    view: Arc<View>,
    /// The nodes that owned names before the last change, and until when their users may still be there.
    before: Option<(Vec<Arc<str>>, Tick)>,
    /// Why calls were refused no matter who else is there, when the view was made. A node joins before it has one.
    refused: Option<Isolation>,
    now: Tick,
    shared_ms: u64,
    next_beat: Tick,
    /// When this node goes down at the latest, if it is about to.
    leaves_by: Option<Tick>,
    /// Mail for links and shards that has not gone on yet.
    queue: VecDeque<(Place, Mail)>,
    orders: Vec<Order>,
    told: Vec<(Box<str>, Misfit)>,
    counts: HubCounts,
}

impl Hub {
    /// A node that has just come.
    pub(crate) fn new(settings: HubSettings, places: Places, domains: Arc<Domains>, now: Tick) -> Hub {
        let own = Beat {
            major: MAJOR,
            node: settings.node.clone(),
            epoch: settings.epoch,
            stage: Stage::Joining,
            url: settings.url.clone(),
            division: settings.partition.hash(&settings.listed),
            stamp_us: 0,
            users: 0,
            echoes: Vec::new(),
        };
        let directory = Directory::new(Place::new(0), places.clone(), settings.epoch);
        let view = View::new(Vec::new(), settings.partition.clone(), (&settings.listed, None), 0, None);
        Hub {
            members: Members::new(own, settings.dead_ms, now),
            owners: Owners::new(directory, domains, true),
            links: Vec::new(),
            view: Arc::new(view),
            before: None,
            refused: None,
            settings,
            places,
            now,
            shared_ms: 0,
            // A newcomer listens whether its name is free.
            next_beat: now.after(LISTEN_MS),
            leaves_by: None,
            queue: VecDeque::new(),
            orders: Vec::new(),
            told: Vec::new(),
            counts: HubCounts::default(),
        }
    }

    /// The time is this now; `shared_ms` is what shards count.
    pub(crate) fn begin(&mut self, now: Tick, shared_ms: u64) {
        (self.now, self.shared_ms) = (now, shared_ms);
    }

    /// Runs part of one link's work, and takes what leaves it.
    fn with_link<R>(&mut self, index: usize, work: impl FnOnce(&mut Link, Context<'_>, &mut Sink) -> R) -> R {
        let mut sink = Sink::default();
        let context = context(&self.owners, &self.settings, (self.now, self.shared_ms));
        let result = work(&mut self.links[index], context, &mut sink);
        let Sink { mail, calls, frames, heard, repeated, given_up } = sink;
        self.queue.extend(mail);
        let counts = self.counts.of_mut(index);
        counts.records_in += heard;
        counts.frames_again += repeated;
        counts.frames_out += frames.len() as u64;
        counts.unreachable += given_up;
        let node = Arc::clone(self.links[index].name());
        self.orders.extend(frames.into_iter().map(|(epoch, bytes)| Order::Frame {
            node: Arc::clone(&node),
            epoch,
            bytes,
        }));
        for (request, hops) in calls {
            self.route_call(request, hops);
        }
        result
    }

    /// A call of another node goes to the shard that can judge it, or on to the node that can.
    fn route_call(&mut self, request: CallRequest<'static>, hops: u8) {
        let home = self.owners.home(&request.call);
        if self.places.contains(home) {
            self.queue.push_back((home, Mail::Call(request)));
            return;
        }
        match self.index_of(home) {
            Some(index) if hops < HOPS_MAX => {
                self.with_link(index, |link, context, sink| link.take_call(request, hops + 1, context, sink));
            }
            Some(_) | None => {
                self.queue.push_back(answer(request.key, Answer::Refused(Refusal::Unreachable)));
            }
        }
    }

    fn index_of(&self, place: Place) -> Option<usize> {
        let index = usize::from(place.number().checked_sub(self.places.count())?);
        (index < self.links.len()).then_some(index)
    }

    fn index_of_node(&self, node: &str) -> Option<usize> {
        self.links.iter().position(|link| **link.name() == *node)
    }

    /// Mail of a shard for another node.
    pub(crate) fn take_mail(&mut self, to: Place, mail: Mail) {
        self.queue.push_back((to, mail));
        self.run_queue();
    }

    /// Mail goes to its links, and on to shards.
    fn run_queue(&mut self) {
        while let Some((to, mail)) = self.queue.pop_front() {
            match self.index_of(to) {
                Some(index) => {
                    self.with_link(index, |link, context, sink| link.take_mail(mail, context, sink));
                }
                None => self.orders.push(Order::Mail(to, mail)),
            }
        }
    }

    /// What another node, or this one, says of itself.
    pub(crate) fn take_beat(&mut self, bytes: &[u8]) {
        let beat = Beat::take(&mut Reader::new(bytes)).filter(Beat::is_sound);
        let Some(beat) = beat else { return self.bad_frame() };
        let (node, stage) = (beat.node.clone(), beat.stage);
        let before = self.members.get(&node).map(|member| member.stage);
        let mut events = Vec::new();
        let heard = self.members.hear(beat, self.now, &mut events);
        self.take_events(events);
        match heard {
            Err(misfit) => self.tell_once(node, misfit),
            Ok(()) if before != Some(stage) => self.look(),
            Ok(()) => {}
        }
        self.run_queue();
    }

    fn tell_once(&mut self, node: Box<str>, misfit: Misfit) {
        let told = (node, misfit);
        if !self.told.contains(&told) {
            self.orders.push(Order::Tell(Tidings::Misfit(told.0.clone(), misfit)));
            self.told.push(told);
        }
    }

    fn bad_frame(&mut self) {
        self.counts.frames_bad += 1;
        if self.counts.frames_bad == 1 {
            self.orders.push(Order::Tell(Tidings::BadFrame));
        }
    }

    /// A frame for this process.
    pub(crate) fn take_frame(&mut self, bytes: &[u8]) {
        self.counts.frames_in += 1;
        let (head, body) = match Head::read(bytes) {
            Ok(read) => read,
            Err(FrameError::Major(_) | FrameError::Malformed) => return self.bad_frame(),
        };
        let from = self.members.others().find(|(_, member)| member.epoch == head.from_epoch);
        let Some(index) = from.and_then(|(node, _)| self.index_of_node(node)) else { return };
        self.counts.of_mut(index).frames_in += 1;
        let taken = self.with_link(index, |link, context, sink| link.take_frame(head, body, context, sink));
        match taken {
            Taken::Records(records) => {
                let whole =
                    self.with_link(index, |link, context, sink| link.take_records(records, context, sink));
                if !whole {
                    self.bad_frame();
                }
            }
            Taken::Up => {
                self.look();
                self.with_link(index, Link::recover);
            }
            Taken::Nothing => {}
        }
        self.run_queue();
    }

    fn take_events(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Met { node, epoch } => {
                    let index = self.link_to(node);
                    self.with_link(index, |link, context, sink| link.meet(epoch, context, sink));
                    let node = Arc::clone(self.links[index].name());
                    self.orders.push(Order::Tell(Tidings::Met(node)));
                }
                Event::Gone { node } => {
                    let Some(index) = self.index_of_node(&node) else { continue };
                    self.with_link(index, Link::part);
                    self.look();
                    self.with_link(index, Link::recover);
                    let node = Arc::clone(self.links[index].name());
                    self.orders.push(Order::Tell(Tidings::Gone(node)));
                }
            }
        }
    }

    /// The link to a node; there is one from the first time that it is heard of.
    fn link_to(&mut self, node: Box<str>) -> usize {
        if let Some(index) = self.index_of_node(&node) {
            return index;
        }
        let index = self.links.len();
        let number = self.places.count() + u16::try_from(index).expect("nodes are few");
        let context = context(&self.owners, &self.settings, (self.now, self.shared_ms));
        self.links.push(Link::new(Place::new(number), node.into(), context));
        index
    }

    /// The configured domains have changed.
    pub(crate) fn replace_domains(&mut self, domains: Arc<Domains>) {
        self.owners.replace_domains(domains);
        for index in 0..self.links.len() {
            self.with_link(index, |link, context, _| link.replace_domains(context));
        }
    }

    /// This node goes: it owns no name any more, and its users move to those that do.
    pub(crate) fn drain(&mut self) {
        self.members.set_stage(Stage::Draining);
        self.next_beat = self.now;
        self.leaves_by = Some(self.now.after(MOVING_MS));
        self.look();
    }

    /// Whether a node that goes need not wait for its users any longer: so many are there, and all that were sent on have
    /// been taken, or nobody could take them.
    pub(crate) fn has_moved(&self, users: u64) -> bool {
        let Some(leaves_by) = self.leaves_by else { return false };
        let has_heirs = self.members.others().any(|(_, member)| member.stage == Stage::Up);
        let is_done = users == 0 && self.links.iter().all(|link| link.under_way() == 0);
        is_done || !has_heirs || leaves_by <= self.now
    }

    /// This node has gone.
    pub(crate) fn leave(&mut self) {
        self.members.set_stage(Stage::Gone);
        self.beat();
    }

    /// Says that this node is there. One that gives way to another of its name does not: others would take it for that.
    fn beat(&mut self) {
        self.next_beat = self.now.after(HEARTBEAT_MS);
        if self.members.gives_way(self.now) {
            return;
        }
        let mut bytes = Vec::new();
        self.members.say().put(&mut bytes);
        self.orders.push(Order::Beat(bytes));
    }

    /// Does what is due, and sends what this turn has brought together. Returns what is to be done.
    pub(crate) fn end(&mut self) -> Vec<Order> {
        let mut events = Vec::new();
        self.members.pass(self.now, &mut events);
        self.take_events(events);
        if self.members.own().stage == Stage::Joining && self.may_go_up() {
            self.members.set_stage(Stage::Up);
            self.next_beat = self.now;
            self.look();
            self.orders.push(Order::Tell(Tidings::Up));
        }
        let has_settled = self.before.take_if(|(_, until)| *until <= self.now).is_some();
        if has_settled || self.refused != self.refuses() {
            self.look();
        }
        if self.next_beat <= self.now {
            self.beat();
        }
        for index in 0..self.links.len() {
            let is_suspect = self.members.is_suspect(self.links[index].name(), self.now);
            self.with_link(index, |link, context, sink| link.set_suspect(is_suspect, context, sink));
            if self.links[index].lost().due() <= self.now {
                self.take_steps(index);
            }
        }
        self.run_queue();
        for index in 0..self.links.len() {
            self.with_link(index, Link::flush);
        }
        self.run_queue();
        std::mem::take(&mut self.orders)
    }

    fn take_steps(&mut self, index: usize) {
        // Images of lost names, and whom they are linked with, are looked up once for all that are lost.
        let mut found: BTreeMap<DomainId, BTreeMap<Box<str>, BTreeSet<UserKey>>> = BTreeMap::new();
        let lost = self.links[index].lost().names_to_part(self.now);
        if !lost.is_empty() {
            for (_, image) in self.links.iter().flat_map(|link| link.images().users()) {
                let name = image.profile.name();
                if image.profile.visible() && lost.contains(&(image.domain, name)) {
                    let linked = found.entry(image.domain).or_default().entry(name.into()).or_default();
                    linked.extend(image.linked.iter().copied());
                }
            }
        }
        let has_found = |domain: DomainId, name: &str, user: UserKey| {
            let linked = found.get(&domain).and_then(|names| names.get(name));
            linked.is_some_and(|linked| linked.contains(&user))
        };
        self.with_link(index, |link, context, sink| link.take_steps(context, &has_found, sink));
    }

    /// Why calls are refused no matter who else is there.
    fn refuses(&self) -> Option<Isolation> {
        let name_taken = self.members.gives_way(self.now).then_some(Isolation::NameTaken);
        let is_cut_off = self.members.is_cut_off(self.now) && self.settings.refuses_alone;
        let is_joining = self.members.own().stage == Stage::Joining;
        let no_broker = is_cut_off.then_some(Isolation::NoBroker);
        name_taken.or(no_broker).or(is_joining.then_some(Isolation::Joining))
    }

    /// Whether a newcomer has listened long enough, and has a link to all who are there.
    fn may_go_up(&self) -> bool {
        !self.members.is_listening(self.now)
            && !self.members.is_cut_off(self.now)
            && !self.members.gives_way(self.now)
            && self
                .members
                .others()
                .all(|(node, _)| self.index_of_node(node).is_some_and(|index| self.links[index].is_up()))
    }

    /// When there is something to do at the latest.
    pub(crate) fn due(&self) -> Tick {
        // It beats often enough for the rest.
        self.links.iter().map(Link::due).fold(self.next_beat, Tick::min)
    }
}
