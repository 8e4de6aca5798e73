//! The beginning and the end of a link.
//!
//! Owns: the greeting, and which frames belong to the link there is. Must not: read a record.
//!
//! Both ends count the links they have had with each other: their *incarnations*. An end that wants a link greets; the
//! other one answers with its own incarnation. A frame belongs to a link if it names the epochs and incarnations of both
//! ends. An end that begins again has another incarnation, and the other end, when it is greeted by that, breaks its own off.
//! So both forget the same.

use super::context::{Context, Sink};
use super::window::{Numbers, Window};
use crate::base::clock::Tick;
use crate::base::domains::Domains;
use crate::cluster::limits::{GREET_MS, SILENT_MS};
use crate::cluster::wire::Wire;
use crate::cluster::wire::beat::Greeting;
use crate::cluster::wire::frame::{Head, MINOR, Purpose};

/// The ends of a link, as its frames name them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) from_epoch: u32,
    pub(super) from_incarnation: u16,
    pub(super) to_epoch: u32,
    pub(super) to_incarnation: u16,
}

impl Ends {
    /// The head of a frame.
    pub(super) fn head(self, Numbers { purpose, seq, received }: Numbers) -> Head {
        let Ends { from_epoch, from_incarnation, to_epoch, to_incarnation } = self;
        Head {
            minor: MINOR,
            purpose,
            from_epoch,
            from_incarnation,
            to_epoch,
            to_incarnation,
            seq,
            received,
            bytes: 0,
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Session {
    /// Which link of this end it is.
    pub(super) incarnation: u16,
    /// The process at the other end, if one is there.
    pub(super) epoch: Option<u32>,
    pub(super) state: State,
    /// Frames' records that wait for the end of the turn.
    pub(super) queued: Vec<Vec<u8>>,
}

#[derive(Debug)]
pub(super) enum State {
    /// Nobody is there.
    Down,
    /// The other end has not answered yet; when to greet next.
    Greeting(Tick),
    /// Frames go through.
    Up {
        /// Which link of the other end it is.
        incarnation: u16,
        window: Box<Window>,
        /// When a frame of it came last.
        heard: Tick,
    },
}

impl Session {
    pub(super) fn new() -> Session {
        Session { incarnation: 0, epoch: None, state: State::Down, queued: Vec::new() }
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    pub(super) fn is_congested(&self) -> bool {
        matches!(&self.state, State::Up { window, .. } if window.is_congested())
    }

    pub(super) fn is_burst(&self) -> bool {
        matches!(&self.state, State::Up { window, .. } if window.is_burst())
    }

    /// Whether nothing has come by it for so long that the ends must have different ideas of it.
    pub(super) fn is_silent(&self, now: Tick) -> bool {
        matches!(self.state, State::Up { heard, .. } if now.since(heard) > SILENT_MS)
    }

    pub(super) fn epoch(&self) -> Option<u32> {
        self.epoch
    }

    pub(super) fn queue(&mut self, records: Vec<u8>) {
        self.queued.push(records);
    }

    /// Sends a greeting, or the answer to one.
    pub(super) fn greet(&self, purpose: Purpose, to_incarnation: u16, context: Context<'_>, sink: &mut Sink) {
        let Some(epoch) = self.epoch else { return };
        let numbers = Numbers { purpose, seq: 0, received: 0 };
        let (from_epoch, from_incarnation) = (context.epoch, self.incarnation);
        let head = Ends { from_epoch, from_incarnation, to_epoch: epoch, to_incarnation }.head(numbers);
        let greeting = Greeting { node: context.node.into(), domains: names_of(context.domains()) };
        let mut body = Vec::new();
        greeting.put(&mut body);
        sink.frames.push((epoch, head.frame(&body)));
    }

    pub(super) fn flush(&mut self, context: Context<'_>, sink: &mut Sink) {
        let queued = std::mem::take(&mut self.queued);
        let Some(epoch) = self.epoch else { return };
        let ready = matches!(self.state, State::Greeting(next) if next <= context.now);
        if ready {
            self.state = State::Greeting(context.now.after(GREET_MS));
            self.greet(Purpose::Hello, 0, context, sink);
        }
        let (from_epoch, from_incarnation) = (context.epoch, self.incarnation);
        let State::Up { incarnation, window, .. } = &mut self.state else { return };
        let ends = Ends { from_epoch, from_incarnation, to_epoch: epoch, to_incarnation: *incarnation };
        for records in queued {
            let (numbers, records) = window.send(records, context.now);
            sink.frames.push((epoch, ends.head(numbers).frame(records)));
        }
        if let Some(numbers) = window.idle(context.now) {
            sink.frames.push((epoch, ends.head(numbers).frame(b"")));
        }
    }

    pub(super) fn due(&self) -> Tick {
        match &self.state {
            State::Down => Tick::NEVER,
            State::Greeting(next) => *next,
            State::Up { window, .. } => window.due(),
        }
    }

    #[cfg(test)]
    pub(super) fn is_quiet(&self) -> bool {
        match &self.state {
            State::Down => true,
            State::Greeting(_) => false,
            State::Up { window, .. } => window.is_quiet(),
        }
    }
}

/// What became of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken<'f> {
    /// Its records count now.
    Records(&'f [u8]),
    /// The link is up with it.
    Up,
    /// It is of no use.
    Nothing,
}

/// The names of all domains, in the order of their numbers; of those that were removed an empty one.
pub(super) fn names_of(domains: &Domains) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = Vec::new();
    for domain in domains.iter() {
        let at = domain.id.0 as usize;
        if names.len() <= at {
            names.resize(at + 1, Box::default());
        }
        names[at] = domain.name.clone();
    }
    names
}
