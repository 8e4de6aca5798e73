//! Admission: the numbers and rates of users, calls and addresses.
//!
//! Owns: the counts that all shards share: [`Gauge`], the users of a domain; [`Meter`], its calls; [`Addresses`], the
//! connections and requests of each address; [`Budget`], the bytes that may wait to be posted to a site. Must not:
//! share anything else; this is one of the few modules with atomics. A gauge changes when a user comes or goes, a
//! meter when a domain with a limit calls, the addresses when a connection comes or goes or a browser asks, and a
//! budget when a lingering user is sent something. All of it is relaxed: a count guards nothing but itself.
//!
//! **Rates** are kept by the generic cell rate algorithm: one number, the moment at which everything that was
//! admitted would have been due at the regular pace. As long as it is not too far ahead of now, the next request is
//! admitted.
//!
//! **Addresses** are counted in a count-min sketch: two rows of [`ADDRESS_CELLS`] cells, in each of which an address
//! has a cell, chosen by a hash that is keyed per process. An address is at its limit if both its cells are. All
//! addresses of a cell are counted in it, so a count may be too high but never too low: an address over the limit is
//! refused. There is one exception. If several shards count one address at the same moment, at its limit, each may
//! find another row below it; then the address gets one more for each shard but the first. An address below its limit
//! is refused only if both its cells are full of other addresses. If `k` addresses are at their limits, that happens
//! to one address in `(65,536 / k)²`: with a hundred of them, to one in 430,000. A million connections cannot bring
//! more than a hundred addresses to the default limit. And no client can choose the cells of another. The table never
//! grows.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};

use ahash::RandomState;

use crate::base::limits::Limits;
use crate::base::limits::admission::{ADDRESS_BURST_MS, ADDRESS_CELLS, ADDRESS_ROWS};

/// The users of one domain, or its sessions, on all shards.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU32);

impl Gauge {
    /// Counts one user more, unless there are `max` already.
    pub(crate) fn admit(&self, max: u32) -> bool {
        let more = |count: u32| (count < max).then_some(count + 1);
        self.0.fetch_update(Relaxed, Relaxed, more).is_ok()
    }

    /// Counts one user less.
    pub(crate) fn release(&self) {
        let before = self.0.fetch_sub(1, Relaxed);
        debug_assert!(before > 0, "more users left than came");
    }

    /// The users now.
    pub(crate) fn count(&self) -> u32 {
        self.0.load(Relaxed)
    }
}

/// A rate with a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// From one admission to the next.
    interval_ns: u64,
    /// How far ahead of now the next admission may be due.
    ahead_ns: u64,
}

impl Pace {
    /// This many a second, of which each of `sharers` has an equal part. What comes to `burst_ms`, and at least one,
    /// may come at once. `None` if `per_second` is 0: no limit.
    pub(crate) fn new(per_second: usize, sharers: usize, burst_ms: u64) -> Option<Pace> {
        let interval_ns = (sharers as u64 * 1_000_000_000).checked_div(per_second as u64)?.max(1);
        Some(Pace { interval_ns, ahead_ns: (burst_ms * 1_000_000).saturating_sub(interval_ns) })
    }

    /// When the next one is due, if one is admitted at `now_ms`.
    pub(crate) fn admit(self, due_ns: u64, now_ms: u64) -> Option<u64> {
        let start_ns = now_ms * 1_000_000;
        (due_ns <= start_ns + self.ahead_ns).then(|| due_ns.max(start_ns) + self.interval_ns)
    }

    /// When the next one will be admitted, in milliseconds.
    pub(crate) fn open_ms(self, due_ns: u64) -> u64 {
        due_ns.saturating_sub(self.ahead_ns).div_ceil(1_000_000)
    }
}

/// The calls of one domain, on all shards.
#[derive(Debug, Default)]
pub(crate) struct Meter(AtomicU64);

