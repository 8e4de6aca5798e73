//! Rosters: which users are linked with each other.
//!
//! Owns: the links between users, kept at both ends, and the presences that follow them (protocol, "Presence"). Must
//! not: hold names that are offline; a link lasts until either end goes offline, or until it is undone.
//!
//! An `online` call names buddies. The user's owner reserves places in the roster for them and sends [`Mail::Link`] to
//! their owners. Each of these links first and shows the newcomer to its user's pages. When the answer
//! ([`Mail::Linked`]) arrives, the naming side links too and shows the buddies to its pages, except the calling page,
//! which gets them in its answer. If places become free, because other names turned out to be offline, the names that
//! had none are asked for once more. Undoing a link goes the same way (`unlink`). Mail between two places keeps its
//! order, so the last presence that a page gets is the true one.

use super::keys::AddOutcome;
use super::presence::{Departure, send_presence};
use super::tables::People;
use crate::base::slots::Slot;
use crate::router::call::Text;
use crate::router::ids::{GatherKey, Place, UserKey};
use crate::router::mail::{Buddy, Link, LinkReply, Mail, Names, Reach, Unplaced};
use crate::router::out::Out;
use crate::router::packet::{Packet, PresenceType};
use crate::router::profile::Profile;

/// An `online` call that names buddies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Naming {
    pub(super) gather: GatherKey,
    pub(super) user: Slot,
    /// The session that is being started.
    pub(super) session: Slot,
}

impl People {
    /// Links a user with the names of an `online` call.
    pub(super) fn link(&mut self, out: &mut Out, naming: Naming, buddies: Vec<Text<'_>>) {
        let placed = buddies.len().min(self.free_links(naming.user));
        self.user_mut(naming.user).reserve_links(placed);
        let names = People::names_by_place(out, self.user(naming.user).domain(), buddies);
        self.ask_to_link(out, naming, names, |position| (position as usize) < placed);
    }

    /// Asks the owners of these names to link them. For those at the positions that are `placed`, which come first at
    /// each place, a place in the roster is reserved.
    fn ask_to_link(
        &self,
        out: &mut Out,
        naming: Naming,
        names: Vec<(Place, Names)>,
        placed: impl Fn(u32) -> bool,
    ) {
        let Naming { gather, user, session } = naming;
        let owner = self.user(user);
        let (domain, profile, changes) = (owner.domain(), owner.profile(), owner.changes());
        let announce = profile.visible().then(|| Packet::presence(PresenceType::Online, profile));
        for (place, names) in names {
            let reserved = names.iter().take_while(|(position, _)| placed(*position)).count();
            let link = Link {
                gather,
                domain,
                user: self.directory().user_key(user),
                session,
                profile: profile.clone(),
                changes,
                announce: announce.clone(),
                reserved,
                names,
            };
            out.ask(gather, place, Mail::Link(Box::new(link)));
        }
    }

    /// Links a user with names that had no place when they were asked for: as many as there are places for now.
    fn link_unplaced(&mut self, out: &mut Out, naming: Naming, unplaced: Vec<(u32, Unplaced)>) {
        let placed = out.place_more(naming.gather, unplaced, self.free_links(naming.user));
        if placed.is_empty() {
            return;
        }
        let domain = self.user(naming.user).domain();
        self.user_mut(naming.user).reserve_links(placed.len());
        let names = placed.into_iter().map(|(position, Unplaced { name, .. })| (position, name));
        let names = out.by_owner(domain, names);
        self.ask_to_link(out, naming, names, |_| true);
    }

    /// Places in a user's roster that are neither taken nor kept.
    fn free_links(&self, user: Slot) -> usize {
        self.user(user).free_links(self.limits().roster_links)
    }

    /// Adds a link at one end, if there is a place for it.
    fn add_link(&mut self, user: Slot, other: UserKey) -> AddOutcome {
        let most = self.limits().roster_links;
        let (owner, hasher) = self.user_with_hasher(user).expect("it is online");
        owner.link(other, most, hasher)
    }

    /// Handles [`Mail::Link`]: links users of this place with the one who named them.
    pub(in crate::router) fn on_link(&mut self, out: &mut Out, link: Link) {
        let Link { gather, domain, user, session, profile, changes, announce, reserved, names } = link;
        let from = self.directory().places().hash(domain, profile.name());
        out.charge_mail(domain, user.place, names.len());
        let (mut buddies, mut unplaced) = (Vec::new(), Vec::new());
        for (at, (position, name)) in names.into_iter().enumerate() {
            let Some(buddy) = self.find(domain, &name) else { continue };
            // Skip a buddy that is being unlinked from the naming user. That user's owner gets the unlink before our
            // answer, so the link would remain at one end only.
            if self.unlinking().is_parting(&(buddy, from, user.place)) {
                continue;
            }
            let linked = if at < reserved {
                self.add_link(buddy, user)
            } else if self.user(buddy).is_linked(user, self.directory().places().hasher()) {
                AddOutcome::Known
            } else if self.free_links(buddy) > 0 {
                let visible = self.user(buddy).profile().visible();
                unplaced.push((position, Unplaced { name, visible }));
                continue;
            } else {
                AddOutcome::Full
            };
            if linked == AddOutcome::New
                && let Some(packet) = &announce
            {
                if out.is_settling() {
                    self.note_met(buddy, from, user);
                }
                self.show(out, buddy, packet, from, None);
            }
            let profile = self.user(buddy).profile().clone();
            let linked = linked != AddOutcome::Full;
            buddies.push(Buddy { position, key: self.directory().user_key(buddy), profile, linked });
        }
        let reply = LinkReply {
            gather,
            domain,
            user,
            session,
            asked_as: profile,
            changes,
            reserved,
            missing: false,
            more: false,
            buddies,
            unplaced,
        };
        out.send(user.place, Mail::Linked(Box::new(reply)));
    }

