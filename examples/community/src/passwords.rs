//! Passwords: how they are hashed, and how often they may be tried.
//!
//! Owns: the queue of those that are hashed, and the limits of attempts. Must not: store or log a password, or hold up
//! pages that need none: who waits here holds a handler, so only few may wait.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::limits::{
    Buckets, HASHES_AT_ONCE, HASHES_WAITING_MAX, LOG_INS_ADDRESS, LOG_INS_ALL, LOG_INS_AT_ONCE, LOG_INS_NAME,
    LOG_INS_REFILL, SIGN_UPS_ADDRESS, SIGN_UPS_ALL, SIGN_UPS_REFILL,
};
use crate::refusal::Refusal;

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
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Turns {
    running: usize,
    waiting: usize,
}

/// The right to hash one password. Dropping it lets the next one in.
#[derive(Debug)]
pub struct Turn<'a>(&'a Hashes);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
        self.0.freed.notify_one();
    }
}

impl Hashes {
    /// Makes the hash that stands for those who do not exist.
    pub fn new() -> std::io::Result<Hashes> {
        Ok(Hashes { nobody: hash("nobody's")?, turns: Mutex::default(), freed: Condvar::new() })
    }

    /// Waits for a turn; refused if too many wait already.
    pub fn turn(&self) -> Result<Turn<'_>, Refusal> {
        let mut turns = self.lock();
        if turns.running >= HASHES_AT_ONCE {
            if turns.waiting >= HASHES_WAITING_MAX {
                return Err(Refusal::unavailable(
                    "Many people are logging in. Please try again in a moment.",
                ));
            }
            turns.waiting += 1;
            let is_full = |turns: &mut Turns| turns.running >= HASHES_AT_ONCE;
            turns = self.freed.wait_while(turns, is_full).unwrap_or_else(PoisonError::into_inner);
            turns.waiting -= 1;
        }
        turns.running += 1;
        Ok(Turn(self))
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
        let log_ins = [LOG_INS_AT_ONCE, LOG_INS_ADDRESS, LOG_INS_NAME, LOG_INS_ALL];
        let sign_ups = [SIGN_UPS_ADDRESS, SIGN_UPS_ALL];
        Attempts {
            log_ins: log_ins.map(|size| Buckets::new(size, LOG_INS_REFILL)),
            sign_ups: sign_ups.map(|size| Buckets::new(size, SIGN_UPS_REFILL)),
        }
    }
}

impl Attempts {
    /// Takes an attempt to log in: by address and name, by address, by name, and in all. False if there are none left.
    pub fn log_in(&self, address: IpAddr, name: &str) -> bool {
        self.log_ins.iter().zip(keys(address, name)).all(|(buckets, key)| buckets.take(&key))
    }

    /// An attempt was right: it does not count.
    pub fn was_right(&self, address: IpAddr, name: &str) {
        self.log_ins.iter().zip(keys(address, name)).for_each(|(buckets, key)| buckets.give_back(&key));
    }

    /// Takes an account from an address, and of all. False if there are none left.
    pub fn sign_up(&self, address: IpAddr) -> bool {
        let keys = [network(address).to_string(), String::new()];
        self.sign_ups.iter().zip(keys).all(|(buckets, key)| buckets.take(&key))
    }
}

fn keys(address: IpAddr, name: &str) -> [String; 4] {
    let address = network(address).to_string();
    [format!("{address} {name}"), address, name.to_owned(), String::new()]
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

    #[test]
    fn a_name_is_tried_from_many_addresses_only_so_often() {
        let attempts = Attempts::default();
        let address = |number: u32| IpAddr::from((0xc000_0000 + number).to_be_bytes());
        assert!((0..LOG_INS_NAME).all(|number| attempts.log_in(address(number), "alice")));
        assert!(!attempts.log_in(address(LOG_INS_NAME), "alice"));
        assert!(attempts.log_in(address(LOG_INS_NAME), "bob"));
    }

    #[test]
    fn all_together_try_only_so_often() {
        let attempts = Attempts::default();
        let address = |number: u32| IpAddr::from((0xc000_0000 + number).to_be_bytes());
        assert!((0..LOG_INS_ALL).all(|number| attempts.log_in(address(number), &format!("u{number}"))));
        assert!(!attempts.log_in(address(LOG_INS_ALL), "alice"));
    }
}
