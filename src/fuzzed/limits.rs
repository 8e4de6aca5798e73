//! Limits that short inputs reach.
//!
//! Owns: the numbers. Must not: import a target.

use crate::base::limits::Limits;

pub(super) const LIMITS: Limits = Limits {
    message_bytes: 100,
    body_bytes: 1_000,
    list_body_bytes: 2_000,
    buddies_per_call: 5,
    rooms_per_call: 3,
    ..Limits::DEFAULT
};
