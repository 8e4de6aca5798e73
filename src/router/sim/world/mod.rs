//! The world around the routers: mail, time, alarms, calls and connections.
//!
//! Owns: everything that is on its way, and the rule that a router's effects are carried out in order. It does what
//! shards do and promises what `mail.rs` says they promise, no more: mail is in order per pair and however late,
//! alarms ring when they are due or later, answers are flushed, delayed or lost with their connections. `time` is how it
//! passes.

mod time;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;

use super::account::{Ledger, number};
use super::browser::Page;
use super::plan::Plan;
use super::signals::SignalLedger;
use crate::base::admission::Budget;
use crate::base::clock::Tick;
use crate::base::domains::{DomainConfig, DomainId, Domains};
use crate::base::memory::Memory;
use crate::router::call::{Answer, Call, Delivery, Transport, Verb};
use crate::router::directory::Places;
use crate::router::ids::{CallKey, Place, SessionKey, UserKey};
use crate::router::mail::{
    Alarm, CallAnswer, CallRequest, Effect, Envelope, Input, Mail, PollFate, Returned, TimedAlarm,
    Undelivered,
};
use crate::router::{Router, Settings};
use nextim_testkit::random::Random;

/// What was asked, and by which page.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// `/presences/online` of a page.
    Start { page: usize },
    /// A poll or a stream of one of a page's tabs.
    Poll { page: usize, tab: usize, bad_seq: bool, transport: Transport },
    /// An acknowledgement beside the stream of a page.
    Ack { page: usize },
    /// A message.
    Say { message: usize },
    /// A signal.
    Signal { signal: usize },
    /// Anything else, with the ticket of a page if it is given.
    Act { page: Option<usize> },
    /// A ticket in the wrong domain.
    Wrong,
}

/// A call that was not answered yet, or a stream that is still answered.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) ask: Ask,
    /// Gathers that were late when it was asked.
    pub(super) late: u64,
    /// Whether the browser closed its connection.
    pub(super) cut: bool,
}

/// An answer to a poll, or an event of a stream, that is being written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) key: CallKey,
    pub(super) page: usize,
    pub(super) tab: usize,
    /// By the clock of its place.
    pub(super) since: u64,
    pub(super) delivery: Delivery,
}

/// An alarm: when it rings, and its number in the order they were set.
type Set = Reverse<(Tick, u64)>;

/// Routers and all that surrounds them.
pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) random: Random,
    pub(super) trace: bool,
    /// Milliseconds since the beginning.
    pub(super) time: u64,
    /// When all mail had arrived.
    drained: u64,
    /// Counts calls and answers: what came before what.
    pub(super) moment: u64,
    pub(super) routers: Vec<Router>,
    pub(super) places: Places,
    offsets: Vec<u64>,
    /// Milliseconds in which the process was stopped, as far as each router has not counted them.
    stopped: Vec<u64>,
    /// By sender and receiver.
    mail: BTreeMap<(Place, Place), VecDeque<Mail>>,
    alarms: Vec<BinaryHeap<Set>>,
    alarm_of: Vec<BTreeMap<u64, Alarm>>,
    alarms_set: u64,
    serial: u32,
    /// Where all calls arrive, if not anywhere.
    pub(super) accept_at: Option<Place>,
    pub(super) calls: BTreeMap<CallKey, Pending>,
    pub(super) written: Vec<Written>,
    /// Answers that were flushed and have not reached the browser.
    pub(super) arrivals: VecDeque<Written>,
    /// Polls whose answers are flushed as soon as all effects are carried out.
    pub(super) flush_soon: Vec<CallKey>,
    /// Fates to be handled as soon as all effects are carried out.
    pub(super) fates: Vec<(CallKey, SessionKey, bool)>,
    /// The answer to a call that a test waits for.
    pub(super) probed: Option<Answer>,
    pub(super) pages: Vec<Page>,
    pub(super) ledger: Ledger,
    pub(super) signals: SignalLedger,
    pub(super) domains: Arc<Domains>,
    pub(super) domain_ids: Vec<DomainId>,
    pub(super) removed: Option<usize>,
    /// What may go back to the sites of the domains, as far as it is claimed.
    pub(super) budgets: Vec<Arc<Budget>>,
    /// Messages on their way back, with the numbers of their domains.
    pub(super) returning: Vec<(usize, Returned)>,
    /// Routers that have not handled the change of the domains yet.
    pub(super) reloads: Vec<usize>,
    /// Routers that have not begun to drain yet.
    pub(super) drains: Vec<usize>,
}

