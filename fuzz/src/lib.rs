//! What must hold whatever comes in: one function for each fuzz target.
//!
//! Each is given any bytes at all, hands them to the server's own code, and panics if what becomes of them is not what
//! that code promises. `fuzz_targets/` calls them with what libFuzzer makes up, `tests/fuzzed.rs` with what lies in
//! `inputs/`: examples to begin with, and whatever has broken a promise, named after what broke.
//!
//! Owns: the promises, told a second time and as plainly as can be. Must not: be known to the server; it uses what
//! everybody may use.

mod call;
mod config;
mod request;
mod text;

pub use call::call;
pub use config::config;
pub use request::{chunked, request};
pub use text::{callback, form, json, ticket};

use nextim::base::limits::Limits;

/// What a target does with its bytes.
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
