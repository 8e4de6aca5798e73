//! `undelivered`: what the message server could not deliver after all.
//!
//! Owns: the call of the message server, which proves itself by the apikey. Must not: trust a browser.

use axum::http::header;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::params::text;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::site::{Outcome, Site};
use crate::store::messages;
use crate::visit::Visit;

/// A message that comes back; what else is told of it, the store knows.
#[derive(Deserialize)]
struct Returned {
    id: Value,
}

/// `undelivered`: these messages become offline messages. Those the site does not know are none of its own.
pub(super) fn undelivered(site: &Site, visit: &Visit) -> Outcome {
    if !is_message_server(site, visit) {
        return Err(Refusal::new(axum::http::StatusCode::UNAUTHORIZED, "authentication failed"));
    }
    let returned: Vec<Returned> = serde_json::from_slice(&visit.body)
        .map_err(|_| Refusal::bad("the body must be a list of messages"))?;
    let ids = returned.iter().filter_map(|message| match &message.id {
        Value::Number(id) => id.as_i64(),
        Value::String(id) => id.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    site.store
        .write(|db| {
            let mut ids = ids;
            ids.try_for_each(|id| messages::set_undelivered(db, id))
        })
        .map_err(|error: rusqlite::Error| Refusal::from(error))?;
    Ok(Reply::json("ok"))
}

/// By HTTP Basic `domain:apikey`, or by parameters of the query.
fn is_message_server(site: &Site, visit: &Visit) -> bool {
    let sent = visit.header(&header::AUTHORIZATION).and_then(|value| value.strip_prefix("Basic "));
    let decoded = sent.and_then(|sent| BASE64_STANDARD.decode(sent.trim()).ok());
    match decoded.and_then(|decoded| String::from_utf8(decoded).ok()) {
        Some(pair) => {
            let (domain, apikey) = pair.split_once(':').unwrap_or_default();
            site.im.is_authentic(domain, apikey)
        }
        None => site.im.is_authentic(text(&visit.params, "domain"), text(&visit.params, "apikey")),
    }
}
