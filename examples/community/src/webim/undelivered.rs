//! `undelivered`: messages that the message server accepted and could not deliver.
//!
//! Owns: this request of the message server, which proves its identity by the apikey. Must not: use `visitor`; a browser's
//! cookie counts for nothing here.

use axum::http::{StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::host::Host;
use super::params::text;
use super::server::MessageServer;
use crate::http::{Outcome, Refusal, Reply, Request};

/// A message that comes back. The archive has all but its id.
#[derive(Deserialize)]
struct Returned {
    id: Value,
}

/// `undelivered`: these messages wait for their receivers again. Messages that are not in the archive are ignored.
pub(super) fn undelivered(site: &impl Host, request: &Request) -> Outcome {
    if !is_from_server(&site.plugin().im, request) {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "authentication failed"));
    }
    let returned: Vec<Returned> = serde_json::from_slice(&request.body)
        .map_err(|_| Refusal::bad("the body must be a list of messages"))?;
    let mut ids = returned.iter().filter_map(|message| match &message.id {
        Value::Number(id) => id.as_i64(),
        Value::String(id) => id.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    site.write(|db| ids.try_for_each(|id| db.set_undelivered(id)))?;
    Ok(Reply::json("ok"))
}

/// Whether the request has the domain and the apikey: by HTTP Basic `domain:apikey`, or by parameters of the query.
pub(super) fn is_from_server(im: &MessageServer, request: &Request) -> bool {
    let sent = request.header(&header::AUTHORIZATION).and_then(|value| value.strip_prefix("Basic "));
    let decoded = sent.and_then(|sent| BASE64_STANDARD.decode(sent.trim()).ok());
    match decoded.and_then(|decoded| String::from_utf8(decoded).ok()) {
        Some(pair) => {
            let (domain, apikey) = pair.split_once(':').unwrap_or_default();
            im.is_authentic(domain, apikey)
        }
        None => im.is_authentic(text(&request.params, "domain"), text(&request.params, "apikey")),
    }
}
