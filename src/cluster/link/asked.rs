//! Questions of shards here to the other node.
//!
//! Owns: what waits for each answer, and what it hears if there is none. Must not: send anything.

use std::collections::HashMap;

use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::call::{Answer, MemberList, Receivers, Refusal};
use crate::router::ids::{BroadcastKey, CallKey, GatherKey, Place, UserKey};
use crate::router::mail::{
    CallAnswer, GatherReport, LinkReply, Mail, Moved, Names, Part, Reached, Relink, RelinkTo, Sight,
    UnlinkReply,
};
use crate::router::profile::Profile;

/// What waits for the answer to a question.
#[derive(Debug)]
pub(crate) enum Asked {
    /// A call, or the owner of a room.
    Call(CallKey),
    /// `/room/members`.
    Members(CallKey, Box<str>),
    /// A message or signal.
    Message(CallKey),
    /// A typing state.
    Status(CallKey),
    /// A delivery.
    Delivery(GatherKey),
    /// A broadcast.
    Broadcast(BroadcastKey),
    /// A user who named others.
    Link(Box<LinkAsked>),
    /// A user who unlinks others.
    Unlink {
        gather: GatherKey,
        user: UserKey,
        /// The place of the link.
        by: Place,
        names: Vec<u64>,
        /// Which of them are answered.
        answered: Vec<bool>,
    },
    /// A user who enters rooms.
    Enter { gather: GatherKey, domain: DomainId, user: UserKey, sight: Sight, rooms: Names },
    /// A user who moves: what waits for it goes back if it was not taken.
    Moved(Box<Moved>),
    /// A gather that needs no more than the end of it.
    Done(GatherKey),
    /// A gather that collects.
    Share(GatherKey),
}

/// A user who named others.
#[derive(Debug)]
pub(crate) struct LinkAsked {
    pub(crate) gather: GatherKey,
    pub(crate) domain: DomainId,
    pub(crate) user: UserKey,
    pub(crate) session: Slot,
    pub(crate) asked_as: Profile,
    pub(crate) changes: u16,
    pub(crate) reserved: usize,
    /// The names, for another try.
    pub(crate) names: Vec<Box<str>>,
}

impl LinkAsked {
    /// The mail that asks for the names once more.
    pub(crate) fn again(&self) -> (Place, Mail) {
        let users = vec![(self.user.slot, self.names.clone())];
        (self.user.place, Mail::Relink(Relink { domain: self.domain, to: RelinkTo::Users, users }))
    }

    /// The answer, with nobody in it yet.
    pub(crate) fn reply(&self) -> LinkReply {
        let LinkAsked { gather, domain, user, session, ref asked_as, changes, reserved, .. } = *self;
        let asked_as = asked_as.clone();
        let (buddies, unplaced) = (Vec::new(), Vec::new());
        LinkReply {
            gather,
            domain,
            user,
            session,
            asked_as,
            changes,
            reserved,
            missing: false,
            more: false,
            buddies,
            unplaced,
        }
    }
}

impl Asked {
    /// What the one who waits hears if there is no answer, and where.
    pub(crate) fn unanswered(self, refusal: Refusal) -> (Place, Mail) {
        let nobody = Receivers { partial: true, ..Receivers::default() };
        match self {
            Asked::Call(key) => answer(key, Answer::Refused(refusal)),
            Asked::Members(key, room) => {
                answer(key, Answer::Members(MemberList { room, members: Vec::new(), partial: true }))
            }
            // The site keeps what nobody has.
            Asked::Message(key) => answer(key, Answer::Delivered(nobody)),
            Asked::Status(key) => answer(key, Answer::Done),
            Asked::Delivery(gather) => report(gather, Part::Delivered(nobody)),
            Asked::Broadcast(key) => (key.place, Mail::Reached(Reached { key, receivers: nobody })),
            Asked::Link(asked) => {
                let reply = LinkReply { missing: true, ..asked.reply() };
                (asked.user.place, Mail::Linked(Box::new(reply)))
            }
            Asked::Unlink { gather, user, by, names, answered } => {
                let left = names.into_iter().zip(answered).filter(|(_, answered)| !answered);
                let names = left.map(|(name, _)| name).collect();
                (
                    user.place,
                    Mail::Unlinked(UnlinkReply { gather, user, by, names, more: false, parted: Vec::new() }),
                )
            }
            Asked::Enter { gather, .. } | Asked::Share(gather) => report(gather, Part::Missing),
            Asked::Moved(moved) => (moved.gather.place, Mail::Stranded(moved)),
            Asked::Done(gather) => report(gather, Part::Done),
        }
    }
}

/// The answer to a call, and where it goes.
pub(crate) fn answer(key: CallKey, answer: Answer) -> (Place, Mail) {
    (key.place, Mail::Answer(CallAnswer { key, answer }))
}

/// The share of an answer, and where it goes.
pub(crate) fn report(gather: GatherKey, part: Part) -> (Place, Mail) {
    (gather.place, Mail::Report(GatherReport { gather, part }))
}

/// All questions that wait for an answer.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    /// By the numbers of their requests.
    asked: HashMap<u32, Asked>,
    last: u32,
}

impl Questions {
    /// Notes a question. Returns the number of its request.
    pub(crate) fn ask(&mut self, asked: Asked) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1).max(1);
            if !self.asked.contains_key(&self.last) {
                self.asked.insert(self.last, asked);
                return self.last;
            }
        }
    }

    /// The question of a request, which is answered now.
    pub(crate) fn take(&mut self, request: u32) -> Option<Asked> {
        self.asked.remove(&request)
    }

    /// The question of a request, which is answered in part.
    pub(crate) fn get_mut(&mut self, request: u32) -> Option<&mut Asked> {
        self.asked.get_mut(&request)
    }

    /// All of them; there will be no answer.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Asked> + use<> {
        let mut all: Vec<(u32, Asked)> = self.asked.drain().collect();
        all.sort_unstable_by_key(|(request, _)| *request);
        all.into_iter().map(|(_, asked)| asked)
    }

    pub(crate) fn len(&self) -> usize {
        self.asked.len()
    }
}
