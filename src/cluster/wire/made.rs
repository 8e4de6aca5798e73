//! Values of every kind, as chance makes them: what tests send.
//!
//! Owns: [`Made`], which each value implements that travels. Must not: be imported outside of tests.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::sync::Arc;

use nextim_testkit::random::Random;

use crate::base::slots::Slot;
use crate::router::call::{Answer, Speaker, Subject, Verb};
use crate::router::ids::{Place, RoomKey, SessionKey, Ticket, UserKey};
use crate::router::mail::Part;
use crate::router::packet::{Kind, MessageType, Packet, PresenceType};
use crate::router::profile::Profile;

/// A value that chance can make.
pub(crate) trait Made: Sized {
    /// Any value. Every variant, the ends of every range, and what is empty are likely.
    fn made(random: &mut Random) -> Self;
}

impl Made for u64 {
    fn made(random: &mut Random) -> u64 {
        let any = random.next();
        random.pick(&[0, 1, 127, 128, u64::from(u32::MAX), u64::MAX, any])
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Made for $number {
            fn made(random: &mut Random) -> $number {
                let any = <$number>::try_from(random.next() & u64::from(<$number>::MAX)).expect("it is masked");
                random.pick(&[0, 1, 127, 128, <$number>::MAX, any])
            }
        }
    )*};
}

numbers!(u8, u16, u32);

impl Made for bool {
    fn made(random: &mut Random) -> bool {
        random.chance(50)
    }
}

fn text(random: &mut Random) -> String {
    const TEXTS: [&str; 8] =
        ["", "a", "bob", "聊天", "\0", "a\"\\\n</script>", "\u{10FFFF}\u{7FF}", "0123456789"];
    match random.below(40) {
        0 => "聊".repeat(random.pick(&[43, 86, 10_000])),
        1 => "x".repeat(random.pick(&[127, 128, 256, 257, 65_535])),
        _ => random.pick(&TEXTS).to_owned(),
    }
}

macro_rules! texts {
    ($($text:ty),*) => {$(
        impl Made for $text {
            fn made(random: &mut Random) -> $text {
                text(random).into()
            }
        }
    )*};
}

