//! What calls are answered.
//!
//! Owns: the types. Must not: import `http` or `api`, which write them in the shapes of each dialect.

use std::sync::Arc;

use crate::base::domains::DomainId;
use crate::router::ids::{SessionKey, Ticket};
use crate::router::packet::{Packet, Reader};
use crate::router::profile::Profile;
use crate::router::weight;

/// The answer to a call.
#[derive(Clone, Debug)]
pub enum Answer {
    /// `ok`.
    Done,
    /// `ok`: a message or signal, and to how many sessions of its receivers it was queued.
    Delivered(Receivers),
    /// A session was started.
    Online(Box<Started>),
    /// Users that are online.
    Onlines(OnlineUsers),
    /// A room was joined.
    Joined(JoinedRoom),
    /// Members of a room.
    Members(MemberList),
    /// A poll is answered.
    Packets(Delivery),
    /// It cannot be done.
    Refused(Refusal),
}

impl Answer {
    /// What it takes beyond itself.
    pub(in crate::router) fn bytes(&self) -> usize {
        match self {
            Answer::Online(started) => started.bytes(),
            Answer::Onlines(online) => weight::profiles(&online.users),
            Answer::Members(list) => list.room.len() + weight::profiles(&list.members),
            Answer::Joined(joined) => joined.room.len(),
            Answer::Packets(delivery) => delivery.bytes(),
            Answer::Done | Answer::Delivered(_) | Answer::Refused(_) => 0,
        }
    }
}

/// The receivers' sessions that a packet was queued to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receivers {
    /// All of them.
    pub sessions: u32,
    /// Those of visible users.
    pub visible: u32,
    /// Some owner did not report in time.
    pub partial: bool,
}

impl Receivers {
    /// Counts this many sessions of a user.
    pub(in crate::router) fn add(&mut self, sessions: u32, is_visible: bool) {
        self.sessions += sessions;
        self.visible += if is_visible { sessions } else { 0 };
    }

    /// Counts what another place has counted.
    pub(crate) fn add_all(&mut self, more: Receivers) {
        // Another node may have counted anything.
        self.sessions = self.sessions.saturating_add(more.sessions);
        self.visible = self.visible.saturating_add(more.visible);
        self.partial |= more.partial;
    }
}

/// Users that are online.
#[derive(Clone, Debug)]
pub struct OnlineUsers {
    /// Those that the asking user may see.
    pub users: Vec<Profile>,
    /// Some owner did not report in time.
    pub partial: bool,
}

/// A room that was joined.
#[derive(Clone, Debug)]
pub struct JoinedRoom {
    /// The room's name.
    pub(crate) room: Box<str>,
    /// Its visible members, and the one that joined.
    pub(crate) members: u32,
}

/// Members of a room.
#[derive(Clone, Debug)]
pub struct MemberList {
    /// The room's name.
    pub(crate) room: Box<str>,
    /// Those that the asking user may see.
    pub members: Vec<Profile>,
    /// Some owner did not report in time.
    pub partial: bool,
}

/// A session that was started.
#[derive(Clone, Debug)]
pub struct Started {
    /// For the browser.
    pub ticket: Ticket,
    /// Where it polls, if not here.
    pub(crate) server: Option<Arc<str>>,
    /// The user's sessions, this one included.
    pub(crate) sessions: u32,
    /// Buddies that are online and visible, in the order they were named.
    pub buddies: Vec<Profile>,
    /// Rooms with their visible members, in the order they were named.
    pub(crate) rooms: Vec<(Box<str>, u32)>,
    /// Some owner did not report in time.
    pub(crate) partial: bool,
    /// Something beyond a limit was ignored.
    pub(crate) truncated: bool,
}

impl Started {
    fn bytes(&self) -> usize {
        let rooms = self.rooms.iter().map(|room| size_of_val(room) + room.0.len());
        size_of::<Started>() + weight::profiles(&self.buddies) + rooms.sum::<usize>()
    }
}

/// What a poll is answered with.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The session whose packets these are: the answer's fate goes there.
    pub session: SessionKey,
    /// Its domain, which the answer is counted for while it is not taken.
    pub domain: DomainId,
    /// The packets, in order.
    pub packets: Packets,
    /// The page they are for.
    pub reader: Reader,
    /// The number of the last packet here, or the last one issued.
    pub seq: u64,
    /// Why the session is stopped, if it is.
    pub stopped: Option<Reason>,
    /// How long to wait before the next call, in milliseconds.
    pub retry_ms: Option<u64>,
}

impl Delivery {
    fn bytes(&self) -> usize {
        self.packets.as_slice().iter().map(|packet| size_of_val(packet) + packet.share()).sum()
    }
}

/// The packets of one answer; one, the usual number, needs no allocation.
#[derive(Clone, Debug)]
pub enum Packets {
    /// None: the poll was held as long as polls are.
    None,
    /// One.
    One(Packet),
    /// More.
    Many(Vec<Packet>),
}

impl Packets {
    /// The packets, in order.
    pub(crate) fn as_slice(&self) -> &[Packet] {
        match self {
            Packets::None => &[],
            Packets::One(packet) => std::slice::from_ref(packet),
            Packets::Many(packets) => packets,
        }
    }
}

/// Why a poll is answered `stopped`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The session was ended.
    Offline,
    /// A newer poll of the same session came.
    Replaced,
    /// The user opened more sessions than the limit.
    Limit,
    /// The time is over that the site gave the session: the page goes online again.
    Renew,
    /// The server is going down.
    Shutdown,
    /// The session could not take another message, and has ended.
    Overflow,
}

impl Reason {
    /// The word on the wire.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Reason::Offline | Reason::Overflow => "offline",
            Reason::Replaced => "replaced",
            Reason::Limit => "limit",
            Reason::Renew => "renew",
            Reason::Shutdown => "shutdown",
        }
    }
}

/// Why a call cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The session has ended, or never was in this domain or process; or no user of that name is online.
    NoClient,
    /// The `seq` was never issued.
    BadSeq,
    /// The domain has all the users it may have.
    TooManyUsers,
    /// The domain has as many sessions as it may have.
    TooManySessions,
    /// The user is in as many rooms as the limit allows.
    TooManyRooms,
    /// Two polls of the session wait already.
    TooManyPolls,
    /// No session of the receiver could take the message.
    ReceiverFull,
    /// The domain makes wait all it may, or the shard holds all it may hold.
    Overloaded,
    /// A shard did not report in time.
    Late,
    /// The server is going down.
    ShuttingDown,
    /// The node that could answer is not reached.
    Unreachable,
    /// The node that could answer does not serve the domain.
    Unserved,
    /// This node is cut off from the others.
    Isolated,
}
