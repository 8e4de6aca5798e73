//! The parser: the bytes of a connection, as one request after another.
//!
//! Owns: [`parse`], which is called again as bytes arrive and has the same result however they are cut, and
//! [`Partial`], its state between these calls. Must not: keep a byte of the input, or read all of it again for each
//! byte of a slow peer.

use memchr::memchr;

use super::chunked::{self, Progress, Scan};
use super::head::{Framing, Head};
use super::policy::{PathRules, Policy};
use super::rejection::Rejection;
use super::request::Request;
use super::target;
use crate::base::limits::Limits;
use crate::base::limits::wire::{BLANK_BYTES_MAX, HEAD_BYTES_MAX};

/// The result of [`parse`].
#[cfg_attr(test, derive(Debug, PartialEq))]
pub enum Parsed<'b> {
    /// More must arrive.
    Incomplete,
    /// The input begins with a request.
    Complete {
        /// The request.
        request: Request<'b>,
        /// Its length.
        bytes: usize,
    },
    /// The input is not a request; the connection must be closed.
    Rejected(Rejection),
}

/// The state of a request that has arrived in part.
#[derive(Debug, Default)]
pub struct Partial {
    /// How much was searched for the end of the head, until that has arrived.
    searched_bytes: u32,
    /// The length of the head; 0 until it has arrived.
    head_bytes: u32,
    /// With less input nothing new can be found.
    needed_bytes: u32,
    /// The longest body that the path allows.
    body_bytes_max: u32,
    /// How far a chunked body was read.
    chunks: Option<Scan>,
    /// The client waits for [`CONTINUE`](super::response::CONTINUE), which is due.
    continue_due: bool,
    /// Scripts of other origins may read why the request is refused.
    cross_origin: bool,
}

impl Partial {
    /// Whether the head has arrived, so that the body's deadline holds instead of the head's.
    pub(crate) fn in_body(&self) -> bool {
        self.head_bytes != 0
    }

    /// How long the request will be, if its head has arrived and contains a length.
    pub(crate) fn expected_bytes(&self) -> Option<usize> {
        (self.in_body() && self.chunks.is_none()).then_some(self.needed_bytes as usize)
    }

    /// The request without its body, if the head has arrived in `input`. This reads the head once more, so it is meant
    /// for requests that keep others waiting.
    pub(crate) fn head<'b>(&self, input: &'b [u8]) -> Option<Request<'b>> {
        let head = input.get(..self.head_bytes as usize).filter(|_| self.in_body())?;
        Some(Head::parse(head).ok()??.request)
    }

    /// Whether the body is longer than `bytes`: by the length in its head, or else by the part that has arrived when
    /// there are `input_bytes` in all.
    pub(crate) fn is_body_longer_than(&self, bytes: usize, input_bytes: usize) -> bool {
        let known_bytes = self.expected_bytes().unwrap_or(input_bytes);
        self.in_body() && known_bytes - self.head_bytes as usize > bytes
    }

    /// The same rejection; scripts of other origins may read it if the rules of its path allow it.
    pub(crate) fn rejected(&self, rejection: Rejection) -> Rejection {
        rejection.with_cross_origin(self.cross_origin)
    }

    /// Whether [`CONTINUE`](super::response::CONTINUE) is due: true once for each request that waits for it.
    pub(crate) fn take_continue(&mut self) -> bool {
        std::mem::take(&mut self.continue_due)
    }

    /// Notes how the body will arrive; an error if it is too long.
    fn begin_body(
        &mut self,
        head: &Head<'_>,
        input_bytes: usize,
        policy: &Policy<'_>,
    ) -> Result<(), Rejection> {
        let PathRules { body_bytes_max, cross_origin } = policy.rules(head.request.path);
        let needed_bytes = match head.framing {
            Framing::Length(length) => {
                let length = usize::try_from(length).ok().filter(|length| *length <= body_bytes_max);
                head.bytes + length.ok_or(Rejection::body_too_large())?
            }
            Framing::Chunked => {
                self.chunks = Some(Scan::default());
                head.bytes + 1
            }
        };
        self.cross_origin = cross_origin;
        self.head_bytes = short(head.bytes);
        self.needed_bytes = short(needed_bytes);
        self.body_bytes_max = short(body_bytes_max);
        self.continue_due = head.expects_continue && needed_bytes > head.bytes && input_bytes == head.bytes;
        Ok(())
    }

    /// The end of the request, if that has arrived.
    fn end(&mut self, input: &[u8]) -> Result<Option<usize>, Rejection> {
        let head_bytes = self.head_bytes as usize;
        if input.len() < self.needed_bytes as usize {
            return Ok(None);
        }
        let Some(chunks) = &mut self.chunks else { return Ok(Some(self.needed_bytes as usize)) };
        match chunks.advance(&input[head_bytes..], self.body_bytes_max as usize)? {
            Progress::Done(bytes) => Ok(Some(head_bytes + bytes)),
            Progress::Needs(bytes) => {
                self.needed_bytes = short(head_bytes + bytes);
                Ok(None)
            }
        }
    }
}

