//! Calls that wait for reports of several places.
//!
//! Owns: what has been collected for each, how many reports are missing, and the answer that is made of them. Must not:
//! send mail; [`Out`](super::out::Out) does.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::call::{Answer, JoinedRoom, MemberList, OnlineUsers, Receivers, Refusal, Started};
use super::ids::CallKey;
use super::mail::{CallAnswer, EnteredRoom, Part, Unplaced};
use super::profile::Profile;
use crate::base::slots::{Slot, Slots, UNBORN, kept};

/// What a call is answered with once all places have reported.
#[derive(Debug)]
pub(super) enum Collection {
    /// `ok`.
    Done,
    /// `ok`, and the numbers of sessions.
    Delivered(Receivers),
    /// `/presences/online`.
    Started(StartedCollection),
    /// `/onlines`.
    Onlines(Vec<(u32, Profile)>),
    /// `/room/join`.
    Joined(JoinedRoom),
    /// `/room/members`.
    Members { room: Box<str>, members: Vec<(u32, Profile)> },
    /// Any of these, once a place has refused it.
    Refused(Refusal),
}

/// What is collected for a session that is being started.
#[derive(Debug)]
pub(super) struct StartedCollection {
    started: Box<Started>,
    buddies: Vec<(u32, Profile)>,
    /// Names that are still to be linked, when there is a place for them, by their positions.
    unplaced: BTreeMap<u32, Unplaced>,
    rooms: Vec<EnteredRoom>,
}

impl StartedCollection {
    pub(super) fn new(started: Started) -> StartedCollection {
        StartedCollection {
            started: Box::new(started),
            buddies: Vec::new(),
            unplaced: BTreeMap::new(),
            rooms: Vec::new(),
        }
    }

    fn into_answer(self, partial: bool) -> Answer {
        let StartedCollection { mut started, buddies, unplaced, mut rooms } = self;
        started.truncated |= unplaced.values().any(|name| name.visible);
        rooms.sort_by_key(|room| room.position);
        started.buddies = in_order(buddies);
        started.rooms = rooms.into_iter().map(|room| (room.name, room.members)).collect();
        started.partial = partial;
        Answer::Online(started)
    }
}

/// A call that waits for reports.
#[derive(Debug)]
struct Gather {
    key: CallKey,
    collection: Collection,
    /// Reports that are missing.
    waiting: u32,
    /// Whether a place that was asked is another shard: only then it can take longer than this input.
    remote: bool,
    /// Whether a place that was asked could not be reached.
    missing: bool,
    generation: NonZeroU32,
}

kept!(Gather);

/// What holds up an answer, once all places have been asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MissingReports {
    /// Nothing: no report is missing.
    Nothing,
    /// Mail to this very place, which is handled with the same input.
    Here,
    /// Another place, which may be late.
    Elsewhere,
}

/// All calls that wait for reports.
#[derive(Debug, Default)]
pub(super) struct Gathers(Slots<Gather>);

impl Gathers {
    pub(super) fn open(&mut self, key: CallKey, collection: Collection) -> Slot {
        self.0.insert(Gather {
            key,
            collection,
            waiting: 0,
            remote: false,
            missing: false,
            generation: UNBORN,
        })
    }

    /// Expects one more report, unless the gather has been answered.
    pub(super) fn expect(&mut self, slot: Slot, remote: bool) {
        if let Some(gather) = self.0.get_mut(slot) {
            gather.waiting += 1;
            gather.remote |= remote;
        }
    }

    /// What the gather waits for, which must be open.
    pub(super) fn pending(&self, slot: Slot) -> MissingReports {
        let Gather { waiting, remote, .. } = self.0[slot];
        match (waiting, remote) {
            (0, _) => MissingReports::Nothing,
            (_, false) => MissingReports::Here,
            (_, true) => MissingReports::Elsewhere,
        }
    }

