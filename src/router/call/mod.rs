//! Calls and answers, typed: what `api/` makes of requests and what it writes as answers.
//!
//! Owns: the types. Must not: know HTTP. A call borrows from the request it was read from; only a call that
//! travels to another shard is made to own its text.

use std::borrow::Cow;

use crate::base::domains::DomainId;
use crate::base::stats::CallKind;
use crate::router::ids::{CallKey, SessionKey, Ticket};
use crate::router::packet::{Kind, MessageType, Packet};
use crate::router::profile::Profile;
use crate::router::weight;

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

/// The user a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The user of this session.
    Ticket(Ticket),
    /// The user of this name.
    Name(Text<'a>),
}

impl Subject<'_> {
    fn into_owned(self) -> Subject<'static> {
        match self {
            Subject::Ticket(ticket) => Subject::Ticket(ticket),
            Subject::Name(name) => Subject::Name(own(name)),
        }
    }
}

/// The request that waits for an answer, and its domain.
#[derive(Clone, Copy, Debug)]
pub(in crate::router) struct Caller {
    pub(in crate::router) key: CallKey,
    pub(in crate::router) domain: DomainId,
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
    pub fn into_owned(self) -> Call<'static> {
        Call { domain: self.domain, verb: self.verb.into_owned() }
    }

    /// What it takes while it waits.
    pub fn bytes(&self) -> usize {
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
    /// `POST /presences/show`.
    Show(Show<'a>),
    /// `POST /statuses`.
    Status(Typing<'a>),
    /// `POST /messages`.
    Message(Box<NewMessage<'a>>),
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
    /// `GET /packets`: the long poll.
    Poll(Poll),
}

impl Verb<'_> {
    /// Whether the call is taken however much waits for its domain: it makes nothing wait, or less. `api::endpoint` says
    /// the same of paths.
    pub fn is_always_taken(&self) -> bool {
        match self {
            Verb::Offline(_) | Verb::Show(_) | Verb::RemoveBuddies(_) | Verb::Leave(_) | Verb::Poll(_) => {
                true
            }
            Verb::Online(_)
            | Verb::Status(_)
            | Verb::Message(_)
            | Verb::Onlines(_)
            | Verb::Members(_)
            | Verb::Join(_) => false,
        }
    }

    /// What a site's call is counted as; `None` for a poll, which waits on purpose.
    pub fn kind(&self) -> Option<CallKind> {
        match self {
            Verb::Online(_) => Some(CallKind::Online),
            Verb::Offline(_) | Verb::Show(_) => Some(CallKind::Presence),
            Verb::Status(_) => Some(CallKind::Status),
            Verb::Message(_) => Some(CallKind::Message),
            Verb::Members(_) | Verb::Join(_) | Verb::Leave(_) => Some(CallKind::Room),
            Verb::Onlines(_) | Verb::RemoveBuddies(_) => Some(CallKind::Buddies),
            Verb::Poll(_) => None,
        }
    }

    fn into_owned(self) -> Verb<'static> {
        match self {
            Verb::Online(online) => Verb::Online(Box::new(online.into_owned())),
            Verb::Offline(subject) => Verb::Offline(subject.into_owned()),
            Verb::Show(show) => Verb::Show(show.into_owned()),
            Verb::Status(typing) => Verb::Status(typing.into_owned()),
            Verb::Message(message) => Verb::Message(Box::new(message.into_owned())),
            Verb::Onlines(query) => Verb::Onlines(query.into_owned()),
            Verb::Members(query) => Verb::Members(query.into_owned()),
            Verb::Join(call) => Verb::Join(call.into_owned()),
            Verb::Leave(call) => Verb::Leave(call.into_owned()),
            Verb::RemoveBuddies(removal) => Verb::RemoveBuddies(removal.into_owned()),
            Verb::Poll(poll) => Verb::Poll(poll),
        }
    }

    /// What it takes beyond itself.
    pub(in crate::router) fn bytes(&self) -> usize {
        match self {
            Verb::Online(online) => online.bytes(),
            Verb::Show(show) => show.looks.bytes(),
            Verb::Status(typing) => typing.bytes(),
            Verb::Message(message) => message.bytes(),
            Verb::Onlines(query) => weight::texts(&query.names),
            Verb::Members(query) => query.room.len(),
            Verb::Join(call) | Verb::Leave(call) => call.bytes(),
            Verb::RemoveBuddies(removal) => removal.bytes(),
            Verb::Offline(_) | Verb::Poll(_) => 0,
        }
    }
}

/// The arguments of `/presences/online`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Online<'a> {
    /// The user's name.
    pub name: Text<'a>,
    /// What the user shows.
    pub looks: Looks<'a>,
    /// Names the user wants to be linked with; none twice, not the user's own.
    pub buddies: Vec<Text<'a>>,
    /// Rooms the user is in; none twice.
    pub rooms: Vec<Text<'a>>,
    /// Whether names or rooms beyond the limit were dropped.
    pub truncated: bool,
    /// The dialect of the session.
    pub version: Version,
    /// Random bits for the session's ticket.
    pub secret: [u8; 16],
}

