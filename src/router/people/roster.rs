//! Rosters: which users are linked with each other.
//!
//! Owns: the links between users, kept at both ends, and the presences that follow them (protocol, "Presence"). Must
//! not: know names that are offline; a link lasts until either end goes offline, or until it is undone.
//!
//! A user who names others has places in the roster kept for them before their owners are asked ([`Mail::Link`]). Each
//! owner makes the link at its end, and its pages see the other one come; so once the answer ([`Mail::Linked`]) has
//! arrived both ends hold it, and the pages of the naming side see theirs come, but for the one that is answered with
//! them. Names for which there was no place are asked for once more when places become free, because others of the names turned
//! out to be offline. Undoing a link goes the same way ([`Mail::Unlink`], [`Mail::Unlinked`]). As the mail between two places keeps
//! its order, what a page is shown last is what is so.

use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::Router;
use crate::router::call::{Answer, BuddyRemoval, Text};
use crate::router::gather::Collect;
use crate::router::ids::{CallKey, GatherKey, Place, UserKey};
use crate::router::mail::{
    Buddy, Link, Linked, Mail, Names, Parted, Presence, Reach, Unlink, Unlinked, Unplaced,
};
use crate::router::packet::{Packet, PresenceType};
use crate::router::people::keys::Added;
use crate::router::people::user::transition;
use crate::router::profile::Profile;

impl Router {
    /// Links a user with those that the `online` call of a session named.
    pub(in crate::router) fn link(
        &mut self,
        user: Slot,
        session: Slot,
        buddies: Vec<Text<'_>>,
        gather: GatherKey,
    ) {
        let placed = buddies.len().min(self.free_links(user));
        self.reserve(user, placed);
        let names = self.names_by_place(self.users[user].domain, buddies);
        self.ask_to_link(user, session, names, |position| (position as usize) < placed, gather);
    }

    /// Asks the owners of these names to link them. For those at the positions that are `placed`, which come first at each
    /// place, a place in the roster is reserved.
    fn ask_to_link(
        &mut self,
        user: Slot,
        session: Slot,
        names: Vec<(Place, Names)>,
        placed: impl Fn(u32) -> bool,
        gather: GatherKey,
    ) {
        let owner = &self.users[user];
        let (domain, profile) = (owner.domain, owner.profile.clone());
        let announce = profile.visible().then(|| Packet::presence(PresenceType::Online, &profile));
        let key = self.user_key(user);
        for (place, names) in names {
            let reserved = names.iter().take_while(|(position, _)| placed(*position)).count();
            let link = Link {
                gather,
                domain,
                user: key,
                session,
                profile: profile.clone(),
                announce: announce.clone(),
                reserved,
                names,
            };
            self.ask(gather, place, Mail::Link(Box::new(link)));
        }
    }

    /// Links a user with those for whom there was no place when they were asked: as many as there are places for now.
    fn link_unplaced(
        &mut self,
        user: Slot,
        session: Slot,
        unplaced: Vec<(u32, Unplaced)>,
        gather: GatherKey,
    ) {
        let placed = self.place_more(gather, unplaced, self.free_links(user));
        if placed.is_empty() {
            return;
        }
        let domain = self.users[user].domain;
        self.reserve(user, placed.len());
        let names = placed
            .into_iter()
            .map(|(position, Unplaced { name, .. })| (self.places.of(domain, &name), (position, name)));
        let names = self.work.by_place(domain, &self.places, names);
        self.ask_to_link(user, session, names, |_| true, gather);
    }

    /// Places in a user's roster that are neither taken nor kept.
    fn free_links(&self, user: Slot) -> usize {
        let owner = &self.users[user];
        self.limits.roster_links.saturating_sub(owner.roster.len() + owner.reserved())
    }

    /// Keeps free places in a user's roster for names that may turn out to be online.
    fn reserve(&mut self, user: Slot, places: usize) {
        if places > 0 {
            self.users[user].aside_mut().reserved += places;
        }
    }

    /// Adds a link at one end, if there is a place for it.
    fn add_link(&mut self, user: Slot, other: UserKey) -> Added {
        let owner = &mut self.users[user];
        let most = self.limits.roster_links.saturating_sub(owner.reserved());
        owner.roster.add(other, most, self.places.hasher())
    }

