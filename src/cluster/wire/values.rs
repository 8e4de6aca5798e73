//! The router's values as bytes.
//!
//! Owns: which number each variant has on the wire; none is ever used for another. Must not: change a value.

use std::num::NonZeroU32;

use super::text::{Reader, Wire, put_text, take_text, wire_structs, wire_words};
use crate::base::slots::Slot;
use crate::router::call::{
    Answer, BuddyRemoval, JoinedRoom, Looks, MemberList, MembersQuery, NewMessage, NewSignal, Online,
    OnlineUsers, OnlinesQuery, Receivers, Refusal, RoomCall, Show, Speaker, Started, Subject, Typing, Verb,
    Version,
};
use crate::router::ids::{Place, RoomKey, SessionKey, Ticket, UserKey};
use crate::router::mail::{Part, Reach, Sight, Unplaced};
use crate::router::packet::{Kind, MessageType, Packet, PresenceType};
use crate::router::profile::Profile;

impl Wire for Slot {
    fn put(&self, out: &mut Vec<u8>) {
        self.index.put(out);
        self.generation.get().put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Slot> {
        Some(Slot { index: u32::take(from)?, generation: NonZeroU32::new(u32::take(from)?)? })
    }

    fn absent() -> Option<Slot> {
        None
    }
}

macro_rules! keys {
    ($($key:ty),*) => {$(
        impl Wire for $key {
            fn put(&self, out: &mut Vec<u8>) {
                self.place.number().put(out);
                self.slot.put(out);
            }

            fn take(from: &mut Reader<'_>) -> Option<$key> {
                Some(<$key>::from((Place::new(u16::take(from)?), Slot::take(from)?)))
            }

            fn absent() -> Option<$key> {
                None
            }
        }
    )*};
}

keys!(UserKey, RoomKey, SessionKey);

impl Wire for Ticket {
    fn put(&self, out: &mut Vec<u8>) {
        self.epoch.put(out);
        self.session.put(out);
        self.secret.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Ticket> {
        Some(Ticket { epoch: u32::take(from)?, session: Wire::take(from)?, secret: Wire::take(from)? })
    }

    fn absent() -> Option<Ticket> {
        None
    }
}

impl Wire for Profile {
    fn put(&self, out: &mut Vec<u8>) {
        for part in [self.name(), self.nick(), self.show(), self.status()] {
            put_text(part, out);
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Profile> {
        let mut part = || take_text(from).filter(|part| u16::try_from(part.len()).is_ok());
        Some(Profile::new(part()?, part()?, part()?, part()?))
    }

    fn absent() -> Option<Profile> {
        None
    }
}

wire_words! {
    MessageType { Unicast = 1, Multicast = 2, Broadcast = 3 }
    PresenceType { Online = 1, Offline = 2, Show = 3, Join = 4, Leave = 5, GroupOnline = 6, GroupOffline = 7 }
    Version { Papers = 1, V3 = 2, V5 = 3, V50 = 4, V6 = 5 }
    Reach { Linked = 1, Met = 2, Parted = 3, Room = 4 }
    Refusal {
        NoClient = 1, BadSeq = 2, TooManyUsers = 3, TooManySessions = 4, TooManyRooms = 5, TooManyPolls = 6,
        ReceiverFull = 7, Overloaded = 8, Late = 9, ShuttingDown = 10, Unreachable = 11, Unserved = 12,
        Isolated = 13,
    }
}

impl Wire for Kind {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Kind::Message(kind) => {
                out.push(1);
                kind.put(out);
            }
            Kind::Presence(kind) => {
                out.push(2);
                kind.put(out);
            }
            Kind::Status => out.push(3),
            Kind::RoomStatus => out.push(4),
            Kind::Signal => out.push(5),
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Kind> {
        match u8::take(from)? {
            1 => Some(Kind::Message(Wire::take(from)?)),
            2 => Some(Kind::Presence(Wire::take(from)?)),
            3 => Some(Kind::Status),
            4 => Some(Kind::RoomStatus),
            5 => Some(Kind::Signal),
            _ => None,
        }
    }

    fn absent() -> Option<Kind> {
        None
    }
}

impl Wire for Packet {
    fn put(&self, out: &mut Vec<u8>) {
        let (tail, block) = self.encoded();
        self.kind().put(out);
        tail.put(out);
        block.len().put(out);
        out.extend_from_slice(block);
    }

    fn take(from: &mut Reader<'_>) -> Option<Packet> {
        let (kind, tail) = (Kind::take(from)?, u16::take(from)?);
        let bytes = usize::take(from)?;
        Packet::from_encoded(kind, tail, from.bytes(bytes)?)
    }

    fn absent() -> Option<Packet> {
        None
    }
}

impl Wire for Subject<'static> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Subject::Ticket(ticket) => {
                out.push(1);
                ticket.put(out);
            }
            Subject::Name(name) => {
                out.push(2);
                put_text(name, out);
            }
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        match u8::take(from)? {
            1 => Some(Subject::Ticket(Wire::take(from)?)),
            2 => Some(Subject::Name(Wire::take(from)?)),
            _ => None,
        }
    }

