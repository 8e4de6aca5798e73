//! The rooms that users of this place are in.
//!
//! Owns: the list of rooms of each user, and the calls that change it. Must not: hold members; the rooms' owners do,
//! and are sent mail. Membership belongs to the user and ends when the user leaves or goes offline.

use super::keys::AddOutcome;
use super::tables::People;
use super::user::User;
use crate::base::slots::Slot;
use crate::router::call::{Answer, Caller, MembersQuery, Refusal, RoomCall, Subject, Text};
use crate::router::ids::{GatherKey, Place};
use crate::router::mail::{
    EnteredRoom, Entering, EntryReply, Mail, MembersRequest, Part, RoomEntry, RoomExit, RoomJoin, RoomLeave,
    RoomLeft, RoomReveal,
};
use crate::router::out::Out;
use crate::router::packet::{Packet, PresenceType};

impl People {
    /// Enters a user into the rooms that an `online` call names: asks their owners.
    pub(super) fn enter(&self, out: &mut Out, user: Slot, rooms: Vec<Text<'_>>, gather: GatherKey) {
        let owner = self.user(user);
        let (domain, sight, user) = (owner.domain(), owner.sight(), self.directory().user_key(user));
        for (place, rooms) in People::names_by_place(out, domain, rooms) {
            let profile = owner.profile().clone();
            out.ask(gather, place, Mail::Enter(RoomEntry { gather, domain, user, sight, profile, rooms }));
        }
    }

    /// Notes rooms that have taken a user of this place as a member. Rooms beyond the limit are left again.
    pub(in crate::router) fn on_entered(&mut self, out: &mut Out, reply: EntryReply) {
        let EntryReply { by, domain, user, sight, more, rooms } = reply;
        let (kept, refused) = self.note_rooms(user.slot, rooms);
        let keys = |rooms: &[EnteredRoom]| -> Vec<(Place, Slot)> {
            rooms.iter().map(|room| room.key.into()).collect()
        };
        let truncated = !refused.is_empty();
        let now = self.get(user.slot).map(User::sight);
        let online = now.is_some();
        for (place, rooms) in out.by_place(domain, keys(&refused)) {
            out.send(place, Mail::Exit(RoomExit { gather: None, user, online, farewell: None, rooms }));
        }
        if let Some(now) = now {
            // If the user changed what it shows while the rooms were asked, it may have sent them that or not.
            let unseen: Vec<EnteredRoom> =
                kept.iter().filter(|room| room.unseen || now != sight).cloned().collect();
            let news = now.visible || sight.visible;
            self.reveal(out, user.slot, keys(&unseen), news, None);
        }
        match by {
            Entering::Online(gather) => {
                out.add_rooms(gather, kept, truncated);
                if !more {
                    out.reported(gather);
                }
            }
            Entering::Join(gather) => out.report(gather, joined(truncated, online)),
        }
    }

    /// Sends rooms what they are to note of a user from now on. With `news` those who watch them are shown it.
    pub(super) fn reveal(
        &self,
        out: &mut Out,
        user: Slot,
        rooms: impl IntoIterator<Item = (Place, Slot)>,
        news: bool,
        gather: Option<GatherKey>,
    ) {
        let owner = self.user(user);
        let (sight, user) = (owner.sight(), self.directory().user_key(user));
        for (place, rooms) in out.by_place(owner.domain(), rooms) {
            let news = news.then(|| owner.profile().clone());
            out.ask_some(gather, place, Mail::Reveal(RoomReveal { gather, user, sight, news, rooms }));
        }
    }

    /// The same for all rooms of a user.
    pub(super) fn reveal_everywhere(&self, out: &mut Out, user: Slot, news: bool, gather: GatherKey) {
        let rooms: Vec<(Place, Slot)> = self.user(user).rooms().map(Into::into).collect();
        self.reveal(out, user, rooms, news, Some(gather));
    }

    /// Notes the rooms a user is in, as many as the limit allows; all others the user must leave again.
    fn note_rooms(&mut self, user: Slot, rooms: Vec<EnteredRoom>) -> (Vec<EnteredRoom>, Vec<EnteredRoom>) {
        let rooms_max = self.limits().rooms_per_user;
        let Some((owner, hasher)) = self.user_with_hasher(user) else { return (Vec::new(), rooms) };
        owner.expect_rooms(rooms.len(), rooms_max);
        rooms.into_iter().partition(|room| owner.add_room(room.key, rooms_max, hasher) != AddOutcome::Full)
    }

    /// `/room/join`.
    pub(in crate::router) fn join(&self, out: &mut Out, caller: Caller, call: &RoomCall<'_>) {
        let Caller { key, domain, .. } = caller;
        let Some((slot, _)) = self.find_subject(domain, &call.subject) else {
            return out.refuse(key, Refusal::NoClient);
        };
        let owner = self.user(slot);
        let full = owner.has_rooms(self.limits().rooms_per_user);
        let (sight, packet) = (owner.sight(), room_presence(PresenceType::Join, owner, call));
        let user = self.directory().user_key(slot);
        let profile = owner.profile().clone();
        let join = RoomJoin { key, domain, user, sight, profile, full, room: (*call.room).into(), packet };
        out.send(out.owner_of(domain, &call.room), Mail::Join(join));
    }

    /// `/room/leave`.
    pub(in crate::router) fn leave(&self, out: &mut Out, caller: Caller, call: &RoomCall<'_>) {
        let Caller { key, domain, .. } = caller;
        match (self.find_subject(domain, &call.subject), &call.subject) {
            (Some((slot, _)), _) => {
                let owner = self.user(slot);
                let packet = room_presence(PresenceType::Leave, owner, call);
                let (visible, user) = (owner.profile().visible(), self.directory().user_key(slot));
                let leave = RoomLeave { key, domain, user, visible, room: (*call.room).into(), packet };
                out.send(out.owner_of(domain, &call.room), Mail::Leave(leave));
            }
            (None, Subject::Ticket(_)) => out.refuse(key, Refusal::NoClient),
            // A user who is offline is in no room: that is what was asked for.
            (None, Subject::Name(_)) => out.answer(key, Answer::Done),
        }
    }

    /// Forgets a room that a user of this place has left.
    pub(in crate::router) fn on_left(&mut self, out: &mut Out, left: &RoomLeft) {
        if let Some((user, hasher)) = self.user_with_hasher(left.user.slot) {
            user.remove_room(left.room, hasher);
        }
        out.report_done(left.gather);
    }

    /// `/room/members`.
    pub(in crate::router) fn members(&self, out: &mut Out, caller: Caller, query: &MembersQuery<'_>) {
        let Caller { key, domain, .. } = caller;
        match self.find_viewer(domain, query.ticket.as_ref()) {
            Ok(viewer) => {
                let request = MembersRequest { key, domain, room: (*query.room).into(), viewer };
                out.send(out.owner_of(domain, &query.room), Mail::Members(request));
            }
            Err(refusal) => out.refuse(key, refusal),
        }
    }
}

/// What the owner of a joined room hears.
fn joined(is_refused: bool, is_online: bool) -> Part {
    match (is_refused, is_online) {
        (false, _) => Part::Done,
        (true, true) => Part::Refused(Refusal::TooManyRooms),
        (true, false) => Part::Refused(Refusal::NoClient),
    }
}

fn room_presence(kind: PresenceType, user: &User, call: &RoomCall<'_>) -> Packet {
    let nick = call.nick.as_deref().unwrap_or(user.profile().nick());
    Packet::room_presence(kind, user.profile(), nick, &call.room)
}
