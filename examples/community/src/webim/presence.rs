//! `offline`, `refresh`, `presence` and `status`: a page leaves, shows something else, or its user is typing.
//!
//! Owns: what these need to be carried out. Must not: end more than the page that asks.

use super::contacts::no_such_user;
use super::messages::may_write;
use super::params::{clearable, required, required_ticket, short, text, ticket};
use super::server::{By, CallError, INVISIBLE};
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::limits::{SHOW_BYTES_MAX, STATUS_BYTES_MAX};
use crate::session;
use crate::site::{Outcome, Site};
use crate::store::accounts::{self, User};
use crate::store::tickets;
use crate::visit::Params;

/// `offline` and `refresh`: the session of this page ends, and its ticket is forgotten. Again is no failure. A ticket of which
/// the message server could not be told is remembered, so that a log-out ends it.
pub(super) fn offline(site: &Site, user: &User, params: &Params) -> Outcome {
    required(params, "ticket")?;
    let Some(ticket) = ticket(site, user, params)? else { return Ok(Reply::json("ok")) };
    let ended = done(&site.im.offline(By::Ticket(ticket)))?;
    site.store.write(|db| tickets::forget(db, &session::hash(ticket)))?;
    Ok(ended)
}

/// `presence`: the user shows something else.
pub(super) fn presence(site: &Site, user: &User, params: &Params) -> Outcome {
    let ticket = required_ticket(site, user, params)?;
    required(params, "show")?;
    let show = short(params, "show", SHOW_BYTES_MAX)?;
    let status = clearable(params, "status", STATUS_BYTES_MAX)?;
    site.store
        .write(|db| {
            tickets::used(db, &session::hash(ticket))?;
            // What is said by somebody invisible is for his own pages.
            let told = status.filter(|_| show != INVISIBLE);
            told.map_or(Ok(()), |status| accounts::set_status(db, &user.id, status))
        })
        .map_err(|error: rusqlite::Error| Refusal::from(error))?;
    done(&site.im.show(ticket, &user.nick, show, status))
}

/// `status`: the user is typing, or no longer.
pub(super) fn typing(site: &Site, user: &User, params: &Params) -> Outcome {
    let ticket = required_ticket(site, user, params)?;
    let show = short(params, "show", SHOW_BYTES_MAX)?;
    let other = site.store.read(|db| {
        let other = accounts::find_any(db, text(params, "to"))?.ok_or_else(no_such_user)?;
        may_write(db, user, &other)?;
        Ok::<User, Refusal>(other)
    })?;
    done(&site.im.typing(ticket, &user.nick, &other.id, show))
}

/// A session that has ended is no failure: the page learns it from its poll.
fn done(result: &Result<(), CallError>) -> Outcome {
    match result {
        Ok(()) | Err(CallError::NoSession) => Ok(Reply::json("ok")),
        Err(CallError::Unreachable | CallError::NotAuthorized | CallError::Refused(..)) => {
            Err(Refusal::unavailable("The chat cannot be reached at the moment."))
        }
    }
}
