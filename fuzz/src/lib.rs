//! Promises that hold for all inputs: one function for each fuzz target.
//!
//! Each takes any bytes, passes them to the server's own code, and panics if the result breaks a promise of that code.
//! `fuzz_targets/` calls them with the inputs that libFuzzer makes, `tests/fuzzed.rs` with the files in `inputs/`: some
//! examples, and every input that has broken a promise, named after the promise.
//!
//! Owns: the promises, written a second time and as plainly as possible. Must not: import a private item of the server.

mod call;
mod config;
mod request;
mod text;

pub use call::call;
pub use config::config;
pub use request::{chunked, request};
pub use text::{callback, form, json, ticket};

use nextim::base::limits::Limits;

/// The function of a target.
pub type Check = fn(&[u8]);

/// All targets by their names.
pub const TARGETS: [(&str, Check); 8] = [
    ("call", call),
    ("callback", callback),
    ("chunked", chunked),
    ("config", config),
    ("form", form),
    ("json", json),
    ("request", request),
    ("ticket", ticket),
];

/// Limits that short inputs reach.
const LIMITS: Limits = Limits {
    message_bytes: 100,
    body_bytes: 1_000,
    list_body_bytes: 2_000,
    buddies_per_call: 5,
    rooms_per_call: 3,
    ..Limits::DEFAULT
};
