//! Refusals: the reasons not to carry a request out, as statuses and texts.
//!
//! Owns: every error text of the API, and the time after which a refused client comes back. The errors of HTTP itself are
//! made by [`Rejection`]. Must not: write an answer; `answer.rs` does.

use crate::base::limits::admission::{RETRY_CROWDED_S, RETRY_LATER_S, RETRY_MUCH_LATER_S, RETRY_SOON_S};
use crate::http::rejection::{ErrorForm, Rejection};
use crate::router::call::{Refusal, Version};
use crate::router::owners::Isolation;

/// A domain and an apikey that do not belong together, or one of them is missing. The text does not say which.
pub(crate) const UNAUTHORIZED: Rejection =
    Rejection::new(401, "authentication failed").with_header("WWW-Authenticate: Basic realm=\"nextim\"");
/// A text that cannot be a ticket.
pub(crate) const INVALID_TICKET: Rejection = Rejection::new(404, "invalid ticket");
/// A ticket or a name that nobody is online with.
pub(crate) const NO_CLIENT: Rejection = Rejection::new(404, "no client found");
/// A stream for a client that cannot read one: it would have no end before that of its connection.
pub(crate) const STREAM_OF_HTTP10: Rejection = Rejection::new(400, "a stream needs HTTP/1.1");
/// A handshake of a page that the domain does not name. Scripts of any page may open a socket, so the server looks.
pub(crate) const OTHER_ORIGIN: Rejection = Rejection::new(403, "origin not allowed");
/// A body that cannot be read.
pub(crate) const UNSUPPORTED_TYPE: Rejection = Rejection::new(
    415,
    "unsupported body type: send application/x-www-form-urlencoded or application/json, in UTF-8 and without \
     Content-Encoding",
)
.with_header("Accept-Post: application/x-www-form-urlencoded, application/json");

/// The calls of the domain come too often.
pub(crate) const TOO_MANY_CALLS: Rejection = Rejection::too_many("too many calls", RETRY_SOON_S);
/// The requests without an apikey from the address come too often.
pub(crate) const TOO_MANY_REQUESTS: Rejection = Rejection::too_many("too many requests", RETRY_LATER_S);
/// The requests of the address take long to arrive, and hold too much meanwhile.
pub(crate) const TOO_MANY_UNFINISHED: Rejection =
    Rejection::too_many("too many unfinished requests", RETRY_LATER_S).closing();
/// The address has all the connections it may have; no request was read.
pub(crate) const ADDRESS_CROWDED: Rejection =
    Rejection::too_many("too many connections from your address", RETRY_CROWDED_S).closing();
/// The server has all the connections it may have; no request was read.
pub(crate) const SERVER_CROWDED: Rejection =
    Rejection::unavailable("too many connections", RETRY_CROWDED_S).closing();
/// The memory for waiting answers and packets is used up.
pub(crate) const SERVER_BUSY: Rejection = Rejection::unavailable("server busy", RETRY_LATER_S);
/// The same, so that there is no memory for another connection; no request was read.
pub(crate) const SERVER_BUSY_AT_THE_DOOR: Rejection =
    Rejection::unavailable("server busy", RETRY_CROWDED_S).closing();
/// The server goes down.
pub(crate) const SHUTTING_DOWN: Rejection = Rejection::unavailable("shutting down", RETRY_LATER_S);

/// The node of a cluster is not healthy: it takes no calls for this reason.
pub(crate) const fn isolated(isolation: Isolation) -> Rejection {
    Rejection::unavailable("cluster: ", RETRY_SOON_S).with_detail(isolation.words())
}

/// An error on the paths of version 5, whose clients read every answer as JSON.
const IN_JSON: ErrorForm = ErrorForm::Json { before: "{\"status\":\"error\",\"message\":", after: "}" };

/// The form of errors in this version.
pub(super) fn form(version: Version) -> ErrorForm {
    if version.is_v5() { IN_JSON } else { ErrorForm::Text }
}

/// A parameter that is required.
pub(crate) const fn missing(parameter: &'static str) -> Rejection {
    Rejection::new(400, "missing parameter: ").with_detail(parameter)
}

/// A parameter whose value cannot be taken.
pub(crate) const fn bad(parameter: &'static str) -> Rejection {
    Rejection::new(400, "bad parameter: ").with_detail(parameter)
}

/// The rejection that a refusal of the router is answered with.
pub(super) fn of(refusal: Refusal) -> Rejection {
    match refusal {
        Refusal::NoClient => NO_CLIENT,
        Refusal::BadSeq => bad("seq"),
        Refusal::TooManyUsers => Rejection::too_many("too many users", RETRY_MUCH_LATER_S),
        Refusal::TooManySessions => Rejection::too_many("too many sessions", RETRY_MUCH_LATER_S),
        Refusal::TooManyRooms => Rejection::too_many("too many rooms", RETRY_MUCH_LATER_S),
        Refusal::TooManyPolls => Rejection::too_many("too many polls", RETRY_SOON_S),
        Refusal::ReceiverFull => Rejection::unavailable("receiver cannot take more", RETRY_LATER_S),
        Refusal::Overloaded => SERVER_BUSY,
        Refusal::Late => Rejection::unavailable("not answered in time", RETRY_SOON_S),
        Refusal::ShuttingDown => SHUTTING_DOWN,
        Refusal::Unreachable => Rejection::unavailable("cluster: unreachable", RETRY_SOON_S),
        Refusal::Unserved => Rejection::unavailable("cluster: domain", RETRY_SOON_S),
        Refusal::Isolated => Rejection::unavailable("cluster: isolated", RETRY_SOON_S),
    }
}
