//! Rosters: who hears of whom.
//!
//! Owns: the links between users, kept at both ends, and the presences that follow them. Must not: know names that
//! are offline; a link lasts until either end goes offline.

use super::Router;
use super::backlog::{Label, Pushed};
use super::call::{Answer, Text};
use super::gather::Collect;
use super::ids::{CallKey, GatherKey, UserKey};
use super::mail::{Buddy, Mail, Names};
use super::packet::{Packet, PresenceType};
use super::profile::Profile;
use super::session::End;
use super::user::{User, transition};
use crate::domains::DomainId;
use crate::slots::Slot;

impl Router {
    /// Links a user with those he named; if he has just come and is visible, they are told.
    pub(super) fn link(&mut self, user: Slot, buddies: Vec<Text<'_>>, came: bool, gather: GatherKey) {
        let User { domain, profile, .. } = &self.users[user];
        let (domain, profile) = (*domain, profile.clone());
        let announce = (came && profile.visible()).then(|| Packet::presence(PresenceType::Online, &profile));
        let key = self.user_key(user);
        for (place, names) in self.names_by_place(domain, buddies) {
            let (profile, announce) = (profile.clone(), announce.clone());
            self.ask(gather, place, Mail::Link { gather, domain, user: key, profile, announce, names });
        }
    }

    /// Somebody named these.
    pub(super) fn on_link(
        &mut self,
        gather: GatherKey,
        domain: DomainId,
        user: UserKey,
        profile: Profile,
        announce: Option<&Packet>,
        names: Names,
    ) {
        let mut buddies = Vec::new();
        for (position, name) in names {
            let Some(buddy) = self.find_user(domain, &name) else { continue };
            // If he is just being unlinked from the one who names him, their owner has forgotten the link before it
            // hears of this one: it must not be made at one end.
            let parting =
                self.unlinking.iter().any(|(slot, name)| *slot == buddy && **name == *profile.name());
            let linked = !parting && self.users[buddy].roster.add(user, self.limits.roster_links);
            if linked && let Some(packet) = announce {
                self.deliver(buddy, packet, Some(user), None);
            }
            let profile = self.users[buddy].profile.clone();
            buddies.push(Buddy { position, key: self.user_key(buddy), profile, linked });
        }
        self.send(user.place, Mail::Linked { gather, domain, user, profile, buddies });
    }

    /// Those that were named have been linked at their end; now at this one.
    pub(super) fn on_linked(
        &mut self,
        gather: GatherKey,
        domain: DomainId,
        user: UserKey,
        asked_as: &Profile,
        buddies: Vec<Buddy>,
    ) {
        let linked = buddies.iter().filter(|buddy| buddy.linked);
        let Some(owner) = self.users.get_mut(user.slot) else {
            let linked = linked.map(|buddy| buddy.key).collect();
            self.unlink_gone(domain, user, asked_as, linked);
            return self.reported(gather);
        };
        owner.roster.expect_growing(linked.clone().count());
        let links_max = self.limits.roster_links;
        let (kept, refused): (Vec<&Buddy>, Vec<&Buddy>) =
            linked.partition(|buddy| owner.roster.add(buddy.key, links_max));
        let profile = owner.profile.clone();
        let truncated = !refused.is_empty();
        let kept: Vec<UserKey> = kept.into_iter().map(|buddy| buddy.key).collect();
        let refused = refused.into_iter().map(|buddy| buddy.profile.name().to_owned().into()).collect();
        self.unlink(None, domain, user, refused);
        if !profile.shows_like(asked_as)
            && let Some(packet) = transition(asked_as, &profile)
        {
            // What he shows was changed while they were asked.
            self.tell_links(user, kept, Some(&packet), false, None);
        }
        let visible = buddies.into_iter().filter(|buddy| buddy.profile.visible());
        let seen: Vec<(UserKey, u32, Profile)> =
            visible.map(|buddy| (buddy.key, buddy.position, buddy.profile)).collect();
        let answered = seen.iter().map(|(_, position, profile)| (*position, profile.clone())).collect();
        if let Some(session) = self.add_buddies(gather, answered, truncated) {
            self.tell_after_going(session, &seen);
            self.reported(gather);
        } else {
            // The answer went without them.
            for (key, _, profile) in seen {
                let packet = Packet::presence(PresenceType::Online, &profile);
                self.deliver(user.slot, &packet, Some(key), None);
            }
        }
    }

