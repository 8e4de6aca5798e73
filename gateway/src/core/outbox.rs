//! Stanzas that wait for the XMPP server.
//!
//! Owns: their order and their bound: above it typing states are dropped, then presences, of which the newest of each pair
//! stays. Must not: drop anything else.

use std::collections::{HashSet, VecDeque};

use tokio_xmpp::Stanza;
use xmpp_parsers::message::Message;

use crate::limits::{OUT_BYTES_AGAIN, OUT_BYTES_MAX, STANZA_BYTES};

/// A queue of stanzas.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<(Stanza, usize)>,
    bytes: usize,
    /// Bytes above which it is searched for what can be dropped, if there is such a number above the bound.
    again_at: usize,
    dropped: u64,
}

impl Outbox {
    /// Adds a stanza, for which others may be dropped.
    pub fn push(&mut self, stanza: Stanza) {
        let bytes = size(&stanza);
        self.bytes += bytes;
        self.waiting.push_back((stanza, bytes));
        if self.bytes > OUT_BYTES_MAX.max(self.again_at) {
            self.shrink();
            // What is left cannot be dropped, so a search at once would find nothing.
            self.again_at = if self.is_full() { self.bytes + OUT_BYTES_AGAIN } else { 0 };
        }
    }

    /// How many were dropped since this was last asked.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    /// The next stanza.
    pub fn pop(&mut self) -> Option<Stanza> {
        let (stanza, bytes) = self.waiting.pop_front()?;
        self.bytes -= bytes;
        if !self.is_full() {
            self.again_at = 0;
        }
        Some(stanza)
    }

    /// Whether more waits than the bound; then polls stop, and messages wait at the message server.
    pub fn is_full(&self) -> bool {
        self.bytes > OUT_BYTES_MAX
    }

    /// Whether little enough waits for polls to go on.
    pub fn is_low(&self) -> bool {
        self.bytes < OUT_BYTES_MAX / 2
    }

    fn shrink(&mut self) {
        let before = self.waiting.len();
        self.waiting.retain(|(stanza, _)| !is_typing(stanza));
        self.count();
        if self.bytes > OUT_BYTES_MAX {
            // From the newest to the oldest: an older one of the same pair says nothing any more.
            let mut seen = HashSet::new();
            let is_kept: Vec<bool> = self
                .waiting
                .iter()
                .rev()
                .map(|(stanza, _)| match stanza {
                    Stanza::Presence(presence) => seen.insert((presence.from.clone(), presence.to.clone())),
                    Stanza::Message(_) | Stanza::Iq(_) => true,
                })
                .collect();
            let mut kept = is_kept.into_iter().rev();
            self.waiting.retain(|_| kept.next().unwrap_or(true));
            self.count();
        }
        self.dropped += (before - self.waiting.len()) as u64;
    }

    fn count(&mut self) {
        self.bytes = self.waiting.iter().map(|(_, bytes)| bytes).sum();
    }
}

fn is_typing(stanza: &Stanza) -> bool {
    matches!(stanza, Stanza::Message(Message { bodies, payloads, .. })
        if bodies.is_empty() && payloads.iter().any(|payload| payload.name() == "no-store"))
}

fn size(stanza: &Stanza) -> usize {
    let texts = match stanza {
        Stanza::Message(message) => {
            let bodies: usize = message.bodies.values().map(String::len).sum();
            bodies + message.payloads.iter().map(deep).sum::<usize>()
        }
        Stanza::Presence(presence) => presence.statuses.values().map(String::len).sum(),
        Stanza::Iq(_) => 0,
    };
    STANZA_BYTES + texts
}

/// The texts of an element and all in it.
fn deep(element: &xmpp_parsers::minidom::Element) -> usize {
    element.texts().map(str::len).sum::<usize>() + element.children().map(deep).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use xmpp_parsers::jid::Jid;
    use xmpp_parsers::presence::{Presence, Show};

    use super::*;
    use crate::xml::element;

    fn message(body: usize) -> Stanza {
        Message::chat(Jid::new("a@b").unwrap()).with_body(String::new().into(), "x".repeat(body)).into()
    }

    fn presence(from: &str, show: Show) -> Stanza {
        let jid = |text: &str| Jid::new(text).unwrap();
        Presence::available().with_from(jid(from)).with_to(jid("m@b")).with_show(show).into()
    }

    fn typing() -> Stanza {
        let mut typing = Message::chat(Jid::new("a@b").unwrap());
        typing.payloads.push(element("no-store", "urn:xmpp:hints", &[]));
        typing.into()
    }

    #[test]
    fn above_the_bound_typing_goes_first_then_old_presences_and_no_message() {
        let mut outbox = Outbox::default();
        for stanza in
            [typing(), presence("a@b", Show::Away), presence("c@b", Show::Away), presence("a@b", Show::Dnd)]
        {
            outbox.push(stanza);
            assert_eq!(outbox.take_dropped(), 0);
        }
        assert!(!outbox.is_full() && outbox.is_low());
        // With the four before it and its own, one byte too many.
        let body = OUT_BYTES_MAX + 1 - 5 * STANZA_BYTES;
        outbox.push(message(body));
        assert_eq!(outbox.take_dropped(), 1, "the typing state, which was enough");
        assert!(!outbox.is_full());
        outbox.push(message(2 * STANZA_BYTES));
        assert_eq!(outbox.take_dropped(), 1, "the older presence of a");
        assert!(outbox.is_full() && !outbox.is_low());
        let mut left = Vec::new();
        while let Some(stanza) = outbox.pop() {
            left.push(stanza);
        }
        assert_eq!(left[0], presence("c@b", Show::Away));
        assert_eq!(left[1], presence("a@b", Show::Dnd));
        assert_eq!(left.len(), 4);
        assert!(outbox.is_low());
    }

    #[test]
    fn a_full_outbox_is_searched_again_after_it_has_grown_and_polls_go_on_only_when_it_is_low() {
        let mut outbox = Outbox::default();
        let piece = OUT_BYTES_AGAIN / 4 - STANZA_BYTES;
        while !outbox.is_full() {
            outbox.push(message(piece));
        }
        outbox.push(typing());
        assert_eq!(outbox.take_dropped(), 0, "searched just before");
        for _ in 0..4 {
            outbox.push(message(piece));
        }
        assert_eq!(outbox.take_dropped(), 1, "it has grown");
        while outbox.is_full() {
            outbox.pop();
        }
        assert!(!outbox.is_low(), "neither: nothing changes between both");
        while !outbox.is_low() {
            outbox.pop();
        }
        assert!(outbox.bytes <= OUT_BYTES_MAX / 2);
    }
}
