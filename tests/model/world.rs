//! The world: users, pages, connections, and the loop in which all of it happens.
//!
//! Owns: the state, the clock, the trace. Must not: choose or judge; `users` and `pages` choose, `rules` judges. One
//! thread does everything that belongs to a world, so each thing it does or reads has a moment of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use nextim_testkit::http::Response;
use nextim_testkit::random::Random;

use super::calls::Call;
use super::ledger::{History, Ledger, Looks, Span};
use super::pages::{Life, Page};
use super::plan::{Plan, mark};
use super::server::Server;
use super::users::Step;
use super::wire::{Conn, ReadResult};

/// The token of the socket at which messages come back.
const LISTENER: Token = Token(0);
/// Connections that are kept for more requests.
const IDLE_MAX: usize = 30;

/// The use of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The answer of a call of the site.
    Call(usize),
    /// The answer of a poll of `page`. The poll acknowledges the first `covers` messages that the page has seen;
    /// `superseded` if the page has sent a newer poll.
    Poll { page: usize, covers: usize, superseded: bool },
    /// The same, but the answer is dropped unread when it comes.
    Dropped { page: usize },
    /// More requests may be sent on it.
    Idle,
    /// Messages come back on it.
    Site,
}

/// A user of a domain.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) domain: usize,
    pub(crate) name: String,
    pub(crate) pages: Vec<usize>,
    pub(crate) online: History<bool>,
    pub(crate) looks: History<Looks>,
    pub(crate) rooms: Vec<History<bool>>,
    /// The call of the site for this user that is under way.
    pub(crate) call: Option<usize>,
    /// When to choose something again.
    pub(crate) next_ms: u64,
    pub(crate) random: Random,
    pub(crate) script: VecDeque<Step>,
    /// Since when, by the server's time, only a linger keeps the user online.
    pub(crate) leaving_ms: Option<u64>,
    /// The last fence that was sent to the user, and to how many sessions it went.
    pub(crate) fence: u64,
}

/// Everything.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) random: Random,
    pub(crate) server: Server,
    poll: Poll,
    listener: mio::net::TcpListener,
    conns: BTreeMap<usize, (Conn, Purpose)>,
    idle: Vec<usize>,
    tokens: usize,
    start: Instant,
    /// The number of acts and answers so far.
    moment: u64,
    stopped: Duration,
    stop_since: Option<Instant>,
    /// The last two times at which the sockets were polled, by the server's time. What is read now came after the first.
    looking_ms: u64,
    pub(crate) looked_ms: u64,
    /// The longest that this thread ran later than it had asked for in this round: so late may others run.
    pub(crate) lag_ms: u64,
    pub(crate) users: Vec<User>,
    pub(crate) pages: Vec<Page>,
    pub(crate) calls: BTreeMap<usize, Call>,
    pub(crate) answers: BTreeMap<usize, Response>,
    pub(crate) ledger: Ledger,
    /// Makes texts that occur once.
    pub(crate) serial: u64,
    /// Whether users choose acts, or the world comes to rest.
    pub(crate) acting: bool,
    /// Why the machine was too slow for this run to mean anything.
    pub(crate) stalled: Option<String>,
    /// Ids that came back, in their order.
    pub(crate) fences: BTreeSet<(usize, u64)>,
    /// Whether SIGTERM was sent.
    pub(crate) going_down: bool,
    /// When, by the server's time.
    pub(crate) terminated_ms: u64,
    /// Whether a shard stands still.
    pub(crate) frozen: bool,
    /// Counters of acts and faults, for the summary.
    pub(crate) counts: BTreeMap<&'static str, u64>,
    lines: Vec<String>,
    aloud: bool,
}

