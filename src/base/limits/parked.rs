//! What a parked user costs: a page that is open, with its poll held.
//!
//! Owns: the budget of bytes and its parts. Must not: import a type. Each type that is a part is compared with its
//! number where it is defined, by the compiler; `tests/memory.rs` counts what a running server takes.

/// Most memory of a parked user with nine buddies and one room, in bytes, without what the kernel keeps.
pub const PARKED_USER_BYTES_MAX: usize = 700;

/// Buddies of that user; each is a link.
const LINKS: usize = 9;
/// Alarms that are set for that user: one of the session, one of the connection.
const ALARMS: usize = 2;

/// A user in the table of users.
pub(crate) const USER_BYTES_MAX: usize = 112;
/// A session in the table of sessions, with an empty queue.
pub(crate) const SESSION_BYTES_MAX: usize = 104;
/// A connection in the table of connections. It holds no buffer while its poll is parked.
pub(crate) const CONN_BYTES_MAX: usize = 112;
/// A link or a room in a set of keys.
pub(crate) const KEY_BYTES_MAX: usize = 10;
/// A member in the table of a room.
pub(crate) const MEMBER_BYTES_MAX: usize = 16;
/// An alarm in the wheel.
pub(crate) const ALARM_BYTES_MAX: usize = 20;
/// A slot in the table of names, or in the list of a domain's users.
pub(crate) const SLOT_BYTES_MAX: usize = 8;
/// Name, nick and status of a user in one block, if they are short, with its counts.
const PROFILE_BYTES: usize = 64;

/// All parts together.
const PARTS_BYTES: usize = USER_BYTES_MAX
    + SESSION_BYTES_MAX
    + CONN_BYTES_MAX
    + LINKS * KEY_BYTES_MAX
    + MEMBER_BYTES_MAX
    + ALARMS * ALARM_BYTES_MAX
    + 2 * SLOT_BYTES_MAX
    + PROFILE_BYTES;

// A tenth is left for what tables have in reserve.
const _: () = assert!(PARTS_BYTES <= PARKED_USER_BYTES_MAX / 10 * 9);
