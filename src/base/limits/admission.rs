//! What bounds newcomers and crowds: rates, shares of the memory, and waits after a refusal.
//!
//! Owns: bursts, shares and waits. Must not: bound one request ([`wire`](super::wire)).

use super::settings::{Limits, Timeouts};

/// Connections that come within this time may be accepted at once, within the rate, in milliseconds.
pub(crate) const ACCEPT_BURST_MS: u64 = 100;
/// Requests that come within this time may come at once, within the rate of their address, in milliseconds. People
/// behind one address get the same message at the same time, and then their pages poll at the same time.
pub(crate) const ADDRESS_BURST_MS: u64 = 10_000;
/// Cells in each row of the table in which addresses are counted: one for each number of 16 bits.
pub(crate) const ADDRESS_CELLS: usize = 1 << 16;
/// Rows of that table.
pub(crate) const ADDRESS_ROWS: usize = 2;

/// A full shard takes in more again below this share of its limit of connections, or of the memory for strangers, in
/// percent.
pub(crate) const RESUME_PERCENT: usize = 90;
/// Most memory of a shard that strangers hold, in percent. The rest is for users and sites.
pub(crate) const MEMORY_STRANGERS_PERCENT: usize = 25;
/// A domain that may take in nothing more may still hold this many bytes for each byte that is free, for what is
/// under way: calls that were put off, and their answers. So they do not use up what is free.
pub(crate) const UNDER_WAY_PER_FREE_BYTE: usize = 3;
/// The bytes of a request that takes longer than this to arrive, in milliseconds, count against its address.
pub(crate) const LATE_MS: u64 = 1_000;
/// Most bytes of late requests of one address on one shard. A single request may always arrive.
pub const LATE_BYTES_PER_ADDRESS_MAX: usize = 1_024 * 1_024;
/// If the head of a request shows that it will be refused, the server does not wait for a body longer than this, in
/// bytes.
pub const UNREAD_BODY_BYTES_MIN: usize = 16 * 1_024;

/// When to try again, in seconds, after a late shard or a poll or call too many. All these waits are once to twice as
/// long, by chance, so that clients that were refused together do not come back together.
pub const RETRY_SOON_S: u32 = 1;
/// When to try again, in seconds, if a receiver may read, another server may start, memory may be free, or an address
/// may have asked less by then.
pub const RETRY_LATER_S: u32 = 5;
/// When to try again, in seconds, if a newcomer may find room for a connection by then.
pub const RETRY_CROWDED_S: u32 = 10;
/// When to try again, in seconds, if a user may have gone or left a room by then.
pub const RETRY_MUCH_LATER_S: u32 = 60;

// The table has a cell for each number of 16 bits, and all of it takes little: a count and a time in each cell.
const _: () = assert!(ADDRESS_CELLS == u16::MAX as usize + 1);
const _: () =
    assert!(ADDRESS_ROWS * ADDRESS_CELLS * (size_of::<u32>() + size_of::<u64>()) <= 2 * 1_024 * 1_024);
const _: () = assert!(ADDRESS_ROWS * size_of::<u16>() <= size_of::<u64>());

// A full shard does not take in newcomers and refuse them in turn.
const _: () = assert!(RESUME_PERCENT < 100);
// Most of the memory is for users and sites.
const _: () = assert!(MEMORY_STRANGERS_PERCENT <= 50);
const _: () = assert!(UNDER_WAY_PER_FREE_BYTE >= 1);
// A request is late before its time is over; a late address may send the longest request that the defaults allow.
const _: () = assert!(LATE_MS < Timeouts::DEFAULT.head_ms);
const _: () = assert!(LATE_MS < Timeouts::DEFAULT.body_ms);
const _: () = assert!(Limits::DEFAULT.list_body_bytes <= LATE_BYTES_PER_ADDRESS_MAX);
const _: () = assert!(UNREAD_BODY_BYTES_MIN < Limits::DEFAULT.body_bytes);
// Bursts are longer than the pace of the defaults.
const _: () = assert!(Limits::DEFAULT.accepts_per_second as u64 * ACCEPT_BURST_MS >= 1_000);
const _: () = assert!(Limits::DEFAULT.requests_per_second_per_address as u64 * ADDRESS_BURST_MS >= 1_000);

// Waits grow with what has to happen first.
const _: () = assert!(RETRY_SOON_S >= 1);
const _: () = assert!(RETRY_SOON_S < RETRY_LATER_S);
const _: () = assert!(RETRY_LATER_S < RETRY_CROWDED_S);
const _: () = assert!(RETRY_CROWDED_S < RETRY_MUCH_LATER_S);
