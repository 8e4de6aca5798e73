//! How a link begins, and how it ends.
//!
//! Owns: what both ends forget with it, and which frames belong to the link there is. Must not: read a record.

use super::context::{Context, Sink};
use super::session::{Ends, State, Taken};
use super::state::Link;
use super::window::{Arrival, Numbers, Window};
use crate::cluster::wire::beat::Greeting;
use crate::cluster::wire::frame::{Head, Purpose};
use crate::cluster::wire::{Reader, Wire};

impl Link {
    /// The process at the other end is there: greets it.
    pub(crate) fn meet(&mut self, epoch: u32, context: Context<'_>, sink: &mut Sink) {
        if self.session.epoch == Some(epoch) && !matches!(self.session.state, State::Down) {
            return;
        }
        self.break_off(context, sink);
        self.session.epoch = Some(epoch);
        self.session.state = State::Greeting(context.now);
    }

    /// The process at the other end is there no more.
    pub(crate) fn part(&mut self, context: Context<'_>, sink: &mut Sink) {
        self.break_off(context, sink);
        self.session.epoch = None;
        self.session.state = State::Down;
    }

    /// Begins again: what was under way is answered, and what was known is lost.
    pub(super) fn break_off(&mut self, context: Context<'_>, sink: &mut Sink) {
        self.session.incarnation = self.session.incarnation.wrapping_add(1).max(1);
        self.session.queued.clear();
        self.batch.clear();
        if self.session.epoch.is_some() {
            self.session.state = State::Greeting(context.now);
        }
        for asked in self.questions.take_all() {
            self.give_up(asked, sink);
        }
        self.pendings.clear();
        self.lose_images(context, sink);
        self.domain_names.clear();
        self.domains.clear();
    }

    /// Takes a frame of the process at the other end.
    pub(crate) fn take_frame<'f>(
        &mut self,
        head: Head,
        body: &'f [u8],
        context: Context<'_>,
        sink: &mut Sink,
    ) -> Taken<'f> {
        if self.session.epoch != Some(head.from_epoch) || head.to_epoch != context.epoch {
            return Taken::Nothing;
        }
        match head.purpose {
            Purpose::Hello | Purpose::Welcome => self.take_greeting(head, body, context, sink),
            Purpose::Records | Purpose::Idle | Purpose::Missed => {
                self.take_numbered(head, body, context, sink)
            }
        }
    }

    fn take_numbered<'f>(
        &mut self,
        head: Head,
        body: &'f [u8],
        context: Context<'_>,
        sink: &mut Sink,
    ) -> Taken<'f> {
        let own = self.session.incarnation;
        let State::Up { incarnation, window, heard } = &mut self.session.state else { return Taken::Nothing };
        if head.to_incarnation != own || head.from_incarnation != *incarnation {
            return Taken::Nothing;
        }
        *heard = context.now;
        let numbers = Numbers { purpose: head.purpose, seq: head.seq, received: head.received };
        let (arrival, again) = window.arrive(numbers);
        if again {
            let ends = Ends {
                from_epoch: context.epoch,
                from_incarnation: own,
                to_epoch: head.from_epoch,
                to_incarnation: *incarnation,
            };
            for (numbers, records) in window.again(context.now) {
                sink.repeated += 1;
                sink.frames.push((head.from_epoch, ends.head(numbers).frame(records)));
            }
        }
        if arrival == Arrival::Next { Taken::Records(body) } else { Taken::Nothing }
    }

    /// Takes a greeting, or the answer to one.
    fn take_greeting<'f>(
        &mut self,
        head: Head,
        body: &[u8],
        context: Context<'_>,
        sink: &mut Sink,
    ) -> Taken<'f> {
        let Some(greeting) =
            Greeting::take(&mut Reader::new(body)).filter(|greeting| *greeting.node == *self.name)
        else {
            return Taken::Nothing;
        };
        if head.purpose == Purpose::Welcome && head.to_incarnation != self.session.incarnation {
            return Taken::Nothing; // it answers a greeting of an earlier link
        }
        let is_known = match self.session.state {
            State::Up { incarnation, .. } if is_older(head.from_incarnation, incarnation) => {
                return Taken::Nothing;
            }
            State::Up { incarnation, .. } => incarnation == head.from_incarnation,
            State::Down | State::Greeting(_) => false,
        };
        if self.session.is_up() && !is_known {
            self.break_off(context, sink);
            if head.purpose == Purpose::Welcome {
                return Taken::Nothing; // it welcomed the link that has just ended
            }
        }
        if head.purpose == Purpose::Hello {
            self.session.greet(Purpose::Welcome, head.from_incarnation, context, sink);
        }
        if is_known {
            return Taken::Nothing;
        }
        self.learn_domains(greeting.domains, context);
        let window = Box::new(Window::new(context.now));
        self.session.state = State::Up { incarnation: head.from_incarnation, window, heard: context.now };
        Taken::Up
    }

    /// The other node has these domains.
    pub(super) fn learn_domains(&mut self, names: Vec<Box<str>>, context: Context<'_>) {
        self.domain_names = names;
        self.find_domains(context);
    }

    /// Looks which of the other node's domains are served here.
    pub(super) fn find_domains(&mut self, context: Context<'_>) {
        let domains = context.domains();
        let here = self.domain_names.iter().map(|name| domains.find(name).map(|domain| domain.id));
        self.domains = here.collect();
    }
}

/// Whether an incarnation came before another one.
fn is_older(one: u16, other: u16) -> bool {
    one != other && other.wrapping_sub(one) < 1 << 15
}