/// Reads the request that `input` begins with.
///
/// `input` is everything of the connection that was not consumed. After [`Parsed::Incomplete`] the call is repeated
/// with more input and the same `partial`; after any other result `partial` is fit for the next request. A body in
/// chunks is decoded into `scratch`, which need not be kept between calls. `policy` has the rules of the path.
pub fn parse<'b>(
    input: &'b [u8],
    partial: &mut Partial,
    scratch: &'b mut Vec<u8>,
    policy: &Policy<'_>,
) -> Parsed<'b> {
    match advance(input, partial, scratch, policy) {
        Ok(None) => Parsed::Incomplete,
        Ok(Some((request, bytes))) => {
            *partial = Partial::default();
            Parsed::Complete { request, bytes }
        }
        Err(rejection) => {
            *partial = Partial::default();
            let path = target::claimed_path(input);
            Parsed::Rejected(
                rejection.with_cross_origin(path.is_some_and(|path| policy.rules(path).cross_origin)),
            )
        }
    }
}

/// The request at the beginning of `input` without its body, if its head has arrived and is one. It is meant for
/// requests whose body is refused.
pub(crate) fn head_of(input: &[u8]) -> Option<Request<'_>> {
    Some(Head::parse(&input[..input.len().min(HEAD_BYTES_MAX)]).ok()??.request)
}

fn advance<'b>(
    input: &'b [u8],
    partial: &mut Partial,
    scratch: &'b mut Vec<u8>,
    policy: &Policy<'_>,
) -> Result<Option<(Request<'b>, usize)>, Rejection> {
    let mut found = None;
    if !partial.in_body() {
        let Some(head) = find_head(input, partial)? else { return Ok(None) };
        partial.begin_body(&head, input.len(), policy)?;
        found = Some(head);
    }
    let Some(end) = partial.end(input)? else { return Ok(None) };
    let head_bytes = partial.head_bytes as usize;
    let head = match found {
        Some(head) => head,
        // A head borrows the input of one call, so it is read a second time when the body is there.
        None => Head::parse(&input[..head_bytes])?.expect("it was read before"),
    };
    let sent = &input[head_bytes..end];
    let body = match head.framing {
        Framing::Length(_) => sent,
        Framing::Chunked => {
            scratch.clear();
            chunked::decode(sent, scratch);
            scratch
        }
    };
    Ok(Some((Request { body, ..head.request }, end)))
}

/// Reads the head if a line has ended since the last call, or can no longer end correctly.
fn find_head<'b>(input: &'b [u8], partial: &mut Partial) -> Result<Option<Head<'b>>, Rejection> {
    let window = &input[..input.len().min(HEAD_BYTES_MAX)];
    let blank_bytes = target::blank_bytes(window);
    // A TLS hello, for example, may never contain the end of a line.
    if blank_bytes > BLANK_BYTES_MAX || window.get(blank_bytes).is_some_and(|byte| !byte.is_ascii_graphic()) {
        return Err(Rejection::malformed());
    }
    let searched_bytes = partial.searched_bytes as usize;
    let line_ended = window.get(searched_bytes..).is_some_and(|new| memchr(b'\n', new).is_some());
    if line_ended || has_bare_return(&window[searched_bytes.saturating_sub(1).min(window.len())..]) {
        let found = match Head::parse(window) {
            // Only lines that have ended are refused, so that the result does not depend on how they are cut.
            Err(_) => Head::parse(&window[..ended_bytes(window)])?,
            Ok(found) => found,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    if window.len() == HEAD_BYTES_MAX {
        return Err(Rejection::head_too_large());
    }
    partial.searched_bytes = short(window.len());
    Ok(None)
}

/// Whether there is a CR without an LF behind it; no line may hold one.
fn has_bare_return(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair[0] == b'\r' && pair[1] != b'\n')
}

/// How much of a head ends with a whole line, or with a CR and the byte in place of its LF.
fn ended_bytes(window: &[u8]) -> usize {
    let ends = |at: &usize| window[*at] == b'\n' || *at > 0 && window[*at - 1] == b'\r';
    (0..window.len()).rev().find(ends).map_or(0, |at| at + 1)
}

fn short(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("heads and bodies are limited")
}

const _: () = assert!(2 * Limits::MAX.list_body_bytes + HEAD_BYTES_MAX < u32::MAX as usize / 2);
const _: () = assert!(size_of::<Partial>() <= 40);

#[cfg(test)]
mod tests;
