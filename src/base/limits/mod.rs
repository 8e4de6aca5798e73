//! Every cap and budget of the server, with its unit and its reason.
//!
//! Owns: the numbers. Must not: read the configuration file (that is `config/`, which checks what was typed
//! against the hard maxima here). A number that bounds a queue or a loop anywhere in the crate has its name here.

/// Longest name of a user, in bytes.
pub const NAME_BYTES_MAX: usize = 256;
/// Longest nick, in bytes.
pub const NICK_BYTES_MAX: usize = 256;
/// Longest name of a room, in bytes.
pub const ROOM_BYTES_MAX: usize = 256;
/// Longest `show`, in bytes: it is a word.
pub const SHOW_BYTES_MAX: usize = 32;
/// Longest status line, in bytes.
pub const STATUS_BYTES_MAX: usize = 1_024;
/// Longest style of a message, in bytes.
pub const STYLE_BYTES_MAX: usize = 1_024;
/// Longest `id` of a message, in bytes.
pub const ID_BYTES_MAX: usize = 64;
/// Longest `timestamp`, in bytes.
pub const TIMESTAMP_BYTES_MAX: usize = 64;
/// Longest timestamp that may stand in an answer as a JSON number, in bytes.
pub const TIMESTAMP_NUMBER_BYTES_MAX: usize = 32;
/// Longest JSONP callback, in bytes.
pub const CALLBACK_BYTES_MAX: usize = 128;
/// Longest domain name and longest apikey, in bytes.
pub const CREDENTIAL_BYTES_MAX: usize = 256;
/// Fewer characters than this in an apikey are warned of where strangers can try it: 16 random letters have 75 bits.
pub const APIKEY_CHARS_WISE: usize = 16;
/// A poll that may be held as long as this is warned of, in milliseconds: front ends give up then.
pub const POLL_HOLD_MS_UNWISE: u64 = 40_000;
/// Longest configuration file, in bytes: tens of thousands of domains with all their settings.
pub const CONFIG_BYTES_MAX: u64 = 16 * 1_024 * 1_024;
/// Longest `undelivered_url`, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;
/// Longest request line and headers together, in bytes.
pub const HEAD_BYTES_MAX: usize = 16 * 1_024;
/// Most headers a request may carry.
pub const HEADERS_MAX: usize = 64;
/// Longest request target, in bytes: what is left of the head for everything else is enough for any client.
pub const TARGET_BYTES_MAX: usize = 12 * 1_024;

/// Most bytes of empty lines before a request: some old clients end a body with a line end it does not count.
pub const BLANK_BYTES_MAX: usize = 8;
/// Longest line before a chunk of a body, extensions included, in bytes.
pub const CHUNK_LINE_BYTES_MAX: usize = 256;
/// Longest trailers of a chunked body, in bytes; they are ignored.
pub const TRAILER_BYTES_MAX: usize = 4 * 1_024;
/// What the framing of a chunked body may cost beyond as many bytes as the body may have, in bytes, so that tiny
/// chunks do not make much input out of a small body.
pub const CHUNK_FRAMING_BYTES: usize = 4 * 1_024;

