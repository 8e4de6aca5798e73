//! One session: a browser page of a user, and the state of its poll.
//!
//! Owns: [`Session`], the list of a user's sessions, and what sessions ask of their users ([`Owners`]). Must not:
//! import `people`, or change a session; the table does.

use std::num::NonZeroU32;

use super::expiry::Expiry;
use super::queue::Queue;
use crate::base::clock::Moment;
use crate::base::domains::DomainId;
use crate::base::slots::{Slot, UNBORN, kept};
use crate::router::call::Version;
use crate::router::ids::CallKey;

/// One browser page of a user.
#[derive(Debug)]
pub(in crate::router) struct Session {
    pub(super) user: Slot,
    /// Its user's domain, kept here, too, so that a poll need not look at the user.
    pub(super) domain: DomainId,
    /// The user's session before this one.
    pub(super) older: Option<Slot>,
    pub(super) version: Version,
    /// When it ends, if its site has said that.
    pub(super) expiry: Expiry,
    /// It was given all messages of the user with numbers above this one.
    pub(super) given_from: u64,
    pub(super) queue: Queue,
    pub(super) secret: [u8; 16],
    pub(super) poll: PollState,
    /// A newer poll that cannot be served yet.
    pub(super) next: Option<Box<WaitingPoll>>,
    /// When the last poll came or was gone, or the session started.
    pub(super) heard: Moment,
    /// When something has to happen next.
    pub(super) due: Moment,
    /// The earliest alarm that is set; later ones are set when this one fires.
    pub(super) armed: Moment,
    /// From when on a waiting poll may be replaced again.
    pub(super) replaceable: Moment,
    generation: NonZeroU32,
}

kept!(Session);

const _: () = assert!(size_of::<Session>() <= crate::base::limits::parked::SESSION_BYTES_MAX);

/// What has become of the session's last poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PollState {
    /// None waits. The session ends when its deadline comes.
    Absent,
    /// It waits for a packet. It is answered empty when its deadline comes.
    Parked { key: CallKey },
    /// It was answered, up to the number in the answer; whether that was flushed is not known yet.
    Answering { key: CallKey },
}

/// A poll that waits for its turn: for the fate of the answer before, or for the second a replacement must last.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitingPoll {
    pub(super) call: PollCall,
    /// The deadline that holds again if this one goes away.
    pub(super) until: Moment,
}

/// A poll of a known session.
#[derive(Clone, Copy, Debug)]
pub(super) struct PollCall {
    pub(super) key: CallKey,
    pub(super) seq: Option<u64>,
}

/// What a new session is made of.
#[derive(Clone, Copy, Debug)]
pub(in crate::router) struct NewSession {
    pub(in crate::router) user: Slot,
    pub(in crate::router) domain: DomainId,
    pub(in crate::router) version: Version,
    pub(in crate::router) secret: [u8; 16],
    pub(in crate::router) expiry: Expiry,
    /// The number of the last message the user was given before.
    pub(in crate::router) given_from: u64,
}

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::router) enum SessionEnd {
    /// The site ended it.
    Offline,
    /// It was silent too long.
    Silent,
    /// The time is over that its site gave it.
    Expired,
    /// Its user opened too many.
    Limit,
    /// Its queue is full.
    Overflow {
        /// Whether the user's last message is what it could not take.
        missed: bool,
    },
}

/// The sessions of a user, newest first: the head of a list that goes through the sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::router) struct SessionList(pub(super) Option<Slot>);

impl SessionList {
    pub(in crate::router) fn newest(self) -> Option<Slot> {
        self.0
    }
}

/// What sessions ask of the users they belong to.
pub(in crate::router) trait Owners {
    /// The name of a user that is online.
    fn name(&self, user: Slot) -> &str;
    /// Forgets late messages that a session of the user has acknowledged.
    fn acknowledge_late(&mut self, user: Slot, messages: &[u64]);
}

impl Session {
    pub(super) fn new(new: NewSession, older: Option<Slot>, now: Moment) -> Session {
        let NewSession { user, domain, version, secret, expiry, given_from } = new;
        Session {
            user,
            domain,
            older,
            version,
            expiry,
            given_from,
            queue: Queue::default(),
            secret,
            poll: PollState::Absent,
            next: None,
            heard: now,
            due: Moment::NEVER,
            armed: Moment::NEVER,
            replaceable: Moment::ZERO,
            generation: UNBORN,
        }
    }

    pub(in crate::router) fn user(&self) -> Slot {
        self.user
    }

    pub(in crate::router) fn version(&self) -> Version {
        self.version
    }

    /// It was given all messages of the user with numbers above this one.
    pub(in crate::router) fn given_from(&self) -> u64 {
        self.given_from
    }

    pub(in crate::router) fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Whether a poll of it is with the server, or its answer is on the way.
    pub(in crate::router) fn has_poll(&self) -> bool {
        self.poll != PollState::Absent || self.next.is_some()
    }

    /// By this sessions are sorted, the one idle longest first: those that have a poll are not idle.
    pub(in crate::router) fn idle_order(&self) -> (bool, Moment) {
        (self.poll != PollState::Absent, self.heard)
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Session {
    pub(in crate::router) fn domain(&self) -> DomainId {
        self.domain
    }

    pub(in crate::router) fn secret(&self) -> &[u8; 16] {
        &self.secret
    }

    /// When it ends, by its site.
    pub(in crate::router) fn expiry(&self) -> Expiry {
        self.expiry
    }

    /// When its next alarm rings, and when something has to happen.
    pub(in crate::router) fn alarm_and_due(&self) -> (crate::base::clock::Tick, crate::base::clock::Tick) {
        (self.armed.tick(), self.due.tick())
    }

    /// The poll that is parked.
    pub(in crate::router) fn parked(&self) -> Option<CallKey> {
        match self.poll {
            PollState::Parked { key } => Some(key),
            PollState::Absent | PollState::Answering { .. } => None,
        }
    }

    /// The poll whose answer may or may not have been flushed.
    pub(in crate::router) fn answering(&self) -> Option<CallKey> {
        match self.poll {
            PollState::Answering { key } => Some(key),
            PollState::Absent | PollState::Parked { .. } => None,
        }
    }

    /// The poll that waits for its turn.
    pub(in crate::router) fn waiting(&self) -> Option<CallKey> {
        self.next.as_ref().map(|next| next.call.key)
    }
}
