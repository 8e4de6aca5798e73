//! Requests and answers of any site, as plain values.
//!
//! Owns: [`Request`], [`Reply`], [`Refusal`], and the check of where a request comes from. Must not: import `site`,
//! `store`, `session` or `webim`.

pub mod csrf;
pub mod refusal;
pub mod reply;
pub mod request;

pub use csrf::Caller;
pub use refusal::Refusal;
pub use reply::Reply;
pub use request::{Params, Request};

/// The outcome of a handler.
pub type Outcome = Result<Reply, Refusal>;
