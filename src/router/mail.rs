//! What travels between routers, and what a router asks of the shard around it.
//!
//! Owns: the types. Must not: act. Mail arrives in the order it was sent, per pair of places, however late.

use super::call::{Answer, Call};
use super::ids::{CallKey, GatherKey, Place, RoomKey, SessionKey, UserKey};
use super::packet::Packet;
use super::profile::Profile;
pub use super::unlinking::HashedName;
use crate::base::admission::Claim;
use crate::base::clock::Tick;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;

/// Names one place owns, each with its position in the list it was taken from.
pub type Names = Vec<(u32, Box<str>)>;

/// What a router is told.
#[derive(Debug)]
pub enum Input<'a> {
    /// A request was read.
    Call {
        /// Where its answer goes.
        key: CallKey,
        /// What is asked.
        call: Call<'a>,
    },
    /// Mail of another place arrived.
    Mail(Mail),
    /// The connection of a parked poll was closed by the browser.
    Cut {
        /// The session that polled.
        session: SessionKey,
        /// The poll.
        key: CallKey,
    },
    /// The answer of a poll was flushed to the last byte, or never will be.
    Fate {
        /// The session that polled.
        session: SessionKey,
        /// The poll.
        key: CallKey,
        /// Whether the kernel took the last byte.
        flushed: bool,
    },
    /// A deadline has come.
    Alarm(Alarm),
    /// The domains were configured anew.
    Domains(std::sync::Arc<crate::base::domains::Domains>),
    /// The server is going down: answer what is parked, take nothing new.
    Drain,
    /// The server has gone down: nobody will ask for anything any more.
    End,
}

/// What a router wants done.
#[derive(Debug)]
pub enum Effect {
    /// Answer a request of this shard.
    Answer {
        /// Which.
        key: CallKey,
        /// With what.
        answer: Answer,
    },
    /// Send mail to another place.
    Mail {
        /// Where to; never the router's own place.
        to: Place,
        /// What.
        mail: Mail,
    },
    /// Wake the router, with [`Input::Alarm`], at `at` or soon after.
    Deadline {
        /// When.
        at: Tick,
        /// For whom.
        alarm: Alarm,
    },
    /// Close the connection of this poll, unless its answer was flushed; either way its fate is told.
    Close {
        /// Which.
        key: CallKey,
    },
    /// Give messages back to their site: their receiver has gone offline without having got them.
    Undelivered {
        /// Whose site.
        domain: DomainId,
        /// They, in their order.
        messages: Vec<Returned>,
    },
}

/// A message that goes back to its site.
#[derive(Debug)]
pub struct Returned {
    /// It, as it was queued.
    pub packet: Packet,
    /// Its place on the way, which is given back when it has arrived or is lost.
    pub claim: Claim,
}

/// Whose deadline it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A session's: its poll was held long enough, or it was silent too long.
    Session(Slot),
    /// A user's: he lingered long enough.
    User(Slot),
    /// A gather's: who has not reported is left out.
    Gather(Slot),
    /// The drain's: more of what is parked is to be answered.
    Drain,
}

