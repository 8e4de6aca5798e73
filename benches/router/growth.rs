//! How costs grow: what a name, a session, a link or a member costs, at n and at 2n of what waits or exists.
//!
//! Owns: the cases. Must not: judge; a ratio near 1 means that the cost is constant, and one near 2 that it is a product.
//! Caches hold less of what is twice as large, so 1.2 is nothing to worry about.
//!
//! The two sizes take turns, and of each the fastest round counts. `cargo bench --bench router` measures and prints;
//! `cargo test --benches` goes through one small round of each, for what it asserts. A word after `--` chooses cases;
//! `growth` chooses all of these and nothing else.

#![allow(clippy::print_stdout, reason = "the ratios are what it is for")]

use nextim::internals::{
    Answer, CallAnswer, Effect, Input, Looks, MembersQuery, MessageType, NewMessage, PollFate, Reason, Show,
    Speaker, Subject, Tick, Ticket, Verb,
};
use std::borrow::Cow;
use std::time::{Duration, Instant};

use super::parting::Parting;
use super::{ROOM, World, name, online};

/// Names in a long call.
pub(crate) const NAMES: usize = 2_000;
/// Sessions of a user, at most.
const SESSIONS: usize = 32;
/// The user whose queues or links are many.
const CROWDED: &str = "crowded";

/// How a case is run.
struct Run {
    /// Only cases with this in their names.
    only: Option<String>,
    /// Rounds of each size; without times there is one, and sizes are a tenth, or two.
    rounds: usize,
    timed: bool,
}

/// Runs all cases, and prints what they came to if times are asked for.
pub(crate) fn print() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let timed = has("--bench") && !has("--test");
    let only = arguments.iter().find(|argument| !argument.starts_with('-')).cloned();
    let run = Run { only, rounds: if timed { 9 } else { 1 }, timed };
    names_being_unlinked(&run);
    shows_with_presences_waiting(&run);
    comings_of_a_crowd(&run);
    ends_beside_messages_waiting(&run);
    starts_beside_messages_waiting(&run);
    late_messages(&run);
    presences_behind_answered_ones(&run);
    goings_and_comings_with_links(&run);
    members_and_broadcasts(&run);
}

impl Run {
    /// Measures what one of `per` costs with `size` and with twice as many of `what`. A round tells how long it took and
    /// how many it reached.
    fn measure<S>(
        &self,
        case: &str,
        per: &str,
        (size, what): (usize, &str),
        setup: impl Fn(usize) -> S,
        round: impl Fn(&mut S) -> (Duration, usize),
    ) {
        let case = format!("growth of {case}");
        if self.only.as_ref().is_some_and(|only| !case.contains(&**only)) {
            return;
        }
        let size = if self.timed { size } else { (size / 10).max(2) };
        let mut states = [setup(size), setup(2 * size)];
        let mut best = [f64::INFINITY; 2];
        for _ in 0..self.rounds {
            for (state, best) in states.iter_mut().zip(&mut best) {
                let (took, reached) = round(state);
                let reached = u32::try_from(reached).expect("a small number");
                *best = best.min(took.as_secs_f64() * 1e9 / f64::from(reached));
            }
        }
        if self.timed {
            let [once, twice] = best;
            println!(
                "{case}, per {per}: {size} {what} {once:.0} ns, {} {what} {twice:.0} ns, ratio {:.2}",
                2 * size,
                twice / once,
            );
        }
    }
}

impl World {
    /// A call of the site, and how long it takes.
    pub(crate) fn timed(&mut self, verb: Verb<'_>) -> Duration {
        let start = Instant::now();
        self.call(verb);
        start.elapsed()
    }

    /// A user starts so many sessions.
    fn start_many(&mut self, user: &str, count: usize) {
        for _ in 0..count {
            self.start(user, &[]);
        }
    }

    /// A user logs out.
    pub(crate) fn log_out(&mut self, user: &str) -> Duration {
        self.timed(Verb::Offline(Subject::Name(Cow::Borrowed(user))))
    }

    /// A session polls and is answered with all that waits. Returns the number of the last packet.
    fn fetch(&mut self, session: usize) -> u64 {
        self.later.clear();
        self.poll(index(session), 0);
        let answer = self.later.drain(..).find_map(|effect| match effect {
            Effect::Answer(CallAnswer { key, answer: Answer::Packets(delivery) }) => Some((key, delivery)),
            Effect::Answer(_)
            | Effect::Mail(_)
            | Effect::Alarm(_)
            | Effect::Close(_)
            | Effect::Undelivered(_) => None,
        });
        let (key, delivery) = answer.expect("something waits");
        assert_eq!(delivery.stopped, None, "the session goes on");
        let fate = Input::Fate(PollFate { session: delivery.session, key, flushed: true });
        self.router.handle(fate, Tick::ZERO, &mut self.later);
        delivery.seq
    }

    /// A session polls, acknowledges this, and is parked; how long that takes.
    fn acknowledge(&mut self, session: usize, seq: u64) -> Duration {
        let start = Instant::now();
        self.poll(index(session), seq);
        start.elapsed()
    }

