//! The limits of the site, each with its unit and its reason. Those of the plugin are in `webim/limits.rs`.
//!
//! Owns: the numbers. Must not: import any module.

use std::time::Duration;

/// A request's body, in bytes: a message, every byte of which may be escaped to three, and some parameters.
pub const BODY_BYTES_MAX: usize = 131_072;
/// The body of a request of the message server, in bytes: a list of all messages of a user.
pub const CALL_BODY_BYTES_MAX: usize = 1_048_576;
/// A body that is too long is read up to here, in bytes, so that its sender gets to read the refusal.
pub const BODY_DRAINED_MAX: usize = 4 * 1_048_576;
/// A request's body must have arrived within this time.
pub const BODY_WAIT: Duration = Duration::from_secs(30);

/// A user's id, in characters, at least.
pub const USER_ID_CHARS_MIN: usize = 2;
/// A display name, in characters; with four bytes each, the message server still takes it.
pub const NICK_CHARS_MAX: usize = 64;
/// The text that users write about themselves, in characters.
pub const BIO_CHARS_MAX: usize = 1_000;
/// A new password, in characters, at least.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// The name of a contact group, in characters.
pub const FRIEND_GROUP_CHARS_MAX: usize = 32;
/// The name of a group, in characters.
pub const GROUP_NAME_CHARS_MAX: usize = 64;
/// The description of a group, in characters.
pub const GROUP_ABOUT_CHARS_MAX: usize = 1_000;
/// The title of a thread, in characters.
pub const TITLE_CHARS_MAX: usize = 120;
/// A post, in characters; with four bytes each, all escaped, it fits into a request's body.
pub const POST_CHARS_MAX: usize = 10_000;
/// How much of a post is pushed to subscribers, in characters.
pub const PUSHED_CHARS: usize = 120;
/// A broadcast or a notice to all, in characters.
pub const NOTICE_CHARS_MAX: usize = 500;
/// Members on a page of their list.
pub const MEMBERS_SHOWN: i64 = 24;
/// Threads on a page of the forum.
pub const THREADS_SHOWN: i64 = 20;
/// Posts on a page of a thread.
pub const POSTS_SHOWN: i64 = 20;
/// Posts on a member's page.
pub const POSTS_LATEST: i64 = 5;
/// Threads on the front page.
pub const FRONT_THREADS: i64 = 6;
/// Groups on the front page.
pub const FRONT_GROUPS: usize = 4;
/// Members on the front page.
pub const FRONT_MEMBERS: i64 = 5;
/// Members on the page for old front ends.
pub const OLD_MEMBERS: i64 = 12;
/// A file of an old front end, in bytes.
pub const OLD_FILE_BYTES_MAX: u64 = 4 * 1_048_576;
/// Notifications in one answer.
pub const NOTIFICATIONS_MAX: usize = 50;

/// This many failed attempts to log in as one user from one address …
pub const LOG_INS_AT_ONCE: u32 = 10;
/// … this many from one address as any user: a common password is tried with many names …
pub const LOG_INS_ADDRESS: u32 = 30;
/// … this many as one user from any address …
pub const LOG_INS_NAME: u32 = 50;
/// … this many in all …
pub const LOG_INS_ALL: u32 = 300;
/// … and as many again in this time.
pub const LOG_INS_REFILL: Duration = Duration::from_mins(5);
/// New accounts from one address …
pub const SIGN_UPS_ADDRESS: u32 = 10;
/// … in all …
pub const SIGN_UPS_ALL: u32 = 100;
/// … and as many again in this time.
pub const SIGN_UPS_REFILL: Duration = Duration::from_mins(5);
/// Passwords hashed at once: each takes a core and 19 MiB for its time.
pub const HASHES_AT_ONCE: usize = 2;
/// Passwords that wait to be hashed: each occupies a handler, and the pages need most of the handlers.
pub const HASHES_WAITING_MAX: usize = 16;

/// How long a log-in lasts.
pub const SESSION_MS: i64 = 30 * 24 * 3_600_000;
/// How long a ticket is kept after it was last used.
pub const TICKET_MS: i64 = 30 * 24 * 3_600_000;
/// Tickets kept of one log-in; the message server lets a user have half as many sessions.
pub const TICKETS_MAX: usize = 64;

/// How long a statement waits for the lock of the database.
pub const DATABASE_BUSY: Duration = Duration::from_secs(2);
/// How long a connection waits before it is set up once more, while another one changes the file.
pub const SET_UP_AGAIN: Duration = Duration::from_millis(5);
/// Connections for reading that are kept open.
pub const READERS_KEPT: usize = 8;
/// Handlers that run at once.
pub const HANDLERS_MAX: usize = 64;
/// How long the site waits at its end for requests that are being served.
pub const DRAIN: Duration = Duration::from_secs(5);
