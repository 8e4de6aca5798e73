//! Records: what one node's link says to its other end.
//!
//! Owns: the kinds of records and their bytes. Must not: know what they mean; `link` does.
//!
//! A record is its kind, three bytes of length, the request that it asks or answers (0: none), and its body. Keys are those
//! of the node that sends them where it says something of its own users and rooms, and else those of the one that reads.

use super::text::{Reader, Wire, wire_structs};
use crate::router::call::{Answer, Verb};
use crate::router::ids::{RoomKey, UserKey};
use crate::router::mail::{Names, Part, Reach, Sight, Unplaced};
use crate::router::packet::Packet;
use crate::router::profile::Profile;

/// Bytes before the body of a record.
pub(crate) const HEAD_BYTES: usize = 8;
/// The longest body that a record can have.
pub(crate) const BODY_BYTES_MAX: usize = (1 << 24) - 1;

/// A record, and the request that it asks or answers.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// 0: none.
    pub(crate) request: u32,
    pub(crate) record: Record,
}

macro_rules! records {
    ($($(#[$doc:meta])* $number:literal $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug)]
            pub(crate) struct $name { $($(#[$field_doc])* pub(crate) $field: $type),* }

            wire_structs! { $name { $($field),* } }

            impl From<$name> for Record {
                fn from(record: $name) -> Record {
                    Record::$name(record)
                }
            }
        )*

        /// A record.
        #[derive(Clone, Debug)]
        pub(crate) enum Record { $($(#[$doc])* $name($name)),* }

        /// The numbers of all kinds.
        #[cfg(test)]
        pub(crate) const KINDS: &[u8] = &[$($number),*];

        #[cfg(test)]
        impl Record {
            /// A record of this kind, as chance makes it.
            pub(crate) fn made(kind: u8, random: &mut nextim_testkit::random::Random) -> Record {
                match kind {
                    $($number => <$name as super::made::Made>::made(random).into(),)*
                    _ => unreachable!("it is one of the kinds"),
                }
            }
        }

        impl Record {
            fn kind(&self) -> u8 {
                match self { $(Record::$name(_) => $number),* }
            }

            fn put_body(&self, out: &mut Vec<u8>) {
                match self { $(Record::$name(record) => record.put(out)),* }
            }

            /// A record of this kind; `None` if the kind is not known or the body is not one.
            fn take_body(kind: u8, body: &[u8]) -> Option<Record> {
                let mut body = Reader::new(body);
                match kind {
                    $($number => $name::take(&mut body).map(Record::$name),)*
                    _ => None,
                }
            }
        }
    };
}

records! {
    /// The sender's domains, in the order of the numbers by which its records name them.
    3 DomainList { names: Vec<Box<str>> }
    /// A call of a site, for the owner of its ticket or name.
    16 Call {
        /// How many nodes have passed it on.
        hops: u8,
        /// How long it may take to begin with it, in milliseconds.
        within_ms: u64,
        domain: u32,
        verb: Verb<'static>,
    }
    /// The answer to a call, a message, or one about a room.
    17 Answered { answer: Answer }
    /// A user named others.
    18 Link {
        domain: u32,
        user: UserKey,
        profile: Profile,
        announce: Option<Packet>,
        /// See [`crate::router::mail::Link`].
        reserved: u32,
        names: Names,
    }
    /// The answer to [`Link`].
    19 Linked {
        /// Position, key, profile, whether they are linked.
        buddies: Vec<(u32, UserKey, (Profile, bool))>,
        unplaced: Vec<(u32, Unplaced)>,
        /// How many places in the roster these names had.
        reserved: u32,
        /// Others of the names are answered by a later record.
        more: bool,
    }
    /// A user unlinks others.
    20 Unlink { domain: u32, user: UserKey, profile: Profile, farewell: Option<Packet>, names: Vec<Box<str>> }
    /// The answer to [`Unlink`] for some of the names, by their positions: which of them were linked.
    21 Unlinked {
        names: Vec<u32>,
        parted: Vec<(u32, UserKey, Option<Packet>)>,
        /// Others of the names are answered by a later record.
        more: bool,
    }
    /// A user's presence.
    22 Presence {
        domain: u32,
        /// The user, if it is one of the sender's.
        about: Option<UserKey>,
        packet: Option<Packet>,
        reach: Reach,
        to: Vec<UserKey>,
    }
    /// A message, signal or typing state for one user.
    23 Unicast {
        within_ms: u64,
        domain: u32,
        to: Box<str>,
        packet: Packet,
        /// How many nodes have sent it on, because the user was not there.
        hops: u8,
    }
    /// The same for a room.
    24 Multicast { within_ms: u64, domain: u32, room: Box<str>, packet: Packet, sender: Option<UserKey> }
    /// A packet for users of the reader.
    25 Deliver { packet: Packet, to: Vec<UserKey> }
    /// A message for all users of a domain.
    26 Broadcast { domain: u32, packet: Packet, sender: Option<UserKey> }
    /// A share of an answer.
    27 Report { part: Part }
    /// A user is in rooms of the reader.
    28 Enter { domain: u32, user: UserKey, sight: Sight, profile: Profile, rooms: Names }
    /// The answer to [`Enter`]: position, room, visible members and whether others have not been shown the user.
    29 Entered {
        rooms: Vec<(u32, RoomKey, (u32, bool))>,
        /// Others of the rooms are answered by a later record.
        more: bool,
    }
    /// `/room/join`.
    30 Join {
        within_ms: u64, domain: u32, user: UserKey, sight: Sight, profile: Profile, full: bool, room: Box<str>, packet: Packet,
    }
    /// A user of the reader has joined a room, which asks whether the user keeps it.
    31 Joining { domain: u32, user: UserKey, sight: Sight, name: Box<str>, room: RoomKey, members: u32 }
    /// `/room/leave`.
    32 Leave { within_ms: u64, domain: u32, user: UserKey, visible: bool, room: Box<str>, packet: Packet }
    /// A user of the reader is not a member of a room any more.
    33 Left { user: UserKey, room: RoomKey }
    /// A user is gone from rooms of the reader.
    34 Exit { user: UserKey, online: bool, farewell: Option<Profile>, rooms: Vec<RoomKey> }
    /// Members of rooms of the reader begin or cease to see a user, or the user begins to watch them.
    35 Reveal { user: UserKey, sight: Sight, news: Option<Profile>, rooms: Vec<RoomKey> }
    /// `/room/members`.
    36 Members { within_ms: u64, domain: u32, room: Box<str>, viewer: Option<UserKey> }
    /// Which of these names are online?
    37 Ask { domain: u32, viewer: Option<UserKey>, names: Names }
    /// What do these users show?
    38 Describe { users: Vec<UserKey> }
    /// The reader does not serve the domain of this request, or does not know its kind.
    39 Refused { reason: u8 }
    /// A room of the sender has ended, because another node owns its name. Users of the reader were in it.
    40 Ended { domain: u32, room: RoomKey, name: Box<str>, users: Vec<UserKey> }
    /// A user of the sender, which users of the reader were linked with, has gone to another node.
    41 Missed {
        domain: u32,
        about: UserKey,
        /// Whether these may show it.
        shown: bool,
        users: Vec<UserKey>,
    }
    /// A user whose name is the reader's now.
    42 Moved { domain: u32, profile: Profile, messages: Vec<Packet> }
    /// A user of the reader has come online at the sender, which owns its name.
    43 Evict { domain: u32, name: Box<str> }
}

impl Record {
    /// The sender's number of the domain that it is about, if it names one.
    pub(crate) fn domain(&self) -> Option<u32> {
        Some(match self {
            Record::Call(record) => record.domain,
            Record::Link(record) => record.domain,
            Record::Unlink(record) => record.domain,
            Record::Presence(record) => record.domain,
            Record::Unicast(record) => record.domain,
            Record::Multicast(record) => record.domain,
            Record::Broadcast(record) => record.domain,
            Record::Enter(record) => record.domain,
            Record::Join(record) => record.domain,
            Record::Joining(record) => record.domain,
            Record::Leave(record) => record.domain,
            Record::Members(record) => record.domain,
            Record::Ask(record) => record.domain,
            Record::Ended(record) => record.domain,
            Record::Missed(record) => record.domain,
            Record::Moved(record) => record.domain,
            Record::Evict(record) => record.domain,
            Record::DomainList(_)
            | Record::Answered(_)
            | Record::Linked(_)
            | Record::Unlinked(_)
            | Record::Deliver(_)
            | Record::Report(_)
            | Record::Entered(_)
            | Record::Left(_)
            | Record::Exit(_)
            | Record::Reveal(_)
            | Record::Describe(_)
            | Record::Refused(_) => return None,
        })
    }
}

#[cfg(test)]
impl Record {
    /// Another number of the domain, if it names one.
    #[allow(clippy::wildcard_enum_match_arm, reason = "`domain` lists those that name none")]
    pub(crate) fn set_domain(&mut self, number: u32) {
        let domain = match self {
            Record::Call(record) => &mut record.domain,
            Record::Link(record) => &mut record.domain,
            Record::Unlink(record) => &mut record.domain,
            Record::Presence(record) => &mut record.domain,
            Record::Unicast(record) => &mut record.domain,
            Record::Multicast(record) => &mut record.domain,
            Record::Broadcast(record) => &mut record.domain,
            Record::Enter(record) => &mut record.domain,
            Record::Join(record) => &mut record.domain,
            Record::Joining(record) => &mut record.domain,
            Record::Leave(record) => &mut record.domain,
            Record::Members(record) => &mut record.domain,
            Record::Ask(record) => &mut record.domain,
            Record::Ended(record) => &mut record.domain,
            Record::Missed(record) => &mut record.domain,
            Record::Moved(record) => &mut record.domain,
            Record::Evict(record) => &mut record.domain,
            _ => return,
        };
        *domain = number;
    }
}

/// [`Refused`]: the reader does not serve the domain.
pub(crate) const NO_DOMAIN: u8 = 1;
/// [`Refused`]: the reader does not know such records.
pub(crate) const UNSUPPORTED: u8 = 2;

impl Said {
    /// Appends it. Returns whether it could be: a body that is too long is left out.
    pub(crate) fn put(&self, out: &mut Vec<u8>) -> bool {
        let at = out.len();
        out.extend_from_slice(&[self.record.kind(), 0, 0, 0]);
        out.extend_from_slice(&self.request.to_le_bytes());
        self.record.put_body(out);
        let bytes = out.len() - at - HEAD_BYTES;
        if bytes > BODY_BYTES_MAX {
            out.truncate(at);
            return false;
        }
        let length = (bytes as u64).to_le_bytes();
        out[at + 1..at + 4].copy_from_slice(&length[..3]);
        true
    }
}

/// What was read where a record should be.
#[derive(Debug)]
pub(crate) enum Read {
    /// A record.
    Said(Said),
    /// One whose kind or body is not known, with its request.
    Unknown(u32),
}

/// Reads the next record; `None` if the bytes are cut.
pub(crate) fn take(from: &mut Reader<'_>) -> Option<Read> {
    let &[kind, l0, l1, l2, r0, r1, r2, r3] = from.bytes(HEAD_BYTES)?.first_chunk()?;
    let length = u32::from_le_bytes([l0, l1, l2, 0]) as usize;
    let request = u32::from_le_bytes([r0, r1, r2, r3]);
    let record = Record::take_body(kind, from.bytes(length)?);
    Some(record.map_or(Read::Unknown(request), |record| Read::Said(Said { request, record })))
}
