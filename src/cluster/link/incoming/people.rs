//! Records about users: links, presences, and what users show.
//!
//! Owns: which mail each becomes, and what an image gains or loses by it. Must not: read a record that it is not given.

use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::cluster::link::asked::Asked;
use crate::cluster::link::context::{Context, Sink};
use crate::cluster::link::divide::{by_place, by_shard, by_shard_counted};
use crate::cluster::link::lost::LostUser;
use crate::cluster::link::pending::Collected;
use crate::cluster::link::state::Link;
use crate::cluster::wire::record;
use crate::router::ids::UserKey;
use crate::router::mail::{
    Buddy, HashedName, Link as LinkMail, LinkReply, Mail, Moved, Names, NamesRequest, Part, Parted, Presence,
    ProfilesRequest, Reach, Unlink, UnlinkReply,
};
use crate::router::packet::Packet;
use crate::router::profile::Profile;

impl Link {
    pub(super) fn hear_link(
        &mut self,
        request: u32,
        domain: DomainId,
        record: &record::Link,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let user = self.see(record.user, domain, &record.profile);
        let places = by_shard_counted(domain, record.names.clone(), record.reserved as usize, context);
        let Some(number) = self.open_parts(request, Collected::Parts, places.len(), user.slot) else {
            let (buddies, unplaced) = (Vec::new(), Vec::new());
            self.say(request, record::Linked { buddies, unplaced, reserved: record.reserved, more: false });
            return;
        };
        let gather = self.pendings.gather_key(number);
        for (place, (names, reserved)) in places {
            let link = LinkMail {
                gather,
                domain,
                user,
                session: Slot::NOWHERE,
                profile: record.profile.clone(),
                changes: 0,
                announce: record.announce.clone(),
                reserved,
                names,
            };
            sink.mail.push((place, Mail::Link(Box::new(link))));
        }
    }

    pub(super) fn hear_linked(&mut self, request: u32, record: record::Linked, sink: &mut Sink) {
        let record::Linked { buddies, unplaced, reserved, more } = record;
        let Some(Asked::Link(asked)) = self.questions.get_mut(request) else { return };
        let reserved = (reserved as usize).min(asked.reserved);
        let reserved = if more { reserved } else { asked.reserved };
        let mut reply = LinkReply { reserved, more, unplaced, ..asked.reply() };
        asked.reserved -= reserved;
        let (domain, user) = (asked.domain, asked.user);
        if !more {
            self.questions.take(request);
        }
        for (position, key, (profile, linked)) in buddies {
            let slot = self.images.see(key, domain, &profile);
            if linked {
                self.images.link(slot, user);
            }
            self.images.tidy(slot);
            reply.buddies.push(Buddy { position, key: UserKey { place: self.place, slot }, profile, linked });
        }
        sink.mail.push((user.place, Mail::Linked(Box::new(reply))));
    }

    pub(super) fn hear_unlink(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Unlink,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let user = self.see(record.user, domain, &record.profile);
        let hash = |name: &str| context.places().hash(domain, name);
        let hashes = record.names.iter().map(|name| hash(name)).collect();
        let names: Names = (0..).zip(record.names).collect();
        let places = by_shard(domain, names, context);
        let Some(number) = self.open_parts(request, Collected::Unlinks(hashes), places.len(), user.slot)
        else {
            self.say(request, record::Unlinked { names: Vec::new(), parted: Vec::new(), more: false });
            return;
        };
        let gather = self.pendings.gather_key(number);
        for (place, names) in places {
            let names = names.into_iter().map(|(_, text)| HashedName { hash: hash(&text), text }).collect();
            let (profile, farewell) = (record.profile.clone(), record.farewell.clone());
            let unlink = Unlink { gather, domain, user, profile, farewell, names };
            sink.mail.push((place, Mail::Unlink(Box::new(unlink))));
        }
    }

    pub(super) fn hear_unlinked(&mut self, request: u32, record: record::Unlinked, sink: &mut Sink) {
        let record::Unlinked { names: positions, parted, more } = record;
        let Some(Asked::Unlink { gather, user, names, answered, .. }) = self.questions.get_mut(request)
        else {
            return;
        };
        let (gather, user) = (*gather, *user);
        let parted: Vec<_> = parted
            .into_iter()
            .filter_map(|(position, key, farewell)| Some((*names.get(position as usize)?, key, farewell)))
            .collect();
        let mut ended = Vec::new();
        for (at, (name, answered)) in names.iter().zip(answered).enumerate() {
            let is_named = !more || positions.iter().any(|position| *position as usize == at);
            if is_named && !std::mem::replace(answered, true) {
                ended.push(*name);
            }
        }
        if !more {
            self.questions.take(request);
        }
        let mut gone = Vec::new();
        for (name, key, farewell) in parted {
            let Some(slot) = self.images.find(key) else { continue };
            self.images.unlink(slot, user);
            gone.push(Parted { key: UserKey { place: self.place, slot }, name, farewell });
        }
        let reply = UnlinkReply { gather, user, by: self.place, names: ended, more, parted: gone };
        sink.mail.push((user.place, Mail::Unlinked(reply)));
    }