/// How much of the socket is read in one call, in bytes; a read that fills less has drained the socket.
pub const READ_BYTES: usize = 64 * 1_024;
/// Most sockets reported by one poll call.
pub const EVENTS_PER_TURN: usize = 1_024;
/// Most connections accepted from one listener in one turn, so that a storm does not starve those inside.
pub const ACCEPTS_PER_TURN: usize = 128;
/// Most batches of mail taken in one turn.
pub const BATCHES_PER_TURN: usize = 1_024;
/// Most calls of one domain that were put off and are gone on with in one turn.
pub const POSTPONED_PER_TURN: usize = 256;
/// Most timers fired in one turn.
pub const TIMERS_PER_TURN: usize = 4_096;
/// How long a shard that got no descriptor for a newcomer waits before it tries again, in milliseconds.
pub const ACCEPT_REST_MS: u64 = 100;
/// Connections the kernel keeps for us until they are accepted; it cuts this to `net.core.somaxconn`.
pub const BACKLOG: i32 = 65_535;
/// How long a shard whose mail does not fit into a mailbox waits before it tries again, in milliseconds.
pub const POST_AGAIN_MS: u64 = 1;
/// How long a peer that was refused is listened to, so that it reads why before it meets a reset, in milliseconds.
pub const FAREWELL_MS: u64 = 2_000;
/// How long a call waits for shards that do not say anything, beyond the gathers, in milliseconds; it is noticed
/// within as much again.
pub const CALL_MS_MAX: u64 = 10_000;
/// How long a call of another shard may be put off, in milliseconds: it must not be done after its caller was told that it
/// came too late.
pub const PUT_OFF_MS_MAX: u64 = CALL_MS_MAX / 2;
/// How long a draining shard leaves an idle connection, on which a request may be on its way, in milliseconds.
pub const DRAIN_GRACE_MS: u64 = 250;
/// How long the server waits for a place in a shard's mailbox, in milliseconds. Shards do not wait at all.
pub const DOOR_MS: u64 = 1_000;
/// Names and receivers that the calls of one domain may use in a turn of a shard before its next calls come after those
/// of others: some milliseconds of work.
pub const WORK_PER_TURN: usize = 20_000;
/// Names and receivers that mail may cause a shard in a turn before the events of the next come first, whatever the
/// connections have caused in it.
pub const MAIL_WORK_PER_TURN: usize = WORK_PER_TURN;
/// What a domain may owe of its next shares at most.
pub const WORK_OWED_MAX: usize = 4 * WORK_PER_TURN;
/// Presences queued to a session, answered and not, for each roster link the user may have. A browser that never
/// acknowledges is ended beyond that.
pub const PRESENCES_PER_LINK: usize = 2;
/// Most pipelined requests of one connection served in one turn.
pub const REQUESTS_PER_TURN: usize = 32;
/// Batches of mail that fit into one shard's mailbox; more wait in the sender's outbox.
pub const MAILBOX_BATCHES: usize = 1_024;
/// Mail in one shard's outboxes above which that shard reads no new requests.
pub const OUTBOX_MARK: usize = 64 * 1_024;
/// Most shards of one process; a place is 16 bits and every shard keeps a little for every other.
pub const SHARDS_MAX: usize = 256;
/// Descriptors a shard leaves unused for listeners, epoll, wakers, logs and what the process had open before.
pub const DESCRIPTOR_RESERVE: usize = 128;
/// Connections the default number of shards is chosen for.
pub const CONNECTIONS_WANTED: usize = 100_000;
/// Share of the connection cap, and of what strangers may hold of the memory, in percent, below which a full shard takes in
/// more again.
pub const RESUME_PERCENT: usize = 90;
/// Share of the memory of a shard, in percent, that strangers may hold at most: the rest is for those inside.
pub const MEMORY_STRANGERS_PERCENT: usize = 25;
/// How much a domain may hold for each byte that is free, once only what is under way is added to it: calls are put off
/// and answered when nothing else of the domain is taken in, but what waits of them must not use up what is free.
pub const UNDER_WAY_PER_FREE_BYTE: usize = 3;
/// How long a request may take to arrive, in milliseconds, before its bytes count against the address that sends it.
pub const LATE_MS: u64 = 1_000;
/// What late requests of one address may hold on one shard, in bytes; a single one may always arrive.
pub const LATE_BYTES_PER_ADDRESS_MAX: usize = 1_024 * 1_024;
/// Length above which a body is not waited for if the head of its request says already that it will be refused, in bytes.
pub const UNREAD_BODY_BYTES_MIN: usize = 16 * 1_024;
/// What reading a request or writing an answer may take, in nanoseconds: what is measured is taken to lie between these.
/// Two system calls take the least; a shard that shares its core with others is slower.
pub const STEP_NS_MIN: u64 = 1_000;
/// See [`STEP_NS_MIN`].
pub const STEP_NS_MAX: u64 = 100_000;
/// What it is taken to be before anything was measured, in nanoseconds.
pub const STEP_NS_FIRST: u64 = 10_000;
/// Steps over which it is measured.
pub const STEPS_REMEMBERED: u64 = 65_536;
/// Turns in a row in which more sockets were ready than a turn serves, for a shard to count as behind.
pub const BEHIND_TURNS: u32 = 8;
/// Most receivers among which a packet is divided when it is counted how much they hold. With more, what is counted is
/// too much; and as long as one of them holds it, at least this part of it is counted.
pub const PACKET_SHARERS_MAX: usize = 64;
/// Least time between two replacements of a session's parked poll, in milliseconds, so that two old pages on
/// one ticket do not spin.
pub const REPLACE_MS_MIN: u64 = 1_000;
/// Least time between two answers to a session's polls that bring only what was answered before, in milliseconds: a page
/// that never acknowledges, or a broken proxy, asks for the same packets as fast as it can.
pub const REPEAT_MS_MIN: u64 = 1_000;
/// Shortest and longest time a client is asked to wait before it comes back, in milliseconds.
pub const RETRY_MS_MIN: u64 = 1_000;
/// See [`RETRY_MS_MIN`].
pub const RETRY_MS_MAX: u64 = 10_000;
/// When to try again, in seconds: once to twice as long, by chance, so that those who were refused together do not come
/// back together. A shard that was late, or a poll or call that was one too many, may be done by then.
pub const RETRY_SOON_S: u32 = 1;
/// A receiver may have read what waits for him, another server may have started, memory may be free, or an address may
/// have asked less.
pub const RETRY_LATER_S: u32 = 5;
/// A newcomer may find room for a connection.
pub const RETRY_CROWDED_S: u32 = 10;
/// Some user may have gone, or left a room.
pub const RETRY_MUCH_LATER_S: u32 = 60;
/// For how long newcomers may be accepted at once that came at once, within the rate, in milliseconds.
pub const ACCEPT_BURST_MS: u64 = 100;
/// For how long an address may ask at once, within its rate, in milliseconds. People behind one address are told
/// something together, and then their pages poll together.
pub const ADDRESS_BURST_MS: u64 = 10_000;
/// For how long a domain may call at once, within its rate, in milliseconds.
pub const CALL_BURST_MS: u64 = 1_000;
/// Cells in each row of the table in which addresses are counted: all that 16 bits can name. Together the rows take
/// 1.5 MiB a process.
pub const ADDRESS_CELLS: usize = 1 << 16;
/// The farthest ahead an alarm is set, in milliseconds; later deadlines take more than one. Nothing is cancelled, so this
/// is how long the alarm of something that is gone takes memory. As long as a poll is held at least, by default: a
/// longer alarm, set when a poll was answered, would only be overtaken by that of the next.
pub const ALARM_MS_MAX: u64 = 25_000;
/// How late a turn must start, in milliseconds, to count as a stop of the process rather than as load.
pub const STOP_MS_MIN: u64 = 1_000;
/// Highest `max_calls_per_second` of a domain.
pub const CALLS_PER_SECOND_MAX: u32 = 1_000_000;
/// Most members that `/room/members` names.
pub const MEMBERS_LISTED_MAX: usize = 5_000;
/// Domains that are counted and shown by name; the others are shown as one.
pub const DOMAINS_NAMED_MAX: usize = 256;
/// The longest a shard sleeps, in milliseconds: who watches it can tell sleep from standstill soon.
pub const SLEEP_MS_MAX: u64 = 5_000;

