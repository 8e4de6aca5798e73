//! Replies: successful answers, as heads and bodies.
//!
//! Owns: the headers of this API. Must not: import a dialect.

use super::shape::Shape;
use crate::base::digits;
use crate::http::response::{OK_JSON, OK_SCRIPT, OK_TEXT, Open, header};
use crate::router::call::Receivers;

/// A successful answer that is to be appended to a buffer as a whole, with its length, in one pass.
pub(super) struct Reply<'r> {
    out: &'r mut Vec<u8>,
    shape: &'r Shape,
    receivers: Option<Receivers>,
    partial: bool,
}

impl<'r> Reply<'r> {
    pub(super) fn new(out: &'r mut Vec<u8>, shape: &'r Shape) -> Reply<'r> {
        Reply { out, shape, receivers: None, partial: false }
    }

    /// The same; the head counts the sessions that a packet was queued to.
    pub(super) fn with_receivers(self, receivers: Receivers) -> Reply<'r> {
        Reply { receivers: Some(receivers), partial: receivers.partial, ..self }
    }

    /// The same; if it is partial, the head says that some owner did not report in time.
    pub(super) fn with_partial(self, partial: bool) -> Reply<'r> {
        Reply { partial, ..self }
    }

    /// How many entries of the call's lists could not be names.
    pub(super) fn skipped(&self) -> u32 {
        self.shape.skipped()
    }

    /// Answers with the text `ok`: the call has nothing to say but that.
    pub(super) fn ok(self) {
        self.begin(OK_TEXT).extend_from_slice(b"Content-Length: 2\r\n\r\nok");
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
        let out = self.begin(head);
        let open = Open::length(out);
        body(out);
        open.end(out);
    }

    /// Appends the head up to its length.
    fn begin(self, head: &str) -> &'r mut Vec<u8> {
        let Reply { out, shape, receivers, partial } = self;
        out.extend_from_slice(head.as_bytes());
        if let Some(Receivers { sessions, visible, .. }) = receivers {
            header(out, "X-NextIM-Delivered: ", |out| digits::append(out, sessions.into()));
            header(out, "X-NextIM-Visible: ", |out| digits::append(out, visible.into()));
        }
        if partial {
            header(out, "X-NextIM-Partial: ", |out| out.push(b'1'));
        }
        if shape.skipped() > 0 {
            header(out, "X-NextIM-Skipped: ", |out| digits::append(out, shape.skipped().into()));
        }
        shape.manner().write(out);
        out
    }
}
