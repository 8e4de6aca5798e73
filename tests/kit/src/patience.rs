//! Waiting for what must happen.
//!
//! Owns: how long a test waits. Must not: know what it waits for.

use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for something that must happen. The tests with a proxy hold polls for longer, so that an answer
/// that comes in time came for a reason.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// Waits until `attempt` gives something; the pause between two attempts only spares the processor.
#[track_caller]
pub fn eventually<T>(what: &str, attempt: impl FnMut() -> Option<T>) -> T {
    in_time(attempt).unwrap_or_else(|| panic!("waited too long: {what}"))
}

/// Waits until a condition holds. Returns whether it does, for a test that goes on either way.
pub fn comes_true(mut holds: impl FnMut() -> bool) -> bool {
    in_time(|| holds().then_some(())).is_some()
}

fn in_time<T>(mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        let found = attempt();
        if found.is_some() || Instant::now() >= end {
            return found;
        }
        thread::sleep(Duration::from_millis(2));
    }
}