/// How often the server is looked at by whoever watches it, in milliseconds.
pub const LOOK_MS: u64 = 1_000;
/// Looks in a row at which a shard has not turned, for it to count as standing still: twice as long as one may sleep.
/// Looks are counted, and not time, because they stop with the shards if the process is stopped.
pub const STANDSTILL_LOOKS: u32 = 10;
/// Looks over which rates and quantiles are taken that people read.
pub const RECENT_LOOKS: usize = 10;
/// Looks that are remembered: ten minutes.
pub const HISTORY_LOOKS: usize = 600;
/// Connections the admin listener has at once. If there are as many, the oldest gives way to a newcomer.
pub const ADMIN_CONNECTIONS_MAX: usize = 64;
/// Connections it accepts before it serves the others again: a quarter, so that each is served several times before it is
/// the oldest.
pub const ADMIN_ACCEPTS_PER_TURN: usize = ADMIN_CONNECTIONS_MAX / 4;
/// Longest request line and headers together that the admin listener reads, in bytes.
pub const ADMIN_HEAD_BYTES_MAX: usize = 8 * 1_024;
/// How long a request to the admin listener may take to arrive, and its answer to be taken, in milliseconds each.
pub const ADMIN_MS: u64 = 5_000;
/// How long `nextim top` waits for an answer, in milliseconds.
pub const TOP_MS: u64 = 3_000;
/// Longest answer it reads, in bytes: that of a server with all shards and all domains it can name.
pub const TOP_ANSWER_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// How long a word to the service manager may wait to be taken, in milliseconds.
pub const NOTIFY_MS: u64 = 1_000;
/// Lines one place in the code may log in a second; more are counted.
pub const LOG_LINES_PER_SECOND: u32 = 10;
/// Lines of the log that wait to be written; more are dropped and counted.
pub const LOG_LINES_WAITING: usize = 1_024;
/// How long the process waits, when it ends, for the log to be written, in milliseconds.
pub const LOG_FLUSH_MS: u64 = 250;

