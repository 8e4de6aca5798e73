//! The handshake: a request that makes a socket of its connection (RFC 6455 section 4).
//!
//! Owns: what such a request must have, and the head of the answer. Must not: judge its origin; the API knows those
//! that a domain names.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use crate::http::rejection::Rejection;
use crate::http::request::Request;
use crate::http::response::header;

/// The one version there is.
const VERSION: &[u8] = b"13";
/// What a server adds to the key, to prove that it knows what is asked for.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Bytes of a key.
const KEY_BYTES: usize = 16;
/// The head of the answer, but for the proof.
const SWITCHING: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";

/// What proves to the client of a handshake that it was read.
pub(crate) fn read(request: &Request<'_>) -> Result<String, Rejection> {
    let names = |header: &str, word: &str| {
        let options = request.values(header).flat_map(|value| value.split(|byte| *byte == b','));
        options.map(<[u8]>::trim_ascii).any(|option| option.eq_ignore_ascii_case(word.as_bytes()))
    };
    let is_asked = names("Upgrade", "websocket") && names("Connection", "upgrade");
    if request.http10 || !is_asked || only(request, "Sec-WebSocket-Version") != Some(VERSION) {
        return Err(Rejection::upgrade_required());
    }
    let key = only(request, "Sec-WebSocket-Key").filter(|key| is_key(key)).ok_or(Rejection::malformed())?;
    Ok(proof(key))
}

/// The value of a header that must stand once.
fn only<'b>(request: &Request<'b>, name: &str) -> Option<&'b [u8]> {
    let mut values = request.values(name);
    values.next().filter(|_| values.next().is_none())
}

fn is_key(key: &[u8]) -> bool {
    BASE64_STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == KEY_BYTES)
}

fn proof(key: &[u8]) -> String {
    // Nothing secret depends on it.
    let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(key);
    hash.update(GUID);
    BASE64_STANDARD.encode(hash.finish())
}

/// Appends the answer, with which the connection becomes a socket.
pub(crate) fn write_head(out: &mut Vec<u8>, proof: &str) {
    out.extend_from_slice(SWITCHING.as_bytes());
    header(out, "Sec-WebSocket-Accept: ", |out| out.extend_from_slice(proof.as_bytes()));
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::parser::head_of;

    /// That of the example in RFC 6455 section 1.3.
    const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const PROOF: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";

    fn of(version: u8, headers: &[&str]) -> Result<String, u16> {
        let head = format!("GET /a HTTP/1.{version}\r\nHost: a\r\n{}\r\n", headers.concat());
        read(&head_of(head.as_bytes()).expect("a head")).map_err(|rejection| rejection.status)
    }

    #[test]
    fn a_handshake_is_proved_to_be_read() {
        assert_eq!(of(1, &[UPGRADE, VERSION, KEY]).as_deref(), Ok(PROOF));
        for other in [
            "upgrade: WebSocket\r\nconnection: keep-alive, UPGRADE\r\n",
            "Upgrade: h2c, websocket\r\nConnection: keep-alive\r\nConnection: upgrade\r\n",
        ] {
            let offers = "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
            assert_eq!(of(1, &[KEY, offers, VERSION, other]).as_deref(), Ok(PROOF), "{other}");
        }
        let mut out = Vec::new();
        write_head(&mut out, PROOF);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
        );
    }

    #[test]
    fn what_asks_for_no_socket_is_told_how_to() {
        for headers in [
            &[][..],
            &[KEY, VERSION],
            &[KEY, VERSION, "Upgrade: websocket\r\n"],
            &[KEY, VERSION, "Connection: Upgrade\r\n"],
            &[KEY, VERSION, "Upgrade: websockets\r\nConnection: Upgrade\r\n"],
            &[KEY, UPGRADE],
            &[KEY, UPGRADE, "Sec-WebSocket-Version: 8\r\n"],
            &[KEY, UPGRADE, "Sec-WebSocket-Version: 13, 8\r\n"],
            &[KEY, UPGRADE, VERSION, VERSION],
        ] {
            assert_eq!(of(1, headers), Err(426), "{headers:?}");
        }
        assert_eq!(of(0, &[UPGRADE, VERSION, KEY]), Err(426));
    }

    #[test]
    fn a_key_has_sixteen_bytes_and_stands_once() {
        for key in
            ["", "x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZ1==", "AAAAAAAAAAAAAAAAAAAAAA= ="]
        {
            let key = format!("Sec-WebSocket-Key: {key}\r\n");
            assert_eq!(of(1, &[UPGRADE, VERSION, &key]), Err(400), "{key}");
        }
        assert_eq!(of(1, &[UPGRADE, VERSION]), Err(400));
        assert_eq!(of(1, &[UPGRADE, VERSION, KEY, KEY]), Err(400));
    }
}