    /// Somebody named these.
    pub(in crate::router) fn on_link(&mut self, link: Link) {
        let Link { gather, domain, user, session, profile, announce, reserved, names } = link;
        let from = self.places.hash(domain, profile.name());
        self.charge_mail(domain, user.place, names.len());
        let (mut buddies, mut unplaced) = (Vec::new(), Vec::new());
        for (at, (position, name)) in names.into_iter().enumerate() {
            let Some(buddy) = self.find_user(domain, &name) else { continue };
            // If this one is just being unlinked from the one who names it, their owner has forgotten the link before it
            // hears of this one: it must not be made at one end.
            if self.unlinking.is_parting(buddy, from) {
                continue;
            }
            let linked = if at < reserved {
                self.add_link(buddy, user)
            } else if self.users[buddy].roster.contains(user, self.places.hasher()) {
                Added::Known
            } else if self.free_links(buddy) > 0 {
                let visible = self.users[buddy].profile.visible();
                unplaced.push((position, Unplaced { name, visible }));
                continue;
            } else {
                Added::Full
            };
            if linked == Added::New
                && let Some(packet) = &announce
            {
                self.deliver(buddy, packet, Some(from), None);
            }
            let profile = self.users[buddy].profile.clone();
            let linked = linked != Added::Full;
            buddies.push(Buddy { position, key: self.user_key(buddy), profile, linked });
        }
        let linked = Linked { gather, domain, user, session, asked_as: profile, reserved, buddies, unplaced };
        self.send(user.place, Mail::Linked(Box::new(linked)));
    }

    /// Those that were named have been linked at their end; now at this one.
    pub(in crate::router) fn on_linked(&mut self, linked: Linked) {
        let Linked { gather, domain, user, session, asked_as, reserved, buddies, unplaced } = linked;
        let Some(owner) = self.users.get_mut(user.slot) else {
            let linked = buddies.iter().filter(|buddy| buddy.linked).map(|buddy| buddy.key);
            self.unlink_gone(domain, user, &asked_as, linked.collect());
            return self.reported(gather);
        };
        if reserved > 0 {
            owner.aside_mut().reserved -= reserved;
            owner.tidy_aside();
        }
        owner.roster.expect_growing(buddies.iter().filter(|buddy| buddy.linked).count());
        let truncated = buddies.iter().any(|buddy| !buddy.linked && buddy.profile.visible());
        let mut met = Vec::with_capacity(buddies.len());
        for buddy in buddies.into_iter().filter(|buddy| buddy.linked) {
            let added = self.add_link(user.slot, buddy.key);
            debug_assert_ne!(added, Added::Full, "a place was kept for every link that was made");
            met.push((buddy, added == Added::New));
        }
        let profile = self.users[user.slot].profile.clone();
        if !profile.shows_like(&asked_as)
            && let Some(packet) = transition(&asked_as, &profile)
        {
            // What the user shows was changed while they were asked.
            let reach = if profile.visible() { Reach::Linked } else { Reach::Met };
            self.tell_links(user, met.iter().map(|(buddy, _)| buddy.key), &packet, reach, None);
        }
        met.retain(|(buddy, _)| buddy.profile.visible());
        let answered = met.iter().map(|(buddy, _)| (buddy.position, buddy.profile.clone())).collect();
        let answers = self.add_buddies(gather, answered, truncated);
        self.meet(domain, user.slot, session, answers, &met);
        self.link_unplaced(user.slot, session, unplaced, gather);
        self.reported(gather);
    }

    /// Shows the pages of a user those that were named and are there: the new ones to all, and to the page that named
    /// them what is not in its answer (`answered`), or what its answer must not be taken to be newer than.
    fn meet(&mut self, domain: DomainId, user: Slot, session: Slot, answered: bool, met: &[(Buddy, bool)]) {
        for (Buddy { profile, .. }, is_new) in met {
            let name = self.places.hash(domain, profile.name());
            // What is queued to the page is older than its answer, and read after it.
            let page = self.sessions.get(session);
            let is_shown = page.is_some_and(|page| !answered || page.queue.presence_waits(name));
            if !*is_new && !is_shown {
                continue;
            }
            let packet = Packet::presence(PresenceType::Online, profile);
            if *is_new {
                self.deliver(user, &packet, Some(name), Some(session));
            }
            if is_shown && self.sessions.get(session).is_some() {
                self.deliver_to(session, packet, name);
            }
        }
    }

    /// A user went offline before these links were known here, so that they were not among those who saw it.
    fn unlink_gone(&mut self, domain: DomainId, user: UserKey, asked_as: &Profile, links: Vec<UserKey>) {
        let packet = asked_as.visible().then(|| Packet::offline(asked_as));
        self.part_links(user, domain, asked_as.name(), links.iter().copied(), packet.as_ref(), None);
        if let Some(back) = self.find_user(domain, asked_as.name()) {
            // The user is back already, and was shown before it is shown now that the one before went.
            let profile = &self.users[back].profile;
            if let Some(packet) = profile.visible().then(|| Packet::presence(PresenceType::Online, profile)) {
                self.tell_links(self.user_key(back), links, &packet, Reach::Linked, None);
            }
        }
    }

