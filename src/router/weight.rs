//! What mail weighs.
//!
//! Owns: how many bytes a mail takes while it waits, about: to the byte where it is text, with a fixed size for what else
//! lies on the heap. Must not: be asked for mail that does not wait; nearly none does.

use super::call::{Answer, Call, Looks, Online, Say, Text, Verb};
use super::mail::{Link, Linked, Mail, Names, Part, Unlink};
use super::packet::Packet;
use super::profile::Profile;
use crate::base::slots::Slot;

impl Mail {
    /// What it takes.
    pub fn bytes(&self) -> usize {
        let beside = match self {
            Mail::Call { call, .. } => call.beside(),
            Mail::Answer { answer, .. } => answer.beside(),
            Mail::Unicast { to, packet, .. } => to.len() + packet.share(),
            Mail::Multicast { room, packet, .. }
            | Mail::Join { room, packet, .. }
            | Mail::Leave { room, packet, .. } => room.len() + packet.share(),
            Mail::Deliver { packet, to, .. } => packet.share() + slots(to),
            Mail::Broadcast { packet, .. } => packet.share(),
            Mail::Link(link) => {
                size_of::<Link>()
                    + of_profile(&link.profile)
                    + share(link.announce.as_ref())
                    + names(&link.names)
            }
            Mail::Linked(linked) => {
                let buddies = linked.buddies.iter();
                let buddies = buddies.map(|buddy| size_of_val(buddy) + of_profile(&buddy.profile));
                let unplaced = linked.unplaced.iter().map(|name| size_of_val(name) + name.1.name.len());
                let found = buddies.sum::<usize>() + unplaced.sum::<usize>();
                size_of::<Linked>() + of_profile(&linked.asked_as) + found
            }
            Mail::Presence(presence) => share(presence.packet.as_ref()) + slots(&presence.to),
            Mail::Unlink(unlink) => {
                let names = unlink.names.iter().map(|name| size_of_val(name) + name.text.len());
                let beside = of_profile(&unlink.profile) + share(unlink.farewell.as_ref());
                size_of::<Unlink>() + beside + names.sum::<usize>()
            }
            Mail::Unlinked(unlinked) => {
                let parted = unlinked.parted.iter();
                let parted = parted.map(|parted| size_of_val(parted) + share(parted.farewell.as_ref()));
                size_of_val(&*unlinked.names) + parted.sum::<usize>()
            }
            Mail::Enter { rooms, .. } => names(rooms),
            Mail::Entered { rooms, .. } => rooms.iter().map(|room| size_of_val(room) + room.name.len()).sum(),
            Mail::Exit { rooms, .. } | Mail::Reveal { rooms, .. } => slots(rooms),
            Mail::Members { room, .. } => room.len(),
            Mail::Ask { names: list, .. } => names(list),
            Mail::Describe { users, .. } => slots(users),
            Mail::Report { part, .. } => match part {
                Part::Done | Part::Delivered(_) => 0,
                Part::Profiles(profiles) => profiles.iter().map(|(_, profile)| of_profile(profile)).sum(),
            },
            Mail::Cut { .. } | Mail::Fate { .. } | Mail::Close { .. } | Mail::Left { .. } => 0,
        };
        size_of::<Mail>() + beside
    }
}

impl Call<'_> {
    /// What it takes, by itself.
    pub fn bytes(&self) -> usize {
        size_of::<Call<'_>>() + self.beside()
    }

    fn beside(&self) -> usize {
        match &self.verb {
            Verb::Online(online) => {
                let Online { name, looks, buddies, rooms, .. } = &**online;
                size_of::<Online<'_>>() + name.len() + of_looks(looks) + list(buddies) + list(rooms)
            }
            Verb::Show { looks, .. } => of_looks(looks),
            Verb::Status { to, nick, show, .. } => to.len() + some(nick.as_ref()) + show.len(),
            Verb::Message(say) => {
                let Say { to, nick, body, style, timestamp, id, .. } = &**say;
                let short = to.len() + some(nick.as_ref()) + timestamp.len() + some(id.as_ref());
                size_of::<Say<'_>>() + body.len() + style.len() + short
            }
            Verb::Onlines { names, .. } => list(names),
            Verb::RemoveBuddies { name, buddies } => name.len() + list(buddies),
            Verb::Members { room, .. } => room.len(),
            Verb::Join { room, nick, .. } | Verb::Leave { room, nick, .. } => {
                room.len() + some(nick.as_ref())
            }
            Verb::Offline { .. } | Verb::Poll { .. } => 0,
        }
    }
}

