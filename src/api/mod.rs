//! The protocol of sites and browsers: requests to calls, answers to bytes.
//!
//! Owns: paths, authentication, parameters and the shapes of answers. Must not: call the router, read a clock or touch
//! a socket; a [`Context`] holds all that a call needs of the world. In reading order: `endpoint` is the table of
//! paths; `route` makes a request into a call, by `auth`, which admits sites, by `params` and `names`, and by one file
//! for each family of calls; `answer` writes the answer in its [`Shape`], or `dialect` where versions differ, or
//! `stream` and `socket` where it has no end; the texts of errors are in [`refusal`], and those of HTTP in
//! `http::rejection`. Beside the calls there are the `assets`, and the `notices` about the server itself.

mod endpoint;

mod context;
mod route;

mod auth;
mod names;
mod param;
mod params;

mod buddies;
mod messages;
mod packets;
mod presences;
mod rooms;
mod signals;
mod statuses;

mod answer;
mod delivery;
mod dialect;
mod moved;
mod parts;
pub(crate) mod refusal;
mod reply;
mod shape;
pub(crate) mod socket;
mod stream;

mod assets;
mod notices;

pub use answer::write_answer;
pub(crate) use answer::{write_preflight, write_rejection};
pub(crate) use assets::write_asset;
pub use context::Context;
pub use endpoint::{ENDPOINTS, Endpoint, policy};
pub(crate) use moved::write_moved;
pub(crate) use notices::{Notice, write_notice};
pub use route::{Route, route};
pub(crate) use route::{Routed, refuse_by_head};
pub use shape::{Detail, Form, Shape};

#[cfg(test)]
mod testing;