    /// The crowded user starts a session, which is given this many messages, and ends it. Returns how long the start took.
    fn start_given(&mut self, count: u64) -> Duration {
        let took = self.timed(online(CROWDED, &[], &[]));
        let ticket = self.started();
        self.tickets.push(ticket);
        assert_eq!(self.fetch(self.tickets.len() - 1), count, "it is given all");
        self.call(end(ticket));
        took
    }

    /// The site says something to a user, who must get it in so many sessions.
    fn tell(&mut self, user: &str, sessions: u32) {
        self.call(word(Speaker::Site(Cow::Borrowed("site")), user));
        assert!(
            self.is_answered(&|answer| matches!(answer, Answer::Delivered(to) if to.sessions == sessions))
        );
    }

    /// Whether the last call brought such an answer.
    pub(crate) fn is_answered(&self, is_it: &dyn Fn(&Answer) -> bool) -> bool {
        self.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Answer(CallAnswer { answer, .. }) if is_it(answer)))
    }

    /// Whether the last call was done.
    pub(crate) fn is_done(&self) -> bool {
        self.is_answered(&|answer| matches!(answer, Answer::Done))
    }

    /// So many users come, naming the crowded one, and go.
    fn come_and_go(&mut self, people: usize) {
        for person in (0..people).map(index).map(name) {
            self.call(online(&person, &[Cow::Borrowed(CROWDED)], &[]));
            self.log_out(&person);
        }
    }
}

fn index(number: usize) -> u32 {
    u32::try_from(number).expect("a small number")
}

fn word<'a>(speaker: Speaker<'a>, to: &'a str) -> Verb<'a> {
    Verb::Message(Box::new(NewMessage {
        speaker,
        beside: None,
        to: Cow::Borrowed(to),
        nick: None,
        kind: MessageType::Unicast,
        body: Cow::Borrowed("at eight"),
        style: Cow::Borrowed(""),
        timestamp: Cow::Borrowed("1700000012345.67"),
        id: None,
        meta: None,
    }))
}

fn end(ticket: Ticket) -> Verb<'static> {
    Verb::Offline(Subject::Ticket(ticket))
}

fn show<'a>(user: &'a str, status: &'a str) -> Verb<'a> {
    let looks = Looks { nick: None, show: None, status: Some(Cow::Borrowed(status)) };
    Verb::Show(Show { subject: Subject::Name(Cow::Borrowed(user)), looks })
}

/// Parallel `/buddies/remove`, each of 2,000 names, and links made meanwhile.
fn names_being_unlinked(run: &Run) {
    let parting = (80_000, "names in flight");
    run.measure("/buddies/remove", "name", parting, Parting::with, |parting| (parting.remove(), NAMES));
    run.measure("online naming others", "name", parting, Parting::with, |parting| {
        (parting.link(), parting.locals.len())
    });
    Parting::with(2 * NAMES).end();
}

/// A `/presences/show` that reaches nobody but the user's own sessions, all of them idle.
fn shows_with_presences_waiting(run: &Run) {
    let setup = |waiting| {
        let mut world = World::new();
        world.start_many(CROWDED, SESSIONS);
        world.come_and_go(waiting);
        (world, 0)
    };
    run.measure("/presences/show", "session", (1_950, "presences waiting"), setup, |(world, shows)| {
        *shows += 1;
        let took = world.timed(show(CROWDED, &shows.to_string()));
        assert!(world.is_done());
        (took, SESSIONS)
    });
}

/// Users come online and name each other.
fn comings_of_a_crowd(run: &Run) {
    let setup = |people| (0..people).map(|person| Cow::Owned(name(index(person)))).collect();
    run.measure("coming online", "link", (1_000, "users who name each other"), setup, |names: &mut Vec<_>| {
        let mut world = World::new();
        let others = |at: usize| -> Vec<Cow<'_, str>> { [&names[..at], &names[at + 1..]].concat() };
        let comings: Vec<_> = (0..names.len()).map(|at| online(&names[at], &others(at), &[])).collect();
        let start = Instant::now();
        for coming in comings {
            world.call(coming);
        }
        let took = start.elapsed();
        let found = |answer: &Answer| matches!(answer, Answer::Online(last) if last.buddies.len() + 1 == names.len());
        assert!(world.is_answered(&found), "the last one finds all others");
        (took, names.len() * (names.len() - 1) / 2)
    });
}

/// A session ends that has taken all, while those beside it have taken nothing.
fn ends_beside_messages_waiting(run: &Run) {
    let setup = |waiting| {
        let mut world = World::new();
        world.start_many(CROWDED, SESSIONS - 1);
        (0..waiting).for_each(|_| world.tell(CROWDED, 31));
        // One session acknowledges all, so that later ones are given nothing, and their polls are parked.
        let session = world.start(CROWDED, &[]);
        let seq = world.fetch(session);
        world.acknowledge(session, seq);
        world.call(end(world.tickets[session]));
        world
    };
    run.measure("the end of a session", "session", (500, "messages waiting in siblings"), setup, |world| {
        let session = world.start(CROWDED, &[]);
        world.acknowledge(session, 0);
        let took = world.timed(end(world.tickets[session]));
        let is_stopped = |answer: &Answer| matches!(answer, Answer::Packets(delivery) if delivery.stopped == Some(Reason::Offline));
        assert!(world.is_done() && world.is_answered(&is_stopped), "its poll was parked");
        (took, 1)
    });
}