    /// Adds what a place has reported. A report that comes too late changes nothing.
    pub(super) fn add(&mut self, slot: Slot, part: Part) {
        let Some(Gather { collection, missing, .. }) = self.0.get_mut(slot) else { return };
        *missing |= matches!(part, Part::Missing);
        match (part, collection) {
            (Part::Delivered(more), Collection::Delivered(receivers)) => receivers.add_all(more),
            (
                Part::Profiles(more),
                Collection::Onlines(profiles) | Collection::Members { members: profiles, .. },
            ) => profiles.extend(more),
            (Part::Refused(refusal), collection) => *collection = Collection::Refused(refusal),
            // Of other calls only the end of it matters.
            (Part::Done | Part::Missing | Part::Delivered(_) | Part::Profiles(_), _) => {}
        }
    }

    fn started_mut(&mut self, slot: Slot) -> Option<&mut StartedCollection> {
        match &mut self.0.get_mut(slot)?.collection {
            Collection::Started(collection) => Some(collection),
            Collection::Done
            | Collection::Delivered(_)
            | Collection::Onlines(_)
            | Collection::Joined(_)
            | Collection::Members { .. }
            | Collection::Refused(_) => unreachable!("only a starting session names others and rooms"),
        }
    }

    /// Adds buddies of a session that is being started. Returns whether its answer waits for them.
    pub(super) fn add_buddies(&mut self, slot: Slot, more: Vec<(u32, Profile)>, truncated: bool) -> bool {
        let Some(collection) = self.started_mut(slot) else { return false };
        collection.buddies.extend(more);
        collection.started.truncated |= truncated;
        true
    }

    /// Adds rooms of a session that is being started.
    pub(super) fn add_rooms(&mut self, slot: Slot, more: Vec<EnteredRoom>, truncated: bool) {
        let Some(collection) = self.started_mut(slot) else { return };
        collection.rooms.extend(more);
        collection.started.truncated |= truncated;
    }

    /// Keeps names for which there is no place. Takes out the first of all that were kept, as many as are `free` now.
    /// If the answer has gone without them, only the new ones are left.
    pub(super) fn place_more(
        &mut self,
        slot: Slot,
        more: Vec<(u32, Unplaced)>,
        free: usize,
    ) -> Vec<(u32, Unplaced)> {
        let Some(collection) = self.started_mut(slot) else { return more.into_iter().take(free).collect() };
        collection.unplaced.extend(more);
        std::iter::from_fn(|| collection.unplaced.pop_first()).take(free).collect()
    }

    /// One report has come. Returns the answer, if it was the last.
    pub(super) fn report(&mut self, slot: Slot) -> Option<CallAnswer> {
        let gather = self.0.get_mut(slot)?;
        gather.waiting -= 1;
        if gather.waiting == 0 { self.finish(slot, false) } else { None }
    }

    /// Ends a gather, if it is open. Returns the answer, which is `partial` if reports are missing.
    pub(super) fn finish(&mut self, slot: Slot, partial: bool) -> Option<CallAnswer> {
        let Gather { key, collection, missing, .. } = self.0.remove(slot)?;
        let partial = partial || missing;
        let answer = match collection {
            Collection::Done => Answer::Done,
            Collection::Delivered(receivers) => {
                Answer::Delivered(Receivers { partial: partial || receivers.partial, ..receivers })
            }
            Collection::Onlines(profiles) => {
                Answer::Onlines(OnlineUsers { users: in_order(profiles), partial })
            }
            Collection::Joined(joined) => Answer::Joined(joined),
            Collection::Members { room, members } => {
                Answer::Members(MemberList { room, members: in_order(members), partial })
            }
            Collection::Started(collection) => collection.into_answer(partial),
            Collection::Refused(refusal) => Answer::Refused(refusal),
        };
        Some(CallAnswer { key, answer })
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Gathers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn in_order(mut profiles: Vec<(u32, Profile)>) -> Vec<Profile> {
    profiles.sort_by_key(|(position, _)| *position);
    profiles.into_iter().map(|(_, profile)| profile).collect()
}
