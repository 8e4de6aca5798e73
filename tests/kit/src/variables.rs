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

/// Says how to run the seed in a variable again, if the test fails while it is held.
#[derive(Debug)]
pub struct Replay {
    /// What failed.
    pub seed: u64,
    /// The variable that asks for one seed.
    pub variable: &'static str,
    /// What `cargo test --lib` runs.
    pub filter: &'static str,
}

impl Drop for Replay {
    #[allow(clippy::print_stderr, reason = "a failing test shows it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Replay { seed, variable, filter } = self;
            eprintln!("seed {seed} failed: {variable}={seed} cargo test --lib {filter} -- --nocapture");
        }
    }
}

/// The path in a variable, if it is set.
pub fn path(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from)
}
