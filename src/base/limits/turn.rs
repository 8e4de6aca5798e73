//! What bounds a turn of a shard: its phases, its connections, its mailbox and its time.
//!
//! Owns: numbers of the process and its shards. Must not: bound one call ([`chat`](super::chat)).

use super::admission::UNREAD_BODY_BYTES_MIN;
use super::settings::{LISTENERS_MAX, Limits, SHARDS_MAX, Timeouts};
use super::wire::{HEAD_BYTES_MAX, V5_SOCKET_TEXT_BYTES_MAX};

/// How much of a socket is read in one call, in bytes. A read that fills less has drained the socket.
pub(crate) const READ_BYTES: usize = 64 * 1_024;
/// How much of a WebSocket is read in one turn, in bytes.
pub(crate) const SOCKET_READ_BYTES: usize = 4 * 1_024;
/// Most sockets reported by one poll call.
pub(crate) const EVENTS_PER_TURN: usize = 1_024;
/// Most connections accepted from one listener in one turn, so that a crowd of newcomers does not starve the others.
pub(crate) const ACCEPTS_PER_TURN: usize = 128;
/// A listener's bursts must be full this many times, at most, before a larger one is tried. At a steady pace one accept
/// in this many is in vain; after a quiet time a crowd waits twice this many turns for the largest bursts.
pub(crate) const BURST_PATIENCE_MAX: u32 = 32;
/// Most batches of mail taken in one turn.
pub(crate) const BATCHES_PER_TURN: usize = 1_024;
/// Most calls of one domain that were put off and go on in one turn.
pub(crate) const POSTPONED_PER_TURN: usize = 256;
/// Most timers fired in one turn.
pub(crate) const TIMERS_PER_TURN: usize = 4_096;
/// Most pipelined requests of one connection served in one turn.
pub(crate) const REQUESTS_PER_TURN: usize = 32;

/// A shard that got no descriptor for a newcomer waits this long before it tries again, in milliseconds.
pub(crate) const ACCEPT_REST_MS: u64 = 100;
/// Connections that the kernel keeps until they are accepted. It cuts this to `net.core.somaxconn`.
pub(crate) const BACKLOG: i32 = 65_535;
/// A peer that was refused may still send for this long, in milliseconds, so that it reads why before its connection
/// is reset.
pub(crate) const FAREWELL_MS: u64 = 2_000;
/// The client of a socket of version 5 shows its ticket within this, in milliseconds.
pub(crate) const SUBSCRIBE_MS: u64 = 10_000;
/// A draining shard keeps an idle connection for this long, in milliseconds: a request may be on its way.
pub(crate) const DRAIN_GRACE_MS: u64 = 250;
/// Descriptors that a shard leaves unused for listeners, epoll, wakers, logs and what the process had open before.
pub(crate) const DESCRIPTOR_RESERVE: usize = 128;
/// Connections that the default number of shards is chosen for.
pub(crate) const CONNECTIONS_WANTED: usize = 100_000;

/// Answers in a row to polls of one session, after which a connection moves to the shard of that session with the next
/// poll: with few shards, and with many.
pub(crate) const FOLLOW_ANSWERS_FEW: u8 = 2;
pub(crate) const FOLLOW_ANSWERS_MANY: u8 = 1;
/// Shards that are many, for the above.
pub(crate) const FOLLOW_MANY_SHARDS: u16 = 4;
/// Each move of a connection doubles the answers that the next one needs, this many times at most.
pub(crate) const FOLLOW_DOUBLINGS_MAX: u8 = 6;
/// Most bytes that were read and not served of a connection that moves. Longer pipelines stay.
pub(crate) const MOVED_BYTES_MAX: usize = 4 * 1_024;
/// Connections for which a shard has room and of which others give it none: it may accept so many before it shows that
/// it has less room.
pub(crate) const MOVE_ROOM_RESERVE: u64 = 256;
/// The buffer of the socket by which a shard is given descriptors, in bytes. It holds between 16 and 256 of them; more
/// connections stay where they are.
pub(crate) const PASSING_BUFFER_BYTES: usize = 64 * 1_024;