impl World {
    pub(super) fn new(plan: Plan, mut random: Random, trace: bool) -> World {
        let configs: Vec<DomainConfig> = (0..plan.domains).map(|number| plan.domain(number)).collect();
        let domains = Arc::new(Domains::new(&configs));
        let found = || configs.iter().map(|config| domains.find(&config.name).unwrap());
        let domain_ids = found().map(|domain| domain.id).collect();
        let budgets = found().map(|domain| Arc::clone(&domain.undelivered)).collect();
        let seeds = [random.next(), random.next(), random.next(), random.next()];
        let places = Places::new(plan.places, seeds);
        let settings = |place| Settings {
            place,
            places: places.clone(),
            epoch: 7,
            limits: Arc::new(plan.limits.clone()),
            timeouts: Arc::new(plan.timeouts.clone()),
            memory_bytes: plan.memory_bytes,
            slice: plan.slice,
            broadcast_places: plan.broadcast_places,
            domains: Arc::clone(&domains),
            is_clustered: false,
        };
        let count = usize::from(plan.places);
        World {
            routers: places
                .all()
                .map(|place| Router::new(settings(place), Memory::new(plan.memory_bytes)))
                .collect(),
            stopped: vec![0; count],
            offsets: (0..count).map(|_| random.within(0, 1_000_000)).collect(),
            places,
            trace,
            time: 0,
            drained: 0,
            moment: 0,
            mail: BTreeMap::new(),
            alarms: (0..count).map(|_| BinaryHeap::new()).collect(),
            alarm_of: vec![BTreeMap::new(); count],
            alarms_set: 0,
            serial: 0,
            accept_at: None,
            calls: BTreeMap::new(),
            written: Vec::new(),
            arrivals: VecDeque::new(),
            flush_soon: Vec::new(),
            fates: Vec::new(),
            probed: None,
            pages: Vec::new(),
            ledger: Ledger::new(count),
            signals: SignalLedger::default(),
            domains,
            domain_ids,
            removed: None,
            budgets,
            returning: Vec::new(),
            reloads: Vec::new(),
            drains: Vec::new(),
            plan,
            random,
        }
    }

