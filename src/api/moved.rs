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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::endpoint::policy;
    use crate::api::testing::{TICKET, request as written_request, shape};
    use crate::base::limits::Limits;
    use crate::http::parser::{Parsed, Partial, parse};
    use crate::router::call::Transport;
    use crate::router::ids::Ticket;

    const SERVER: &str = "https://im2.example/chat";

    /// The head and the body of the answer to a poll that came to the wrong node.
    fn moved(target: &str, seq: Option<u64>) -> (String, String) {
        moved_with(target, "", seq)
    }

    fn moved_with(target: &str, headers: &str, seq: Option<u64>) -> (String, String) {
        let text = written_request("GET", target, headers, "");
        let limits = Limits::DEFAULT;
        let (mut partial, mut scratch) = (Partial::default(), Vec::new());
        let parsed = parse(text.as_bytes(), &mut partial, &mut scratch, &policy(&limits));
        let Parsed::Complete { request, .. } = parsed else { panic!("one request: {target}") };
        let ticket = Ticket::parse(TICKET).expect("it is well-formed");
        let poll = Poll { ticket, seq, transport: Transport::Poll };
        let mut out = Vec::new();
        write_moved(&mut out, &request, (&poll, SERVER), &shape(&text), 0);
        let out = String::from_utf8(out).unwrap();
        let (head, body) = out.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    #[track_caller]
    fn check_not_found(target: &str) {
        let (head, _) = moved(target, None);
        assert!(head.starts_with("HTTP/1.1 404 "), "{target}: {head}");
        assert!(!head.contains("Location"), "{target}");
    }

    #[test]
    fn a_page_reads_where_to_poll() {
        let body = |seq| {
            format!(
                "{{\"status\":\"stopped\",\"reason\":\"moved\",\"server\":\"{SERVER}/packets\",\
                 \"messages\":[],\"presences\":[],\"statuses\":[],\"seq\":{seq}}}"
            )
        };
        let target = format!("/packets?domain=a&ticket={TICKET}");
        let (head, text) = moved(&target, Some(7));
        assert!(head.starts_with("HTTP/1.1 200 ") && !head.contains("Location"), "{head}");
        assert_eq!(text, body(7));
        assert_eq!(moved(&target, None).1, body(0));
    }

    /// The query is the same, byte by byte, with one parameter more.
    #[test]
    fn a_script_is_redirected_with_its_query() {
        for query in [
            format!("domain=a&ticket={TICKET}&callback=cb"),
            format!("callback=a.b&domain=%61&ticket={TICKET}&seq=7&_=1"),
            // Another parameter has that word in its name or its value.
            format!("domain=a&ticket={TICKET}&callback=cb&hop=10&xhop=1&x=hop=1&HOP=1"),
            format!("&&domain=a&ticket={TICKET}&callback=cb&x=%0d%0aSet-Cookie:%20a=b"),
        ] {
            let (head, body) = moved(&format!("/packets?{query}"), None);
            assert!(head.starts_with("HTTP/1.1 307 "), "{query}: {head}");
            let location = head.split("\r\n").find_map(|line| line.strip_prefix("Location: "));
            assert_eq!(location, Some(format!("{SERVER}/packets?{query}&hop=1").as_str()));
            assert!(body.is_empty() && !head.contains("\r\nSet-Cookie"), "{head}");
        }
    }

    #[test]
    fn a_poll_is_sent_on_once() {
        for query in ["callback=cb&hop=1", "hop=1&callback=cb", "hop=1", "callback=cb&hop=1&hop=1"] {
            check_not_found(&format!("/packets?domain=a&ticket={TICKET}&{query}"));
        }
    }

    /// What is no callback is never written, and nobody is sent anywhere by it.
    #[test]
    fn a_callback_that_is_none_redirects_nobody() {
        for callback in ["alert(1)", "%3Cscript%3E", "a%0d%0ab", "a;b", "%ff"] {
            let (head, _) = moved(&format!("/packets?domain=a&ticket={TICKET}&callback={callback}"), None);
            assert!(!head.contains("Location") && !head.contains("307"), "{callback}: {head}");
        }
    }

    #[test]
    fn a_stream_ends_with_an_event_that_says_where() {
        let target = format!("/packets?domain=a&ticket={TICKET}");
        let (head, body) = moved_with(&target, "Accept: text/event-stream\r\n", Some(9));
        assert!(head.contains("text/event-stream"), "{head}");
        assert!(body.contains("id: 9\n") || body.contains("id:9\n"), "{body}");
        assert!(body.contains("\"reason\":\"moved\",\"server\":\"https://im2.example/chat/"), "{body}");
    }

    /// Clients of version 5 do not know that a server can be another one; a script is redirected in any version.
    #[test]
    fn clients_of_version_5_find_nothing_there() {
        check_not_found(&format!("/v5/packets?domain=a&ticket={TICKET}"));
        let (head, _) = moved(&format!("/v5/packets?domain=a&ticket={TICKET}&callback=cb"), None);
        assert!(head.contains(&format!("Location: {SERVER}/v5/packets?")), "{head}");
    }
}