    fn absent() -> Option<Self> {
        None
    }
}

impl Wire for Speaker<'static> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Speaker::Ticket(ticket) => {
                out.push(1);
                ticket.put(out);
            }
            Speaker::Site(name) => {
                out.push(2);
                put_text(name, out);
            }
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        match u8::take(from)? {
            1 => Some(Speaker::Ticket(Wire::take(from)?)),
            2 => Some(Speaker::Site(Wire::take(from)?)),
            _ => None,
        }
    }

    fn absent() -> Option<Self> {
        None
    }
}

wire_structs! {
    Looks<'static> { nick, show, status }
    Online<'static> { name, looks, buddies, rooms, truncated, version, expires_s, secret }
    Show<'static> { subject, looks }
    Typing<'static> { ticket, to, kind, nick, show }
    NewMessage<'static> { speaker, beside, to, nick, kind, body, style, timestamp, id, meta }
    NewSignal<'static> { speaker, to, kind, name, data, key }
    OnlinesQuery<'static> { ticket, names }
    MembersQuery<'static> { ticket, room }
    RoomCall<'static> { subject, room, nick }
    BuddyRemoval<'static> { name, buddies }
    Receivers { sessions, visible, partial }
    OnlineUsers { users, partial }
    JoinedRoom { room, members }
    MemberList { room, members, partial }
    Started { ticket, server, sessions, buddies, rooms, partial, truncated }
    Sight { visible, watches, changes }
    Unplaced { name, visible }
}

impl Wire for Verb<'static> {
    fn put(&self, out: &mut Vec<u8>) {
        fn put(number: u8, value: &impl Wire, out: &mut Vec<u8>) {
            out.push(number);
            value.put(out);
        }
        match self {
            Verb::Online(online) => put(1, &**online, out),
            Verb::Offline(subject) => put(2, subject, out),
            Verb::End(ticket) => put(3, ticket, out),
            Verb::Show(show) => put(4, show, out),
            Verb::Status(typing) => put(5, typing, out),
            Verb::Message(message) => put(6, &**message, out),
            Verb::Signal(signal) => put(7, &**signal, out),
            Verb::Onlines(query) => put(8, query, out),
            Verb::Members(query) => put(9, query, out),
            Verb::Join(call) => put(10, call, out),
            Verb::Leave(call) => put(11, call, out),
            Verb::RemoveBuddies(removal) => put(12, removal, out),
            // A browser is sent to the node of its session, and polls there.
            Verb::Poll(_) | Verb::Ack(_) => out.push(0),
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some(match u8::take(from)? {
            1 => Verb::Online(Box::new(Wire::take(from)?)),
            2 => Verb::Offline(Wire::take(from)?),
            3 => Verb::End(Wire::take(from)?),
            4 => Verb::Show(Wire::take(from)?),
            5 => Verb::Status(Wire::take(from)?),
            6 => Verb::Message(Box::new(Wire::take(from)?)),
            7 => Verb::Signal(Box::new(Wire::take(from)?)),
            8 => Verb::Onlines(Wire::take(from)?),
            9 => Verb::Members(Wire::take(from)?),
            10 => Verb::Join(Wire::take(from)?),
            11 => Verb::Leave(Wire::take(from)?),
            12 => Verb::RemoveBuddies(Wire::take(from)?),
            _ => return None,
        })
    }

    fn absent() -> Option<Self> {
        None
    }
}

impl Wire for Answer {
    fn put(&self, out: &mut Vec<u8>) {
        fn put(number: u8, value: &impl Wire, out: &mut Vec<u8>) {
            out.push(number);
            value.put(out);
        }
        match self {
            Answer::Done => out.push(1),
            Answer::Delivered(receivers) => put(2, receivers, out),
            Answer::Online(started) => put(3, &**started, out),
            Answer::Onlines(users) => put(4, users, out),
            Answer::Joined(joined) => put(5, joined, out),
            Answer::Members(list) => put(6, list, out),
            Answer::Refused(refusal) => put(7, refusal, out),
            // Polls do not travel, so their answers do not.
            Answer::Packets(_) => out.push(0),
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Answer> {
        Some(match u8::take(from)? {
            1 => Answer::Done,
            2 => Answer::Delivered(Wire::take(from)?),
            3 => Answer::Online(Box::new(Wire::take(from)?)),
            4 => Answer::Onlines(Wire::take(from)?),
            5 => Answer::Joined(Wire::take(from)?),
            6 => Answer::Members(Wire::take(from)?),
            7 => Answer::Refused(Wire::take(from)?),
            _ => return None,
        })
    }

    fn absent() -> Option<Answer> {
        None
    }
}

impl Wire for Part {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Part::Done => out.push(1),
            Part::Missing => out.push(2),
            Part::Delivered(receivers) => {
                out.push(3);
                receivers.put(out);
            }
            Part::Profiles(profiles) => {
                out.push(4);
                profiles.put(out);
            }
            Part::Refused(refusal) => {
                out.push(5);
                refusal.put(out);
            }
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Part> {
        Some(match u8::take(from)? {
            1 => Part::Done,
            2 => Part::Missing,
            3 => Part::Delivered(Wire::take(from)?),
            4 => Part::Profiles(Wire::take(from)?),
            5 => Part::Refused(Wire::take(from)?),
            _ => return None,
        })
    }

    fn absent() -> Option<Part> {
        None
    }
}
