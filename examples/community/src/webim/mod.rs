//! The plugin: what stands between the chat bar, the site and the message server.
//!
//! Owns: the endpoints below `/webim/`, and what the site's pages have to tell the message server ([`events`]). Must not:
//! look like anything; pages are elsewhere.
//!
//! An endpoint is a function of the site, the user whom the session's cookie names, and the parameters. It asks the
//! store, calls the message server, and returns JSON or a refusal. This is all there is to translate. Read
//! `online.rs` first, then `messages.rs`; each begins with the order of its steps, which matters.

mod contacts;
pub mod events;
mod history;
mod jsonp;
mod messages;
mod missed;
mod notifications;
mod online;
mod params;
mod presence;
mod rooms;
pub mod server;
mod settings;
mod shapes;
mod style;
mod undelivered;

use std::sync::Arc;

use axum::Router;
use axum::routing::MethodRouter;

use self::jsonp::Effect;
use crate::http::refusal::Refusal;
use crate::site::{self, Outcome, Site};
use crate::store::accounts::User;
use crate::visit::{Params, Visit};

pub use events::{broadcast, enter, expel, log_out, log_out_everywhere, push_post, unlink, unsubscribe};

/// The room of the message server in which those are who are told of new posts.
pub const FORUM_CHANNEL: &str = "channel:forum";

/// All endpoints, under the papers' names and the field's.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/webim/online", site::any(online::online, jsonp::finish))
        .route("/webim/offline", changes(presence::offline))
        .route("/webim/refresh", site::any_of_allowed(leaves, jsonp::finish))
        .route("/webim/missed", changes(missed::missed))
        .route("/webim/presence", acts(presence::presence))
        .route("/webim/status", acts(presence::typing))
        .route("/webim/message", changes(messages::message))
        .route("/webim/buddies", reads(contacts::buddies))
        .route("/webim/buddy", reads(contacts::buddies))
        .route("/webim/block", acts(contacts::block))
        .route("/webim/unblock", acts(contacts::unblock))
        .route("/webim/rooms", reads(rooms::rooms))
        .route("/webim/join", acts(rooms::join))
        .route("/webim/leave", acts(rooms::leave))
        .route("/webim/members", reads(rooms::members))
        .route("/webim/history", reads(history::history))
        .route("/webim/histories", reads(history::history))
        .route("/webim/clear_history", acts(history::clear))
        .route("/webim/download_history", reads(history::download))
        .route("/webim/notifications", reads(notifications::notifications))
        .route("/webim/notification", reads(notifications::notifications))
        .route("/webim/setting", acts(settings::setting))
        .route("/webim/undelivered", site::post_from_server(undelivered::undelivered, jsonp::finish))
        .route("/webim/{*endpoint}", site::any(unknown, jsonp::finish))
}

/// What most endpoints are.
type Endpoint = fn(&Site, &User, &Params) -> Outcome;

fn reads(endpoint: Endpoint) -> MethodRouter<Arc<Site>> {
    site::any(move |site: &Site, visit: &Visit| run(site, visit, Effect::Reads, endpoint), jsonp::finish)
}

fn changes(endpoint: Endpoint) -> MethodRouter<Arc<Site>> {
    site::any(move |site: &Site, visit: &Visit| run(site, visit, Effect::Changes, endpoint), jsonp::finish)
}

/// What changes something and may be asked only so often; for messages there is a rate of their own.
fn acts(endpoint: Endpoint) -> MethodRouter<Arc<Site>> {
    let act = move |site: &Site, visit: &Visit| {
        jsonp::admit(site, visit, Effect::Changes)?;
        let user = visit.user()?;
        may_act(site, user, &visit.path)?;
        endpoint(site, user, &visit.params)
    };
    site::any(act, jsonp::finish)
}

/// Refused to a user who does this all the time.
fn may_act(site: &Site, user: &User, what: &str) -> Result<(), Refusal> {
    if site.acts.take(&format!("{what} {}", user.id)) {
        return Ok(());
    }
    Err(Refusal::too_many("You are doing this too often. Please wait a moment."))
}

/// `refresh` is what a page says as it leaves, by a beacon: a POST, even of pages that use scripts for all else.
fn leaves(site: &Site, visit: &Visit) -> Outcome {
    run(site, visit, Effect::Changes, presence::offline)
}

fn run(site: &Site, visit: &Visit, effect: Effect, endpoint: Endpoint) -> Outcome {
    jsonp::admit(site, visit, effect)?;
    endpoint(site, visit.user()?, &visit.params)
}

fn unknown(_: &Site, _: &Visit) -> Outcome {
    Err(Refusal::not_found("There is no such endpoint."))
}
