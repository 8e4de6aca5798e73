//! Questions to several places.
//!
//! Owns: what has been collected, who has not reported yet, and the deadline after which the answer goes without
//! them. Must not: know what the parts mean to users and rooms. Whoever fans a call out gathers its reports and
//! answers it; so a call is answered when all it causes has been done.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::Router;
use super::call::{Answer, JoinedRoom, MemberList, Started};
use super::ids::{CallKey, GatherKey, Place};
use super::mail::{Alarm, EnteredRoom, GatherReport, Mail, Part, Unplaced};
use super::profile::Profile;
use crate::base::slots::{Slot, UNBORN, kept};

/// What a call is answered with once all have reported.
#[derive(Debug)]
pub(super) enum Collect {
    /// `ok`.
    Done,
    /// `ok`, and the number of sessions.
    Delivered(u32),
    /// `/presences/online`. The names that are still to be linked, when there is a place for them, are by position.
    Started {
        started: Box<Started>,
        buddies: Vec<(u32, Profile)>,
        unplaced: BTreeMap<u32, Unplaced>,
        rooms: Vec<EnteredRoom>,
    },
    /// `/onlines`.
    Onlines(Vec<(u32, Profile)>),
    /// `/room/join`.
    Joined(JoinedRoom),
    /// `/room/members`.
    Members { room: Box<str>, members: Vec<(u32, Profile)> },
}

/// A call that waits for reports.
#[derive(Debug)]
pub(super) struct Gather {
    key: CallKey,
    collect: Collect,
    waiting: u32,
    /// Whether somebody asked is on another shard: only then it can take longer than this input.
    remote: bool,
    generation: NonZeroU32,
}

kept!(Gather);

impl Router {
    /// Opens a gather for a call; it must be closed when all are asked.
    pub(super) fn open(&mut self, key: CallKey, collect: Collect) -> GatherKey {
        let slot =
            self.gathers.insert(Gather { key, collect, waiting: 0, remote: false, generation: UNBORN });
        GatherKey { place: self.place, slot }
    }

    /// Sends mail that will be reported on; what is asked after the deadline, nobody waits for.
    pub(super) fn ask(&mut self, gather: GatherKey, to: Place, mail: Mail) {
        let remote = to != self.place;
        if let Some(gather) = self.gathers.get_mut(gather.slot) {
            gather.waiting += 1;
            gather.remote |= remote;
        }
        self.send(to, mail);
    }

    /// Sends mail that is reported on if there is a gather.
    pub(super) fn ask_some(&mut self, gather: Option<GatherKey>, to: Place, mail: Mail) {
        match gather {
            Some(gather) => self.ask(gather, to, mail),
            None => self.send(to, mail),
        }
    }

    /// All are asked: answers at once if nobody was.
    pub(super) fn close(&mut self, gather: GatherKey) {
        let Gather { waiting, remote, .. } = self.gathers[gather.slot];
        if waiting == 0 {
            self.finish(gather.slot, false);
        } else if remote {
            self.deadline(self.now.after(self.timeouts.gather_ms), Alarm::Gather(gather.slot));
        }
    }

    /// Tells a gather, here or elsewhere.
    pub(super) fn report(&mut self, gather: GatherKey, part: Part) {
        self.send(gather.place, Mail::Report(GatherReport { gather, part }));
    }

    /// Tells a gather, if there is one, that it is done.
    pub(super) fn report_done(&mut self, gather: Option<GatherKey>) {
        if let Some(gather) = gather {
            self.report(gather, Part::Done);
        }
    }

