//! Calls: what a site or a browser asks for.
//!
//! Owns: [`Call`] and [`Verb`]. Must not: import `http` or `api`.

use super::arguments::{
    Ack, BuddyRemoval, MembersQuery, NewMessage, NewSignal, Online, OnlinesQuery, Poll, RoomCall, Show,
    Subject, Typing,
};
use crate::base::domains::DomainId;
use crate::base::stats::CallKind;
use crate::router::ids::{CallKey, Ticket};
use crate::router::weight;

/// The request that waits for an answer, its domain, and the latest time for what it asks for.
#[derive(Clone, Copy, Debug)]
pub(in crate::router) struct Caller {
    pub(in crate::router) key: CallKey,
    pub(in crate::router) domain: DomainId,
    pub(in crate::router) until_ms: u64,
}

/// A checked call of a site or a browser, in a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// The site's domain.
    pub domain: DomainId,
    /// What it asks for.
    pub verb: Verb<'a>,
}

impl Call<'_> {
    /// The same call with text of its own, fit to travel.
    pub(crate) fn into_owned(self) -> Call<'static> {
        Call { domain: self.domain, verb: self.verb.into_owned() }
    }

    /// What it takes while it waits.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Call<'_>>() + self.verb.bytes()
    }
}

/// What a call asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb<'a> {
    /// `POST /presences/online`: start a session.
    Online(Box<Online<'a>>),
    /// `POST /presences/offline`: by ticket ends a session, by name all sessions of a user, without linger.
    Offline(Subject<'a>),
    /// `POST /v5/presences/offline`: the same by ticket; a session that has ended already is no error.
    End(Ticket),
    /// `POST /presences/show`.
    Show(Show<'a>),
    /// `POST /statuses`.
    Status(Typing<'a>),
    /// `POST /messages`.
    Message(Box<NewMessage<'a>>),
    /// `POST /signals`.
    Signal(Box<NewSignal<'a>>),
    /// `GET /onlines`.
    Onlines(OnlinesQuery<'a>),
    /// `GET /room/members`.
    Members(MembersQuery<'a>),
    /// `POST /room/join`.
    Join(RoomCall<'a>),
    /// `POST /room/leave`.
    Leave(RoomCall<'a>),
    /// `POST /buddies/remove`.
    RemoveBuddies(BuddyRemoval<'a>),
    /// `GET /packets`: the long poll, or a stream.
    Poll(Poll),
    /// `POST /packets/ack`: the page of a stream has packets.
    Ack(Ack),
}

impl Verb<'_> {
    /// Whether the call is taken however much waits for its domain: it makes nothing wait, or less. `api::endpoint`
    /// says the same of paths.
    pub(crate) fn is_always_taken(&self) -> bool {
        match self {
            Verb::Offline(_)
            | Verb::End(_)
            | Verb::Show(_)
            | Verb::RemoveBuddies(_)
            | Verb::Leave(_)
            | Verb::Poll(_)
            | Verb::Ack(_) => true,
            Verb::Online(_)
            | Verb::Status(_)
            | Verb::Message(_)
            | Verb::Signal(_)
            | Verb::Onlines(_)
            | Verb::Members(_)
            | Verb::Join(_) => false,
        }
    }

    /// The name of the user that it is about, if it names one; a user that it makes is none yet.
    pub(crate) fn about(&self) -> Option<&str> {
        match self {
            Verb::Offline(subject) | Verb::Show(Show { subject, .. }) => subject.name(),
            Verb::Join(room) | Verb::Leave(room) => room.subject.name(),
            Verb::RemoveBuddies(removal) => Some(&removal.name),
            Verb::Message(message) => message.speaker.name(),
            Verb::Signal(signal) => signal.speaker.name(),
            Verb::Online(_)
            | Verb::End(_)
            | Verb::Status(_)
            | Verb::Poll(_)
            | Verb::Ack(_)
            | Verb::Onlines(_)
            | Verb::Members(_) => None,
        }
    }

    /// Whether a browser calls, and no site.
    pub(crate) fn is_of_browser(&self) -> bool {
        self.kind().is_none()
    }

    /// What a site's call is counted as; `None` for those of browsers: a poll waits on purpose.
    pub(crate) fn kind(&self) -> Option<CallKind> {
        match self {
            Verb::Online(_) => Some(CallKind::Online),
            Verb::Offline(_) | Verb::End(_) | Verb::Show(_) => Some(CallKind::Presence),
            Verb::Status(_) => Some(CallKind::Status),
            Verb::Message(_) => Some(CallKind::Message),
            Verb::Signal(_) => Some(CallKind::Signal),
            Verb::Members(_) | Verb::Join(_) | Verb::Leave(_) => Some(CallKind::Room),
            Verb::Onlines(_) | Verb::RemoveBuddies(_) => Some(CallKind::Buddies),
            Verb::Poll(_) | Verb::Ack(_) => None,
        }
    }

    fn into_owned(self) -> Verb<'static> {
        match self {
            Verb::Online(online) => Verb::Online(Box::new(online.into_owned())),
            Verb::Offline(subject) => Verb::Offline(subject.into_owned()),
            Verb::End(ticket) => Verb::End(ticket),
            Verb::Show(show) => Verb::Show(show.into_owned()),
            Verb::Status(typing) => Verb::Status(typing.into_owned()),
            Verb::Message(message) => Verb::Message(Box::new(message.into_owned())),
            Verb::Signal(signal) => Verb::Signal(Box::new(signal.into_owned())),
            Verb::Onlines(query) => Verb::Onlines(query.into_owned()),
            Verb::Members(query) => Verb::Members(query.into_owned()),
            Verb::Join(call) => Verb::Join(call.into_owned()),
            Verb::Leave(call) => Verb::Leave(call.into_owned()),
            Verb::RemoveBuddies(removal) => Verb::RemoveBuddies(removal.into_owned()),
            Verb::Poll(poll) => Verb::Poll(poll),
            Verb::Ack(ack) => Verb::Ack(ack),
        }
    }

    /// What it takes beyond itself.
    pub(in crate::router) fn bytes(&self) -> usize {
        match self {
            Verb::Online(online) => online.bytes(),
            Verb::Show(show) => show.looks.bytes(),
            Verb::Status(typing) => typing.bytes(),
            Verb::Message(message) => message.bytes(),
            Verb::Signal(signal) => signal.bytes(),
            Verb::Onlines(query) => weight::texts(&query.names),
            Verb::Members(query) => query.room.len(),
            Verb::Join(call) | Verb::Leave(call) => call.bytes(),
            Verb::RemoveBuddies(removal) => removal.bytes(),
            Verb::Offline(_) | Verb::End(_) | Verb::Poll(_) | Verb::Ack(_) => 0,
        }
    }
}
