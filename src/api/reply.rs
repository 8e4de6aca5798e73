//! Replies: successful answers, as heads and bodies.
//!
//! Owns: the headers of this API. Must not: import a dialect.

use super::shape::Shape;
use crate::base::json;
use crate::http::response::{OK_JSON, OK_SCRIPT, OK_TEXT, Open, header};

/// A successful answer that is to be appended to a buffer as a whole, with its length, in one pass.
pub(super) struct Reply<'r> {
    out: &'r mut Vec<u8>,
    shape: &'r Shape,
    delivered: Option<u32>,
}

impl<'r> Reply<'r> {
    pub(super) fn new(out: &'r mut Vec<u8>, shape: &'r Shape) -> Reply<'r> {
        Reply { out, shape, delivered: None }
    }

    /// The same; the head counts the sessions that a message was queued to.
    pub(super) fn with_delivered(mut self, count: u32) -> Reply<'r> {
        self.delivered = Some(count);
        self
    }

    /// How many entries of the call's lists could not be names.
    pub(super) fn skipped(&self) -> u32 {
        self.shape.skipped()
    }

    /// Answers with text that `body` writes.
    pub(super) fn text(self, body: impl FnOnce(&mut Vec<u8>)) {
        self.write(OK_TEXT, body);
    }

    /// Answers with JSON that `body` writes.
    pub(super) fn json(self, body: impl FnOnce(&mut Vec<u8>)) {
        self.write(OK_JSON, body);
    }

    /// Answers with a script that `body` writes.
    pub(super) fn script(self, body: impl FnOnce(&mut Vec<u8>)) {
        self.write(OK_SCRIPT, body);
    }

    fn write(self, head: &str, body: impl FnOnce(&mut Vec<u8>)) {
        let Reply { out, shape, delivered } = self;
        out.extend_from_slice(head.as_bytes());
        if let Some(count) = delivered {
            header(out, "X-NextIM-Delivered: ", |out| json::write(out, &count));
        }
        if shape.skipped() > 0 {
            header(out, "X-NextIM-Skipped: ", |out| json::write(out, &shape.skipped()));
        }
        let open = Open::begin(out, "", &shape.manner());
        body(out);
        open.end(out);
    }
}
