//! `message`: a user sends a message.
//!
//! Owns: which users may write to each other, and the order of the steps:
//!
//! 1. check the text, the object that comes with it, the rate and the receiver
//! 2. store the message: it is accepted from now on, even if all that follows fails
//! 3. push it, with its id and time from the archive
//! 4. mark it as delivered, if the message server has queued it for a page, and as arrived, if others see that page's user
//!
//! The answer says whether the message has arrived, and not whether it was delivered: that would show that a user who looks
//! offline is online. Must not: read the parameters `from`, `nick`, `timestamp` and `offline`, which old front ends send.

use serde_json::json;

use super::contacts::no_such_user;
use super::host::{Host, Message, NewMessage, Person, Records};
use super::limits::{CID_BYTES_MAX, MESSAGE_BYTES_MAX, SEND_BYTES};
use super::params::{object, required, text, ticket};
use super::server::{CallError, Delivery, Push};
use super::{rooms, style};
use crate::http::{Outcome, Params, Refusal, Reply};
use crate::secret;

pub(super) fn message(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let ticket = ticket(site, user, params)?;
    let kind = kind(text(params, "type"))?;
    let body = params.get("body");
    check_body(body)?;
    let cid = Some(text(params, "cid")).filter(|cid| !cid.is_empty());
    if cid.is_some_and(|cid| cid.len() > CID_BYTES_MAX) {
        return Err(Refusal::bad("bad parameter: cid"));
    }
    let meta = object(params, "meta")?;
    if !site.plugin().may_send(&user.id, weight(body, meta)) {
        return Err(Refusal::too_many("You are writing too fast. Please wait a moment."));
    }
    let message = if kind == "broadcast" {
        broadcast(site, user, body, cid, meta)?
    } else {
        send(site, user, params, &Draft { ticket, kind, body, cid, meta })?
    };
    Ok(match cid {
        Some(_) => Reply::json(&json!({
            "status": "ok",
            "id": message.id.to_string(),
            "timestamp": message.timestamp,
            "arrived": message.arrived,
        })),
        None => Reply::json("ok"),
    })
}

/// A message to a user or a room, as the page sent it.
struct Draft<'a> {
    ticket: Option<&'a str>,
    kind: &'static str,
    body: &'a str,
    cid: Option<&'a str>,
    meta: Option<&'a str>,
}

fn send(site: &impl Host, user: &Person, params: &Params, draft: &Draft<'_>) -> Result<Message, Refusal> {
    let &Draft { ticket, kind, body, cid, meta } = draft;
    let style = style::allowed(text(params, "style"));
    let mut message = site.write(|db| {
        let to = receiver(db, user, kind, required(params, "to")?)?;
        if let Some(ticket) = ticket {
            db.ticket_used(&secret::hash(ticket))?;
        }
        let (from, nick) = (user.id.as_str(), user.nick.as_str());
        let new = NewMessage { kind, from, nick, to: &to, body, style: &style, cid, meta };
        db.add_message(&new)
    })?;
    if !message.delivered {
        message.arrived = push(site, ticket, &message);
    }
    Ok(message)
}

/// The type; front ends in the field use two names for each.
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

/// How many messages it counts as, with the object that comes with it.
fn weight(body: &str, meta: Option<&str>) -> u32 {
    let mut json = Vec::with_capacity(body.len());
    for part in [body, meta.unwrap_or_default()] {
        nextim::internals::write_json(&mut json, part);
    }
    u32::try_from(json.len() / SEND_BYTES + 1).unwrap_or(u32::MAX)
}

/// The id of the user or the room that it goes to, if this user may write there.
fn receiver(db: &dyn Records, user: &Person, kind: &str, to: &str) -> Result<String, Refusal> {
    if kind == "multicast" {
        return Ok(rooms::mine(db, user, to)?.id);
    }
    let other = db.person(to)?.ok_or_else(no_such_user)?;
    may_write(db, user, &other)?;
    Ok(other.id)
}

/// Refuses messages to oneself and, if one of the two blocks the other, between them.
pub(super) fn may_write(db: &dyn Records, user: &Person, other: &Person) -> Result<(), Refusal> {
    if other.id == user.id {
        return Err(Refusal::forbidden("You cannot write to yourself."));
    }
    if db.blocks(&user.id, &other.id)? {
        return Err(Refusal::forbidden(format!("You have blocked {}.", other.nick)));
    }
    if db.blocks(&other.id, &user.id)? {
        return Err(Refusal::forbidden(format!("{} does not take messages from you.", other.nick)));
    }
    Ok(())
}

/// Steps 3 and 4; returns whether the message has arrived. A failure here is no failure of the request: the message waits
/// until its receiver goes online.
fn push(site: &impl Host, ticket: Option<&str>, message: &Message) -> bool {
    let id = message.id.to_string();
    let push = push_of(message, &id, ticket);
    let pushed = match site.plugin().im.message(&push) {
        // The sender's session has ended, or the message server was restarted. The sender's page then goes online again.
        Err(CallError::NoSession) if ticket.is_some() => {
            site.plugin().im.message(&Push { ticket: None, ..push })
        }
        pushed => pushed,
    };
    // A message to a room counts as delivered when it is pushed; members who were offline find it in the history.
    let is_multicast = message.kind == "multicast";
    match pushed.ok().filter(|delivery| delivery.sessions > 0 || is_multicast) {
        Some(delivery) => set_delivered(site, message, delivery),
        None => message.arrived,
    }
}

/// Step 4. Returns whether the message has arrived.
fn set_delivered(site: &impl Host, message: &Message, delivery: Delivery) -> bool {
    let arrived = site.write(|db| db.set_delivered(message.id, delivery.visible > 0));
    arrived.unwrap_or_else(|refusal| {
        log::warn!("message {} will be delivered twice: {}", message.id, refusal.text);
        message.arrived
    })
}

/// Sends a message to everybody who is online. Only an administrator may. A second broadcast of the same `cid` is not
/// stored; it is pushed once more if the first push failed.
pub fn broadcast(
    site: &impl Host,
    user: &Person,
    body: &str,
    cid: Option<&str>,
    meta: Option<&str>,
) -> Result<Message, Refusal> {
    if !user.is_admin {
        return Err(Refusal::forbidden("Only an administrator may write to everybody."));
    }
    if body.trim().is_empty() || body.len() > MESSAGE_BYTES_MAX || body.contains('\0') {
        return Err(Refusal::bad("This message is empty or too long."));
    }
    let new = NewMessage {
        kind: "broadcast",
        from: &user.id,
        nick: &user.nick,
        to: "",
        body,
        style: "",
        cid,
        meta,
    };
    let mut message = site.write(|db| db.add_message(&new))?;
    if !message.delivered {
        let id = message.id.to_string();
        let pushed = site.plugin().im.message(&push_of(&message, &id, None));
        let delivery = pushed.map_err(|error| {
            Refusal::unavailable(format!("The message is stored, but was not sent. Message server: {error}."))
        })?;
        message.arrived = set_delivered(site, &message, delivery);
    }
    Ok(message)
}

/// A push of a message in the archive, whose id the caller has written out.
fn push_of<'a>(message: &'a Message, id: &'a str, ticket: Option<&'a str>) -> Push<'a> {
    Push {
        ticket,
        from: &message.from,
        nick: &message.nick,
        to: &message.to,
        kind: &message.kind,
        body: &message.body,
        style: &message.style,
        timestamp: message.timestamp,
        id,
        meta: message.meta.as_deref(),
    }
}