impl Online<'_> {
    fn into_owned(self) -> Online<'static> {
        Online {
            name: own(self.name),
            looks: self.looks.into_owned(),
            buddies: own_all(self.buddies),
            rooms: own_all(self.rooms),
            truncated: self.truncated,
            version: self.version,
            secret: self.secret,
        }
    }

    fn bytes(&self) -> usize {
        let Online { name, looks, buddies, rooms, .. } = self;
        size_of::<Online<'_>>() + name.len() + looks.bytes() + weight::texts(buddies) + weight::texts(rooms)
    }
}

/// The arguments of `/presences/show`: what is absent changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Show<'a> {
    /// The user whose looks change.
    pub subject: Subject<'a>,
    /// What the user shows from now on.
    pub looks: Looks<'a>,
}

impl Show<'_> {
    fn into_owned(self) -> Show<'static> {
        Show { subject: self.subject.into_owned(), looks: self.looks.into_owned() }
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

impl Looks<'_> {
    fn into_owned(self) -> Looks<'static> {
        Looks { nick: own_some(self.nick), show: own_some(self.show), status: own_some(self.status) }
    }

    fn bytes(&self) -> usize {
        let texts = [&self.nick, &self.show, &self.status];
        texts.into_iter().map(|text| weight::text(text.as_ref())).sum()
    }
}

/// The arguments of `/statuses`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing<'a> {
    /// The sender's session.
    pub ticket: Ticket,
    /// The receiver.
    pub to: Text<'a>,
    /// The nick for this packet, if not the stored one.
    pub nick: Option<Text<'a>>,
    /// The typing state.
    pub show: Text<'a>,
}

impl Typing<'_> {
    fn into_owned(self) -> Typing<'static> {
        let Typing { ticket, to, nick, show } = self;
        Typing { ticket, to: own(to), nick: own_some(nick), show: own(show) }
    }

    fn bytes(&self) -> usize {
        self.to.len() + weight::text(self.nick.as_ref()) + self.show.len()
    }
}

/// The sender of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker<'a> {
    /// The user of this session.
    Ticket(Ticket),
    /// The site, in this name; nobody needs to be online under it.
    Site(Text<'a>),
}

/// The arguments of `/messages`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage<'a> {
    /// The sender.
    pub speaker: Speaker<'a>,
    /// The receiver or the room; empty for a broadcast.
    pub to: Text<'a>,
    /// The nick for this packet, if not the stored one.
    pub nick: Option<Text<'a>>,
    /// How it is addressed.
    pub kind: MessageType,
    /// What it says.
    pub body: Text<'a>,
    /// CSS.
    pub style: Text<'a>,
    /// When, by the sender's clock; the server's time if the call has none.
    pub timestamp: Text<'a>,
    /// The site's id; `None`: the server makes one.
    pub id: Option<Text<'a>>,
}

impl NewMessage<'_> {
    fn into_owned(self) -> NewMessage<'static> {
        NewMessage {
            speaker: match self.speaker {
                Speaker::Ticket(ticket) => Speaker::Ticket(ticket),
                Speaker::Site(from) => Speaker::Site(own(from)),
            },
            to: own(self.to),
            nick: own_some(self.nick),
            kind: self.kind,
            body: own(self.body),
            style: own(self.style),
            timestamp: own(self.timestamp),
            id: own_some(self.id),
        }
    }

    fn bytes(&self) -> usize {
        let NewMessage { to, nick, body, style, timestamp, id, .. } = self;
        let short = to.len() + weight::text(nick.as_ref()) + timestamp.len() + weight::text(id.as_ref());
        size_of::<NewMessage<'_>>() + body.len() + style.len() + short
    }
}

