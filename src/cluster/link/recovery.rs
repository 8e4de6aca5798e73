//! How what a broken link has lost is found again.
//!
//! Owns: the steps of it. Must not: know where a lost user is now; routers find out.
//!
//! Users here who were linked with users of the other node go on showing them for a while: the page of a user whose node is
//! lost is soon online at another one, and nobody needs to see that. At once, when the link is there again, and at the end
//! of that while the routers ask the names' owners for those that are there. Only then the links to the old images end:
//! silently where the user is there again, and else with a presence. Rooms of the other node are entered again at once, and
//! its users leave the rooms here at once.
//!
//! The same way goes what a user leaves behind whose name another node owns now: it is told to go there.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Context, Sink};
use super::divide::{by_place, by_shard};
use super::lost::{Break, LostRoom, LostUser, Step};
use super::pending::{Collected, Pending};
use super::state::Link;
use crate::base::clock::Tick;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::cluster::limits::LOST_PER_MAIL;
use crate::router::ids::{Place, RoomKey, UserKey};
use crate::router::mail::{Mail, NamesRequest, Part, Presence, Reach, Reenter, Relink, RelinkTo, RoomExit};
use crate::router::packet::Packet;

impl Link {
    /// All images are lost. Their users leave the rooms here.
    pub(super) fn lose_images(&mut self, context: Context<'_>, sink: &mut Sink) {
        let mut users = Vec::new();
        for (slot, image) in self.images.users() {
            let user = UserKey { place: self.place, slot };
            let farewell = image.profile.visible().then(|| image.profile.clone());
            for (place, rooms) in by_place(image.rooms.iter().copied()) {
                let exit = RoomExit { gather: None, user, online: false, farewell: farewell.clone(), rooms };
                sink.mail.push((place, Mail::Exit(exit)));
            }
            let (showing, others) = self.images.watchers(slot);
            for (shown, linked) in [(true, showing), (false, others)] {
                if !linked.is_empty() {
                    let (domain, profile) = (image.domain, image.profile.clone());
                    users.push(LostUser { about: user, domain, profile, shown, linked });
                }
            }
        }
        if !users.is_empty() {
            let due = context.now.after(context.grace_ms);
            self.lost.breaks.push(Break { users, step: Step::Waiting, due });
        }
        let rooms = self.images.rooms().map(|(slot, image)| {
            let (domain, name, members) = (image.domain, image.name.clone(), image.members.clone());
            LostRoom { image: slot, domain, name, members }
        });
        self.lost.rooms.extend(rooms);
        self.images.clear();
    }

    /// Users here miss one, until then at the latest, that was not lost with the link.
    pub(super) fn miss(&mut self, user: LostUser, due: Tick) {
        if user.linked.is_empty() {
            return;
        }
        match self.lost.breaks.last_mut() {
            Some(last) if last.step == Step::Waiting && last.is_due_just_before(due) => last.users.push(user),
            Some(_) | None => {
                self.lost.breaks.push(Break { users: vec![user], step: Step::Waiting, due });
            }
        }
    }

    /// The same for one who has moved to the owner of its name, and may be there already.
    pub(super) fn miss_moved(&mut self, user: LostUser, context: Context<'_>, sink: &mut Sink) {
        relink([&user], sink);
        self.miss(user, context.now.after(context.grace_ms));
    }

    /// The names may have owners again: the link is up, or the other node has ceased to own any.
    pub(crate) fn recover(&mut self, context: Context<'_>, sink: &mut Sink) {
        for room in std::mem::take(&mut self.lost.rooms) {
            let LostRoom { image, domain, name, members } = room;
            let room = RoomKey { place: self.place, slot: image };
            for (place, users) in by_place(members) {
                let reenter = Reenter { domain, room, name: name.clone(), users };
                sink.mail.push((place, Mail::Reenter(reenter)));
            }
        }
        for (to, unasked) in [
            (RelinkTo::Users, std::mem::take(&mut self.lost.unasked)),
            (RelinkTo::Rooms, std::mem::take(&mut self.lost.unentered)),
        ] {
            for ((user, domain), names) in unasked {
                let users = vec![(user.slot, names.into_iter().collect())];
                sink.mail.push((user.place, Mail::Relink(Relink { domain, to, users })));
            }
        }
        let mut breaks = std::mem::take(&mut self.lost.breaks);
        for lost in &mut breaks {
            relink(&lost.users, sink);
            if self.session.is_up() && lost.step == Step::Waiting {
                // Those who were there are there again: the rest has gone.
                lost.due = lost.due.min(context.now.after(context.answer_ms));
            }
        }
        self.lost.breaks = breaks;
    }

