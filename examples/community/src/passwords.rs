//! Passwords: hashing them, and how often they may be tried.
//!
//! Owns: the queue of passwords to be hashed, and the limits of attempts. A request that waits in the queue occupies a
//! handler, which the pages need too, so only few may wait. Must not: call `log` with a password.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::buckets::Buckets;
use crate::http::Refusal;
use crate::limits::{
    HASHES_AT_ONCE, HASHES_WAITING_MAX, LOG_INS_ADDRESS, LOG_INS_ALL, LOG_INS_AT_ONCE, LOG_INS_NAME,
    LOG_INS_REFILL, SIGN_UPS_ADDRESS, SIGN_UPS_ALL, SIGN_UPS_REFILL,
};

/// A password, in bytes: a long one costs time to hash.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// The bits of an IPv6 address that name a network: a client may use all addresses of its network.
const NETWORK_BITS: u32 = 64;

/// Hashes passwords, a few at a time.
#[derive(Debug)]
pub struct Hashes {
    /// The hash of a random password, checked in the place of a user's that does not exist.
    nobody: String,
    turns: Mutex<Turns>,
    moved: Condvar,
}

/// The queue: each request gets the next number, and the lowest number is next to hash.
#[derive(Debug, Default)]
struct Turns {
    running: usize,
    /// The number of the next request.
    next: usize,
    /// The lowest number that waits.
    first: usize,
}

impl Turns {
    fn waiting(&self) -> usize {
        self.next - self.first
    }
}

/// The right to hash one password. Dropping it lets the next one in.
#[derive(Debug)]
pub struct Turn<'a>(&'a Hashes);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
        self.0.moved.notify_all();
    }
}

impl Hashes {
    /// An empty queue.
    pub fn new() -> std::io::Result<Hashes> {
        Ok(Hashes { nobody: hash("nobody's")?, turns: Mutex::default(), moved: Condvar::new() })
    }

    /// Waits for a turn, behind all requests that came before. Refused if too many wait.
    pub fn turn(&self) -> Result<Turn<'_>, Refusal> {
        let mut turns = self.lock();
        if turns.waiting() >= HASHES_WAITING_MAX {
            return Err(Refusal::unavailable("Many people are logging in. Please try again in a moment."));
        }
        let own = turns.next;
        turns.next += 1;
        let must_wait = |turns: &mut Turns| turns.first != own || turns.running >= HASHES_AT_ONCE;
        turns = self.moved.wait_while(turns, must_wait).unwrap_or_else(PoisonError::into_inner);
        turns.first += 1;
        turns.running += 1;
        // There may be a turn for the next request, too.
        self.moved.notify_all();
        Ok(Turn(self))
    }

    /// How many requests wait for a turn.
    pub fn waiting(&self) -> usize {
        self.lock().waiting()
    }

    /// Whether the stored hash is of this password. Without a stored hash it takes as long.
    pub fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, Refusal> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let _turn = self.turn()?;
        Ok(is_of(password, stored.unwrap_or(&self.nobody)) && stored.is_some())
    }

    /// The hash of a password, to be stored.
    pub(crate) fn hash(&self, password: &str) -> Result<String, Refusal> {
        let _turn = self.turn()?;
        hash(password).map_err(|error| {
            log::error!("a password could not be hashed: {error}");
            Refusal::unavailable("The site has failed. Please try again.")
        })
    }

    fn lock(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hash of a password, without the queue: for the start of the site, when nobody waits.
pub fn hash(password: &str) -> std::io::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| std::io::Error::other(error.to_string()))
}