impl Meter {
    /// Counts one call more, unless calls come faster than `pace`.
    pub(crate) fn admit(&self, pace: Pace, now_ms: u64) -> bool {
        self.0.fetch_update(Relaxed, Relaxed, |due_ns| pace.admit(due_ns, now_ms)).is_ok()
    }
}

/// The cells of an address, one in each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cells([u16; ADDRESS_ROWS]);

/// The connections and requests of all addresses, on all shards.
#[derive(Debug)]
pub(crate) struct Addresses {
    hasher: RandomState,
    /// Most connections of one address.
    connections_max: Option<u32>,
    /// The rate of requests of one address.
    pace: Option<Pace>,
    connections: [Box<[AtomicU32]>; ADDRESS_ROWS],
    due_ns: [Box<[AtomicU64]>; ADDRESS_ROWS],
}

impl Addresses {
    /// An empty table. The `seeds` must be secret.
    pub(crate) fn new(limits: &Limits, seeds: [u64; 4]) -> Addresses {
        let [a, b, c, d] = seeds;
        let connections_max = u32::try_from(limits.connections_per_address).ok().filter(|max| *max > 0);
        Addresses {
            hasher: RandomState::with_seeds(a, b, c, d),
            connections_max,
            pace: Pace::new(limits.requests_per_second_per_address, 1, ADDRESS_BURST_MS),
            connections: std::array::from_fn(|_| (0..ADDRESS_CELLS).map(|_| AtomicU32::new(0)).collect()),
            due_ns: std::array::from_fn(|_| (0..ADDRESS_CELLS).map(|_| AtomicU64::new(0)).collect()),
        }
    }

    /// The cells of an address. Of an IPv6 address, the first half counts: the second half belongs to its network.
    pub(crate) fn cells(&self, address: IpAddr) -> Cells {
        let bits = match address.to_canonical() {
            IpAddr::V4(address) => (false, u64::from(address.to_bits())),
            IpAddr::V6(address) => (true, u64::try_from(address.to_bits() >> 64).expect("64 bits are left")),
        };
        let hash = self.hasher.hash_one(bits);
        let [a, b, c, d, ..] = hash.to_le_bytes();
        Cells([u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])])
    }

    /// Counts one connection more, unless the address has all that it may have.
    pub(crate) fn enter(&self, cells: Cells) -> bool {
        let Some(max) = self.connections_max else { return true };
        let before = pick(&self.connections, cells).map(|count| count.fetch_add(1, Relaxed));
        let admitted = before.iter().any(|count| *count < max);
        if !admitted {
            self.leave(cells);
        }
        admitted
    }

    /// Counts one connection less.
    pub(crate) fn leave(&self, cells: Cells) {
        if self.connections_max.is_some() {
            for count in pick(&self.connections, cells) {
                let before = count.fetch_sub(1, Relaxed);
                debug_assert!(before > 0, "more connections left than came");
            }
        }
    }

    /// Counts one request, unless the address sends them too fast. A refused request costs no write.
    pub(crate) fn ask(&self, cells: Cells, now_ms: u64) -> bool {
        let Some(pace) = self.pace else { return true };
        let cells = pick(&self.due_ns, cells);
        if !cells.iter().any(|due_ns| pace.admit(due_ns.load(Relaxed), now_ms).is_some()) {
            return false;
        }
        // Both cells count it, also a cell that would not have admitted it: otherwise that cell would count too
        // little. If others came in between, the request may be counted and refused.
        let charge = |due_ns: u64| Some(due_ns.max(now_ms * 1_000_000) + pace.interval_ns);
        let before = cells.map(|due_ns| due_ns.fetch_update(Relaxed, Relaxed, charge).unwrap_or_default());
        before.iter().any(|due_ns| pace.admit(*due_ns, now_ms).is_some())
    }
}

/// The cell of each row.
fn pick<T>(rows: &[Box<[T]>; ADDRESS_ROWS], Cells(cells): Cells) -> [&T; ADDRESS_ROWS] {
    std::array::from_fn(|row| &rows[row][usize::from(cells[row])])
}

