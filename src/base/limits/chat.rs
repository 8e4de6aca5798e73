//! What bounds the chat: names and texts, polls, lists, and the work of calls.
//!
//! Owns: numbers of the router, and of calls and packets that cannot be set. Those that can be set, such as
//! `message_bytes` for the `body` of a message, are in [`settings`](super::settings). Must not: bound connections
//! ([`turn`](super::turn)).

use super::settings::{FORM_GROWTH, JSON_GROWTH, Limits, Timeouts};
use super::wire::TARGET_BYTES_MAX;

/// Longest name of a user, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 256;
/// Longest nick, in bytes.
pub(crate) const NICK_BYTES_MAX: usize = 256;
/// Longest name of a room, in bytes.
pub(crate) const ROOM_BYTES_MAX: usize = 256;
/// Longest `show`, in bytes: it is a word.
pub(crate) const SHOW_BYTES_MAX: usize = 32;
/// Longest status line, in bytes.
pub(crate) const STATUS_BYTES_MAX: usize = 1_024;
/// Longest style of a message, in bytes.
pub(crate) const STYLE_BYTES_MAX: usize = 1_024;
/// Longest JSON object that goes with a message or a signal, in bytes as it was sent.
pub(crate) const OBJECT_BYTES_MAX: usize = 4_096;
/// Most objects and arrays within each other in such an object, itself included.
pub(crate) const OBJECT_DEPTH_MAX: usize = 16;
/// Longest `id` of a message, in bytes.
pub(crate) const ID_BYTES_MAX: usize = 64;
/// Longest `timestamp`, in bytes.
pub(crate) const TIMESTAMP_BYTES_MAX: usize = 64;
/// Longest timestamp that an answer has as a JSON number, in bytes.
pub(crate) const TIMESTAMP_NUMBER_BYTES_MAX: usize = 32;
/// Shortest time that a site may give a session, in seconds.
pub(crate) const EXPIRES_S_MIN: u64 = 60;
/// Longest time that a site may give a session, in seconds.
pub(crate) const EXPIRES_S_MAX: u64 = 86_400;
/// Such a session ends up to this part of its time later, so that pages that came together do not come back together.
pub(crate) const EXPIRY_SPREAD: u64 = 10;
/// A page whose session ends while it has no poll may poll once more within this time, in milliseconds, and learns
/// why.
pub(crate) const EXPIRY_GRACE_MS: u64 = 3_000;
/// Longest name of a signal, in bytes: it is a word.
pub(crate) const SIGNAL_NAME_BYTES_MAX: usize = 32;
/// Most members of a room whose typing states are sent.
pub(crate) const STATUS_MEMBERS_MAX: usize = 200;
/// Most members of a room whose pages of version 5 are shown who of them comes and goes. They read the list again
/// each time, and when the room is opened.
pub(crate) const GROUP_PRESENCE_MEMBERS_MAX: usize = 200;
/// Most members in the answer to `/room/members`.
pub(crate) const MEMBERS_LISTED_MAX: usize = 5_000;

/// Most presences queued to a session for each link that its user may have, answered or not. A session whose browser
/// never acknowledges ends beyond that.
pub(crate) const PRESENCES_PER_LINK: usize = 2;
/// Those of members of rooms are dropped while more than this many for each link wait, so that those of linked users
/// find room.
pub(crate) const GROUP_PRESENCES_PER_LINK: usize = 1;
/// The bytes of a packet are divided among this many receivers at most, when the memory that they hold is counted.
/// With more receivers the count is too high; and as long as one of them holds the packet, at least this part is
/// counted.
pub(crate) const PACKET_SHARERS_MAX: usize = 64;

/// Least time between two replacements of a session's parked poll, in milliseconds, so that two old pages with one
/// ticket do not replace each other without a pause.
pub(crate) const REPLACE_MS_MIN: u64 = 1_000;
/// Least time between two answers to a session's polls that only repeat packets, in milliseconds. A page that never
/// acknowledges, or a broken proxy, asks for the same packets as fast as it can.
pub(crate) const REPEAT_MS_MIN: u64 = 1_000;
/// Shortest time that a page is asked to wait before it polls again, in milliseconds.
pub(crate) const RETRY_MS_MIN: u64 = 1_000;
/// Longest time that a page is asked to wait before it polls again, in milliseconds.
pub const RETRY_MS_MAX: u64 = 10_000;

