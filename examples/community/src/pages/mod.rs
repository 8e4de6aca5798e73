//! The site's own pages.
//!
//! Owns: their routes and what they look like. Must not: speak to the message server but through `webim`.

use std::sync::Arc;

use axum::Router;

use crate::site::Site;

/// All pages.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
}
