//! Chunked bodies (RFC 9112 section 7.1).
//!
//! Owns: the search for the end of a body, and its decoding. The search is strict, because a proxy that reads the same
//! bytes must find the same end: lines end with CR LF, sizes are plain hexadecimal digits. Must not: copy a byte before the
//! body is complete; the connection keeps the input anyway, so a `Scan` holds only a position.

use super::rejection::Rejection;
use crate::base::limits::wire::{CHUNK_FRAMING_BYTES, CHUNK_LINE_BYTES_MAX, TRAILER_BYTES_MAX};

/// How far a chunked body has been read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    /// Where the next line begins, in bytes of the body as sent.
    at: u32,
    /// Bytes of the chunks before.
    body_bytes: u32,
    /// Bytes of trailers before; they come after the last chunk.
    trailer_bytes: Option<u32>,
}

/// The result of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The scan goes on when this many bytes of the body as sent are there.
    Needs(usize),
    /// The body as sent has this many bytes.
    Done(usize),
}

impl Scan {
    /// Reads on; `sent` is all that has arrived of the body, from its first byte.
    pub(super) fn advance(&mut self, sent: &[u8], body_bytes_max: usize) -> Result<Progress, Rejection> {
        loop {
            let progress = match self.trailer_bytes {
                None => self.chunk(sent, body_bytes_max)?,
                Some(before) => self.trailer(sent, before)?,
            };
            if let Some(progress) = progress {
                return Ok(progress);
            }
        }
    }

    /// Passes one chunk.
    fn chunk(&mut self, sent: &[u8], body_bytes_max: usize) -> Result<Option<Progress>, Rejection> {
        let from = self.at as usize;
        let Some(line) = line(&sent[from..], CHUNK_LINE_BYTES_MAX)? else {
            return Ok(Some(Progress::Needs(sent.len() + 1)));
        };
        let data = from + line.len() + 2;
        let size = size(line)?;
        if size == 0 {
            self.at = short(data)?;
            self.trailer_bytes = Some(0);
            return Ok(None);
        }
        let size = usize::try_from(size).map_err(|_| Rejection::body_too_large())?;
        let body_bytes = size.saturating_add(self.body_bytes as usize);
        if body_bytes > body_bytes_max || data + size > 2 * body_bytes_max + CHUNK_FRAMING_BYTES {
            return Err(Rejection::body_too_large());
        }
        let end = data + size + 2;
        if sent.len() < end {
            return Ok(Some(Progress::Needs(end)));
        }
        if sent[end - 2..end] != *b"\r\n" {
            return Err(Rejection::malformed());
        }
        self.at = short(end)?;
        self.body_bytes = short(body_bytes)?;
        Ok(None)
    }

    /// Passes one line after the last chunk. The empty line ends the body.
    fn trailer(&mut self, sent: &[u8], before: u32) -> Result<Option<Progress>, Rejection> {
        let from = self.at as usize;
        let Some(line) = line(&sent[from..], TRAILER_BYTES_MAX.saturating_sub(before as usize))? else {
            return Ok(Some(Progress::Needs(sent.len() + 1)));
        };
        let end = from + line.len() + 2;
        if line.is_empty() {
            return Ok(Some(Progress::Done(end)));
        }
        self.trailer_bytes = Some(before + short(line.len() + 2)?);
        self.at = short(end)?;
        Ok(None)
    }
}

/// Appends the content of the chunks of a whole body as sent; a [`Scan`] must have found its end.
pub(super) fn decode(sent: &[u8], out: &mut Vec<u8>) {
    let mut rest = sent;
    while let Ok(Some(line)) = line(rest, CHUNK_LINE_BYTES_MAX) {
        let size = size(line).ok().and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
        let data = line.len() + 2;
        if size == 0 {
            return;
        }
        out.extend_from_slice(&rest[data..data + size]);
        rest = &rest[data + size + 2..];
    }
}

/// The line at the beginning of `bytes`, without its end; `None` if the end has not arrived.
fn line(bytes: &[u8], bytes_max: usize) -> Result<Option<&[u8]>, Rejection> {
    let window = &bytes[..bytes.len().min(bytes_max)];
    let Some(at) = window.iter().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) else {
        return if window.len() == bytes_max { Err(Rejection::malformed()) } else { Ok(None) };
    };
    match &bytes[at..] {
        [b'\r', b'\n', ..] => Ok(Some(&window[..at])),
        [b'\r'] => Ok(None),
        _ => Err(Rejection::malformed()),
    }
}

/// The size in the line of a chunk; the part behind a `;` is ignored.
fn size(line: &[u8]) -> Result<u64, Rejection> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    if !(1..=16).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(Rejection::malformed());
    }
    let digits = std::str::from_utf8(digits).map_err(|_| Rejection::malformed())?;
    u64::from_str_radix(digits, 16).map_err(|_| Rejection::malformed())
}