/// A step is the reading of a request or the writing of an answer. A measured step counts as this long at least, in
/// nanoseconds: two system calls take as long.
pub(crate) const STEP_NS_MIN: u64 = 1_000;
/// A measured step counts as this long at most, in nanoseconds: a shard that shares its core with others is slower.
pub(crate) const STEP_NS_MAX: u64 = 100_000;
/// A step counts as this long before one was measured, in nanoseconds.
pub(crate) const STEP_NS_FIRST: u64 = 10_000;
/// The length of a step is the mean of this many steps.
pub(crate) const STEPS_REMEMBERED: u64 = 65_536;
/// A shard is behind after this many turns in a row in which more sockets were ready than a turn serves.
pub(crate) const BEHIND_TURNS: u32 = 8;

/// Names and receivers that the calls of one domain may use in a turn of a shard, before its next calls come after
/// those of other domains. This is some milliseconds of work.
pub(crate) const WORK_PER_TURN: usize = 20_000;
/// Names and receivers that mail may cost a shard in a turn, whatever its connections cost, before the next turn
/// begins.
pub(crate) const MAIL_WORK_PER_TURN: usize = WORK_PER_TURN;
/// Most work of one turn that comes off the next shares of a domain.
pub(crate) const WORK_OWED_MAX: usize = 4 * WORK_PER_TURN;
/// Most receivers that a delivery reaches in a turn, so that what goes to many holds up no call of others for longer
/// than a few milliseconds. The next turn goes on with it.
pub(crate) const RECEIVERS_PER_TURN: usize = 256;
/// Most deliveries that a shard keeps for its next turns. With one more it finishes the oldest at once.
pub(crate) const CROWDS_WAITING_MAX: usize = 16;
/// Most broadcasts of one shard that go from shard to shard. With one more the oldest goes to all that are left.
pub(crate) const BROADCASTS_UNDER_WAY_MAX: usize = 16;
/// Calls that come within this time may come at once, within the rate of their domain, in milliseconds.
pub(crate) const CALL_BURST_MS: u64 = 1_000;

/// Least number of parked polls that a draining shard answers in one step. It answers more if it takes more to answer
/// all within a third of `drain_ms`. So turns stay short, and browsers do not come back all at once.
pub(crate) const DRAIN_POLLS: usize = 256;
/// Time from one step of a drain to the next, in milliseconds.
pub(crate) const DRAIN_STEP_MS: u64 = 100;

/// Time from the event that a draining shard sends on each stream to the one that stops the stream, in milliseconds: the
/// page acknowledges meanwhile. It is shorter if `drain_ms` has no room for it.
pub(crate) const STREAM_STOP_MS: u64 = 1_000;

/// A client that answers no ping for this long is gone, in milliseconds.
pub(crate) const PONG_MS: u64 = 30_000;

impl Timeouts {
    /// How long the client of a socket is not heard that answers pings, in milliseconds, before it is taken to be gone:
    /// a ping is due when a poll would be answered.
    pub(crate) fn pong_ms(&self) -> u64 {
        self.poll_hold_ms_max + PONG_MS
    }

    /// See [`STREAM_STOP_MS`].
    pub(crate) fn stream_stop_ms(&self) -> u64 {
        STREAM_STOP_MS.min(self.drain_ms / 3)
    }

    /// From the beginning of a drain, when the last stream is stopped, in milliseconds: steps take a third of
    /// `drain_ms`, and an event that was under way then is followed by another one.
    pub(crate) fn streams_stopped_ms(&self) -> u64 {
        self.drain_ms / 3 + 2 * self.stream_stop_ms()
    }
}

/// All texts that go with a message, in bytes.
const BESIDE_MESSAGE_BYTES: usize = 3 * NAME_BYTES_MAX
    + NICK_BYTES_MAX
    + STYLE_BYTES_MAX
    + ID_BYTES_MAX
    + TIMESTAMP_BYTES_MAX
    + OBJECT_BYTES_MAX;
/// All texts of a presence, in bytes.
const PRESENCE_BYTES: usize = NAME_BYTES_MAX + NICK_BYTES_MAX + SHOW_BYTES_MAX + STATUS_BYTES_MAX;

