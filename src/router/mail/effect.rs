//! What goes into a router, and what comes out of it.
//!
//! Owns: [`Input`] and [`Effect`]. Must not: import a part of the router; the shard carries effects out.

use std::sync::Arc;

use super::calls::{CallAnswer, CallRequest, PollCut, PollFate, StreamAck};
use super::letter::Mail;
use crate::base::admission::Claim;
use crate::base::clock::Tick;
use crate::base::domains::{DomainId, Domains};
use crate::base::slots::Slot;
use crate::router::ids::{CallKey, Place};
use crate::router::packet::Packet;

/// What a router handles, one at a time.
#[derive(Debug)]
pub enum Input<'a> {
    /// A request was read.
    Call(CallRequest<'a>),
    /// Mail of another place arrived.
    Mail(Mail),
    /// The browser closed the connection of a parked poll.
    Cut(PollCut),
    /// The fate of a poll's answer is known.
    Fate(PollFate),
    /// The page of a stream has acknowledged packets on the connection of that.
    Ack(StreamAck),
    /// A deadline has come.
    Alarm(Alarm),
    /// A turn has time for the next slice of what goes to many, if some of it is left.
    Slice,
    /// The configured domains have changed.
    Domains(Arc<Domains>),
    /// The server is going down: answer what is parked, take nothing new.
    Drain,
    /// The server has gone down: no more calls come.
    End,
}

/// What the shard around a router must do.
#[derive(Debug)]
pub enum Effect {
    /// Answer a request of this shard.
    Answer(CallAnswer),
    /// Send mail.
    Mail(Envelope),
    /// Give the router [`Input::Alarm`], at the deadline or soon after.
    Alarm(TimedAlarm),
    /// Close the connection of this poll, unless its answer was flushed; either way [`Input::Fate`] follows.
    Close(CallKey),
    /// Give messages back to their site.
    Undelivered(Undelivered),
}

/// Mail and its address.
#[derive(Debug)]
pub struct Envelope {
    /// Never the place of the router that sends it.
    pub(crate) to: Place,
    /// What is sent.
    pub mail: Mail,
}

/// A moment at which a router has something to do.
#[derive(Clone, Copy, Debug)]
pub struct TimedAlarm {
    /// When.
    pub(crate) at: Tick,
    /// What for.
    pub(crate) alarm: Alarm,
}

/// Messages whose receiver has gone offline without an acknowledgement.
#[derive(Debug)]
pub struct Undelivered {
    /// The site they go back to.
    pub(crate) domain: DomainId,
    /// In the order they were queued.
    pub(crate) messages: Vec<Returned>,
}

/// A message that goes back to its site.
#[derive(Debug)]
pub(crate) struct Returned {
    /// The message as it was queued.
    pub(crate) packet: Packet,
    /// Its place on the way, which is free again when the message has arrived or is lost.
    #[cfg_attr(not(test), expect(dead_code, reason = "dropping it gives the bytes back"))]
    pub(crate) claim: Claim,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A session: its poll was held long enough, or it was silent too long.
    Session(Slot),
    /// A user: the linger is over, or signals were kept long enough for a page that can read them.
    User(Slot),
    /// A gather: places that have not reported are left out.
    Gather(Slot),
    /// Names that other nodes own now: the next of them go.
    Moves,
    /// The drain: the next parked polls are answered.
    Drain,
}
