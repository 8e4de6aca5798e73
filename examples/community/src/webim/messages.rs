//! `message`: somebody says something.
//!
//! Owns: who may write to whom, and the order: store first, then push. What is stored is accepted, whatever happens
//! afterwards; whether it was delivered is what the message server says, and nobody else is told, because it would give away
//! who is invisible. Must not: believe the page about who sends, or whether the other is online.

use serde_json::json;

use super::contacts::no_such_user;
use super::params::{required, text, ticket};
use super::server::{CallError, Push};
use super::{events, rooms, style};
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::limits::{CID_BYTES_MAX, MESSAGE_BYTES_MAX, SEND_BYTES};
use crate::session;
use crate::site::{Outcome, Site};
use crate::store::accounts::{self, User};
use crate::store::messages::{self as stored, Message, NewMessage};
use crate::store::{Connection, blocks, tickets};
use crate::visit::Params;

/// `message`.
pub(super) fn message(site: &Site, user: &User, params: &Params) -> Outcome {
    let ticket = ticket(site, user, params)?;
    let kind = kind(text(params, "type"))?;
    let body = params.get("body");
    check_body(body)?;
    let cid = Some(text(params, "cid")).filter(|cid| !cid.is_empty());
    if cid.is_some_and(|cid| cid.len() > CID_BYTES_MAX) {
        return Err(Refusal::bad("bad parameter: cid"));
    }
    if !site.sends.take_many(&user.id, weight(body)) {
        return Err(Refusal::too_many("You are writing too fast. Please wait a moment."));
    }
    let message = if kind == "broadcast" {
        events::broadcast(site, user, body, cid)?
    } else {
        say(site, user, params, &Saying { ticket, kind, body, cid })?
    };
    Ok(match cid {
        Some(_) => Reply::json(
            &json!({"status": "ok", "id": message.id.to_string(), "timestamp": message.timestamp}),
        ),
        None => Reply::json("ok"),
    })
}

/// What is said to a user or in a room.
struct Saying<'a> {
    ticket: Option<&'a str>,
    kind: &'static str,
    body: &'a str,
    cid: Option<&'a str>,
}

fn say(site: &Site, user: &User, params: &Params, saying: &Saying<'_>) -> Result<Message, Refusal> {
    let &Saying { ticket, kind, body, cid } = saying;
    let style = style::allowed(text(params, "style"));
    let message = site.store.write(|db| {
        let to = receiver(db, user, kind, required(params, "to")?)?;
        if let Some(ticket) = ticket {
            tickets::used(db, &session::hash(ticket))?;
        }
        let (from, nick) = (user.id.as_str(), user.nick.as_str());
        let new = NewMessage { kind, from, nick, to: &to, body, style: &style, cid };
        Ok::<Message, Refusal>(stored::add(db, &new)?)
    })?;
    if !message.delivered {
        push(site, ticket, &message);
    }
    Ok(message)
}

/// The type; the field has two names for each.
fn kind(text: &str) -> Result<&'static str, Refusal> {
    match text {
        "" | "unicast" | "chat" => Ok("unicast"),
        "multicast" | "grpchat" => Ok("multicast"),
        "broadcast" => Ok("broadcast"),
        _ => Err(Refusal::bad("bad parameter: type")),
    }
}

fn check_body(body: &str) -> Result<(), Refusal> {
    if body.trim().is_empty() {
        return Err(Refusal::bad("This message is empty."));
    }
    if body.len() > MESSAGE_BYTES_MAX {
        return Err(Refusal::bad("This message is too long."));
    }
    if body.contains('\0') {
        return Err(Refusal::bad("bad parameter: body"));
    }
    Ok(())
}

/// As how many messages it counts.
fn weight(body: &str) -> u32 {
    let mut json = Vec::with_capacity(body.len());
    nextim::base::json::write(&mut json, body);
    u32::try_from(json.len() / SEND_BYTES + 1).unwrap_or(u32::MAX)
}

/// Whom it is for, if he may write to him.
fn receiver(db: &Connection, user: &User, kind: &str, to: &str) -> Result<String, Refusal> {
    if kind == "multicast" {
        return Ok(rooms::mine(db, user, to)?.id.to_string());
    }
    let other = accounts::find_any(db, to)?.ok_or_else(no_such_user)?;
    may_write(db, user, &other)?;
    Ok(other.id)
}

/// Refused to somebody blocked, either way, and to oneself.
pub(super) fn may_write(db: &Connection, user: &User, other: &User) -> Result<(), Refusal> {
    if other.id == user.id {
        return Err(Refusal::forbidden("You cannot write to yourself."));
    }
    if blocks::blocks(db, &user.id, &other.id)? {
        return Err(Refusal::forbidden(format!("You have blocked {}.", other.nick)));
    }
    if blocks::blocks(db, &other.id, &user.id)? {
        return Err(Refusal::forbidden(format!("{} does not take messages from you.", other.nick)));
    }
    Ok(())
}

/// Pushes a message that is stored. Nothing that fails here is a reason to tell the sender that it has failed: it waits
/// until its receiver goes online.
fn push(site: &Site, ticket: Option<&str>, message: &Message) {
    let id = message.id.to_string();
    let push = Push::of(message, &id, ticket);
    let pushed = match site.im.message(&push) {
        // The sender's session has ended, or the message server was restarted. His page will see to that.
        Err(CallError::NoSession) if ticket.is_some() => site.im.message(&Push { ticket: None, ..push }),
        pushed => pushed,
    };
    // A room's message is delivered when it is pushed; who was not there finds it in the history.
    let delivered = pushed.is_ok_and(|sessions| sessions > 0 || message.kind == "multicast");
    if delivered && let Err(error) = site.store.write(|db| stored::set_delivered(db, message.id)) {
        log::warn!("message {id} will be delivered twice: {error}");
    }
}
