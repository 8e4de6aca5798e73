//! Counters: what happened on each shard since it started.
//!
//! Owns: the names, the plain counters a shard counts with, and the [`Board`] others read. Must not: hold anything
//! about who did what. A shard counts in plain numbers and writes them to its board once a turn, so that counting
//! costs an addition and reading disturbs nobody. The poster of undelivered messages does the same, on a board of its own.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[doc = $doc:literal])* $name:ident: $kind:ident,)*) => {
        /// What one shard counts. The name of a field is the name of its metric, after `nextim_`.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(#[doc = $doc])* pub $name: u64,)*
        }

        /// Name, kind and help of every counter, in the order of [`Counters::values`].
        const COUNTERS: &[(&str, &str, &str)] = &[
            $((stringify!($name), stringify!($kind), concat!($($doc),*)),)*
        ];

        impl Counters {
            fn values(&self) -> [u64; COUNTERS.len()] {
                [$(self.$name,)*]
            }

            /// Adds what another part of the same shard counted.
            pub fn add(&mut self, other: &Counters) {
                $(self.$name += other.$name;)*
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
    /// Connections open now.
    connections: gauge,
    /// Connections accepted.
    connections_total: counter,
    /// Connections refused because the shard was full.
    connections_refused_total: counter,
    /// Connections closed because a deadline passed.
    connections_expired_total: counter,
    /// Requests read.
    requests_total: counter,
    /// Requests refused with a 4xx status before they became a call.
    requests_rejected_total: counter,
    /// Calls refused by the router.
    calls_refused_total: counter,
    /// Messages taken from senders.
    messages_total: counter,
    /// Messages queued to sessions of receivers.
    messages_delivered_total: counter,
    /// Packets queued to sessions, of every kind.
    packets_queued_total: counter,
    /// Packets answered again, because the answer before was lost.
    packets_repeated_total: counter,
    /// Typing states and room presences dropped because a queue was full.
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
    /// Parked polls that were cut by the browser.
    polls_cut_total: counter,
    /// Answers to calls that some shard did not report to in time.
    gathers_late_total: counter,
    /// Mail sent to other shards.
    mail_total: counter,
    /// Wakes of sleeping shards.
    wakes_total: counter,
    /// Turns in which mail had to wait because another shard's mailbox was full.
    mail_delayed_total: counter,
    /// Milliseconds the process was stopped.
    stopped_ms_total: counter,
}

/// The counters of one shard, as others may read them at any time.
#[derive(Debug)]
#[repr(align(128))]
pub struct Board([AtomicU64; COUNTERS.len()]);

impl Default for Board {
    fn default() -> Self {
        Board(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Board {
    /// Shows these values. Relaxed: each number stands for itself.
    pub fn publish(&self, counters: &Counters) {
        for (cell, value) in self.0.iter().zip(counters.values()) {
            cell.store(value, Ordering::Relaxed);
        }
    }

    fn read(&self, index: usize) -> u64 {
        self.0[index].load(Ordering::Relaxed)
    }
}

/// All boards of a server.
#[derive(Clone, Debug)]
pub struct Stats(Arc<[Board]>);

impl Stats {
    /// Boards for so many shards, and behind them the poster's.
    pub fn new(shards: usize) -> Stats {
        Stats((0..=shards).map(|_| Board::default()).collect())
    }

    /// The board of one shard.
    pub fn board(&self, shard: usize) -> &Board {
        &self.0[shard]
    }

    /// The board of the poster of undelivered messages.
    pub fn poster(&self) -> &Board {
        &self.0[self.0.len() - 1]
    }

    /// The sum over all boards of the counter of that name (without `nextim_`), if there is one.
    pub fn sum(&self, name: &str) -> Option<u64> {
        let index = COUNTERS.iter().position(|(known, ..)| *known == name)?;
        Some(self.0.iter().map(|board| board.read(index)).sum())
    }

    /// Everything, as Prometheus text (exposition format 0.0.4).
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        for (index, (name, kind, help)) in COUNTERS.iter().enumerate() {
            writeln!(text, "# HELP nextim_{name}{help}\n# TYPE nextim_{name} {kind}").expect("to a string");
            let (poster, shards) = self.0.split_last().expect("there is the poster's");
            for (shard, board) in shards.iter().enumerate() {
                writeln!(text, "nextim_{name}{{shard=\"{shard}\"}} {}", board.read(index))
                    .expect("to a string");
            }
            if name.starts_with("undelivered_") {
                writeln!(text, "nextim_{name}{{shard=\"poster\"}} {}", poster.read(index))
                    .expect("to a string");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boards_show_what_was_counted() {
        let stats = Stats::new(2);
        let mut counters = Counters { messages_total: 2, ..Counters::default() };
        counters.add(&Counters { messages_total: 1, users: 5, ..Counters::default() });
        stats.board(1).publish(&counters);
        assert_eq!(stats.sum("messages_total"), Some(3));
        assert_eq!(stats.sum("users"), Some(5));
        assert_eq!(stats.sum("nonsense"), None);
        let text = stats.prometheus();
        assert!(text.contains("# HELP nextim_messages_total Messages taken from senders."), "{text}");
        assert!(text.contains("# TYPE nextim_users gauge\n"), "{text}");
        assert!(text.contains("nextim_messages_total{shard=\"1\"} 3\n"), "{text}");

        counters = Counters { undelivered_lost_total: 4, ..Counters::default() };
        stats.poster().publish(&counters);
        assert_eq!((stats.sum("undelivered_lost_total"), stats.sum("users")), (Some(4), Some(5)));
        let text = stats.prometheus();
        assert!(text.contains("nextim_undelivered_lost_total{shard=\"poster\"} 4\n"), "{text}");
        assert!(!text.contains("nextim_users{shard=\"poster\"}"), "{text}");
    }
}
