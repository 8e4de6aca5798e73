//! Frames of a socket (`WebSocket`), as they are read from a connection.
//!
//! Owns: where the head of a socket and each of its frames end. Must not: hold state of a connection, or read a text;
//! that is what an answer to a poll would be.

use memchr::memmem;

use super::events::StreamPart;
use crate::socket::{CLOSE, PING, TEXT};

/// The length of the head of a socket; `None` if it is another answer, or not whole.
pub(super) fn socket_head(bytes: &[u8]) -> Option<usize> {
    let head_bytes = memmem::find(bytes, b"\r\n\r\n")? + 4;
    bytes.starts_with(b"HTTP/1.1 101 ").then_some(head_bytes)
}

/// Reads what comes behind the head of a socket.
pub(super) fn socket_part(bytes: &[u8]) -> StreamPart<'_> {
    let Some([first, short]) = bytes.first_chunk() else { return StreamPart::Partial };
    let extended = match short {
        126 => bytes.get(2..4),
        127 => bytes.get(2..10),
        0..126 => Some(&bytes[1..2]),
        // A server masks nothing.
        128.. => return StreamPart::Broken,
    };
    let Some(extended) = extended else { return StreamPart::Partial };
    let length = extended.iter().fold(0, |length: usize, byte| length << 8 | usize::from(*byte));
    let from = if *short < 126 { 2 } else { 2 + extended.len() };
    match (from.checked_add(length).map(|to| bytes.get(from..to)), *first) {
        (Some(None), _) => StreamPart::Partial,
        (Some(Some(data)), TEXT) => StreamPart::Event { data, bytes: from + length },
        (Some(Some(payload)), PING) => StreamPart::Ping { payload, bytes: from + length },
        (Some(Some(_)), CLOSE) => StreamPart::End,
        (None | Some(Some(_)), _) => StreamPart::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
        assert_eq!(socket_head(format!("{head}\u{1}").as_bytes()), Some(head.len()));
        assert_eq!(socket_head(&head.as_bytes()[..head.len() - 1]), None);
        assert_eq!(socket_head(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), None);
    }

    #[test]
    fn frames_are_the_same_wherever_they_are_cut() {
        let check = |bytes: &[u8], expected: &StreamPart<'_>| {
            assert_eq!(socket_part(&[bytes, b"\x81"].concat()), *expected, "{bytes:02x?}");
            for cut in 0..bytes.len() {
                assert_eq!(socket_part(&bytes[..cut]), StreamPart::Partial, "{cut} of {bytes:02x?}");
            }
        };
        check(b"\x81\x02{}", &StreamPart::Event { data: b"{}", bytes: 4 });
        check(b"\x89\x00", &StreamPart::Ping { payload: b"", bytes: 2 });
        check(b"\x89\x01p", &StreamPart::Ping { payload: b"p", bytes: 3 });
        check(b"\x88\x02\x03\xe8", &StreamPart::End);
        check(b"\x82\x00", &StreamPart::Broken);
        for (header, length) in [(&b"\x81\x7e\x01\x00"[..], 256), (b"\x81\x7f\0\0\0\0\0\x01\0\0", 65_536)] {
            let data = vec![b'x'; length];
            check(
                &[header, &data].concat(),
                &StreamPart::Event { data: &data, bytes: header.len() + length },
            );
        }
        assert_eq!(socket_part(b"\x81\x80"), StreamPart::Broken, "masked");
        assert_eq!(
            socket_part(&[&b"\x81\x7f"[..], &[0xff; 8]].concat()),
            StreamPart::Broken,
            "longer than memory"
        );
    }
}
