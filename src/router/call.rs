//! Calls and answers, typed: what `api/` makes of requests and what it writes as answers.
//!
//! Owns: the types. Must not: know HTTP. A call borrows from the request it was read from; only a call that
//! travels to another shard is made to own its text.

use std::borrow::Cow;

use super::ids::{SessionKey, Ticket};
use super::packet::{Kind, MessageType, Packet};
use super::profile::Profile;
use crate::base::domains::DomainId;
use crate::base::stats::CallKind;

/// Text that is borrowed from the request, or owned when it had to be decoded or travels.
pub type Text<'a> = Cow<'a, str>;

/// Which dialect a session speaks, and which shape an answer has (protocol, "Versions").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// No `version`: the shapes of the white papers; broadcasts are told as unicasts.
    #[default]
    Papers,
    /// `3`: list shapes; broadcasts are told as unicasts, too.
    V3,
    /// `6`: list shapes and everything this server adds.
    V6,
}

/// Whom a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The user of this session.
    Ticket(Ticket),
    /// The user of this name.
    Name(Text<'a>),
}

/// A checked call of a site or a browser, in a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// The world it happens in.
    pub domain: DomainId,
    /// What is asked for.
    pub verb: Verb<'a>,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb<'a> {
    /// `POST /presences/online`: start a session.
    Online(Box<Online<'a>>),
    /// `POST /presences/offline`: by ticket ends a session, by name all sessions of a user, without linger.
    Offline {
        /// Whose.
        subject: Subject<'a>,
    },
    /// `POST /presences/show`: what is absent changes nothing.
    Show {
        /// Whose.
        subject: Subject<'a>,
        /// What he now shows.
        looks: Looks<'a>,
    },
    /// `POST /statuses`: typing.
    Status {
        /// The sender's session.
        ticket: Ticket,
        /// The receiver.
        to: Text<'a>,
        /// The nick for this packet, if not the stored one.
        nick: Option<Text<'a>>,
        /// What he does.
        show: Text<'a>,
    },
    /// `POST /messages`.
    Message(Box<Say<'a>>),
    /// `GET /onlines`.
    Onlines {
        /// Who asks, if he said so; he sees himself though invisible.
        ticket: Option<Ticket>,
        /// Whom he asks for; no name twice.
        names: Vec<Text<'a>>,
    },
    /// `GET /room/members`.
    Members {
        /// Who asks, if he said so; he sees himself though invisible.
        ticket: Option<Ticket>,
        /// Of which room.
        room: Text<'a>,
    },
    /// `POST /room/join`.
    Join {
        /// Who joins.
        subject: Subject<'a>,
        /// Which room.
        room: Text<'a>,
        /// The nick for this packet, if not the stored one.
        nick: Option<Text<'a>>,
    },
    /// `POST /room/leave`.
    Leave {
        /// Who leaves.
        subject: Subject<'a>,
        /// Which room.
        room: Text<'a>,
        /// The nick for this packet, if not the stored one.
        nick: Option<Text<'a>>,
    },
    /// `POST /buddies/remove`: unlink.
    RemoveBuddies {
        /// Whose buddies.
        name: Text<'a>,
        /// Which; no name twice, not his own.
        buddies: Vec<Text<'a>>,
    },
    /// `GET /packets`: the long poll.
    Poll {
        /// The session that polls.
        ticket: Ticket,
        /// The last packet it has; `None`: it has what was flushed to it.
        seq: Option<u64>,
    },
}

impl Verb<'_> {
    /// Whether it is never refused because too much waits for its domain: it makes nothing wait, or less. The same is told
    /// of paths by `api::endpoint`.
    pub fn is_always_taken(&self) -> bool {
        match self {
            Verb::Offline { .. }
            | Verb::Show { .. }
            | Verb::RemoveBuddies { .. }
            | Verb::Leave { .. }
            | Verb::Poll { .. } => true,
            Verb::Online(_)
            | Verb::Status { .. }
            | Verb::Message(_)
            | Verb::Onlines { .. }
            | Verb::Members { .. }
            | Verb::Join { .. } => false,
        }
    }

    /// What a site's call is counted as; `None` for a poll, which waits on purpose.
    pub fn kind(&self) -> Option<CallKind> {
        match self {
            Verb::Online(_) => Some(CallKind::Online),
            Verb::Offline { .. } | Verb::Show { .. } => Some(CallKind::Presence),
            Verb::Status { .. } => Some(CallKind::Status),
            Verb::Message(_) => Some(CallKind::Message),
            Verb::Members { .. } | Verb::Join { .. } | Verb::Leave { .. } => Some(CallKind::Room),
            Verb::Onlines { .. } | Verb::RemoveBuddies { .. } => Some(CallKind::Buddies),
            Verb::Poll { .. } => None,
        }
    }
}

/// Nick, show and status as a call gives them; `None` changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks<'a> {
    /// Not empty.
    pub nick: Option<Text<'a>>,
    /// Not empty.
    pub show: Option<Text<'a>>,
    /// Empty clears.
    pub status: Option<Text<'a>>,
}

