//! New apikeys.
//!
//! Owns: their form: 256 random bits in hexadecimal digits, which need no escape in a URL, a file or a shell. Must
//! not: keep one.

use std::io;

/// A new apikey.
pub fn new_apikey() -> io::Result<String> {
    let word = || getrandom::u64().map_err(io::Error::other);
    Ok(format!("{:016x}{:016x}{:016x}{:016x}", word()?, word()?, word()?, word()?))
}