/// The arguments of `/onlines`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlinesQuery<'a> {
    /// The asking user's session, if the call has one: that user is listed though invisible.
    pub ticket: Option<Ticket>,
    /// The names that are asked for; none twice.
    pub names: Vec<Text<'a>>,
}

impl OnlinesQuery<'_> {
    fn into_owned(self) -> OnlinesQuery<'static> {
        OnlinesQuery { ticket: self.ticket, names: own_all(self.names) }
    }
}

/// The arguments of `/room/members`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembersQuery<'a> {
    /// The asking user's session, if the call has one: that user is listed though invisible.
    pub ticket: Option<Ticket>,
    /// The room's name.
    pub room: Text<'a>,
}

impl MembersQuery<'_> {
    fn into_owned(self) -> MembersQuery<'static> {
        MembersQuery { ticket: self.ticket, room: own(self.room) }
    }
}

/// The arguments of `/room/join` and `/room/leave`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomCall<'a> {
    /// The user who joins or leaves.
    pub subject: Subject<'a>,
    /// The room's name.
    pub room: Text<'a>,
    /// The nick for this packet, if not the stored one.
    pub nick: Option<Text<'a>>,
}

impl RoomCall<'_> {
    fn into_owned(self) -> RoomCall<'static> {
        let RoomCall { subject, room, nick } = self;
        RoomCall { subject: subject.into_owned(), room: own(room), nick: own_some(nick) }
    }

    fn bytes(&self) -> usize {
        self.room.len() + weight::text(self.nick.as_ref())
    }
}

/// The arguments of `/buddies/remove`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuddyRemoval<'a> {
    /// The user's name.
    pub name: Text<'a>,
    /// The names to be unlinked; none twice, not the user's own.
    pub buddies: Vec<Text<'a>>,
}

impl BuddyRemoval<'_> {
    fn into_owned(self) -> BuddyRemoval<'static> {
        BuddyRemoval { name: own(self.name), buddies: own_all(self.buddies) }
    }

    fn bytes(&self) -> usize {
        self.name.len() + weight::texts(&self.buddies)
    }
}

/// The arguments of `/packets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// The session that polls.
    pub ticket: Ticket,
    /// The number of the last packet the browser has; `None`: it has what was flushed to it.
    pub seq: Option<u64>,
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
            Answer::Onlines(profiles) => weight::profiles(profiles),
            Answer::Members(list) => list.room.len() + weight::profiles(&list.members),
            Answer::Joined(joined) => joined.room.len(),
            Answer::Packets(delivery) => delivery.bytes(),
            Answer::Done | Answer::Delivered(_) | Answer::Refused(_) => 0,
        }
    }
}

/// A room that was joined.
#[derive(Clone, Debug)]
pub struct JoinedRoom {
    /// The room's name.
    pub room: Box<str>,
    /// Its visible members, and the one that joined.
    pub members: u32,
}

/// Members of a room.
#[derive(Clone, Debug)]
pub struct MemberList {
    /// The room's name.
    pub room: Box<str>,
    /// Those that the asking user may see.
    pub members: Vec<Profile>,
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

impl Started {
    fn bytes(&self) -> usize {
        let rooms = self.rooms.iter().map(|room| size_of_val(room) + room.0.len());
        size_of::<Started>() + weight::profiles(&self.buddies) + rooms.sum::<usize>()
    }
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
    pub fn as_slice(&self) -> &[Packet] {
        match self {
            Packets::None => &[],
            Packets::One(packet) => std::slice::from_ref(packet),
            Packets::Many(packets) => packets,
        }
    }

    /// Tells broadcasts as unicasts to the user of this name, which is asked for if there are any.
    pub(in crate::router) fn address_broadcasts<'n>(&mut self, name: impl Fn() -> &'n str) {
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
