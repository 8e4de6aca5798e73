//! The ledger: every act of the run, and what the acts determine.
//!
//! Owns: when each call was sent and answered, and the values that may or must hold in between. The model knows the
//! order of two calls only if one was answered before the other was sent; otherwise it keeps both possibilities. Must
//! not: use sockets.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::signals::Signalled;

/// A call that is not answered yet, or whose effects may still come.
pub(crate) const OPEN: u64 = u64::MAX;

/// Something that took effect somewhere between two moments. Moments are counted, one for each thing the model does or
/// reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) sent: u64,
    pub(crate) done: u64,
}

impl Span {
    pub(crate) fn from(sent: u64) -> Span {
        Span { sent, done: OPEN }
    }

    /// Whether this surely was before `other`.
    pub(crate) fn before(self, other: Span) -> bool {
        self.done < other.sent
    }
}

/// The values something had, each from a span on.
#[derive(Clone, Debug)]
pub(crate) struct History<T> {
    first: T,
    entries: Vec<(Span, T)>,
}

impl<T: Clone> History<T> {
    pub(crate) fn new(first: T) -> History<T> {
        History { first, entries: Vec::new() }
    }

    /// Records that a change was sent. Returns its index, for [`History::done`].
    pub(crate) fn change(&mut self, sent: u64, value: T) -> usize {
        self.entries.push((Span::from(sent), value));
        self.entries.len() - 1
    }

    pub(crate) fn done(&mut self, entry: usize, done: u64) {
        self.entries[entry].0.done = done;
    }

    /// Everything that was still open is done.
    pub(crate) fn settle(&mut self, done: u64) {
        for (span, _) in &mut self.entries {
            span.done = span.done.min(done);
        }
    }

    /// Whether all changes have been done.
    pub(crate) fn is_settled(&self) -> bool {
        self.entries.last().is_none_or(|(span, _)| span.done != OPEN)
    }

    /// The value once everything has been done.
    pub(crate) fn last(&self) -> &T {
        self.entries.last().map_or(&self.first, |(_, value)| value)
    }

    /// All values it may have had within this span.
    pub(crate) fn within(&self, span: Span) -> impl Iterator<Item = &T> {
        let ends = |next: usize| self.entries.get(next).map_or(OPEN, |(span, _)| span.done);
        let first = std::iter::once((0, &self.first, 0));
        let rest = self.entries.iter().enumerate().map(|(at, (begin, value))| (at + 1, value, begin.sent));
        first
            .chain(rest)
            .filter(move |(next, _, sent)| *sent <= span.done && ends(*next) >= span.sent)
            .map(|(_, value, _)| value)
    }

    /// All values it ever had.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.first).chain(self.entries.iter().map(|(_, value)| value))
    }
}

impl History<bool> {
    /// Whether it surely held all the time.
    pub(crate) fn surely(&self, span: Span) -> bool {
        self.within(span).all(|held| *held)
    }

    /// Whether it may have held at some time.
    pub(crate) fn possibly(&self, span: Span) -> bool {
        self.within(span).any(|held| *held)
    }
}

/// Nick, show and status of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Looks {
    pub(crate) nick: String,
    pub(crate) show: String,
    pub(crate) status: String,
    /// Later ones have higher numbers.
    pub(crate) serial: u64,
}

impl Looks {
    pub(crate) fn visible(&self) -> bool {
        self.show != "invisible"
    }
}

/// The type of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unicast,
    Multicast,
    Broadcast,
}

/// A message.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) domain: usize,
    pub(crate) kind: Kind,
    pub(crate) from: String,
    /// The user of that name, if the world has one.
    pub(crate) sender: Option<usize>,
    /// The page whose ticket the call carried.
    pub(crate) page: Option<usize>,
    pub(crate) nick: String,
    /// The receiving user, of a unicast.
    pub(crate) receiver: Option<usize>,
    /// The user's or room's name.
    pub(crate) to: String,
    pub(crate) body: String,
    pub(crate) span: Span,
    /// Whether the call took so long that some owners may not have reported.
    pub(crate) late: bool,
    /// X-NextIM-Delivered.
    pub(crate) delivered: u64,
    /// X-NextIM-Visible.
    pub(crate) visible: u64,
    /// How often it came back to the site, and when first.
    pub(crate) returned: usize,
    pub(crate) returned_at: u64,
}

