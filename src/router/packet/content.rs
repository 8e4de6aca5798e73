//! What a packet says, before it is encoded.
//!
//! Owns: the kinds of packets, and the content of messages and signals. Must not: write JSON.

/// How a message is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// To one user.
    Unicast,
    /// To the members of a room.
    Multicast,
    /// To all users of the domain.
    Broadcast,
}

impl MessageType {
    /// The word on the wire.
    pub(crate) fn word(self) -> &'static str {
        match self {
            MessageType::Unicast => "unicast",
            MessageType::Multicast => "multicast",
            MessageType::Broadcast => "broadcast",
        }
    }
}

/// What a presence shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PresenceType {
    /// The user came.
    Online,
    /// The user left.
    Offline,
    /// The user changed its show or status.
    Show,
    /// The user entered a room, which stands in the status.
    Join,
    /// The user left a room, which stands in the status.
    Leave,
    /// A member of a room, which stands in the status, came; for pages of version 5.
    GroupOnline,
    /// A member of a room, which stands in the status, went; for pages of version 5.
    GroupOffline,
}

impl PresenceType {
    /// Whether it is about a room.
    pub(in crate::router) fn is_of_room(self) -> bool {
        match self {
            PresenceType::Join
            | PresenceType::Leave
            | PresenceType::GroupOnline
            | PresenceType::GroupOffline => true,
            PresenceType::Online | PresenceType::Offline | PresenceType::Show => false,
        }
    }

    /// The word on the wire.
    pub(super) fn word(self) -> &'static str {
        match self {
            PresenceType::Online => "online",
            PresenceType::Offline => "offline",
            PresenceType::Show => "show",
            PresenceType::Join => "join",
            PresenceType::Leave => "leave",
            PresenceType::GroupOnline => "grponline",
            PresenceType::GroupOffline => "grpoffline",
        }
    }
}

/// Which list of a poll answer a packet belongs to, and its type there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Something said.
    Message(MessageType),
    /// Who is there.
    Presence(PresenceType),
    /// Typing, for one user.
    Status,
    /// Typing, for the version-6 pages of a room.
    RoomStatus,
    /// Something that has happened to messages, for version-6 pages.
    Signal,
}

/// A message before it is encoded.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The sender's name.
    pub from: &'a str,
    /// What receivers see as the sender.
    pub nick: &'a str,
    /// The receiver, the room, or nothing for a broadcast.
    pub to: &'a str,
    /// When, by the sender's clock.
    pub timestamp: &'a str,
    /// How it is addressed.
    pub kind: MessageType,
    /// What it says.
    pub body: &'a str,
    /// CSS, as the front end likes it.
    pub style: &'a str,
    /// No other message has it.
    pub id: &'a str,
    /// A JSON object for version-6 pages.
    pub meta: Option<&'a str>,
}

/// A signal before it is encoded.
#[derive(Clone, Copy, Debug)]
pub struct Signal<'a> {
    /// The sender's name.
    pub from: &'a str,
    /// The receiver or the room.
    pub to: &'a str,
    /// What has happened.
    pub name: &'a str,
    /// A JSON object.
    pub data: &'a str,
    /// The hash of its subject: a signal supersedes an older one about the same.
    pub subject: u64,
}
