//! The site's own pages.
//!
//! Owns: their routes and templates. Must not: call the message server; `webim::Plugin` has a method for each event.
//!
//! A page is a function and a template. A form is a function that redirects after success, and otherwise shows its page
//! again, with the input and the reason of the refusal.

mod admin;
mod chat_passwords;
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
mod subject;
mod text;

use std::sync::Arc;

use axum::Router;
use axum::routing::MethodRouter;

use crate::handler;
use crate::http::{Caller, Outcome, Refusal, Reply, Request};
use crate::site::Site;
use crate::visit::Visit;

/// All pages.
pub(crate) fn routes() -> Router<Arc<Site>> {
    let router = Router::new()
        .route("/", get(front::show))
        .route("/login", get(front::log_in_form).merge(post(front::log_in)))
        .route("/logout", post(front::log_out))
        .route("/signup", get(front::sign_up_form).merge(post(front::sign_up)))
        .route("/static/{name}", get(statics::serve))
        .route("/favicon.ico", get(statics::serve))
        .route("/old", get(old::show))
        .route("/old/webim/{*path}", get(old::file));
    router.merge(people()).merge(places()).fallback(handler::from(
        Caller::OwnPage,
        visited(elsewhere),
        finish,
    ))
}

/// Members, friends and notifications.
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
        .route("/chat-passwords", get(chat_passwords::show).merge(post(chat_passwords::make)))
        .route("/chat-passwords/{id}/revoke", post(chat_passwords::revoke))
        .route("/notifications", get(notifications::show))
        .route("/notifications/clear", post(notifications::clear))
        .route("/notifications/{id}/dismiss", post(notifications::dismiss))
}

/// Groups, the forum, and administration.
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

/// A page: it is given the user who is logged in.
type Handler = fn(&Site, &Visit<'_>) -> Outcome;

fn get(page: Handler) -> MethodRouter<Arc<Site>> {
    handler::get(visited(page), finish)
}

fn post(form: Handler) -> MethodRouter<Arc<Site>> {
    handler::post(visited(form), finish)
}

fn visited(page: Handler) -> impl Fn(&Site, &Request) -> Outcome + Clone + Send + Sync + 'static {
    move |site, request| {
        let visit = Visit::of(site, request)?;
        Ok(page(site, &visit).unwrap_or_else(|refusal| frame::failure(site, &visit, &refusal)))
    }
}

/// A request that was refused before its page was called is answered with a page too.
fn finish(site: &Site, request: &Request, outcome: Outcome) -> Reply {
    outcome.unwrap_or_else(|refusal| frame::failure(site, &Visit::anonymous(request), &refusal))
}

/// All paths without a route of their own: the pages of users at `/space-uid-N.html`, and nothing else.
fn elsewhere(site: &Site, visit: &Visit<'_>) -> Outcome {
    members::by_path(site, &visit.request.path).unwrap_or_else(|| {
        Err(Refusal::not_found("There is no such page. It may have been moved, or never was."))
    })
}