    pub(super) fn hear_presence(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Presence,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let record::Presence { about, packet, reach, to, .. } = record;
        let slot = about.and_then(|about| self.images.find(about));
        let shown = packet.as_ref().and_then(shown_by);
        let to: Vec<UserKey> = to.into_iter().filter_map(|user| Link::own(user, context)).collect();
        if let (Some(slot), Some(shown), true) = (slot, &shown, reach != Reach::Room) {
            self.images.show(slot, shown.profile(), &to);
        }
        let image = slot.and_then(|slot| self.images.user(slot));
        let name = match (&shown, image) {
            (Some(shown), _) if reach == Reach::Room => {
                context.places().spread((domain, &*shown.from, &*shown.status))
            }
            (_, Some(image)) => context.places().hash(domain, image.profile.name()),
            (Some(shown), None) => context.places().hash(domain, &shown.from),
            (None, None) => 0,
        };
        let about = UserKey { place: self.place, slot: slot.unwrap_or(Slot::NOWHERE) };
        if reach == Reach::Parted {
            for user in &to {
                self.images.unlink(about.slot, *user);
            }
        }
        let places = by_place(to);
        let gather = self.open_done(request, places.len());
        for (place, to) in places {
            let packet = packet.clone();
            sink.mail.push((place, Mail::Presence(Presence { gather, about, name, packet, reach, to })));
        }
    }

    pub(super) fn hear_moved(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Moved,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let record::Moved { profile, messages, .. } = record;
        let number = self.open(request, Collected::Share(Part::Done), 1, None);
        let gather = self.pendings.gather_key(number);
        let place = context.places().of(domain, profile.name());
        sink.mail.push((place, Mail::Moved(Box::new(Moved { gather, domain, profile, messages }))));
    }

    pub(super) fn hear_missed(
        &mut self,
        domain: DomainId,
        record: &record::Missed,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let Some(about) = self.image_key(record.about) else { return };
        let Some(profile) = self.images.user(about.slot).map(|image| image.profile.clone()) else { return };
        let linked: Vec<UserKey> = record.users.iter().filter_map(|user| Link::own(*user, context)).collect();
        for user in &linked {
            self.images.unlink(about.slot, *user);
        }
        let shown = record.shown || profile.visible();
        self.miss_moved(LostUser { about, domain, profile, shown, linked }, context, sink);
    }

    pub(super) fn hear_ask(
        &mut self,
        request: u32,
        domain: DomainId,
        record: record::Ask,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let viewer = record.viewer.and_then(|viewer| self.image_key(viewer));
        let places = by_shard(domain, record.names, context);
        let number = self.open(request, Collected::Share(Part::Profiles(Vec::new())), places.len(), None);
        let gather = self.pendings.gather_key(number);
        for (place, names) in places {
            sink.mail.push((place, Mail::Ask(NamesRequest { gather, domain, viewer, names })));
        }
    }

    pub(super) fn hear_describe(
        &mut self,
        request: u32,
        users: Vec<UserKey>,
        context: Context<'_>,
        sink: &mut Sink,
    ) {
        let users = users.into_iter().filter_map(|user| Link::own(user, context));
        let places = by_place(users);
        let number = self.open(request, Collected::Share(Part::Profiles(Vec::new())), places.len(), None);
        let gather = self.pendings.gather_key(number);
        for (place, users) in places {
            sink.mail.push((place, Mail::Describe(ProfilesRequest { gather, users })));
        }
    }
}

/// What a presence says.
#[derive(serde::Deserialize)]
struct Shown {
    from: String,
    nick: String,
    show: String,
    status: String,
}

impl Shown {
    fn profile(&self) -> Profile {
        Profile::new(&self.from, &self.nick, &self.show, &self.status)
    }
}

/// What a presence says, if it is one.
fn shown_by(packet: &Packet) -> Option<Shown> {
    let shown: Shown = serde_json::from_slice(packet.json()).ok()?;
    let fits = [&shown.from, &shown.nick, &shown.show, &shown.status].iter().all(|text| text.len() < 1 << 16);
    fits.then_some(shown)
}
