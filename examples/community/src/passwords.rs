//! Passwords: how they are hashed, and how often they may be tried.
//!
//! Owns: the queue of those that are hashed, and the limits of attempts. Must not: store or log a password, or hold up
//! pages that need none: who waits here holds a handler, so only few may wait.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::http::refusal::Refusal;
use crate::limits::{
    Buckets, HASHES_AT_ONCE, HASHES_WAITING_MAX, LOG_INS_ADDRESS, LOG_INS_ALL, LOG_INS_AT_ONCE, LOG_INS_NAME,
    LOG_INS_REFILL, SIGN_UPS_ADDRESS, SIGN_UPS_ALL, SIGN_UPS_REFILL,
};

/// Bytes of a password; what is longer costs time to hash.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// The bits of an IPv6 address that name a network; whoever has one has all addresses of it.
const NETWORK_BITS: u32 = 64;

/// Hashes passwords, a few at a time.
#[derive(Debug)]
pub struct Hashes {
    /// The hash of a password nobody has.
    nobody: String,
    turns: Mutex<Turns>,
    moved: Condvar,
}

/// Who came first hashes first. Each who comes is given a number.
#[derive(Debug, Default)]
struct Turns {
    running: usize,
    /// The number of the next who comes.
    next: usize,
    /// The number of the next who hashes; those from here on wait.
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
    /// Makes the hash that stands for those who do not exist.
    pub fn new() -> std::io::Result<Hashes> {
        Ok(Hashes { nobody: hash("nobody's")?, turns: Mutex::default(), moved: Condvar::new() })
    }

    /// Waits for a turn, behind those who wait already; refused if these are too many.
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
        // There may be a turn for the next one, too.
        self.moved.notify_all();
        Ok(Turn(self))
    }

    /// How many wait for a turn.
    pub fn waiting(&self) -> usize {
        self.lock().waiting()
    }

    /// Whether this is the password of which this is stored. Nothing stored takes as long.
    pub fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, Refusal> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let _turn = self.turn()?;
        Ok(is_of(password, stored.unwrap_or(&self.nobody)) && stored.is_some())
    }

    /// What is stored of a password.
    pub fn hash(&self, password: &str) -> Result<String, Refusal> {
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

/// What is stored of a password, made at once: for the start, when nobody waits.
pub fn hash(password: &str) -> std::io::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| std::io::Error::other(error.to_string()))
}

/// Whether this is stored of the password.
pub fn is_of(password: &str, stored: &str) -> bool {
    let hash = PasswordHash::new(stored);
    hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// How often passwords may be tried, and accounts be made.
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
    /// Takes an attempt to log in: by address, in all, by name, and by address and name. None if there are none left.
    pub fn log_in(&self, address: IpAddr, name: &str) -> Option<Attempt<'_>> {
        let address = network(address).to_string();
        let both = format!("{address} {name}");
        take(&self.log_ins, [address, String::new(), name.to_owned(), both])
    }

    /// Takes an account from an address, and of all. None if there are none left.
    pub fn sign_up(&self, address: IpAddr) -> Option<Attempt<'_>> {
        take(&self.sign_ups, [network(address).to_string(), String::new()])
    }
}

/// Takes one of each, or nothing. What names many comes first, so that whom it refuses leaves no trace by his name.
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

/// An attempt that was taken. Dropping it gives it back, so that only what is said to count does.
#[derive(Debug)]
#[must_use]
pub struct Attempt<'a> {
    taken: Vec<(&'a Buckets, String)>,
}

impl Attempt<'_> {
    /// The attempt counts.
    pub fn counts(mut self) {
        self.taken.clear();
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.taken.iter().for_each(|(buckets, key)| buckets.give_back(key));
    }
}

/// What of an address names its owner.
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
    fn a_name_is_tried_from_many_addresses_only_so_often() {
        let attempts = Attempts::default();
        assert!((0..LOG_INS_NAME).all(|number| is_tried(&attempts, number, "alice")));
        assert!(!is_tried(&attempts, LOG_INS_NAME, "alice"));
        assert!(is_tried(&attempts, LOG_INS_NAME, "bob"));
    }

    #[test]
    fn all_together_try_only_so_often() {
        let attempts = Attempts::default();
        assert!((0..LOG_INS_ALL).all(|number| is_tried(&attempts, number, &format!("u{number}"))));
        assert!(!is_tried(&attempts, LOG_INS_ALL, "alice"));
    }

    #[test]
    fn an_attempt_that_is_refused_takes_nothing_from_others() {
        let attempts = Attempts::default();
        assert!((0..LOG_INS_NAME).all(|number| is_tried(&attempts, number, "alice")));
        for _ in 0..=LOG_INS_ALL {
            assert!(!is_tried(&attempts, LOG_INS_NAME, "alice"));
        }
        assert!(is_tried(&attempts, LOG_INS_NAME, "bob"), "neither from this address nor of all");
    }

    #[test]
    fn who_comes_does_not_overtake_who_waits_to_be_hashed() {
        let hashes = Hashes::new().unwrap();
        // Somebody waits who has not yet seen that there is a turn for him.
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
            assert_eq!(first, 0, "the later one has waited");
        });
    }
}
