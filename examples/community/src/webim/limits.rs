//! The limits of the plugin, each with its unit and its reason.
//!
//! Owns: the numbers. Must not: import any module.

use std::time::Duration;

/// A message's body, in bytes; the message server takes no more.
pub const MESSAGE_BYTES_MAX: usize = 32_768;
/// A message's style, in bytes, before it is checked.
pub const STYLE_BYTES_MAX: usize = 1_024;
/// A word of presence or of typing, in bytes; the message server takes no more.
pub const SHOW_BYTES_MAX: usize = 32;
/// The line of text beside a user's presence, in bytes.
pub const STATUS_BYTES_MAX: usize = 1_024;
/// The page's own id of a message, in bytes.
pub const CID_BYTES_MAX: usize = 128;
/// The JSON object that comes with a message, in bytes; the message server takes no more.
pub const META_BYTES_MAX: usize = 4_096;
/// Objects and arrays within each other in it; the message server takes no more.
pub const META_DEPTH_MAX: usize = 16;
/// All settings of a user as JSON, in bytes.
pub const SETTINGS_BYTES_MAX: usize = 16_384;
/// Ids in one parameter; the rest is ignored.
pub const IDS_MAX: usize = 500;
/// Rooms described in one answer: each costs a call of the message server.
pub const ROOMS_MAX: usize = 50;
/// Undelivered messages in one answer.
pub const UNDELIVERED_MAX: usize = 50;
/// Messages after the last one a page has seen, in one answer.
pub const CATCH_UP_MAX: usize = 500;
/// Messages before the last one a page has seen that are sent again: pushes may overtake one another.
pub const CATCH_UP_OVERLAP: usize = 20;
/// Messages in one answer of the history.
pub const HISTORY_MAX: usize = 30;
/// Histories in one answer; a page has fewer chats open.
pub const HISTORIES_MAX: usize = 20;
/// Messages in a history that is downloaded.
pub const DOWNLOAD_MAX: usize = 1_000;

/// A user may send this many messages at once …
pub const SENDS_AT_ONCE: u32 = 20;
/// … and as many again in this time.
pub const SENDS_REFILL: Duration = Duration::from_secs(10);
/// A message counts once more for each piece of this many bytes of it as JSON: the queue of a page at the message server
/// has a limit of bytes, too, and no single user may fill it.
pub const SEND_BYTES: usize = 8_192;
/// A user may change the same thing (presence, a room, a block, settings) or go online this many times at once …
pub const ACTS_AT_ONCE: u32 = 30;
/// … and as many again in this time.
pub const ACTS_REFILL: Duration = Duration::from_secs(30);
/// How long a client waits after a refusal for want of time or room, in seconds, before it tries again.
pub const RETRY_AFTER_S: &str = "5";

/// A session at the message server lasts as long as the log-in, in seconds, but at least this long; the message server
/// takes no shorter time …
pub const EXPIRES_S_MIN: i64 = 60;
/// … and at most this long. A page then goes online again, and shows what the site has changed meanwhile.
pub const EXPIRES_S_MAX: i64 = 3_600;

/// A chat password, in characters of five random bits each.
pub const CHAT_PASSWORD_CHARS: usize = 24;
/// What a user calls the device of a chat password, in characters.
pub const CHAT_PASSWORD_NAME_CHARS_MAX: usize = 40;
/// Chat passwords of a user.
pub const CHAT_PASSWORDS_MAX: usize = 20;
/// This many failed log-ins of clients from one address …
pub const CHAT_FAILURES_ADDRESS: u32 = 30;
/// … this many as one user …
pub const CHAT_FAILURES_USER: u32 = 20;
/// … this many in all …
pub const CHAT_FAILURES_ALL: u32 = 300;
/// … and as many again in this time.
pub const CHAT_FAILURES_REFILL: Duration = Duration::from_mins(5);
/// Messages in one call of `missed`; the gateway keeps the ids of as many.
pub const MISSED_MAX: usize = 1_000;

/// Log-outs that are kept while the message server cannot be reached.
pub const ENDINGS_MAX: usize = 1_024;
/// How long a call of the message server may take.
pub const IM_CALL: Duration = Duration::from_secs(3);
/// How long connecting to it may take.
pub const IM_CONNECT: Duration = Duration::from_secs(1);
/// An answer of the message server, in bytes.
pub const IM_ANSWER_BYTES_MAX: u64 = 4 * 1_048_576;
/// Connections to the message server that are kept open.
pub const IM_CONNECTIONS_KEPT: usize = 64;
