//! Frames: what a client of a socket sends.
//!
//! Owns: a second reader. Must not: import the reader of a text.

use crate::http::websocket::{CloseCode, Frame, read};

/// More than control frames may have, and less than a length in two bytes can say.
const TEXT_BYTES_MAX: usize = 300;

/// The frames of a socket are those that a second reader finds, and the last one is followed by the same code or by
/// nothing that is whole; a frame is found when its last byte has arrived and not before, and whatever ends the socket
/// ends it with every byte more.
pub fn websocket(data: &[u8]) {
    let mut rest = data;
    loop {
        let expected = expected(rest);
        let mut scratch = b"left over".to_vec();
        let found = read(rest, TEXT_BYTES_MAX, &mut scratch);
        assert_eq!(found, as_read(&expected));
        let bytes = found.ok().flatten().map_or(0, |(_, bytes)| bytes);
        check_cuts(rest, &expected, bytes);
        if bytes == 0 {
            return;
        }
        rest = &rest[bytes..];
    }
}

/// No cut of a frame is another frame, and a code that a cut has is that of the whole.
fn check_cuts(input: &[u8], whole: &Expected, bytes: usize) {
    for cut in 0..input.len().min(2 * TEXT_BYTES_MAX) {
        let mut scratch = Vec::new();
        match read(&input[..cut], TEXT_BYTES_MAX, &mut scratch) {
            Ok(None) => assert!(bytes == 0 || cut < bytes),
            Ok(Some((_, found))) => assert_eq!((found, cut >= bytes), (bytes, true)),
            Err(code) => assert_eq!(as_read(whole), Err(code)),
        }
    }
}

/// What a reader that has all the time in the world finds.
enum Expected {
    Nothing,
    Code(u16),
    Text(String, usize),
    Ping(Vec<u8>, usize),
    Pong(Vec<u8>, usize),
    Close(Option<u16>, usize),
}

fn as_read(expected: &Expected) -> Result<Option<(Frame<'_>, usize)>, CloseCode> {
    match expected {
        Expected::Nothing => Ok(None),
        Expected::Code(1002) => Err(CloseCode::PROTOCOL_ERROR),
        Expected::Code(1008) => Err(CloseCode::POLICY),
        Expected::Code(code) => {
            assert_eq!(*code, 1009);
            Err(CloseCode::TOO_BIG)
        }
        Expected::Text(text, bytes) => Ok(Some((Frame::Text(text), *bytes))),
        Expected::Ping(payload, bytes) => Ok(Some((Frame::Ping(payload), *bytes))),
        Expected::Pong(payload, bytes) => Ok(Some((Frame::Pong(payload), *bytes))),
        Expected::Close(code, bytes) => {
            let code = code.map(|code| CloseCode::received(code).expect("it means something"));
            Ok(Some((Frame::Close(code), *bytes)))
        }
    }
}

/// Reads a frame bit by bit, in the order of RFC 6455 section 5.2.
fn expected(input: &[u8]) -> Expected {
    let Some(first) = input.first() else { return Expected::Nothing };
    let bits: Vec<bool> = (0..8).rev().map(|bit| first >> bit & 1 == 1).collect();
    let opcode = first % 16;
    if bits[1] || bits[2] || bits[3] {
        return Expected::Code(1002);
    }
    match (opcode, bits[0]) {
        (1 | 8 | 9 | 10, true) => {}
        (1 | 2, _) => return Expected::Code(1008),
        _ => return Expected::Code(1002),
    }
    let Some(second) = input.get(1) else { return Expected::Nothing };
    let (masked, short) = (second / 128 == 1, second % 128);
    if !masked || opcode >= 8 && (short > 125 || opcode == 8 && short == 1) {
        return Expected::Code(1002);
    }
    let (length_bytes, least) = match short {
        126 => (2, 126),
        127 => (8, 65_536),
        _ => (0, 0),
    };
    let Some(digits) = input.get(2..2 + length_bytes) else { return Expected::Nothing };
    let length = if length_bytes == 0 { u128::from(short) } else { number(digits) };
    if length < least || length >= 1 << 63 {
        return Expected::Code(1002);
    }
    if length > TEXT_BYTES_MAX as u128 {
        return Expected::Code(1009);
    }
    let length = usize::try_from(length).expect("it is short");
    let rest = &input[2 + length_bytes..];
    if rest.len() < 4 + length {
        return Expected::Nothing;
    }
    let payload: Vec<u8> = (0..length).map(|at| rest[4 + at] ^ rest[at % 4]).collect();
    payload_of(opcode, payload, 2 + length_bytes + 4 + length)
}

fn number(digits: &[u8]) -> u128 {
    digits.iter().fold(0, |number, digit| number * 256 + u128::from(*digit))
}

fn payload_of(opcode: u8, payload: Vec<u8>, bytes: usize) -> Expected {
    match (opcode, &*payload) {
        (9, _) => Expected::Ping(payload, bytes),
        (10, _) => Expected::Pong(payload, bytes),
        (1, _) => match String::from_utf8(payload) {
            Ok(text) => Expected::Text(text, bytes),
            Err(_) => Expected::Code(1002),
        },
        (_, []) => Expected::Close(None, bytes),
        (_, [high, low, reason @ ..]) => {
            let code = u16::from(*high) * 256 + u16::from(*low);
            let unusable = [1004, 1005, 1006, 1015];
            let is_known = (1000..=1014).contains(&code) || (3000..5000).contains(&code);
            if !is_known || unusable.contains(&code) || std::str::from_utf8(reason).is_err() {
                return Expected::Code(1002);
            }
            Expected::Close(Some(code), bytes)
        }
        (_, [_]) => unreachable!("a close of one byte is refused by its length"),
    }
}
