//! Counters: what happened on each shard since it started.
//!
//! Owns: the names, the plain counters a shard counts with, and the [`Board`] others read. Must not: hold anything
//! about who did what. A shard counts in plain numbers and writes them to its board once a turn, so that counting
//! costs an addition and reading disturbs nobody. Histograms and the counts of domains are too many for that: their
//! cells lie on the board itself, and only what has changed is written ([`Histogram`]). The poster of undelivered
//! messages has a board of its own.

mod histogram;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub use self::histogram::{Distribution, Histogram};
use crate::base::domains::DomainId;
use crate::base::limits::ops::DOMAINS_NAMED_MAX;

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The name of its field in [`Counters`].
    pub name: &'static str,
    /// `counter`, which only grows, or `gauge`.
    pub kind: &'static str,
    /// What it counts, with a space before it.
    pub help: &'static str,
    /// The name it shares with others of its family; its own if it has none.
    pub family: &'static str,
    /// What tells it from the others of its family.
    pub label: Option<(&'static str, &'static str)>,
}

macro_rules! counters {
    (@family $name:ident) => { stringify!($name) };
    (@family $name:ident $family:ident) => { stringify!($family) };
    (@label) => { None };
    (@label $label:ident $value:literal) => { Some((stringify!($label), $value)) };
    ($($(#[doc = $doc:literal])* $name:ident: $kind:ident $(as $family:ident($label:ident = $value:literal))?,)*) => {
        /// What one shard counts. The name of a field is the name of its metric, after `nextim_`, unless it is one
        /// of a family.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(#[doc = $doc])* pub $name: u64,)*
        }

        /// Every metric, in the order in which a board has their values.
        pub const COUNTERS: &[Metric] = &[
            $(Metric {
                name: stringify!($name),
                kind: stringify!($kind),
                help: concat!($($doc),*),
                family: counters!(@family $name $($family)?),
                label: counters!(@label $($label $value)?),
            },)*
        ];

        impl Counters {
            fn values(&self) -> [u64; COUNTERS.len()] {
                [$(self.$name,)*]
            }
        }
    };
}

counters! {
    /// Users online now, the lingering included.
    users: gauge,
    /// Sessions alive now.
    sessions: gauge,
    /// Rooms with members now.
    rooms: gauge,
    /// Connections that wait for a request, or receive one.
    connections_reading: gauge as connections(state = "reading"),
    /// Connections whose call is being carried out.
    connections_calling: gauge as connections(state = "calling"),
    /// Connections whose poll is parked, or on its way to be.
    connections_parked: gauge as connections(state = "parked"),
    /// Connections that have not taken all of an answer.
    connections_writing: gauge as connections(state = "writing"),
    /// Connections that were answered for the last time and are listened to a little longer.
    connections_closing: gauge as connections(state = "closing"),
    /// Packets queued to sessions and not acknowledged.
    packets_waiting: gauge,
    /// Mail that did not fit into the mailbox of another shard and waits.
    mail_waiting: gauge,
    /// Bytes that wait now: unfinished requests, answers, packets, mail.
    memory_bytes: gauge,
    /// Those of them that strangers hold: unfinished requests, and answers to requests that are no domain's.
    memory_strangers_bytes: gauge,
    /// Turns of the event loop.
    turns_total: counter,
    /// Connections accepted.
    connections_total: counter,
    /// Times a shard rested because connections came faster than they may be accepted.
    accepts_delayed_total: counter,
    /// Times a shard rested because the system had no descriptor for a connection.
    accepts_failed_total: counter,
    /// Connections refused because the shard had all it may have.
    connections_refused_full: counter as connections_refused_total(reason = "full"),
    /// Connections refused because their address had all it may have.
    connections_refused_address: counter as connections_refused_total(reason = "address"),
    /// Connections refused because of the memory in use.
    connections_refused_memory: counter as connections_refused_total(reason = "memory"),
    /// Connections closed because nothing was asked for long.
    connections_expired_idle: counter as connections_expired_total(reason = "idle"),
    /// Connections closed because the head of a request did not arrive in time.
    connections_expired_head: counter as connections_expired_total(reason = "head"),
    /// Connections closed because the body of a request did not arrive in time.
    connections_expired_body: counter as connections_expired_total(reason = "body"),
    /// Connections closed because an answer was not taken in time.
    connections_expired_write: counter as connections_expired_total(reason = "write"),
    /// Connections closed because a peer did not close them after its last answer.
    connections_expired_farewell: counter as connections_expired_total(reason = "farewell"),
    /// Requests read.
    requests_total: counter,
    /// Requests refused with a 4xx status before they became a call.
    requests_rejected_total: counter,
    /// Requests refused because their address asked too often.
    requests_refused_rate: counter as requests_refused_total(reason = "rate"),
    /// Requests refused because of a wrong apikey or domain.
    requests_refused_apikey: counter as requests_refused_total(reason = "apikey"),
    /// Requests with a long body refused because of a wrong apikey or domain in their heads, before the body was read.
    requests_refused_unread: counter as requests_refused_total(reason = "apikey_unread"),
    /// Requests refused because their address had too many that did not arrive.
    requests_refused_unfinished: counter as requests_refused_total(reason = "unfinished"),
    /// Requests refused because of the memory in use, before they had arrived as a whole.
    requests_refused_memory: counter as requests_refused_total(reason = "memory"),
    /// Calls put off, because their domain had used its share of a turn or earlier calls of it waited.
    requests_postponed_total: counter,
    /// Answers that were not taken at once and not kept, because too much waited for their domain.
    answers_unkept_total: counter,
    /// Calls refused because their domain called too often.
    calls_refused_rate: counter as calls_refused_total(reason = "rate"),
    /// Calls refused because no such session or user is online.
    calls_refused_no_client: counter as calls_refused_total(reason = "no_client"),
    /// Polls refused because of a number that was never given.
    calls_refused_seq: counter as calls_refused_total(reason = "seq"),
    /// Calls refused because their domain had all the users it may have.
    calls_refused_users: counter as calls_refused_total(reason = "users"),
    /// Calls refused because their user was in all the rooms he may be in.
    calls_refused_rooms: counter as calls_refused_total(reason = "rooms"),
    /// Polls refused because two of their session waited already.
    calls_refused_polls: counter as calls_refused_total(reason = "polls"),
    /// Messages refused because no session of their receiver could take more.
    calls_refused_receiver: counter as calls_refused_total(reason = "receiver"),
    /// Calls refused because of what waited for their domain, or of all the memory in use.
    calls_refused_memory: counter as calls_refused_total(reason = "memory"),
    /// Calls refused because a shard did not answer in time.
    calls_refused_late: counter as calls_refused_total(reason = "late"),
    /// Calls refused because the server was going down.
    calls_refused_shutdown: counter as calls_refused_total(reason = "shutdown"),
    /// Messages taken from senders.
    messages_total: counter,
    /// Messages queued to sessions of receivers.
    messages_delivered_total: counter,
    /// Messages queued to sessions, copies for the sender's other sessions included.
    packets_queued_messages: counter as packets_queued_total(kind = "message"),
    /// Presences queued to sessions.
    packets_queued_presences: counter as packets_queued_total(kind = "presence"),
    /// Typing states queued to sessions.
    packets_queued_statuses: counter as packets_queued_total(kind = "status"),
    /// Packets answered again, because the answer before was lost.
    packets_repeated_total: counter,
    /// Typing states, joins and leaves of rooms dropped because memory was short or a session's queue full.
    packets_dropped_total: counter,
    /// Messages nobody was there to receive when their user went offline.
    messages_lost_total: counter,
    /// Unicasts that nobody had acknowledged when their user went offline, of domains whose sites take them back.
    undelivered_total: counter,
    /// Those of them the site took back.
    undelivered_posted_total: counter,
    /// Those of them that were lost: there was no room, they were too old, the site refused them, or the server ended.
    undelivered_lost_total: counter,
    /// Those of them that wait for their site.
    undelivered_waiting: gauge,
    /// Requests with undelivered messages that a site did not take.
    undelivered_failures_total: counter,
    /// Sessions started.
    sessions_started_total: counter,
    /// Sessions ended because they were silent too long.
    sessions_expired_total: counter,
    /// Sessions ended because their queue was full.
    sessions_overflowed_total: counter,
    /// Sessions stopped because their user opened too many.
    sessions_limited_total: counter,
    /// Polls that were parked.
    polls_parked_total: counter,
    /// Polls that had to wait because there was nothing but what had been answered before.
    polls_paced_total: counter,
    /// Parked polls that were cut by the browser.
    polls_cut_total: counter,
    /// Polls answered with word when to come back, because very many were answered together.
    polls_spread_total: counter,
    /// Answers to calls that some shard did not report to in time.
    gathers_late_total: counter,
    /// Mail sent to other shards.
    mail_total: counter,
    /// Wakes of sleeping shards.
    wakes_total: counter,
    /// Turns in which mail had to wait because another shard's mailbox was full.
    mail_delayed_total: counter,
    /// How long the process was stopped, or the machine slept.
    stopped_ms_total: counter,
}

/// What the metrics of a family have in common, where they are more than one.
pub const FAMILIES: &[(&str, &str)] = &[
    ("connections", "Connections open now, by what they do; a descriptor each."),
    ("packets_queued_total", "Packets queued to sessions, by kind."),
    ("connections_refused_total", "Connections refused when they were accepted, by reason."),
    ("connections_expired_total", "Connections closed because a deadline passed, by what it was for."),
    ("requests_refused_total", "Requests refused for who asked or how much there was, by reason."),
    ("calls_refused_total", "Calls of a right apikey, and polls, that were refused, by reason."),
];

/// The calls of sites, in kinds that cost alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `/presences/online`.
    Online,
    /// `/presences/offline`, `/presences/show`.
    Presence,
    /// `/messages`.
    Message,
    /// `/statuses`.
    Status,
    /// `/room/members`, `/room/join`, `/room/leave`.
    Room,
    /// `/onlines`, `/buddies/remove`.
    Buddies,
}

