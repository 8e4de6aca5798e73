//! What calls are given: the checked arguments of each.
//!
//! Owns: the types. Must not: import `http` or `api`. Text is borrowed from the request, until a call travels to
//! another shard.

use std::borrow::Cow;

use crate::router::ids::Ticket;
use crate::router::packet::MessageType;
use crate::router::weight;

/// Text that is borrowed from the request, or owned when it had to be decoded or travels.
pub(crate) type Text<'a> = Cow<'a, str>;

/// Which dialect a session speaks, and which shape an answer has (protocol, "Versions").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// No `version`: the shapes of the white papers; broadcasts are shown as unicasts.
    #[default]
    Papers,
    /// `3`: list shapes; broadcasts are shown as unicasts, too.
    V3,
    /// The paths below `/v5/`: the shapes and packets of the clients of 2013 to 2016.
    V5,
    /// The same for the clients of 2013, which sent `5`: `/presences/online` lists buddies and rooms, too.
    V50,
    /// `6`: list shapes and everything this server adds.
    V6,
}

impl Version {
    /// Whether it is of the clients of 2013 to 2016, which read packets of their own.
    pub(crate) fn is_v5(self) -> bool {
        matches!(self, Version::V5 | Version::V50)
    }
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
    /// The name, if it is given by that.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Subject::Name(name) => Some(name),
            Subject::Ticket(_) => None,
        }
    }

    pub(super) fn into_owned(self) -> Subject<'static> {
        match self {
            Subject::Ticket(ticket) => Subject::Ticket(ticket),
            Subject::Name(name) => Subject::Name(own(name)),
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

impl Looks<'_> {
    pub(super) fn into_owned(self) -> Looks<'static> {
        Looks { nick: own_some(self.nick), show: own_some(self.show), status: own_some(self.status) }
    }

    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.nick, &self.show, &self.status];
        texts.into_iter().map(|text| weight::text(text.as_ref())).sum()
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
    /// When the session ends at the earliest, in seconds from now; only of version 6.
    pub expires_s: Option<u64>,
    /// Random bits for the session's ticket.
    pub secret: [u8; 16],
}

impl Online<'_> {
    pub(super) fn into_owned(self) -> Online<'static> {
        Online {
            name: own(self.name),
            looks: self.looks.into_owned(),
            buddies: own_all(self.buddies),
            rooms: own_all(self.rooms),
            truncated: self.truncated,
            version: self.version,
            expires_s: self.expires_s,
            secret: self.secret,
        }
    }

    pub(super) fn bytes(&self) -> usize {
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
    pub(super) fn into_owned(self) -> Show<'static> {
        Show { subject: self.subject.into_owned(), looks: self.looks.into_owned() }
    }
}

/// The arguments of `/statuses`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing<'a> {
    /// The sender's session.
    pub(crate) ticket: Ticket,
    /// The receiver or the room.
    pub(crate) to: Text<'a>,
    /// How it is addressed; never to everybody.
    pub(crate) kind: MessageType,
    /// The nick for this packet, if not the stored one.
    pub(crate) nick: Option<Text<'a>>,
    /// The typing state.
    pub(crate) show: Text<'a>,
}

impl Typing<'_> {
    pub(super) fn into_owned(self) -> Typing<'static> {
        let Typing { ticket, to, kind, nick, show } = self;
        Typing { ticket, to: own(to), kind, nick: own_some(nick), show: own(show) }
    }

    pub(super) fn bytes(&self) -> usize {
        self.to.len() + weight::text(self.nick.as_ref()) + self.show.len()
    }
}

/// The sender of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker<'a> {
    /// The user of this session.
    Ticket(Ticket),
    /// The site, in this name; no user needs to be online under it.
    Site(Text<'a>),
}

impl Speaker<'_> {
    /// The name, if it is given by that.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Speaker::Site(name) => Some(name),
            Speaker::Ticket(_) => None,
        }
    }

    fn into_owned(self) -> Speaker<'static> {
        match self {
            Speaker::Ticket(ticket) => Speaker::Ticket(ticket),
            Speaker::Site(from) => Speaker::Site(own(from)),
        }
    }
}