/// What one router tells another.
#[derive(Debug)]
pub enum Mail {
    /// A call, to the place that can judge it.
    Call {
        /// Where its answer goes.
        key: CallKey,
        /// What is asked.
        call: Call<'static>,
    },
    /// The answer, to the place that accepted the call.
    Answer {
        /// Which call.
        key: CallKey,
        /// With what.
        answer: Answer,
    },
    /// See [`Input::Cut`].
    Cut {
        /// The session that polled.
        session: SessionKey,
        /// The poll.
        key: CallKey,
    },
    /// See [`Input::Fate`].
    Fate {
        /// The session that polled.
        session: SessionKey,
        /// The poll.
        key: CallKey,
        /// Whether the kernel took the last byte.
        flushed: bool,
    },
    /// See [`Effect::Close`].
    Close {
        /// Which.
        key: CallKey,
    },
    /// A message or status for one user, to the place that owns the name.
    Unicast {
        /// The call to answer.
        key: CallKey,
        /// In which world.
        domain: DomainId,
        /// The receiver.
        to: Box<str>,
        /// What he receives.
        packet: Packet,
    },
    /// A message for a room, to the place that owns it.
    Multicast {
        /// The call to answer.
        key: CallKey,
        /// In which world.
        domain: DomainId,
        /// The room.
        room: Box<str>,
        /// What its members receive.
        packet: Packet,
        /// Who sent it, if he is online: he does not receive it.
        sender: Option<UserKey>,
    },
    /// A packet for these users of the place.
    Deliver {
        /// Who waits for the count.
        gather: GatherKey,
        /// What they receive.
        packet: Packet,
        /// They.
        to: Vec<Slot>,
    },
    /// A message for everybody of the domain at the place.
    Broadcast {
        /// Who waits for the count.
        gather: GatherKey,
        /// In which world.
        domain: DomainId,
        /// What they receive.
        packet: Packet,
        /// Who sent it, if he is online: he does not receive it.
        sender: Option<UserKey>,
    },
    /// See [`Link`].
    Link(Box<Link>),
    /// See [`Linked`].
    Linked(Box<Linked>),
    /// See [`Presence`].
    Presence(Presence),
    /// See [`Unlink`].
    Unlink(Box<Unlink>),
    /// See [`Unlinked`].
    Unlinked(Unlinked),
    /// A user is in these rooms of the place, says his site.
    Enter {
        /// Who waits for [`Mail::Entered`].
        gather: GatherKey,
        /// In which world.
        domain: DomainId,
        /// He.
        user: UserKey,
        /// Whether others saw him when he asked.
        sight: Sight,
        /// The rooms, with the position in his list.
        rooms: Names,
    },
    /// The rooms he is in now.
    Entered {
        /// Who waits; nobody after `/room/join`, which the room's owner answers.
        gather: Option<GatherKey>,
        /// In which world.
        domain: DomainId,
        /// He.
        user: UserKey,
        /// Whether others saw him when he asked.
        sight: Sight,
        /// They.
        rooms: Vec<Entered>,
    },
    /// `/room/join`, to the place that owns the room.
    Join {
        /// The call to answer.
        key: CallKey,
        /// In which world.
        domain: DomainId,
        /// Who joins.
        user: UserKey,
        /// Whether others saw him when he asked.
        sight: Sight,
        /// Whether he is in as many rooms as he may be.
        full: bool,
        /// The room.
        room: Box<str>,
        /// What its other members receive if this changes something.
        packet: Packet,
    },
    /// `/room/leave`, to the place that owns the room.
    Leave {
        /// The call to answer.
        key: CallKey,
        /// In which world.
        domain: DomainId,
        /// Who leaves.
        user: UserKey,
        /// Whether others see him.
        visible: bool,
        /// The room.
        room: Box<str>,
        /// What its other members receive if this changes something.
        packet: Packet,
    },
    /// He is no member any more.
    Left {
        /// He.
        user: UserKey,
        /// The room.
        room: RoomKey,
    },
    /// A user is gone from these rooms of the place, silently.
    Exit {
        /// Who waits.
        gather: Option<GatherKey>,
        /// He.
        user: UserKey,
        /// Whether he is still online: then he is told that he [`Mail::Left`].
        online: bool,
        /// The rooms.
        rooms: Vec<Slot>,
    },
    /// Members of these rooms begin or cease to see a user.
    Reveal {
        /// Who waits.
        gather: Option<GatherKey>,
        /// He.
        user: UserKey,
        /// Whether they see him now.
        visible: bool,
        /// The rooms.
        rooms: Vec<Slot>,
    },
    /// `/room/members`, to the place that owns the room.
    Members {
        /// The call to answer.
        key: CallKey,
        /// In which world.
        domain: DomainId,
        /// The room.
        room: Box<str>,
        /// Who asks.
        viewer: Option<UserKey>,
    },
    /// Which of these names are online?
    Ask {
        /// Who waits.
        gather: GatherKey,
        /// In which world.
        domain: DomainId,
        /// Who asks.
        viewer: Option<UserKey>,
        /// The names, with the position in the list.
        names: Names,
    },
    /// What do these users show?
    Describe {
        /// Who waits.
        gather: GatherKey,
        /// They.
        users: Vec<Slot>,
    },
    /// What one place has to say to a gather.
    Report {
        /// Who waits.
        gather: GatherKey,
        /// What.
        part: Part,
    },
}

