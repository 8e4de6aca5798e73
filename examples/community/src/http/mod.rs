//! Refusals, replies, and the check of where a request comes from.
//!
//! Owns: the values of HTTP that know no site.

pub mod csrf;
pub mod refusal;
pub mod reply;
