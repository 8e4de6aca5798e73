//! The parser: what a connection has received, as one request after another.
//!
//! Owns: [`parse`], which is called again as bytes arrive and gives the same result however they are cut, and
//! [`Partial`], what it remembers in between. Must not: keep a byte of the input, or look at all of it again
//! for every byte that a slow peer drips.

use super::chunked::{self, Progress, Scan};
use super::head::{Framing, Head};
use super::policy::{PathRules, Policy};
use super::rejection::Rejection;
use super::request::Request;
use super::target;
use crate::base::limits::Limits;
use crate::base::limits::wire::{BLANK_BYTES_MAX, HEAD_BYTES_MAX};

/// What [`parse`] makes of the input.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub enum Parsed<'b> {
    /// More must arrive.
    Incomplete,
    /// A request.
    Complete {
        /// It.
        request: Request<'b>,
        /// How much of the input it was, in bytes.
        bytes: usize,
    },
    /// No request; the connection must be closed.
    Rejected(Rejection),
}

/// What is remembered of a request that has arrived in part.
#[derive(Debug, Default)]
pub struct Partial {
    /// While there is no head: what was searched for its end.
    searched_bytes: u32,
    /// Length of the head; 0 until it has arrived.
    head_bytes: u32,
    /// With less input there is nothing new to be found.
    needed_bytes: u32,
    /// Longest body of that path.
    body_bytes_max: u32,
    /// How far a chunked body was read.
    chunks: Option<Scan>,
    /// Whether leave to send the body is due.
    continue_due: bool,
    /// Whether scripts of other origins may read why it is refused.
    cross_origin: bool,
}

impl Partial {
    /// Whether the head has arrived, so that the body's deadline holds instead of the head's.
    pub fn in_body(&self) -> bool {
        self.head_bytes != 0
    }

    /// How long the request will be, if its head has arrived and said so.
    pub fn expected_bytes(&self) -> Option<usize> {
        (self.in_body() && self.chunks.is_none()).then_some(self.needed_bytes as usize)
    }

    /// The request as far as its head tells, if that has arrived in `input`. This reads the head once more: it is for
    /// requests that keep others waiting.
    pub fn head<'b>(&self, input: &'b [u8]) -> Option<Request<'b>> {
        let head = input.get(..self.head_bytes as usize).filter(|_| self.in_body())?;
        Some(Head::parse(head).ok()??.request)
    }

    /// Whether the body is longer than `bytes`: as its head said, or else as far as it has arrived with `input_bytes` in
    /// all.
    pub fn is_body_longer_than(&self, bytes: usize, input_bytes: usize) -> bool {
        let known_bytes = self.expected_bytes().unwrap_or(input_bytes);
        self.in_body() && known_bytes - self.head_bytes as usize > bytes
    }

    /// The same rejection; scripts of other origins may read it if the path of the request says so.
    pub fn rejected(&self, rejection: Rejection) -> Rejection {
        rejection.with_cross_origin(self.cross_origin)
    }

    /// Whether [`CONTINUE`](super::response::CONTINUE) is to be sent now: true once per request that asked
    /// for it.
    pub fn take_continue(&mut self) -> bool {
        std::mem::take(&mut self.continue_due)
    }

    /// Notes how the body will arrive, or that it will not.
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

    /// Where the request ends, if that has arrived.
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
/// `input` is everything of the connection that was not consumed. After [`Parsed::Incomplete`] call again
/// with more of it and the same `partial`; after any other result `partial` is fit for the next request.
/// `scratch` receives the body if it came in chunks; it need not be kept between calls.
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

/// The request that `input` begins with, as far as its head tells, if that has arrived and is one: for those who are
/// refused what follows it.
pub fn head_of(input: &[u8]) -> Option<Request<'_>> {
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
        // What a head borrows does not outlive a call, so it is read a second time when the body is there.
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

/// Looks for a head when a line has ended since the last look, or can no longer end well.
fn find_head<'b>(input: &'b [u8], partial: &mut Partial) -> Result<Option<Head<'b>>, Rejection> {
    let window = &input[..input.len().min(HEAD_BYTES_MAX)];
    let blank_bytes = target::blank_bytes(window);
    // What begins like a TLS hello may never have a line that ends.
    if blank_bytes > BLANK_BYTES_MAX || window.get(blank_bytes).is_some_and(|byte| !byte.is_ascii_graphic()) {
        return Err(Rejection::malformed());
    }
    let searched_bytes = partial.searched_bytes as usize;
    let line_ended = window.get(searched_bytes..).is_some_and(|new| new.contains(&b'\n'));
    if line_ended || has_bare_return(&window[searched_bytes.saturating_sub(1).min(window.len())..]) {
        let found = match Head::parse(window) {
            // Only lines that have come to an end are judged, so that it does not matter how they are cut into pieces.
            Err(_) => Head::parse(&window[..judged_bytes(window)])?,
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

/// Whether there is a CR that something else than LF follows: no line may hold one.
fn has_bare_return(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair[0] == b'\r' && pair[1] != b'\n')
}

/// How much of a head ends with a whole line, or with a CR and what stands there in place of its LF.
fn judged_bytes(window: &[u8]) -> usize {
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