impl CallKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [CallKind; 6] = [
        CallKind::Online,
        CallKind::Presence,
        CallKind::Message,
        CallKind::Status,
        CallKind::Room,
        CallKind::Buddies,
    ];

    /// The word for it in metrics.
    pub fn word(self) -> &'static str {
        match self {
            CallKind::Online => "online",
            CallKind::Presence => "presence",
            CallKind::Message => "message",
            CallKind::Status => "status",
            CallKind::Room => "room",
            CallKind::Buddies => "buddies",
        }
    }
}

/// What one shard has done, as others may read it at any time. Only that shard writes it.
#[derive(Debug)]
#[repr(align(128))]
pub struct Board {
    counters: [AtomicU64; COUNTERS.len()],
    turns: Histogram,
    calls: [Histogram; CallKind::ALL.len()],
    /// By the numbers of domains; the last one is for all that have no place of their own.
    domains: Box<[DomainCells]>,
}

/// What one domain has done on one shard.
#[derive(Debug, Default)]
struct DomainCells {
    calls: AtomicU64,
    messages: AtomicU64,
    waiting_bytes: AtomicU64,
    refused: AtomicU64,
}

/// What one domain has done, on all shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DomainCounts {
    /// Calls of its site.
    pub calls: u64,
    /// Those of them that were `/messages`.
    pub messages: u64,
    /// Bytes that wait for it now.
    pub waiting_bytes: u64,
    /// Calls, packets and answers refused because of what waited for it.
    pub refused: u64,
}

