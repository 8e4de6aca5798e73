//! Frames: what a client may send, and what a server sends (RFC 6455 section 5).
//!
//! Owns: [`read`] and the writers. Must not: keep a byte of the input. A client sends short texts, each in one frame,
//! pings, pongs and a close; all other frames end the socket, with the code that [`read`] returns.

use super::close::CloseCode;

/// Longest payload of a control frame, and of any frame whose length stands in one byte.
const SHORT_BYTES_MAX: usize = 125;
/// In the second byte: the length follows in two bytes.
const LENGTH_IN_TWO: u8 = 126;
/// The same in eight bytes.
const LENGTH_IN_EIGHT: u8 = 127;

/// The first bit of a frame: the message ends with it.
const FINAL: u8 = 0x80;
/// Bits that only extensions set.
const RESERVED: u8 = 0x70;
/// The first bit of the second byte: the payload is masked.
const MASKED: u8 = 0x80;
/// Bytes of a mask.
const MASK_BYTES: usize = 4;

/// What a frame is, by the last four bits of its first byte.
mod opcode {
    pub(super) const TEXT: u8 = 0x1;
    pub(super) const BINARY: u8 = 0x2;
    pub(super) const CLOSE: u8 = 0x8;
    pub(super) const PING: u8 = 0x9;
    pub(super) const PONG: u8 = 0xA;
}

