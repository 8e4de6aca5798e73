//! Variables by which long tests are asked for more.
//!
//! Owns: reading them. Must not: know one.

use std::env;
use std::path::PathBuf;

/// The number in a variable, if it is set.
#[track_caller]
pub fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// The path in a variable, if it is set.
pub fn path(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from)
}
