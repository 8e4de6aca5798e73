//! `xmpp`: the gateway to XMPP asks for its members.
//!
//! Owns: this request, which proves its identity by the apikey and names an action. Must not: use `visitor`; no browser
//! asks here. The rules are those of the endpoints of the same name.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::chat_passwords::{admitted, auth};
use super::host::{Host, Person, Records};
use super::limits::MISSED_MAX;
use super::params::required;
use super::undelivered::is_from_server;
use super::xmpp_online::online;
use super::{contacts, history, messages, presence, rooms};
use crate::http::{Outcome, Params, Refusal, Reply, Request};

pub(super) fn xmpp(site: &impl Host, request: &Request) -> Outcome {
    if !is_from_server(&site.plugin().im, request) {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "authentication failed"));
    }
    let fields: Map<String, Value> = serde_json::from_slice(&request.body)
        .map_err(|_| Refusal::bad("the body must be an object with an action"))?;
    let params = texts(&fields);
    let name = required(&params, "user")?;
    let found = site.read(|db| named(db, name))?;
    let action = required(&params, "action")?;
    if action == "auth" {
        return auth(site, found.as_ref(), &params);
    }
    let user = found.ok_or_else(|| Refusal::forbidden("This account cannot chat."))?;
    if action == "missed" {
        return missed(site, fields.get("messages"));
    }
    admitted(site.plugin(), &user)?;
    if ["presence", "status", "join", "leave"].contains(&action) {
        site.plugin().may_act(&user.id, action)?;
    }
    match action {
        "online" => online(site, &user, &params),
        "offline" => presence::offline(site, &user, &params),
        "presence" => presence::presence(site, &user, &params),
        "status" => presence::typing(site, &user, &params),
        "join" => rooms::join(site, &user, &params),
        "leave" => rooms::leave(site, &user, &params),
        "members" => rooms::members(site, &user, &params),
        "message" => messages::message(site, &user, &params),
        "vcard" => contacts::card(site, &user, &params),
        "history" => history::recent(site, &user, &params),
        _ => Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "This site does not serve this action.")),
    }
}

/// The fields that are texts or numbers, as parameters.
fn texts(fields: &Map<String, Value>) -> Params {
    let text = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Object(_) if name == "meta" => value.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        Some((name.clone(), text))
    };
    Params::of(fields.iter().filter_map(text).collect())
}

/// The user of exactly this id: numbers name nobody here. The ids of this site are in the form that XMPP brings them to, so
/// none is lost on its way through an address.
fn named(db: &dyn Records, name: &str) -> Result<Option<Person>, Refusal> {
    Ok(db.person(name)?.filter(|person| person.id == name))
}

/// `missed`: these messages did not reach a client. They wait again, as undelivered ones do.
fn missed(site: &impl Host, messages: Option<&Value>) -> Outcome {
    let messages =
        messages.and_then(Value::as_array).ok_or_else(|| Refusal::bad("missing parameter: messages"))?;
    let ids = messages.iter().take(MISSED_MAX).filter_map(|message| message["id"].as_str()?.parse().ok());
    site.write(|db| ids.clone().try_for_each(|id| db.set_undelivered(id)))?;
    Ok(Reply::json("ok"))
}