/// Whether the stored hash is of this password.
pub fn is_of(password: &str, stored: &str) -> bool {
    let hash = PasswordHash::new(stored);
    hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// How often passwords may be tried and accounts be made.
#[derive(Debug)]
pub struct Attempts {
    log_ins: [Buckets; 4],
    sign_ups: [Buckets; 2],
}

impl Default for Attempts {
    fn default() -> Attempts {
        let log_ins = [LOG_INS_ADDRESS, LOG_INS_ALL, LOG_INS_NAME, LOG_INS_AT_ONCE];
        let sign_ups = [SIGN_UPS_ADDRESS, SIGN_UPS_ALL];
        Attempts {
            log_ins: log_ins.map(|size| Buckets::new(size, LOG_INS_REFILL)),
            sign_ups: sign_ups.map(|size| Buckets::new(size, SIGN_UPS_REFILL)),
        }
    }
}

impl Attempts {
    /// Takes an attempt to log in, from four limits: by address, in all, by name, and by address and name. None if one
    /// of the limits is reached.
    pub fn log_in(&self, address: IpAddr, name: &str) -> Option<Attempt<'_>> {
        let address = network(address).to_string();
        let both = format!("{address} {name}");
        take(&self.log_ins, [address, String::new(), name.to_owned(), both])
    }

    /// Takes a new account, from two limits: by address, and in all. None if one of the limits is reached.
    pub fn sign_up(&self, address: IpAddr) -> Option<Attempt<'_>> {
        take(&self.sign_ups, [network(address).to_string(), String::new()])
    }
}

/// Takes one token of each table, or none at all. The coarse limits come first, so that a request they refuse leaves no
/// bucket by its name.
fn take<const N: usize>(tables: &[Buckets; N], keys: [String; N]) -> Option<Attempt<'_>> {
    let mut attempt = Attempt { taken: Vec::with_capacity(N) };
    for (buckets, key) in tables.iter().zip(keys) {
        if !buckets.take(&key) {
            return None;
        }
        attempt.taken.push((buckets, key));
    }
    Some(attempt)
}

/// An attempt that was taken. Dropping it gives it back; only [`Attempt::counts`] keeps it.
#[derive(Debug)]
#[must_use]
pub struct Attempt<'a> {
    taken: Vec<(&'a Buckets, String)>,
}

impl Attempt<'_> {
    /// Counts the attempt.
    pub fn counts(mut self) {
        self.taken.clear();
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.taken.iter().for_each(|(buckets, key)| buckets.give_back(key));
    }
}

/// The part of an address that names its owner.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> NETWORK_BITS << NETWORK_BITS).into(),
        IpAddr::V4(ip) => ip.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:2::"), of("2001:db8:1:3::"));
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    /// Whether there was an attempt left for this name from the address of this number; it counts.
    fn is_tried(attempts: &Attempts, number: u32, name: &str) -> bool {
        let address = IpAddr::from((0xc000_0000 + number).to_be_bytes());
        attempts.log_in(address, name).map(Attempt::counts).is_some()
    }

    #[test]
    fn attempts_are_limited_by_name() {
        let attempts = Attempts::default();
        assert!((0..LOG_INS_NAME).all(|number| is_tried(&attempts, number, "alice")));
        assert!(!is_tried(&attempts, LOG_INS_NAME, "alice"));
        assert!(is_tried(&attempts, LOG_INS_NAME, "bob"));
    }

    #[test]
    fn attempts_are_limited_in_all() {
        let attempts = Attempts::default();
        assert!((0..LOG_INS_ALL).all(|number| is_tried(&attempts, number, &format!("u{number}"))));
        assert!(!is_tried(&attempts, LOG_INS_ALL, "alice"));
    }

    #[test]
    fn a_refused_attempt_uses_up_no_other_limit() {
        let attempts = Attempts::default();
        assert!((0..LOG_INS_NAME).all(|number| is_tried(&attempts, number, "alice")));
        for _ in 0..=LOG_INS_ALL {
            assert!(!is_tried(&attempts, LOG_INS_NAME, "alice"));
        }
        assert!(
            is_tried(&attempts, LOG_INS_NAME, "bob"),
            "neither the limit of this address nor the limit of all"
        );
    }

    #[test]
    fn a_later_request_does_not_overtake_one_that_waits() {
        let hashes = Hashes::new().unwrap();
        // A request waits that has not seen its turn yet.
        hashes.lock().next += 1;
        std::thread::scope(|scope| {
            let later = scope.spawn(|| hashes.turn().map(drop));
            while hashes.lock().next < 2 {
                std::thread::yield_now();
            }
            let first = hashes.lock().first;
            hashes.lock().first += 1;
            hashes.moved.notify_all();
            assert!(later.join().unwrap().is_ok());
            assert_eq!(first, 0, "the later request has waited");
        });
    }
}