// A profile keeps the lengths of its parts in 16 bits.
const _: () = assert!(NAME_BYTES_MAX <= u16::MAX as usize);
const _: () = assert!(NICK_BYTES_MAX <= u16::MAX as usize);
const _: () = assert!(SHOW_BYTES_MAX <= u16::MAX as usize);
const _: () = assert!(PRESENCE_BYTES <= u16::MAX as usize);
const _: () = assert!(TIMESTAMP_NUMBER_BYTES_MAX <= TIMESTAMP_BYTES_MAX);
// The longest message with all that goes with it fits into a form and into a queue.
const LONGEST_MESSAGE_BYTES: usize = Limits::DEFAULT.message_bytes + BESIDE_MESSAGE_BYTES;
const _: () = assert!(LONGEST_MESSAGE_BYTES * FORM_GROWTH < Limits::DEFAULT.body_bytes);
const _: () = assert!(LONGEST_MESSAGE_BYTES * JSON_GROWTH < Limits::DEFAULT.queue_bytes);
// So does the longest presence, and it fits into a target, too.
const _: () = assert!(PRESENCE_BYTES * FORM_GROWTH < Limits::DEFAULT.body_bytes);
const _: () = assert!(PRESENCE_BYTES * FORM_GROWTH < TARGET_BYTES_MAX);
// A packet keeps the length of an object in 16 bits, with its name.
const _: () = assert!(OBJECT_BYTES_MAX * JSON_GROWTH + 16 <= u16::MAX as usize);
// A queue counts presences in 32 bits.
const _: () = assert!(PRESENCES_PER_LINK >= 1);
const _: () = assert!(GROUP_PRESENCES_PER_LINK < PRESENCES_PER_LINK);
const _: () = assert!(PRESENCES_PER_LINK * Limits::MAX.roster_links < u32::MAX as usize);
const _: () = assert!(PACKET_SHARERS_MAX >= 1);

// A poll that waits for its turn, and a page that was asked to wait, come before their session ends.
const _: () = assert!(REPLACE_MS_MIN < Timeouts::DEFAULT.session_cut_ms);
const _: () = assert!(REPEAT_MS_MIN < Timeouts::DEFAULT.session_cut_ms);
const _: () = assert!(REPEAT_MS_MIN < Timeouts::DEFAULT.poll_hold_ms_min);
const _: () = assert!(RETRY_MS_MIN < RETRY_MS_MAX);
const _: () = assert!(RETRY_MS_MAX < Timeouts::DEFAULT.session_idle_ms);
// Work below `storm_ms` makes no page wait, and a wait is longer than that.
const _: () = assert!(Timeouts::DEFAULT.storm_ms < RETRY_MS_MIN);

const _: () = assert!(STEP_NS_MIN <= STEP_NS_FIRST && STEP_NS_FIRST <= STEP_NS_MAX);
// The times of all steps that are remembered can be summed up.
const _: () = assert!(STEP_NS_MAX < u64::MAX / STEPS_REMEMBERED);
const _: () = assert!(BEHIND_TURNS >= 1);

// One call, however long its list, can be paid off.
const _: () = assert!(Limits::MAX.buddies_per_call <= WORK_OWED_MAX);
const _: () = assert!(Limits::MAX.rooms_per_call <= WORK_OWED_MAX);
const _: () = assert!(MEMBERS_LISTED_MAX <= WORK_PER_TURN);
const _: () = assert!(WORK_PER_TURN <= WORK_OWED_MAX);
const _: () = assert!(RECEIVERS_PER_TURN >= 1 && RECEIVERS_PER_TURN <= WORK_PER_TURN);
const _: () = assert!(CROWDS_WAITING_MAX >= 1 && BROADCASTS_UNDER_WAY_MAX >= 1);

// An idle page is heard twice before its session ends, if it acknowledges every other event of its stream.
const _: () = assert!(2 * Timeouts::DEFAULT.poll_hold_ms_max < Timeouts::DEFAULT.session_idle_ms);
// A drain has several steps, and one step is within a share of the work.
const _: () = assert!(2 * DRAIN_STEP_MS <= Timeouts::DEFAULT.drain_ms / 3);
const _: () = assert!(DRAIN_POLLS <= WORK_PER_TURN);