    /// Prints what happens, if this run is being watched.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        if self.trace {
            eprintln!("{:>7} ms  {}", self.time, what());
        }
    }

    pub(super) fn now(&self, place: usize) -> Tick {
        Tick::ZERO.after(self.offsets[place] + self.time - self.stopped[place])
    }

    /// A user who is online, by the router that owns it.
    pub(super) fn find_user(&self, domain: usize, name: &str) -> Option<UserKey> {
        let id = self.domain_ids[domain];
        let router = &self.routers[self.places.of(id, name).index()];
        router.people.find(id, name).map(|slot| router.directory.user_key(slot))
    }

    /// Gathers that were late so far.
    pub(super) fn late(&self) -> u64 {
        self.routers.iter().map(|router| router.out.counters().gathers_late_total).sum()
    }

    /// The key of the next call: it arrives somewhere, as if its connection had moved there since the last one.
    pub(super) fn next_key(&mut self) -> CallKey {
        let somewhere = Place::new(u16::try_from(self.random.below(self.routers.len())).unwrap());
        let place = self.accept_at.unwrap_or(somewhere);
        self.serial += 1;
        CallKey { place, conn: self.serial, serial: self.serial }
    }

    /// A call arrives.
    pub(super) fn call(&mut self, ask: Ask, domain: usize, verb: Verb<'static>) {
        let key = self.next_key();
        self.call_as(key, ask, domain, verb);
    }

    /// A call arrives, with a key that was made for it.
    pub(super) fn call_as(&mut self, key: CallKey, ask: Ask, domain: usize, verb: Verb<'static>) {
        self.moment += 1;
        self.note(|| format!("call {} at {}: {ask:?} {verb:?}", { key.serial }, key.place.number()));
        self.calls.insert(key, Pending { ask, late: self.late(), cut: false });
        let call = Call { domain: self.domain_ids[domain], verb };
        self.handle(key.place.index(), Input::Call(CallRequest { key, call, until_ms: u64::MAX }));
    }

    /// Gives a router an input, and carries out what it wants done.
    pub(super) fn handle(&mut self, place: usize, input: Input<'_>) {
        let now = self.now(place);
        let before = self.before(place, &input);
        let mut effects = Vec::new();
        self.routers[place].handle(input, now, &mut effects);
        let returned = self.take_back(&mut effects);
        self.observe(place, &before, &returned);
        let from = Place::new(u16::try_from(place).unwrap());
        for effect in effects {
            match effect {
                Effect::Answer(CallAnswer { key, answer }) => {
                    assert_eq!(key.place, from, "a call is answered where it came in");
                    self.answered(key, answer);
                }
                Effect::Mail(Envelope { to, mail }) => {
                    assert_ne!(to, from, "mail to oneself goes through the inbox");
                    self.mail.entry((from, to)).or_default().push_back(mail);
                }
                Effect::Alarm(TimedAlarm { at, alarm }) => {
                    self.alarms_set += 1;
                    self.alarms[place].push(Reverse((at, self.alarms_set)));
                    self.alarm_of[place].insert(self.alarms_set, alarm);
                }
                Effect::Close(key) => {
                    assert_eq!(key.place, from, "a connection is closed where it is");
                    self.close(key);
                }
                Effect::Undelivered(_) => unreachable!("they were taken out"),
            }
        }
        for (key, session, flushed) in std::mem::take(&mut self.fates) {
            self.handle(place, Input::Fate(PollFate { session, key, flushed }));
        }
        for key in std::mem::take(&mut self.flush_soon) {
            self.flush(key);
        }
    }

    /// Takes out what goes back to sites; returns which messages, and of which domains.
    fn take_back(&mut self, effects: &mut Vec<Effect>) -> Vec<(usize, usize)> {
        let mut returned = Vec::new();
        for effect in effects.extract_if(.., |effect| matches!(effect, Effect::Undelivered(_))) {
            let Effect::Undelivered(Undelivered { domain, messages }) = effect else {
                unreachable!("it is one")
            };
            let domain = self.domain_ids.iter().position(|id| *id == domain).expect("it was configured");
            assert!(!messages.is_empty(), "nothing goes back");
            for message in messages {
                returned.push((domain, number(&message.packet)));
                self.returning.push((domain, message));
            }
        }
        returned
    }

    /// Some of what goes back has arrived.
    pub(super) fn arrive_back(&mut self) {
        let arrived = self.random.below(self.returning.len() + 1);
        self.returning.drain(..arrived);
    }

    /// A place where a part of what goes to many is left.
    fn crowd_waits(&mut self) -> Option<usize> {
        let places = 0..self.routers.len();
        let waiting: Vec<usize> = places.filter(|place| self.routers[*place].has_crowds()).collect();
        (!waiting.is_empty()).then(|| self.random.pick(&waiting))
    }

    /// Some router goes on with what goes to many.
    pub(super) fn deliver_slice(&mut self) {
        let Some(place) = self.crowd_waits() else { return };
        self.note(|| format!("slice at {place}"));
        self.handle(place, Input::Slice);
    }

    /// Whether mail is on its way.
    pub(super) fn mail_waits(&self) -> bool {
        self.mail.values().any(|queue| !queue.is_empty())
    }

    /// The oldest mail of some pair of places arrives.
    pub(super) fn deliver(&mut self) {
        let waiting: Vec<(Place, Place)> =
            self.mail.iter().filter(|(_, queue)| !queue.is_empty()).map(|(pair, _)| *pair).collect();
        if waiting.is_empty() {
            return;
        }
        let (from, to) = self.random.pick(&waiting);
        self.deliver_between(from, to);
    }

    /// The oldest mail of these places arrives.
    pub(super) fn deliver_between(&mut self, from: Place, to: Place) {
        let mail = self.mail.get_mut(&(from, to)).and_then(VecDeque::pop_front).expect("it waits");
        self.note(|| format!("mail {} to {}: {mail:?}", from.number(), to.number()));
        self.handle(to.index(), Input::Mail(mail));
    }

    /// All mail arrives, and every router handles what it must.
    pub(super) fn drain_mail(&mut self) {
        while self.mail_waits()
            || self.crowd_waits().is_some()
            || !self.reloads.is_empty()
            || !self.drains.is_empty()
        {
            if self.random.chance(20) {
                self.tell_routers();
            }
            self.deliver();
            if self.random.chance(50) {
                self.deliver_slice();
            }
        }
        self.drained = self.time;
    }

    /// Some router handles that the domains changed, or that the server is going down.
    pub(super) fn tell_routers(&mut self) {
        if let Some(place) = self.reloads.pop() {
            self.note(|| format!("router {place} reads the domains"));
            self.handle(place, Input::Domains(Arc::clone(&self.domains)));
        }
        if let Some(place) = self.drains.pop() {
            self.note(|| format!("router {place} drains"));
            self.handle(place, Input::Drain);
        }
    }
}
