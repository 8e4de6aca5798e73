//! Input of a connection that was read and is not served.
//!
//! Owns: the bytes, what is known of the request they begin with, and the memory they hold. Must not: read, or import
//! `traffic` and `arrival`, which decide.

use super::late::LateCharge;
use crate::base::clock::Tick;
use crate::base::memory::{Held, Memory, Owner};
use crate::http::parser::Partial;
use crate::http::rejection::Rejection;
use crate::http::request::Request;

#[derive(Debug)]
pub(super) struct PendingInput {
    bytes: Vec<u8>,
    partial: Partial,
    stage: InputStage,
    /// The deadline of the head or the body that is arriving.
    until: Tick,
    arrival: Arrival,
    /// Whether its head was looked at for a reason to refuse it.
    judged: bool,
    held: Held,
}

/// How far the first request is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputStage {
    /// Not at all: it may be a whole one, which waits for the connection or for the next turn.
    Unseen,
    /// Its head has arrived in part, and has a deadline.
    Head,
    /// Its body has arrived in part, and has a deadline.
    Body,
}

/// Whether a request takes long to arrive.
#[derive(Debug)]
enum Arrival {
    InTime,
    /// It does, and counts against its address, if that has limits.
    Late(Option<LateCharge>),
}

impl PendingInput {
    /// `rest` are the bytes that were read and not served.
    pub(super) fn new(rest: &[u8], partial: Partial, held: Held) -> PendingInput {
        let mut pending = PendingInput {
            bytes: rest.to_vec(),
            partial,
            stage: InputStage::Unseen,
            until: Tick::NEVER,
            arrival: Arrival::InTime,
            judged: false,
            held,
        };
        pending.count();
        pending
    }

    /// Adds bytes. The memory grows by doubling, but not beyond a body whose length is known.
    pub(super) fn append(&mut self, fresh: &[u8]) {
        let bytes = &mut self.bytes;
        if let Some(expected) = self.partial.expected_bytes() {
            let to_come = expected.saturating_sub(bytes.len());
            bytes.reserve_exact(fresh.len().max(to_come.min(bytes.len())));
        }
        bytes.extend_from_slice(fresh);
        self.count();
    }

    /// Starts over with the first request, which is another one now, or was not looked at.
    pub(super) fn restart(&mut self) {
        (self.stage, self.arrival, self.judged) = (InputStage::Unseen, Arrival::InTime, false);
    }

    /// Counts it for this owner from now on.
    pub(super) fn belong_to(&mut self, memory: &Memory, owner: Owner) {
        self.held = memory.hold(owner, self.held.bytes());
    }

    /// Whether it may hold whole requests that were not looked at.
    pub(super) fn is_unseen(&self) -> bool {
        self.stage == InputStage::Unseen
    }

    /// Notes that the first request was looked at and has arrived in part. Returns the stage that begins by that, if
    /// one does.
    pub(super) fn advance(&mut self) -> Option<InputStage> {
        let stage = if self.in_body() { InputStage::Body } else { InputStage::Head };
        let begins = self.stage != stage;
        self.stage = stage;
        begins.then_some(stage)
    }

    /// Whether the head of the first request is complete.
    pub(super) fn in_body(&self) -> bool {
        self.partial.in_body()
    }

    /// Whether its head is complete, and its body was not looked at.
    pub(super) fn begins_body(&self) -> bool {
        self.in_body() && self.stage != InputStage::Body
    }

    /// Whether the client waits for leave to send its body. True once.
    pub(super) fn take_continue(&mut self) -> bool {
        self.partial.take_continue()
    }

    /// A refusal of this request.
    pub(super) fn rejected(&self, rejection: Rejection) -> Rejection {
        self.partial.rejected(rejection)
    }

    /// The deadline of the head or the body that is arriving.
    pub(super) fn until(&self) -> Tick {
        self.until
    }

    pub(super) fn set_until(&mut self, until: Tick) {
        self.until = until;
    }

    pub(super) fn is_late(&self) -> bool {
        matches!(self.arrival, Arrival::Late(_))
    }

    /// Counts it as late. `charge` counts its bytes against its address, if that has limits.
    pub(super) fn charge_late(&mut self, charge: impl FnOnce(usize) -> Option<LateCharge>) {
        // An earlier charge goes first: its bytes must not count twice.
        self.arrival = Arrival::InTime;
        self.arrival = Arrival::Late(charge(self.held.bytes()));
    }