    /// One place has reported. Too late, it is nobody's any more.
    pub(super) fn on_report(&mut self, report: GatherReport) {
        let GatherReport { gather, part } = report;
        let Some(Gather { collect, .. }) = self.gathers.get_mut(gather.slot) else { return };
        match (part, collect) {
            (Part::Delivered(more), Collect::Delivered(sessions)) => *sessions += more,
            (
                Part::Profiles(more),
                Collect::Onlines(profiles) | Collect::Members { members: profiles, .. },
            ) => profiles.extend(more),
            // Who waits for something else only wants to know that it is done.
            (Part::Done | Part::Delivered(_) | Part::Profiles(_), _) => {}
        }
        self.reported(gather);
    }

    /// Buddies of a session that is being started. Returns whether its answer waits for them.
    pub(super) fn add_buddies(
        &mut self,
        gather: GatherKey,
        more: Vec<(u32, Profile)>,
        truncated: bool,
    ) -> bool {
        let Some(gather) = self.gathers.get_mut(gather.slot) else { return false };
        let Collect::Started { started, buddies, .. } = &mut gather.collect else {
            unreachable!("only a session that is being started waits for buddies")
        };
        buddies.extend(more);
        started.truncated |= truncated;
        true
    }

    /// Keeps names for which there is no place. Returns the first of all that were kept, as many as are `free` now. If the
    /// answer has gone without them, only the new ones are left.
    pub(super) fn place_more(
        &mut self,
        gather: GatherKey,
        more: Vec<(u32, Unplaced)>,
        free: usize,
    ) -> Vec<(u32, Unplaced)> {
        match self.gathers.get_mut(gather.slot).map(|gather| &mut gather.collect) {
            Some(Collect::Started { unplaced, .. }) => {
                unplaced.extend(more);
                std::iter::from_fn(|| unplaced.pop_first()).take(free).collect()
            }
            Some(_) => unreachable!("only a session that is being started names others"),
            None => more.into_iter().take(free).collect(),
        }
    }

    /// Rooms of a session that is being started.
    pub(super) fn add_rooms(&mut self, gather: GatherKey, more: Vec<EnteredRoom>, truncated: bool) {
        let Some(gather) = self.gathers.get_mut(gather.slot) else { return };
        if let Collect::Started { started, rooms, .. } = &mut gather.collect {
            rooms.extend(more);
            started.truncated |= truncated;
        }
    }

    /// One of those that were asked is done.
    pub(super) fn reported(&mut self, gather: GatherKey) {
        let Some(waiting) = self.gathers.get_mut(gather.slot).map(|gather| &mut gather.waiting) else {
            return;
        };
        *waiting -= 1;
        if *waiting == 0 {
            self.finish(gather.slot, false);
        }
    }

    /// The deadline has come: whoever has not reported is left out.
    pub(super) fn on_gather_alarm(&mut self, slot: Slot) {
        if self.gathers.get(slot).is_some() {
            self.counters.gathers_late_total += 1;
            self.finish(slot, true);
        }
    }

    fn finish(&mut self, slot: Slot, partial: bool) {
        let Gather { key, collect, .. } = self.gathers.remove(slot).expect("finished once");
        let answer = match collect {
            Collect::Done => Answer::Done,
            Collect::Delivered(sessions) => Answer::Delivered(sessions),
            Collect::Onlines(profiles) => Answer::Onlines(in_order(profiles)),
            Collect::Joined(joined) => Answer::Joined(joined),
            Collect::Members { room, members } => {
                Answer::Members(MemberList { room, members: in_order(members) })
            }
            Collect::Started { mut started, buddies, unplaced, mut rooms } => {
                started.truncated |= unplaced.values().any(|name| name.visible);
                rooms.sort_by_key(|room| room.position);
                started.buddies = in_order(buddies);
                started.rooms = rooms.into_iter().map(|room| (room.name, room.members)).collect();
                started.partial = partial;
                Answer::Online(started)
            }
        };
        self.answer(key, answer);
    }
}

fn in_order(mut profiles: Vec<(u32, Profile)>) -> Vec<Profile> {
    profiles.sort_by_key(|(position, _)| *position);
    profiles.into_iter().map(|(_, profile)| profile).collect()
}
