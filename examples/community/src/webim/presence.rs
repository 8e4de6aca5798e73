//! `offline`, `refresh`, `presence` and `status`: a page goes offline, changes its show, or its user is typing.
//!
//! Owns: the checks before these calls of the message server. Must not: call `offline` with a name: other pages of the user
//! stay online.

use super::contacts::no_such_user;
use super::host::{Host, Person};
use super::limits::{SHOW_BYTES_MAX, STATUS_BYTES_MAX};
use super::messages::may_write;
use super::params::{clearable, required, required_ticket, short, text, ticket};
use super::server::{By, CallError, INVISIBLE};
use crate::http::{Outcome, Params, Refusal, Reply};
use crate::secret;

/// `offline` and `refresh`: the session of this page ends, and its ticket is removed. A second call is no failure. If the
/// message server cannot be reached, the ticket is kept, so that a log-out ends the session.
pub(super) fn offline(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    required(params, "ticket")?;
    let Some(ticket) = ticket(site, user, params)? else { return Ok(Reply::json("ok")) };
    let ended = done(&site.plugin().im.offline(By::Ticket(ticket)))?;
    site.write(|db| db.remove_ticket(&secret::hash(ticket)))?;
    Ok(ended)
}

/// `presence`: the user's show changes.
pub(super) fn presence(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let ticket = required_ticket(site, user, params)?;
    required(params, "show")?;
    let show = short(params, "show", SHOW_BYTES_MAX)?;
    let status = clearable(params, "status", STATUS_BYTES_MAX)?;
    site.write(|db| {
        db.ticket_used(&secret::hash(ticket))?;
        // The status of an invisible user is for the user's own pages only.
        let public = status.filter(|_| show != INVISIBLE);
        public.map_or(Ok(()), |status| db.set_status(&user.id, status))
    })?;
    done(&site.plugin().im.show(ticket, &user.nick, show, status))
}

/// `status`: the user is typing, or no longer.
pub(super) fn typing(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let ticket = required_ticket(site, user, params)?;
    let show = short(params, "show", SHOW_BYTES_MAX)?;
    let other = site.read(|db| {
        let other = db.person(text(params, "to"))?.ok_or_else(no_such_user)?;
        may_write(db, user, &other)?;
        Ok(other)
    })?;
    done(&site.plugin().im.typing(ticket, &user.nick, &other.id, show))
}

/// A session that has ended is no failure: the page's next poll is answered with that.
fn done(result: &Result<(), CallError>) -> Outcome {
    match result {
        Ok(()) | Err(CallError::NoSession) => Ok(Reply::json("ok")),
        Err(CallError::Unreachable | CallError::NotAuthorized | CallError::Refused(..)) => {
            Err(Refusal::unavailable("The chat cannot be reached at the moment."))
        }
    }
}
