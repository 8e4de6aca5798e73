//! The limits of the gateway, each with its unit and its reason.
//!
//! Owns: the numbers. Must not: import any module.

use std::time::Duration;

/// Bytes of one stanza as the XMPP server sends it; escaped characters make it longer than its client's.
pub const STANZA_BYTES_MAX: usize = 256 * 1_024;
/// Bytes of one stanza at which the connection is closed: no XMPP server passes on anything like it.
pub const STANZA_BYTES_FATAL: usize = 8 * 1_024 * 1_024;
/// Elements of a stanza within one another, with the stream around it; what lies deeper is left out. Stanzas have about ten.
pub const ELEMENTS_DEEP_MAX: usize = 64;
/// The body of a message, in bytes; the site takes no more.
pub const BODY_BYTES_MAX: usize = 32_768;
/// Bytes of stanzas that wait for the XMPP server; above it, typing states and then presences are dropped, and polls stop.
pub const OUT_BYTES_MAX: usize = 16 * 1_024 * 1_024;
/// Bytes that a stanza takes beside its texts, for the sum above.
pub const STANZA_BYTES: usize = 512;
/// Messages that a member may send at once, and regain in the time below.
pub const MESSAGES_AT_ONCE: u64 = 20;
/// Milliseconds in which these messages are regained.
pub const MESSAGES_REFILL_MS: u64 = 10_000;
/// Rooms that a member is in at once.
pub const ROOMS_MAX: usize = 10;
/// Stanzas to rooms of one member that wait for the presence of their client, which comes by another connection …
pub const EARLY_OF_MEMBER_MAX: usize = 64;
/// … those of all members …
pub const EARLY_MAX: usize = 1_000;
/// … for this time.
pub const EARLY_MS: u64 = 5_000;
/// Bytes by which a full outbox must grow before it is searched again for what can be dropped: each search walks all of it.
pub const OUT_BYTES_AGAIN: usize = OUT_BYTES_MAX / 16;
/// Calls of the site that wait for a member; each client may send many stanzas at once.
pub const JOBS_MAX: usize = 64;
/// Ids of messages that a member keeps, to know an error that comes back for one.
pub const SENT_IDS_MAX: usize = 1_000;
/// The id of a stanza that becomes the id of a message at the site, in bytes; the site takes 128.
pub const CID_BYTES_MAX: usize = 96;
/// The XMPP server answers a ping within this time, or its connection is dead.
pub const PONG_MS: u64 = 5_000;
/// A silent connection is pinged after this time.
pub const SILENCE: Duration = Duration::from_secs(30);
/// A change of presence is passed on at most once in this time.
pub const PRESENCE_MS: u64 = 1_000;
/// The members of a joined room are asked for again after this time: going offline is silent.
pub const MEMBERS_MS: u64 = 60_000;
/// The first pause after a failure, in milliseconds …
pub const RETRY_MS_MIN: u64 = 1_000;
/// … which doubles up to this one.
pub const RETRY_MS_MAX: u64 = 30_000;
/// The pause of a gateway that waits for another one's place.
pub const STANDBY: Duration = Duration::from_secs(2);
/// A call of the site.
pub const SITE_CALL: Duration = Duration::from_secs(3);
/// A poll; the message server holds it for 28 s at most.
pub const POLL: Duration = Duration::from_secs(40);
/// An answer of the site or the message server, in bytes.
pub const ANSWER_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// Inputs that are taken in one turn, before the XMPP server is pinged for them.
pub const INPUTS_A_TURN: usize = 256;
/// Inputs that wait for the core.
pub const INPUTS_WAITING_MAX: usize = 4_096;
/// How long the gateway waits at its end for calls that have begun.
pub const DRAIN: Duration = Duration::from_secs(5);

const _: () = assert!(BODY_BYTES_MAX < STANZA_BYTES_MAX && STANZA_BYTES_MAX < STANZA_BYTES_FATAL);
