//! Answers as JSON, or as a script that calls a function of the page.
//!
//! Owns: which pages may get a script, and the form of every answer and refusal. Must not: import an endpoint.
//!
//! Any page of any site can load a script, and the browser sends the user's cookie along. A script that changes something
//! is then as good as a forged form. So the operator names the origins whose pages may load one, and the browser's headers
//! name the page.

use axum::http::{Method, StatusCode, header};
use nextim::internals::is_callback;
use serde_json::json;

use super::limits::RETRY_AFTER_S;
use super::params::text;
use super::plugin::Plugin;
use crate::http::{Outcome, Refusal, Reply, Request, csrf};

/// Whether an endpoint changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Reads,
    Changes,
}

/// Refuses scripts to pages that may not get them, and changes by GET that are no such scripts.
pub(super) fn admit(plugin: &Plugin, request: &Request, effect: Effect) -> Result<(), Refusal> {
    let called = text(&request.params, "callback");
    if !called.is_empty() && callback(plugin, request).is_none() {
        return Err(if is_callback(called) {
            Refusal::forbidden("This site gives no scripts to pages of that origin.")
        } else {
            Refusal::bad("bad parameter: callback")
        });
    }
    let may_change = request.method == Method::POST || !called.is_empty();
    match effect {
        Effect::Reads if request.method == Method::GET || request.method == Method::POST => Ok(()),
        Effect::Changes if may_change => Ok(()),
        Effect::Reads | Effect::Changes => {
            Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "This needs another method."))
        }
    }
}

/// The function to call, if this page may get a script. A POST has been checked already: its page may.
fn callback<'a>(plugin: &Plugin, request: &'a Request) -> Option<&'a str> {
    let allowed =
        request.method == Method::POST || csrf::is_script_of(&request.headers, &plugin.setup.jsonp_origins);
    Some(text(&request.params, "callback")).filter(|called| allowed && is_callback(called))
}

/// The answer to a request, as JSON or as a script. A browser runs no script that comes with an error's status, so a script
/// is always 200, and a refusal has its status in its JSON.
pub fn finish(plugin: &Plugin, request: &Request, outcome: Outcome) -> Reply {
    let reply = outcome.unwrap_or_else(|Refusal { status, text }| {
        let reply = Reply::json(&json!({"error": text, "status": status.as_u16()})).status(status);
        let later = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
        if later { reply.with(header::RETRY_AFTER, RETRY_AFTER_S) } else { reply }
    });
    match callback(plugin, request) {
        Some(called) if reply.content_type == "application/json" => {
            let body = [b"/**/", called.as_bytes(), b"(", &*reply.body, b");"].concat();
            Reply { content_type: "application/javascript; charset=utf-8", body, ..reply }
                .status(StatusCode::OK)
        }
        Some(_) | None => reply,
    }
}