/// A frame of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame<'s> {
    /// A whole message.
    Text(&'s str),
    /// A question whether anybody is there: the payload must be sent back (RFC 6455 section 5.5.2).
    Ping(&'s [u8]),
    /// The answer to a ping, with its payload.
    Pong(&'s [u8]),
    /// The last frame, with the reason if the client gives one.
    Close(Option<CloseCode>),
}

/// Reads the frame that `input` begins with, and its length; `None` if it has not arrived as a whole. Its payload is
/// unmasked into `scratch`. The result is the same however the input is cut: the code with which the socket must be
/// closed, too.
pub(crate) fn read<'s>(
    input: &[u8],
    text_bytes_max: usize,
    scratch: &'s mut Vec<u8>,
) -> Result<Option<(Frame<'s>, usize)>, CloseCode> {
    let Some(header) = Header::read(input, text_bytes_max)? else { return Ok(None) };
    let Header { opcode, mask_at, payload_bytes } = header;
    let payload_at = mask_at + MASK_BYTES;
    let end = payload_at + payload_bytes;
    let Some(masked) = input.get(payload_at..end) else { return Ok(None) };
    let mask = &input[mask_at..payload_at];
    scratch.clear();
    scratch.extend(masked.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    let frame = match opcode {
        opcode::TEXT => Frame::Text(std::str::from_utf8(scratch).map_err(|_| CloseCode::PROTOCOL_ERROR)?),
        opcode::CLOSE => Frame::Close(close_code(scratch)?),
        opcode::PING => Frame::Ping(scratch),
        _ => Frame::Pong(scratch),
    };
    Ok(Some((frame, end)))
}

/// What stands before the payload of a frame that is taken.
struct Header {
    opcode: u8,
    mask_at: usize,
    payload_bytes: usize,
}

impl Header {
    /// Reads a header; `None` if it has not arrived as a whole.
    fn read(input: &[u8], text_bytes_max: usize) -> Result<Option<Header>, CloseCode> {
        let Some(&first) = input.first() else { return Ok(None) };
        let opcode = taken_opcode(first)?;
        let Some(&second) = input.get(1) else { return Ok(None) };
        if second & MASKED == 0 {
            return Err(CloseCode::PROTOCOL_ERROR);
        }
        let short = second & !MASKED;
        if opcode != opcode::TEXT && usize::from(short) > SHORT_BYTES_MAX
            || opcode == opcode::CLOSE && short == 1
        {
            return Err(CloseCode::PROTOCOL_ERROR);
        }
        let extended_bytes = match short {
            LENGTH_IN_TWO => size_of::<u16>(),
            LENGTH_IN_EIGHT => size_of::<u64>(),
            _ => 0,
        };
        let mask_at = 2 + extended_bytes;
        let Some(extended) = input.get(2..mask_at) else { return Ok(None) };
        let payload_bytes = payload_bytes(short, extended)?;
        if payload_bytes > text_bytes_max as u64 {
            return Err(CloseCode::TOO_BIG);
        }
        let payload_bytes = usize::try_from(payload_bytes).expect("it is no more than the longest text");
        Ok(Some(Header { opcode, mask_at, payload_bytes }))
    }
}

/// The opcode of a frame, if it is one that is taken and whole.
fn taken_opcode(first: u8) -> Result<u8, CloseCode> {
    let (is_final, opcode) = (first & FINAL != 0, first & !(FINAL | RESERVED));
    if first & RESERVED != 0 {
        return Err(CloseCode::PROTOCOL_ERROR);
    }
    match opcode {
        opcode::TEXT | opcode::CLOSE | opcode::PING | opcode::PONG if is_final => Ok(opcode),
        // In order, but nobody needs them here: a message in parts, and one of bytes.
        opcode::TEXT | opcode::BINARY => Err(CloseCode::POLICY),
        // A control frame in parts, a part without a beginning, or an opcode that means nothing.
        _ => Err(CloseCode::PROTOCOL_ERROR),
    }
}

/// The length of a payload, which must stand in as few bytes as it can.
fn payload_bytes(short: u8, extended: &[u8]) -> Result<u64, CloseCode> {
    let long = extended.iter().fold(0, |long: u64, byte| long << 8 | u64::from(*byte));
    let (bytes, least) = match short {
        LENGTH_IN_TWO => (long, SHORT_BYTES_MAX as u64 + 1),
        LENGTH_IN_EIGHT => (long, u64::from(u16::MAX) + 1),
        _ => (u64::from(short), 0),
    };
    if bytes < least || bytes > i64::MAX as u64 { Err(CloseCode::PROTOCOL_ERROR) } else { Ok(bytes) }
}

/// The code in the payload of a close frame, which may be empty, and may have a text behind the code.
fn close_code(payload: &[u8]) -> Result<Option<CloseCode>, CloseCode> {
    let Some((code, text)) = payload.split_first_chunk() else { return Ok(None) };
    let code = CloseCode::received(u16::from_be_bytes(*code)).ok_or(CloseCode::PROTOCOL_ERROR)?;
    std::str::from_utf8(text).map_err(|_| CloseCode::PROTOCOL_ERROR)?;
    Ok(Some(code))
}

/// Appends a message that `text` writes. Its length is known only then and goes before it, which moves the text by a few
/// bytes; that costs less than a second buffer.
pub(crate) fn write_text(out: &mut Vec<u8>, text: impl FnOnce(&mut Vec<u8>)) {
    let frame_at = out.len();
    text(out);
    let before = out.len();
    write_header(out, opcode::TEXT, before - frame_at);
    let header_bytes = out.len() - before;
    out[frame_at..].rotate_right(header_bytes);
}

/// Appends a ping, whose payload the client sends back.
pub(crate) fn write_ping(out: &mut Vec<u8>, payload: &[u8]) {
    debug_assert!(payload.len() <= SHORT_BYTES_MAX, "it is a control frame");
    write_header(out, opcode::PING, payload.len());
    out.extend_from_slice(payload);
}

/// Appends the answer to a ping with this payload.
pub(crate) fn write_pong(out: &mut Vec<u8>, payload: &[u8]) {
    debug_assert!(payload.len() <= SHORT_BYTES_MAX, "that of a ping is no longer");
    write_header(out, opcode::PONG, payload.len());
    out.extend_from_slice(payload);
}

/// Appends the frame that closes a socket.
pub(crate) fn write_close(out: &mut Vec<u8>, code: CloseCode) {
    let code = code.number().to_be_bytes();
    write_header(out, opcode::CLOSE, code.len());
    out.extend_from_slice(&code);
}

/// Appends the header of a whole message without a mask: a server has none.
fn write_header(out: &mut Vec<u8>, opcode: u8, payload_bytes: usize) {
    out.push(FINAL | opcode);
    match (u8::try_from(payload_bytes), u16::try_from(payload_bytes)) {
        (Ok(short), _) if payload_bytes <= SHORT_BYTES_MAX => out.push(short),
        (_, Ok(long)) => {
            out.push(LENGTH_IN_TWO);
            out.extend_from_slice(&long.to_be_bytes());
        }
        (_, Err(_)) => {
            out.push(LENGTH_IN_EIGHT);
            out.extend_from_slice(&(payload_bytes as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT_BYTES_MAX: usize = 300;
    const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

    /// A frame with this first byte, masked.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_header(&mut out, first, payload.len());
        out[0] = first;
        out[1] |= MASKED;
        out.extend_from_slice(&MASK);
        out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        out
    }

    /// The result is this one when the input is whole, and at every earlier cut this one or none.
    #[track_caller]
    fn check(input: &[u8], expected: Result<Frame<'_>, u16>) {
        let mut scratch = Vec::new();
        let found = read(input, TEXT_BYTES_MAX, &mut scratch).map_err(CloseCode::number);
        assert_eq!(found, expected.map(|frame| Some((frame, input.len()))), "{input:02x?}");
        for cut in 0..input.len() {
            let mut scratch = Vec::new();
            match read(&input[..cut], TEXT_BYTES_MAX, &mut scratch) {
                Ok(None) => {}
                Ok(Some(frame)) => panic!("{frame:?} before it is whole, at {cut}: {input:02x?}"),
                Err(code) => assert_eq!(Err(code.number()), expected, "at {cut}: {input:02x?}"),
            }
        }
        let longer = [input, b"more"].concat();
        let found = read(&longer, TEXT_BYTES_MAX, &mut scratch).map_err(CloseCode::number);
        assert_eq!(found, expected.map(|frame| Some((frame, input.len()))), "with more behind it");
    }

    #[test]
    fn texts_pings_pongs_and_a_close_are_taken() {
        for text in [
            "",
            "x",
            r#"{"seq":7}"#,
            "\u{4f60}\u{597d}",
            &"y".repeat(125),
            &"z".repeat(126),
            &"z".repeat(300),
        ] {
            check(&frame(0x81, text.as_bytes()), Ok(Frame::Text(text)));
        }
        for payload in [&b""[..], b"\x00\xFF", &[7; 125]] {
            check(&frame(0x89, payload), Ok(Frame::Ping(payload)));
            check(&frame(0x8A, payload), Ok(Frame::Pong(payload)));
        }
        check(&frame(0x88, b""), Ok(Frame::Close(None)));
        check(&frame(0x88, b"\x03\xE8"), Ok(Frame::Close(Some(CloseCode::NORMAL))));
        check(&frame(0x88, "\u{3}\u{7f}bye \u{4f60}".as_bytes()), Err(1002));
        let told = [&1001_u16.to_be_bytes()[..], "bye \u{4f60}".as_bytes()].concat();
        check(&frame(0x88, &told), Ok(Frame::Close(Some(CloseCode::GOING_AWAY))));
    }

    #[test]
    fn reserved_bits_and_opcodes_are_errors() {
        for first in 0..=u8::MAX {
            let expected = match first {
                0x81 => Ok(Frame::Text("ab")),
                0x89 => Ok(Frame::Ping(b"ab")),
                0x8A => Ok(Frame::Pong(b"ab")),
                0x01 | 0x02 | 0x82 => Err(1008),
                // A close, too: "ab" is the code 24930.
                _ => Err(1002),
            };
            check(&frame(first, b"ab"), expected);
        }
    }

    #[test]
    fn a_client_masks_its_frames() {
        for first in [0x81, 0x88, 0x89, 0x8A] {
            for length in [0, 2, 125, 126, 127] {
                check(&[first, length], Err(1002));
            }
        }
    }

    #[test]
    fn lengths_are_short_and_in_the_shortest_form() {
        check(&frame(0x81, &[b'x'; 301]), Err(1009));
        check(&[0x81, 0xFE, 0xFF, 0xFF], Err(1009));
        check(&[0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0], Err(1009));
        check(&[0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], Err(1009));
        check(&[0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], Err(1002));
        check(&[0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], Err(1002));
        check(&[0x81, 0xFE, 0, 125], Err(1002));
        check(&[0x81, 0xFE, 0, 0], Err(1002));
        for first in [0x88, 0x89, 0x8A] {
            for length in [0xFE, 0xFF] {
                check(&[first, length], Err(1002));
            }
        }
    }

    #[test]
    fn closes_have_a_code_that_means_something() {
        check(&frame(0x88, b"\x03"), Err(1002));
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, u16::MAX] {
            check(&frame(0x88, &code.to_be_bytes()), Err(1002));
        }
        for code in [
            1000_u16, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000,
            4999,
        ] {
            check(&frame(0x88, &code.to_be_bytes()), Ok(Frame::Close(CloseCode::received(code))));
        }
    }

    #[test]
    fn text_is_text() {
        let surrogate: &[u8] = b"\xED\xA0\x80";
        for bad in [&b"\xFF"[..], b"a\xC3", b"\xC0\xAF", surrogate, b"\xF4\x90\x80\x80", b"ok\x80"] {
            check(&frame(0x81, bad), Err(1002));
            check(&frame(0x88, &[&1000_u16.to_be_bytes()[..], bad].concat()), Err(1002));
        }
    }

    #[test]
    fn what_a_server_writes_has_no_mask() {
        let written = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut out = b"before".to_vec();
            write(&mut out);
            out.split_off(b"before".len())
        };
        assert_eq!(written(&|out| write_text(out, |out| out.extend_from_slice(b"{}"))), b"\x81\x02{}");
        for (bytes, header) in [
            (0, &b"\x81\x00"[..]),
            (125, b"\x81\x7D"),
            (126, b"\x81\x7E\x00\x7E"),
            (65_535, b"\x81\x7E\xFF\xFF"),
            (65_536, b"\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00"),
        ] {
            let text = vec![b'x'; bytes];
            let found = written(&|out| write_text(out, |out| out.extend_from_slice(&text)));
            assert!(found == [header, &text].concat(), "{bytes} bytes");
        }
        assert_eq!(written(&|out| write_ping(out, b"")), b"\x89\x00");
        assert_eq!(written(&|out| write_ping(out, b"12345678")), b"\x89\x0812345678");
        assert_eq!(written(&|out| write_pong(out, b"ab")), b"\x8A\x02ab");
        assert_eq!(written(&|out| write_close(out, CloseCode::TRY_AGAIN)), b"\x88\x02\x03\xF5");
    }
}
