//! Polls that came to a node which is not that of their session.
//!
//! Owns: how a page is sent to the right one. Must not: pass a poll on: a page waits where its session is.

use super::answer::write_rejection;
use super::refusal::NO_CLIENT;
use super::reply::Reply;
use super::shape::Shape;
use crate::base::digits;
use crate::base::json;
use crate::http::events::{self, Event};
use crate::http::request::Request;
use crate::http::response;
use crate::router::call::Poll;

/// The parameter of a poll that was sent here: it is not sent on.
const HOP: &str = "hop=1";

/// Appends the answer to a poll whose session is at the node with this URL. A script is redirected, because it can read
/// no other answer than that of its session; everybody else reads where to poll.
pub(crate) fn write_moved(
    out: &mut Vec<u8>,
    request: &Request<'_>,
    (poll, server): (&Poll, &str),
    shape: &Shape,
    chance: u32,
) {
    let has_hopped = request.query.split('&').any(|parameter| parameter == HOP);
    let is_read = !shape.is_socket() && (shape.callback().is_some() || !shape.version.is_v5());
    if has_hopped || !is_read {
        return write_rejection(out, &NO_CLIENT, Some(shape), chance);
    }
    let seq = poll.seq.unwrap_or_default();
    if shape.callback().is_some() {
        response::write_redirect(out, &shape.manner(), |out| {
            for part in [server, request.path, "?", request.query, "&", HOP] {
                out.extend_from_slice(part.as_bytes());
            }
        });
        return;
    }
    let server = format!("{server}{}", request.path);
    if shape.is_stream() {
        events::write_head(out, &shape.manner());
        let event = Event { id: seq, retry_ms: None, is_last: true };
        events::write_event(out, event, |out| write_body(out, &server, seq));
    } else {
        Reply::new(out, shape).json(|out| write_body(out, &server, seq));
    }
}

fn write_body(out: &mut Vec<u8>, server: &str, seq: u64) {
    out.extend_from_slice(b"{\"status\":\"stopped\",\"reason\":\"moved\",\"server\":");
    json::write_text(out, server);
    out.extend_from_slice(b",\"messages\":[],\"presences\":[],\"statuses\":[],\"seq\":");
    digits::append(out, seq);
    out.push(b'}');
}
