//! What was read of a connection and is not served.
//!
//! Owns: the bytes, what was found out about the request they begin with, and what they hold of the memory. Must not: read,
//! or judge; `traffic.rs` and `arrival.rs` do.

use super::late::Charge;
use crate::base::clock::Tick;
use crate::base::memory::{Held, Memory, Owner};
use crate::http::parser::Partial;
use crate::http::request::Request;

/// Bytes of requests not served yet, and what was found out about them.
#[derive(Debug)]
pub(crate) struct Unserved {
    bytes: Vec<u8>,
    pub(crate) partial: Partial,
    pub(crate) stage: Stage,
    /// When what has arrived in part must have arrived as a whole.
    pub(crate) until: Tick,
    pub(crate) arrival: Arrival,
    /// Whether it was looked at whether its head is enough to refuse it.
    pub(crate) judged: bool,
    held: Held,
}

/// What was found out about bytes that are not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing: they may be whole requests, which wait for the connection or for a next turn.
    Unseen,
    /// A head has arrived in part, and has its deadline.
    Head,
    /// A body has arrived in part, and has its deadline.
    Body,
}

/// Whether a request has taken long to arrive.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// Not yet.
    InTime,
    /// It has, and counts against its address, if that has limits.
    Late(Option<Charge>),
}

impl Unserved {
    /// What is left of bytes that were read.
    pub(crate) fn new(rest: &[u8], partial: Partial, held: Held) -> Unserved {
        let mut unserved = Unserved {
            bytes: rest.to_vec(),
            partial,
            stage: Stage::Unseen,
            until: Tick::NEVER,
            arrival: Arrival::InTime,
            judged: false,
            held,
        };
        unserved.count();
        unserved
    }

    /// Adds what was read now. The memory grows by doubling, but not beyond a body whose length is known.
    pub(crate) fn append(&mut self, fresh: &[u8]) {
        let bytes = &mut self.bytes;
        if let Some(expected) = self.partial.expected_bytes() {
            let to_come = expected.saturating_sub(bytes.len());
            bytes.reserve_exact(fresh.len().max(to_come.min(bytes.len())));
        }
        bytes.extend_from_slice(fresh);
        self.count();
    }

    /// What stands first is another request, or was not looked at.
    pub(crate) fn begin_anew(&mut self) {
        (self.stage, self.arrival, self.judged) = (Stage::Unseen, Arrival::InTime, false);
    }

    /// From now on it is held for this owner.
    pub(crate) fn belong_to(&mut self, memory: &Memory, owner: Owner) {
        self.held = memory.hold(owner, self.held.bytes());
    }

    /// The request that is arriving, as far as its head tells, if that is there.
    pub(crate) fn head(&self) -> Option<Request<'_>> {
        self.partial.head(&self.bytes)
    }

    /// Whether its body is, or is said to be, longer than this.
    pub(crate) fn is_body_longer_than(&self, bytes: usize) -> bool {
        self.partial.is_body_longer_than(bytes, self.bytes.len())
    }

    /// What it holds of the memory.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held.bytes()
    }

    /// So many bytes have been served.
    pub(crate) fn consume(&mut self, served: usize) {
        if served > 0 {
            self.bytes.drain(..served);
            // Hardly ever: a pipeline is served one request after the other, and need not be moved each time.
            if self.bytes.len() < self.bytes.capacity() / 4 {
                self.bytes.shrink_to_fit();
            }
            self.count();
        }
    }

    /// The bytes, and what is remembered of the first request among them.
    pub(crate) fn parts(&mut self) -> (&[u8], &mut Partial) {
        (&self.bytes, &mut self.partial)
    }

    fn count(&mut self) {
        let bytes = self.bytes.capacity() + size_of::<Unserved>();
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
        let mut unserved =
            Unserved::new(head.as_bytes(), Partial::default(), memory.hold(Owner::Strangers, 0));
        for _ in 0..BODY_BYTES / 1_000 {
            let (bytes, partial) = unserved.parts();
            let mut scratch = Vec::new();
            assert_eq!(parse(bytes, partial, &mut scratch, &policy(&Limits::DEFAULT)), Parsed::Incomplete);
            unserved.append(&[b'x'; 1_000]);
            let bytes = unserved.bytes.len() + size_of::<Unserved>();
            let most = (2 * bytes).min(head.len() + BODY_BYTES + size_of::<Unserved>());
            assert!((bytes..=most).contains(&memory.bytes()), "{} for {bytes}", memory.bytes());
        }
        unserved.consume(head.len() + BODY_BYTES - 10);
        assert_eq!(memory.bytes(), 10 + size_of::<Unserved>());
        drop(unserved);
        assert_eq!(memory.bytes(), 0);
    }

    #[test]
    fn what_a_late_request_grows_by_is_charged_as_it_arrives() {
        let cells = Addresses::new(&Limits::DEFAULT, [1, 2, 3, 4]).cells("192.0.2.1".parse().unwrap());
        let (table, memory) = (LateBytes::default(), Memory::new(1_000_000));
        let others = table.charge(cells, 1);
        let head = "POST /onlines HTTP/1.1\r\nContent-Length: 100000\r\n\r\n";
        let strangers = memory.hold(Owner::Strangers, 0);
        let mut unserved = Unserved::new(head.as_bytes(), Partial::default(), strangers);
        unserved.arrival = Arrival::Late(Some(table.charge(cells, unserved.held_bytes())));
        let before = unserved.held_bytes();
        assert!(others.is_more_than(before) && !others.is_more_than(before + 1));
        unserved.append(&[b'x'; 10_000]);
        let now = unserved.held_bytes();
        assert!(now >= 10_000 && others.is_more_than(now) && !others.is_more_than(now + 1));
        unserved.begin_anew();
        assert!(!others.is_more_than(0), "it is alone, and what is asked for next is not late");
    }
}
