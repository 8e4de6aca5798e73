//! How an answer must look.
//!
//! Owns: [`Shape`], which is all that is kept of a request while it waits. Must not: know what is answered.

use std::sync::Arc;

use crate::base::domains::Audience;
use crate::http::request::{Method, Request};
use crate::http::response::{Cors, Manner};
use crate::router::call::Version;

/// How the answer of one request must look: all that is kept of a request while it waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// The dialect.
    pub version: Version,
    /// `/onlines` with `format=json`: an object of names.
    pub as_object: bool,
    /// Scripts of other origins may read the answer, if the domain names their origin.
    pub cross_origin: bool,
    /// A call with a right apikey: the limits of addresses are not for it.
    pub site: bool,
    /// The connection is closed after it.
    pub close: bool,
    /// The request was HTTP/1.0.
    pub http10: bool,
    /// The request was `HEAD`: the answer has no body.
    pub head_only: bool,
    /// Scripts of any origin may read a poll's answer.
    pub anybody: bool,
    /// Scripts of this origin may.
    pub origin: Option<Arc<Box<str>>>,
    /// What no two kinds of answers have both.
    pub detail: Detail,
}

/// What an answer has that others have not; in one place, because so it takes half as much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// So many entries of lists could not be names; polls have no lists.
    Skipped(u32),
    /// The function to call with a poll's answer.
    Callback(Box<str>),
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

    /// The function to call with a poll's answer.
    pub fn callback(&self) -> Option<&str> {
        match &self.detail {
            Detail::Callback(name) => Some(name),
            Detail::Skipped(_) => None,
        }
    }

    /// How many entries of lists could not be names.
    pub(super) fn skipped(&self) -> u32 {
        match self.detail {
            Detail::Skipped(count) => count,
            Detail::Callback(_) => 0,
        }
    }

    /// Counts entries of lists that could not be names.
    pub(super) fn skip(&mut self, count: u32) {
        self.detail = Detail::Skipped(self.skipped().saturating_add(count));
    }

    /// Sets whose scripts may read a poll's answer. Kept in parts, because as a whole it takes twice as much.
    #[must_use]
    pub fn read_by(mut self, audience: Audience) -> Shape {
        (self.anybody, self.origin) = match audience {
            Audience::Nobody => (false, None),
            Audience::Anybody => (true, None),
            Audience::Origin(origin) => (false, Some(origin)),
        };
        self
    }

    /// What all answers of this shape have in their heads.
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

// A million of these wait at a time.
const _: () = assert!(size_of::<Shape>() <= 32);
