//! Shapes: the form of an answer.
//!
//! Owns: [`Shape`], all that is kept of a request while it waits. Must not: import an answer.

use std::sync::Arc;

use crate::base::domains::Audience;
use crate::http::request::{Method, Request};
use crate::http::response::{Cors, Manner};
use crate::router::call::Version;

/// The form of the answer to one request: all that is kept of a request while it waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// The dialect of the answer.
    pub version: Version,
    /// The form of its body.
    pub form: Form,
    /// Scripts of other origins may read the answer, if the domain names their origin.
    pub cross_origin: bool,
    /// The call has a valid apikey: the limits of addresses do not apply.
    pub site: bool,
    /// The connection is closed after the answer.
    pub close: bool,
    /// The request was HTTP/1.0.
    pub http10: bool,
    /// The request was `HEAD`: the answer has no body.
    pub head_only: bool,
    /// Scripts of any origin may read it.
    pub anybody: bool,
    /// Scripts of this origin may read it.
    pub origin: Option<Arc<Box<str>>>,
    /// The part that differs between calls and polls.
    pub detail: Detail,
}

/// The form of the body of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// That of the dialect.
    #[default]
    Usual,
    /// `/onlines` with `format=json`: an object of names.
    Object,
    /// A stream of events whose head is not written yet.
    Opening,
    /// A stream of events that has begun.
    Stream,
    /// A socket whose handshake is not answered yet.
    Upgrading,
    /// A socket whose client acknowledges by texts.
    Socket,
    /// A socket of version 5, whose client acknowledges by pongs.
    V5Socket,
}

/// The part of a shape that differs between calls and polls; together in one field they take half the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// This many entries of lists could not be names; polls have no lists.
    Skipped(u32),
    /// A word in the answer of a poll: the function whose argument the rest is, or the proof that a handshake was read.
    Word(Box<str>),
}

impl Default for Detail {
    fn default() -> Detail {
        Detail::Skipped(0)
    }
}

impl Shape {
    pub(super) fn of(request: &Request<'_>) -> Shape {
        Shape {
            close: !request.keep_alive,
            http10: request.http10,
            head_only: request.method == Method::Head,
            ..Shape::default()
        }
    }

    /// Whether what it waits for may come more than once: it is that of a stream or of a socket.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self.form, Form::Opening | Form::Stream) || self.is_socket()
    }

    /// Whether it is that of a socket, or of a handshake.
    pub(crate) fn is_socket(&self) -> bool {
        self.form == Form::Upgrading || self.is_open_socket()
    }

    /// Whether it is that of a socket whose handshake is answered.
    pub(crate) fn is_open_socket(&self) -> bool {
        matches!(self.form, Form::Socket | Form::V5Socket)
    }

    /// Notes that the head of a stream, or the answer to a handshake, is written.
    pub(crate) fn begin_stream(&mut self) {
        match self.form {
            Form::Opening => self.form = Form::Stream,
            Form::Upgrading => (self.form, self.detail) = (Form::Socket, Detail::default()),
            Form::Usual | Form::Object | Form::Stream | Form::Socket | Form::V5Socket => {}
        }
    }

    /// Whether the domain names origins, and this request is of none of them.
    pub(super) fn is_of_other_origin(&self) -> bool {
        !self.anybody && self.origin.is_none()
    }

    /// The function whose argument the answer of a poll is.
    pub(crate) fn callback(&self) -> Option<&str> {
        match &self.detail {
            Detail::Word(name) if !self.is_socket() => Some(name),
            Detail::Word(_) | Detail::Skipped(_) => None,
        }
    }

    /// The proof that a handshake was read which is not answered yet.
    pub(super) fn proof(&self) -> Option<&str> {
        match &self.detail {
            Detail::Word(proof) if self.form == Form::Upgrading => Some(proof),
            Detail::Word(_) | Detail::Skipped(_) => None,
        }
    }

    /// How many entries of lists could not be names.
    pub(super) fn skipped(&self) -> u32 {
        match self.detail {
            Detail::Skipped(count) => count,
            Detail::Word(_) => 0,
        }
    }

    /// Counts entries of lists that could not be names.
    pub(super) fn skip(&mut self, count: u32) {
        self.detail = Detail::Skipped(self.skipped().saturating_add(count));
    }

    /// The same; scripts of this audience may read the answer.
    #[must_use]
    pub fn read_by(mut self, audience: Audience) -> Shape {
        self.let_read(audience);
        self
    }

    /// Lets scripts of this audience read the answer. It is kept in parts, which take half the memory.
    pub(super) fn let_read(&mut self, audience: Audience) {
        (self.anybody, self.origin) = match audience {
            Audience::Nobody => (false, None),
            Audience::Anybody => (true, None),
            Audience::Origin(origin) => (false, Some(origin)),
        };
    }

    /// The headers that every answer of this shape has.
    pub(super) fn manner(&self) -> Manner<'_> {
        let cors = match &self.origin {
            _ if !self.cross_origin => Cors::Off,
            Some(origin) => Cors::Allowed(origin),
            None if self.anybody => Cors::Allowed("*"),
            None => Cors::Denied,
        };
        Manner { close: self.close, http10: self.http10, head_only: self.head_only, cors }
    }
}

// A million shapes wait at a time.
const _: () = assert!(size_of::<Shape>() <= 32);