/// The arguments of `/presences/online`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Online<'a> {
    /// Whose session it is.
    pub name: Text<'a>,
    /// What he shows.
    pub looks: Looks<'a>,
    /// Names he wants to be linked with; none twice, not his own.
    pub buddies: Vec<Text<'a>>,
    /// Rooms he is in; none twice.
    pub rooms: Vec<Text<'a>>,
    /// Whether names or rooms beyond the limit were dropped.
    pub truncated: bool,
    /// The dialect of the session.
    pub version: Version,
    /// Random bits for its ticket.
    pub secret: [u8; 16],
}

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker<'a> {
    /// The user of this session.
    Ticket(Ticket),
    /// The site, in this name; nobody needs to be online under it.
    Site(Text<'a>),
}

/// The arguments of `/messages`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say<'a> {
    /// Who speaks.
    pub speaker: Speaker<'a>,
    /// The receiver or the room; empty for a broadcast.
    pub to: Text<'a>,
    /// The nick for this packet, if not the stored one.
    pub nick: Option<Text<'a>>,
    /// How it is addressed.
    pub kind: MessageType,
    /// What is said.
    pub body: Text<'a>,
    /// CSS.
    pub style: Text<'a>,
    /// The sender's word for when; the server's time if he gave none.
    pub timestamp: Text<'a>,
    /// The site's id; `None`: the server makes one.
    pub id: Option<Text<'a>>,
}

/// What becomes of a call.
#[derive(Clone, Debug)]
pub enum Answer {
    /// `ok`.
    Done,
    /// `ok`: a message, and to how many sessions of its receivers it was queued.
    Delivered(u32),
    /// A session was started.
    Online(Box<Started>),
    /// Users that are online.
    Onlines(Vec<Profile>),
    /// A room was joined.
    Joined {
        /// The room's name.
        room: Box<str>,
        /// Its visible members, the joiner included.
        members: u32,
    },
    /// Members of a room.
    Members {
        /// The room's name.
        room: Box<str>,
        /// Those that may be seen.
        members: Vec<Profile>,
    },
    /// A poll is answered.
    Packets(Delivery),
    /// It cannot be done.
    Refused(Refusal),
}

/// A session that was started.
#[derive(Clone, Debug)]
pub struct Started {
    /// For the browser.
    pub ticket: Ticket,
    /// The user's sessions, this one included.
    pub sessions: u32,
    /// Buddies that are online and visible, in the order they were named.
    pub buddies: Vec<Profile>,
    /// Rooms with their visible members, in the order they were named.
    pub rooms: Vec<(Box<str>, u32)>,
    /// Some owner did not report in time.
    pub partial: bool,
    /// Something beyond a limit was ignored.
    pub truncated: bool,
}

