//! What users show, and who is online.
//!
//! Owns: changes of a user's profile and who is shown them, and the answers to `/onlines`. Must not: change a roster.

use super::presence::send_presence;
use super::tables::People;
use crate::base::slots::Slot;
use crate::router::call::{Caller, Looks, OnlinesQuery, Refusal, Show, Version};
use crate::router::gather::Collection;
use crate::router::ids::{GatherKey, UserKey};
use crate::router::mail::{Mail, NamesRequest, Part, Presence, ProfilesRequest, Reach};
use crate::router::out::Out;
use crate::router::packet::{Packet, PresenceType};
use crate::router::profile::Profile;

impl People {
    /// `/presences/show`.
    pub(in crate::router) fn change(&mut self, out: &mut Out, caller: Caller, show: &Show<'_>) {
        let Caller { key, domain, .. } = caller;
        let Some((user, session)) = self.find_subject(domain, &show.subject) else {
            return out.refuse(key, Refusal::NoClient);
        };
        let gather = out.open(key, Collection::Done);
        self.change_looks(out, user, &show.looks, session, gather);
        out.close(gather);
    }

    /// Changes what a user shows, and sends it to those linked with the user, to the user's rooms if the user appears
    /// or disappears, and to the user's other sessions that follow it (all but `by`).
    pub(super) fn change_looks(
        &mut self,
        out: &mut Out,
        user: Slot,
        looks: &Looks<'_>,
        by: Option<Slot>,
        gather: GatherKey,
    ) {
        let before = self.user(user).profile().clone();
        let after = changed(&before, looks);
        if before.shows_like(&after) && before.nick() == after.nick() {
            return;
        }
        self.user_mut(user).change_profile(after.clone());
        if before.shows_like(&after) {
            return;
        }
        self.show_own_sessions(out, user, &after, by);
        let domain = self.user(user).domain();
        if let Some(packet) = Packet::transition(&before, &after) {
            let links: Vec<UserKey> = self.user(user).links().collect();
            let presence = self.presence_of(user, packet, Reach::Linked);
            send_presence(out, domain, &Presence { gather: Some(gather), ..presence }, links);
        }
        if before.visible() != after.visible() {
            self.reveal_everywhere(out, user, true, gather);
        }
    }

    /// Shows a change to the user's own pages of version 6, except the one that made it.
    fn show_own_sessions(&mut self, out: &mut Out, user: Slot, profile: &Profile, by: Option<Slot>) {
        let follows =
            |session: &Slot| Some(*session) != by && self.session(*session).version() == Version::V6;
        let sessions: Vec<Slot> = self.sessions_of(user).filter(follows).collect();
        let packet = Packet::presence(PresenceType::Show, profile);
        let name = self.directory().places().hash(self.user(user).domain(), profile.name());
        for session in sessions {
            self.show_to(out, session, packet.clone(), name);
        }
    }

    /// `/onlines`.
    pub(in crate::router) fn onlines(&self, out: &mut Out, caller: Caller, query: OnlinesQuery<'_>) {
        let Caller { key, domain, .. } = caller;
        let Ok(viewer) = self.find_viewer(domain, query.ticket.as_ref()) else {
            return out.refuse(key, Refusal::NoClient);
        };
        let gather = out.open(key, Collection::Onlines(Vec::new()));
        for (place, names) in People::names_by_place(out, domain, query.names) {
            out.ask(gather, place, Mail::Ask(NamesRequest { gather, domain, viewer, names }));
        }
        out.close(gather);
    }

    /// Reports which of these names are online, and what they show.
    pub(in crate::router) fn on_ask(&self, out: &mut Out, request: &NamesRequest) {
        let NamesRequest { gather, domain, viewer, ref names } = *request;
        out.charge_mail(domain, gather.place, names.len());
        let mut online = Vec::new();
        for (position, name) in names {
            if let Some(user) = self.find(domain, name) {
                let profile = self.user(user).profile();
                if profile.visible() || viewer == Some(self.directory().user_key(user)) {
                    online.push((*position, profile.clone()));
                }
            }
        }
        out.report(gather, Part::Profiles(online));
    }

    /// Reports what these users show.
    pub(in crate::router) fn on_describe(&self, out: &mut Out, request: &ProfilesRequest) {
        let ProfilesRequest { gather, ref users } = *request;
        self.charge(out, gather.place, users);
        let shown = users.iter().filter_map(|user| self.get(*user));
        let profiles = shown.map(|user| (0, user.profile().clone())).collect();
        out.report(gather, Part::Profiles(profiles));
    }
}

fn changed(before: &Profile, looks: &Looks<'_>) -> Profile {
    Profile::new(
        before.name(),
        looks.nick.as_deref().unwrap_or(before.nick()),
        looks.show.as_deref().unwrap_or(before.show()),
        looks.status.as_deref().unwrap_or(before.status()),
    )
}
