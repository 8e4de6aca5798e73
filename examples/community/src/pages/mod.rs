//! The site's own pages.
//!
//! Owns: their routes and what they look like. Must not: speak to the message server but through `webim`.
//!
//! A page is a function and a template. A form is a function that redirects when it has done what it should, and
//! otherwise shows its page again with what was typed and why it was refused.

mod admin;
mod check;
mod forum;
mod frame;
mod front;
mod groups;
mod members;
mod notifications;
mod old;
mod paging;
mod picture;
mod relations;
mod statics;
mod text;

use std::sync::Arc;

use axum::Router;

use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::site::{self, Handler, Site};
use crate::visit::Visit;

/// All pages.
pub fn routes() -> Router<Arc<Site>> {
    let router = Router::new()
        .route("/", get(front::show))
        .route("/login", get(front::log_in_form).merge(post(front::log_in)))
        .route("/logout", post(front::log_out))
        .route("/signup", get(front::sign_up_form).merge(post(front::sign_up)))
        .route("/static/{name}", get(statics::serve))
        .route("/favicon.ico", get(statics::serve))
        .route("/old", get(old::show))
        .route("/old/webim/{*path}", get(old::file));
    router.merge(people()).merge(places()).fallback(site::any(elsewhere, finish))
}

/// Members, and what is between them.
fn people() -> Router<Arc<Site>> {
    Router::new()
        .route("/members", get(members::list))
        .route("/profile", post(members::edit))
        .route("/password", post(members::change_password))
        .route("/space.php", get(members::by_query))
        .route("/home.php", get(members::by_query))
        .route("/u/{id}", get(members::show))
        .route("/u/{id}/add", post(relations::add))
        .route("/u/{id}/accept", post(relations::accept))
        .route("/u/{id}/decline", post(relations::decline))
        .route("/u/{id}/unfriend", post(relations::remove))
        .route("/u/{id}/block", post(relations::block))
        .route("/u/{id}/unblock", post(relations::unblock))
        .route("/u/{id}/group", post(relations::move_to))
        .route("/friends", get(relations::list))
        .route("/notifications", get(notifications::show))
        .route("/notifications/clear", post(notifications::clear))
        .route("/notifications/{id}/dismiss", post(notifications::dismiss))
}

/// Where members meet, and where the administrator sits.
fn places() -> Router<Arc<Site>> {
    Router::new()
        .route("/groups", get(groups::list).merge(post(groups::create)))
        .route("/groups/{id}", get(groups::show))
        .route("/groups/{id}/join", post(groups::join))
        .route("/groups/{id}/leave", post(groups::leave))
        .route("/groups/{id}/edit", post(groups::edit))
        .route("/groups/{id}/remove", post(groups::remove))
        .route("/forum", get(forum::list).merge(post(forum::begin)))
        .route("/forum/subscribe", post(forum::subscribe))
        .route("/forum/unsubscribe", post(forum::unsubscribe))
        .route("/forum/{id}", get(forum::show).merge(post(forum::reply)))
        .route("/admin", get(admin::show))
        .route("/admin/broadcast", post(admin::broadcast))
        .route("/admin/notice", post(admin::notice))
        .route("/admin/ban/{id}", post(admin::ban))
        .route("/admin/unban/{id}", post(admin::unban))
}

fn get(handler: Handler) -> axum::routing::MethodRouter<Arc<Site>> {
    site::get(handler, finish)
}

fn post(handler: Handler) -> axum::routing::MethodRouter<Arc<Site>> {
    site::post(handler, finish)
}

/// Everything that has no page of its own: users at `/space-uid-N.html`, and nothing.
fn elsewhere(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    members::by_path(site, &visit.path).unwrap_or_else(|| {
        Err(Refusal::not_found("There is no such page. It may have been moved, or never was."))
    })
}

fn finish(site: &Site, visit: &Visit, outcome: Result<Reply, Refusal>) -> Reply {
    outcome.unwrap_or_else(|refusal| frame::failure(site, visit, &refusal))
}
