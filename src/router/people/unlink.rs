//! `/buddies/remove`: undoing links.
//!
//! Owns: the two steps of it: at the other end first ([`Mail::Unlink`]), then at this one ([`Mail::Unlinked`]). Must
//! not: make a link.

use super::tables::People;
use crate::router::call::{Answer, BuddyRemoval, Caller};
use crate::router::gather::Collection;
use crate::router::mail::{HashedName, Mail, Parted, Unlink, UnlinkReply};
use crate::router::out::Out;
use crate::router::packet::Packet;

impl People {
    /// `/buddies/remove`.
    pub(in crate::router) fn remove_buddies(
        &mut self,
        out: &mut Out,
        caller: Caller,
        removal: BuddyRemoval<'_>,
    ) {
        let Caller { key, domain, .. } = caller;
        let Some(slot) = self.find(domain, &removal.name) else {
            return out.answer(key, Answer::Done); // a user who is offline has no links
        };
        let gather = out.open(key, Collection::Done);
        let owner = self.user(slot);
        let profile = owner.profile().clone();
        let farewell = owner.may_be_seen().then(|| Packet::offline(&profile));
        let user = self.directory().user_key(slot);
        for (place, names) in People::names_by_place(out, domain, removal.buddies) {
            let begin = |(_, text): (u32, Box<str>)| {
                let hash = self.directory().places().hash(domain, &text);
                self.unlinking().begin((slot, hash, place));
                HashedName { text, hash }
            };
            let names = names.into_iter().map(begin).collect();
            let (profile, farewell) = (profile.clone(), farewell.clone());
            let unlink = Unlink { gather, domain, user, profile, farewell, names };
            out.ask(gather, place, Mail::Unlink(Box::new(unlink)));
        }
        out.close(gather);
    }

    /// Handles [`Mail::Unlink`]: removes the links at this end, and shows the departure.
    pub(in crate::router) fn on_unlink(&mut self, out: &mut Out, unlink: Unlink) {
        let Unlink { gather, domain, user, profile, farewell, names } = unlink;
        let from = self.directory().places().hash(domain, profile.name());
        out.charge_mail(domain, user.place, names.len());
        let mut parted = Vec::new();
        for name in &names {
            let Some(buddy) = self.find(domain, &name.text) else { continue };
            let Some((owner, hasher)) = self.user_with_hasher(buddy) else { continue };
            if !owner.unlink(user, hasher) {
                continue; // they were not linked
            }
            if let Some(packet) = &farewell {
                self.show(out, buddy, packet, from, None);
            }
            let profile = self.user(buddy).profile();
            let farewell = profile.visible().then(|| Packet::offline(profile));
            parted.push(Parted { key: self.directory().user_key(buddy), name: name.hash, farewell });
        }
        let names = names.iter().map(|name| name.hash).collect();
        let by = self.directory().place();
        out.send(user.place, Mail::Unlinked(UnlinkReply { gather, user, by, names, more: false, parted }));
    }

    /// Handles the answer to [`Mail::Unlink`]: removes the links at this end, and shows the departures.
    pub(in crate::router) fn on_unlinked(&mut self, out: &mut Out, reply: UnlinkReply) {
        let UnlinkReply { gather, user, by, names, more, parted } = reply;
        for name in names {
            self.unlinking().end((user.slot, name, by));
        }
        for Parted { key, name, farewell } in parted {
            let Some((owner, hasher)) = self.user_with_hasher(user.slot) else { break };
            let was_linked = owner.unlink(key, hasher);
            if was_linked && let Some(packet) = &farewell {
                self.show(out, user.slot, packet, name, None);
            }
        }
        if !more {
            out.reported(gather);
        }
    }
}