/// A session starts and is given what waits in those beside it, which is the same in all of them.
fn starts_beside_messages_waiting(run: &Run) {
    const WAITING: usize = 900;
    let setup = |siblings| {
        let mut world = World::new();
        let sessions: Vec<_> = (0..siblings).map(|_| world.start(CROWDED, &[])).collect();
        // The first one has said something behind the first message, and only the others have copies of it.
        world.tell(CROWDED, index(siblings));
        let said = Speaker::Ticket(world.tickets[sessions[0]]);
        world.call(word(said, "nobody"));
        (2..WAITING).for_each(|_| world.tell(CROWDED, index(siblings)));
        world
    };
    run.measure("the start of a session", "message given", (10, "siblings"), setup, |world| {
        (world.start_given(WAITING as u64), WAITING)
    });
}

/// Messages that are taken over from a session that ends.
fn late_messages(run: &Run) {
    let taken_over = |messages, siblings| {
        let mut world = World::new();
        let first = world.start(CROWDED, &[]);
        (0..messages).for_each(|_| world.tell(CROWDED, 1));
        // It is just being answered when the next one starts, which is therefore given nothing, and then it ends.
        world.poll(index(first), 0);
        world.later.clear();
        world.start(CROWDED, &[]);
        world.call(end(world.tickets[first]));
        world.start_many(CROWDED, siblings);
        world
    };
    let setup = |messages| (taken_over(messages, 1), messages);
    run.measure("acknowledging late messages", "message", (450, "of them"), setup, |(world, messages)| {
        let session = world.start(CROWDED, &[]);
        let seq = world.fetch(session);
        assert_eq!(seq, *messages as u64, "it holds them");
        let took = world.acknowledge(session, seq);
        *world = taken_over(*messages, 1);
        (took, *messages)
    });
    let setup = |siblings| taken_over(900, siblings);
    run.measure("the start of a session, late messages", "message given", (10, "siblings"), setup, |world| {
        (world.start_given(900), 900)
    });
}

/// One buddy shows one thing after another to a page that has been answered much and has acknowledged nothing.
fn presences_behind_answered_ones(run: &Run) {
    let setup = |waiting| {
        let mut world = World::new();
        let page = world.start(CROWDED, &[]);
        world.come_and_go(waiting);
        world.call(online("restless", &[Cow::Borrowed(CROWDED)], &[]));
        let answered = world.fetch(page);
        assert!(answered > waiting as u64, "all of it is answered");
        (world, 0)
    };
    run.measure(
        "presences of one buddy",
        "presence",
        (3_900, "answered ones waiting"),
        setup,
        |(world, shows)| {
            let mut took = Duration::ZERO;
            for _ in 0..NAMES {
                *shows += 1;
                took += world.timed(show("restless", &shows.to_string()));
            }
            (took, NAMES)
        },
    );
}

/// A user with many links goes, and one who has them names some again.
fn goings_and_comings_with_links(run: &Run) {
    let setup = |links| {
        let mut world = World::new();
        let people: Vec<_> = (0..links).map(|person| Cow::Owned(name(index(person)))).collect();
        for person in &people {
            world.call(online(person, &[], &[]));
        }
        world.call(online(CROWDED, &people, &[]));
        (world, people)
    };
    run.measure("going offline", "link", (2_000, "links"), setup, |(world, people): &mut (World, Vec<_>)| {
        let took = world.log_out(CROWDED);
        assert!(world.is_done());
        world.call(online(CROWDED, people, &[]));
        (took, people.len())
    });
    run.measure("online naming known ones", "name", (2_000, "links"), setup, |(world, people)| {
        let known = &people[..people.len() / 4];
        let took = world.timed(online(CROWDED, known, &[]));
        let found = |answer: &Answer| matches!(answer, Answer::Online(started) if started.buddies.len() == known.len());
        assert!(world.is_answered(&found));
        world.call(end(world.started()));
        (took, known.len())
    });
}

/// Everybody of a room is listed, and everybody there is told something.
fn members_and_broadcasts(run: &Run) {
    let setup = |people| World::with_users(index(people));
    run.measure("/room/members", "member", (2_500, "members"), setup, |world| {
        let took = world.timed(Verb::Members(MembersQuery { ticket: None, room: Cow::Borrowed(ROOM) }));
        let all = world.tickets.len();
        let is_it = |answer: &Answer| matches!(answer, Answer::Members(list) if list.members.len() == all);
        assert!(world.is_answered(&is_it));
        (took, all)
    });
    run.measure("broadcast", "receiver", (2_500, "parked users"), setup, |world| {
        let said = super::message(world.tickets[0], MessageType::Broadcast, "");
        let took = world.timed(said);
        let receivers = world.resume() as usize;
        assert_eq!(receivers + 1, world.tickets.len(), "all others receive it");
        (took, receivers)
    });
}
