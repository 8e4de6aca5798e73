//! Pages: each holds a ticket and polls. How they poll is in [`polls`].
//!
//! Owns: the state of a page and what it has seen. Must not: send a request.

mod polls;

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::Span;

/// How much later than it happened the model may notice a thing, in milliseconds.
pub(crate) const SLACK_MS: u64 = 200;

/// The users a page shows: show, and status if it is known, by name.
pub(crate) type View = BTreeMap<String, (String, Option<String>)>;

/// The state of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Its `online` call is under way.
    Opening,
    /// It polls.
    Living,
    /// Its session is being ended by the site.
    Closing,
    /// It has gone without a call.
    Vanished,
    /// Its session has ended.
    Ended,
}

/// The fault that a poll will meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Cut(u64),
    Replace(u64),
}

/// One page of a user.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) user: usize,
    pub(crate) version: Option<u8>,
    pub(crate) uses_seq: bool,
    jsonp: bool,
    post: bool,
    pub(crate) life: Life,
    pub(crate) opened: Span,
    /// When its `online` was sent, by the server's time.
    pub(crate) opened_ms: u64,
    pub(crate) end: Option<Span>,
    pub(crate) ticket: String,
    seq: u64,
    /// The poll that waits.
    pub(crate) poll: Option<usize>,
    fault: Fault,
    /// Whether it sends no further poll for now.
    pub(crate) hold: bool,
    pub(crate) next_ms: u64,
    replaced_ms: u64,
    /// When the server last had a sign of it, by the server's time.
    pub(crate) contact_ms: u64,
    /// Whether one of its polls was left unanswered: it may reach the server whenever, even after newer ones.
    pub(crate) disturbed: bool,
    /// Whether nothing that it was not given at its start could reach it later, once that is known.
    pub(crate) clean: Option<bool>,
    /// Spans in which the server may have had a poll of it, and when, by the server's time, the answer was read.
    pub(crate) polling: Vec<(Span, u64)>,
    pub(crate) view: View,
    /// Names that its own `online` listed as buddies, or that a presence was about.
    pub(crate) knows: BTreeSet<String>,
    /// Names that its own `online` listed as buddies.
    pub(crate) opening_named: BTreeSet<String>,
    /// The newest looks of its own user it knows of.
    pub(crate) own_serial: u64,
    /// Messages in the order in which they were first seen.
    pub(crate) seen: Vec<usize>,
    pub(crate) seen_set: BTreeSet<usize>,
    /// When how many of them were acknowledged for certain.
    pub(crate) acked: Vec<(u64, usize)>,
    /// When how many of them may have been acknowledged.
    acked_maybe: Vec<(u64, usize)>,
    pub(crate) signals: BTreeSet<usize>,
    pub(crate) typed: BTreeSet<usize>,
    pub(crate) moved: BTreeSet<usize>,
    /// When the newest of either was sent.
    pub(crate) newest_light: [u64; 2],
    /// Of rooms and members, whether the member came last or went, as far as it was shown.
    pub(crate) groups: BTreeMap<(usize, usize), bool>,
}

impl Page {
    pub(crate) fn new(user: usize, version: Option<u8>, style: u64, sent: u64) -> Page {
        Page {
            user,
            version,
            uses_seq: !style.is_multiple_of(4),
            jsonp: (style / 4).is_multiple_of(2),
            post: (style / 8).is_multiple_of(4),
            life: Life::Opening,
            opened: Span::from(sent),
            opened_ms: 0,
            end: None,
            ticket: String::new(),
            seq: 0,
            poll: None,
            fault: Fault::None,
            hold: false,
            next_ms: 0,
            replaced_ms: 0,
            contact_ms: 0,
            disturbed: false,
            signals: BTreeSet::new(),
            clean: None,
            polling: Vec::new(),
            view: BTreeMap::new(),
            knows: BTreeSet::new(),
            opening_named: BTreeSet::new(),
            own_serial: 0,
            seen: Vec::new(),
            seen_set: BTreeSet::new(),
            acked: Vec::new(),
            acked_maybe: Vec::new(),
            typed: BTreeSet::new(),
            moved: BTreeSet::new(),
            groups: BTreeMap::new(),
            newest_light: [0; 2],
        }
    }

    pub(crate) fn has_seen(&self, message: usize) -> bool {
        self.seen_set.contains(&message)
    }

    /// Whether it may have acknowledged a message by a moment.
    pub(crate) fn may_have_acked(&self, message: usize, before: u64) -> bool {
        let covers = self.acked_maybe.iter().filter(|(at, _)| *at <= before).map(|(_, covers)| *covers).max();
        covers.is_some_and(|covers| self.seen[..covers].contains(&message))
    }

    /// Whether it had surely acknowledged a message before a moment.
    pub(crate) fn had_acked(&self, message: usize, before: u64) -> bool {
        let covers = self.acked.iter().filter(|(at, _)| *at < before).map(|(_, covers)| *covers).max();
        covers.is_some_and(|covers| self.seen[..covers].contains(&message))
    }

    /// The server may have no poll of it any more.
    fn stop_polling(&mut self, now: u64, now_ms: u64) {
        if !self.disturbed
            && let Some((span, done_ms)) = self.polling.last_mut()
        {
            span.done = span.done.min(now);
            *done_ms = now_ms;
        }
    }
}