impl Answer {
    fn beside(&self) -> usize {
        match self {
            Answer::Online(started) => {
                let rooms = started.rooms.iter().map(|room| size_of_val(room) + room.0.len());
                size_of_val(&**started) + profiles(&started.buddies) + rooms.sum::<usize>()
            }
            Answer::Onlines(list) => profiles(list),
            Answer::Members { room, members } => room.len() + profiles(members),
            Answer::Joined { room, .. } => room.len(),
            Answer::Packets(delivery) => {
                delivery.packets.as_slice().iter().map(|packet| size_of_val(packet) + packet.share()).sum()
            }
            Answer::Done | Answer::Delivered(_) | Answer::Refused(_) => 0,
        }
    }
}

fn slots(slots: &[Slot]) -> usize {
    size_of_val(slots)
}

fn names(names: &Names) -> usize {
    names.iter().map(|name| size_of_val(name) + name.1.len()).sum()
}

fn share(packet: Option<&Packet>) -> usize {
    packet.map_or(0, Packet::share)
}

fn list(list: &[Text<'_>]) -> usize {
    list.iter().map(|text| size_of_val(text) + text.len()).sum()
}

fn some(text: Option<&Text<'_>>) -> usize {
    text.map_or(0, |text| text.len())
}

fn of_looks(looks: &Looks<'_>) -> usize {
    some(looks.nick.as_ref()) + some(looks.show.as_ref()) + some(looks.status.as_ref())
}

fn profiles(profiles: &[Profile]) -> usize {
    profiles.iter().map(of_profile).sum()
}

fn of_profile(profile: &Profile) -> usize {
    let text = profile.name().len() + profile.nick().len() + profile.show().len() + profile.status().len();
    size_of::<Profile>() + text
}

#[cfg(test)]
mod tests {
    use super::super::call::Speaker;
    use super::super::ids::{CallKey, Place};
    use super::super::packet::{Message, MessageType};
    use super::*;
    use crate::base::domains::DomainId;

    const KEY: CallKey = CallKey { place: Place(0), conn: 1, serial: 1 };

    /// What a mail weighs beyond itself.
    fn beside(mail: &Mail) -> usize {
        mail.bytes() - size_of::<Mail>()
    }

    #[test]
    fn what_is_long_weighs_what_it_is_long() {
        let body = "x".repeat(30_000);
        let message = Message {
            from: "a",
            nick: "a",
            to: "b",
            timestamp: "1",
            kind: MessageType::Unicast,
            body: &body,
            style: "",
            id: "1",
        };
        let packet = Packet::message(&message);
        let unicast =
            Mail::Unicast { key: KEY, domain: DomainId(0), to: "bob".into(), packet: packet.clone() };
        assert_eq!(beside(&unicast), 3 + packet.json().len());
        let say = Say {
            speaker: Speaker::Site("a".into()),
            to: "bob".into(),
            nick: None,
            kind: MessageType::Unicast,
            body: body.as_str().into(),
            style: "".into(),
            timestamp: "12".into(),
            id: None,
        };
        let call = Call { domain: DomainId(0), verb: Verb::Message(Box::new(say)) }.into_owned();
        let weight = beside(&Mail::Call { key: KEY, call });
        assert_eq!(weight, size_of::<Say<'_>>() + 3 + 30_000 + 2);
        let verb = Verb::Onlines { ticket: None, names: vec!["12345678".into(); 1_000] };
        let call = Call { domain: DomainId(0), verb }.into_owned();
        assert_eq!(beside(&Mail::Call { key: KEY, call }), 1_000 * (8 + size_of::<Text<'_>>()));
        let answer =
            Answer::Members { room: "r".into(), members: vec![Profile::new("n", "m", "away", "s"); 9] };
        assert_eq!(beside(&Mail::Answer { key: KEY, answer }), 1 + 9 * (7 + size_of::<Profile>()));
        assert_eq!(beside(&Mail::Answer { key: KEY, answer: Answer::Done }), 0);
    }
}