/// What a poll is answered with.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The session whose packets these are: the word whether the answer was flushed goes there.
    pub session: SessionKey,
    /// Its domain, which the answer is counted for while it is not taken.
    pub domain: DomainId,
    /// The packets, in order.
    pub packets: Packets,
    /// The number of the last packet here, or the last one issued.
    pub seq: u64,
    /// Why the session is stopped, if it is.
    pub stopped: Option<Reason>,
    /// How long to wait before the next call, in milliseconds.
    pub retry_ms: Option<u64>,
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
    pub fn as_slice(&self) -> &[Packet] {
        match self {
            Packets::None => &[],
            Packets::One(packet) => std::slice::from_ref(packet),
            Packets::Many(packets) => packets,
        }
    }

    /// Tells broadcasts as unicasts to the user of this name, which is asked for if there are any.
    pub(super) fn address_broadcasts<'n>(&mut self, name: impl Fn() -> &'n str) {
        let packets = match self {
            Packets::None => &mut [],
            Packets::One(packet) => std::slice::from_mut(packet),
            Packets::Many(packets) => packets.as_mut_slice(),
        };
        for packet in packets {
            if packet.kind() == Kind::Message(MessageType::Broadcast) {
                *packet = packet.addressed(name());
            }
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
    /// The user opened more sessions than he may.
    Limit,
    /// The server is going down.
    Shutdown,
}

impl Reason {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Reason::Offline => "offline",
            Reason::Replaced => "replaced",
            Reason::Limit => "limit",
            Reason::Shutdown => "shutdown",
        }
    }
}

/// Why a call cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The session has ended, or never was in this domain or process; or nobody of that name is online.
    NoClient,
    /// The `seq` was never issued.
    BadSeq,
    /// The domain has all the users it may have.
    TooManyUsers,
    /// The user is in all the rooms he may be in.
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
}

fn own(text: Text<'_>) -> Text<'static> {
    Cow::Owned(text.into_owned())
}

fn own_some(text: Option<Text<'_>>) -> Option<Text<'static>> {
    text.map(own)
}

fn own_all(texts: Vec<Text<'_>>) -> Vec<Text<'static>> {
    texts.into_iter().map(own).collect()
}

impl Call<'_> {
    /// The same call with text of its own, fit to travel.
    pub fn into_owned(self) -> Call<'static> {
        Call { domain: self.domain, verb: self.verb.into_owned() }
    }
}

impl Subject<'_> {
    fn into_owned(self) -> Subject<'static> {
        match self {
            Subject::Ticket(ticket) => Subject::Ticket(ticket),
            Subject::Name(name) => Subject::Name(own(name)),
        }
    }
}

impl Looks<'_> {
    fn into_owned(self) -> Looks<'static> {
        Looks { nick: own_some(self.nick), show: own_some(self.show), status: own_some(self.status) }
    }
}

impl Verb<'_> {
    fn into_owned(self) -> Verb<'static> {
        match self {
            Verb::Online(online) => Verb::Online(Box::new(Online {
                name: own(online.name),
                looks: online.looks.into_owned(),
                buddies: own_all(online.buddies),
                rooms: own_all(online.rooms),
                truncated: online.truncated,
                version: online.version,
                secret: online.secret,
            })),
            Verb::Offline { subject } => Verb::Offline { subject: subject.into_owned() },
            Verb::Show { subject, looks } => {
                Verb::Show { subject: subject.into_owned(), looks: looks.into_owned() }
            }
            Verb::Status { ticket, to, nick, show } => {
                Verb::Status { ticket, to: own(to), nick: own_some(nick), show: own(show) }
            }
            Verb::Message(say) => Verb::Message(Box::new(Say {
                speaker: match say.speaker {
                    Speaker::Ticket(ticket) => Speaker::Ticket(ticket),
                    Speaker::Site(from) => Speaker::Site(own(from)),
                },
                to: own(say.to),
                nick: own_some(say.nick),
                kind: say.kind,
                body: own(say.body),
                style: own(say.style),
                timestamp: own(say.timestamp),
                id: own_some(say.id),
            })),
            Verb::Onlines { ticket, names } => Verb::Onlines { ticket, names: own_all(names) },
            Verb::Members { ticket, room } => Verb::Members { ticket, room: own(room) },
            Verb::Join { subject, room, nick } => {
                Verb::Join { subject: subject.into_owned(), room: own(room), nick: own_some(nick) }
            }
            Verb::Leave { subject, room, nick } => {
                Verb::Leave { subject: subject.into_owned(), room: own(room), nick: own_some(nick) }
            }
            Verb::RemoveBuddies { name, buddies } => {
                Verb::RemoveBuddies { name: own(name), buddies: own_all(buddies) }
            }
            Verb::Poll { ticket, seq } => Verb::Poll { ticket, seq },
        }
    }
}
