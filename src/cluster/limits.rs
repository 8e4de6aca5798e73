//! The numbers of the cluster.
//!
//! Owns: the limits that no setting changes, and the defaults of those that have one. Must not: import a part.

use crate::router::moving::MOVED_MS;

/// How often each node says that it is there, in milliseconds.
pub(crate) const HEARTBEAT_MS: u64 = 500;
/// A node that was not heard for this long is not asked anything new, in milliseconds.
pub(crate) const SUSPECT_MS: u64 = 2_000;
/// How long a newcomer listens whether another process has its name, in milliseconds.
pub(crate) const LISTEN_MS: u64 = 1_200;
/// Another process of a node's name is there if it is heard again after this long, in milliseconds.
pub(crate) const RIVAL_MS: u64 = 450;
/// A node that is gone is still shown for this long, in milliseconds.
pub(crate) const ABSENT_MS: u64 = 3_600_000;
/// A node that has not heard itself for this long is cut off, in milliseconds.
pub(crate) const FENCE_MS: u64 = 3_000;
/// A link that had nothing to say for this long says what it has received, in milliseconds.
pub(crate) const IDLE_MS: u64 = 500;
/// A greeting that was not answered is repeated after this long, in milliseconds.
pub(crate) const GREET_MS: u64 = 300;
/// A link by which nothing came for this long begins again, in milliseconds.
pub(crate) const SILENT_MS: u64 = 3_000;
/// An image that nobody needs stays this long, in milliseconds: longer than mail of a shard takes.
pub(crate) const IMAGE_IDLE_MS: u64 = 10_000;
/// Missed frames are asked for again after this long, in milliseconds.
pub(crate) const MISSED_MS: u64 = 100;
/// A frame leaves when its records have this many bytes, or at the end of a turn.
pub(crate) const FRAME_BYTES: usize = 64 * 1_024;
/// The longest frame. Brokers refuse messages of more than 1 MiB unless they are told otherwise.
pub(crate) const FRAME_BYTES_MAX: usize = 1_020 * 1_024;
/// While this much waits for a node to receive it, messages to it count 0 and typing states are dropped.
pub(crate) const LINK_BYTES: usize = 8 * 1_024 * 1_024;
/// If this much waits, the link breaks.
pub(crate) const LINK_BYTES_MAX: usize = 64 * 1_024 * 1_024;
/// Bytes that are repeated at once after frames were missed.
pub(crate) const REPEAT_BYTES: usize = 1_024 * 1_024;
/// How often a call may be passed on.
pub(crate) const HOPS_MAX: u8 = 2;
/// Added to the hops of a call that is for another node than the owner, because its user may be there.
pub(crate) const ONWARD: u8 = 128;
/// How long the users of names that have another owner may still be where they were, in milliseconds: nodes hear of it at
/// different times, and the last of them is on its way. A node that goes down waits for its users no longer.
pub(crate) const MOVING_MS: u64 = MOVED_MS + 4_000;
/// Most names of a user that are kept while their node cannot be asked.
pub(crate) const NAMES_PER_USER_MAX: usize = 1_000;
/// Users who are missed from within this time on are looked for together, in milliseconds.
pub(crate) const MISSED_TOGETHER_MS: u64 = 1_000;
/// How many names users have lost go into one piece of mail.
pub(crate) const LOST_PER_MAIL: usize = 256;