/// Batches of mail that fit into one shard's mailbox. More wait in the sender's outbox.
pub(crate) const MAILBOX_BATCHES: usize = 1_024;
/// A shard whose outboxes hold more mail than this reads no new requests.
pub(crate) const OUTBOX_MARK: usize = 64 * 1_024;
/// A shard whose mail does not fit into a mailbox waits this long before it tries again, in milliseconds.
pub(crate) const MAIL_RETRY_MS: u64 = 1;
/// The server waits this long for a place in a shard's mailbox, in milliseconds. Shards do not wait.
pub(crate) const MAILBOX_WAIT_MS: u64 = 1_000;
/// A call waits this long for shards that do not answer at all, beyond `gather_ms`, in milliseconds. That is noticed
/// within as much again.
pub(crate) const CALL_MS_MAX: u64 = 10_000;
/// What a call asks for is not done later than this after it was read, in milliseconds: its caller must not be told that
/// it came too late when it was done all the same. What is left of the time is for the answer's way back.
pub(crate) const CARRY_OUT_MS_MAX: u64 = CALL_MS_MAX * 3 / 4;

/// Alarms are set this far ahead at most, in milliseconds; later deadlines take several. No alarm is cancelled, so
/// the alarm of something that is gone takes memory for this long. A longer alarm, set when a poll was answered,
/// would only be overtaken by the alarm of the next poll.
pub(crate) const ALARM_MS_MAX: u64 = 25_000;
/// A turn that starts later than this, in milliseconds, shows a stop of the process and not load.
pub(crate) const STOP_MS_MIN: u64 = 1_000;
/// Longest sleep of a shard, in milliseconds, so that a shard that stands still is noticed soon.
pub(crate) const SLEEP_MS_MAX: u64 = 5_000;

// A head is read in one call, and a body that is not waited for is not longer than that.
const _: () = assert!(HEAD_BYTES_MAX < READ_BYTES);
const _: () = assert!(UNREAD_BODY_BYTES_MIN <= READ_BYTES);
// Every frame that is taken, with what stands before its text, is read in one call.
const _: () = assert!(V5_SOCKET_TEXT_BYTES_MAX + 14 <= SOCKET_READ_BYTES && SOCKET_READ_BYTES <= READ_BYTES);
// A full mailbox is emptied in one turn.
const _: () = assert!(MAILBOX_BATCHES <= BATCHES_PER_TURN);
// Answers are counted in a byte.
const _: () = assert!(FOLLOW_ANSWERS_MANY <= FOLLOW_ANSWERS_FEW);
const _: () = assert!(FOLLOW_ANSWERS_FEW as usize * (1 << FOLLOW_DOUBLINGS_MAX) < u8::MAX as usize);
// A poll fits with its head as browsers send it.
const _: () = assert!(MOVED_BYTES_MAX <= HEAD_BYTES_MAX);
const _: () = assert!(ACCEPTS_PER_TURN as u64 <= MOVE_ROOM_RESERVE);
// As many timers fire as events can set.
const _: () = assert!(EVENTS_PER_TURN <= TIMERS_PER_TURN);
// Newcomers are fewer than the connections that a turn serves, and the kernel keeps more than one turn's.
const _: () = assert!(ACCEPTS_PER_TURN < EVENTS_PER_TURN);
const _: () = assert!(ACCEPTS_PER_TURN < BACKLOG.unsigned_abs() as usize);
const _: () = assert!(REQUESTS_PER_TURN >= 1 && POSTPONED_PER_TURN >= 1);
// Each listener has a descriptor on each shard.
const _: () = assert!(LISTENERS_MAX < DESCRIPTOR_RESERVE);
// One address can take a tenth of what a server is planned for.
const _: () = assert!(10 * Limits::DEFAULT.connections_per_address <= CONNECTIONS_WANTED);
const _: () = assert!(CONNECTIONS_WANTED <= SHARDS_MAX * Limits::MAX.connections_per_shard);
// A call is carried out before its caller is answered, and waits longer than a gather.
const _: () = assert!(CARRY_OUT_MS_MAX < CALL_MS_MAX);
const _: () = assert!(Timeouts::DEFAULT.gather_ms < CARRY_OUT_MS_MAX);
// A drain outlasts the last moments of a connection, and the wait for a mailbox.
const _: () = assert!(DRAIN_GRACE_MS < Timeouts::DEFAULT.drain_ms);
const _: () = assert!(FAREWELL_MS < Timeouts::DEFAULT.drain_ms);
const _: () = assert!(MAILBOX_WAIT_MS < Timeouts::DEFAULT.drain_ms);
const _: () = assert!(MAIL_RETRY_MS < MAILBOX_WAIT_MS);
// The alarm of a poll rings when the poll is answered, or before.
const _: () = assert!(ALARM_MS_MAX <= Timeouts::DEFAULT.poll_hold_ms_min);
const _: () = assert!(ACCEPT_REST_MS < SLEEP_MS_MAX);