impl World {
    pub(crate) fn new(plan: Plan, aloud: bool) -> World {
        let mut random = Random::new(plan.seed);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/back", listener.local_addr().unwrap());
        let mut listener = mio::net::TcpListener::from_std(listener);
        let poll = Poll::new().unwrap();
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE).unwrap();
        let server = Server::start(&plan, &url);
        let mut users = Vec::new();
        for domain in 0..2 {
            for number in 0..plan.names {
                let name = format!("user{number}");
                let looks =
                    Looks { nick: name.clone(), show: "available".into(), status: String::new(), serial: 0 };
                users.push(User {
                    domain,
                    name,
                    pages: Vec::new(),
                    online: History::new(false),
                    looks: History::new(looks),
                    rooms: vec![History::new(false); plan.rooms],
                    call: None,
                    next_ms: 0,
                    random: Random::new(random.next()),
                    script: VecDeque::new(),
                    leaving_ms: None,
                    fence: 0,
                });
            }
        }
        World {
            server,
            poll,
            listener,
            conns: BTreeMap::new(),
            idle: Vec::new(),
            tokens: 0,
            start: Instant::now(),
            moment: 0,
            stopped: Duration::ZERO,
            stop_since: None,
            looking_ms: 0,
            looked_ms: 0,
            lag_ms: 0,
            users,
            pages: Vec::new(),
            calls: BTreeMap::new(),
            answers: BTreeMap::new(),
            ledger: Ledger::default(),
            serial: 0,
            acting: false,
            stalled: None,
            fences: BTreeSet::new(),
            going_down: false,
            terminated_ms: 0,
            frozen: false,
            counts: BTreeMap::new(),
            lines: Vec::new(),
            aloud,
            plan,
            random,
        }
    }

    /// Adds a line to the trace.
    pub(crate) fn note(&mut self, what: impl FnOnce() -> String) {
        let line = format!("{:>6} ms {:>6}  {}", self.start.elapsed().as_millis(), self.moment, what());
        if self.aloud {
            eprintln!("{line}");
        }
        self.lines.push(line);
    }

    /// Counts an act or a fault.
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// All lines of the trace.
    pub(crate) fn trace(&self) -> String {
        self.lines.join("\n") + "\n"
    }

    /// A new moment.
    pub(crate) fn tick(&mut self) -> u64 {
        self.moment += 1;
        self.moment
    }

    /// A number that occurs once.
    pub(crate) fn number(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Milliseconds since the start.
    pub(crate) fn ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).expect("a run is short")
    }

    /// Milliseconds since the start in which the server was not stopped.
    pub(crate) fn server_ms(&self) -> u64 {
        let now = self.stop_since.unwrap_or_else(Instant::now);
        let ran = now.duration_since(self.start).saturating_sub(self.stopped);
        u64::try_from(ran.as_millis()).expect("a run is short")
    }

    /// This run means nothing: the model did not keep its own times.
    pub(crate) fn stall(&mut self, why: String) {
        self.note(|| format!("too slow: {why}"));
        self.stalled.get_or_insert(why);
    }

    /// The whole process is stopped.
    pub(crate) fn stop_server(&mut self) {
        self.note(|| "the process is stopped".to_owned());
        self.count("stops of the process");
        self.stop_since = Some(Instant::now());
        self.server.stop();
    }

    /// And goes on.
    pub(crate) fn resume_server(&mut self) {
        self.server.resume();
        let since = self.stop_since.take().expect("it was stopped");
        self.stopped += since.elapsed();
        self.note(|| "the process goes on".to_owned());
    }

    /// Sends a request, on a new connection or on one that was used before.
    pub(crate) fn send(&mut self, bytes: &[u8], purpose: Purpose) -> usize {
        let kept = !self.idle.is_empty() && self.random.chance(60);
        if kept {
            let at = self.random.below(self.idle.len());
            let token = self.idle.swap_remove(at);
            let (conn, used) = self.conns.get_mut(&token).expect("it is kept");
            *used = purpose;
            conn.send(bytes).expect("a kept connection takes a request");
            return token;
        }
        self.tokens += 1;
        let token = self.tokens;
        let mut conn = Conn::open(self.server.address, self.poll.registry(), Token(token));
        conn.send(bytes).expect("a new connection takes a request");
        self.conns.insert(token, (conn, purpose));
        token
    }

    /// Closes a connection, whatever is on its way.
    pub(crate) fn close(&mut self, token: usize) {
        let (conn, _) = self.conns.remove(&token).expect("it is open");
        if self.random.chance(50) {
            conn.close_gently();
        }
    }

    /// The use of a connection, to be changed.
    pub(crate) fn purpose(&mut self, token: usize) -> &mut Purpose {
        &mut self.conns.get_mut(&token).expect("it is open").1
    }

    /// Lets things happen for this long at most: until something was read, at least once.
    pub(crate) fn pump(&mut self, ms: u64) {
        let mut events = Events::with_capacity(256);
        let until = self.ms() + ms;
        self.poll.poll(&mut events, Some(Duration::from_millis(ms))).unwrap();
        // A timeout is rounded up.
        self.lag_ms = self.lag_ms.max(self.ms().saturating_sub(until + 1));
        let now = self.server_ms();
        self.looked_ms = std::mem::replace(&mut self.looking_ms, now);
        let tokens: Vec<usize> = events.iter().map(|event| event.token().0).collect();
        for token in tokens {
            if token == LISTENER.0 {
                self.accept();
            } else {
                self.readable(token);
            }
        }
        self.run_pages();
        self.run_users();
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            self.tokens += 1;
            let conn = Conn::accepted(stream.into(), self.poll.registry(), Token(self.tokens));
            self.conns.insert(self.tokens, (conn, Purpose::Site));
            let token = self.tokens;
            self.readable(token);
        }
    }

    fn readable(&mut self, token: usize) {
        let Some((conn, purpose)) = self.conns.get_mut(&token) else { return };
        let purpose = *purpose;
        match purpose {
            Purpose::Site => return self.taken_back(token),
            Purpose::Dropped { page } => return self.drop_answer(token, page),
            Purpose::Call(_) | Purpose::Poll { .. } | Purpose::Idle => {}
        }
        match (conn.read(), purpose) {
            (ReadResult::Waiting, _) => {}
            (ReadResult::Whole(response), Purpose::Call(call)) => {
                self.keep(token);
                self.answered(call, response);
            }
            (ReadResult::Whole(response), Purpose::Poll { page, covers, superseded }) => {
                self.keep(token);
                self.polled(page, token, covers, superseded, &response);
            }
            (ReadResult::Ended, Purpose::Poll { page, superseded: true, .. }) => {
                self.close(token);
                self.note(|| format!("page {page}: the replaced poll is closed"));
            }
            (ReadResult::Ended, Purpose::Poll { page, .. }) if self.going_down => {
                self.close(token);
                self.dropped_at_the_end(page);
            }
            (ReadResult::Ended, Purpose::Idle) => {
                self.idle.retain(|idle| *idle != token);
                self.close(token);
            }
            (other, purpose) => panic!("{other:?} on the connection of {purpose:?}"),
        }
    }

    /// An answer was read whole; the connection may be used again.
    fn keep(&mut self, token: usize) {
        if self.idle.len() < IDLE_MAX && self.random.chance(70) {
            *self.purpose(token) = Purpose::Idle;
            self.idle.push(token);
        } else {
            self.conns.remove(&token);
        }
    }

    fn taken_back(&mut self, token: usize) {
        loop {
            let (conn, _) = self.conns.get_mut(&token).expect("it is open");
            match conn.read_request() {
                None => return,
                Some(Err(())) => return self.close(token),
                Some(Ok(body)) => {
                    // A server that has gone does not listen any more.
                    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").ok();
                    self.came_back(&body);
                }
            }
        }
    }

    /// Pages of a user that poll, or could.
    pub(crate) fn living(&self, user: usize) -> impl Iterator<Item = usize> {
        let pages = self.users[user].pages.iter().copied();
        pages.filter(|page| matches!(self.pages[*page].life, Life::Living))
    }

    /// A user of a domain by name.
    pub(crate) fn find_user(&self, domain: usize, name: &str) -> Option<usize> {
        self.users.iter().position(|user| user.domain == domain && user.name == name)
    }

    /// Whether a page was open all the time of a span, for certain.
    pub(crate) fn surely_open(&self, page: usize, span: Span) -> bool {
        let Page { opened, end, .. } = &self.pages[page];
        opened.before(span) && end.is_none_or(|end| span.before(end))
    }

    /// Whether a page may have been open at some time of a span.
    pub(crate) fn possibly_open(&self, page: usize, span: Span) -> bool {
        let Page { opened, end, .. } = &self.pages[page];
        opened.sent <= span.done && end.is_none_or(|end| end.done >= span.sent)
    }

    /// Whether a text is of this domain.
    #[track_caller]
    pub(crate) fn is_of(domain: usize, text: &str) {
        let strange = mark(1 - domain);
        assert!(!text.starts_with(strange), "{text} strayed from the other domain");
    }
}
