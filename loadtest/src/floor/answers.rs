//! What the stand-in server writes: bytes that were made before, with a few digits filled in.
//!
//! Owns: the bytes; there are about as many as in `NextIM`'s answers. Must not: look at requests.

use nextim_testkit::load::digits::digits;

/// The answer to a message.
pub(super) const DELIVERED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\
    X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nX-NextIM-Delivered: 1\r\n\
    Content-Length: 2\r\n\r\nok";
/// The answer to other calls.
pub(super) const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\
    X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nContent-Length: 2\r\n\r\nok";
/// The answer to what it does not know.
pub(super) const UNKNOWN: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

const ONLINE_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
    X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nContent-Length: ";
const POLL_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/javascript; charset=utf-8\r\n\
    X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\n\
    Vary: Origin\r\nAccess-Control-Expose-Headers: Retry-After\r\nContent-Length: ";
const MESSAGE: &[u8] =
    b"{\"type\":\"unicast\",\"to\":\"u00000001\",\"from\":\"u00000002\",\"nick\":\"u00000002\",\
    \"timestamp\":1795296645202,\"body\":\"shall we meet at the usual place?\",\"style\":\"\",\"id\":\"";
const PRESENCE: &[u8] =
    b"{\"from\":\"u00000001\",\"nick\":\"u00000001\",\"type\":\"online\",\"show\":\"available\",\
    \"status\":\"\"}";
const BUDDY: &[u8] = b",\"u00000001\":\"available\"";
/// A ticket is as long as `NextIM`'s: a letter, eight digits, and what fills it up.
const TICKET_FILLER: &[u8] = b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Appends the answer to an online call.
pub(super) fn online(out: &mut Vec<u8>, user: u32, buddies: usize) {
    with_length(out, ONLINE_HEAD, |out| {
        out.extend_from_slice(b"{\"ticket\":\"t");
        let at = out.len();
        out.extend_from_slice(b"00000000");
        digits(&mut out[at..], user.into());
        out.extend_from_slice(TICKET_FILLER);
        out.extend_from_slice(b"\",\"buddies\":{\"\":\"\"");
        for _ in 0..buddies {
            out.extend_from_slice(BUDDY);
        }
        out.extend_from_slice(b"},\"roominfo\":{\"r00000001\":1},\"clientnum\":1}");
    });
}

/// Appends the answer to a poll.
pub(super) fn news(out: &mut Vec<u8>, ids: &[[u8; 16]], presences: u32, seq: u32, status: &[u8]) {
    with_length(out, POLL_HEAD, |out| {
        out.extend_from_slice(b"/**/cb({\"status\":\"");
        out.extend_from_slice(status);
        out.extend_from_slice(b"\",\"messages\":[");
        for (index, id) in ids.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(MESSAGE);
            out.extend_from_slice(id);
            out.extend_from_slice(b"\"}");
        }
        out.extend_from_slice(b"],\"presences\":[");
        for index in 0..presences {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(PRESENCE);
        }
        out.extend_from_slice(b"],\"statuses\":[],\"seq\":");
        let at = out.len();
        out.extend_from_slice(b"000000");
        digits(&mut out[at..], seq.into());
        out.extend_from_slice(b"});");
    });
}

fn with_length(out: &mut Vec<u8>, head: &[u8], body: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(head);
    let length_at = out.len();
    out.extend_from_slice(b"00000\r\n\r\n");
    let body_at = out.len();
    body(out);
    let length = out.len() - body_at;
    digits(&mut out[length_at..length_at + 5], length as u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use nextim_testkit::load::wire::{News, NewsReader, Parsed, Ticket, answer};

    #[test]
    fn the_generator_reads_them() {
        let mut out = Vec::new();
        online(&mut out, 17, 2);
        let Parsed::Whole { status: 200, body, bytes } = answer(&out) else { panic!("{out:?}") };
        assert_eq!(bytes, out.len());
        assert_eq!(Ticket::find(body).unwrap().text().len(), 40);
        serde_json::from_slice::<serde_json::Value>(body).unwrap();

        let mut out = Vec::new();
        news(&mut out, &[*b"000000000000000a", *b"000000000000000b"], 3, 5, b"ok");
        let Parsed::Whole { status: 200, body, bytes } = answer(&out) else { panic!("{out:?}") };
        assert_eq!(bytes, out.len());
        let mut ids = Vec::new();
        let news = NewsReader::default().read(body, |id| ids.push(id));
        assert_eq!(
            (news, ids),
            (News { stopped: false, seq: Some(5), retry_ms: None, presences: 3 }, vec![10, 11])
        );
    }
}