texts!(Box<str>, Cow<'static, str>, Arc<str>);

impl<T: Made> Made for Option<T> {
    fn made(random: &mut Random) -> Option<T> {
        random.chance(60).then(|| T::made(random))
    }
}

impl<T: Made> Made for Vec<T> {
    fn made(random: &mut Random) -> Vec<T> {
        let count = random.pick(&[0, 1, 1, 2, 3, 130]);
        (0..count).map(|_| T::made(random)).collect()
    }
}

impl<A: Made, B: Made> Made for (A, B) {
    fn made(random: &mut Random) -> (A, B) {
        (A::made(random), B::made(random))
    }
}

impl<A: Made, B: Made, C: Made> Made for (A, B, C) {
    fn made(random: &mut Random) -> (A, B, C) {
        (A::made(random), B::made(random), C::made(random))
    }
}

impl Made for [u8; 16] {
    fn made(random: &mut Random) -> [u8; 16] {
        std::array::from_fn(|_| u8::made(random))
    }
}

impl Made for Slot {
    fn made(random: &mut Random) -> Slot {
        let generation = NonZeroU32::new(u32::made(random)).unwrap_or(NonZeroU32::MIN);
        // Slots of the first values in a table are there, perhaps.
        Slot { index: random.pick(&[0, 1, 2, u32::MAX]), generation }
    }
}

macro_rules! keys {
    ($($key:ty),*) => {$(
        impl Made for $key {
            fn made(random: &mut Random) -> $key {
                let place = random.pick(&[0, 0, 1, 2, 3, u16::MAX]);
                <$key>::from((Place::new(place), Slot::made(random)))
            }
        }
    )*};
}

keys!(UserKey, RoomKey, SessionKey);

impl Made for Ticket {
    fn made(random: &mut Random) -> Ticket {
        Ticket { epoch: u32::made(random), session: Made::made(random), secret: Made::made(random) }
    }
}

impl Made for Profile {
    fn made(random: &mut Random) -> Profile {
        let show = random.pick(&["available", "away", "invisible", "聊", ""]);
        Profile::new(&text(random), &text(random), show, &text(random))
    }
}

impl Made for Kind {
    fn made(random: &mut Random) -> Kind {
        match random.below(5) {
            0 => Kind::Message(MessageType::made(random)),
            1 => Kind::Presence(PresenceType::made(random)),
            2 => Kind::Status,
            3 => Kind::RoomStatus,
            _ => Kind::Signal,
        }
    }
}

impl Made for Packet {
    fn made(random: &mut Random) -> Packet {
        let kind = Kind::made(random);
        let rest = "\"x\":\"聊天\"".repeat(random.pick(&[1, 1, 1, 500]));
        let begin = match kind {
            Kind::Message(MessageType::Broadcast) => "{\"type\":\"broadcast\",\"to\":\"\",".to_owned(),
            Kind::Message(MessageType::Unicast) => "{\"type\":\"unicast\",\"to\":".to_owned(),
            Kind::Message(MessageType::Multicast) => "{\"type\":\"multicast\",\"to\":".to_owned(),
            Kind::Presence(kind) => {
                let profile = Profile::made(random);
                return match kind {
                    PresenceType::GroupOnline | PresenceType::GroupOffline => {
                        Packet::group_presence(&profile, kind == PresenceType::GroupOnline, "群")
                    }
                    PresenceType::Join | PresenceType::Leave => {
                        Packet::room_presence(kind, &profile, "n", "r")
                    }
                    PresenceType::Online | PresenceType::Offline | PresenceType::Show => {
                        Packet::presence(kind, &profile)
                    }
                };
            }
            Kind::Status | Kind::RoomStatus | Kind::Signal => "{\"from\":".to_owned(),
        };
        let subject: &[u8] = if kind == Kind::Signal { &[7; 8] } else { &[] };
        let tail = if matches!(kind, Kind::Message(_)) { random.pick(&[0, 1]) } else { 0 };
        let block = [begin.as_bytes(), rest.as_bytes(), b"}", subject].concat();
        Packet::from_encoded(kind, tail, &block).expect("it begins and ends as one")
    }
}

impl Made for Subject<'static> {
    fn made(random: &mut Random) -> Self {
        if random.chance(50) {
            Subject::Ticket(Made::made(random))
        } else {
            Subject::Name(Made::made(random))
        }
    }
}

impl Made for Speaker<'static> {
    fn made(random: &mut Random) -> Self {
        if random.chance(50) {
            Speaker::Ticket(Made::made(random))
        } else {
            Speaker::Site(Made::made(random))
        }
    }
}

impl Made for Verb<'static> {
    fn made(random: &mut Random) -> Self {
        match random.below(12) {
            0 => Verb::Online(Box::new(Made::made(random))),
            1 => Verb::Offline(Made::made(random)),
            2 => Verb::End(Made::made(random)),
            3 => Verb::Show(Made::made(random)),
            4 => Verb::Status(Made::made(random)),
            5 => Verb::Message(Box::new(Made::made(random))),
            6 => Verb::Signal(Box::new(Made::made(random))),
            7 => Verb::Onlines(Made::made(random)),
            8 => Verb::Members(Made::made(random)),
            9 => Verb::Join(Made::made(random)),
            10 => Verb::Leave(Made::made(random)),
            _ => Verb::RemoveBuddies(Made::made(random)),
        }
    }
}

impl Made for Answer {
    fn made(random: &mut Random) -> Answer {
        match random.below(7) {
            0 => Answer::Done,
            1 => Answer::Delivered(Made::made(random)),
            2 => Answer::Online(Box::new(Made::made(random))),
            3 => Answer::Onlines(Made::made(random)),
            4 => Answer::Joined(Made::made(random)),
            5 => Answer::Members(Made::made(random)),
            _ => Answer::Refused(Made::made(random)),
        }
    }
}

impl Made for Part {
    fn made(random: &mut Random) -> Part {
        match random.below(5) {
            0 => Part::Done,
            1 => Part::Missing,
            2 => Part::Delivered(Made::made(random)),
            3 => Part::Profiles(Made::made(random)),
            _ => Part::Refused(Made::made(random)),
        }
    }
}