/// The bytes of undelivered messages that are kept for one domain, on all shards and on their way to its site. Padded,
/// so that two domains never share a cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Budget(AtomicUsize);

impl Budget {
    /// Claims this many bytes, unless that would make more than `max`. Relaxed: the sum guards nothing but itself.
    pub(crate) fn claim(self: &Arc<Self>, bytes: usize, max: usize) -> Option<Claim> {
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= max);
        self.0.fetch_update(Relaxed, Relaxed, more).ok()?;
        Some(Claim { budget: Arc::clone(self), bytes })
    }

    /// The bytes that are claimed now.
    pub(crate) fn used(&self) -> usize {
        self.0.load(Relaxed)
    }
}

/// Bytes of a [`Budget`]. Dropping this gives them back, wherever the message ends.
#[derive(Debug)]
pub(crate) struct Claim {
    budget: Arc<Budget>,
    bytes: usize,
}

#[cfg(test)]
impl Claim {
    /// The bytes that it claims.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let before = self.budget.0.fetch_sub(self.bytes, Relaxed);
        debug_assert!(before >= self.bytes, "more bytes were given back than claimed");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_claim_is_given_back_when_it_is_dropped() {
        let budget = Arc::new(Budget::default());
        let claim = budget.claim(60, 100).expect("there is room");
        assert!(budget.claim(41, 100).is_none() && budget.claim(usize::MAX, usize::MAX).is_none());
        let other = budget.claim(40, 100).expect("there is room for just that");
        assert_eq!((claim.bytes(), budget.used()), (60, 100));
        drop(claim);
        assert!(budget.claim(41, 80).is_none(), "the limit may have been lowered");
        drop(other);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_full_gauge_admits_nobody() {
        let gauge = Gauge::default();
        assert!(gauge.admit(2) && gauge.admit(2));
        assert!(!gauge.admit(2));
        gauge.release();
        assert!(gauge.admit(2));
        assert_eq!(gauge.count(), 2);
    }

    /// Checks how many of a hundred are admitted at each of these moments.
    #[track_caller]
    fn check(pace: Option<Pace>, admitted: &[(u64, usize)]) {
        let (pace, mut due_ns, meter) = (pace.unwrap(), 0, Meter::default());
        for (now_ms, expected) in admitted {
            let count = (0..100).filter(|_| {
                let next = pace.admit(due_ns, *now_ms);
                assert_eq!(next.is_some(), pace.open_ms(due_ns) <= *now_ms);
                due_ns = next.unwrap_or(due_ns);
                next.is_some()
            });
            assert_eq!(count.count(), *expected, "{now_ms} ms");
            let shared = (0..100).filter(|_| meter.admit(pace, *now_ms)).count();
            assert_eq!(shared, *expected, "{now_ms} ms, shared");
        }
    }

    #[test]
    fn a_pace_is_kept() {
        check(Pace::new(10, 1, 1_000), &[(0, 10), (99, 0), (100, 1), (1_000, 9), (1_000_000, 10)]);
        check(Pace::new(10, 1, 0), &[(0, 1), (50, 0), (100, 1), (900, 1)]);
        check(Pace::new(10, 7, 100), &[(0, 1), (699, 0), (700, 1), (10_000, 1)]);
        check(Pace::new(20_000, 1, 1), &[(5, 20), (6, 20)]);
        check(Pace::new(1_000_000, 1, 1_000), &[(0, 100)]);
        assert_eq!(Pace::new(0, 1, 1_000), None, "no limit");
    }

    fn addresses(connections_per_address: usize, requests_per_second_per_address: usize) -> Addresses {
        let limits = Limits { connections_per_address, requests_per_second_per_address, ..Limits::DEFAULT };
        Addresses::new(&limits, [1, 2, 3, 4])
    }

    fn number(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[test]
    fn an_address_is_ipv4_or_half_of_ipv6() {
        let table = addresses(1, 1);
        let cells = |text: &str| table.cells(text.parse().unwrap());
        assert_eq!(cells("192.0.2.1"), cells("::ffff:192.0.2.1"));
        assert_ne!(cells("192.0.2.1"), cells("192.0.2.2"));
        assert_eq!(cells("2001:db8:1:2::1"), cells("2001:db8:1:2:ffff::"));
        assert_ne!(cells("2001:db8:1:2::1"), cells("2001:db8:1:3::1"));
        assert_ne!(cells("0:0:c000:201::"), cells("192.0.2.1"), "the same number, of another kind");
        assert_ne!(
            cells("192.0.2.1"),
            Addresses::new(&Limits::DEFAULT, [4, 3, 2, 1]).cells(number(0xC000_0201))
        );
    }

    #[test]
    fn connections_of_an_address_are_limited() {
        let table = addresses(3, 1);
        let (one, other) = (table.cells(number(1)), table.cells(number(2)));
        assert!((0..3).all(|_| table.enter(one)) && !table.enter(one) && !table.enter(one));
        assert!(table.enter(other));
        table.leave(one);
        assert!(table.enter(one) && !table.enter(one));
        let free = addresses(0, 0);
        assert!((0..100).all(|_| free.enter(one) && free.ask(one, 0)));
    }

    #[test]
    fn requests_of_an_address_are_limited() {
        let table = addresses(1, 10);
        let (one, other) = (table.cells(number(1)), table.cells(number(2)));
        let asks = |cells, now_ms| (0..200).filter(|_| table.ask(cells, now_ms)).count();
        assert_eq!(asks(one, 0), 100, "what ten seconds are worth");
        assert_eq!((asks(one, 50), asks(one, 100), asks(one, 1_100)), (0, 1, 10));
        assert_eq!(asks(other, 1_100), 100);
    }

    #[test]
    fn shards_that_count_together_let_in_hardly_more_than_one_would() {
        const SHARDS: u32 = 4;
        let table = addresses(1_000, 100);
        let cells = table.cells(number(7));
        let admitted = || {
            let (mut entered, mut asked) = (0, 0);
            for _ in 0..2_000 {
                entered += u32::from(table.enter(cells));
                asked += u32::from(table.ask(cells, 5));
            }
            (entered, asked)
        };
        let counts: Vec<(u32, u32)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..SHARDS).map(|_| scope.spawn(admitted)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (entered, asked) = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        // Shards that meet at the limit may all refuse; or each, but for one, may admit in the row where it came
        // first.
        let expected = 900..1_000 + SHARDS;
        assert!(expected.contains(&entered) && expected.contains(&asked), "{entered} {asked}");
    }

    /// A full address is always refused; another one only if both its cells are full.
    #[test]
    fn the_table_is_never_too_lax_and_hardly_ever_too_strict() {
        const FULL: u32 = 2_000;
        const OTHERS: u32 = 200_000;
        let table = addresses(5, 1);
        let mut entered: HashMap<u32, u32> = HashMap::new();
        for address in (0..FULL).flat_map(|address| [address; 8]) {
            if table.enter(table.cells(number(address))) {
                *entered.entry(address).or_default() += 1;
            }
        }
        assert!(entered.values().all(|count| *count <= 5));
        let refused = (FULL..FULL + OTHERS).filter(|address| {
            let cells = table.cells(number(*address));
            let refused = !table.enter(cells);
            if !refused {
                table.leave(cells);
            }
            refused
        });
        // One in (65,536 / 2,000)², which is 1,074: of 200,000, 186. The seeds are fixed, so this is not by chance.
        let refused = refused.count();
        assert!((120..=260).contains(&refused), "{refused}");
        for address in 0..FULL {
            for _ in 0..entered.get(&address).copied().unwrap_or_default() {
                table.leave(table.cells(number(address)));
            }
        }
        let left = table.connections.iter().flatten().map(|count| count.load(Relaxed)).sum::<u32>();
        assert_eq!(left, 0, "a connection that has left is not counted any more");
    }
}
