//! The plugin: what stands between the chat bar, the site and the message server.
//!
//! Owns: the endpoints below `/webim/`, and what the site's pages have to tell the message server. Must not: look like
//! anything; pages are elsewhere.

pub mod server;
mod tell;

use std::sync::Arc;

use axum::Router;

use crate::site::Site;

pub use tell::{broadcast, enter, expel, log_out, push_post, unlink, unsubscribe};

/// The room of the message server in which those are who are told of new posts.
pub const FORUM_CHANNEL: &str = "channel:forum";

/// All endpoints.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
}
