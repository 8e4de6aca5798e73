//! Answers as JSON, or as a script that calls a function of the page.
//!
//! Owns: which pages may have a script, and the form of every answer and refusal. Must not: know what is answered.
//!
//! A script is given to whoever's page asks for it, with the user's cookie, and a GET that changes something is
//! as good as a forged form. So the operator names the origins that may, and the browser says which page asks.

use axum::http::{Method, StatusCode, header};
use nextim::http::jsonp::is_callback;
use serde_json::json;

use super::params::text;
use crate::http::csrf;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::limits::RETRY_AFTER_S;
use crate::site::{Outcome, Site};
use crate::visit::Visit;

/// What an endpoint does to the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Reads,
    Changes,
}

/// Refuses scripts for pages that may not have them, and changes by GET that are no such scripts.
pub(super) fn admit(site: &Site, visit: &Visit, effect: Effect) -> Result<(), Refusal> {
    let called = text(&visit.params, "callback");
    if !called.is_empty() && callback(site, visit).is_none() {
        return Err(if is_callback(called) {
            Refusal::forbidden("This site gives no scripts to pages of that origin.")
        } else {
            Refusal::bad("bad parameter: callback")
        });
    }
    let may_change = visit.method == Method::POST || !called.is_empty();
    match effect {
        Effect::Reads if visit.method == Method::GET || visit.method == Method::POST => Ok(()),
        Effect::Changes if may_change => Ok(()),
        Effect::Reads | Effect::Changes => {
            Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "This needs another method."))
        }
    }
}

/// The function to call, if this page may have it called. A POST has proved that it is from a page that may.
fn callback<'a>(site: &Site, visit: &'a Visit) -> Option<&'a str> {
    let allowed =
        visit.method == Method::POST || csrf::is_script_of(&visit.headers, &site.options.jsonp_origins);
    Some(text(&visit.params, "callback")).filter(|called| allowed && is_callback(called))
}

/// The answer in its form. A browser runs no script that comes with an error's status, so a script is always 200, and a
/// refusal says itself what its status would be.
pub(super) fn finish(site: &Site, visit: &Visit, outcome: Outcome) -> Reply {
    let reply = outcome.unwrap_or_else(|Refusal { status, text }| {
        let reply = Reply::json(&json!({"error": text, "status": status.as_u16()})).status(status);
        let later = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
        if later { reply.with(header::RETRY_AFTER, RETRY_AFTER_S) } else { reply }
    });
    match callback(site, visit) {
        Some(called) if reply.content_type == "application/json" => {
            let body = [b"/**/", called.as_bytes(), b"(", &*reply.body, b");"].concat();
            Reply { content_type: "application/javascript; charset=utf-8", body, ..reply }
                .status(StatusCode::OK)
        }
        Some(_) | None => reply,
    }
}