/// What keeping a message for its site costs beside its text, in bytes: its places in lists and its reference count.
pub const UNDELIVERED_EXTRA_BYTES: usize = 128;
/// Most undelivered messages in one request to a site.
pub const UNDELIVERED_BATCH: usize = 100;
/// Longest body of such a request, in bytes, unless a single message is longer. Sites often take a megabyte at most.
pub const UNDELIVERED_BATCH_BYTES: usize = 256 * 1_024;
/// Most such requests under way at once: so many sites may hang before one of the others has to wait.
pub const UNDELIVERED_POSTS: usize = 4;
/// How long a site may take to answer such a request, in milliseconds, from the look-up of its name to its status.
pub const UNDELIVERED_POST_MS: u64 = 10_000;
/// How long a site that did not take its messages is left in peace, in milliseconds: at first, then twice as long each
/// time, up to [`UNDELIVERED_RETRY_MS_MAX`]. What is waited is between half of that and all of it.
pub const UNDELIVERED_RETRY_MS_MIN: u64 = 1_000;
/// See [`UNDELIVERED_RETRY_MS_MIN`].
pub const UNDELIVERED_RETRY_MS_MAX: u64 = 60_000;
/// Least time between two lines of the log about one site that does not take its messages, in milliseconds.
pub const UNDELIVERED_LOG_MS: u64 = 60_000;
/// How long the poster waits if it has nothing to wait for, in milliseconds.
pub const UNDELIVERED_SLEEP_MS: u64 = 60_000;

/// How many parked polls a draining shard answers in one step at least, and the time from one step to the next, in
/// milliseconds. As many more as it takes to answer all within a third of `drain_ms`: a turn stays short, and browsers
/// do not come back all at once.
pub const DRAIN_POLLS: usize = 256;
/// See [`DRAIN_POLLS`].
pub const DRAIN_STEP_MS: u64 = 100;

/// Limits an operator may change, up to [`Limits::MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest message body, in bytes.
    pub message_bytes: usize,
    /// Longest request body, in bytes.
    pub body_bytes: usize,
    /// Longest request body of `/presences/online` and `/onlines`, in bytes: they carry whole rosters.
    pub list_body_bytes: usize,
    /// Buddies read from one call; more are ignored and the answer says so.
    pub buddies_per_call: usize,
    /// Rooms read from one call; more are ignored and the answer says so.
    pub rooms_per_call: usize,
    /// Roster links of one user.
    pub roster_links: usize,
    /// Rooms of one user.
    pub rooms_per_user: usize,
    /// Sessions of one user; one more stops the one idle longest.
    pub sessions_per_user: usize,
    /// Messages queued to one session, presences apart.
    pub queue_messages: usize,
    /// Bytes of messages queued to one session.
    pub queue_bytes: usize,
    /// Connections of one shard; 0 means as many as the descriptor limit allows.
    pub connections_per_shard: usize,
    /// Connections accepted in a second by all shards together; those above wait in the kernel. 0 means no limit.
    pub accepts_per_second: usize,
    /// Connections of one address that is not exempt (of IPv6, of one /64); 0 means no limit.
    pub connections_per_address: usize,
    /// Requests in a second from one address that is not exempt, calls with a right apikey apart; 0 means no limit.
    pub requests_per_second_per_address: usize,
    /// What may wait on all shards together, in bytes: unfinished requests, answers that were not taken, packets that
    /// were not acknowledged, mail. Each shard has an equal share.
    pub memory_bytes: usize,
    /// Bytes of messages kept for one domain's site while it does not take them.
    pub undelivered_bytes: usize,
}

impl Limits {
    /// What holds if nothing is configured.
    pub const DEFAULT: Limits = Limits {
        message_bytes: 32_768,
        body_bytes: 128 * 1_024,
        list_body_bytes: 512 * 1_024,
        buddies_per_call: 2_000,
        rooms_per_call: 500,
        roster_links: 4_000,
        rooms_per_user: 2_000,
        sessions_per_user: 32,
        queue_messages: 1_000,
        queue_bytes: 256 * 1_024,
        connections_per_shard: 0,
        // About what two cores can bring online; it is there for the moment at which everybody comes back.
        accepts_per_second: 20_000,
        // A university behind one address has a few thousand pages open; and of the connections a server is planned
        // for ([`CONNECTIONS_WANTED`]), one address can take a tenth.
        connections_per_address: 10_000,
        // Those pages poll a few hundred times a second. It takes some forty such addresses to keep a core busy.
        requests_per_second_per_address: 1_000,
        // A broadcast to 100,000 pages holds some twenty megabytes until they have polled again; 30,000 users who do not
        // poll and are each sent the longest message fill it.
        memory_bytes: 1_024 * 1_024 * 1_024,
        undelivered_bytes: 16 * 1_024 * 1_024,
    };
    /// The least memory that may be configured.
    pub const MEMORY_BYTES_MIN: usize = 1_024 * 1_024;
    /// The highest values that may be configured.
    pub const MAX: Limits = Limits {
        message_bytes: 1_024 * 1_024,
        body_bytes: 4 * 1_024 * 1_024,
        list_body_bytes: 8 * 1_024 * 1_024,
        buddies_per_call: 20_000,
        rooms_per_call: 5_000,
        roster_links: 40_000,
        rooms_per_user: 20_000,
        sessions_per_user: 1_024,
        queue_messages: 100_000,
        queue_bytes: 16 * 1_024 * 1_024,
        connections_per_shard: 1_000_000,
        accepts_per_second: 1_000_000,
        connections_per_address: 1_000_000,
        requests_per_second_per_address: 1_000_000,
        memory_bytes: 1 << 40,
        undelivered_bytes: 1_024 * 1_024 * 1_024,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Limits::DEFAULT
    }
}