    /// Takes the steps that are due. `has_found`: whether a user is linked with an image of that name.
    pub(crate) fn take_steps(
        &mut self,
        context: Context<'_>,
        has_found: &dyn Fn(DomainId, &str, UserKey) -> bool,
        sink: &mut Sink,
    ) {
        let mut breaks = std::mem::take(&mut self.lost.breaks);
        for mut lost in breaks.extract_if(.., |lost| lost.due <= context.now) {
            match lost.step {
                Step::Waiting => {
                    relink(&lost.users, sink);
                    (lost.step, lost.due) = (Step::Linking, context.now.after(context.answer_ms));
                    self.lost.breaks.push(lost);
                }
                Step::Linking => {
                    lost.step = self.ask_who_is_here(&lost.users, context, sink);
                    lost.due = context.now.after(context.answer_ms);
                    self.lost.breaks.push(lost);
                }
                Step::Asking { ref online, number } => {
                    self.pendings.remove(number);
                    self.part_lost(&lost.users, online, has_found, sink);
                }
            }
        }
        self.lost.breaks.extend(breaks);
    }

    /// Asks the shards which of the lost are online here.
    fn ask_who_is_here(&mut self, users: &[LostUser], context: Context<'_>, sink: &mut Sink) -> Step {
        let mut names: BTreeMap<DomainId, Vec<(u32, Box<str>)>> = BTreeMap::new();
        for user in users {
            names.entry(user.domain).or_default().push((user.domain.0, user.profile.name().into()));
        }
        let asks: Vec<_> = names
            .into_iter()
            .flat_map(|(domain, names)| {
                by_shard(domain, names, context).into_iter().map(move |(place, names)| (domain, place, names))
            })
            .collect();
        let collected = Collected::Share(Part::Profiles(Vec::new()));
        // One more than there are shards: it is not for the other node, and is taken out when it is due.
        let number = self.pendings.open(Pending { request: 0, collected, waiting: usize::MAX, pinned: None });
        let gather = self.pendings.gather_key(number);
        for (domain, place, names) in asks {
            sink.mail.push((place, Mail::Ask(NamesRequest { gather, domain, viewer: None, names })));
        }
        Step::Asking { number, online: BTreeSet::new() }
    }

    /// Takes what a shard says to such a question. Returns whether it was one. Those who are here may have come after
    /// they were asked to link those who miss them, and so they are asked again.
    pub(super) fn take_who_is_here(&mut self, number: u32, part: &Part, sink: &mut Sink) -> bool {
        let found = self.lost.breaks.iter_mut().find_map(|lost| match &mut lost.step {
            Step::Asking { number: asked, online } if *asked == number => Some((online, &lost.users)),
            Step::Waiting | Step::Linking | Step::Asking { .. } => None,
        });
        let Some((online, users)) = found else { return false };
        if let Part::Profiles(profiles) = part {
            let here: BTreeSet<(DomainId, &str)> =
                profiles.iter().map(|(domain, profile)| (DomainId(*domain), profile.name())).collect();
            relink(users.iter().filter(|user| here.contains(&(user.domain, user.profile.name()))), sink);
            online.extend(here.into_iter().map(|(domain, name)| (domain, name.into())));
        }
        true
    }

    /// Ends the links to users who were lost.
    fn part_lost(
        &self,
        users: &[LostUser],
        online: &BTreeSet<(DomainId, Box<str>)>,
        has_found: &dyn Fn(DomainId, &str, UserKey) -> bool,
        sink: &mut Sink,
    ) {
        for LostUser { about, domain, profile, shown, linked } in users {
            let name = profile.name();
            let is_here = online.contains(&(*domain, name.into()));
            let (back, gone): (Vec<UserKey>, Vec<UserKey>) =
                linked.iter().partition(|user| is_here || has_found(*domain, name, **user));
            let farewell = shown.then(|| Packet::offline(profile));
            let (about, hash, reach) = (*about, self.hash(*domain, name), Reach::Parted);
            for (users, packet) in [(back, None), (gone, farewell)] {
                for (place, to) in by_place(users) {
                    let packet = packet.clone();
                    let presence = Presence { gather: None, about, name: hash, packet, reach, to };
                    sink.mail.push((place, Mail::Presence(presence)));
                }
            }
        }
    }
}

/// Asks for those that users have lost, by the mail that each shard of theirs takes.
fn relink<'l>(users: impl IntoIterator<Item = &'l LostUser>, sink: &mut Sink) {
    type Missed = BTreeMap<Slot, Vec<Box<str>>>;
    let mut missed: BTreeMap<(Place, DomainId), Missed> = BTreeMap::new();
    for lost in users {
        for user in &lost.linked {
            let of_place = missed.entry((user.place, lost.domain)).or_default();
            of_place.entry(user.slot).or_default().push(lost.profile.name().into());
        }
    }
    for ((place, domain), users) in missed {
        let users: Vec<(Slot, Vec<Box<str>>)> = users.into_iter().collect();
        for some in users.chunks(LOST_PER_MAIL) {
            sink.mail
                .push((place, Mail::Relink(Relink { domain, to: RelinkTo::Users, users: some.to_vec() })));
        }
    }
}