    /// What a session was told before its answer was complete is read after that answer. If somebody went then, it
    /// may be one of these, who is back: they are told of after that, too.
    fn tell_after_going(&mut self, session: Slot, seen: &[(UserKey, u32, Profile)]) {
        if !self.sessions.get(session).is_some_and(|session| session.queue.tells_of_going()) {
            return;
        }
        for (key, _, profile) in seen {
            let packet = Packet::presence(PresenceType::Online, profile);
            if self.queue_to(session, packet, Label::Presence(*key)) == Pushed::Full {
                return self.end_session(session, End::Overflow { missed: false });
            }
        }
    }

    /// A user went offline before he knew of these links, so that they were not among those who were told.
    fn unlink_gone(&mut self, domain: DomainId, user: UserKey, asked_as: &Profile, links: Vec<UserKey>) {
        let packet = asked_as.visible().then(|| Packet::offline(asked_as));
        self.tell_links(user, links.clone(), packet.as_ref(), true, None);
        if let Some(back) = self.find_user(domain, asked_as.name()) {
            // He is back already, and that was told before it is told now that he went.
            let profile = &self.users[back].profile;
            let packet = profile.visible().then(|| Packet::presence(PresenceType::Online, profile));
            self.tell_links(self.user_key(back), links, packet.as_ref(), false, None);
        }
    }

    /// Sends a user's presence to those linked with him, or ends the links, or both.
    pub(super) fn tell_links(
        &mut self,
        about: UserKey,
        links: impl IntoIterator<Item = UserKey>,
        packet: Option<&Packet>,
        unlink: bool,
        gather: Option<GatherKey>,
    ) {
        for (place, to) in self.by_place(links.into_iter().map(Into::into)) {
            let mail = Mail::Presence { gather, about, packet: packet.cloned(), unlink, to };
            self.ask_some(gather, place, mail);
        }
    }

    /// The presence of somebody these users are linked with.
    pub(super) fn on_presence(
        &mut self,
        gather: Option<GatherKey>,
        about: UserKey,
        packet: Option<&Packet>,
        unlink: bool,
        to: &[Slot],
    ) {
        let packet = packet.map(|packet| packet.shared_by(to.len()));
        for slot in to {
            let Some(user) = self.users.get_mut(*slot) else { continue };
            // That he went is told even to those who are unlinked already: when he went he may have been invisible to
            // them, as far as his owner knew, while they had been told of his coming.
            let hears = unlink || user.roster.contains(about);
            if unlink {
                user.roster.remove(about);
            }
            if hears && let Some(packet) = &packet {
                self.deliver(*slot, packet, Some(about), None);
            }
        }
        self.report_done(gather);
    }

    /// `/buddies/remove`.
    pub(super) fn remove_buddies(
        &mut self,
        key: CallKey,
        domain: DomainId,
        name: &str,
        buddies: Vec<Text<'_>>,
    ) {
        let Some(user) = self.find_user(domain, name) else {
            return self.answer(key, Answer::Done); // who is offline has no links
        };
        let user = self.user_key(user);
        let gather = self.open(key, Collect::Done);
        self.unlink(Some(gather), domain, user, buddies);
        self.close(gather);
    }

    /// Unlinks a user from these names: first at their end, then at his.
    fn unlink(&mut self, gather: Option<GatherKey>, domain: DomainId, user: UserKey, buddies: Vec<Text<'_>>) {
        for (place, names) in self.names_by_place(domain, buddies) {
            let names: Vec<Box<str>> = names.into_iter().map(|(_, name)| name).collect();
            self.unlinking.extend(names.iter().map(|name| (user.slot, name.clone())));
            self.ask_some(gather, place, Mail::Unlink { gather, domain, user, names });
        }
    }

    /// Somebody unlinks these.
    pub(super) fn on_unlink(
        &mut self,
        gather: Option<GatherKey>,
        domain: DomainId,
        user: UserKey,
        names: Vec<Box<str>>,
    ) {
        let mut buddies = Vec::new();
        for name in &names {
            if let Some(buddy) = self.find_user(domain, name) {
                self.users[buddy].roster.remove(user);
                buddies.push(self.user_key(buddy));
            }
        }
        self.send(user.place, Mail::Unlinked { gather, user, names, buddies });
    }

    /// They have been unlinked at their end; now at this one.
    pub(super) fn on_unlinked(
        &mut self,
        gather: Option<GatherKey>,
        user: UserKey,
        names: &[Box<str>],
        buddies: &[UserKey],
    ) {
        for name in names {
            let noted = self.unlinking.iter().position(|(slot, noted)| *slot == user.slot && noted == name);
            self.unlinking.swap_remove(noted.expect("it was noted when they were asked"));
        }
        if let Some(user) = self.users.get_mut(user.slot) {
            for buddy in buddies {
                user.roster.remove(*buddy);
            }
        }
        if let Some(gather) = gather {
            self.reported(gather);
        }
    }
}
