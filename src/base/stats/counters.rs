//! The counters of a shard.
//!
//! Owns: their names, the plain numbers that a shard counts with, and their descriptions for operators. Must not: use
//! an atomic; a [board](super::board) does.

/// A number that the server counts and shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metric {
    /// The name of its field in [`Counters`].
    pub(crate) name: &'static str,
    /// `counter`, which only grows, or `gauge`.
    pub(crate) kind: &'static str,
    /// A sentence for operators, with a space before it.
    pub(crate) help: &'static str,
    /// The name that it shares with the others of its family, or its own name.
    pub(crate) family: &'static str,
    /// The name and value of the label that sets it apart from the others of its family.
    pub(crate) label: Option<(&'static str, &'static str)>,
}

macro_rules! counters {
    (@family $name:ident) => { stringify!($name) };
    (@family $name:ident $family:ident) => { stringify!($family) };
    (@label) => { None };
    (@label $label:ident $value:literal) => { Some((stringify!($label), $value)) };
    ($($(#[doc = $doc:literal])* $name:ident: $kind:ident $(as $family:ident($label:ident = $value:literal))?,)*) => {
        /// The numbers of one shard. A metric has the name of its field, after `nextim_`, unless it is one of a
        /// family.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub(crate) struct Counters {
            $($(#[doc = $doc])* pub $name: u64,)*
        }

        /// Every metric, in the order of the values on a board.
        pub(crate) const COUNTERS: &[Metric] = &[
            $(Metric {
                name: stringify!($name),
                kind: stringify!($kind),
                help: concat!($($doc),*),
                family: counters!(@family $name $($family)?),
                label: counters!(@label $($label $value)?),
            },)*
        ];

        impl Counters {
            /// Shows the sum of both, number by number. Without a loop, for every turn does this.
            pub(super) fn show_sum(&self, other: &Counters, mut show: impl FnMut(u64)) {
                $(show(self.$name + other.$name);)*
            }
        }
    };
}

counters! {
    /// Users online now, with those who linger.
    users: gauge,
    /// Sessions alive now.
    sessions: gauge,
    /// Rooms with members now.
    rooms: gauge,
    /// Connections that wait for a request or receive one.
    connections_reading: gauge as connections(state = "reading"),
    /// Connections whose call is being carried out.
    connections_calling: gauge as connections(state = "calling"),
    /// Connections whose poll is parked, or is on its way to its session.
    connections_parked: gauge as connections(state = "parked"),
    /// Connections that have not taken their whole answer.
    connections_writing: gauge as connections(state = "writing"),
    /// Connections that were answered for the last time and are about to be closed.
    connections_closing: gauge as connections(state = "closing"),
    /// Streams that wait for packets, or are on their way to their session; they count as parked connections, too.
    streams_parked: gauge,
    /// Sockets that wait for packets, or are on their way to their session; they count as parked connections, too.
    sockets_parked: gauge,
    /// Connections that shards still have room for.
    connections_free: gauge,
    /// Packets queued to sessions and not acknowledged.
    packets_waiting: gauge,
    /// Mail that waits because it did not fit into the mailbox of another shard.
    mail_waiting: gauge,
    /// Bytes that wait now: unfinished requests, answers, packets, mail.
    memory_bytes: gauge,
    /// Bytes that strangers hold now: unfinished requests, and answers to clients without a domain.
    memory_strangers_bytes: gauge,
    /// Turns of the event loop.
    turns_total: counter,
    /// Connections accepted.
    connections_total: counter,
    /// Connections that moved to the shard of the user they poll for.
    connections_moved_total: counter,
    /// Times that a shard stopped accepting because connections came faster than the configured rate.
    accepts_delayed_total: counter,
    /// Times that a shard stopped accepting because the system had no descriptor for a connection.
    accepts_failed_total: counter,
    /// Connections refused because the shard had as many as it may have.
    connections_refused_full: counter as connections_refused_total(reason = "full"),
    /// Connections refused because their address had as many as it may have.
    connections_refused_address: counter as connections_refused_total(reason = "address"),
    /// Connections refused because of the memory in use.
    connections_refused_memory: counter as connections_refused_total(reason = "memory"),
    /// Connections closed because no request came for too long.
    connections_expired_idle: counter as connections_expired_total(reason = "idle"),
    /// Connections closed because the head of a request did not arrive in time.
    connections_expired_head: counter as connections_expired_total(reason = "head"),
    /// Connections closed because the body of a request did not arrive in time.
    connections_expired_body: counter as connections_expired_total(reason = "body"),
    /// Sockets closed because a frame, or the ticket of a client of version 5, did not arrive in time.
    connections_expired_frame: counter as connections_expired_total(reason = "frame"),
    /// Connections closed because an answer was not taken in time.
    connections_expired_write: counter as connections_expired_total(reason = "write"),
    /// Connections closed because the peer did not close them after the last answer.
    connections_expired_farewell: counter as connections_expired_total(reason = "farewell"),
    /// Requests read.
    requests_total: counter,
    /// Requests refused with a 4xx status before they became a call.
    requests_rejected_total: counter,
    /// Requests refused because their address sent them too often.
    requests_refused_rate: counter as requests_refused_total(reason = "rate"),
    /// Requests refused because of a wrong apikey or domain.
    requests_refused_apikey: counter as requests_refused_total(reason = "apikey"),
    /// Requests refused because of a wrong apikey or domain in their head, before a long body was read.
    requests_refused_unread: counter as requests_refused_total(reason = "apikey_unread"),
    /// Requests refused because their address had too many unfinished ones.
    requests_refused_unfinished: counter as requests_refused_total(reason = "unfinished"),
    /// Requests refused because of the memory in use, before they had arrived completely.
    requests_refused_memory: counter as requests_refused_total(reason = "memory"),
    /// Calls put off because their domain had used its share of a turn, or had earlier calls waiting.
    requests_postponed_total: counter,
    /// Answers dropped because the client did not take them at once and too much waited for their domain.
    answers_unkept_total: counter,
    /// Calls refused because their domain called too often.
    calls_refused_rate: counter as calls_refused_total(reason = "rate"),
    /// Calls refused because their session or user is not online.
    calls_refused_no_client: counter as calls_refused_total(reason = "no_client"),
    /// Polls refused because they acknowledged a packet that was never sent.
    calls_refused_seq: counter as calls_refused_total(reason = "seq"),
    /// Calls refused because their domain had as many users as it may have.
    calls_refused_users: counter as calls_refused_total(reason = "users"),
    /// Calls refused because their domain had as many sessions as it may have.
    calls_refused_sessions: counter as calls_refused_total(reason = "sessions"),
    /// Calls refused because their user was in as many rooms as a user may be in.
    calls_refused_rooms: counter as calls_refused_total(reason = "rooms"),
    /// Polls refused because two polls of their session waited already.
    calls_refused_polls: counter as calls_refused_total(reason = "polls"),
    /// Messages refused because no session of their receiver could take another.
    calls_refused_receiver: counter as calls_refused_total(reason = "receiver"),
    /// Calls refused because too much waited for their domain, or because of the memory in use.
    calls_refused_memory: counter as calls_refused_total(reason = "memory"),
    /// Calls refused because a shard did not answer in time.
    calls_refused_late: counter as calls_refused_total(reason = "late"),
    /// Calls refused because the server was shutting down.
    calls_refused_shutdown: counter as calls_refused_total(reason = "shutdown"),
    /// Calls refused because another node of the cluster could not be asked, or this one was cut off.
    calls_refused_cluster: counter as calls_refused_total(reason = "cluster"),
    /// Messages accepted from senders.
    messages_total: counter,
    /// Messages queued to sessions of receivers.
    messages_delivered_total: counter,
    /// Signals accepted from senders.
    signals_total: counter,
    /// Signals queued to sessions of receivers.
    signals_delivered_total: counter,
    /// Signals of an ended session, or to a user between two pages, that were dropped: no room, or no page came.
    signals_dropped_total: counter,
    /// Messages queued to sessions, copies for the sender's other sessions included.
    packets_queued_messages: counter as packets_queued_total(kind = "message"),
    /// Signals queued to sessions, copies for the sender's other sessions included.
    packets_queued_signals: counter as packets_queued_total(kind = "signal"),
    /// Presences queued to sessions.
    packets_queued_presences: counter as packets_queued_total(kind = "presence"),
    /// Typing states queued to sessions.
    packets_queued_statuses: counter as packets_queued_total(kind = "status"),
    /// Packets sent again because the answer before was lost.
    packets_repeated_total: counter,
    /// Typing states, joins and leaves dropped because memory was short or the queue of a session was full.
    packets_dropped_total: counter,
    /// Messages that no session had received when their user went offline.
    messages_lost_total: counter,
    /// Messages to one user that no session had acknowledged when that user went offline, for sites that take them
    /// back.
    undelivered_total: counter,
    /// Undelivered messages that the site took back.
    undelivered_posted_total: counter,
    /// Undelivered messages that were lost: no room, too old, refused by the site, or the server ended.
    undelivered_lost_total: counter,
    /// Undelivered messages that wait for their site.
    undelivered_waiting: gauge,
    /// Requests with undelivered messages that failed at the site.
    undelivered_failures_total: counter,
    /// Sessions started.
    sessions_started_total: counter,
    /// Sessions ended because they did not poll for too long.
    sessions_expired_total: counter,
    /// Sessions ended because the time was over that their site gave them.
    sessions_renewed_total: counter,
    /// Sessions ended because their queue was full.
    sessions_overflowed_total: counter,
    /// Sessions ended because their user opened too many.
    sessions_limited_total: counter,
    /// Polls that were parked.
    polls_parked_total: counter,
    /// Polls that had to wait because they would only have repeated packets.
    polls_paced_total: counter,
    /// Parked polls that the browser cut off.
    polls_cut_total: counter,
    /// Acknowledgements of streams and sockets that were taken.
    acks_total: counter,
    /// Polls answered with a time to wait before the next poll, because very many were answered together.
    polls_spread_total: counter,
    /// Answers to calls that are incomplete because a shard did not report in time.
    gathers_late_total: counter,
    /// Mail sent to other shards.
    mail_total: counter,
    /// Wakes of sleeping shards.
    wakes_total: counter,
    /// Turns in which mail had to wait because the mailbox of another shard was full.
    mail_delayed_total: counter,
    /// Milliseconds for which the process was stopped or the machine slept.
    stopped_ms_total: counter,
}

/// Each family of several metrics, with a sentence for operators.
pub(crate) const FAMILIES: &[(&str, &str)] = &[
    ("connections", "Connections open now, by state. Each takes a descriptor."),
    ("packets_queued_total", "Packets queued to sessions, by kind."),
    ("connections_refused_total", "Connections refused when they were accepted, by reason."),
    ("connections_expired_total", "Connections closed because a deadline passed, by reason."),
    ("requests_refused_total", "Requests refused because of their sender or of the load, by reason."),
    ("calls_refused_total", "Calls with a valid apikey, and polls, that were refused, by reason."),
];

/// The number of a counter among [`COUNTERS`].
pub fn index_of(name: &str) -> Option<usize> {
    COUNTERS.iter().position(|metric| metric.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_end_in_total_and_families_have_a_word() {
        for metric in COUNTERS {
            assert_eq!(metric.family.ends_with("_total"), metric.kind == "counter", "{}", metric.family);
            let shared = FAMILIES.iter().any(|(family, _)| *family == metric.family);
            assert_eq!(metric.label.is_some(), shared, "{}", metric.family);
        }
    }
}
