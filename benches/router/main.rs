//! What the chat itself costs: inputs of a router to its effects.
//!
//! Owns: a small world of one router and the pages that poll it. Must not: carry effects out; an answer is looked at,
//! its fate is reported, and the page polls again.
//!
//! A `round` begins and ends with every page parked: a call, and for each poll it answered the word that this was
//! flushed and the next poll. So a round is all that the chat does for that call, its delivery and what follows from
//! it. A `call` is the call alone, with the polls it answers: for so long the shard's thread serves nobody else. Each is
//! timed by itself, so some tens of nanoseconds of its number are the clock. Elements are receivers.
//!
//! A number here means the CPU time of `Router::handle` on one core, for one shard that owns everybody, with the few
//! users there are in its caches. It is good for seeing whether a change of `router/` made it faster or slower, and
//! how the work grows with the receivers. It is not what a server needs for a message: HTTP, which is measured in the
//! other files, and the kernel, which takes most, are not here; nor is the mail between shards, and no access waits for
//! memory as it would with a hundred thousand users. Time stands still, so no deadline comes.
//!
//! What must not grow with what waits or exists is in `growth`, at n and at 2n.

mod growth;
mod parting;

use std::borrow::Cow;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use nextim::internals::{
    Answer, Call, CallAnswer, CallKey, CallRequest, DomainId, Domains, Effect, Input, Looks, Memory,
    MessageType, NewMessage, Online, Place, Places, Poll, PollFate, Router, Settings, Speaker, Subject, Tick,
    Ticket, Transport, Verb, Version,
};
use nextim::{DomainConfig, Limits, Timeouts};

const HERE: Place = Place::new(0);
/// The connection calls of the site come on; that of a page is its index.
const SITE: u32 = u32::MAX;
const ROOM: &str = "lobby";
/// What all routers of a process share.
const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// A router and the pages that poll it.
struct World {
    router: Router,
    domain: DomainId,
    tickets: Vec<Ticket>,
    serial: u32,
    /// Of the last call of the site.
    effects: Vec<Effect>,
    /// Of what followed from it; kept for its memory.
    later: Vec<Effect>,
}

impl World {
    /// A world without users.
    fn new() -> World {
        World::of(HERE, 1)
    }

    /// A world without users that is one of `count` places.
    fn of(place: Place, count: u16) -> World {
        let domains = Domains::new(&[DomainConfig::new("community.example", "key")]);
        let domain = domains.find("community.example").expect("it is configured").id;
        let settings = Settings {
            place,
            places: Places::new(count, SEEDS),
            epoch: 1,
            limits: Arc::new(Limits::DEFAULT),
            timeouts: Arc::new(Timeouts::DEFAULT),
            memory_bytes: Limits::DEFAULT.memory_bytes,
            // A benchmark has no turns: all are reached at once.
            slice: usize::MAX,
            broadcast_places: count,
            domains: Arc::new(domains),
            is_clustered: false,
        };
        let memory = Memory::new(settings.memory_bytes);
        let router = Router::new(settings, memory);
        World { router, domain, tickets: Vec::new(), serial: 0, effects: Vec::new(), later: Vec::new() }
    }

    /// A world in which `count` users, named by [`name`], are in a room, each with a page that is parked.
    fn with_users(count: u32) -> World {
        let mut world = World::new();
        for number in 0..count {
            world.start(&name(number), &[Cow::Borrowed(ROOM)]);
            world.poll(number, 0);
        }
        world
    }