/// A user named these: link it with those of them that are online.
#[derive(Debug)]
pub struct Link {
    /// What waits for [`Linked`].
    pub gather: GatherKey,
    /// In which world.
    pub domain: DomainId,
    /// The user.
    pub user: UserKey,
    /// The session that is being started, whose call named them.
    pub session: Slot,
    /// What the user shows now.
    pub profile: Profile,
    /// The user's coming, for the pages of those that it was not linked with; `None` if it is invisible.
    pub announce: Option<Packet>,
    /// For this many of the names, the first ones, a place is kept in the user's roster; the others get no new link, and
    /// are [`Linked::unplaced`] if they are online.
    pub reserved: usize,
    /// The names, with the position in the list.
    pub names: Names,
}

/// Those of them that are online.
#[derive(Debug)]
pub struct Linked {
    /// What waits.
    pub gather: GatherKey,
    /// In which world.
    pub domain: DomainId,
    /// The user who named them.
    pub user: UserKey,
    /// The session whose call did.
    pub session: Slot,
    /// What the user showed then.
    pub asked_as: Profile,
    /// See [`Link::reserved`]: these places are free again.
    pub reserved: usize,
    /// Those that were found.
    pub buddies: Vec<Buddy>,
    /// Those that were found and not linked, only because no place was kept for them; with the position in the list.
    pub unplaced: Vec<(u32, Unplaced)>,
}

/// A user who was named and is online, and for whom no place was kept.
#[derive(Debug)]
pub struct Unplaced {
    /// The name.
    pub name: Box<str>,
    /// Whether others see the user. An answer is not `truncated` because of invisible users.
    pub visible: bool,
}

/// A user's presence, for users of the place that are linked with it.
#[derive(Clone, Debug)]
pub struct Presence {
    /// What waits.
    pub gather: Option<GatherKey>,
    /// Whose presence it is.
    pub about: UserKey,
    /// The hash of that user's name.
    pub name: u64,
    /// What they receive, if anything.
    pub packet: Option<Packet>,
    /// Which of the users it is for.
    pub reach: Reach,
    /// The users.
    pub to: Vec<Slot>,
}

/// Which of the users that a presence is sent to are shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those that are linked with the one it is about.
    Linked,
    /// Those that are not linked any more, too: they may have been shown the coming of a user who was invisible by then.
    Met,
    /// The same, and the links end with it: the one it is about has gone.
    Parted,
}

/// A user unlinks those of these names that are online.
#[derive(Debug)]
pub struct Unlink {
    /// What waits for [`Unlinked`].
    pub gather: GatherKey,
    /// In which world.
    pub domain: DomainId,
    /// The user.
    pub user: UserKey,
    /// What the user shows now.
    pub profile: Profile,
    /// The user's going, for the pages of those that it was linked with; `None` if it is invisible.
    pub farewell: Option<Packet>,
    /// The names.
    pub names: Vec<HashedName>,
}

/// Those of them that were linked.
#[derive(Debug)]
pub struct Unlinked {
    /// What waits.
    pub gather: GatherKey,
    /// The user who unlinked them.
    pub user: UserKey,
    /// The hashes of all names that were given.
    pub names: Vec<u64>,
    /// Those that were linked.
    pub parted: Vec<Parted>,
}

/// Somebody who is linked no more.
#[derive(Debug)]
pub struct Parted {
    /// The user.
    pub key: UserKey,
    /// The hash of that user's name.
    pub name: u64,
    /// That user's going, for the pages of the one that unlinked it; `None` if it is invisible.
    pub farewell: Option<Packet>,
}

/// Whether others see a user, and the how-manieth time this changed: an older word gives way to a newer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Whether they see him.
    pub visible: bool,
    /// How often he appeared or disappeared before.
    pub changes: u16,
}

/// A user who was named and is online.
#[derive(Clone, Debug)]
pub struct Buddy {
    /// The position in the list.
    pub position: u32,
    /// The user.
    pub key: UserKey,
    /// What the user shows; perhaps that it is invisible, so this is not for others to see yet.
    pub profile: Profile,
    /// Whether the two are linked now; not if a roster is full.
    pub linked: bool,
}

/// A room a user entered.
#[derive(Clone, Debug)]
pub struct Entered {
    /// Its position in the list.
    pub position: u32,
    /// Its name.
    pub name: Box<str>,
    /// The room.
    pub key: RoomKey,
    /// Visible members, he included though invisible.
    pub members: u32,
}

/// One place's share of an answer.
#[derive(Clone, Debug)]
pub enum Part {
    /// It is done.
    Done,
    /// It was queued to so many sessions.
    Delivered(u32),
    /// These are online, with the position in the list.
    Profiles(Vec<(u32, Profile)>),
}