/// The arguments of `/messages`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage<'a> {
    /// The sender.
    pub speaker: Speaker<'a>,
    /// A ticket that came beside the name of a site, and must be valid.
    pub beside: Option<Ticket>,
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
    /// A JSON object for version-6 pages.
    pub meta: Option<Text<'a>>,
}

impl NewMessage<'_> {
    pub(super) fn into_owned(self) -> NewMessage<'static> {
        NewMessage {
            speaker: self.speaker.into_owned(),
            beside: self.beside,
            to: own(self.to),
            nick: own_some(self.nick),
            kind: self.kind,
            body: own(self.body),
            style: own(self.style),
            timestamp: own(self.timestamp),
            id: own_some(self.id),
            meta: own_some(self.meta),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let NewMessage { to, nick, body, style, timestamp, id, meta, .. } = self;
        let short = to.len() + weight::text(nick.as_ref()) + timestamp.len() + weight::text(id.as_ref());
        size_of::<NewMessage<'_>>() + body.len() + style.len() + weight::text(meta.as_ref()) + short
    }
}

/// The arguments of `/signals`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSignal<'a> {
    /// The sender.
    pub speaker: Speaker<'a>,
    /// The receiver or the room.
    pub to: Text<'a>,
    /// How it is addressed; never to everybody.
    pub kind: MessageType,
    /// What has happened.
    pub name: Text<'a>,
    /// A JSON object.
    pub data: Text<'a>,
    /// `key` of the object, if it is a text: of the signals of a sender that agree in name and key, only the newest
    /// waits.
    pub key: Option<Text<'a>>,
}

impl NewSignal<'_> {
    pub(super) fn into_owned(self) -> NewSignal<'static> {
        NewSignal {
            speaker: self.speaker.into_owned(),
            to: own(self.to),
            kind: self.kind,
            name: own(self.name),
            data: own(self.data),
            key: own_some(self.key),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let NewSignal { to, name, data, key, .. } = self;
        size_of::<NewSignal<'_>>() + to.len() + name.len() + data.len() + weight::text(key.as_ref())
    }
}

/// The arguments of `/onlines`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlinesQuery<'a> {
    /// The asking user's session, if the call has one: that user is listed though invisible.
    pub(crate) ticket: Option<Ticket>,
    /// The names that are asked for; none twice.
    pub(crate) names: Vec<Text<'a>>,
}

impl OnlinesQuery<'_> {
    pub(super) fn into_owned(self) -> OnlinesQuery<'static> {
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
    pub(super) fn into_owned(self) -> MembersQuery<'static> {
        MembersQuery { ticket: self.ticket, room: own(self.room) }
    }
}

/// The arguments of `/room/join` and `/room/leave`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomCall<'a> {
    /// The user who joins or leaves.
    pub(crate) subject: Subject<'a>,
    /// The room's name.
    pub(crate) room: Text<'a>,
    /// The nick for this packet, if not the stored one.
    pub(crate) nick: Option<Text<'a>>,
}

impl RoomCall<'_> {
    pub(super) fn into_owned(self) -> RoomCall<'static> {
        let RoomCall { subject, room, nick } = self;
        RoomCall { subject: subject.into_owned(), room: own(room), nick: own_some(nick) }
    }

    pub(super) fn bytes(&self) -> usize {
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
    pub(super) fn into_owned(self) -> BuddyRemoval<'static> {
        BuddyRemoval { name: own(self.name), buddies: own_all(self.buddies) }
    }

    pub(super) fn bytes(&self) -> usize {
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
    /// How it is answered.
    pub transport: Transport,
}

/// How packets come to a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// One answer to one request: the long poll.
    #[default]
    Poll,
    /// One answer without an end, each of whose events is what an answer to a poll would be.
    Stream,
    /// The same; the page does not acknowledge by itself, but answers pings, and is there as long as it does.
    PingedStream,
}

/// The arguments of `/packets/ack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The session that acknowledges.
    pub(crate) ticket: Ticket,
    /// The number of the last packet the browser has.
    pub(crate) seq: u64,
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