    /// What its address is charged with.
    pub(super) fn late_charge(&self) -> Option<&LateCharge> {
        match &self.arrival {
            Arrival::Late(charge) => charge.as_ref(),
            Arrival::InTime => None,
        }
    }

    /// The head of a request with a body that is longer than this, to be judged. It is returned once.
    pub(super) fn take_unjudged(&mut self, bytes: usize) -> Option<Request<'_>> {
        if self.judged || !self.partial.is_body_longer_than(bytes, self.bytes.len()) {
            return None;
        }
        self.judged = true;
        self.head()
    }

    /// The request that is arriving, without its body, once its head is complete.
    pub(super) fn head(&self) -> Option<Request<'_>> {
        self.partial.head(&self.bytes)
    }

    /// Drops this many bytes, which were served.
    pub(super) fn consume(&mut self, served: usize) {
        if served > 0 {
            self.bytes.drain(..served);
            // Rarely: a pipeline is served request by request, and its rest need not be moved each time.
            if self.bytes.len() < self.bytes.capacity() / 4 {
                self.bytes.shrink_to_fit();
            }
            self.count();
        }
    }

    /// The bytes, and what is known of the first request among them.
    pub(super) fn parts(&mut self) -> (&[u8], &mut Partial) {
        (&self.bytes, &mut self.partial)
    }

    fn count(&mut self) {
        let bytes = self.bytes.capacity() + size_of::<PendingInput>();
        self.held.set(bytes);
        match &mut self.arrival {
            Arrival::Late(Some(charge)) => charge.set(bytes),
            Arrival::Late(None) | Arrival::InTime => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::late::LateBytes;
    use super::*;
    use crate::api::policy;
    use crate::base::admission::Addresses;
    use crate::base::limits::Limits;
    use crate::http::parser::{Parsed, parse};

    #[test]
    fn a_body_whose_length_is_known_takes_no_more_memory_than_that() {
        const BODY_BYTES: usize = 100_000;
        let head = format!("POST /onlines HTTP/1.1\r\nHost: a\r\nContent-Length: {BODY_BYTES}\r\n\r\n");
        let memory = Memory::new(0);
        let mut pending =
            PendingInput::new(head.as_bytes(), Partial::default(), memory.hold(Owner::Strangers, 0));
        for _ in 0..BODY_BYTES / 1_000 {
            let (bytes, partial) = pending.parts();
            let mut scratch = Vec::new();
            assert_eq!(parse(bytes, partial, &mut scratch, &policy(&Limits::DEFAULT)), Parsed::Incomplete);
            pending.append(&[b'x'; 1_000]);
            let bytes = pending.bytes.len() + size_of::<PendingInput>();
            let most = (2 * bytes).min(head.len() + BODY_BYTES + size_of::<PendingInput>());
            assert!((bytes..=most).contains(&memory.bytes()), "{} for {bytes}", memory.bytes());
        }
        pending.consume(head.len() + BODY_BYTES - 10);
        assert_eq!(memory.bytes(), 10 + size_of::<PendingInput>());
        drop(pending);
        assert_eq!(memory.bytes(), 0);
    }

    #[test]
    fn what_a_late_request_grows_by_is_charged_as_it_arrives() {
        let cells = Addresses::new(&Limits::DEFAULT, [1, 2, 3, 4]).cells("192.0.2.1".parse().unwrap());
        let (table, memory) = (LateBytes::default(), Memory::new(1_000_000));
        let others = table.charge(cells, 1);
        let head = "POST /onlines HTTP/1.1\r\nContent-Length: 100000\r\n\r\n";
        let strangers = memory.hold(Owner::Strangers, 0);
        let mut pending = PendingInput::new(head.as_bytes(), Partial::default(), strangers);
        pending.charge_late(|bytes| Some(table.charge(cells, bytes)));
        let before = pending.held.bytes();
        assert!(others.is_more_than(before) && !others.is_more_than(before + 1));
        pending.append(&[b'x'; 10_000]);
        let now = pending.held.bytes();
        assert!(now >= 10_000 && others.is_more_than(now) && !others.is_more_than(now + 1));
        pending.restart();
        assert!(!others.is_more_than(0), "it is alone, and the next request is not late");
    }
}