/// The object that goes with a message; every third has one.
pub(crate) fn meta_of(message: usize) -> Option<Value> {
    message.is_multiple_of(3).then(|| json!({"number": message, "text": "</script>\u{2028}"}))
}

/// A typing state.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) span: Span,
}

/// A join or leave.
#[derive(Clone, Debug)]
pub(crate) struct Moved {
    pub(crate) user: usize,
    pub(crate) room: String,
    pub(crate) join: bool,
    /// Whether it changed something.
    pub(crate) effective: bool,
    pub(crate) span: Span,
    pub(crate) late: bool,
}

/// An act that linked two users, or unlinked them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LinkEvent {
    /// One named the other; `sure` if that surely made a link unless there was one.
    Named { span: Span, sure: bool },
    /// `/buddies/remove`, or one of them went offline.
    Cut { span: Span },
}

/// The link between two users, as far as it is known.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// Whether they were linked when that was last known.
    pub(crate) base: bool,
    pub(crate) events: Vec<LinkEvent>,
}

impl Pair {
    /// Linked for certain.
    pub(crate) fn surely(&self) -> bool {
        let cuts = || {
            self.events.iter().filter_map(|event| match event {
                LinkEvent::Cut { span } => Some(*span),
                LinkEvent::Named { .. } => None,
            })
        };
        if self.base && cuts().next().is_none() {
            return true;
        }
        self.events.iter().any(|event| match event {
            LinkEvent::Named { span, sure } => *sure && cuts().all(|cut| cut.before(*span)),
            LinkEvent::Cut { .. } => false,
        })
    }

    /// Linked perhaps.
    pub(crate) fn possibly(&self) -> bool {
        let cut_after = |done: u64| {
            self.events.iter().any(|event| match event {
                LinkEvent::Cut { span } => done < span.sent,
                LinkEvent::Named { .. } => false,
            })
        };
        (self.base && !cut_after(0))
            || self.events.iter().any(|event| match event {
                LinkEvent::Named { span, .. } => !cut_after(span.done),
                LinkEvent::Cut { .. } => false,
            })
    }

    /// When the first naming was sent since the two were known not to be linked; `None` if they were linked, or there
    /// was no naming.
    pub(crate) fn new_since(&self) -> Option<u64> {
        let named = self.events.iter().filter_map(|event| match event {
            LinkEvent::Named { span, .. } => Some(span.sent),
            LinkEvent::Cut { .. } => None,
        });
        named.min().filter(|_| !self.base)
    }

    /// Whether something linked or may have linked them since the last rest.
    pub(crate) fn ever(&self) -> bool {
        self.base || self.events.iter().any(|event| matches!(event, LinkEvent::Named { .. }))
    }

    /// Everything that was open is done.
    pub(crate) fn settle(&mut self, now: u64) {
        for event in &mut self.events {
            match event {
                LinkEvent::Named { span, .. } | LinkEvent::Cut { span } => span.done = span.done.min(now),
            }
        }
    }

    /// It is known now.
    pub(crate) fn is_known(&mut self, linked: bool) {
        self.base = linked;
        self.events.clear();
    }
}

/// Everything that was done.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) said: Vec<Said>,
    pub(crate) signalled: Vec<Signalled>,
    /// From which on the signals belong to this round.
    pub(crate) signals_round: usize,
    pub(crate) typed: Vec<Typed>,
    pub(crate) moved: Vec<Moved>,
    /// By the numbers of the two users, the lower one first.
    pub(crate) pairs: BTreeMap<(usize, usize), Pair>,
    /// From which on the records belong to this round.
    pub(crate) round: (usize, usize, usize),
}

impl Ledger {
    /// Whether a link between two users may have been undone within a span.
    pub(crate) fn may_cut(&self, one: usize, other: usize, within: Span) -> bool {
        let pair = self.pairs.get(&(one.min(other), one.max(other)));
        pair.is_some_and(|pair| {
            pair.events.iter().any(|event| match event {
                LinkEvent::Cut { span } => span.sent <= within.done && span.done >= within.sent,
                LinkEvent::Named { .. } => false,
            })
        })
    }

    pub(crate) fn pair(&mut self, one: usize, other: usize) -> &mut Pair {
        let key = (one.min(other), one.max(other));
        self.pairs.entry(key).or_insert(Pair { base: false, events: Vec::new() })
    }
}