    /// Sends a user's presence to those linked with it.
    pub(in crate::router) fn tell_links(
        &mut self,
        about: UserKey,
        links: impl IntoIterator<Item = UserKey>,
        packet: &Packet,
        reach: Reach,
        gather: Option<GatherKey>,
    ) {
        let owner = &self.users[about.slot];
        let (domain, name) = (owner.domain, self.places.hash(owner.domain, owner.profile.name()));
        let packet = Some(packet.clone());
        self.send_presence(domain, &Presence { gather, about, name, packet, reach, to: Vec::new() }, links);
    }

    /// Ends the links of a user who has gone, at their other ends.
    pub(in crate::router) fn part_links(
        &mut self,
        about: UserKey,
        domain: DomainId,
        name: &str,
        links: impl IntoIterator<Item = UserKey>,
        packet: Option<&Packet>,
        gather: Option<GatherKey>,
    ) {
        let (name, packet, reach) = (self.places.hash(domain, name), packet.cloned(), Reach::Parted);
        self.send_presence(domain, &Presence { gather, about, name, packet, reach, to: Vec::new() }, links);
    }

    fn send_presence(
        &mut self,
        domain: DomainId,
        presence: &Presence,
        links: impl IntoIterator<Item = UserKey>,
    ) {
        let links = links.into_iter().map(Into::into);
        for (place, to) in self.work.by_place(domain, &self.places, links) {
            let presence = Presence { to, ..presence.clone() };
            self.ask_some(presence.gather, place, Mail::Presence(presence));
        }
    }

    /// The presence of somebody these users are linked with.
    pub(in crate::router) fn on_presence(&mut self, presence: Presence) {
        let Presence { gather, about, name, packet, reach, to } = presence;
        let packet = packet.map(|packet| packet.shared_by(to.len()));
        self.charge_receivers(about.place, &to);
        for slot in to {
            let Some(user) = self.users.get_mut(slot) else { continue };
            let shown = match reach {
                Reach::Linked => user.roster.contains(about, self.places.hasher()),
                Reach::Met => true,
                Reach::Parted => {
                    user.roster.remove(about, self.places.hasher());
                    true
                }
            };
            if shown && let Some(packet) = &packet {
                self.deliver(slot, packet, Some(name), None);
            }
        }
        self.report_done(gather);
    }

    /// `/buddies/remove`.
    pub(in crate::router) fn remove_buddies(
        &mut self,
        key: CallKey,
        domain: DomainId,
        removal: BuddyRemoval<'_>,
    ) {
        let Some(user) = self.find_user(domain, &removal.name) else {
            return self.answer(key, Answer::Done); // who is offline has no links
        };
        let gather = self.open(key, Collect::Done);
        let profile = self.users[user].profile.clone();
        let farewell = profile.visible().then(|| Packet::offline(&profile));
        let user = self.user_key(user);
        for (place, names) in self.names_by_place(domain, removal.buddies) {
            let names = names.into_iter();
            let begin = |(_, name)| self.unlinking.begin(user.slot, domain, name, &self.places);
            let names = names.map(begin).collect();
            let (profile, farewell) = (profile.clone(), farewell.clone());
            let unlink = Unlink { gather, domain, user, profile, farewell, names };
            self.ask(gather, place, Mail::Unlink(Box::new(unlink)));
        }
        self.close(gather);
    }

    /// Somebody unlinks these.
    pub(in crate::router) fn on_unlink(&mut self, unlink: Unlink) {
        let Unlink { gather, domain, user, profile, farewell, names } = unlink;
        let from = self.places.hash(domain, profile.name());
        self.charge_mail(domain, user.place, names.len());
        let mut parted = Vec::new();
        for name in &names {
            let Some(buddy) = self.find_user(domain, &name.text) else { continue };
            let was_linked = self.users[buddy].roster.remove(user, self.places.hasher());
            if was_linked && let Some(packet) = &farewell {
                self.deliver(buddy, packet, Some(from), None);
            }
            if was_linked {
                let profile = &self.users[buddy].profile;
                let farewell = profile.visible().then(|| Packet::offline(profile));
                parted.push(Parted { key: self.user_key(buddy), name: name.hash, farewell });
            }
        }
        let names = names.iter().map(|name| name.hash).collect();
        self.send(user.place, Mail::Unlinked(Unlinked { gather, user, names, parted }));
    }

    /// They have been unlinked at their end; now at this one.
    pub(in crate::router) fn on_unlinked(&mut self, unlinked: Unlinked) {
        let Unlinked { gather, user, names, parted } = unlinked;
        for name in names {
            self.unlinking.end(user.slot, name);
        }
        for Parted { key, name, farewell } in parted {
            let Some(owner) = self.users.get_mut(user.slot) else { break };
            let was_linked = owner.roster.remove(key, self.places.hasher());
            if was_linked && let Some(packet) = &farewell {
                self.deliver(user.slot, packet, Some(name), None);
            }
        }
        self.reported(gather);
    }
}