/// Adds to a cell that only the caller writes: a load and a store, and no locked instruction. Relaxed: each number
/// stands for itself.
fn add(cell: &AtomicU64, more: u64) {
    cell.store(cell.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}

impl Default for Board {
    fn default() -> Self {
        Board {
            counters: std::array::from_fn(|_| AtomicU64::new(0)),
            turns: Histogram::default(),
            calls: std::array::from_fn(|_| Histogram::default()),
            domains: (0..=DOMAINS_NAMED_MAX).map(|_| DomainCells::default()).collect(),
        }
    }
}

impl Board {
    /// Shows what two parts of the shard have counted, in sum. Relaxed: each number stands for itself.
    pub fn publish(&self, one: &Counters, other: &Counters) {
        for ((cell, one), other) in self.counters.iter().zip(one.values()).zip(other.values()) {
            cell.store(one + other, Ordering::Relaxed);
        }
    }

    /// A turn took so long, in microseconds.
    pub fn turned(&self, us: u64) {
        self.turns.record(us);
    }

    /// A call was answered so long after it was read, in microseconds.
    pub fn answered(&self, kind: CallKind, us: u64) {
        self.calls[kind as usize].record(us);
    }

    /// A site of this domain makes a call.
    pub fn called(&self, domain: DomainId, kind: CallKind) {
        let cells = &self.domains[place(domain)];
        add(&cells.calls, 1);
        if kind == CallKind::Message {
            add(&cells.messages, 1);
        }
    }

    /// So many bytes wait for a domain now, instead of those `before`.
    pub fn waits(&self, domain: DomainId, before: u64, now: u64) {
        let cell = &self.domains[place(domain)].waiting_bytes;
        cell.store(cell.load(Ordering::Relaxed) - before + now, Ordering::Relaxed);
    }

    /// Something of this domain was refused because of what waits for it.
    pub fn refused(&self, domain: DomainId, times: u64) {
        add(&self.domains[place(domain)].refused, times);
    }

    /// The values of [`COUNTERS`].
    pub fn values(&self) -> Vec<u64> {
        self.counters.iter().map(|cell| cell.load(Ordering::Relaxed)).collect()
    }

    /// How long its turns took.
    pub fn turns(&self) -> Distribution {
        self.turns.read()
    }

    /// How long its calls of this kind took.
    pub fn calls(&self, kind: CallKind) -> Distribution {
        self.calls[kind as usize].read()
    }

    fn read(&self, index: usize) -> u64 {
        self.counters[index].load(Ordering::Relaxed)
    }
}

/// Where a domain is counted. Numbers are never used again, so in a process whose domains come and go often, late ones
/// are counted with the others.
fn place(domain: DomainId) -> usize {
    (domain.0 as usize).min(DOMAINS_NAMED_MAX)
}

/// The number of a counter among [`COUNTERS`].
pub fn index_of(name: &str) -> Option<usize> {
    COUNTERS.iter().position(|metric| metric.name == name)
}

/// All boards of a server, and whether it is going down.
#[derive(Clone, Debug)]
pub struct Stats {
    boards: Arc<[Board]>,
    poster: Arc<Board>,
    draining: Arc<AtomicBool>,
}

impl Stats {
    /// Boards for so many shards, and the poster's.
    pub fn new(shards: usize) -> Stats {
        Stats {
            boards: (0..shards).map(|_| Board::default()).collect(),
            poster: Arc::default(),
            draining: Arc::default(),
        }
    }

    /// The board of one shard.
    pub fn board(&self, shard: usize) -> &Board {
        &self.boards[shard]
    }

    /// All boards, by the numbers of their shards.
    pub fn boards(&self) -> &[Board] {
        &self.boards
    }

    /// The board of the poster of undelivered messages.
    pub fn poster(&self) -> &Board {
        &self.poster
    }

    /// The sum over all boards of the counter of that name (without `nextim_`), if there is one.
    pub fn sum(&self, name: &str) -> Option<u64> {
        let index = index_of(name)?;
        Some(self.boards.iter().chain([&*self.poster]).map(|board| board.read(index)).sum())
    }

    /// What a domain has done; `None` if it is counted with others.
    pub fn domain(&self, domain: DomainId) -> Option<DomainCounts> {
        (place(domain) < DOMAINS_NAMED_MAX).then(|| self.counts_at(place(domain)))
    }

    /// What all domains have done that are counted together.
    pub fn other_domains(&self) -> DomainCounts {
        self.counts_at(DOMAINS_NAMED_MAX)
    }

    fn counts_at(&self, place: usize) -> DomainCounts {
        let cells = self.boards.iter().map(|board| &board.domains[place]);
        cells.fold(DomainCounts::default(), |sum, cells| DomainCounts {
            calls: sum.calls + cells.calls.load(Ordering::Relaxed),
            messages: sum.messages + cells.messages.load(Ordering::Relaxed),
            waiting_bytes: sum.waiting_bytes + cells.waiting_bytes.load(Ordering::Relaxed),
            refused: sum.refused + cells.refused.load(Ordering::Relaxed),
        })
    }

    /// Says that the server takes nothing new from now on.
    pub fn begin_drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether it has begun to go down.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boards_show_what_was_counted() {
        let stats = Stats::new(2);
        let one = Counters { messages_total: 2, ..Counters::default() };
        let other = Counters { messages_total: 1, users: 5, ..Counters::default() };
        stats.board(1).publish(&one, &other);
        assert_eq!(stats.sum("messages_total"), Some(3));
        assert_eq!(stats.sum("users"), Some(5));
        assert_eq!(stats.sum("nonsense"), None);
        assert_eq!(stats.board(1).values()[index_of("users").unwrap()], 5);
        assert_eq!(stats.board(0).values()[index_of("users").unwrap()], 0);
        let posted = Counters { undelivered_lost_total: 4, ..Counters::default() };
        stats.poster().publish(&posted, &Counters::default());
        assert_eq!((stats.sum("undelivered_lost_total"), stats.boards().len()), (Some(4), 2));
    }

    #[test]
    fn counters_end_in_total_and_families_have_a_word() {
        for metric in COUNTERS {
            assert_eq!(metric.family.ends_with("_total"), metric.kind == "counter", "{}", metric.family);
            let shared = FAMILIES.iter().any(|(family, _)| *family == metric.family);
            assert_eq!(metric.label.is_some(), shared, "{}", metric.family);
        }
    }

    #[test]
    fn domains_beyond_the_named_are_counted_together() {
        let stats = Stats::new(2);
        stats.board(0).called(DomainId(0), CallKind::Message);
        stats.board(1).called(DomainId(0), CallKind::Online);
        let beyond = u32::try_from(DOMAINS_NAMED_MAX).unwrap();
        for domain in [beyond, beyond + 1] {
            stats.board(0).called(DomainId(domain), CallKind::Message);
            assert_eq!(stats.domain(DomainId(domain)), None);
        }
        for (domain, before, now) in [(0, 0, 5), (beyond, 0, 7), (beyond + 1, 0, 2), (beyond, 7, 4)] {
            stats.board(1).waits(DomainId(domain), before, now);
            stats.board(0).refused(DomainId(domain), 1);
        }
        let counts = DomainCounts { calls: 2, messages: 1, waiting_bytes: 5, refused: 1 };
        assert_eq!(stats.domain(DomainId(0)), Some(counts));
        let counts = DomainCounts { calls: 2, messages: 2, waiting_bytes: 6, refused: 3 };
        assert_eq!(stats.other_domains(), counts);
    }
}