    /// Handles the answer to [`Mail::Link`]: makes the links at this end, and shows the buddies.
    pub(in crate::router) fn on_linked(&mut self, out: &mut Out, reply: LinkReply) {
        if reply.missing {
            out.miss(reply.gather);
        }
        let (gather, more) = (reply.gather, reply.more);
        if self.get(reply.user.slot).is_none() {
            self.unlink_gone(out, &reply);
        } else {
            self.take_linked(out, reply);
        }
        if !more {
            out.reported(gather);
        }
    }

    fn take_linked(&mut self, out: &mut Out, reply: LinkReply) {
        let LinkReply {
            gather, domain, user, session, asked_as, changes, reserved, buddies, unplaced, ..
        } = reply;
        let linked = buddies.iter().filter(|buddy| buddy.linked).count();
        self.user_mut(user.slot).expect_links(reserved, linked);
        let truncated = buddies.iter().any(|buddy| !buddy.linked && buddy.profile.visible());
        let mut met = Vec::with_capacity(buddies.len());
        for buddy in buddies.into_iter().filter(|buddy| buddy.linked) {
            let added = self.add_link(user.slot, buddy.key);
            debug_assert_ne!(added, AddOutcome::Full, "a place was kept for every link that was made");
            if buddy.profile.visible() && out.is_settling() {
                let name = self.directory().places().hash(domain, buddy.profile.name());
                self.note_met(user.slot, name, buddy.key);
            }
            met.push((buddy, added == AddOutcome::New));
        }
        if self.user(user.slot).changes() != changes {
            self.catch_up(out, user.slot, &asked_as, &met);
        }
        met.retain(|(buddy, _)| buddy.profile.visible());
        let answered = met.iter().map(|(buddy, _)| (buddy.position, buddy.profile.clone())).collect();
        let answers = out.add_buddies(gather, answered, truncated);
        let naming = Naming { gather, user: user.slot, session };
        self.meet(out, naming, answers, &met);
        self.link_unplaced(out, naming, unplaced);
    }

    /// Sends what a user shows to those linked just now, if that was changed while they were asked. It may be what it
    /// was then: of the changes in between some may have reached them, by a link that was undone meanwhile.
    fn catch_up(&self, out: &mut Out, user: Slot, asked_as: &Profile, met: &[(Buddy, bool)]) {
        let profile = self.user(user).profile();
        let (packet, reach) = if profile.visible() {
            let kind = if asked_as.visible() { PresenceType::Show } else { PresenceType::Online };
            (Packet::presence(kind, profile), Reach::Linked)
        } else {
            (Packet::offline(profile), Reach::Met)
        };
        let presence = self.presence_of(user, packet, reach);
        let domain = self.user(user).domain();
        send_presence(out, domain, &presence, met.iter().map(|(buddy, _)| buddy.key));
    }

    /// Sends presences of the buddies just linked. The user's other pages get the new ones. The calling page gets a
    /// buddy only if its answer lacks it (`answered` is false), or if an older presence of it is queued: the page reads
    /// the queue after the answer. If no page asked, these buddies were lost: the pages get all of them, for they may have
    /// been shown since what the lost ones said late.
    fn meet(&mut self, out: &mut Out, naming: Naming, answered: bool, met: &[(Buddy, bool)]) {
        let Naming { user, session, .. } = naming;
        let domain = self.user(user).domain();
        let were_lost = session == Slot::NOWHERE;
        for (Buddy { profile, .. }, is_new) in met {
            let name = self.directory().places().hash(domain, profile.name());
            let page = self.get_session(session);
            let is_shown = page.is_some_and(|page| !answered || page.queue().presence_waits(name));
            let is_news = *is_new || were_lost;
            if !is_news && !is_shown {
                continue;
            }
            let packet = Packet::presence(PresenceType::Online, profile);
            if is_news {
                self.show(out, user, &packet, name, Some(session));
            }
            if is_shown && self.get_session(session).is_some() {
                self.show_to(out, session, packet, name);
            }
        }
    }

    /// Undoes links to a user who went offline before the answer arrived: nobody has sent the departure to these
    /// buddies.
    fn unlink_gone(&self, out: &mut Out, reply: &LinkReply) {
        let LinkReply { domain, user, ref asked_as, ref buddies, .. } = *reply;
        let links = || buddies.iter().filter(|buddy| buddy.linked).map(|buddy| buddy.key);
        self.part_links(out, Departure { gather: None, user, domain, profile: asked_as }, links());
        if let Some(back) = self.find(domain, asked_as.name()) {
            // The user is online again already, and these buddies got that presence before this departure.
            let profile = self.user(back).profile();
            if profile.visible() {
                let packet = Packet::presence(PresenceType::Online, profile);
                let presence = self.presence_of(back, packet, Reach::Linked);
                send_presence(out, domain, &presence, links());
            }
        }
    }
}