    /// A user starts a session and joins these rooms. Returns where its ticket is kept.
    fn start(&mut self, user: &str, rooms: &[Cow<'_, str>]) -> usize {
        self.call(online(user, &[], rooms));
        let ticket = self.started();
        self.tickets.push(ticket);
        self.tickets.len() - 1
    }

    fn key(&mut self, conn: u32) -> CallKey {
        self.serial = self.serial.wrapping_add(1);
        CallKey { place: HERE, conn, serial: self.serial }
    }

    /// A call of the site; its effects are kept.
    fn call(&mut self, verb: Verb<'_>) {
        self.effects.clear();
        let key = self.key(SITE);
        let call = Call { domain: self.domain, verb };
        self.router.handle(
            Input::Call(CallRequest { key, call, until_ms: u64::MAX }),
            Tick::ZERO,
            &mut self.effects,
        );
    }

    /// The ticket that the last call was answered with.
    fn started(&self) -> Ticket {
        let ticket = self.effects.iter().find_map(|effect| match effect {
            Effect::Answer(CallAnswer { answer: Answer::Online(started), .. }) => Some(started.ticket),
            Effect::Answer(_)
            | Effect::Mail(_)
            | Effect::Alarm(_)
            | Effect::Close(_)
            | Effect::Undelivered(_) => None,
        });
        ticket.expect("who goes online is given a ticket")
    }

    fn poll(&mut self, page: u32, seq: u64) {
        let key = self.key(page);
        let verb = Verb::Poll(Poll {
            ticket: self.tickets[page as usize],
            seq: Some(seq),
            transport: Transport::Poll,
        });
        let call = Call { domain: self.domain, verb };
        self.router.handle(
            Input::Call(CallRequest { key, call, until_ms: u64::MAX }),
            Tick::ZERO,
            &mut self.later,
        );
    }

    /// Flushes the polls that the last call answered and parks the pages again; returns how many.
    fn resume(&mut self) -> u32 {
        let mut resumed = 0;
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain(..) {
            if let Effect::Answer(CallAnswer { key, answer: Answer::Packets(delivery) }) = effect {
                let fate = Input::Fate(PollFate { session: delivery.session, key, flushed: true });
                self.router.handle(fate, Tick::ZERO, &mut self.later);
                self.poll(key.conn, delivery.seq);
                resumed += 1;
            }
        }
        self.effects = effects;
        self.later.clear();
        resumed
    }
}

/// The name of a user; 11 bytes, as names of forums are.
fn name(number: u32) -> String {
    format!("member-{number:04}")
}

fn online<'a>(name: &'a str, buddies: &[Cow<'a, str>], rooms: &[Cow<'a, str>]) -> Verb<'a> {
    Verb::Online(Box::new(Online {
        name: Cow::Borrowed(name),
        looks: Looks::default(),
        buddies: buddies.to_vec(),
        rooms: rooms.to_vec(),
        truncated: false,
        version: Version::V6,
        expires_s: None,
        secret: [7; 16],
    }))
}

/// A message of the first user, as `api/` makes it of a request without anything to decode.
fn message(ticket: Ticket, kind: MessageType, to: &str) -> Verb<'_> {
    Verb::Message(Box::new(NewMessage {
        speaker: Speaker::Ticket(ticket),
        beside: None,
        to: Cow::Borrowed(to),
        nick: None,
        kind,
        body: Cow::Borrowed("Shall we meet at eight, as always, at the old place by the sea"),
        style: Cow::Borrowed(""),
        timestamp: Cow::Borrowed("1700000012345.67"),
        id: None,
        meta: None,
    }))
}

/// What the first of `1 + receivers` users says to the others, all of them parked.
fn speaking(criterion: &mut Criterion, group: &str, kind: MessageType, to: &str, receivers: u32) {
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements(u64::from(receivers)));
    let mut world = World::with_users(1 + receivers);
    let speaker = world.tickets[0];
    group.bench_function("round", |bencher| {
        bencher.iter(|| {
            world.call(message(speaker, kind, black_box(to)));
            assert_eq!(world.resume(), receivers, "all others receive it");
        });
    });
    group.bench_function("call", |bencher| {
        bencher.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let start = Instant::now();
                world.call(message(speaker, kind, black_box(to)));
                spent += start.elapsed();
                assert_eq!(world.resume(), receivers, "all others receive it");
            }
            spent
        });
    });
    group.finish();
}

/// A user comes online and is at once logged out by name. Nine parked buddies get a packet of both.
fn coming_and_going(criterion: &mut Criterion) {
    const BUDDIES: u32 = 9;
    let names: Vec<String> = (0..BUDDIES).map(name).collect();
    let buddies: Vec<Cow<'_, str>> = names.iter().map(|name| Cow::Borrowed(&**name)).collect();
    let mut world = World::with_users(BUDDIES);
    criterion.bench_function("online and offline, 9 buddies/round", |bencher| {
        bencher.iter(|| {
            world.call(online(black_box("newcomer"), &buddies, &[]));
            assert_eq!(world.resume(), BUDDIES, "all buddies get the presence");
            world.call(Verb::Offline(Subject::Name(Cow::Borrowed(black_box("newcomer")))));
            assert_eq!(world.resume(), BUDDIES, "all buddies get the presence");
        });
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    speaking(&mut criterion, "unicast", MessageType::Unicast, &name(1), 1);
    speaking(&mut criterion, "message to a room of 50", MessageType::Multicast, ROOM, 50);
    speaking(&mut criterion, "broadcast to 1000", MessageType::Broadcast, "", 1_000);
    coming_and_going(&mut criterion);
    criterion.final_summary();
    growth::print();
}