/// Time limits an operator may change, in milliseconds, from 10 up to [`Timeouts::MAX_MS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Shortest time a poll is parked.
    pub poll_hold_ms_min: u64,
    /// Longest time a poll is parked; front ends give up at 40 s. Each poll gets its own time between the two.
    pub poll_hold_ms_max: u64,
    /// A session that has never polled, or whose parked poll was cut, ends after this.
    pub session_cut_ms: u64,
    /// A session whose poll was answered ends after this; browsers slow the timers of hidden tabs to one a minute.
    pub session_idle_ms: u64,
    /// How long a user whose last session ended stays online.
    pub linger_ms: u64,
    /// An idle kept-alive connection is closed after this.
    pub idle_ms: u64,
    /// A request's line and headers must have arrived within this.
    pub head_ms: u64,
    /// A request's body must have arrived within this after its head.
    pub body_ms: u64,
    /// A peer that takes no byte of an answer for this long is closed.
    pub write_ms: u64,
    /// A peer that has not taken all of an answer after this is closed, however steadily it drips.
    pub answer_ms: u64,
    /// How long a call waits for shards that have not reported.
    pub gather_ms: u64,
    /// How long a draining server waits for calls and connections, and then once more for the sites that take back what
    /// was not delivered.
    pub drain_ms: u64,
    /// How much work the polls of pages that are answered in one turn may make before the others are told when to come
    /// back.
    pub storm_ms: u64,
    /// How long an undelivered message waits for its site.
    pub undelivered_ms: u64,
}

impl Timeouts {
    /// What holds if nothing is configured.
    pub const DEFAULT: Timeouts = Timeouts {
        poll_hold_ms_min: 25_000,
        poll_hold_ms_max: 28_000,
        session_cut_ms: 8_000,
        session_idle_ms: 75_000,
        linger_ms: 8_000,
        idle_ms: 90_000,
        head_ms: 20_000,
        body_ms: 60_000,
        write_ms: 30_000,
        answer_ms: 120_000,
        gather_ms: 2_000,
        drain_ms: 5_000,
        storm_ms: 50,
        undelivered_ms: 600_000,
    };
    /// The longest time that may be configured: an hour.
    pub const MAX_MS: u64 = 3_600_000;
    /// The shortest time that may be configured.
    pub const MIN_MS: u64 = 10;
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts::DEFAULT
    }
}

/// What a parked user with 9 buddies and one room may cost in user space, in bytes.
pub const PARKED_USER_BYTES_MAX: usize = 700;

/// How much longer a text becomes in a form: three characters for a byte.
pub const FORM_GROWTH: usize = 3;
/// How much longer a text becomes in JSON: six characters for `<` and control characters.
pub const JSON_GROWTH: usize = 6;

// A message must fit into the body that carries it and into the queue that holds it.
const _: () = assert!(Limits::DEFAULT.message_bytes * FORM_GROWTH < Limits::DEFAULT.body_bytes);
const _: () = assert!(Limits::DEFAULT.message_bytes * JSON_GROWTH < Limits::DEFAULT.queue_bytes);
const _: () = assert!(HEAD_BYTES_MAX < READ_BYTES && TARGET_BYTES_MAX < HEAD_BYTES_MAX);
const _: () = assert!(STANDSTILL_LOOKS as u64 * LOOK_MS >= 2 * SLEEP_MS_MAX);
const _: () = assert!(SHARDS_MAX <= u16::MAX as usize);
const _: () = assert!(Limits::MAX.sessions_per_user < u16::MAX as usize);
