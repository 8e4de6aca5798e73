//! Counters: what happened on each shard since it started.
//!
//! Owns: the names, the plain counters a shard counts with, and the [`Board`] others read. Must not: hold anything
//! about who did what. A shard counts in plain numbers and writes them to its board once a turn, so that counting
//! costs an addition and reading disturbs nobody.

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
    /// Bytes that wait now: unfinished requests, answers, packets, mail.
    memory_bytes: gauge,
    /// Connections accepted.
    connections_total: counter,
    /// Times a shard rested because connections came faster than they may be accepted.
    accepts_delayed_total: counter,
    /// Times a shard rested because the system had no descriptor for a connection.
    accepts_failed_total: counter,
    /// Connections refused because the shard had all it may have.
    connections_refused_full_total: counter,
    /// Connections refused because their address had all it may have.
    connections_refused_address_total: counter,
    /// Connections refused because of the memory in use.
    connections_refused_memory_total: counter,
    /// Connections closed because nothing was asked for long.
    connections_expired_idle_total: counter,
    /// Connections closed because the head of a request did not arrive in time.
    connections_expired_head_total: counter,
    /// Connections closed because the body of a request did not arrive in time.
    connections_expired_body_total: counter,
    /// Connections closed because an answer was not taken in time.
    connections_expired_write_total: counter,
    /// Connections closed because a peer did not close them after its last answer.
    connections_expired_farewell_total: counter,
    /// Requests read.
    requests_total: counter,
    /// Requests refused with a 4xx status before they became a call.
    requests_rejected_total: counter,
    /// Requests refused because their address asked too often.
    requests_limited_total: counter,
    /// Requests refused because of a wrong apikey or domain.
    requests_unauthorized_total: counter,
    /// Requests refused because of the memory in use, before they had arrived as a whole.
    requests_refused_memory_total: counter,
    /// Calls refused because their domain called too often.
    calls_limited_total: counter,
    /// Calls refused because no such session or user is online.
    calls_refused_no_client_total: counter,
    /// Polls refused because of a number that was never given.
    calls_refused_seq_total: counter,
    /// Calls refused because their domain had all the users it may have.
    calls_refused_users_total: counter,
    /// Calls refused because their user was in all the rooms he may be in.
    calls_refused_rooms_total: counter,
    /// Polls refused because two of their session waited already.
    calls_refused_polls_total: counter,
    /// Messages refused because no session of their receiver could take more.
    calls_refused_receiver_total: counter,
    /// Calls refused because of the memory in use.
    calls_refused_memory_total: counter,
    /// Calls refused because a shard did not answer in time.
    calls_refused_late_total: counter,
    /// Calls refused because the server was going down.
    calls_refused_shutdown_total: counter,
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
    /// Boards for so many shards.
    pub fn new(shards: usize) -> Stats {
        Stats((0..shards).map(|_| Board::default()).collect())
    }

    /// The board of one shard.
    pub fn board(&self, shard: usize) -> &Board {
        &self.0[shard]
    }

    /// The sum over all shards of the counter of that name (without `nextim_`), if there is one.
    pub fn sum(&self, name: &str) -> Option<u64> {
        let index = COUNTERS.iter().position(|(known, ..)| *known == name)?;
        Some(self.0.iter().map(|board| board.read(index)).sum())
    }

    /// Everything, as Prometheus text (exposition format 0.0.4).
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        for (index, (name, kind, help)) in COUNTERS.iter().enumerate() {
            writeln!(text, "# HELP nextim_{name}{help}\n# TYPE nextim_{name} {kind}").expect("to a string");
            for (shard, board) in self.0.iter().enumerate() {
                writeln!(text, "nextim_{name}{{shard=\"{shard}\"}} {}", board.read(index))
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
    }
}
