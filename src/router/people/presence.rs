//! Presences: what users are shown of those they are linked with.
//!
//! Owns: how a presence is sent to the places of the receivers, and what it does to their links when it arrives. Must
//! not: make a link.

use super::tables::People;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::ids::{GatherKey, Place, UserKey};
use crate::router::mail::{Mail, Missed, Presence, Reach};
use crate::router::out::Out;
use crate::router::packet::Packet;
use crate::router::profile::Profile;

/// A user who has gone offline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Departure<'p> {
    pub(super) gather: Option<GatherKey>,
    pub(super) user: UserKey,
    pub(super) domain: DomainId,
    /// What others saw of the user last.
    pub(super) profile: &'p Profile,
}

impl People {
    /// A presence of a user who is online, without receivers.
    pub(super) fn presence_of(&self, user: Slot, packet: Packet, reach: Reach) -> Presence {
        let owner = self.user(user);
        Presence {
            gather: None,
            about: self.directory().user_key(user),
            name: self.directory().places().hash(owner.domain(), owner.profile().name()),
            packet: Some(packet),
            reach,
            to: Vec::new(),
        }
    }

    /// Ends the links of a user who has gone, at their other ends.
    pub(super) fn part_links(
        &self,
        out: &mut Out,
        departure: Departure<'_>,
        links: impl IntoIterator<Item = UserKey>,
    ) {
        let Departure { gather, user, domain, profile } = departure;
        let owner = out.owner_of(domain, profile.name());
        if owner != self.directory().place() {
            return self.let_miss(out, owner, departure, links);
        }
        let presence = Presence {
            gather,
            about: user,
            name: self.directory().places().hash(domain, profile.name()),
            packet: profile.visible().then(|| Packet::offline(profile)),
            reach: Reach::Parted,
            to: Vec::new(),
        };
        send_presence(out, domain, &presence, links);
    }

    /// The same for a user whose name has another owner by now. It is likely to be there soon, and what this node says of
    /// it may come later than what that one says; so those linked with it are not shown that it has gone.
    fn let_miss(
        &self,
        out: &mut Out,
        owner: Place,
        departure: Departure<'_>,
        links: impl IntoIterator<Item = UserKey>,
    ) {
        let Departure { user: about, domain, profile, .. } = departure;
        let places = self.directory().places();
        let via = |user: UserKey| if places.contains(user.place) { owner } else { user.place };
        let links: Vec<(Place, UserKey)> = links.into_iter().map(|user| (via(user), user)).collect();
        for (place, users) in out.by_place(domain, links) {
            let missed = Missed { about, domain, profile: profile.clone(), users };
            out.send(place, Mail::Missed(Box::new(missed)));
        }
    }

    /// Handles a presence of a user whom these users are linked with, or whose rooms they watch: shows it to their pages,
    /// and removes the link if the user is gone.
    pub(in crate::router) fn on_presence(&mut self, out: &mut Out, presence: Presence) {
        let Presence { gather, about, name, packet, reach, to } = presence;
        let packet = packet.map(|packet| packet.shared_by(to.len()));
        self.charge(out, about.place, &to);
        for slot in to {
            let Some((user, hasher)) = self.user_with_hasher(slot) else { continue };
            let shown = match reach {
                Reach::Linked => user.is_linked(about, hasher),
                Reach::Met | Reach::Room => true,
                Reach::Parted => {
                    user.unlink(about, hasher);
                    !self.has_met(slot, name, about)
                }
            };
            if shown && let Some(packet) = &packet {
                self.show(out, slot, packet, name, None);
            }
        }
        out.report_done(gather);
    }
}

/// Sends a user's presence to those linked with it. `presence` names no receivers yet.
pub(super) fn send_presence(
    out: &mut Out,
    domain: DomainId,
    presence: &Presence,
    links: impl IntoIterator<Item = UserKey>,
) {
    for (place, to) in out.by_place(domain, links.into_iter().map(Into::into)) {
        let presence = Presence { to, ..presence.clone() };
        out.ask_some(presence.gather, place, Mail::Presence(presence));
    }
}