fn short(bytes: usize) -> Result<u32, Rejection> {
    u32::try_from(bytes).map_err(|_| Rejection::body_too_large())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The result for a body: its length as sent and its content, the bytes it needs, or the status of its rejection.
    #[derive(Debug, PartialEq)]
    enum ScanOutcome {
        Body(usize, Vec<u8>),
        Needs(usize),
        Status(u16),
    }

    fn whole(sent: &[u8], bytes_max: usize) -> ScanOutcome {
        match Scan::default().advance(sent, bytes_max) {
            Ok(Progress::Needs(bytes)) => ScanOutcome::Needs(bytes),
            Ok(Progress::Done(bytes)) => {
                let mut body = Vec::new();
                decode(&sent[..bytes], &mut body);
                ScanOutcome::Body(bytes, body)
            }
            Err(rejection) => ScanOutcome::Status(rejection.status),
        }
    }

    #[track_caller]
    fn check(sent: &str, expected: &ScanOutcome) {
        assert_eq!(&whole(sent.as_bytes(), 100), expected, "{sent:?}");
    }

    fn body(bytes: usize, text: &str) -> ScanOutcome {
        ScanOutcome::Body(bytes, text.as_bytes().to_vec())
    }

    #[test]
    fn chunks_make_a_body() {
        check("0\r\n\r\n", &body(5, ""));
        check("3\r\nabc\r\n0\r\n\r\n", &body(13, "abc"));
        check("3\r\nabc\r\n0\r\n\r\nGET", &body(13, "abc"));
        check("2;a=\"b\"\r\nab\r\n00a\r\n0123456789\r\n000\r\n\r\n", &body(37, "ab0123456789"));
        check("1\r\n\n\r\n0\r\nX: y\r\nZ: \r\n\r\n", &body(22, "\n"));
    }

    #[test]
    fn needed_bytes_are_known() {
        check("", &ScanOutcome::Needs(1));
        check("3", &ScanOutcome::Needs(2));
        check("3\r", &ScanOutcome::Needs(3));
        check("3\r\n", &ScanOutcome::Needs(8));
        check("3\r\nabc\r", &ScanOutcome::Needs(8));
        check("0\r\n", &ScanOutcome::Needs(4));
        check("0\r\nX: y\r\n\r", &ScanOutcome::Needs(11));
    }

    #[test]
    fn sloppy_framing_is_refused() {
        for sent in [
            "\r\n",
            "3\nabc",
            "3\rabc",
            "g\r\n",
            "-1\r\n",
            "+1\r\n",
            "0x1\r\n",
            " 1\r\n",
            "1 \r\n",
            ";a\r\n",
            "3\r\nabcd\r\n",
            "3\r\nabc\n0",
            "0\r\n\n",
            "0\r\nX: y\n",
            "0\r\nX\0",
            "1;\0",
            "00000000000000000\r\n",
        ] {
            let padded = format!("{sent}          ");
            check(&padded, &ScanOutcome::Status(400));
        }
        check(&format!("1;{}", "a".repeat(300)), &ScanOutcome::Status(400));
        check(&format!("0\r\n{}", "a".repeat(TRAILER_BYTES_MAX)), &ScanOutcome::Status(400));
        check(&format!("0\r\n{}", "a: b\r\n".repeat(TRAILER_BYTES_MAX)), &ScanOutcome::Status(400));
    }

    #[test]
    fn large_bodies_are_refused_before_they_arrive() {
        check("65\r\n", &ScanOutcome::Status(413));
        check("64\r\n", &ScanOutcome::Needs(106));
        check("ffffffffffffffff\r\n", &ScanOutcome::Status(413));
        check("1\r\na\r\nffffffffffffffff\r\n", &ScanOutcome::Status(413));
        check(&format!("1\r\na\r\n{}", "64\r\n"), &ScanOutcome::Status(413));
        let tiny = format!("1;{}\r\na\r\n", "x".repeat(100)).repeat(60);
        check(&tiny, &ScanOutcome::Status(413));
    }

    proptest! {
        #[test]
        fn bytes_in_pieces_are_as_the_whole(
            sent in "([0-9a-f;\r\n]|\r\n|1\r\na\r\n|0\r\n){0,12}",
            cuts in proptest::collection::vec(0..60_usize, 0..8),
        ) {
            let sent = sent.as_bytes();
            let mut scan = Scan::default();
            let mut last = Ok(Progress::Needs(0));
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(sent.len())).chain([sent.len()]).collect();
            cuts.sort_unstable();
            for cut in cuts {
                last = scan.advance(&sent[..cut], 20);
                if !matches!(last, Ok(Progress::Needs(_))) {
                    break;
                }
            }
            match (last, whole(sent, 20)) {
                (Ok(Progress::Done(found)), ScanOutcome::Body(bytes, _)) => prop_assert_eq!(found, bytes),
                (Ok(Progress::Needs(found)), ScanOutcome::Needs(bytes)) => prop_assert_eq!(found, bytes),
                (Err(found), ScanOutcome::Status(status)) => prop_assert_eq!(found.status, status),
                (_, outcome) => prop_assert!(false, "{outcome:?}"),
            }
        }

        #[test]
        fn chunks_of_any_size_are_decoded(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..9), 0..9)) {
            let mut sent = Vec::new();
            for chunk in &chunks {
                sent.extend(format!("{:X}\r\n", chunk.len()).bytes());
                sent.extend(chunk);
                sent.extend(b"\r\n");
            }
            sent.extend(b"0\r\n\r\n");
            prop_assert_eq!(whole(&sent, 100), ScanOutcome::Body(sent.len(), chunks.concat()));
        }
    }
}
